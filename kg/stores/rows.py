"""The graph as rows that a database takes: labels, ids, properties and a hash of each, in one fixed order.

Everything is made of the schema, and no text of a paper ever becomes a part of a statement: labels and types are those
of `schema`, all else goes over as parameters.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import networkx as nx

from kg import graph, schema
from kg.errors import StoreError

__all__ = ["Node", "Relationship", "clean", "end_label", "labels_of", "nodes", "relationships", "row_hash"]

# A sum of 2**19 hashes of 44 bits still fits the 64-bit integers of Cypher, whose sum() turns into a float past that.
_HASH_DIGITS = 11
_encode = json.JSONEncoder(ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Node:
    """`hash` changes with the id, the labels and the properties; 44 bits."""

    id: str
    labels: tuple[str, ...]
    properties: dict[str, Any]
    hash: int


@dataclass(frozen=True, slots=True)
class Relationship:
    """One edge. `key` is (id of the start, type, id of the end); `hash` changes with it and with the properties; 44 bits."""

    head: str
    type: str
    tail: str
    properties: dict[str, Any]
    hash: int

    @property
    def key(self) -> tuple[str, str, str]:
        return (self.head, self.type, self.tail)


def labels_of(kind: str | None) -> tuple[str, ...]:
    """Return the labels of a concept of `kind`, or those of a paper for None."""
    return ("Concept", kind) if kind else ("Paper",)


def end_label(labels: Iterable[str]) -> str:
    """Return the label under which the ids of a relation's ends are unique: Paper or Concept."""
    return "Paper" if tuple(labels) == ("Paper",) else "Concept"


def clean(value: Any) -> Any:
    """Return `value` with every lone surrogate replaced: they are no characters, and no database encodes them."""
    if isinstance(value, str):
        if value.isascii():
            return value
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if _has_surrogate(value) else value
    if isinstance(value, list | tuple):
        return [clean(item) for item in value]
    if isinstance(value, dict):
        return {str(clean(key)): clean(item) for key, item in value.items()}
    return value


def _has_surrogate(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


def row_hash(*parts: Any) -> int:
    """Return 44 bits of the SHA-256 of the canonical JSON of `parts`."""
    return int(hashlib.sha256(_encode(parts).encode("ascii")).hexdigest()[:_HASH_DIGITS], 16)


def nodes(g: nx.MultiDiGraph) -> list[Node]:
    """Return all nodes, sorted by id. Raises StoreError for a kind that the schema does not have."""
    return [_node(g, node) for node in sorted(g.nodes)]


def _node(g: nx.MultiDiGraph, node: str) -> Node:
    kind = g.nodes[node].get("kind") if g.nodes[node]["label"] == "Concept" else None
    if kind is not None and kind not in schema.KINDS:
        raise StoreError(f"concept {node!r} is of kind {kind!r}, expected one of {', '.join(schema.KINDS)}")
    labels = labels_of(kind)
    id_ = clean(node)
    properties = {**_storable(graph.node_properties(g, node)), "id": id_}
    return Node(id_, labels, properties, row_hash(id_, labels, properties))


def relationships(g: nx.MultiDiGraph) -> Iterator[Relationship]:
    """Yield all edges, sorted by start, type and end. Raises StoreError for a type that the schema does not have."""
    for head, tail, type_ in sorted(g.edges(keys=True), key=lambda e: (e[0], e[2], e[1])):
        if type_ not in schema.RELATIONS:
            raise StoreError(f"the edge {head!r} {type_} {tail!r} is of a type that the schema does not have")
        properties = _storable(graph.edge_properties(g, head, tail, type_))
        start, end = clean(head), clean(tail)
        yield Relationship(start, type_, end, properties, row_hash(start, type_, end, properties))


def _storable(properties: dict[str, Any]) -> dict[str, Any]:
    # A database drops nulls, and no JSON carries NaN: left out here, both read back as they were written.
    return {
        k: clean(v) for k, v in properties.items() if v is not None and not (isinstance(v, float) and math.isnan(v))
    }
