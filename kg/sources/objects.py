"""JSON: lines or a document of objects with a title and an abstract; the feed's API; the arXiv metadata snapshot."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from kg.identifiers import arxiv_of
from kg.records import Paper
from kg.sources import dates
from kg.sources.cleaning import fold, shown
from kg.sources.entries import Skip, names_title, paper_of
from kg.sources.opening import Source

__all__ = [
    "is_document", "is_feed", "is_lines", "is_snapshot", "papers_within", "read_document", "read_feed", "read_lines",
    "read_snapshot",
]  # fmt: skip

_EXPECTED = 'objects like {"title": "…", "abstract": "…"}'
_SNAPSHOT_KEYS = {"submitter", "authors_parsed", "update_date", "categories", "journal-ref", "versions", "license"}
_DEEPEST = 40


# Lines


def is_lines(source: Source) -> bool:
    """Tell whether the first line is a JSON object by itself and the content does not end there."""
    first = _first_object(source)
    if first is None:
        return False
    rest = source.head.lstrip().partition("\n")[2]
    return bool(rest.strip()) or source.suffix in (".jsonl", ".ndjson") or _has_title(first)


def is_snapshot(source: Source) -> bool:
    first = _first_object(source)
    return first is not None and "id" in first and len(_SNAPSHOT_KEYS & first.keys()) >= 3


def read_lines(source: Source, skip: Skip) -> Iterator[Paper]:
    """Yield the papers of JSON lines; title and abstract keep their white space, the source's ids are kept."""
    n_papers, keys = 0, ""
    for number, item in _objects(source, skip):
        paper = paper_of(item, verbatim=True)
        if paper:
            n_papers += 1
            yield paper
        else:
            if not keys and {"mentions", "relations"} <= item.keys() and not n_papers:
                raise source.error("is output of `kg extract`, without titles; give the papers it was made from")
            keys = keys or ", ".join(shown(key, 20) for key in list(item)[:8])
            skip(f"line {number}: no title")
    if not n_papers:
        raise source.error(f"JSON lines without papers (keys found: {keys or 'none'}); expected {_EXPECTED}")


def read_snapshot(source: Source, skip: Skip) -> Iterator[Paper]:
    """Yield the papers of arXiv's metadata snapshot. https://www.kaggle.com/datasets/Cornell-University/arxiv

    `published` is the day of the first version where versions are listed, else that of the last update.
    """
    n_papers = 0
    for number, item in _objects(source, skip):
        paper = paper_of({**item, "authors": item.get("authors_parsed") or item.get("authors") or ""})
        if paper is None:
            skip(f"line {number}: no title")
            continue
        n_papers += 1
        yield replace(
            paper, authors=_parsed_authors(item) or paper.authors, published=_first_version(item) or paper.published
        )
    if not n_papers:
        raise source.error("JSON lines without papers; expected lines of the arXiv metadata snapshot")


def _objects(source: Source, skip: Skip) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(source.lines(), 1):
        if not line.strip():
            continue
        try:
            item = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise source.error(
                f"line {number} is no JSON ({_what(error)}); the file may be cut: copy it again, or remove that line"
            ) from error
        if isinstance(item, dict):
            yield number, item
        else:
            skip(f"line {number}: {type(item).__name__} where an object was expected")


def _first_object(source: Source) -> dict[str, Any] | None:
    if not source.head.lstrip().startswith("{"):
        return None
    try:
        item = json.loads(source.first_line())
    except (ValueError, RecursionError):
        return None
    return item if isinstance(item, dict) else None


def _parsed_authors(item: Mapping[str, Any]) -> tuple[str, ...]:
    """Return "First Last suffix" for each of arXiv's ["Last", "First", "suffix", affiliation…]."""
    rows = item.get("authors_parsed")
    rows = [[*map(str, row), "", "", ""] for row in rows if isinstance(row, list)] if isinstance(rows, list) else []
    return tuple(filter(None, (fold(f"{row[1]} {row[0]} {row[2]}") for row in rows)))


def _first_version(item: Mapping[str, Any]) -> str:
    versions = item.get("versions")
    first = versions[0] if isinstance(versions, list) and versions else None
    return dates.iso(first.get("created", "")) if isinstance(first, dict) else ""


# A document


def is_feed(source: Source) -> bool:
    head = source.head.lstrip()
    return head.startswith(("[", "{")) and ('"dailyPapers"' in head or ('"paper"' in head and '"summary"' in head))


def is_document(source: Source) -> bool:
    return source.head.lstrip().startswith(("[", "{"))


def read_feed(source: Source, skip: Skip) -> Iterator[Paper]:
    """Yield the papers of the feed's API answer, https://huggingface.co/api/daily_papers, and of its variants."""
    return _read_document(source, skip, verbatim=False)


def read_document(source: Source, skip: Skip) -> Iterator[Paper]:
    """Yield the papers of a JSON array, or of an object that holds them; white space and ids are kept."""
    return _read_document(source, skip, verbatim=True)


def _read_document(source: Source, skip: Skip, *, verbatim: bool) -> Iterator[Paper]:
    text = source.text()
    try:
        value = json.loads(text)
    except ValueError as error:
        raise source.error(f"is no whole JSON ({_what(error)}); it may be cut: save or download it again") from error
    except RecursionError as error:
        raise source.error(f"is JSON nested too deeply for a list of papers; expected {_EXPECTED}") from error
    items = value if isinstance(value, list) else list(_found(value))
    n_papers = 0
    for number, item in enumerate(items, 1):
        paper = paper_of(item, verbatim=verbatim) if isinstance(item, dict) else None
        if paper:
            n_papers += 1
            yield paper
        else:
            skip(f"entry {number}: {'no title' if isinstance(item, dict) else 'no object'}")
    if not n_papers:
        raise source.error(f"JSON without papers ({_shape(value)}); expected a list of {_EXPECTED}")


def papers_within(value: Any) -> Iterator[Paper]:
    """Yield the papers anywhere within a JSON value, in its order."""
    for item in _found(value):
        if paper := paper_of(item):
            yield paper


def _found(value: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """Yield the objects that have a title, and an abstract or an arXiv identifier, themselves or in their "paper"."""
    if depth > _DEEPEST:
        return
    if isinstance(value, dict):
        if _has_title(value):
            yield value
        else:
            for item in value.values():
                yield from _found(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            yield from _found(item, depth + 1)


def _has_title(item: Mapping[str, Any]) -> bool:
    for part in (item.get("paper"), item.get("content"), item):
        if isinstance(part, dict) and names_title(part):
            paper = paper_of(item)
            if paper and (paper.abstract or arxiv_of(paper.source_id) or paper.doi or paper.authors):
                return True
    return False


def _shape(value: Any) -> str:
    if isinstance(value, dict):
        return f"an object with the keys {', '.join(shown(key, 20) for key in list(value)[:8]) or 'none'}"
    if isinstance(value, list):
        return f"a list of {len(value)} items"
    return f"a single {type(value).__name__}"


def _what(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at line {error.lineno}, column {error.colno}"
    return "nested too deeply" if isinstance(error, RecursionError) else shown(error)
