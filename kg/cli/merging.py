"""Commands about which forms are one concept: why, merges, merge, split."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kg.cli import card
from kg.cli.app import command
from kg.cli.options import DEFAULT_LIBRARY, Json, Library, open_graph
from kg.cli.output import clean, counted, note, print_json, print_table, print_text, text

if TYPE_CHECKING:
    import networkx as nx

    from kg.concepts import Corrections

__all__ = ["merge", "merges", "split", "why"]

ROWS = 50


@command("kg why 'State Space Model'", "kg why SSM --json")
def why(
    concept: Annotated[str, typer.Argument(metavar="CONCEPT", help="A name, alias or id.", show_default=False)],
    *,
    library: Library = DEFAULT_LIBRARY,
    as_json: Json = False,
) -> None:
    """Explain why the forms of a concept are one concept."""
    from kg import concepts, naming, pipeline

    g = open_graph(library).graph
    told = concepts.why(pipeline.link(library), naming.resolve(g, concept))
    if as_json:
        print_json(told)
        return
    print_text(text(told["name"], "bold").append(f"  {told['kind']}", "cyan").append(clean(f"  {told['id']}"), "dim"))
    if told["note"]:
        print_text(told["note"])
    if not told["merges"]:
        print("One form was found, so nothing was merged.")
    for row in told["merges"]:
        line = text(row["a"], "bold").append(" = ").append_text(text(row["b"], "bold"))
        papers = f", {counted(row['papers'], 'paper')}" if row["papers"] else ""
        print_text(
            line.append(clean(f": {row['meaning']}")).append(f"  {row['rule']} {row['score']:.2f}{papers}", "dim")
        )
        for piece in row["evidence"][:1]:
            shown = {**piece, **_paper(g, piece["paper"])}
            print_text(card.sentence(shown), indent=4)
            print_text(card.source(shown), indent=4)
    for heading, key in (("variants of it, kept apart", "variants"), ("a variant of", "variant_of")):
        names = [g.nodes[other]["name"] for other in told[key] if other in g]
        if names:
            print_text(f"{heading}: {', '.join(names)}")


def _paper(g: nx.MultiDiGraph, paper: str) -> dict[str, Any]:
    data = g.nodes[paper] if paper in g else {}
    return {name: data.get(name, "") for name in ("title", "published")}


@command("kg merges --below 0.9", "kg merges --rule initials --limit 20 --json")
def merges(
    *,
    below: Annotated[
        float | None, typer.Option("--below", min=0, metavar="SCORE", help="Only less sure ones.", show_default=False)
    ] = None,
    rule: Annotated[str, typer.Option("--rule", metavar="RULE", help="Only those of this rule.")] = "",
    limit: Annotated[int | None, typer.Option("--limit", min=1, metavar="N", help="Most rows to print.")] = None,
    library: Library = DEFAULT_LIBRARY,
    as_json: Json = False,
) -> None:
    """List the merges of forms, the least sure first."""
    from kg import concepts, pipeline

    rows = concepts.merges(pipeline.link(library), below)
    found = [row for row in rows if not rule or row["rule"] == rule]
    if as_json:
        print_json(found[:limit])
        return
    shown = found[: limit or ROWS]
    print_table(
        ("Score", "Form", "is the same as", "Concept", "Rule", "Papers"),
        [(f"{m['score']:.2f}", m["a"], m["b"], m["concept"], m["rule"], m["papers"]) for m in shown],
        right=("Score", "Papers"),
    )
    if len(shown) < len(found):
        note(f"{len(shown)} of {counted(len(found), 'merge')}; --limit shows more, --json all")


@command("kg merge S4 'Structured State Space Model'", "kg merge method/s4 method/structured-state-space-model")
def merge(
    a: Annotated[str, typer.Argument(metavar="A", help="A concept; it keeps its name.", show_default=False)],
    b: Annotated[str, typer.Argument(metavar="B", help="A concept that is the same.", show_default=False)],
    *,
    library: Library = DEFAULT_LIBRARY,
    as_json: Json = False,
) -> None:
    """Make two concepts one, for good.

    The correction is kept in a plain file beside the library, as in kg.db.corrections, and survives rebuilds.
    """
    from kg import naming

    g = open_graph(library).graph
    first, second = naming.resolve(g, a), naming.resolve(g, b)
    fingerprint = _correct(library, lambda known: known.with_merge(first, second))
    _tell(f"{g.nodes[first]['name']} and {g.nodes[second]['name']} are one concept", library, fingerprint, as_json)


@command("kg split Transformer 'transformers library'", "kg split method/gan 'Generative Agent Network'")
def split(
    concept: Annotated[str, typer.Argument(metavar="CONCEPT", help="A name, alias or id.", show_default=False)],
    form: Annotated[str, typer.Argument(metavar="FORM", help="The form that is something else.", show_default=False)],
    *,
    library: Library = DEFAULT_LIBRARY,
    as_json: Json = False,
) -> None:
    """Take a form out of a concept, for good.

    The correction is kept in a plain file beside the library, as in kg.db.corrections, and survives rebuilds.
    """
    from kg import naming
    from kg.errors import KgError
    from kg.normal import normal_form

    g = open_graph(library).graph
    found = naming.resolve(g, concept)
    name, aliases = g.nodes[found]["name"], g.nodes[found]["aliases"]
    if normal_form(form) not in map(normal_form, (name, *aliases)):
        known = ", ".join(map(repr, aliases[:5])) or "none but its name"
        raise KgError(f"{name} has no form {form!r}; its forms: {known}. See all: kg show {found} --json")
    fingerprint = _correct(library, lambda known: known.with_split(found, form))
    _tell(f"{form} is no form of {name}", library, fingerprint, as_json)


def _correct(library: Path, change: Callable[[Corrections], Corrections]) -> str:
    """Change the corrections of a library and return the fingerprint of the graph that follows from them."""
    from kg import pipeline
    from kg.concepts import Corrections

    file = pipeline.corrections_path(library)
    change(Corrections.load(file)).save(file)
    return pipeline.load_graph(library).fingerprint


def _tell(what: str, library: Path, fingerprint: str, as_json: bool) -> None:
    from kg import pipeline

    file = pipeline.corrections_path(library)
    if as_json:
        print_json({"corrections": str(file), "fingerprint": fingerprint})
        return
    print(clean(f"{what}, from now on: {file} says so. Fingerprint {fingerprint}"))
