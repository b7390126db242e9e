"""Which lines of a page are titles and which are abstracts, when nothing marks them.

The lines are read as T A* T A* … (a title, then the lines of its abstract), at the least cost over the whole page: each
line costs by how little it looks like what it is taken for, each transition by how unusual it is (Viterbi 1967). One odd
title or abstract is therefore carried by the order of the page, and a missing abstract by the look of its neighbours.
Pages are laid out in a few styles, which differ in what a blank line or a line of notes between two lines means; the
style that makes the page cheapest is taken.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["BLANK", "NONE", "NOTES", "Line", "Segmentation", "segment"]

NONE, BLANK, NOTES = range(3)  # what stands between a line and the one before it

TITLE, TITLE_GOES_ON, ABSTRACT, ABSTRACT_GOES_ON = range(4)
_FROM_TITLE = (TITLE, TITLE_GOES_ON)


@dataclass(frozen=True, slots=True)
class Line:
    text: str
    before: int  # NONE, BLANK or NOTES


@dataclass(frozen=True, slots=True)
class Segmentation:
    """`roles` holds one role a line; `cost` is that of the whole page: how little it looks like a list of papers."""

    roles: tuple[int, ...]
    cost: float


@dataclass(frozen=True, slots=True)
class _Style:
    """Costs of a transition by what stands between: nothing, a blank line, notes."""

    prior: float
    title_to_abstract: tuple[float, float, float]
    abstract_to_title: tuple[float, float, float]
    abstract_on: tuple[float, float, float]
    title_on: tuple[float, float, float]
    title_to_title: tuple[float, float, float]

    @property
    def by_gaps(self) -> bool:
        return self.abstract_on[NONE] < _CUT


_NEVER = math.inf
_CUT = 2.5  # an abstract of one more line
_BARE = 4.5  # a title without abstract
_STYLES = (
    # Blank lines mean nothing; notes follow the abstract.
    _Style(0.0, (0, 0, 6), (0, 0, 0), (_CUT, _CUT, 6), (_NEVER,) * 3, (_BARE, _BARE, 1)),
    # A blank line parts title, abstract and the next title; lines without one between them belong together.
    _Style(0.1, (8, 0, 6), (8, 0, 0), (0.2, _CUT, 6), (0.5, _NEVER, _NEVER), (8, _BARE, 1)),
    # A blank line parts papers only.
    _Style(0.2, (0, 6, 6), (8, 0, 0), (0.5, _CUT, 6), (_NEVER,) * 3, (8, _BARE, 1)),
    # Notes stand between title and abstract.
    _Style(3.0, (2, 2, 0), (0, 0, 4), (_CUT, _CUT, 6), (_NEVER,) * 3, (_BARE, _BARE, 2)),
    _Style(3.1, (8, 2, 0), (8, 0, 4), (0.2, _CUT, 6), (0.5, _NEVER, _NEVER), (8, _BARE, 2)),
)
_URL = re.compile(r"https?://|www\.|\b[\w-]+\.(?:com|org|io|net)/", re.I)
_SENTENCE_END = re.compile(r"""[.!?…]["'”’)\]]*\s*$|https?://\S+$|[\w-]+\.(?:com|org|io)(?:/\S*)?$|\)$""")
_INNER_SENTENCE = re.compile(r"[a-z0-9)\]]{2}\.\s+[A-Z]")
_OPENING = re.compile(
    r"(?:in this (?:paper|work|article|study|note)|we |this (?:paper|work|article|thesis)|abstract\s*[:.—-])", re.I
)
# What stands below an abstract and belongs to it.
_RIDER = re.compile(
    r"(?:keywords?|index terms)\s*[:—]|(?:(?:source )?code|data|demo|project|website|models?)\b.{0,40}https?://", re.I
)


def segment(lines: Sequence[Line]) -> Segmentation:
    """Return the role of each line; the cheapest over all styles, the earlier style where two are equal."""
    if not lines:
        return Segmentation((), 0.0)
    titles = [_as_title(line.text) for line in lines]
    abstracts = [_as_abstract(line.text) for line in lines]
    gaps = {line.before for line in lines[1:]}
    # A style that gives a meaning to gaps needs a page that has some.
    styles = [style for style in _STYLES if not style.by_gaps or gaps - {NONE}]
    return min((_best(lines, titles, abstracts, style) for style in styles), key=lambda found: found.cost)


def _as_title(text: str) -> float:
    """Return how little a line looks like a title, 0 to about 14."""
    length = len(text)
    cost = min(max(length - 160, 0) / 60, 6.0)
    if text.endswith(".") and not text.endswith("..."):
        cost += 2
    cost += min(2 * len(_INNER_SENTENCE.findall(text)), 6)
    if _URL.search(text):
        cost += 3
    if text[:1].islower() and text.count(" ") > 6:
        cost += 1
    if _RIDER.match(text):
        cost += 4
    if length > 60 and _OPENING.match(text):
        cost += 1.5
    return cost


def _as_abstract(text: str) -> float:
    """Return how little a line looks like a whole abstract, 0 to 3.5."""
    cost = 2.0 if len(text) < 150 else 1.0 if len(text) < 300 else 0.0
    return cost + (0.0 if _ends(text) else 1.5)


def _ends(text: str) -> bool:
    return bool(_SENTENCE_END.search(text))


def _as_more(text: str, before: str) -> float:
    """Return how little a line looks like the next one of an abstract whose last line so far is `before`."""
    if not _ends(before):
        return 0.0 if not text[:1].isupper() else 0.3
    return 0.0 if _ends(text) or _RIDER.match(text) else 3.0


def _best(lines: Sequence[Line], titles: list[float], abstracts: list[float], style: _Style) -> Segmentation:
    costs = [titles[0], _NEVER, _NEVER, _NEVER]
    back: list[list[int]] = []
    for i in range(1, len(lines)):
        gap, text, before = lines[i].before, lines[i].text, lines[i - 1].text
        # An abstract that stops within a sentence most likely goes on.
        unfinished = 0.0 if _ends(before) else 1.5 if len(before) < 300 else 0.5
        wrapped = gap == NONE and not _ends(before) and not text[:1].isupper()
        goes_on = style.abstract_on[gap] * (0.2 if wrapped else 1.0) + _as_more(text, before)
        step = [
            (titles[i], [style.title_to_title[gap]] * 2 + [style.abstract_to_title[gap] + unfinished] * 2),
            # A title has two lines at most.
            (titles[i], [style.title_on[gap], _NEVER, _NEVER, _NEVER]),
            (abstracts[i], [style.title_to_abstract[gap]] * 2 + [_NEVER] * 2),
            (0.0, [_NEVER] * 2 + [goes_on] * 2),
        ]
        new, chosen = [], []
        for own, ways in step:
            cost, origin = min((costs[k] + ways[k], k) for k in range(4))
            new.append(cost + own)
            chosen.append(origin)
        costs = new
        back.append(chosen)
    ends = [cost + (4.0 if role in _FROM_TITLE else 0.0) for role, cost in enumerate(costs)]
    role = min(range(4), key=lambda k: ends[k])
    cost = ends[role] + style.prior
    roles = [role]
    for chosen in reversed(back):
        role = chosen[role]
        roles.append(role)
    return Segmentation(tuple(reversed(roles)), cost)
