"""Sources of papers: saved pages of the feed, answers of APIs, bibliographies, tables.

    for paper in kg.sources.read("daily-papers.txt"):
        print(paper.id, paper.title)

The format is found by looking at the content. More formats can be added by a package with an entry point in the group
`kg.sources` that names a `Format`.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

from kg.errors import SourceError
from kg.records import Paper
from kg.sources.cleaning import shown
from kg.sources.entries import Skip
from kg.sources.opening import STDIN, Source

__all__ = ["FORMATS", "Format", "detect", "formats", "read"]

_log = logging.getLogger(__name__)

Reader = Callable[[Source, Skip], Iterator[Paper]]


@dataclass(frozen=True, slots=True)
class Format:
    """A format of sources.

    `read` takes an opened `Source` and a function to which it says, in one line, which entry it leaves out and why; it
    yields papers, and raises SourceError (`source.error(…)`) for a source that holds none or is damaged. `recognise` tells
    by the beginning of a source (`source.head`, `source.first_line()`) whether it is of this format.
    """

    name: str
    meaning: str
    read: Reader
    recognise: Callable[[Source], bool]


def _late(module: str, function: str) -> Callable[..., object]:
    """Return a function that is imported when it is first called, so that lxml and the others load when needed."""

    def call(*arguments: object) -> object:
        return getattr(import_module(f"kg.sources.{module}"), function)(*arguments)

    return call


def _format(name: str, meaning: str, module: str, read: str, recognise: str) -> Format:
    return Format(name, meaning, _late(module, read), _late(module, recognise))  # type: ignore[arg-type]


# In the order in which they are tried.
FORMATS: dict[str, Format] = {
    f.name: f
    for f in (
        _format("html", "a saved Daily Papers page as HTML", "webpages", "read_html", "is_html"),
        _format("atom", "the Atom answer of arXiv's API", "atom", "read_atom", "is_atom"),
        _format("arxiv", "arXiv's metadata snapshot, JSON lines", "objects", "read_snapshot", "is_snapshot"),
        _format("jsonl", "JSON lines with title and abstract", "objects", "read_lines", "is_lines"),
        _format("feed", "the JSON of the Daily Papers API", "objects", "read_feed", "is_feed"),
        _format("json", "a JSON array of objects with title and abstract", "objects", "read_document", "is_document"),
        _format("bibtex", "BibTeX with abstracts", "bibtex", "read_bibtex", "is_bibtex"),
        _format("csv", "CSV or TSV with columns title and abstract", "tables", "read_table", "is_table"),
        Format("text", "a saved Daily Papers page as text", _late("pages", "read_page"), lambda source: True),  # type: ignore[arg-type]
    )
}


@cache
def _foreign() -> dict[str, Format]:
    found: dict[str, Format] = {}
    for point in sorted(entry_points(group="kg.sources"), key=lambda point: point.name):
        try:
            loaded = point.load()
        except Exception as error:
            _log.warning("the source format %s cannot be loaded: %s", point.name, error)
            continue
        if isinstance(loaded, Format):
            found[point.name] = loaded
        else:
            _log.warning("the source format %s is no kg.sources.Format", point.name)
    return found


def formats() -> dict[str, Format]:
    """Return all formats by name, in the order in which they are tried: other packages' first, `text` last."""
    return _foreign() | FORMATS


def read(
    path: str | Path, *, format: str | None = None, on_skip: Callable[[str], None] | None = None
) -> Iterator[Paper]:
    """Yield all entries of one source, in its order, each as an identified paper; one paper may come several times.

    `path` is a file (plain or gzip), a folder (all files below it, sorted by path; what is no source is skipped with a
    reason) or "-" for standard input. `format` is a name in `formats()`; without it the content decides. An entry without
    title is skipped; an entry without abstract is a paper of its title alone. `on_skip` is called with one line for each
    thing skipped: which and why.

    Raises SourceError when the source is missing, unreadable, damaged, or holds no paper; it may have yielded papers by
    then, so add none of a source before all are read.
    """
    skip = on_skip if on_skip is not None else _log.info
    if format is not None and format not in formats():
        raise SourceError(f"unknown format {shown(format)!r}; expected one of {', '.join(formats())}")
    if str(path) != STDIN and Path(path).is_dir():
        return _read_folder(Path(path), format, skip)
    return _read_file(path, format, skip)


def detect(path: str | Path) -> str:
    """Return the name of the format of a file, by its content ("folder" for a folder). Raises SourceError."""
    if str(path) != STDIN and Path(path).is_dir():
        return "folder"
    with Source(path) as source:
        return _detect(source).name


def _detect(source: Source) -> Format:
    return next(found for found in formats().values() if found.recognise(source))


def _read_file(path: str | Path, format: str | None, skip: Skip) -> Iterator[Paper]:
    with Source(path) as source:
        reader = formats()[format] if format is not None else _detect(source)
        yield from reader.read(source, skip)


def _read_folder(folder: Path, format: str | None, skip: Skip) -> Iterator[Paper]:
    n_read, reasons = 0, []
    for path in _files(folder, skip):
        name = shown(path.relative_to(folder), 200)

        def skip_here(reason: str, name: str = name) -> None:
            skip(f"{name}: {reason}")

        n_papers = 0
        try:
            for paper in _read_file(path, format, skip_here):
                n_papers += 1
                yield paper
        except SourceError as error:
            if n_papers:  # a source, but damaged
                raise
            reasons.append(str(error))
            skip(str(error))
        n_read += bool(n_papers)
    if not n_read:
        why = f"; the first of {len(reasons)} files: {reasons[0]}" if reasons else ""
        raise SourceError(
            f"{shown(folder, 200)}: a folder without sources; expected saved pages or files of papers{why}"
        )


def _files(folder: Path, skip: Skip) -> Iterator[Path]:
    """Yield the files below a folder, sorted by path, but hidden ones."""

    def unreadable(error: OSError) -> None:
        skip(f"{shown(error.filename, 200)}: {error.strerror}")

    found = []
    for top, folders, files in os.walk(folder, onerror=unreadable):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(top, name) for name in files if not name.startswith(".")]
    yield from sorted(path for path in found if path.is_file())
