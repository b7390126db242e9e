"""What of the graph a Neo4j database lacks, has otherwise or has too much of, found with as few rows as can be.

`kg_hash` covers ends, labels and properties in 44 bits. First the sums of all hashes are compared, by label and type; where
one differs, the hashes come as one list; only of what is surplus are the ends asked for. `verify` reads every row instead.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from kg import schema
from kg.stores import Row
from kg.stores.bolt import HASH, Server
from kg.stores.rows import Node, Relationship, end_label, labels_of, row_hash

__all__ = ["LABELS", "Plan", "Stored", "compare", "sum_of", "sums"]

LABELS = ("Paper", "Concept")
_OURS = f"n.{HASH} IS NOT NULL AND n.id IS NOT NULL"
_TYPES = "|".join(schema.RELATIONS)


@dataclass(frozen=True, slots=True)
class Stored:
    """A relationship that is there: its id in the server, its hash, and the ids of its ends (None: not ours)."""

    element: str
    hash: int
    head: str | None
    tail: str | None


@dataclass(slots=True)
class Plan:
    """What is to be done."""

    created_nodes: list[Node] = field(default_factory=list)
    updated_nodes: list[Node] = field(default_factory=list)
    deleted_nodes: list[tuple[str, str]] = field(default_factory=list)  # (label, id)
    created_edges: list[Relationship] = field(default_factory=list)
    updated_edges: list[tuple[Stored, Relationship]] = field(default_factory=list)
    deleted_edges: list[tuple[str, Stored]] = field(default_factory=list)  # (type, what is there)

    @property
    def counts(self) -> dict[str, int]:
        return {
            "created": len(self.created_nodes) + len(self.created_edges),
            "updated": len(self.updated_nodes) + len(self.updated_edges),
            "deleted": len(self.deleted_nodes) + len(self.deleted_edges),
        }


def compare(
    server: Server, want_nodes: Sequence[Node], want_edges: Mapping[str, Sequence[Relationship]], *, verify: bool
) -> Plan:
    """Return what has to be done to make the database hold `want_nodes` and, by type, `want_edges`."""
    plan = Plan()
    there = sums(server)
    for label in LABELS:
        want = [node for node in want_nodes if end_label(node.labels) == label]
        if verify or there[label] != sum_of(want):
            _plan_nodes(plan, label, want, _stored_nodes(server, label, verify=verify))
    for type_ in schema.RELATIONS:
        edges = want_edges.get(type_, ())
        if verify:
            _plan_edges(plan, type_, *_compare_rows(server, type_, edges))
        elif there[type_] != sum_of(edges):
            _plan_edges(plan, type_, *_compare_hashes(server, type_, edges))
    return plan


def sum_of(items: Sequence[Node | Relationship]) -> tuple[int, int]:
    """Return number and sum of the hashes of `items`, as `sums` has them."""
    return len(items), sum(item.hash for item in items)


def sums(server: Server) -> dict[str, tuple[int, int]]:
    """Return number and sum of the hashes of what is ours, by label and type."""
    rows: list[Row] = []
    for label in LABELS:
        rows += server.read(
            f"MATCH (n:{label}) WHERE {_OURS} RETURN '{label}' AS what, count(n) AS n, sum(n.{HASH}) AS sum"
        )
    rows += server.read(
        f"MATCH ()-[r:{_TYPES}]->() WHERE r.{HASH} IS NOT NULL "
        f"RETURN type(r) AS what, count(r) AS n, sum(r.{HASH}) AS sum"
    )
    return dict.fromkeys((*LABELS, *schema.RELATIONS), (0, 0)) | {row["what"]: (row["n"], row["sum"]) for row in rows}


def _stored_nodes(server: Server, label: str, *, verify: bool) -> Iterator[tuple[str, int | None]]:
    """Yield id and hash of each node of ours; with `verify`, the hash of what is there now (None: no valid node)."""
    if not verify:
        pairs = server.read(f"MATCH (n:{label}) WHERE {_OURS} RETURN collect([n.id, n.{HASH}]) AS pairs")[0]["pairs"]
        yield from ((id_, hash_) for id_, hash_ in pairs)
        return
    for row in server.read(
        f"MATCH (n:{label}) WHERE {_OURS} RETURN n.id AS id, labels(n) AS labels, properties(n) AS p"
    ):
        yield row["id"], _node_hash(row)


def _node_hash(row: Row) -> int | None:
    stored = row["p"].pop(HASH)
    kinds = [kind for kind in schema.KINDS if kind in row["labels"]]
    if len(kinds) > 1:
        return None
    labels = labels_of(kinds[0] if kinds else None)
    return stored if row_hash(row["id"], labels, row["p"]) == stored else None


def _plan_nodes(plan: Plan, label: str, want: Sequence[Node], stored: Iterable[tuple[str, int | None]]) -> None:
    there = dict(stored)
    for node in want:
        if node.id not in there:
            plan.created_nodes.append(node)
        elif there.pop(node.id) != node.hash:
            plan.updated_nodes.append(node)
    plan.deleted_nodes.extend((label, id_) for id_ in sorted(there))


Difference = tuple[list[Relationship], list[Stored]]  # what is missing, and what is there and should not be


def _compare_hashes(server: Server, type_: str, want: Sequence[Relationship]) -> Difference:
    """Compare by the hashes alone, which come as one list: rows cost time, not data."""
    listed = server.read(f"MATCH ()-[r:{type_}]->() WHERE r.{HASH} IS NOT NULL RETURN collect(r.{HASH}) AS hashes")
    there: Counter[int] = Counter(listed[0]["hashes"])
    missing = []
    for edge in want:
        if there[edge.hash] > 0:
            there[edge.hash] -= 1
        else:
            missing.append(edge)
    surplus = +there
    if not surplus:
        return missing, []
    rows = server.read(
        f"MATCH (a)-[r:{type_}]->(b) WHERE r.{HASH} IN $hashes "
        f"RETURN elementId(r) AS e, r.{HASH} AS h, a.id AS a, b.id AS b ORDER BY e",
        {"hashes": list(surplus)},
    )
    found = []
    for row in rows:
        if surplus[row["h"]] > 0:
            surplus[row["h"]] -= 1
            found.append(Stored(row["e"], row["h"], row["a"], row["b"]))
    return missing, found


def _compare_rows(server: Server, type_: str, want: Sequence[Relationship]) -> Difference:
    """Compare every row with the graph, property by property."""
    rows = server.read(
        f"MATCH (a)-[r:{type_}]->(b) WHERE r.{HASH} IS NOT NULL "
        "RETURN elementId(r) AS e, a.id AS a, b.id AS b, properties(r) AS p ORDER BY e"
    )
    missing = {(edge.head, edge.tail): edge for edge in want}
    surplus = []
    for row in rows:
        stored = row["p"].pop(HASH)
        edge = missing.get((row["a"], row["b"]))
        if edge is not None and edge.hash == stored and edge.properties == row["p"]:
            del missing[edge.head, edge.tail]
        else:
            surplus.append(Stored(row["e"], stored, row["a"], row["b"]))
    return list(missing.values()), surplus


def _plan_edges(plan: Plan, type_: str, missing: Iterable[Relationship], surplus: Iterable[Stored]) -> None:
    """What is missing and what is surplus between the same two nodes is one relationship that changed."""
    by_ends: dict[tuple[str | None, str | None], list[Stored]] = defaultdict(list)
    for stored in surplus:
        by_ends[stored.head, stored.tail].append(stored)
    for edge in missing:
        if there := by_ends.get((edge.head, edge.tail)):
            plan.updated_edges.append((there.pop(0), edge))
        else:
            plan.created_edges.append(edge)
    for left in by_ends.values():
        plan.deleted_edges.extend((type_, stored) for stored in left)
