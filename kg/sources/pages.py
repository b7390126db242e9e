"""Saved Daily Papers pages as text: titles and abstracts in a row, between what else stands on the page.

Four layouts are known: every line a title or an abstract, "Subscribe" glued to the first title; blank lines between; the
same with a date of the page; and with notes after each paper ("• 11 authors", "·", "Jul 4, 2023 1"). The reader relies on
none of them (see `segmenting`).

The page shows a paper's year unless it is the current one. A date without year gets the year of the page's own date, if
the page has one with a year and the paper would not be of a later day; else it stays a month and a day.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from kg.papers import identify
from kg.records import Paper
from kg.sources import dates
from kg.sources.cleaning import clean, fold, shown
from kg.sources.entries import Skip
from kg.sources.furniture import Notes, furniture, notes, of_feed, unglue
from kg.sources.opening import Source
from kg.sources.segmenting import ABSTRACT, ABSTRACT_GOES_ON, BLANK, NONE, NOTES, TITLE, Line, segment

__all__ = ["read_page"]

_MOST_COST = 3.5  # a paper, on average, in a text that nothing else shows to be a page of papers
_AUTHORS = re.compile(r"\W*\d+ authors?\b.{0,40}", re.I)
_SHORTEST = 100  # an abstract in such a text
_HEAD = 40  # the head of a page is at most this many lines
_SEASON = re.compile(rf"{dates.MONTH}\s+\d{{4}}", re.I)


@dataclass(slots=True)
class _Page:
    """The lines that may be of titles and abstracts; `around[i]` are the notes before line i, the last those at the end."""

    lines: list[Line] = field(default_factory=list)
    around: list[list[Notes]] = field(default_factory=lambda: [[]])
    dated: str = ""  # the page's own date
    known: bool = False  # something on it shows that it is a page of papers


@dataclass(slots=True)
class _Entry:
    title: list[str] = field(default_factory=list)
    abstract: list[str] = field(default_factory=list)
    before: list[Notes] = field(default_factory=list)
    after: list[Notes] = field(default_factory=list)


def read_page(source: Source, skip: Skip) -> Iterator[Paper]:
    """Yield the papers of a saved page, in its order. A paper without abstract has its title alone."""
    page = _take_apart(source.lines())
    found = segment(page.lines)
    entries = list(_entries(page, found.roles))
    complete = sum(sum(map(len, entry.abstract)) >= _SHORTEST for entry in entries)
    likely = 2 * complete >= len(entries) and found.cost <= _MOST_COST * len(entries)
    if not entries or not (page.known or likely):
        first = next((line.strip() for line in source.head.split("\n") if line.strip()), "")
        raise source.error(
            f"no paper recognised in this text (it begins {shown(first, 40)!r}); expected titles and abstracts as on a saved "
            "Daily Papers page; if it is something else, name it with --format"
        )
    entries = list(_without_strays(entries, skip)) if page.known else entries
    votes_lead = bool(entries[0].before) and entries[0].before[-1].number is not None
    prefixes = _glued_votes(entries)
    for entry in entries:
        yield _paper(entry, page.dated, votes_lead=votes_lead, prefixes=prefixes)


def _take_apart(lines: Iterable[str]) -> _Page:
    """Part the lines of a page into those about it, those about a paper, and the rest."""
    rows = [row for line in lines for row in _rows(line)]
    _cut_new(rows)
    about_page = _furniture(rows)
    page = _Page(known=any(map(of_feed, rows)))
    gap, swallow = NONE, False
    for row, belongs_to_page in zip(rows, about_page, strict=True):
        if not row:
            gap = max(gap, BLANK)
            continue
        said = None if belongs_to_page else notes(row)
        if swallow and said is None and " " not in row:
            said = Notes()  # the name of who submitted the paper
        swallow = bool(said and said.names_next)
        if belongs_to_page or said is not None:
            gap = NOTES
            if not page.lines:
                page.dated = max(page.dated, (said.published if said else "") or _date_within(row), key=_exactness)
            if said is not None:
                page.known = page.known or bool(_AUTHORS.fullmatch(row))
                page.around[-1].append(said)
            continue
        page.lines.append(Line(row, gap))
        page.around.append([])
        gap = NONE
    return page


def _rows(line: str) -> list[str]:
    row = clean(line).strip()
    return unglue(row, subscribe=False) if row else [""]


def _cut_new(rows: list[str]) -> None:
    """Cut off the "new" with which a page begins where it is glued to the last line of the page before."""
    last = -1
    for i, row in enumerate(rows):
        if last >= 0 and row.lower().startswith("get trending") and re.search(r"[\W\d]new$", rows[last]):
            rows[last] = rows[last].removesuffix("new").rstrip()
        if row:
            last = i


def _furniture(rows: list[str]) -> list[bool]:
    """Return for each row whether it is of the page; "Subscribe" glued to a title is cut off on the way."""
    found = [bool(row) and furniture(row, beside=False) for row in rows]
    for i, row in enumerate(rows):
        if found[i] and row.lower().startswith("get trending") and not _button_follows(rows, i):
            _cut_button(rows, found, i + 1)
    _fill_head(rows, found)
    # Outwards from what is certain, and from both ends.
    for order in (range(len(rows)), range(len(rows) - 1, -1, -1)):
        beside = True
        for i in order:
            if rows[i] and not found[i]:
                found[i] = beside and furniture(rows[i], beside=True)
            if rows[i]:
                beside = found[i] or (beside and notes(rows[i]) is not None)
    return found


def _fill_head(rows: list[str], found: list[bool]) -> None:
    """Take what stands between two lines of the page's head as part of it, too; no abstract is that short."""
    last = max((i for i, sure in enumerate(found[:_HEAD]) if sure), default=-1)
    if last >= 0 and all(len(row) < 100 for row in rows[:last]):
        for i in range(last):
            found[i] = bool(rows[i]) and (found[i] or notes(rows[i]) is None)


def _button_follows(rows: list[str], i: int) -> bool:
    return any(row.lower() == "subscribe" for row in rows[i + 1 : i + 6])


def _cut_button(rows: list[str], found: list[bool], i: int) -> None:
    """Cut "Subscribe" off the next row that is not of the page."""
    while i < len(rows) and (not rows[i] or found[i]):
        i += 1
    if i < len(rows):
        rows[i] = unglue(rows[i], subscribe=True)[-1]


def _exactness(published: str) -> tuple[bool, int]:
    return published[:1].isdigit(), len(published)


def _date_within(row: str) -> str:
    """Return the date that a line of the page's head holds, as in a link to the page of a day."""
    if day := re.search(r"\d{4}-\d\d-\d\d", row):
        return dates.iso(day[0])
    return dates.iso(row) if _SEASON.fullmatch(row) else ""


def _entries(page: _Page, roles: tuple[int, ...]) -> Iterator[_Entry]:
    entry: _Entry | None = None
    for i, (line, role) in enumerate(zip(page.lines, roles, strict=True)):
        said = page.around[i]
        if role == TITLE:
            if entry is not None:
                entry.after += said
                yield entry
            entry = _Entry(before=said)
        assert entry is not None  # noqa: S101  a segmentation begins with a title
        if role in (ABSTRACT, ABSTRACT_GOES_ON):
            entry.after += said
            entry.abstract.append(line.text)
        else:
            entry.title.append(line.text)
    if entry is not None:
        entry.after += page.around[-1]
        yield entry


def _without_strays(entries: list[_Entry], skip: Skip) -> Iterator[_Entry]:
    """Yield the entries but a short first or last line without abstract, where all others have one: it is of the page."""
    bare = [entry for entry in entries if not entry.abstract]
    for entry in entries:
        stray = (
            entry in (entries[0], entries[-1]) and not entry.abstract and not entry.after and len(entry.title[0]) <= 40
        )
        if stray and len(bare) <= 2 and len(entries) >= 4:
            skip(
                f"{shown(entry.title[0])!r} at the {'beginning' if entry is entries[0] else 'end'}: taken for part of the page"
            )
        else:
            yield entry


def _glued_votes(entries: list[_Entry]) -> bool:
    """Tell whether a count of votes is glued before every title: "12Attention Is All You Need"."""
    return len(entries) >= 3 and all(re.match(r"\d+[^\W\d]", entry.title[0]) for entry in entries)


def _paper(entry: _Entry, dated: str, *, votes_lead: bool, prefixes: bool) -> Paper:
    title, upvotes = _joined(entry.title), None
    if prefixes:
        count, title = re.match(r"(\d+)(.*)", title, re.S).groups()  # type: ignore[union-attr]
        upvotes = int(count)
    elif votes_lead and entry.before:
        upvotes = entry.before[-1].number
    stated = next((n.upvotes for n in entry.after if n.upvotes is not None), None)
    published = next((n.published for n in entry.after if n.published), "")
    return identify(
        Paper(
            id="",
            title=title,
            abstract=_joined(entry.abstract),
            authors=next((n.authors for n in entry.after if n.authors), ()),
            published=_with_year(published, dated),
            upvotes=upvotes if upvotes is not None else stated,
        )
    )


def _joined(lines: list[str]) -> str:
    """Return one text: a line as it is; several are as wide as the page was, so their ends mean nothing."""
    return lines[0] if len(lines) == 1 else fold(" ".join(lines))


def _with_year(published: str, dated: str) -> str:
    if published.startswith("--") and re.match(r"\d{4}", dated):
        candidate = f"{dated[:4]}{published[1:]}"
        if candidate[: len(dated)] <= dated:
            return dates.iso(candidate)
    return published
