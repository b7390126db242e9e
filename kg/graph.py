"""The typed graph: papers and concepts as nodes, and on every edge the sentences that say so.

    g = graph.assemble(papers, extractions, linking)       # networkx.MultiDiGraph
    g.nodes["method/mamba"]["papers"]                      # 41
    g.edges["method/mamba", "method/state-space-model", "SUBCLASS_OF"]["evidence"][0].sentence

The key of an edge is its type (`schema.RELATIONS`); its attributes are `confidence`, `papers` and `evidence`. The graph is
a pure function of its inputs: their order leaves no trace, and what the schema does not know is refused.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import itertools
import json
import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import prod
from typing import Any, Protocol

import networkx as nx

from kg import schema
from kg.errors import SchemaError
from kg.records import FIELDS, Evidence, Extraction, Mention, Paper

__all__ = [
    "assemble",
    "check",
    "combine",
    "concepts",
    "counts",
    "edge_properties",
    "fingerprint",
    "from_json",
    "node_properties",
    "papers",
    "to_json",
]

log = logging.getLogger(__name__)

_MOST = 0.999  # no number of sentences makes an edge certain
_DIGITS = 4
_LISTS = frozenset(p.name for p in (*schema.PAPER_PROPERTIES, *schema.CONCEPT_PROPERTIES) if p.type.startswith("list"))
_PAPER = tuple(p.name for p in schema.PAPER_PROPERTIES)
_CONCEPT = tuple(p.name for p in schema.CONCEPT_PROPERTIES)
_ALWAYS = frozenset({"aliases", "alias_counts", "ambiguous"})  # a concept has them even when they are empty


class _Concept(Protocol):
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


class _Variant(Protocol):
    @property
    def head(self) -> str: ...
    @property
    def tail(self) -> str: ...
    @property
    def paper(self) -> str: ...
    @property
    def mention(self) -> int: ...


class _Linking(Protocol):
    """What `kg.concepts.link` gives, as far as the graph needs it."""

    @property
    def concepts(self) -> Mapping[str, _Concept]: ...
    @property
    def concept_of(self) -> Mapping[tuple[str, int], str]: ...
    @property
    def variants(self) -> Sequence[_Variant]: ...


Statements = dict[tuple[str, str, str], list[Evidence]]


@contextlib.contextmanager
def _many_objects() -> Iterator[None]:
    """Pause the collector of reference cycles: there are none here, and looking for them takes half the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@_many_objects()
def assemble(papers: Iterable[Paper], extractions: Mapping[str, Extraction], linking: _Linking) -> nx.MultiDiGraph:
    """Return the graph of `papers`, of what was extracted from each (by text hash), and of the concepts they name.

    A concept that no paper names is left out, so every concept has an edge and every edge has evidence. Relations whose
    ends became one concept, or whose ends the schema does not allow after linking, are left out too.

    Raises SchemaError for a relation, a kind or a role that the schema does not have, and for offsets outside the text.
    """
    ordered = sorted(papers, key=lambda p: p.id)
    statements: Statements = defaultdict(list)
    named: dict[str, list[Paper]] = defaultdict(list)
    n_mentions: Counter[str] = Counter()
    variants: dict[str, list[_Variant]] = defaultdict(list)
    for variant in sorted(linking.variants, key=lambda v: (v.head, v.tail, v.paper, v.mention)):
        variants[variant.paper].append(variant)
    for paper in ordered:
        found = extractions.get(paper.text_hash)
        if found is None:
            continue
        in_paper = _mentions_by_concept(paper, found, linking)
        for concept, members in in_paper.items():
            named[concept].append(paper)
            n_mentions[concept] += len(members)
            role, evidence = _role(paper, members)
            statements[paper.id, schema.RELATION_OF_ROLE[role], concept].extend(evidence)
        for key, piece in _relations(paper, found, linking):
            statements[key].append(piece)
        for key, piece in _variants(paper, found, linking, variants.get(paper.id, ())):
            statements[key].append(piece)
    _join_symmetric(statements)

    g = nx.MultiDiGraph()
    for paper in ordered:
        g.add_node(paper.id, label="Paper", **_paper_attributes(paper))
    for concept in sorted(named):
        attributes = _concept_attributes(linking.concepts[concept], named[concept], n_mentions[concept])
        g.add_node(concept, label="Concept", **attributes)
    for (head, type_, tail), pieces in sorted(statements.items()):
        # A variant may be of a concept that the papers left do not name any more.
        if head in g and tail in g and schema.allowed(type_, _label(g, head), _label(g, tail)):
            g.add_edge(head, tail, key=type_, **_edge_attributes(pieces))
    return g


def _mentions_by_concept(paper: Paper, found: Extraction, linking: _Linking) -> dict[str, list[Mention]]:
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


def _role(paper: Paper, members: Sequence[Mention]) -> tuple[str, list[Evidence]]:
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


def _relations(paper: Paper, found: Extraction, linking: _Linking) -> Iterator[tuple[tuple[str, str, str], Evidence]]:
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
    return Evidence(paper.id, mention.field, start, end, text, round(confidence, _DIGITS), head, tail)


def _variants(
    paper: Paper, found: Extraction, linking: _Linking, variants: Iterable[_Variant]
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


def _join_symmetric(statements: Statements) -> None:
    """Make one edge of two that say the same of a pair: A compared with B, and B with A.

    The direction with more weight stays (ties: the smaller id first). The evidence of the other goes over to it, its
    spans exchanged, so that `head` and `tail` go on naming the edge's ends: that two were compared is said either way.
    """
    for key in sorted(k for k in statements if k[1] in schema.SYMMETRIC):
        other = (key[2], key[1], key[0])
        if key not in statements or other not in statements:
            continue
        keep, drop = sorted((key, other), key=lambda k: (-sum(_best_by_paper(statements[k]).values()), k))
        statements[keep].extend(
            Evidence(e.paper, e.field, e.start, e.end, e.sentence, e.confidence, e.tail, e.head or e.tail)
            for e in statements.pop(drop)
        )


def _best_by_paper(pieces: Iterable[Evidence]) -> dict[str, float]:
    best: dict[str, float] = {}
    for piece in sorted(pieces):
        best[piece.paper] = max(best.get(piece.paper, 0.0), piece.confidence)
    return best


def combine(confidences: Iterable[float]) -> float:
    """Return how sure a statement is that independent papers make with these confidences: 1 - prod(1 - c).

    Noisy-or: Pearl (1988), Probabilistic Reasoning in Intelligent Systems, 4.3. At most 0.999, four digits.
    """
    return min(_MOST, round(1.0 - prod(sorted(1.0 - c for c in confidences)), _DIGITS))


def _edge_attributes(pieces: Sequence[Evidence]) -> dict[str, Any]:
    # One sentence counts once: of several statements in it (a name and its abbreviation, say) the surest stays.
    by_sentence: dict[tuple[str, str, int, int], Evidence] = {}
    for piece in sorted(pieces):
        place = (piece.paper, piece.field, piece.start, piece.end)
        if place not in by_sentence or piece.confidence > by_sentence[place].confidence:
            by_sentence[place] = piece
    best = _best_by_paper(by_sentence.values())
    return {
        "confidence": combine(best.values()),
        "papers": len(best),
        "evidence": tuple(sorted(by_sentence.values())),
    }


def _paper_attributes(paper: Paper) -> dict[str, Any]:
    values = {name: getattr(paper, name, None) for name in _PAPER}
    values["year"] = int(paper.published[:4]) if paper.published[:4].isdecimal() else None
    return {name: value for name, value in values.items() if value not in (None, "", ())}


def _concept_attributes(concept: _Concept, named_in: Sequence[Paper], mentions: int) -> dict[str, Any]:
    if concept.kind not in schema.KINDS or schema.kind_of_id(concept.id) != concept.kind:
        raise SchemaError(
            f"concept {concept.id!r} is of kind {concept.kind!r}, expected one of {', '.join(schema.KINDS)}, "
            "the same as its id says"
        )
    dated = [p.published for p in named_in if p.published[:4].isdecimal()]
    values = {
        "id": concept.id,
        "name": concept.name,
        "kind": concept.kind,
        "aliases": tuple(form for form, _ in concept.aliases),
        "alias_counts": tuple(count for _, count in concept.aliases),
        "papers": len(named_in),
        "mentions": mentions,
        "first_seen": min(dated, default=""),
        "ambiguous": concept.ambiguous,
        "note": concept.note,
    }
    return {name: value for name, value in values.items() if name in _ALWAYS or value not in ("", ())}


def _label(g: nx.MultiDiGraph, node: str) -> str:
    data = g.nodes[node]
    return str(data["kind"] if data["label"] == "Concept" else data["label"])


def papers(g: nx.MultiDiGraph) -> list[str]:
    """Return the ids of the papers, sorted."""
    return sorted(n for n, label in g.nodes(data="label") if label == "Paper")


def concepts(g: nx.MultiDiGraph) -> list[str]:
    """Return the ids of the concepts, sorted."""
    return sorted(n for n, label in g.nodes(data="label") if label == "Concept")


def counts(g: nx.MultiDiGraph) -> dict[str, Any]:
    """Return how many papers, concepts of each kind and relations of each type there are; types without any are left out."""
    kinds = dict.fromkeys(schema.KINDS, 0)
    for concept in concepts(g):
        kinds[g.nodes[concept]["kind"]] += 1
    types = dict.fromkeys(schema.RELATIONS, 0)
    for _, _, type_ in g.edges(keys=True):
        types[type_] += 1
    return {"papers": len(papers(g)), "concepts": kinds, "relations": {t: n for t, n in types.items() if n}}


def node_properties(g: nx.MultiDiGraph, node: str) -> dict[str, Any]:
    """Return what stores and exports write on `node`: the schema's properties that it has, in order; lists as lists."""
    data = g.nodes[node]
    names = _PAPER if data["label"] == "Paper" else _CONCEPT
    return {n: list(data[n]) if n in _LISTS else data[n] for n in names if n in data}


def edge_properties(g: nx.MultiDiGraph, head: str, tail: str, type_: str) -> dict[str, Any]:
    """Return what stores and exports write on an edge: `schema.EDGE_PROPERTIES`, the evidence as parallel lists."""
    data = g.edges[head, tail, type_]
    pieces = data["evidence"]
    return {
        "confidence": data["confidence"],
        "papers": data["papers"],
        "paper_ids": [e.paper for e in pieces],
        "fields": [e.field for e in pieces],
        "starts": [e.start for e in pieces],
        "ends": [e.end for e in pieces],
        "sentences": [e.sentence for e in pieces],
        "confidences": [e.confidence for e in pieces],
    }


@_many_objects()
def to_json(g: nx.MultiDiGraph) -> dict[str, Any]:
    """Return the whole graph as JSON values, nodes by id and edges by head, tail and type; `from_json` reads it back."""
    return {"nodes": list(_node_rows(g)), "edges": list(_edge_rows(g))}


def _node_rows(g: nx.MultiDiGraph) -> Iterator[dict[str, Any]]:
    for node in sorted(g):
        data = g.nodes[node]
        yield {k: list(data[k]) if k in _LISTS else data[k] for k in sorted(data)}


def _edge_rows(g: nx.MultiDiGraph) -> Iterator[list[Any]]:
    for head, tail, type_ in sorted(g.edges(keys=True)):
        data = g.edges[head, tail, type_]
        yield [head, tail, type_, data["confidence"], data["papers"], [_row(e) for e in data["evidence"]]]


@_many_objects()
def from_json(data: Mapping[str, Any]) -> nx.MultiDiGraph:
    """Return the graph that `to_json` wrote. Raises SchemaError when it holds what the schema does not have."""
    g = nx.MultiDiGraph()
    for node in data["nodes"]:
        g.add_node(node["id"], **{k: tuple(v) if k in _LISTS else v for k, v in node.items()})
    for head, tail, type_, confidence, n_papers, rows in data["edges"]:
        pieces = tuple(_piece(row) for row in rows)
        g.add_edge(head, tail, key=type_, confidence=confidence, papers=n_papers, evidence=pieces)
    check(g)
    return g


def _row(e: Evidence) -> list[Any]:
    return [e.paper, e.field, e.start, e.end, e.sentence, e.confidence, list(e.head) if e.head else None, list(e.tail)]


def _piece(row: list[Any]) -> Evidence:
    paper, field, start, end, sentence, confidence, head, tail = row
    return Evidence(paper, field, start, end, sentence, confidence, tuple(head) if head else None, tuple(tail))


def fingerprint(g: nx.MultiDiGraph) -> str:
    """Return 64 hexadecimal digits that change when any node, edge or piece of evidence does, and only then.

    SHA-256 over the canonical JSON of nodes and edges, a line each, in the order of their ids.
    """
    digest = hashlib.sha256()
    encode = json.JSONEncoder(ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode
    for line in itertools.chain(_node_rows(g), _edge_rows(g)):
        digest.update(encode(line).encode("ascii"))
        digest.update(b"\n")
    return digest.hexdigest()


def check(g: nx.MultiDiGraph) -> None:
    """Raise SchemaError for the first node or edge that the schema does not have, or that lacks evidence."""
    known = {"Paper": {"label", *_PAPER}, "Concept": {"label", *_CONCEPT}}
    for node, data in g.nodes(data=True):
        if data.get("label") not in known:
            raise SchemaError(f"node {node!r} is not there, though an edge ends at it, or is neither Paper nor Concept")
        extra = data.keys() - known[data["label"]]
        if extra:
            raise SchemaError(f"node {node!r} has {sorted(extra)[0]!r}, which the schema does not have")
        if data["label"] == "Concept" and data.get("kind") not in schema.KINDS:
            raise SchemaError(f"concept {node!r} is of kind {data.get('kind')!r}, expected {', '.join(schema.KINDS)}")
    for head, tail, type_, data in g.edges(keys=True, data=True):
        if not schema.allowed(type_, _label(g, head), _label(g, tail)):
            raise SchemaError(f"the schema allows no edge {head!r} {type_} {tail!r}")
        if not data.get("evidence"):
            raise SchemaError(f"the edge {head!r} {type_} {tail!r} has no evidence")
