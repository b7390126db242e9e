"""The main path, from saved pages to the graph.

    build(sources) = read -> add to the library -> extract what is missing -> link -> assemble
    load(library)  = link -> assemble, or the graph that the library keeps for its present state

The graph is a function of the library's records and extractions, the user's corrections and this version of kg: neither
the order of the sources nor the number of builds or workers leaves a trace in it.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from kg.errors import KgError, UnknownPaper
from kg.library import Library
from kg.records import Extraction, Paper

if TYPE_CHECKING:
    import networkx as nx

    from kg.concepts import Linking

__all__ = [
    "BuildResult",
    "Graph",
    "Interrupted",
    "RemoveResult",
    "Skipped",
    "Source",
    "build",
    "compare",
    "corrections_path",
    "find_paper",
    "in_use",
    "link",
    "load",
    "load_graph",
    "model_version",
    "opened_library",
    "read",
    "remove",
]

log = logging.getLogger(__name__)

BATCH = 32  # papers: what a kill can cost at most, about a second of extraction
BATCH_S = 2.0
_CODE = ("concepts", "lexicon", "graph.py", "normal.py", "papers.py", "records.py", "schema.py", "statements.py")

AnyLibrary = Library | str | os.PathLike[str]
Progress = Callable[[str, int, int], None]  # stage, done, of how many


class Extract(Protocol):
    def __call__(self, papers: Iterable[Paper], *, workers: int = 1) -> Iterator[Extraction]: ...


@dataclass(frozen=True, slots=True)
class Skipped:
    """An entry, or a part of a source, that was left out. `reason` is one line."""

    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class BuildResult:
    """What a build did. `entries` were read this time, `papers` are in the library after it.

    `new` papers were not in it before, `changed` ones were, with another text. `extracted` texts went through the model.
    """

    entries: int
    papers: int
    new: int
    changed: int
    extracted: int
    skipped: tuple[Skipped, ...]
    fingerprint: str

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "skipped": [asdict(s) for s in self.skipped]}


@dataclass(frozen=True, slots=True)
class RemoveResult:
    """The ids of the papers that went, how many are left, and the fingerprint of the graph without them."""

    removed: tuple[str, ...]
    papers: int
    fingerprint: str

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "removed": list(self.removed)}


class Graph:
    """A library's graph with its `fingerprint`; `missing` papers have not gone through the present model yet.

    `graph`, the networkx.MultiDiGraph, is unpacked when it is first asked for.
    """

    def __init__(self, fingerprint: str, missing: int, make: Callable[[], nx.MultiDiGraph]) -> None:
        self.fingerprint = fingerprint
        self.missing = missing
        self._make = make

    @cached_property
    def graph(self) -> nx.MultiDiGraph:
        return self._make()


class Interrupted(KeyboardInterrupt):
    """The user stopped a build. Of the `total` texts to extract, `done` are in the library."""

    def __init__(self, done: int, total: int) -> None:
        super().__init__(done, total)
        self.done = done
        self.total = total


def build(
    sources: Sequence[str | os.PathLike[str]] | str | os.PathLike[str],
    *,
    library: AnyLibrary,
    format: str | None = None,
    workers: int = 1,
    progress: Progress | None = None,
    extract: Extract | None = None,
    model: str | None = None,
) -> BuildResult:
    """Read `sources` into the library, extract from the texts that need it, and assemble the graph.

    All sources are read before anything is changed. `format` names the reader for all of them, else each is detected.
    Texts that another version of the model extracted from are extracted again. `extract` and `model` stand in for the
    model that kg ships.

    Raises SourceError, LibraryError or ModelError; Interrupted when the user stops it (what was extracted is kept).
    """
    report = progress or _silent
    sources = [sources] if isinstance(sources, str | os.PathLike) else list(sources)
    if extract is None or model is None:
        extract, model = _shipped()
    read_in = read(sources, format=format, progress=report)
    with opened_library(library, create=bool(sources)) as opened:
        before = {paper.id: paper for paper in opened.papers()}
        for source in read_in:
            opened.add(source.records, source.name)
        after = opened.papers()
        new, changed = compare(before.values(), after)
        extracted = _extract(opened, extract, model, workers, report)
        opened.prune()
        built = load_graph(opened, model=model, progress=report)
    return BuildResult(
        entries=sum(len(source.records) for source in read_in),
        papers=len(after),
        new=new,
        changed=changed,
        extracted=extracted,
        skipped=tuple(skip for source in read_in for skip in source.skipped),
        fingerprint=built.fingerprint,
    )


def remove(names: Iterable[str], *, library: AnyLibrary, model: str | None = None) -> RemoveResult:
    """Take papers out of the library, named by id, arXiv id, DOI, their source's own id, or whole title.

    All go or none. Raises UnknownPaper for a name that no paper has, and KgError for one that several have.
    """
    with opened_library(library) as opened:
        ids = sorted({find_paper(opened, name) for name in names})
        opened.remove(ids)
        built = load_graph(opened, model=model)
        return RemoveResult(tuple(ids), len(opened.papers()), built.fingerprint)


def find_paper(opened: Library, name: str) -> str:
    """Return the id of the paper of that id, arXiv id, DOI, source's own id, or title, in this order.

    Case and white space do not count. Raises UnknownPaper, with the closest titles, when there is none, and KgError when
    there are several.
    """
    groups = opened.groups()
    wanted = _plain(name)
    keys: tuple[Callable[[Paper], str], ...] = (
        lambda p: p.id,
        lambda p: p.arxiv,
        lambda p: p.doi,
        lambda p: p.source_id,
        lambda p: p.title,
    )
    for key in keys:
        found = [paper.id for paper, records in groups if any(_plain(key(p)) == wanted for p in (paper, *records))]
        if len(found) == 1:
            return found[0]
        if found:
            raise KgError(f"{name!r} names {len(found)} papers; give an id: {', '.join(found[:5])}")
    titles = {_plain(paper.title): paper.title for paper, _ in groups}
    raise UnknownPaper(name, [titles[t] for t in get_close_matches(wanted, titles, n=3, cutoff=0.6)])


def load(library: AnyLibrary) -> nx.MultiDiGraph:
    """Return the graph of `library` (a path or an open library). Raises LibraryError."""
    return load_graph(library).graph


def load_graph(library: AnyLibrary, *, model: str | None = None, progress: Progress | None = None) -> Graph:
    """Return the graph of `library` and its fingerprint, from the library's cache where that is for the present state.

    Texts that only an older model extracted from keep what that one found until the next build.
    """
    from kg import graph

    with opened_library(library, read_only=True) as opened:
        model = model or model_version()
        key = _key(opened, model)
        found = _from_cache(opened, key)
        if found is not None:
            return found
        if progress:
            progress("link", 0, 1)
        papers, extractions = opened.papers(), in_use(opened, model)
        missing = sum(1 for paper in papers if _model_of(extractions, paper) != model)
        g = graph.assemble(papers, extractions, link(opened, model=model))
        fingerprint = graph.fingerprint(g)
        packed = zlib.compress(json.dumps(graph.to_json(g), separators=(",", ":")).encode(), 3)
        opened.cache(key, json.dumps({"fingerprint": fingerprint, "missing": missing}), packed)
        if progress:
            progress("link", 1, 1)
    return Graph(fingerprint, missing, lambda: g)


def link(library: AnyLibrary, *, model: str | None = None) -> Linking:
    """Return the concepts of `library`, with the user's corrections beside it."""
    from kg import concepts

    with opened_library(library, read_only=True) as opened:
        extractions = in_use(opened, model or model_version())
        corrections = concepts.Corrections.load(corrections_path(opened.path))
        return concepts.link(opened.papers(), extractions, corrections=corrections)


def compare(before: Iterable[Paper], after: Iterable[Paper]) -> tuple[int, int]:
    """Return how many papers of `after` are new, and how many have another text than in `before`.

    A paper keeps its title when a further source tells its arXiv id or DOI, so that one is not new under its new id.
    """
    old = {paper.id: paper for paper in before}
    later = list(after)
    ids = {paper.id for paper in later}
    renamed = {_plain(paper.title): paper for paper in old.values() if paper.id not in ids}
    new = changed = 0
    for paper in later:
        known = old.get(paper.id) or renamed.pop(_plain(paper.title), None)
        if known is None:
            new += 1
        elif known.text_hash != paper.text_hash:
            changed += 1
    return new, changed


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


@dataclass(frozen=True, slots=True)
class Source:
    """One source that was read: its records in its order, and what was left out of it."""

    name: str
    records: list[Paper]
    skipped: tuple[Skipped, ...]


def read(
    sources: Iterable[str | os.PathLike[str]], *, format: str | None = None, progress: Progress | None = None
) -> list[Source]:
    """Return the records of all `sources`. Raises SourceError for the first that cannot be read."""
    from kg import sources as readers

    report = progress or _silent
    paths = [Path(path) for path in sources]
    done: list[Source] = []
    for n, path in enumerate(paths):
        report("read", n, len(paths))
        reasons: list[str] = []
        records = list(readers.read(path, format=format, on_skip=reasons.append))
        done.append(Source(str(path), records, tuple(Skipped(str(path), reason) for reason in reasons)))
    report("read", len(paths), len(paths))
    return done


def _extract(opened: Library, extract: Extract, model: str, workers: int, report: Progress) -> int:
    """Extract from the texts that lack it and save them batch by batch; return how many there were."""
    waiting = opened.missing(model)
    if not waiting:
        return 0
    report("extract", 0, len(waiting))
    saved = 0
    batch: list[Extraction] = []
    since = time.monotonic()
    try:
        for extraction in extract(waiting, workers=workers):
            batch.append(extraction)
            if len(batch) >= BATCH or time.monotonic() - since > BATCH_S:
                opened.save(batch)
                saved += len(batch)
                batch, since = [], time.monotonic()
            report("extract", saved + len(batch), len(waiting))
    except KeyboardInterrupt as stop:
        opened.save(batch)
        raise Interrupted(saved + len(batch), len(waiting)) from stop
    opened.save(batch)
    return saved + len(batch)


def in_use(opened: Library, model: str) -> dict[str, Extraction]:
    """Return one extraction a text: of `model`, else of the model that went before it."""
    found: dict[str, Extraction] = {}
    for other in sorted(opened.models(), key=lambda m: (m == model, m)):
        found |= opened.extractions(other)
    return found


def _model_of(extractions: dict[str, Extraction], paper: Paper) -> str:
    found = extractions.get(paper.text_hash)
    return found.model if found else ""


def _from_cache(opened: Library, key: str) -> Graph | None:
    """Return the graph that the library keeps for `key`, or None."""
    cached = opened.cached(key)
    if cached is None:
        return None
    try:
        about = json.loads(cached[0])
        packed = zlib.decompress(cached[1])  # which checks that it is whole
        return Graph(about["fingerprint"], about["missing"], lambda: _unpack(packed))
    except (ValueError, KeyError, TypeError, zlib.error):
        log.warning("the graph kept in %s is damaged; assembling it again", opened.path)
        return None


def _unpack(packed: bytes) -> nx.MultiDiGraph:
    from kg import graph

    return graph.from_json(json.loads(packed))


def _key(opened: Library, model: str) -> str:
    from kg import __version__
    from kg.concepts import Corrections

    corrections = Corrections.load(corrections_path(opened.path))
    digest = hashlib.sha256()
    for part in (__version__, _code(), str(opened.revision), model, repr((corrections.merges, corrections.splits))):
        digest.update(part.encode("utf-8", "surrogatepass") + b"\0")
    return digest.hexdigest()


@cache
def _code() -> str:
    """Return a digest of what makes the graph out of a library, so that no graph of another kg is taken for this one's."""
    package = Path(__file__).parent
    digest = hashlib.sha256()
    for name in _CODE:
        place = package / name
        files = (
            [place] if place.is_file() else sorted(p for p in place.rglob("*") if p.suffix in (".py", ".tsv", ".json"))
        )
        for file in files:
            digest.update(file.relative_to(package).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def corrections_path(library: Path) -> Path:
    """Return where the user's corrections of a library stand: a plain file beside it, `kg.db.corrections`."""
    return library.with_name(library.name + ".corrections")


def _shipped() -> tuple[Extract, str]:
    from kg import extraction

    return extraction.extract, extraction.model_version()


def model_version() -> str:
    from kg import extraction

    return extraction.model_version()


def opened_library(
    library: AnyLibrary, *, create: bool = False, read_only: bool = False
) -> AbstractContextManager[Library]:
    if isinstance(library, Library):
        return nullcontext(library)  # the caller's to close
    return Library(library, create=create, read_only=read_only)


def _silent(stage: str, done: int, total: int) -> None:
    pass
