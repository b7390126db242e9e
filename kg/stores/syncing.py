"""Makes a Neo4j database equal to the graph by writing what differs, and nothing else.

What is kg's: nodes with the label Paper or Concept, an `id` and a `kg_hash`; relationships with a `kg_hash` of a type of the
schema; and one node `KgGraph`, which says what the database holds. All else is other people's and stays, also their nodes
with our labels and their relationships between our nodes; only what hangs on a node that goes must go with it. A database
holds one graph: a second library takes the place of the first.

`kg_hash` covers ends, labels and properties in 44 bits, so that differences are found from sums and lists of hashes that
the server collects, some hundred times less to read than the graph. It tells what kg wrote, not what others have done
to a property since: `verify` reads every row and compares it.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import networkx as nx

from kg import graph, schema
from kg.errors import StoreError
from kg.stores import Row
from kg.stores.bolt import HASH, Target, connect, errors
from kg.stores.rows import Node, Relationship, end_label, labels_of, nodes, relationships, row_hash

__all__ = ["sync"]

log = logging.getLogger(__name__)

Progress = Callable[[str, int, int], None]

_BATCH = 5_000  # rows a transaction: half as many are slower by an eighth, twice as many faster by a twentieth
_TIMEOUT_S = 600.0  # of one transaction
_LABELS = ("Paper", "Concept")
_CONSTRAINTS = (
    *(
        f"CREATE CONSTRAINT kg_{label.lower()}_id IF NOT EXISTS FOR (n:{label}) REQUIRE n.id IS UNIQUE"
        for label in _LABELS
    ),
    "CREATE FULLTEXT INDEX conceptNames IF NOT EXISTS FOR (n:Concept) ON EACH [n.name]",
)
_OURS = f"n.{HASH} IS NOT NULL AND n.id IS NOT NULL"
_TYPES = "|".join(schema.RELATIONS)
_KINDS = ":".join(schema.KINDS)

_MARK_WHOLE = (
    "MERGE (m:KgGraph {id: 'graph'}) "
    "SET m.fingerprint = $fingerprint, m.nodes = $nodes, m.relationships = $relationships"
)
_MARK_PARTIAL = "MATCH (m:KgGraph {id: 'graph'}) REMOVE m.fingerprint"


@dataclass(slots=True)
class _Plan:
    """What is to be done."""

    created_nodes: list[Node] = field(default_factory=list)
    updated_nodes: list[Node] = field(default_factory=list)
    deleted_nodes: list[tuple[str, str]] = field(default_factory=list)  # (label, id)
    created_edges: list[Relationship] = field(default_factory=list)
    updated_edges: list[tuple[_Stored, Relationship]] = field(default_factory=list)
    deleted_edges: list[tuple[str, _Stored]] = field(default_factory=list)  # (type, what is there)

    @property
    def counts(self) -> dict[str, int]:
        return {
            "created": len(self.created_nodes) + len(self.created_edges),
            "updated": len(self.updated_nodes) + len(self.updated_edges),
            "deleted": len(self.deleted_nodes) + len(self.deleted_edges),
        }


def sync(
    g: nx.MultiDiGraph,
    *,
    uri: str,
    password: str,
    username: str = "neo4j",
    database: str = "neo4j",
    dry_run: bool = False,
    verify: bool = False,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Make the database equal to `g`; return `{created, updated, deleted, unchanged, fingerprint}`.

    The counts are of nodes and relationships together. With `dry_run` they are what would be done, and nothing is written.
    With `verify` every row is read and compared; else only hashes are. `progress` is called with a stage, the rows done and
    their number. Interrupted at any moment, the next sync completes it.

    Raises AuthError and StoreError for the server, and StoreError when nodes of others carry ids of the graph.
    """
    target = Target(uri, username, database)
    want_nodes = nodes(g)
    want_edges: dict[str, list[Relationship]] = defaultdict(list)
    for edge in relationships(g):
        want_edges[edge.type].append(edge)
    fingerprint = graph.fingerprint(g)
    with (
        connect(target, password) as driver,
        errors(target, timeout_s=_TIMEOUT_S),
        driver.session(database=database) as session,
    ):
        server = _Server(session)
        if not dry_run:
            for statement in _CONSTRAINTS:
                server.write(statement)
        label_of = {node.id: end_label(node.labels) for node in want_nodes}
        plan = _plan(server, want_nodes, want_edges, verify=verify)
        _refuse_foreign(server, plan, target)
        done = plan.counts
        total = len(want_nodes) + sum(map(len, want_edges.values()))
        result = {**done, "unchanged": total - done["created"] - done["updated"], "fingerprint": fingerprint}
        if dry_run:
            return result
        if any(done.values()):
            server.write(_MARK_PARTIAL)
            _carry_out(server, plan, label_of, progress)
            _confirm(server, want_nodes, want_edges, target)
        n_edges = sum(map(len, want_edges.values()))
        mark = {"fingerprint": fingerprint, "nodes": len(want_nodes), "relationships": n_edges}
        if server.read(_READ_MARK) != [mark]:
            server.write(_MARK_WHOLE, mark)
        return result


_READ_MARK = (
    "MATCH (m:KgGraph {id: 'graph'}) "
    "RETURN m.fingerprint AS fingerprint, m.nodes AS nodes, m.relationships AS relationships"
)


class _Server:
    """One session: rows of a reading statement, and writing in a transaction that is tried again when it is safe to."""

    def __init__(self, session: Any) -> None:
        import neo4j

        self._session = session
        self._unit = neo4j.unit_of_work(timeout=_TIMEOUT_S)

    def read(self, statement: str, params: Row | None = None) -> list[Row]:
        rows: list[Row] = self._session.execute_read(self._unit(lambda tx: tx.run(statement, params or {}).data()))
        return rows

    def write(self, statement: str, params: Row | None = None) -> None:
        self._session.execute_write(self._unit(lambda tx: tx.run(statement, params or {}).consume()))


# -- what differs


def _plan(
    server: _Server, want_nodes: Sequence[Node], want_edges: Mapping[str, Sequence[Relationship]], *, verify: bool
) -> _Plan:
    plan = _Plan()
    there = _sums(server)
    for label in _LABELS:
        want = [node for node in want_nodes if end_label(node.labels) == label]
        if verify or there[label] != _sum(want):
            _plan_nodes(plan, label, want, _stored_nodes(server, label, verify=verify))
    for type_ in schema.RELATIONS:
        edges = want_edges.get(type_, ())
        if verify:
            _plan_edges(plan, type_, *_compare_rows(server, type_, edges))
        elif there[type_] != _sum(edges):
            _plan_edges(plan, type_, *_compare_hashes(server, type_, edges))
    return plan


def _sum(items: Sequence[Node | Relationship]) -> tuple[int, int]:
    return len(items), sum(item.hash for item in items)


def _sums(server: _Server) -> dict[str, tuple[int, int]]:
    """Return number and sum of the hashes of what is ours, by label and type."""
    rows: list[Row] = []
    for label in _LABELS:
        rows += server.read(
            f"MATCH (n:{label}) WHERE {_OURS} RETURN '{label}' AS what, count(n) AS n, sum(n.{HASH}) AS sum"
        )
    rows += server.read(
        f"MATCH ()-[r:{_TYPES}]->() WHERE r.{HASH} IS NOT NULL "
        f"RETURN type(r) AS what, count(r) AS n, sum(r.{HASH}) AS sum"
    )
    return dict.fromkeys((*_LABELS, *schema.RELATIONS), (0, 0)) | {row["what"]: (row["n"], row["sum"]) for row in rows}


def _stored_nodes(server: _Server, label: str, *, verify: bool) -> Iterator[tuple[str, int | None]]:
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


def _plan_nodes(plan: _Plan, label: str, want: Sequence[Node], stored: Iterable[tuple[str, int | None]]) -> None:
    there = dict(stored)
    for node in want:
        if node.id not in there:
            plan.created_nodes.append(node)
        elif there.pop(node.id) != node.hash:
            plan.updated_nodes.append(node)
    plan.deleted_nodes.extend((label, id_) for id_ in sorted(there))


@dataclass(frozen=True, slots=True)
class _Stored:
    """A relationship that is there: its id in the server, its hash, and the ids of its ends (None: not ours)."""

    element: str
    hash: int
    head: str | None
    tail: str | None


Difference = tuple[list[Relationship], list[_Stored]]  # what is missing, and what is there and should not be


def _compare_hashes(server: _Server, type_: str, want: Sequence[Relationship]) -> Difference:
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
            found.append(_Stored(row["e"], row["h"], row["a"], row["b"]))
    return missing, found


def _compare_rows(server: _Server, type_: str, want: Sequence[Relationship]) -> Difference:
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
            surplus.append(_Stored(row["e"], stored, row["a"], row["b"]))
    return list(missing.values()), surplus


def _plan_edges(plan: _Plan, type_: str, missing: Iterable[Relationship], surplus: Iterable[_Stored]) -> None:
    """What is missing and what is surplus between the same two nodes is one relationship that changed."""
    by_ends: dict[tuple[str | None, str | None], list[_Stored]] = defaultdict(list)
    for stored in surplus:
        by_ends[stored.head, stored.tail].append(stored)
    for edge in missing:
        if there := by_ends.get((edge.head, edge.tail)):
            plan.updated_edges.append((there.pop(0), edge))
        else:
            plan.created_edges.append(edge)
    for left in by_ends.values():
        plan.deleted_edges.extend((type_, stored) for stored in left)


def _refuse_foreign(server: _Server, plan: _Plan, target: Target) -> None:
    """Raise StoreError when a node to be created is there already and is not ours: it would be overwritten."""
    for label in _LABELS:
        ids = [node.id for node in plan.created_nodes if end_label(node.labels) == label]
        if not ids:
            continue
        found = server.read(
            f"MATCH (n:{label}) WHERE n.id IN $ids AND n.{HASH} IS NULL RETURN n.id AS id ORDER BY id LIMIT 1",
            {"ids": ids},
        )
        if found:
            raise StoreError(
                f"{target} has a {label} node with the id {found[0]['id']!r} that kg did not write, and that would be "
                "overwritten: remove it, or use another database"
            )


# -- writing


def _carry_out(server: _Server, plan: _Plan, label_of: Mapping[str, str], progress: Progress | None) -> None:
    steps = [*_deletions(plan), *_node_writes(plan), *_edge_writes(plan, label_of)]
    total, done = sum(len(rows) for _, rows in steps), 0
    for statement, rows in steps:
        for start in range(0, len(rows), _BATCH):
            batch = rows[start : start + _BATCH]
            server.write(statement, {"rows": batch})
            done += len(batch)
            if progress is not None:
                progress("sync", done, total)


Step = tuple[str, list[Row]]


def _deletions(plan: _Plan) -> Iterator[Step]:
    by_type: dict[str, list[Row]] = defaultdict(list)
    for type_, stored in plan.deleted_edges:
        by_type[type_].append({"e": stored.element, "h": stored.hash})
    for type_, rows in by_type.items():
        # The server gives the id of a deleted relationship to a new one, in time: the hash makes sure.
        yield f"UNWIND $rows AS x MATCH ()-[r:{type_}]->() WHERE elementId(r) = x.e AND r.{HASH} = x.h DELETE r", rows
    for label in _LABELS:
        gone: list[Row] = [{"id": id_} for where, id_ in plan.deleted_nodes if where == label]
        yield f"UNWIND $rows AS x MATCH (n:{label} {{id: x.id}}) WHERE n.{HASH} IS NOT NULL DETACH DELETE n", gone


def _node_writes(plan: _Plan) -> Iterator[Step]:
    for kind in (None, *schema.KINDS):
        labels = labels_of(kind)
        label, sets = labels[0], f"SET n:{kind}, n = x.p" if kind else "SET n = x.p"
        for found, verb in ((plan.created_nodes, "MERGE"), (plan.updated_nodes, "MATCH")):
            rows: list[Row] = [
                {"id": node.id, "p": node.properties | {HASH: node.hash}} for node in found if node.labels == labels
            ]
            # `n = x.p` also takes away the properties that a node has no more, and a changed kind its old label.
            yield f"UNWIND $rows AS x {verb} (n:{label} {{id: x.id}}) REMOVE n:{_KINDS} {sets}", rows


def _edge_writes(plan: _Plan, label_of: Mapping[str, str]) -> Iterator[Step]:
    created: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for edge in plan.created_edges:
        row = {"a": edge.head, "b": edge.tail, "h": edge.hash, "p": edge.properties | {HASH: edge.hash}}
        created[label_of[edge.head], edge.type, label_of[edge.tail]].append(row)
    for (head, type_, tail), rows in sorted(created.items()):
        # With the hash in the pattern, a relationship of somebody else's is never taken for ours, and a transaction that
        # is tried again after its answer was lost writes nothing twice.
        yield (
            f"UNWIND $rows AS x MATCH (a:{head} {{id: x.a}}) MATCH (b:{tail} {{id: x.b}}) "
            f"MERGE (a)-[r:{type_} {{{HASH}: x.h}}]->(b) SET r = x.p",
            rows,
        )
    updated: dict[str, list[Row]] = defaultdict(list)
    for stored, edge in plan.updated_edges:
        row = {"e": stored.element, "h": stored.hash, "p": edge.properties | {HASH: edge.hash}}
        updated[edge.type].append(row)
    for type_, rows in sorted(updated.items()):
        yield (
            f"UNWIND $rows AS x MATCH ()-[r:{type_}]->() WHERE elementId(r) = x.e AND r.{HASH} = x.h SET r = x.p",
            rows,
        )


def _confirm(
    server: _Server, want_nodes: Sequence[Node], want_edges: Mapping[str, Sequence[Relationship]], target: Target
) -> None:
    """Raise StoreError unless the database now holds what was wanted: somebody else may have written meanwhile."""
    there = _sums(server)
    for what in (*_LABELS, *schema.RELATIONS):
        if what in _LABELS:
            count, total = _sum([node for node in want_nodes if end_label(node.labels) == what])
        else:
            count, total = _sum(want_edges.get(what, ()))
        found, found_total = there[what]
        # Past half a million items the server's sum is no whole number any more; the count still is.
        if found != count or (isinstance(found_total, int) and found_total != total):
            raise StoreError(
                f"{target} changed while it was written ({what}: {found}, expected {count}): run kg sync again"
            )
