"""The tour: the bundled sample of papers as a library, a path, an explorer page and a report."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kg import resources
from kg.errors import OutputError

__all__ = ["CONCEPTS", "FOLDER", "DemoResult", "run", "sample"]

FOLDER = "kg-demo"
CONCEPTS = ("Mamba", "long sequences")  # as people type them: the second is an alias

Progress = Callable[[str, int, int], None]  # stage, done, of how many


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What the demo made. `path` is what `pathfinding.paths` found between the two concepts of `CONCEPTS`.

    `explorer` shows the whole sample, `path_page` opens on the chains of `path`, `report` tells what Mamba is related to.
    """

    library: Path
    papers: int
    concepts: int
    fingerprint: str
    path: dict[str, Any]
    explorer: Path
    path_page: Path
    report: Path


def sample() -> Path:
    """Return the bundled sample: JSON lines, one paper a line, summaries written for kg."""
    return resources.folder("sample") / "papers.jsonl"


def run(folder: str | os.PathLike[str] = FOLDER, *, progress: Progress | None = None) -> DemoResult:
    """Build the bundled sample in `folder`, find the way from Mamba to long sequences, write the pages and the report.

    A library that is there already is kept and the sample added to it, so a second run only writes the files again.
    Raises OutputError when `folder` cannot be made, and what building and writing raise.
    """
    from kg import graph, pathfinding, pipeline, rendering, reporting
    from kg.files import write_atomic

    place = Path(folder)
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"cannot make the folder {place}: {error.strerror or error}. Name another one: kg demo --folder FOLDER"
        ) from error

    library = place / "kg.db"
    built = pipeline.build([sample()], library=library, progress=progress)
    g = pipeline.load(library)
    path = pathfinding.paths(g, *CONCEPTS)
    report = progress or _silent
    explorer, path_page, report_page = (place / f"{name}.html" for name in ("explorer", "mamba", "report"))
    texts: tuple[tuple[Path, Callable[[], str]], ...] = (
        (explorer, lambda: rendering.render(g, title="Papers that shaped sequence modeling")),
        (path_page, lambda: rendering.render(g, paths=path)),
        (report_page, lambda: reporting.report(g, CONCEPTS[:1], format="html")),
    )
    for n, (file, text) in enumerate(texts):
        report("write", n, len(texts))
        write_atomic(file, text())
    report("write", len(texts), len(texts))
    return DemoResult(
        library=library,
        papers=built.papers,
        concepts=sum(graph.counts(g)["concepts"].values()),
        fingerprint=built.fingerprint,
        path=path,
        explorer=explorer,
        path_page=path_page,
        report=report_page,
    )


def _silent(stage: str, done: int, total: int) -> None:
    pass
