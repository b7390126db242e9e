"""What linking returns: concepts, the concept of each mention, the ledger of merges, and variants."""

from __future__ import annotations

from dataclasses import dataclass, field

from kg.records import Evidence

__all__ = ["Concept", "Linking", "Merge", "Variant"]


@dataclass(frozen=True, slots=True)
class Concept:
    """A node-to-be. `aliases` are the other forms found in the papers with their counts, most frequent first.

    `ambiguous` marks a short form whose meaning the papers leave open. `note` is for the reader, "" if there is nothing.
    """

    id: str
    name: str
    kind: str
    aliases: tuple[tuple[str, int], ...] = ()
    ambiguous: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Merge:
    """One decision that made the forms `a` and `b` one concept.

    `rule` is a key of `rules.RULES`, `score` in [0, 1] is how often that rule was right where it was measured. `papers`
    counts the papers behind it; `evidence` holds a few of their sentences, none for rules that read the names alone.
    """

    concept: str
    a: str
    b: str
    rule: str
    score: float
    papers: int = 0
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class Variant:
    """`head` (a concept id) is a variant of `tail`: by `rule`, as mention `mention` of paper `paper` shows."""

    head: str
    tail: str
    rule: str
    paper: str
    mention: int


@dataclass(frozen=True, slots=True)
class Linking:
    """The concepts of a library. `concept_of` maps (paper id, index of the mention) to a concept's id."""

    concepts: dict[str, Concept] = field(default_factory=dict)
    concept_of: dict[tuple[str, int], str] = field(default_factory=dict)
    merges: tuple[Merge, ...] = ()
    variants: tuple[Variant, ...] = ()
