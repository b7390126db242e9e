"""What stands on a saved Daily Papers page beside titles and abstracts: its head and foot, and the lines about a paper.

A line is read by `notes` alone, whatever its place; `furniture` also looks at its neighbours, since "new" and "Datasets"
could be titles elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from kg.sources import dates

__all__ = ["Notes", "furniture", "notes", "of_feed", "unglue"]


@dataclass(frozen=True, slots=True)
class Notes:
    """What one line about a paper says. `number` is a bare number: a count of votes or of comments."""

    published: str = ""
    authors: tuple[str, ...] = ()
    upvotes: int | None = None
    number: int | None = None
    names_next: bool = False  # the next line is the name of who submitted the paper


_DATE = re.compile(
    rf"(?:published(?: on)?:?\s+|submitted on\s+)?(?P<month>{dates.MONTH})\s+(?P<rest>\d.*)"
    rf"|(?:published(?: on)?:?\s+|submitted on\s+)?(?P<iso>\d{{4}}-\d\d-\d\d)(?:[T ][\d:.]+Z?)?",
    re.I,
)
# "4, 2023", "4, 2023 12", "4 12", and the same with the count glued: "4, 202312", "2712".
_DAY = re.compile(
    r"(?P<day>3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th)?(?:,?\s*(?P<year>(?:19|20)\d\d)(?=\D|\d{0,4}$))?\s*(?P<count>\d{0,5})"
)
_AGO = re.compile(
    r"(?:about |over |almost )?(?:an?|\d+) (?:minute|hour|day|week|month|year)s? ago|yesterday|today", re.I
)
_NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+|\d{1,6}|\d+(?:\.\d+)?k", re.I)
_VOTES = re.compile(r"(?:(?P<before>\d+)\s*)?(?:up-?votes?|▲|△|👍|❤️?)\s*:?\s*(?P<after>\d+)?", re.I)
_AUTHORS = re.compile(r"authors?:\s+(?P<names>\S.*)", re.I)
_NO_WORDS = re.compile(r"[\W_]+")
_OTHER = re.compile(
    r"\+?\s*\d+\s+authors?|(?:\d+\s+)?comments?|\+\s*\d+(?:\s*more)?|view (?:paper|all|on .*)|read (?:more|paper)|show more"
    r"|(?:view )?arxiv(?: page| explained)?|pdf|github|github stars|code|project(?: page)?|hf papers?|share|bookmark|ai[- ]generated"
    r"|paper author|paper submitter|submitted by(?: .{1,60})?|published by .{1,60}|.{1,40}'s avatar|published",
    re.I,
)
_SUBMITTER = re.compile(r"(?:submitted|published) by:?", re.I)

# Lines that only a page of the feed has.
_FEED = re.compile(r"get trending papers in your email inbox.*|daily papers?|by ?ak and the research community", re.I)
# Lines that no paper is called.
_STRONG = re.compile(
    r"get trending papers in your email inbox.*|daily papers?|trending papers|by ?ak and the research community"
    r"|hugging face|papers - hugging face|daily papers - hugging face|hugging face'?s logo|log ?in|sign up|subscribe"
    r"|search models, datasets.*|system theme|company|tos|terms of service|privacy(?: policy)?|©.*|(?:all )?rights reserved.*"
    r"|https?://huggingface\.co/papers\S*",
    re.I,
)
# Lines that are furniture beside other furniture, or at the very beginning or end.
_WEAK = re.compile(
    r"new|daily|weekly|monthly|trending|today|yesterday|previous|next|back|home|menu|about|jobs|careers|website|models|datasets"
    r"|spaces|pricing|docs|documentation|enterprise|community|posts|blog|papers|collections|solutions|search|filter|sort|hot"
    r"|newest|top|all|inference endpoints|hub|load more|see all|« previous|next »|\.\.\.|…|page \d+(?: of \d+)?"
    r"|week \d+(?:,? \d{4})?|buckets|changelog|settings",
    re.I,
)
_GLUE = re.compile(
    r"((?>get trending papers in your email inbox(?: once a day)?!?|daily papers|by ?ak and the research community))(?=\w)",
    re.I,
)
# Pages joined without a line end between them.
_NEXT_PAGE = re.compile(r"(.*\S)(get trending papers in your email inbox(?: once a day)?!?)", re.I)
# The button before a title, but no title that begins with "Subscribers".
_SUBSCRIBE = re.compile(r"subscribe(?!(?:rs?|d|s)\b)\s*(?=\S)", re.I)


def of_feed(line: str) -> bool:
    """Tell whether the line shows that its page is one of the feed."""
    return bool(_FEED.fullmatch(line))


def furniture(line: str, *, beside: bool) -> bool:
    """Tell whether the line belongs to the page; `beside` says that its neighbour does or that the page ends there."""
    return bool(_STRONG.fullmatch(line) or (beside and (_WEAK.fullmatch(line) or _NO_WORDS.fullmatch(line))))


def unglue(line: str, *, subscribe: bool) -> list[str]:
    """Return the line in parts where furniture is glued before something else.

    "SubscribeThe Title" is two parts, if `subscribe` says that the button is due there.
    """
    parts = []
    if found := _NEXT_PAGE.fullmatch(line):
        return [found[1], found[2]]
    while found := _GLUE.match(line):
        parts.append(found[1])
        line = line[found.end() :]
        subscribe = True
    if subscribe and (found := _SUBSCRIBE.match(line)):
        parts.append("Subscribe")
        line = line[found.end() :]
    return [*parts, line]


def notes(line: str) -> Notes | None:
    """Return what a line says about the paper before or after it, or None when it may be of a title or an abstract."""
    if len(line) > 300:
        return None
    if found := _AUTHORS.fullmatch(line):
        return Notes(authors=tuple(name.strip() for name in re.split(r",|;|\band\b", found["names"]) if name.strip()))
    if len(line) > 120:
        return None
    all_notes = []
    for part in re.split(r"\s*[·•|]\s*", line):
        if part:
            found_notes = _note(part)
            if found_notes is None:
                return None
            all_notes.append(found_notes)
    return Notes(
        published=next((n.published for n in all_notes if n.published), ""),
        upvotes=next((n.upvotes for n in all_notes if n.upvotes is not None), None),
        number=all_notes[0].number if len(all_notes) == 1 else None,
        names_next=any(n.names_next for n in all_notes),
    )


def _note(part: str) -> Notes | None:
    if _NUMBER.fullmatch(part):
        return Notes(number=int(part.replace(",", "")) if "k" not in part.lower() else None)
    if found := _DATE.fullmatch(part):
        return _dated(found)
    if found := _VOTES.fullmatch(part):
        votes = found["before"] or found["after"]
        return Notes(upvotes=int(votes) if votes else None)
    if _SUBMITTER.fullmatch(part):
        return Notes(names_next=True)
    if _AGO.fullmatch(part) or _OTHER.fullmatch(part) or _NO_WORDS.fullmatch(part):
        return Notes()
    return None


def _dated(found: re.Match[str]) -> Notes | None:
    if found["iso"]:
        return Notes(published=dates.iso(found["iso"]))
    # The number after a date counts comments: votes stand before the title.
    number = _DAY.fullmatch(found["rest"].strip())
    if not number:
        return None
    year = f", {number['year']}" if number["year"] else ""
    return Notes(published=dates.iso(f"{found['month']} {number['day']}{year}"))
