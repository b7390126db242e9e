"""Commands that relate concepts, and that write pictures, reports and exports: path, related, report, view, export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from kg.cli import card
from kg.cli.app import command
from kg.cli.options import DEFAULT_LIBRARY, Json, Library, Limit, Out, open_graph
from kg.cli.output import counted, note, print_json, print_table, print_text, sureness, text

__all__ = ["export", "path", "print_paths", "related", "report", "view"]

One = Annotated[str, typer.Argument(metavar="CONCEPT", help="A name, alias, abbreviation or id.", show_default=False)]


@command(
    "kg path Mamba 'long sequences'",
    "kg path BERT 'question answering' --max-hops 3 --k 5 --html path.html",
)
def path(
    a: Annotated[str, typer.Argument(metavar="A", help="Where the chains start.", show_default=False)],
    b: Annotated[str, typer.Argument(metavar="B", help="Where they end.", show_default=False)],
    *,
    library: Library = DEFAULT_LIBRARY,
    max_hops: Annotated[int, typer.Option("--max-hops", min=1, max=8, metavar="N", help="Longest chain.")] = 4,
    k: Annotated[int, typer.Option("--k", min=1, max=100, metavar="N", help="How many chains.")] = 3,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Also draw them as a page.")] = None,
    as_json: Json = False,
) -> None:
    """Show the best chains from one concept to another.

    Each hop comes with its relation, confidence, sentence and paper; the weakest hop is marked.
    """
    from kg import pathfinding

    g = open_graph(library).graph
    answer = pathfinding.paths(g, a, b, max_hops=max_hops, k=k)
    if html is not None:
        from kg import rendering
        from kg.files import write_atomic

        write_atomic(html, rendering.render(g, paths=answer))
        note(f"wrote {html}")
    if as_json:
        print_json(answer)
        return
    print_paths(answer)


def print_paths(answer: dict[str, Any]) -> None:
    """Print what `pathfinding.paths` found."""
    if not answer["paths"]:
        note(answer.get("note") or "no chain joins them")
    elif answer.get("through") == "papers":
        note("no chain of concepts joins them; these pass through papers")
    for n, chain in enumerate(answer["paths"]):
        if n:
            print()
        _print_chain(chain)


def _print_chain(chain: dict[str, Any]) -> None:
    """Print "A → B → C", then each hop with relation, confidence, sentence and paper; the weakest is marked."""
    hops = chain["hops"]
    names = [hops[0]["from"]["name"], *(hop["to"]["name"] for hop in hops)]
    print_text(text(" → ".join(names), "bold").append(f"   score {chain['score']:.3f}", style="dim"))
    for n, hop in enumerate(hops):
        first, second = ("from", "to") if hop["forward"] else ("to", "from")
        meaning = card.PHRASES.get(hop["relation"], hop["relation"])
        line = (
            text(f"{n + 1}. {hop[first]['name']} ")
            .append(text(meaning, "cyan"))
            .append(text(f" {hop[second]['name']}"))
        )
        line.append(f"  {sureness(hop['confidence'])}, {counted(hop['papers'], 'paper')}", style="dim")
        if n == chain["weakest"] and len(hops) > 1:
            line.append("  weakest hop", style="yellow")
        print_text(line, indent=2)
        if hop["evidence"]:
            best = max(hop["evidence"], key=lambda piece: piece.get("confidence", 0))
            print_text(card.sentence(best), indent=5)
            print_text(card.source(best), indent=5)


@command("kg related 'state space model'", "kg related Mamba --limit 5 --min-papers 2 --json")
def related(
    concept: One,
    *,
    library: Library = DEFAULT_LIBRARY,
    limit: Limit = 10,
    min_papers: Annotated[
        int, typer.Option("--min-papers", min=1, metavar="N", help="Only concepts that share so many papers.")
    ] = 1,
    as_json: Json = False,
) -> None:
    """Rank the concepts that are related to one."""
    from kg import naming, relatedness

    g = open_graph(library).graph
    rows = relatedness.related(g, naming.resolve(g, concept), limit=limit, min_papers=min_papers)
    if as_json:
        print_json(rows)
        return
    if not rows:
        note("nothing is related to it")
        return
    shown = [name for name in rows[0] if name not in ("id", "name", "kind") and _is_plain(rows[0][name])]
    print_table(
        ("Concept", "Kind", *(name.replace("_", " ").capitalize() for name in shown)),
        [(text(row["name"], "bold"), row["kind"], *(_number(row[name]) for name in shown)) for row in rows],
        right=[n.replace("_", " ").capitalize() for n in shown if isinstance(rows[0][n], int | float)],
    )


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float)


def _number(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)


@command("kg report 'state space model'", "kg report Mamba S4 --format html -o report.html")
def report(
    concepts: Annotated[list[str], typer.Argument(metavar="CONCEPT", help="One or more.", show_default=False)],
    *,
    library: Library = DEFAULT_LIBRARY,
    format: Annotated[str | None, typer.Option("--format", metavar="FORMAT", help="md, html or json.")] = None,
    output: Out = None,
) -> None:
    """Write the report on concepts and what is related to them."""
    from kg import naming, reporting
    from kg.files import write_atomic

    chosen = format or _format_of(output)
    if chosen not in ("md", "html", "json"):
        raise typer.BadParameter(f"{chosen!r} is none of md, html, json", param_hint="--format")
    g = open_graph(library).graph
    written = reporting.report(g, [naming.resolve(g, concept) for concept in concepts], format=chosen)
    if output is None:
        typer.echo(written, nl=not written.endswith("\n"))
    else:
        write_atomic(output, written)
        note(f"wrote {output}")


def _format_of(output: Path | None) -> str:
    return {".html": "html", ".htm": "html", ".json": "json"}.get(output.suffix.lower() if output else "", "md")


@command("kg view -o all.html", "kg view Mamba S4 -o mamba.html --max-nodes 80")
def view(
    concepts: Annotated[
        list[str] | None, typer.Argument(metavar="CONCEPT", help="Only what is around these.", show_default=False)
    ] = None,
    *,
    library: Library = DEFAULT_LIBRARY,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The page to write.")] = Path(
        "kg.html"
    ),
    title: Annotated[str | None, typer.Option("--title", help="The page's title.")] = None,
    max_nodes: Annotated[
        int | None, typer.Option("--max-nodes", min=2, metavar="N", help="Most nodes to draw.", show_default=False)
    ] = None,
    open_it: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> None:
    """Write the interactive page, one file without network."""
    from kg import naming, rendering
    from kg.files import write_atomic

    g = open_graph(library).graph
    ids = [naming.resolve(g, concept) for concept in concepts or ()]
    size: dict[str, Any] = {} if max_nodes is None else {"max_nodes": max_nodes}
    write_atomic(output, rendering.render(g, concepts=ids, title=title, **size))
    note(f"wrote {output}")
    if open_it:
        typer.launch(output.resolve().as_uri())


@command("kg export graph.graphml", "kg export graph.json --library mine.db", "kg export tables/")
def export(
    file: Annotated[
        str,
        typer.Argument(metavar="FILE", help="Its extension chooses the format; a folder gets CSV.", show_default=False),
    ],
    *,
    library: Library = DEFAULT_LIBRARY,
) -> None:
    """Write the graph in a format that other tools read.

    The extension chooses: GraphML, GEXF, node-link JSON, or CSV for neo4j-admin.
    """
    from kg import exporting

    # A text and not a Path, which would lose the "/" that marks a folder.
    note(f"wrote {exporting.export(open_graph(library).graph, file)}")
