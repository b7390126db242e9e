"""The spaCy side of extraction: a tokenizer and five pipeline components, usable in anyone's `nlp`.

    import spacy
    nlp = spacy.blank("en")
    nlp.tokenizer = spacy.registry.tokenizers.get("kg.tokenizer.v1")()(nlp)
    for name in ("kg_sentences", "kg_mentions", "kg_abbreviations", "kg_relations", "kg_roles"):
        nlp.add_pipe(name)
    doc = nlp("Mamba is a state space model for language modeling.")
    doc.ents                    # (Mamba, state space model, language modeling), labels Method, Method, Task
    doc.ents[0]._.confidence    # calibrated probability
    doc._.relations             # [(0, "SubClass-Of", 1, 0.97), …]: indices into doc.ents

`doc.spans["kg"]` holds the same spans as `doc.ents`. The factories are registered by entry points, so that an installed kg
is enough: nothing needs to be imported.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from spacy.language import Language
from spacy.tokens import Doc, Span, SpanGroup

from kg.extraction import abbreviations as abbr
from kg.extraction import hedges
from kg.extraction.calibration import calibrate
from kg.extraction.decoding import decode
from kg.extraction.documents import Component
from kg.extraction.heads import softmax
from kg.extraction.model import Model, load
from kg.extraction.windows import cut
from kg.schema import KINDS, RELATION_OF_SCIER, ROLES, SCIER_TYPES, SYNONYM, allowed

__all__ = ["Abbreviations", "Mentions", "Relations", "Roles"]

_GROUPS = "kg_groups"
_STATES = "kg_states"  # in doc.user_data: what the encoder saw, for the components after kg_mentions
_KIND = {kind: i for i, kind in enumerate(KINDS)}


class _State:
    """One window as the heads see it. `words` are the places in the document of the window's words."""

    __slots__ = ("first", "last", "opening", "sentence", "sums", "words")

    def __init__(
        self, hidden: npt.NDArray[np.float32], first: Any, last: Any, sentence: Any, places: list[int]
    ) -> None:
        self.first = hidden[first]
        self.last = hidden[last]
        self.opening = hidden[0]
        self.sentence = np.asarray(sentence, dtype=np.int64)
        self.sums = np.concatenate(
            [np.zeros((1, hidden.shape[1]), np.float32), np.cumsum(self.first, 0, dtype=np.float32)]
        )
        self.words = places


class Mentions(Component):
    """Finds the mentions of methods, datasets and tasks: `doc.ents`, `doc.spans["kg"]` and `span._.confidence`."""

    def __init__(self, model: Model, style: str, bias: float | None) -> None:
        self.model = model
        self.opening = model.meta["styles"][style]
        self.bias = model.meta["decoding"]["bias"].get(style, 0.0) if bias is None else bias
        self.style = style

    def __call__(self, doc: Doc) -> Doc:
        meta = self.model.meta
        places = [t.i for t in doc if not t.is_space]
        number = np.cumsum([bool(t.is_sent_start) for t in doc]).tolist()
        title = sum(1 for i in places if i < doc._.title_words)
        states: list[_State] = []
        found: list[tuple[int, int, int, float, int]] = []  # first and last token, kind, confidence, window
        for window in cut(
            self.model.tokenizer,
            [doc[i].text for i in places],
            [number[i] for i in places],
            opening=self.opening,
            separator=meta["separator"],
            unknown=meta["unknown"],
            title=title,
        ):
            hidden = self.model.encode(window)
            here = places[window.start : window.start + len(window.first)]
            state = _State(hidden, window.first, window.last, window.sentence, here)
            scores, outside = self.model.heads.spans(state.first, state.last, state.sentence)
            segments, _ = decode(scores, outside, bias=self.bias)
            found += [(here[a], here[z], k, p, len(states)) for a, z, k, p in segments]
            states.append(state)
        found = self._one_kind_a_name(doc, found)
        spans = [Span(doc, a, z + 1, label=KINDS[k]) for a, z, k, _, _ in found]
        table = self.model.meta["calibration"]["mentions"]
        doc.user_data["kg_confidence"] = {
            (span.start, span.end): round(calibrate(p, table), 4) for span, (*_, p, _) in zip(spans, found, strict=True)
        }
        doc.set_ents(spans)
        doc.spans["kg"] = SpanGroup(doc, name="kg", spans=spans)
        doc.user_data[_STATES] = (states, [w for *_, w in found])
        return doc

    def _one_kind_a_name(
        self, doc: Doc, found: list[tuple[int, int, int, float, int]]
    ) -> list[tuple[int, int, int, float, int]]:
        """Give all places of one name in a document the kind that most of its probability says."""
        votes: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
        names = [doc[a : z + 1].text.casefold() for a, z, *_ in found]
        for name, (_, _, k, p, _) in zip(names, found, strict=True):
            votes[name][k] += p
        kind = {name: min(by_kind, key=lambda k: (-by_kind[k], k)) for name, by_kind in votes.items()}
        return [(a, z, kind[name], p, w) for name, (a, z, _, p, w) in zip(names, found, strict=True)]


class Abbreviations(Component):
    """Ties short forms to the long forms that the text gives for them: `doc._.abbreviations`, pairs of spans (short, long)."""

    def __call__(self, doc: Doc) -> Doc:
        text = doc.text
        pairs = []
        for (s1, s2), (l1, l2) in abbr.find(text):
            short, long = doc.char_span(s1, s2), doc.char_span(l1, l2)
            if short is not None and long is not None:
                pairs.append((short, long))
        doc._.abbreviations = pairs
        return doc


class _Group:
    """The mentions of one window: their places in doc.ents, their spans in the window's words, and their vectors."""

    __slots__ = ("mine", "spans", "state", "vectors")

    def __init__(self, model: Model, doc: Doc, ents: Sequence[Span], state: _State, mine: list[int]) -> None:
        place = {token: i for i, token in enumerate(state.words)}
        self.mine, self.state = mine, state
        self.spans = np.array(
            [[place[ents[i].start], place[ents[i].end - 1], _KIND[ents[i].label_]] for i in mine], dtype=np.int64
        )
        title = np.array([int(ents[i].start < doc._.title_words) for i in mine], dtype=np.int64)
        self.vectors = model.heads.mentions(state.first, state.last, state.sums, self.spans, title)


def _groups(model: Model, doc: Doc, ents: Sequence[Span]) -> list[_Group]:
    """Return the groups of a document's windows, worked out once for the components that need them."""
    known: list[_Group] | None = doc.user_data.get(_GROUPS)
    if known is None:
        states, window_of = doc.user_data.get(_STATES, ([], []))
        mine: list[list[int]] = [[] for _ in states]
        for i, w in enumerate(window_of):
            mine[w].append(i)
        known = [_Group(model, doc, ents, state, m) for state, m in zip(states, mine, strict=True) if m]
        doc.user_data[_GROUPS] = known
    return known


def _fits(relation: str, head: str, tail: str) -> bool:
    """Tell whether the annotation guidelines let a relation join these kinds."""
    if relation == "Used-For":
        return True
    if relation in ("Compare-With", SYNONYM):
        return head == tail
    return allowed(RELATION_OF_SCIER[relation], head, tail)


def _possible() -> npt.NDArray[np.bool_]:
    """Return which relation scores a pair of kinds may have, shape (kinds * kinds, 1 + 2 * types)."""
    table = np.zeros((len(KINDS) ** 2, 1 + 2 * len(SCIER_TYPES)), dtype=bool)
    table[:, 0] = True
    for i, left in enumerate(KINDS):
        for j, right in enumerate(KINDS):
            for r, name in enumerate(SCIER_TYPES):
                table[i * len(KINDS) + j, 1 + 2 * r] = _fits(name, left, right)
                table[i * len(KINDS) + j, 2 + 2 * r] = _fits(name, right, left)
    return table


class Relations(Component):
    """Finds the relations that a sentence states between its mentions: `doc._.relations`, (head, type, tail, confidence).

    Negated and hedged statements are left out; a stated abbreviation is a Synonym-Of.
    """

    def __init__(self, model: Model, bias: float | None) -> None:
        self.model = model
        self.bias = model.meta["decoding"]["none_bias"] if bias is None else bias
        self.possible = _possible()

    def __call__(self, doc: Doc) -> Doc:
        found: dict[tuple[int, int], tuple[int, str, int, float]] = {}
        ents = doc.ents
        for group in _groups(self.model, doc, ents):
            state, mine, spans = group.state, group.mine, group.spans
            pairs = np.array(
                [
                    (i, j)
                    for i in range(len(mine))
                    for j in range(i + 1, len(mine))
                    if state.sentence[spans[i, 0]] == state.sentence[spans[j, 0]]
                ],
                dtype=np.int64,
            ).reshape(-1, 2)
            if not len(pairs):
                continue
            scores = self.model.heads.relations(group.vectors, state.first, state.sums, state.sentence, spans, pairs)
            scores[:, 0] += self.bias
            kinds = spans[pairs[:, 0], 2] * len(KINDS) + spans[pairs[:, 1], 2]
            scores[~self.possible[kinds]] = -1e4
            p = softmax(scores)
            for (i, j), row in zip(pairs.tolist(), p, strict=True):
                best = int(row.argmax())
                if best == 0:
                    continue
                r, backwards = divmod(best - 1, 2)
                head, tail = (mine[j], mine[i]) if backwards else (mine[i], mine[j])
                left, right = ents[mine[i]], ents[mine[j]]
                if hedges.unsaid(doc, left, right, SCIER_TYPES[r]):
                    continue
                confidence = calibrate(float(row[best]), self.model.meta["calibration"]["relations"])
                found[(mine[i], mine[j])] = (head, SCIER_TYPES[r], tail, round(confidence, 4))
        self._stated_abbreviations(doc, found)
        doc._.relations = [found[key] for key in sorted(found)]
        return doc

    @staticmethod
    def _stated_abbreviations(doc: Doc, found: dict[tuple[int, int], tuple[int, str, int, float]]) -> None:
        ents = doc.ents
        at = {(e.start, e.end): i for i, e in enumerate(ents)}
        for short, long in doc._.abbreviations or ():
            s, t = at.get((short.start, short.end)), at.get((long.start, long.end))
            if s is not None and t is not None and s != t and ents[s].label == ents[t].label:
                # Of such pairs 2,065 of 2,069 in the annotated training papers are synonyms; a little less is
                # claimed for those that the model itself did not see as one.
                found.setdefault((min(s, t), max(s, t)), (s, SYNONYM, t, 0.96))


class Roles(Component):
    """Scores the role of each mention's concept in the paper: `span._.roles`, one probability for each of schema.ROLES.

    Last in the pipeline: it drops the encoder's states, which only the components of this module need.
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        weight = model.meta["decoding"].get("roles", {})
        self.weights = np.array([weight.get(role, 1.0) for role in ROLES], dtype=np.float32)

    def __call__(self, doc: Doc) -> Doc:
        ents = doc.ents
        roles: dict[tuple[int, int], tuple[float, ...]] = {}
        for group in _groups(self.model, doc, ents):
            rows = self.model.heads.roles(group.vectors, group.state.opening) * self.weights
            rows /= rows.sum(-1, keepdims=True)
            for i, row in zip(group.mine, rows.tolist(), strict=True):
                span = ents[i]
                roles[(span.start, span.end)] = tuple(round(v, 3) for v in row)
        doc.user_data["kg_roles"] = roles
        doc.user_data.pop(_GROUPS, None)
        doc.user_data.pop(_STATES, None)
        return doc


@Language.factory(
    "kg_mentions",
    requires=["token.is_sent_start"],
    assigns=["doc.ents", "doc.spans"],
    default_config={"model": None, "style": "abstract", "bias": None},
)
def make_mentions(nlp: Language, name: str, model: str | None, style: str, bias: float | None) -> Mentions:
    return Mentions(load(model), style, bias)


@Language.factory("kg_abbreviations")
def make_abbreviations(nlp: Language, name: str) -> Abbreviations:
    return Abbreviations()


@Language.factory("kg_relations", requires=["doc.ents"], default_config={"model": None, "bias": None})
def make_relations(nlp: Language, name: str, model: str | None, bias: float | None) -> Relations:
    return Relations(load(model), bias)


@Language.factory("kg_roles", requires=["doc.ents"], default_config={"model": None})
def make_roles(nlp: Language, name: str, model: str | None) -> Roles:
    return Roles(load(model))
