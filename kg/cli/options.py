"""The options that commands share, and how they open a library."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kg.cli.output import counted, note, progress

if TYPE_CHECKING:
    from kg.pipeline import Graph

__all__ = ["DEFAULT_LIBRARY", "Json", "Library", "Limit", "Out", "open_graph"]

DEFAULT_LIBRARY = Path("kg.db")

Library = Annotated[
    Path, typer.Option("--library", envvar="KG_LIBRARY", metavar="FILE", help="The library to work with.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON value instead of text.")]
Limit = Annotated[int, typer.Option("--limit", min=1, metavar="N", help="Most rows to print.")]
Out = Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write to this file.")]


def open_graph(library: Path) -> Graph:
    """Return the graph of `library` for a command that reads; say on stderr when a build would change it."""
    from kg import pipeline

    with progress() as report:
        loaded = pipeline.load_graph(library, progress=report)
    if loaded.missing:
        note(
            f"note: {counted(loaded.missing, 'paper')} not yet extracted with this version of kg: "
            f"run kg build --refresh --library {library}"
        )
    return loaded
