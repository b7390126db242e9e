"""Commands that make, check and change a library: build, extract, verify, remove, demo, evaluate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from kg.cli.app import command
from kg.cli.options import DEFAULT_LIBRARY, Json, Library
from kg.cli.output import clean, counted, fail, note, print_json, progress

__all__ = ["build", "demo", "evaluate", "extract", "remove", "verify"]

Sources = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="SOURCE", help="Saved pages, feeds, BibTeX, CSV, JSON lines …; also .gz.", show_default=False
    ),
]
Format = Annotated[
    str | None, typer.Option("--format", metavar="NAME", help="Read all sources as this format, else it is detected.")
]
Workers = Annotated[int, typer.Option("--workers", min=1, metavar="N", help="Processes that extract.")]

SKIPS = 20  # named on the terminal


@command(
    "kg build daily-papers.txt",
    "kg build feed.json papers.bib more.csv.gz --library mine.db --workers 2",
    "kg build --refresh        # after an upgrade of kg",
)
def build(
    sources: Sources = None,
    *,
    library: Library = DEFAULT_LIBRARY,
    format: Format = None,
    workers: Workers = 1,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Without a source: extract again what an older kg extracted.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Read sources into the library and update the graph.

    Extracts from new and changed papers only. Nothing changes when one of the sources cannot be read.
    """
    if not sources and not refresh:
        raise typer.BadParameter("name at least one file, or --refresh", param_hint="SOURCE")
    from kg import pipeline

    with progress() as report:
        result = pipeline.build(sources or [], library=library, format=format, workers=workers, progress=report)
    for skip in result.skipped[:SKIPS]:
        note(f"skipped: {skip.source}: {skip.reason}")
    if len(result.skipped) > SKIPS:
        note(f"skipped: {len(result.skipped) - SKIPS:,} more; --json lists all")
    if as_json:
        print_json(result.to_json())
        return
    print(
        f"Read {counted(result.entries, 'entry', 'entries')}: {result.new:,} new, {result.changed:,} changed, "
        f"{len(result.skipped):,} skipped; extracted from {counted(result.extracted, 'paper')}."
    )
    print(clean(f"{library} holds {counted(result.papers, 'paper')}. Fingerprint {result.fingerprint}"))


@command("kg extract papers.jsonl -o out.jsonl", "kg extract daily-papers.txt | jq .mentions[].text")
def extract(
    sources: Annotated[list[Path], typer.Argument(metavar="SOURCE", help="Files to read.", show_default=False)],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="JSON lines; else they go to stdout.")
    ] = None,
    format: Format = None,
    workers: Workers = 1,
) -> None:
    """Extract from sources alone, without a library.

    Gives one JSON object a paper, under the id that its source uses: mentions, relations and roles.
    """
    from kg import extraction, pipeline
    from kg.annotating import annotate
    from kg.files import write_atomic

    with progress() as report:
        read = pipeline.read(sources, format=format, progress=report)
        records = [record for source in read for record in source.records]
        found = {}
        for extracted in extraction.extract(records, workers=workers):
            found[extracted.text_hash] = extracted
            if report:
                report("extract", len(found), len(records))
    lines = "".join(json.dumps(paper) + "\n" for paper in annotate(records, found))
    if output is None:
        typer.echo(lines, nl=False)
    else:
        write_atomic(output, lines)
        note(f"{counted(lines.count(chr(10)), 'paper')} in {output}")


@command("kg verify", "kg verify --library mine.db --json")
def verify(library: Library = DEFAULT_LIBRARY, as_json: Json = False) -> None:
    """Prove every piece of evidence against the stored texts.

    Re-opens each text, cuts each sentence and mention again, and assembles the graph afresh. The exit status is 1 when
    anything fails.
    """
    from kg.verify import verify as check

    verdict = check(library)
    if as_json:
        print_json(
            {
                "ok": not verdict.failures,
                "papers": verdict.papers,
                "edges": verdict.edges,
                "evidence": verdict.pieces,
                "mentions": verdict.mentions,
                "failures": list(verdict.failures),
                "fingerprint": verdict.fingerprint,
            }
        )
    elif not verdict.failures:
        print(
            f"{counted(verdict.pieces, 'piece')} of evidence on {counted(verdict.edges, 'edge')} and "
            f"{counted(verdict.mentions, 'mention')} in {counted(verdict.papers, 'paper')}: all proved."
        )
    if verdict.failures:
        shown = verdict.failures[:3]
        fail(f"{counted(len(verdict.failures), 'piece')} of evidence failed; the first:")
        for failure in shown:
            note(f"  {failure}")
        raise typer.Exit(1)


@command("kg remove arxiv:2312.00752", "kg remove 'Attention Is All You Need' 2312.00752 --library mine.db")
def remove(
    papers: Annotated[
        list[str], typer.Argument(metavar="PAPER", help="Ids, arXiv ids, DOIs or whole titles.", show_default=False)
    ],
    library: Library = DEFAULT_LIBRARY,
    as_json: Json = False,
) -> None:
    """Take papers out of the library.

    The graph is then the one that would have been built without them.
    """
    from kg import pipeline

    result = pipeline.remove(papers, library=library)
    if as_json:
        print_json(result.to_json())
    else:
        print(
            f"Removed {counted(len(result.removed), 'paper')}; {result.papers:,} are left. Fingerprint {result.fingerprint}"
        )


@command("kg demo", "kg demo --folder tour")
def demo(
    *,
    folder: Annotated[Path, typer.Option("--folder", metavar="FOLDER", help="Where its files go.")] = Path("kg-demo"),
    as_json: Json = False,
) -> None:
    """Build the bundled sample of papers and show what kg makes of it."""
    from kg import demo as tour
    from kg.cli.relating import print_paths

    with progress() as report:
        made = tour.run(folder, progress=report)
    if as_json:
        files = {name: str(getattr(made, name)) for name in ("library", "explorer", "path_page", "report")}
        counts = {"papers": made.papers, "concepts": made.concepts, "fingerprint": made.fingerprint}
        print_json({**counts, "path": made.path, **files})
        return
    print(f"{counted(made.papers, 'paper')} that shaped sequence modeling, {counted(made.concepts, 'concept')}.\n")
    print_paths(made.path)
    print()
    for name, file in (
        ("Explorer", made.explorer),
        ("Those paths", made.path_page),
        ("Report", made.report),
        ("Library", made.library),
    ):
        print(clean(f"{name:<12} {file}"))
    print()
    print(clean(f"Next: kg show Mamba --library {made.library}"))


@command("kg evaluate ../shared/data", "kg evaluate ../shared/data -o evaluation.md --json")
def evaluate(
    data: Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder of the annotated corpora.")],
    *,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Also write the tables to a file (Markdown).")
    ] = None,
    as_json: Json = False,
) -> None:
    """Measure the shipped model and the linking on annotated corpora.

    The folder holds annotations/, scier/, scierc/ and tdmsci/. Takes some minutes; prints tables in Markdown.
    """
    from kg import evaluation

    figures = evaluation.evaluate(data, progress=lambda corpus: note(f"measuring {corpus} …"))
    table = evaluation.table(figures)
    if output is not None:
        from kg.files import write_atomic

        write_atomic(output, table)
    if as_json:
        print_json(figures)
    else:
        print(table, end="")
