"""Commands that ask in Cypher: query (the library of queries) and cypher (free, read-only)."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kg.cli.app import command
from kg.cli.options import DEFAULT_LIBRARY, Json, Library, open_graph
from kg.cli.output import clean, note, print_json, print_table, print_text, text
from kg.errors import QueryError

if TYPE_CHECKING:
    from kg.pipeline import Graph
    from kg.querying import Parameter, Query
    from kg.stores import Store

__all__ = ["cypher", "query"]

On = Annotated[str, typer.Option("--on", metavar="STORE", help="embedded, or neo4j (NEO4J_URI and so on).")]


_MINE = {"allow_extra_args": True, "ignore_unknown_options": True}


@command(
    "kg query --list",
    "kg query neighbours --concept Mamba --limit 5",
    "kg query neighbours --help        # what it asks for and gives",
    context_settings=_MINE,
    add_help_option=False,
)
def query(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A query of --list.", show_default=False)] = "",
    *,
    list_all: Annotated[bool, typer.Option("--list", help="List the queries.")] = False,
    on: On = "embedded",
    library: Library = DEFAULT_LIBRARY,
    as_json: Json = False,
    wants_help: Annotated[
        bool, typer.Option("--help", "-h", help="Show this message, or with NAME that query's.")
    ] = False,
) -> None:
    """Run a query of the query library.

    Its own parameters are options: kg query NAME --PARAMETER VALUE … Concepts are named as people type them.
    """
    if wants_help and not name:
        typer.echo(context.get_help())
        return
    from kg import querying

    if list_all:
        _list(querying.library(), as_json)
        return
    if not name:
        raise typer.BadParameter("name a query, or --list", param_hint="NAME")
    found = querying.find(name)
    if wants_help:
        _describe(found)
        return
    given = _options(context.args, found)
    with _store(on, library) as (store, loaded):
        names = any(p.name in given and p.type in ("concept", "paper") for p in found.parameters)
        rows = querying.run(store, found, given, graph=loaded.graph if names else None)
        _print_rows(rows, as_json, columns=[column.name for column in found.columns])


@contextlib.contextmanager
def _store(on: str, library: Path) -> Iterator[tuple[Store, Graph]]:
    """Give the store that `on` names, and the library's graph."""
    if on not in ("embedded", "neo4j"):
        raise typer.BadParameter(f"{on!r} is neither embedded nor neo4j", param_hint="--on")
    loaded = open_graph(library)
    if on == "neo4j":
        from kg.cli.serving import login
        from kg.stores.neo4j import Neo4jStore

        with contextlib.closing(Neo4jStore(*login())) as store:
            yield store, loaded
        return
    from kg.stores.embedded import EmbeddedStore

    with _folder(library) as folder, contextlib.closing(EmbeddedStore(folder)) as embedded:
        embedded.ensure(lambda: loaded.graph, loaded.fingerprint)
        yield embedded, loaded


@contextlib.contextmanager
def _folder(library: Path) -> Iterator[Path]:
    """Give the folder of the embedded store: beside the library, or one for this time where nothing can be written."""
    beside = library.with_name(library.name + ".graph")
    if beside.exists() or os.access(library.absolute().parent, os.W_OK):
        yield beside
        return
    with tempfile.TemporaryDirectory(prefix="kg-") as place:
        yield Path(place)


@command(
    "kg cypher 'MATCH (p:Paper) RETURN count(p) AS papers'",
    "kg cypher 'MATCH (c:Concept {id: $id}) RETURN c.name AS name' --param id=method/mamba --json",
)
def cypher(
    statement: Annotated[str, typer.Argument(metavar="CYPHER", help="One statement that reads.", show_default=False)],
    *,
    param: Annotated[
        list[str] | None,
        typer.Option("--param", metavar="NAME=VALUE", help="A parameter; JSON values keep their type. Repeatable."),
    ] = None,
    on: On = "embedded",
    library: Library = DEFAULT_LIBRARY,
    as_json: Json = False,
) -> None:
    """Ask the graph in Cypher, read-only."""
    given: dict[str, Any] = {}
    for pair in param or ():
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise typer.BadParameter(f"{pair!r} is not NAME=VALUE", param_hint="--param")
        given[name.strip().removeprefix("$")] = _value(value)
    with _store(on, library) as (store, _):
        _print_rows(store.query(statement, given), as_json)


def _list(queries: Sequence[Query], as_json: bool) -> None:
    if as_json:
        print_json([found.to_json() for found in queries])
        return
    print_table(
        ("Query", "What it answers", "Parameters"),
        [(text(found.name, "bold"), found.purpose, " ".join(map(_option, found.parameters))) for found in queries],
    )


def _option(parameter: Parameter) -> str:
    option = f"--{parameter.name.replace('_', '-')}"
    return option if parameter.required else f"[{option}]"


def _describe(found: Query) -> None:
    """Print what a query answers, asks for and gives: its header, as help."""
    asked = " ".join(f"--{p.name.replace('_', '-')} {p.type.upper()}" for p in found.parameters if p.required)
    print_text(f"Usage: kg query {found.name} {asked} [OPTIONS]".replace("  ", " "))
    print()
    print_text(found.purpose, indent=2)
    for heading, lines in (
        ("Parameters", [(f"--{p.name.replace('_', '-')}", p.type, p.meaning + _default(p)) for p in found.parameters]),
        ("Columns", [(c.name, c.type, c.meaning) for c in found.columns]),
    ):
        print(f"\n{heading}:")
        for name, type_, meaning in lines:
            print_text(f"{name:<16} {type_:<14} {meaning}", indent=2)


def _default(parameter: Parameter) -> str:
    return "" if parameter.required else f" [default: {json.dumps(parameter.default, ensure_ascii=False)}]"


def _value(written: str) -> Any:
    """Return a JSON value for what reads as one, else the text itself: 5 is a number, Mamba a text."""
    try:
        return json.loads(written)
    except ValueError:
        return written


def _options(arguments: Sequence[str], query: Query) -> dict[str, str]:
    """Return the parameters of `query` that were given as `--name value` or `--name=value`.

    Raises QueryError for one that it does not have, or that lacks its value.
    """
    names = {p.name.replace("_", "-"): p.name for p in query.parameters}
    given: dict[str, str] = {}
    rest = list(arguments)
    while rest:
        option, equals, value = rest.pop(0).partition("=")
        name = names.get(option.removeprefix("--").replace("_", "-"))
        if not option.startswith("--") or name is None:
            takes = ", ".join(f"--{n}" for n in names) or "none"
            raise QueryError(f"query {query.name} has no parameter {option!r}; it takes: {takes}")
        if not equals:
            if not rest:
                raise QueryError(f"{option} needs a value, as in: {option} VALUE")
            value = rest.pop(0)
        given[name] = value
    return given


def _print_rows(rows: Sequence[Mapping[str, Any]], as_json: bool, columns: Sequence[str] = ()) -> None:
    if as_json:
        print_json(list(rows))
        return
    names = list(columns) or list(dict.fromkeys(name for row in rows for name in row))
    if not rows:
        note("no rows")
        return
    numbers = [n for n in names if all(isinstance(row.get(n), int | float) for row in rows)]
    print_table(names, [[_cell(row.get(name)) for name in names] for row in rows], right=numbers)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        return ", ".join(map(_cell, value))
    if isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False, default=str)
    return clean(value)
