"""Commands about which forms are one concept: why, merges, merge, split."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from kg.cli import card
from kg.cli.app import command
from kg.cli.options import DEFAULT_LIBRARY, Json, Library, open_graph
from kg.cli.output import clean, counted, note, print_json, print_table, print_text, text

if TYPE_CHECKING:
    from kg.concepts import Merge

__all__ = ["merges", "why"]


@command("kg why 'State Space Model'", "kg why SSM --json")
def why(
    concept: Annotated[str, typer.Argument(metavar="CONCEPT", help="A name, alias or id.", show_default=False)],
    *,
    library: Library = DEFAULT_LIBRARY,
    as_json: Json = False,
) -> None:
    """Explain why the forms of a concept are one concept."""
    from kg import naming, pipeline

    g = open_graph(library).graph
    found = naming.resolve(g, concept)
    ledger = [m for m in pipeline.link(library).merges if m.concept == found]
    if as_json:
        print_json({"id": found, "name": g.nodes[found]["name"], "merges": [_plain(m) for m in ledger]})
        return
    print_text(text(g.nodes[found]["name"], "bold").append(clean(f"  {found}"), style="dim"))
    if not ledger:
        print("Only one form was found, so nothing was merged.")
    for m in ledger:
        line = text(m.a, "bold").append(" and ").append(text(m.b, "bold")).append(clean(f": {m.rule}"))
        print_text(line.append(f"  {m.score:.2f}, {counted(m.papers, 'paper')}", style="dim"))
        for piece in m.evidence[:2]:
            title = g.nodes[piece.paper].get("title", "") if piece.paper in g else ""
            shown = {**piece.to_json(), "title": title}
            print_text(card.sentence(shown), indent=4)
            print_text(card.source(shown), indent=4)


@command("kg merges --below 0.9", "kg merges --rule abbreviation --limit 20 --json")
def merges(
    *,
    below: Annotated[
        float, typer.Option("--below", min=0, max=1.01, metavar="SCORE", help="Only less sure ones.")
    ] = 1.01,
    rule: Annotated[str, typer.Option("--rule", metavar="RULE", help="Only those of this rule.")] = "",
    limit: Annotated[int | None, typer.Option("--limit", min=1, metavar="N", help="Most rows to print.")] = None,
    library: Library = DEFAULT_LIBRARY,
    as_json: Json = False,
) -> None:
    """List the merges of forms, the least sure first."""
    from kg import pipeline

    ledger = [m for m in pipeline.link(library).merges if m.score < below and (not rule or m.rule == rule)]
    ledger.sort(key=lambda m: (m.score, m.concept, m.a, m.b))
    if as_json:
        print_json([_plain(m) for m in ledger[:limit]])
        return
    shown = ledger[: limit or 50]
    print_table(
        ("Score", "Form", "is the same as", "Concept", "Rule", "Papers"),
        [(f"{m.score:.2f}", m.a, m.b, m.concept, m.rule, m.papers) for m in shown],
        right=("Score", "Papers"),
    )
    if len(shown) < len(ledger):
        note(f"{len(shown)} of {counted(len(ledger), 'merge')}; --limit shows more, --json all")


def _plain(m: Merge) -> dict[str, Any]:
    return {
        "concept": m.concept,
        "a": m.a,
        "b": m.b,
        "rule": m.rule,
        "score": m.score,
        "papers": m.papers,
        "evidence": [piece.to_json() for piece in m.evidence],
    }
