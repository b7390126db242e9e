"""What short forms mean across a library, and where they mean several things.

A paper that defines a short form settles it for itself. Elsewhere a short form takes the one meaning that the
library and the lexicon know, or the one that the paper's own words point to; else it stays ambiguous.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from kg.concepts.abbreviations import STRICT, fit, looks_short
from kg.concepts.documents import Document
from kg.concepts.forms import key_of, stem
from kg.concepts.lexicon import Lexicon
from kg.normal import normal_form

__all__ = ["Meaning", "Meanings", "collect", "short_tokens"]

_SURE = 0.8  # share of the defining papers above which a short form counts as having one meaning
_TOKEN_SURE = 0.9  # the same, for a short form inside a longer name
_PAPER = 3  # weight of a paper that defines a short form whose letters fit
_LEXICON_WEIGHT = 4 * _PAPER  # a row of the lexicon counts as four papers
_TOKENS = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a short form stands for somewhere: a normal form, by which rule, how surely. `open` lists rivals."""

    form: str
    rule: str
    score: float
    papers: int


@lru_cache(maxsize=200_000)
def short_tokens(surface: str) -> frozenset[str]:
    """Return the normal forms of the words of a surface that look like abbreviations."""
    return frozenset(normal_form(t) for t in _TOKENS.findall(surface) if looks_short(t))


class Meanings:
    """Meanings of short forms by kind. `papers[kind, short]` weighs the papers that define each long form.

    `plain` holds the short forms that more papers write as a plain word than as an abbreviation (repair, REPAIR).
    """

    def __init__(
        self,
        papers: dict[tuple[str, str], Counter[str]],
        lexicon: Lexicon,
        shorts: dict[str, frozenset[str]],
        plain: frozenset[str] = frozenset(),
    ) -> None:
        self.plain = plain
        self._lexicon = lexicon
        self._shorts = shorts
        self._table: dict[str, Counter[str]] = defaultdict(Counter)
        for (_, short), longs in papers.items():
            self._table[short].update(longs)
        self._papers = papers
        self._tokens = {s: long for s in sorted(self._table) if (long := self._token(s))}
        self._known: dict[tuple[str, str], list[tuple[str, int]]] = {}

    def _token(self, short: str) -> str:
        """Return what a short form means inside any name, or "" where that is not certain."""
        longs = Counter(self._table[short])
        for entry in self._lexicon.find(short):
            name = normal_form(entry.name)
            if fit(short, name):
                longs[name] += _LEXICON_WEIGHT
        groups: Counter[str] = Counter()
        for long, n in longs.items():
            groups[key_of(long, "Method")] += n
        (top, n), total = groups.most_common(1)[0], sum(groups.values())
        if n < 2 * _PAPER or n < _TOKEN_SURE * total:
            return ""
        return min((long for long in longs if key_of(long, "Method") == top), key=lambda long: (-longs[long], long))

    def expand(self, form: str, shorts: frozenset[str], defined: dict[str, str]) -> str:
        """Return a normal form with the short forms in it written out, as the paper or else the library defines them."""
        if not shorts:
            return form
        words = form.split()
        out = [defined.get(w) or self._tokens.get(w, w) if w in shorts else w for w in words]
        return " ".join(out)

    def candidates(self, short: str, kind: str) -> list[tuple[str, int]]:
        """Return the long forms that a short form may stand for in `kind`, with their weights, greatest first."""
        known = self._known.get((short, kind))
        if known is not None:
            return known
        longs = Counter(self._papers.get((kind, short)) or self._table.get(short, Counter()))
        for entry in self._lexicon.find(short, kind):
            name = normal_form(entry.name)
            if name != short:
                longs[name] += _LEXICON_WEIGHT
        groups: dict[str, Counter[str]] = defaultdict(Counter)
        for long, n in longs.items():
            name = self._lexicon.canonical(long, kind) or long
            groups[key_of(name, kind)][long] += n
        found = []
        for group in groups.values():
            best = min(group, key=lambda long: (-group[long], long))
            found.append((best, sum(group.values())))
        found.sort(key=lambda x: (-x[1], x[0]))
        self._known[short, kind] = found
        return found

    def shorts_of(self, long: str) -> frozenset[str]:
        """Return the short forms inside a long form that some paper defines."""
        return self._shorts.get(long, frozenset())

    def rivals(self, short: str, kind: str) -> bool:
        """Tell whether a short form has several meanings of which none prevails."""
        found = self.candidates(short, kind)
        return len(found) > 1 and found[0][1] < _SURE * sum(n for _, n in found)

    def elsewhere(self, short: str, kind: str, text: str) -> Meaning | None:
        """Return what an undefined short form means in a paper whose normalised text is `text`, None where it stays open."""
        found = self.candidates(short, kind)
        if not found:
            return None
        total = sum(n for _, n in found)
        if len(found) == 1 or found[0][1] >= _SURE * total:
            if (kind, short) not in self._papers and short not in self._table:
                return Meaning(found[0][0], "lexicon", 0.95, 0)
            return Meaning(found[0][0], "abbreviation", round(0.97 * found[0][1] / total, 4), found[0][1])
        near = [(long, n) for long, n in found if all(stem(w) in text for w in long.split())]
        if len(near) == 1:
            return Meaning(near[0][0], "abbreviation-in-context", 0.8, near[0][1])
        return None


def collect(documents: Sequence[Document], lexicon: Lexicon) -> Meanings:
    """Return what the short forms of a library mean, counted by defining papers."""
    papers: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    shorts: dict[str, frozenset[str]] = {}
    written_short: Counter[str] = Counter()
    for document in documents:
        here = {(s.kind, s.short, s.long) for s in document.stated if s.rule != "stated-names"}
        named = {short for _, short, _ in here}
        kinds = {form: kind for kind, form in document.forms}
        for short, long in document.defined.items():
            if short not in named:
                here.add((kinds.get(short, ""), short, long))
        for kind, short, long in here:
            # Letters that fit loosely ("LMs" after "large language models") say less than initials.
            papers[kind, short][long] += 3 if fit(short, long) >= STRICT else 1
        for form, written in {
            (f, looks_short(m.text)) for m, (_, f) in zip(document.mentions, document.forms, strict=True)
        }:
            if " " not in form:
                written_short[form] += 1 if written else -1
        for m, (_, form) in zip(document.mentions, document.forms, strict=True):
            if " " in form and form not in shorts:
                shorts[form] = short_tokens(m.text)
    plain = frozenset(form for form, n in written_short.items() if n < 0)
    return Meanings(papers, lexicon, {form: found for form, found in shorts.items() if found}, plain)
