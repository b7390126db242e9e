"""What the papers state: the evidence for each edge to be, gathered from mentions, roles, relations and variants.

A statement's key is (head, relation, tail), ids and a type of `kg.schema`; its evidence lists every sentence that makes it.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from kg import schema
from kg.errors import SchemaError
from kg.records import FIELDS, Evidence, Extraction, Mention, Paper

__all__ = [
    "DIGITS",
    "ConceptLike",
    "LinkingLike",
    "Statements",
    "VariantLike",
    "best_by_paper",
    "join_symmetric",
    "mentions_by_concept",
    "relations",
    "role",
    "variants",
]

log = logging.getLogger(__name__)

DIGITS = 4  # of a confidence


class ConceptLike(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def aliases(self) -> Sequence[tuple[str, int]]: ...
    @property
    def ambiguous(self) -> bool: ...
    @property
    def note(self) -> str: ...


class VariantLike(Protocol):
    @property
    def head(self) -> str: ...
    @property
    def tail(self) -> str: ...
    @property
    def paper(self) -> str: ...
    @property
    def mention(self) -> int: ...


class LinkingLike(Protocol):
    """What `kg.concepts.link` gives, as far as the graph needs it."""

    @property
    def concepts(self) -> Mapping[str, ConceptLike]: ...
    @property
    def concept_of(self) -> Mapping[tuple[str, int], str]: ...
    @property
    def variants(self) -> Sequence[VariantLike]: ...


Statements = dict[tuple[str, str, str], list[Evidence]]


def mentions_by_concept(paper: Paper, found: Extraction, linking: LinkingLike) -> dict[str, list[Mention]]:
    members: dict[str, list[Mention]] = defaultdict(list)
    for index, mention in enumerate(found.mentions):
        concept = linking.concept_of.get((paper.id, index))
        if concept is None:
            continue
        if mention.field not in FIELDS or not 0 <= mention.sentence_start < mention.sentence_end <= len(
            getattr(paper, mention.field)
        ):
            raise SchemaError(
                f"what was extracted from {paper.id} does not fit its text (mention {mention.text!r} in "
                f"{mention.field!r}): the library is damaged; remove the paper and build it again"
            )
        members[concept].append(mention)
    return members


def role(paper: Paper, members: Sequence[Mention]) -> tuple[str, list[Evidence]]:
    """Return the role that the mentions of one concept give it in one paper, and the sentences they stand in.

    Each mention votes for the roles with its scores, weighted by its own confidence; ties go to the earlier role.
    The confidence of a sentence is its mention's, times that mention's score for the role.
    """
    votes = [0.0] * len(schema.ROLES)
    for m in members:
        if m.roles and len(m.roles) != len(schema.ROLES):
            raise SchemaError(
                f"{len(m.roles)} role scores for {m.text!r} in {paper.id}, expected {len(schema.ROLES)} "
                f"({', '.join(schema.ROLES)}); build it again with this version of kg"
            )
        for i, score in enumerate(m.roles):
            votes[i] += m.confidence * score
    best = max(range(len(votes)), key=lambda i: (votes[i], -i)) if any(votes) else schema.ROLES.index("mentions")
    pieces = [
        _evidence(paper, m, m.confidence * (m.roles[best] if m.roles else 1.0), head=None, tail=(m.start, m.end))
        for m in members
    ]
    return schema.ROLES[best], pieces


def relations(paper: Paper, found: Extraction, linking: LinkingLike) -> Iterator[tuple[tuple[str, str, str], Evidence]]:
    for relation in found.relations:
        if relation.type == schema.SYNONYM:
            continue
        type_ = schema.RELATION_OF_SCIER.get(relation.type)
        if type_ is None:
            raise SchemaError(
                f"{paper.id} has the relation {relation.type!r}, expected one of {', '.join(schema.SCIER_TYPES)}; "
                "build it again with this version of kg"
            )
        if not (0 <= relation.head < len(found.mentions) and 0 <= relation.tail < len(found.mentions)):
            raise SchemaError(f"{paper.id} has a relation between mentions that it does not have; build it again")
        head, tail = found.mentions[relation.head], found.mentions[relation.tail]
        ends = linking.concept_of.get((paper.id, relation.head)), linking.concept_of.get((paper.id, relation.tail))
        if ends[0] is None or ends[1] is None or ends[0] == ends[1]:
            continue
        if head.field != tail.field:
            log.debug("%s: a relation across title and abstract has no one sentence; left out", paper.id)
            continue
        piece = _evidence(
            paper, head, relation.confidence, head=(head.start, head.end), tail=(tail.start, tail.end), until=tail
        )
        yield (ends[0], type_, ends[1]), piece


def _evidence(
    paper: Paper,
    mention: Mention,
    confidence: float,
    *,
    head: tuple[int, int] | None,
    tail: tuple[int, int],
    until: Mention | None = None,
) -> Evidence:
    """Return the sentence of `mention`; with `until` in another sentence, the text from one through the other."""
    start, end = mention.sentence_start, mention.sentence_end
    if until is not None:
        start, end = min(start, until.sentence_start), max(end, until.sentence_end)
    text = getattr(paper, mention.field)[start:end]
    return Evidence(paper.id, mention.field, start, end, text, round(confidence, DIGITS), head, tail)


def variants(
    paper: Paper, found: Extraction, linking: LinkingLike, variants: Iterable[VariantLike]
) -> Iterator[tuple[tuple[str, str, str], Evidence]]:
    """Yield the statements of the variants that mentions of this paper show.

    The other end is marked where the sentence names it; else both spans are the mention, whose name ("Mamba-2") says it.
    """
    for variant in variants:
        if not 0 <= variant.mention < len(found.mentions) or variant.head == variant.tail:
            continue
        shown = found.mentions[variant.mention]
        here = linking.concept_of.get((paper.id, variant.mention))
        if here not in (variant.head, variant.tail):
            continue
        other = variant.tail if here == variant.head else variant.head
        spans = {here: (shown.start, shown.end), other: (shown.start, shown.end)}
        for index, m in enumerate(found.mentions):
            same_sentence = (m.field, m.sentence_start) == (shown.field, shown.sentence_start)
            if same_sentence and linking.concept_of.get((paper.id, index)) == other:
                spans[other] = (m.start, m.end)
                break
        piece = _evidence(paper, shown, shown.confidence, head=spans[variant.head], tail=spans[variant.tail])
        yield (variant.head, "VARIANT_OF", variant.tail), piece


def join_symmetric(statements: Statements) -> None:
    """Make one edge of two that say the same of a pair: A compared with B, and B with A.

    The direction with more weight stays (ties: the smaller id first). The evidence of the other goes over to it, its
    spans exchanged, so that `head` and `tail` go on naming the edge's ends: that two were compared is said either way.
    """
    for key in sorted(k for k in statements if k[1] in schema.SYMMETRIC):
        other = (key[2], key[1], key[0])
        if key not in statements or other not in statements:
            continue
        keep, drop = sorted((key, other), key=lambda k: (-sum(best_by_paper(statements[k]).values()), k))
        statements[keep].extend(
            Evidence(e.paper, e.field, e.start, e.end, e.sentence, e.confidence, e.tail, e.head or e.tail)
            for e in statements.pop(drop)
        )


def best_by_paper(pieces: Iterable[Evidence]) -> dict[str, float]:
    best: dict[str, float] = {}
    for piece in sorted(pieces):
        best[piece.paper] = max(best.get(piece.paper, 0.0), piece.confidence)
    return best
