"""Commands that show what is in a library: stats, concepts, show, papers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kg.cli import card
from kg.cli.app import command
from kg.cli.options import DEFAULT_LIBRARY, Json, Library, Limit, open_graph
from kg.cli.output import clean, counted, note, print_json, print_table, text

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["concepts", "papers", "show", "stats"]

Pattern = Annotated[
    str,
    typer.Argument(metavar="PATTERN", help="Only what holds these words, or matches with * and ?.", show_default=False),
]
TABLE_ROWS = 50


@command("kg stats", "kg stats --library mine.db --json")
def stats(*, library: Library = DEFAULT_LIBRARY, as_json: Json = False) -> None:
    """Count what is in the graph, and print its fingerprint."""
    from kg import graph

    loaded = open_graph(library)
    counts = graph.counts(loaded.graph)
    if as_json:
        print_json({**counts, "fingerprint": loaded.fingerprint})
        return
    rows: list[tuple[str, str]] = [("Paper", f"{counts['papers']:,}")]
    rows += [(kind, f"{n:,}") for kind, n in counts["concepts"].items()]
    print_table(("Nodes", "Count"), rows, right=("Count",))
    print()
    from kg.schema import RELATIONS

    by_count = sorted(counts["relations"].items(), key=lambda item: (-item[1], item[0]))
    print_table(
        ("Relation", "Count", "The first … the second"),
        [(type_, f"{n:,}", RELATIONS[type_].meaning) for type_, n in by_count],
        right=("Count",),
    )
    print(f"\nFingerprint {loaded.fingerprint}")


@command("kg concepts", "kg concepts 'state space' --kind Method --limit 10")
def concepts(
    pattern: Pattern = "",
    *,
    kind: Annotated[str, typer.Option("--kind", metavar="KIND", help="Only Method, Dataset or Task.")] = "",
    library: Library = DEFAULT_LIBRARY,
    limit: Annotated[int | None, typer.Option("--limit", min=1, metavar="N", help="Most rows to print.")] = None,
    as_json: Json = False,
) -> None:
    """List concepts, those in most papers first. A pattern is looked for in names, aliases and ids."""
    from kg import graph
    from kg.schema import KINDS

    if kind and kind.capitalize() not in KINDS:
        raise typer.BadParameter(f"{kind!r} is none of {', '.join(KINDS)}", param_hint="--kind")
    g = open_graph(library).graph
    matches = matcher(pattern)
    found = [
        {"id": c, **_concept(g.nodes[c])}
        for c in graph.concepts(g)
        if (not kind or g.nodes[c]["kind"] == kind.capitalize())
        and any(map(matches, (c, g.nodes[c]["name"], *g.nodes[c]["aliases"])))
    ]
    found.sort(key=lambda c: (-c["papers"], -c["mentions"], c["id"]))
    if as_json:
        print_json(found[:limit])
        return
    shown = found[: limit or TABLE_ROWS]
    print_table(
        ("Concept", "Kind", "Papers", "Mentions", "Also"),
        [(text(c["name"], "bold"), c["kind"], c["papers"], c["mentions"], ", ".join(c["aliases"][:4])) for c in shown],
        right=("Papers", "Mentions"),
    )
    _tell_rest(len(shown), len(found), "concept")


def _concept(data: dict[str, Any]) -> dict[str, Any]:
    names = ("name", "kind", "aliases", "alias_counts", "papers", "mentions", "first_seen", "ambiguous", "note")
    return {n: list(data[n]) if isinstance(data[n], tuple) else data[n] for n in names if n in data}


@command("kg papers", "kg papers mamba --limit 5", "kg papers --json | jq length")
def papers(
    pattern: Pattern = "",
    *,
    library: Library = DEFAULT_LIBRARY,
    limit: Annotated[int | None, typer.Option("--limit", min=1, metavar="N", help="Most rows to print.")] = None,
    as_json: Json = False,
) -> None:
    """List papers, the latest first. A pattern is looked for in titles, ids and authors."""
    from kg import pipeline

    matches = matcher(pattern)
    with pipeline.opened_library(library, read_only=True) as opened:
        found = [
            p
            for p in opened.papers()
            if any(map(matches, (p.title, p.id, p.source_id, *p.authors)))
        ]  # fmt: skip
    if as_json:
        print_json([{**p.to_json(), "text_hash": p.text_hash} for p in found[:limit]])
        return
    found.sort(key=lambda p: (p.published[:1].isdigit(), p.published, p.id), reverse=True)
    shown = found[: limit or TABLE_ROWS]
    print_table(("Published", "Title", "Id"), [(p.published, text(p.title, "bold"), p.id) for p in shown])
    _tell_rest(len(shown), len(found), "paper")


@command("kg show Mamba", "kg show 'state-space models' --limit 5", "kg show dataset/imagenet --json")
def show(
    concept: Annotated[str, typer.Argument(metavar="CONCEPT", help="A name, alias, abbreviation or id.")],
    *,
    library: Library = DEFAULT_LIBRARY,
    limit: Limit = 3,
    as_json: Json = False,
) -> None:
    """Show a concept's card.

    What it is, what it is used for, what it is compared with …, each with the best sentence that says so.
    """
    from kg import naming

    g: nx.MultiDiGraph = open_graph(library).graph
    data = card.card(g, naming.resolve(g, concept), limit=None if as_json else limit)
    if as_json:
        print_json(data)
    else:
        card.print_card(data)


def matcher(pattern: str) -> Callable[[str], bool]:
    """Return a test of a text: does it hold `pattern`, or, where that has * or ?, match it? Case does not count."""
    from fnmatch import fnmatchcase

    wanted = " ".join(pattern.casefold().split())
    if "*" in wanted or "?" in wanted:
        return lambda value: fnmatchcase(value.casefold(), wanted)
    return lambda value: wanted in value.casefold()


def _tell_rest(shown: int, found: int, noun: str) -> None:
    if shown < found:
        note(clean(f"{shown} of {counted(found, noun)}; --limit shows more, --json all"))
    elif not found:
        note(f"no {noun} matches")
