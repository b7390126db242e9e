"""One paper read for names: its forms, and which of them the paper itself says are the same.

Nothing here looks at other papers, so that a paper's reading can be kept.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise

from kg.concepts.abbreviations import (
    EXACT,
    LOOSE,
    STRICT,
    covered,
    definitions,
    fit,
    looks_short,
    spelled_by_beginnings,
)
from kg.concepts.forms import numbers
from kg.concepts.lexicon import lexicon
from kg.normal import normal_form
from kg.records import Extraction, Mention, Paper
from kg.schema import SYNONYM

__all__ = ["Document", "Form", "Stated", "read"]

Form = tuple[str, str]  # kind and normal form


@dataclass(frozen=True, slots=True)
class Stated:
    """The paper says that two of its forms are one: by `rule`, with the mentions that show it."""

    short: str
    long: str
    kind: str
    rule: str
    score: float
    at: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Document:
    """What one paper says about names.

    `forms` holds, for each mention, its normal form; `defined` maps the short forms that brackets define to long forms.
    """

    paper: Paper
    mentions: tuple[Mention, ...]
    forms: tuple[Form, ...]
    defined: dict[str, str]
    stated: tuple[Stated, ...]


_GAP = re.compile(
    r"^[\s\"'“*]*[(\[][\s\"'“*]*(?:i\.e\.,?\s*|or\s+|dubbed\s+|called\s+|termed\s+|aka\s+|a\.k\.a\.,?\s*|namely\s+)?[\"'“*]*$"
)
_INNER = re.compile(r"[(\[]\s*([^()\[\]]+?)\s*[)\]]")


def read(paper: Paper, extraction: Extraction) -> Document:
    """Return what `paper`, with the mentions of its extraction, says about names."""
    mentions = extraction.mentions
    defined: dict[str, str] = {}
    for text in (paper.title, paper.abstract):
        if "(" in text or "[" in text:
            for short, long, _, _ in definitions(text):
                defined.setdefault(normal_form(short), normal_form(long))
    forms: list[Form] = []
    for m in mentions:
        forms.append((m.kind, _form(m.text, defined)))
    return Document(paper, mentions, tuple(forms), defined, _stated(paper, extraction, forms))


def _form(surface: str, defined: dict[str, str]) -> str:
    """Return the normal form of a surface, without a bracket in it that only repeats the words before it."""
    if "(" in surface or "[" in surface:
        inner = _INNER.search(surface)
        if inner and surface[inner.end() :].strip() + surface[: inner.start()].strip():
            key, before = normal_form(inner[1]), normal_form(surface[: inner.start()])
            tail = before.split()[-6:]
            if defined.get(key) or any(fit(key, " ".join(tail[i:])) for i in range(len(tail))):
                surface = surface[: inner.start()] + " " + surface[inner.end() :]
    return normal_form(surface)


def _stated(paper: Paper, extraction: Extraction, forms: list[Form]) -> tuple[Stated, ...]:
    """Return the pairs of forms that the paper says are one, surest first."""
    found: list[Stated] = []
    mentions = extraction.mentions
    text = {"title": paper.title, "abstract": paper.abstract}
    order = sorted(range(len(mentions)), key=lambda i: (mentions[i].field, mentions[i].start, mentions[i].end))
    for i, j in pairwise(order):
        a, b = mentions[i], mentions[j]
        if a.field != b.field or a.kind != b.kind or forms[i][1] == forms[j][1] or not 0 <= b.start - a.end <= 20:
            continue
        if _GAP.match(text[a.field][a.end : b.start]):
            found.extend(_pair("bracket", forms, i, j))
    for r in extraction.relations:
        if r.type != SYNONYM or forms[r.head][0] != forms[r.tail][0] or forms[r.head][1] == forms[r.tail][1]:
            continue
        pairs = _pair("stated", forms, r.head, r.tail)
        if not pairs and numbers(forms[r.head][1]) == numbers(forms[r.tail][1]):
            kind, names = forms[r.head][0], sorted((forms[r.head][1], forms[r.tail][1]))
            pairs = [Stated(names[0], names[1], kind, "stated-names", round(r.confidence * 0.9, 4), (r.head, r.tail))]
        found.extend(pairs)
    found.extend(_initialisms(mentions, forms))
    return tuple(sorted(found, key=lambda s: (-s.score, s.kind, s.short, s.long, s.at)))


def _pair(rule: str, forms: list[Form], i: int, j: int) -> list[Stated]:
    """Return what two forms of one kind say if one abbreviates the other, or a part of it; else nothing."""
    kind = forms[i][0]
    for a, b in ((i, j), (j, i)):
        short, long = forms[a][1], forms[b][1]
        part = covered(short, long)
        if part:
            said = [Stated(short, part, kind, rule, round(0.9 + fit(short, part) / 10, 4), (a, b))]
            if part != long and long.startswith(part):
                said.append(Stated(long, part, kind, "head", 0.9, (a, b)))
            return said
    return []


def _means_another(short: str, kind: str, longs: set[str]) -> bool:
    """Tell whether the lexicon knows a short form, and as none of `longs`: AR beside assistive robotics."""
    known = lexicon().by_alias.get(short, [])
    return bool(known) and not any(
        lexicon().canonical(long, kind) in {normal_form(e.name) for e in known} for long in longs
    )


def _initialisms(mentions: tuple[Mention, ...], forms: list[Form]) -> list[Stated]:
    """Return short forms whose letters spell another form of the paper, though nothing else says that they belong together."""
    found = []
    first: dict[Form, int] = {}
    for i, form in enumerate(forms):
        first.setdefault(form, i)
    shorts = [(f, i) for f, i in first.items() if looks_short(mentions[i].text)]
    longs = defaultdict(list)
    for f, i in first.items():
        if " " in f[1]:
            longs[f[0]].append((f, i))
    for short, i in shorts:
        # A word in common: one may be made of the other, but is not its abbreviation (Swin-UNet, Swin Conv UNet++).
        own = {w for w in short[1].split() if len(w) > 3}
        fits = [(fit(short[1], f[1]), f, j) for f, j in longs[short[0]] if not own & set(f[1].split())]
        n_letters = sum(c.isalnum() for c in short[1])
        fits = [x for x in fits if x[0] >= (EXACT if n_letters < 3 else STRICT if n_letters < 6 else LOOSE)]
        fits = [x for x in fits if x[0] > LOOSE or spelled_by_beginnings(short[1], x[1][1])]
        if short[1][0].isdigit():  # 2SA is no Sybil attack, though 3DGS is 3D Gaussian splatting
            fits = [x for x in fits if x[1][1][0] == short[1][0]]
        if n_letters < 3 and _means_another(*short[::-1], {x[1][1] for x in fits}):
            continue
        if fits:
            best = max(x[0] for x in fits)
            top = sorted((len(f[1]), f, j) for q, f, j in fits if q == best)
            if len(top) == 1:
                _, f, j = top[0]
                found.append(Stated(short[1], f[1], short[0], "initials", 0.85 if best == EXACT else 0.8, (i, j)))
    return found
