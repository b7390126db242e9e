"""Statements that a sentence does not make: negated ("X is not part of Y") and hedged ("may", "could") relations.

Cues after Chapman et al. (2001, NegEx), cut down to those that turn a relation between two names of a sentence.
"""

from __future__ import annotations

from spacy.tokens import Doc, Span

__all__ = ["unsaid"]

_NEGATION = frozenset(["not", "never", "neither", "nor", "cannot", "without", "lacks", "lack"])
_FAILURE = frozenset(["fails", "fail", "failed", "unable"])
_HEDGE = frozenset(["might", "perhaps", "hypothesize", "hypothesise", "conjecture", "speculate"])
_REACH = 6  # tokens that a cue may stand before the second name


def unsaid(doc: Doc, left: Span, right: Span, relation: str) -> bool:
    """Tell whether the words between two mentions take the relation back. Comparisons stay: "not as good as" compares."""
    if relation in ("Compare-With", "Synonym-Of"):
        return False
    between = [t.lower_ for t in doc[left.end : right.start]]
    if any(w in _HEDGE for w in between):
        return True
    near = between[-_REACH:]
    for i, word in enumerate(near):
        if (
            word in _NEGATION
            or word in _FAILURE
            or (word == "t" and i >= 2 and near[i - 1] in "'’" and near[i - 2].endswith("n"))
        ):
            # "not only … but also", "without loss of": said all the same.
            if word == "not" and near[i + 1 : i + 2] in (["only"], ["just"], ["merely"]):
                continue
            if word == "without" and relation == "Used-For":
                continue
            return True
    return False
