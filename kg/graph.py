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
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import prod
from typing import Any

import networkx as nx

from kg import schema, statements
from kg.errors import SchemaError
from kg.records import Evidence, Extraction, Paper

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

_MOST = 0.999  # no number of sentences makes an edge certain
_LISTS = frozenset(p.name for p in (*schema.PAPER_PROPERTIES, *schema.CONCEPT_PROPERTIES) if p.type.startswith("list"))
_PAPER = tuple(p.name for p in schema.PAPER_PROPERTIES)
_CONCEPT = tuple(p.name for p in schema.CONCEPT_PROPERTIES)
_ALWAYS = frozenset({"aliases", "alias_counts", "ambiguous"})  # a concept has them even when they are empty


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
def assemble(
    papers: Iterable[Paper], extractions: Mapping[str, Extraction], linking: statements.LinkingLike
) -> nx.MultiDiGraph:
    """Return the graph of `papers`, of what was extracted from each (by text hash), and of the concepts they name.

    A concept that no paper names is left out, so every concept has an edge and every edge has evidence. Relations whose
    ends became one concept, or whose ends the schema does not allow after linking, are left out too.

    Raises SchemaError for a relation, a kind or a role that the schema does not have, and for offsets outside the text.
    """
    ordered = sorted(papers, key=lambda p: p.id)
    stated: statements.Statements = defaultdict(list)
    named: dict[str, list[Paper]] = defaultdict(list)
    n_mentions: Counter[str] = Counter()
    variants: dict[str, list[statements.VariantLike]] = defaultdict(list)
    for variant in sorted(linking.variants, key=lambda v: (v.head, v.tail, v.paper, v.mention)):
        variants[variant.paper].append(variant)
    for paper in ordered:
        found = extractions.get(paper.text_hash)
        if found is None:
            continue
        in_paper = statements.mentions_by_concept(paper, found, linking)
        for concept, members in in_paper.items():
            named[concept].append(paper)
            n_mentions[concept] += len(members)
            role, evidence = statements.role(paper, members)
            stated[paper.id, schema.RELATION_OF_ROLE[role], concept].extend(evidence)
        for key, piece in statements.relations(paper, found, linking):
            stated[key].append(piece)
        for key, piece in statements.variants(paper, found, linking, variants.get(paper.id, ())):
            stated[key].append(piece)
    statements.join_symmetric(stated)

    g = nx.MultiDiGraph()
    for paper in ordered:
        g.add_node(paper.id, label="Paper", **_paper_attributes(paper))
    for concept in sorted(named):
        attributes = _concept_attributes(linking.concepts[concept], named[concept], n_mentions[concept])
        g.add_node(concept, label="Concept", **attributes)
    for (head, type_, tail), pieces in sorted(stated.items()):
        # A variant may be of a concept that the papers left do not name any more.
        if head in g and tail in g and schema.allowed(type_, _label(g, head), _label(g, tail)):
            g.add_edge(head, tail, key=type_, **_edge_attributes(pieces))
    return g


def combine(confidences: Iterable[float]) -> float:
    """Return how sure a statement is that independent papers make with these confidences: 1 - prod(1 - c).

    Noisy-or: Pearl (1988), Probabilistic Reasoning in Intelligent Systems, 4.3. At most 0.999, four digits.
    """
    return min(_MOST, round(1.0 - prod(sorted(1.0 - c for c in confidences)), statements.DIGITS))


def _edge_attributes(pieces: Sequence[Evidence]) -> dict[str, Any]:
    # One sentence counts once: of several statements in it (a name and its abbreviation, say) the surest stays.
    by_sentence: dict[tuple[str, str, int, int], Evidence] = {}
    for piece in sorted(pieces):
        place = (piece.paper, piece.field, piece.start, piece.end)
        if place not in by_sentence or piece.confidence > by_sentence[place].confidence:
            by_sentence[place] = piece
    best = statements.best_by_paper(by_sentence.values())
    return {
        "confidence": combine(best.values()),
        "papers": len(best),
        "evidence": tuple(sorted(by_sentence.values())),
    }


def _paper_attributes(paper: Paper) -> dict[str, Any]:
    values = {name: getattr(paper, name, None) for name in _PAPER}
    values["year"] = int(paper.published[:4]) if paper.published[:4].isdecimal() else None
    return {name: value for name, value in values.items() if value not in (None, "", ())}


def _concept_attributes(concept: statements.ConceptLike, named_in: Sequence[Paper], mentions: int) -> dict[str, Any]:
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
