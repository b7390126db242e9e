"""From the forms of one paper to the nodes they mean, with each step that led there.

A node is a kind and a key (see forms.key_of). The steps, in order: the paper's own definitions, the library's and the
lexicon's meaning of a short form, short forms written out inside a longer name, and names that the paper cuts short.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from kg.concepts.abbreviations import looks_short, partly_spelled
from kg.concepts.documents import Document, Form, Stated
from kg.concepts.forms import key_of
from kg.concepts.lexicon import Lexicon
from kg.concepts.meanings import Meanings, short_tokens
from kg.concepts.shortened import fuller_names
from kg.normal import normal_form

__all__ = ["Names", "Node", "Resolved", "Step", "resolve"]

Node = tuple[str, str]
_SURE = 0.6  # a model's statement that two names are one, whose letters say nothing, counts from this score on
_FEW = 12  # weight of four papers that define a short form (see meanings)
_COMMON = 4  # papers that make a name common


@dataclass(frozen=True, slots=True)
class Step:
    """One decision: form `a` means form `b`, by `rule`. `at` are the mentions that say so, () where no text does."""

    a: str
    b: str
    rule: str
    score: float
    at: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a mention means: its node, the fullest form it was led to, the steps, and whether its meaning stayed open."""

    node: Node
    form: str
    steps: tuple[Step, ...]
    open: bool = False


def resolve(document: Document, meanings: Meanings, lexicon: Lexicon, names: Names) -> list[Resolved]:
    """Return what each mention of a paper means."""
    definitions = _definitions(document, names)
    text = ""
    # "MINER: ..." as a title names what this paper brings, not what one or two others have called so.
    own = normal_form(document.paper.title.partition(":")[0]) if ":" in document.paper.title else ""
    led: dict[tuple[str, str, str], tuple[str, list[Step], bool]] = {}
    order: list[tuple[str, str, str]] = []
    surfaces: dict[Form, str] = {}
    for m, pair in zip(document.mentions, document.forms, strict=True):
        surfaces.setdefault(pair, m.text)
    for m, (kind, form) in zip(document.mentions, document.forms, strict=True):
        seen = (kind, form, m.text)
        order.append(seen)
        if seen in led:
            continue
        long, steps, is_open = form, [], False
        while (kind, long) in definitions:
            said = definitions[kind, long]
            steps.append(Step(long, said.long, said.rule, said.score, said.at))
            long = said.long
        if long == form and form in document.defined:
            long = document.defined[form]
            steps.append(Step(form, long, "bracket", 0.95))
        if long == form and (" " not in form or looks_short(m.text)):
            if not text and meanings.rivals(form, kind):
                text = f" {normal_form(f'{document.paper.title} {document.paper.abstract}')} "
            meaning = meanings.elsewhere(form, kind, text)
            if meaning and meaning.rule != "lexicon" and meaning.papers < _FEW and form == own:
                meaning = None
            # A common noun may be another of the paper's names cut short, so the lexicon waits (see _node).
            if meaning and (looks_short(m.text) or (meaning.rule != "lexicon" and form not in meanings.plain)):
                long = meaning.form
                steps.append(Step(form, long, meaning.rule, meaning.score))
            else:
                is_open = meaning is None and meanings.rivals(form, kind)
        surface = m.text if long == form else surfaces.get((kind, long), "")
        written = meanings.expand(
            long, short_tokens(surface) if surface else meanings.shorts_of(long), document.defined
        )
        if written != long:
            steps.append(Step(long, written, "abbreviation-inside", 0.95))
        led[seen] = (written, steps, is_open)
    fuller = fuller_names([(seen[0], led[seen][0]) for seen in order], document)
    out: dict[tuple[str, str, str], Resolved] = {}
    for seen, (form, so_far, is_open) in led.items():
        fullest, taken = form, tuple(so_far)
        other = fuller.get((seen[0], form))
        if other:
            fullest = other[0]
            taken = (*taken, Step(form, *other))
        out[seen] = Resolved(_node(fullest, seen[0], lexicon, known=not is_open), fullest, taken, is_open)
    return [out[seen] for seen in order]


def _node(form: str, kind: str, lexicon: Lexicon, *, known: bool) -> Node:
    """Return the node of a form. Where its meaning stayed open, the lexicon is not asked (`known` is false)."""
    if not known:
        return (kind, form)
    name = lexicon.canonical(form, kind)
    if name is None:
        key = key_of(form, kind)
        name = lexicon.canonical_key(key, kind)
        return (kind, key_of(name, kind) if name else key)
    return (kind, key_of(name, kind))


@dataclass(frozen=True, slots=True)
class Names:
    """What a library knows of names that papers equate: the papers of each form, and the partner each form may join.

    A form that different papers equate with different names joins only the one with most support, so that statements,
    of which some are wrong, do not chain.
    """

    frequency: Mapping[Form, int]
    partner: Mapping[Form, str]

    @classmethod
    def of(cls, documents: Sequence[Document], lexicon: Lexicon) -> Self:
        frequency = Counter(form for document in documents for form in set(document.forms))
        support: dict[Form, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        for document in documents:
            for kind, a, b, score in sorted(
                {(s.kind, s.short, s.long, s.score) for s in document.stated if s.rule == "stated-names"}
            ):
                support[kind, a][b] += score
                support[kind, b][a] += score
        for kind, a in sorted(support):
            for b in sorted(support[kind, a]):
                known = lexicon.canonical(a, kind), lexicon.canonical(b, kind)
                # Two concepts that the lexicon tells apart, or that many papers name, are not one because one says so.
                common = min(frequency[kind, a], frequency[kind, b]) >= _COMMON and support[kind, a][b] < 1
                if (None not in known and known[0] != known[1]) or common:
                    support[kind, a][b] = 0.0
        partner = {form: min(found, key=lambda o: (-round(found[o], 6), o)) for form, found in support.items()}
        return cls(frequency, {form: o for form, o in partner.items() if support[form][o] > 0})


def _in_capitals(form: str, document: Document, stated: Stated) -> bool:
    """Tell whether a statement writes `form` as one word in capitals, a plural s aside."""
    surfaces = [document.mentions[i].text for i in stated.at if document.forms[i][1] == form]
    return any(looks_short(s) and s.removesuffix("s").isupper() for s in surfaces)


def _definitions(document: Document, names: Names) -> dict[Form, Stated]:
    """Return for each form that the paper equates with another the surest statement, without circles."""
    chosen: dict[Form, Stated] = {}

    def ends_at(kind: str, form: str) -> str:
        while (kind, form) in chosen:
            form = chosen[kind, form].long
        return form

    for s in sorted(document.stated, key=lambda s: (s.rule == "stated-names", -s.score, s.short, s.long, s.at)):
        short, long = s.short, s.long
        if s.rule == "stated-names":
            mutual = names.partner.get((s.kind, short)) == long and names.partner.get((s.kind, long)) == short
            capitals = [f for f in (short, long) if _in_capitals(f, document, s)]
            if s.score < _SURE or (s.kind, short) in chosen or (s.kind, long) in chosen:
                continue
            if len(capitals) == 1:
                # An abbreviation means here what this paper says, whatever it means in others (MRL, SLAM).
                short, long = capitals[0], long if capitals[0] == short else short
                if not partly_spelled(short, long):
                    continue
            elif mutual:
                # Two names of one thing: the one that more papers use stands for both.
                long, short = sorted((short, long), key=lambda f: (-names.frequency.get((s.kind, f), 0), f))
            else:
                continue
        if (s.kind, short) not in chosen and ends_at(s.kind, long) != short:
            chosen[s.kind, short] = Stated(short, long, s.kind, s.rule, s.score, s.at)
    return chosen
