"""A paper from named fields, whatever the source calls them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from kg.identifiers import arxiv_of
from kg.papers import identify
from kg.records import Paper
from kg.sources import dates
from kg.sources.cleaning import clean, fold

__all__ = ["NAMES", "Skip", "names_title", "paper_of", "plain_name"]

Skip = Callable[[str], None]  # takes one line: which entry was left out, and why

# What we call it -> what sources call it, in order of preference; compared by `plain_name`.
NAMES: dict[str, tuple[str, ...]] = {
    "title": ("title", "papertitle", "articletitle", "documenttitle", "ti"),
    "abstract": ("abstract", "summary", "abstracttext", "abstractnote", "paperabstract", "ab"),
    "authors": ("authors", "author", "authornames", "authorlist", "creators", "au"),
    "published": (
        "published", "publishedat", "publicationdate", "publisheddate", "datepublished", "date", "submitted",
        "submissiondate", "created", "year", "publicationyear", "pubyear", "py", "yr", "updatedate", "updated",
    ),
    "url": ("url", "link", "paperurl", "paperlink", "absurl", "arxivurl", "href", "pdf", "pdfurl"),
    "venue": (
        "venue", "booktitle", "conference", "journal", "journalref", "publicationtitle", "containertitle",
        "sourcetitle", "publicationvenue", "publication", "proceedings", "conferencename", "journaltitle",
    ),
    "keywords": ("keywords", "keyword", "authorkeywords", "tags", "manualtags"),
    "upvotes": ("upvotes", "votes"),
    "arxiv": ("arxiv", "arxivid", "eprint", "arxivnumber"),
    "doi": ("doi", "digitalobjectidentifier"),
    "source_id": ("id", "paperid", "sourceid", "key", "uid", "identifier"),
}  # fmt: skip
_NESTED = ("paper", "content")  # the feed's {"paper": {…}}, OpenReview's {"content": {…}}


def plain_name(name: object) -> str:
    """Return a field's name as `NAMES` writes it: "Journal-Ref" is "journalref"."""
    return "".join(c for c in str(name).casefold() if c.isalnum())


def names_title(names: Iterable[object]) -> bool:
    """Tell whether one of these field names means the title."""
    return any(plain_name(name) in NAMES["title"] for name in names)


def paper_of(fields: Mapping[str, Any], *, verbatim: bool = False) -> Paper | None:
    """Return the paper that the fields describe, or None when they give no title.

    `verbatim` keeps the white space of title and abstract, so that offsets into the source's own text stay true;
    else each run of it is folded into one space.
    """
    values = _values(fields)
    text = _verbatim if verbatim else fold
    title = text(_string(_first(values, "title")))
    if not title.strip():
        return None
    external = values.get("externalids")
    ids = _values(external) if isinstance(external, Mapping) else {}
    source_id = fold(_string(_first(values, "source_id")))
    arxiv = arxiv_of(_string(_first(values, "arxiv")) or _string(ids.get("arxiv"))) or arxiv_of(source_id)
    return identify(
        Paper(
            id="",
            title=title,
            abstract=text(_string(_first(values, "abstract"))),
            authors=_people(_first(values, "authors")),
            published=_published(values),
            url=fold(_string(_first(values, "url"))),
            venue=fold(_string(_first(values, "venue"))),
            keywords=_words(_first(values, "keywords")),
            upvotes=_count(_first(values, "upvotes")),
            arxiv=arxiv,
            doi=fold(_string(_first(values, "doi")) or _string(ids.get("doi"))),
            source_id=source_id,
        )
    )


def _values(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that say something, by plain name; those of a nested object come first."""
    found: dict[str, Any] = {}
    nested = [fields[name] for name in _NESTED if isinstance(fields.get(name), Mapping)]
    for part in (*nested, fields):
        for name, value in part.items():
            if isinstance(value, Mapping) and "value" in value:  # OpenReview: {"title": {"value": "…"}}
                value = value["value"]  # noqa: PLW2901
            if value is not None and value not in ("", [], {}) and not (isinstance(value, float) and math.isnan(value)):
                found.setdefault(plain_name(name), value)
    return found


def _first(values: Mapping[str, Any], field: str) -> Any:
    return next((values[name] for name in NAMES[field] if name in values), None)


def _string(value: Any) -> str:
    if isinstance(value, list | tuple):
        return " ".join(filter(None, map(_string, value)))
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _verbatim(text: str) -> str:
    return clean(text).rstrip()


def _published(values: Mapping[str, Any]) -> str:
    """Return the first of the dates that can be read; a year and a month in two fields go together."""
    for name in NAMES["published"]:
        found = dates.iso(values[name]) if name in values else ""
        if re.fullmatch(r"\d{4}", found) and "month" in values:
            month = _string(values["month"])
            return (
                dates.iso(f"{found}-{month}")
                or dates.iso(f"{month}, {found}")
                or dates.iso(f"{month} {found}")
                or found
            )
        if found:
            return found
    return ""


def _people(value: Any) -> tuple[str, ...]:
    """Return the authors' names from a list of names or objects, or from one string."""
    if isinstance(value, Mapping):
        value = [value]
    if isinstance(value, list | tuple):
        return tuple(filter(None, (_person(item) for item in value)))
    line = fold(_string(value))
    if re.search(r"\sand\s", line):
        # BibTeX, "Last, First and Last, First"; and prose, "A B, C D and E F".
        parts = re.split(r",?\s+and\s+", line)
        if parts[0].count(",") > 1 or (len(parts) == 2 and _full_names(parts[0]) and "," not in parts[1]):
            parts = [name for part in parts for name in part.split(",")]
    elif ";" in line:
        parts = line.split(";")
    else:
        parts = line.split(",") if _full_names(line) else [line]
    return tuple(name for name in map(_turned, parts) if name and name.lower() not in ("others", "et al.", "et al"))


def _full_names(line: str) -> bool:
    """Tell whether commas part names from names ("Ada Byron, Alan Turing") and not last from first ("Byron, Ada")."""
    parts = line.split(",")
    return len(parts) > 1 and all(" " in part.strip() for part in parts)


def _turned(name: str) -> str:
    """Return "Ada Byron" for "Byron, Ada", "John Smith Jr." for "Smith, Jr., John"."""
    last, *rest = (part.strip() for part in name.split(","))
    return " ".join(filter(None, (*rest[-1:], last, *rest[:-1])))


def _person(item: Any) -> str:
    if not isinstance(item, Mapping):
        return _turned(fold(_string(item)))
    values = _values(item)
    for name in ("name", "fullname", "displayname", "authorname"):
        if isinstance(values.get(name), str):
            return fold(values[name])
    first = _string(values.get("first") or values.get("given") or values.get("firstname"))
    last = _string(values.get("last") or values.get("family") or values.get("lastname"))
    return fold(f"{first} {last}")


def _words(value: Any) -> tuple[str, ...]:
    """Return keywords from a list, or from one string with semicolons or commas between them."""
    if isinstance(value, list | tuple):
        parts = [_string(item.get("name") if isinstance(item, Mapping) else item) for item in value]
    else:
        line = _string(value)
        parts = line.split(";" if ";" in line else ",")
    return tuple(dict.fromkeys(filter(None, map(fold, parts))))


def _count(value: Any) -> int | None:
    found = re.fullmatch(r"\s*(\d{1,9})(?:\.0+)?\s*", _string(value))
    return int(found[1]) if found else None
