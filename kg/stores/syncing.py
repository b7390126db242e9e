"""Makes a Neo4j database equal to the graph by writing what differs, and nothing else.

What is kg's: nodes with the label Paper or Concept, an `id` and a `kg_hash`; relationships with a `kg_hash` of a type of the
schema; and one node `KgGraph`, which says what the database holds. All else is other people's and stays, also their nodes
with our labels and their relationships between our nodes; only what hangs on a node that goes must go with it. A database
holds one graph: a second library takes the place of the first.

What differs is found from the hashes (see `comparing`), which tell what kg wrote, not what others have done to a property
since: `verify` reads every row and compares it.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import networkx as nx

from kg import graph, schema
from kg.errors import StoreError
from kg.stores import Row
from kg.stores.bolt import HASH, Server, Target, connect, errors
from kg.stores.comparing import LABELS, Plan, compare, sum_of, sums
from kg.stores.rows import Node, Relationship, end_label, labels_of, nodes, relationships

__all__ = ["sync"]

log = logging.getLogger(__name__)

Progress = Callable[[str, int, int], None]

_BATCH = 5_000  # rows a transaction: with 1,000 it is slower by an eighth, with 10,000 faster by a fifteenth
_TIMEOUT_S = 600.0  # of one transaction
_CONSTRAINTS = tuple(
    f"CREATE CONSTRAINT kg_{label.lower()}_id IF NOT EXISTS FOR (n:{label}) REQUIRE n.id IS UNIQUE" for label in LABELS
)
_KINDS = ":".join(schema.KINDS)

_MARK_WHOLE = (
    "MERGE (m:KgGraph {id: 'graph'}) "
    "SET m.fingerprint = $fingerprint, m.nodes = $nodes, m.relationships = $relationships"
)
_MARK_PARTIAL = "MATCH (m:KgGraph {id: 'graph'}) REMOVE m.fingerprint"


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
    fingerprint: str | None = None,
) -> dict[str, Any]:
    """Make the database equal to `g`; return `{created, updated, deleted, unchanged, fingerprint}`.

    The counts are of nodes and relationships together. With `dry_run` they are what would be done, and nothing is written.
    With `verify` every row is read and compared; else only hashes are. `progress` is called with a stage, the rows done and
    their number. `fingerprint` is that of `g`, where the caller knows it. Interrupted at any moment, the next sync completes it.

    Raises AuthError and StoreError for the server, and StoreError when nodes of others carry ids of the graph.
    """
    target = Target(uri, username, database)
    want_nodes = nodes(g)
    want_edges: dict[str, list[Relationship]] = defaultdict(list)
    for edge in relationships(g):
        want_edges[edge.type].append(edge)
    fingerprint = fingerprint or graph.fingerprint(g)
    with (
        connect(target, password) as driver,
        errors(target, timeout_s=_TIMEOUT_S),
        driver.session(database=database) as session,
    ):
        server = Server(session, timeout_s=_TIMEOUT_S)
        if not dry_run:
            for statement in _CONSTRAINTS:
                server.write(statement)
        label_of = {node.id: end_label(node.labels) for node in want_nodes}
        plan = compare(server, want_nodes, want_edges, verify=verify)
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


def _refuse_foreign(server: Server, plan: Plan, target: Target) -> None:
    """Raise StoreError when a node to be created is there already and is not ours: it would be overwritten."""
    for label in LABELS:
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


def _carry_out(server: Server, plan: Plan, label_of: Mapping[str, str], progress: Progress | None) -> None:
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


def _deletions(plan: Plan) -> Iterator[Step]:
    by_type: dict[str, list[Row]] = defaultdict(list)
    for type_, stored in plan.deleted_edges:
        by_type[type_].append({"e": stored.element, "h": stored.hash})
    for type_, rows in by_type.items():
        # The server gives the id of a deleted relationship to a new one, in time: the hash makes sure.
        yield f"UNWIND $rows AS x MATCH ()-[r:{type_}]->() WHERE elementId(r) = x.e AND r.{HASH} = x.h DELETE r", rows
    for label in LABELS:
        gone: list[Row] = [{"id": id_} for where, id_ in plan.deleted_nodes if where == label]
        yield f"UNWIND $rows AS x MATCH (n:{label} {{id: x.id}}) WHERE n.{HASH} IS NOT NULL DETACH DELETE n", gone


def _node_writes(plan: Plan) -> Iterator[Step]:
    for kind in (None, *schema.KINDS):
        labels = labels_of(kind)
        label, sets = labels[0], f"SET n:{kind}, n = x.p" if kind else "SET n = x.p"
        for found, verb in ((plan.created_nodes, "MERGE"), (plan.updated_nodes, "MATCH")):
            rows: list[Row] = [
                {"id": node.id, "p": node.properties | {HASH: node.hash}} for node in found if node.labels == labels
            ]
            # `n = x.p` also takes away the properties that a node has no more, and a changed kind its old label.
            yield f"UNWIND $rows AS x {verb} (n:{label} {{id: x.id}}) REMOVE n:{_KINDS} {sets}", rows


def _edge_writes(plan: Plan, label_of: Mapping[str, str]) -> Iterator[Step]:
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
    server: Server, want_nodes: Sequence[Node], want_edges: Mapping[str, Sequence[Relationship]], target: Target
) -> None:
    """Raise StoreError unless the database now holds what was wanted: somebody else may have written meanwhile."""
    there = sums(server)
    for what in (*LABELS, *schema.RELATIONS):
        if what in LABELS:
            count, total = sum_of([node for node in want_nodes if end_label(node.labels) == what])
        else:
            count, total = sum_of(want_edges.get(what, ()))
        found, found_total = there[what]
        # Past half a million items the server's sum is no whole number any more; the count still is.
        if found != count or (isinstance(found_total, int) and found_total != total):
            raise StoreError(
                f"{target} changed while it was written ({what}: {found}, expected {count}): run kg sync again"
            )
