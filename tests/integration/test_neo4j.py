"""Sync and queries on a real Neo4j Community server."""

from __future__ import annotations

import json

import networkx as nx
import pytest
from tiny import make, mamba_notes
from worlds import HOSTILE, world

from kg import graph, querying
from kg.errors import AuthError, QueryError, StoreError
from kg.stores import rows, syncing
from kg.stores.embedded import EmbeddedStore
from kg.stores.neo4j import Neo4jStore, sync

pytestmark = pytest.mark.neo4j


@pytest.fixture(scope="module")
def g():
    return world()


@pytest.fixture
def store(neo4j_login):
    with Neo4jStore(**neo4j_login.options) as opened:
        yield opened


def size(g):
    return g.number_of_nodes() + g.number_of_edges()


def expected(g):
    counts = graph.counts(g)
    concepts = {k: n for k, n in counts["concepts"].items() if n}
    return {
        "Paper": counts["papers"],
        "Concept": sum(concepts.values()),
        **concepts,
        **counts["relations"],
        "KgGraph": 1,
    }


def content(database):
    """Everything that kg wrote, as it stands in the database."""
    return (
        database.ask("MATCH (n) WHERE n.kg_hash IS NOT NULL RETURN labels(n) AS l, properties(n) AS p ORDER BY n.id"),
        database.ask(
            "MATCH (a)-[r]->(b) WHERE r.kg_hash IS NOT NULL "
            "RETURN a.id AS a, type(r) AS t, b.id AS b, properties(r) AS p ORDER BY a, t, b, r.kg_hash"
        ),
    )


def wanted(g):
    return (
        [{"l": list(n.labels), "p": n.properties | {"kg_hash": n.hash}} for n in rows.nodes(g)],
        [
            {"a": e.head, "t": e.type, "b": e.tail, "p": e.properties | {"kg_hash": e.hash}}
            for e in rows.relationships(g)
        ],
    )


def holds(database, g):
    nodes, edges = content(database)
    for node in nodes:
        node["l"].sort(key=lambda label: (label not in ("Paper", "Concept"), label))
    return (nodes, edges) == wanted(g)


# -- sync


def test_sync_makes_the_database_equal_to_the_graph_and_a_second_one_changes_nothing(database, neo4j_login, g):
    first = sync(g, **neo4j_login.options)
    assert first == {
        "created": size(g),
        "updated": 0,
        "deleted": 0,
        "unchanged": 0,
        "fingerprint": graph.fingerprint(g),
    }
    assert database.counts() == expected(g)
    assert holds(database, g)
    second = sync(g, **neo4j_login.options)
    assert second == first | {"created": 0, "unchanged": size(g)}
    assert sync(g, **neo4j_login.options, verify=True) == second
    assert holds(database, g)


def test_hostile_texts_are_stored_as_they_are(database, neo4j_login, g, store):
    sync(g, **neo4j_login.options)
    for text in HOSTILE:
        assert len(store.query("MATCH (c:Concept {name: $name}) RETURN c.id AS id", {"name": text})) == 1
    assert database.counts() == expected(g)


def test_only_what_changed_is_written(database, neo4j_login):
    notes = mamba_notes()
    sync(make(notes), **neo4j_login.options)
    before = {row["id"]: row["e"] for row in database.ask("MATCH (n) RETURN n.id AS id, elementId(n) AS e")}
    smaller = make(notes[:2])
    plan = sync(smaller, **neo4j_login.options, dry_run=True)
    assert holds(database, make(notes))
    done = sync(smaller, **neo4j_login.options)
    assert done == plan
    assert holds(database, smaller)
    assert done["deleted"] > 0 and done["updated"] > 0 and done["created"] == 0
    assert done["unchanged"] == size(smaller) - done["updated"]
    left = {row["id"]: row["e"] for row in database.ask("MATCH (n) RETURN n.id AS id, elementId(n) AS e")}
    assert left.items() <= before.items()
    back = sync(make(notes), **neo4j_login.options)
    assert (back["created"], back["updated"]) == (done["deleted"], done["updated"])
    assert holds(database, make(notes))


def test_a_property_that_is_gone_from_the_graph_goes_from_the_database(database, neo4j_login):
    g = make(mamba_notes())
    sync(g, **neo4j_login.options)
    changed = g.copy()
    del changed.nodes["title:a"]["url"]
    changed.edges["method/mamba", "method/state-space-model", "SUBCLASS_OF"]["confidence"] = 0.5
    done = sync(changed, **neo4j_login.options)
    assert (done["created"], done["updated"], done["deleted"]) == (0, 2, 0)
    assert holds(database, changed)
    assert database.ask("MATCH (p:Paper {id: 'title:a'}) RETURN p.url AS url") == [{"url": None}]


def test_dry_run_counts_and_writes_nothing_at_all(database, neo4j_login, g):
    plan = sync(g, **neo4j_login.options, dry_run=True)
    assert plan["created"] == size(g)
    assert database.counts() == {}
    assert database.ask("SHOW CONSTRAINTS YIELD name") == []


def test_an_emptied_library_takes_out_what_was_ours(database, neo4j_login, g):
    sync(g, **neo4j_login.options)
    done = sync(nx.MultiDiGraph(), **neo4j_login.options)
    assert done["deleted"] == size(g)
    assert database.counts() == {"KgGraph": 1}


def test_what_belongs_to_others_stays(database, neo4j_login):
    g = make(mamba_notes())
    sync(g, **neo4j_login.options)
    database.ask(
        "MATCH (m:Concept {id: 'method/mamba'}) MATCH (s:Concept {id: 'method/state-space-model'}) "
        "CREATE (:Stranger {name: 'x'})-[:LIKES]->(m) "
        "CREATE (:Concept {name: 'not of kg'})-[:USED_FOR {mine: true}]->(:Paper {title: 'nor this'}) "
        "CREATE (m)-[:SUBCLASS_OF {mine: true}]->(s) SET m:Favourite"
    )
    assert sync(g, **neo4j_login.options)["unchanged"] == size(g)
    smaller = make(mamba_notes()[1:])
    sync(smaller, **neo4j_login.options)
    sync(g, **neo4j_login.options, verify=True)
    assert database.ask("MATCH (:Stranger)-[:LIKES]->(m {id: 'method/mamba'}) RETURN count(*) AS n") == [{"n": 1}]
    assert database.ask("MATCH (:Concept {name: 'not of kg'})-[:USED_FOR]->(p:Paper) RETURN p.title AS t") == [
        {"t": "nor this"}
    ]
    assert database.ask("MATCH (:Favourite)-[r:SUBCLASS_OF]->() RETURN r.mine AS mine ORDER BY mine") == [
        {"mine": True},
        {"mine": None},
    ]


def test_a_node_of_others_with_an_id_of_the_graph_is_not_overwritten(database, neo4j_login):
    database.ask("CREATE (:Concept {id: 'method/mamba', mine: true})")
    with pytest.raises(StoreError, match="'method/mamba' that kg did not write"):
        sync(make(mamba_notes()), **neo4j_login.options)
    assert database.counts() == {"Concept": 1}


def test_verify_mends_what_others_changed_behind_the_hash(database, neo4j_login):
    g = make(mamba_notes())
    sync(g, **neo4j_login.options)
    database.ask("MATCH (c:Concept {id: 'method/mamba'}) SET c.name = 'Snake', c.extra = 1")
    database.ask("MATCH (c:Concept {id: 'task/translation'}) REMOVE c:Task SET c:Method")
    database.ask("MATCH (:Paper {id: 'title:b'})-[r]->() SET r.sentences = ['nothing']")
    changed = database.ask("MATCH (:Paper {id: 'title:b'})-[r]->() RETURN count(r) AS n")[0]["n"]
    assert sync(g, **neo4j_login.options)["updated"] == 0
    assert sync(g, **neo4j_login.options, verify=True)["updated"] == 2 + changed
    assert holds(database, g)


def test_relationships_written_twice_become_one_again(database, neo4j_login):
    g = make(mamba_notes())
    sync(g, **neo4j_login.options)
    database.ask("MATCH (a)-[r:SUBCLASS_OF]->(b) CREATE (a)-[c:SUBCLASS_OF]->(b) SET c = properties(r)")
    done = sync(g, **neo4j_login.options)
    assert (done["created"], done["updated"], done["deleted"]) == (0, 0, 1)
    assert holds(database, g)


@pytest.mark.parametrize("after", [0, 1, 3, 7])
def test_an_interrupted_sync_is_completed_by_the_next(database, neo4j_login, g, monkeypatch, store, after):
    smaller = world(seed=2, papers=12, concepts=12)
    sync(smaller, **neo4j_login.options)
    written = 0
    real = syncing.Server.write

    def write(self, statement, params=None):
        nonlocal written
        if params and "rows" in params:
            if written == after:
                raise KeyboardInterrupt
            written += 1
        real(self, statement, params)

    with monkeypatch.context() as patch:
        patch.setattr(syncing, "_BATCH", 20)
        patch.setattr(syncing.Server, "write", write)
        with pytest.raises(KeyboardInterrupt):
            sync(g, **neo4j_login.options)
    assert store.fingerprint() is None
    sync(g, **neo4j_login.options)
    assert holds(database, g)
    assert store.fingerprint() == graph.fingerprint(g)


def test_progress_ends_with_all_rows(database, neo4j_login, g, monkeypatch):
    monkeypatch.setattr(syncing, "_BATCH", 50)
    seen = []
    sync(g, **neo4j_login.options, progress=lambda *step: seen.append(step))
    assert seen[-1] == ("sync", size(g), size(g))
    assert [done for _, done, _ in seen] == sorted(done for _, done, _ in seen)


# -- reading


def same(a, b):
    if isinstance(a, float) and isinstance(b, float):
        return a == pytest.approx(b, abs=1e-9)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    return (type(a), a) == (type(b), b)


GIVEN = {
    "concept": "method/c3",
    "from": "method/c3",
    "to": "task/c20",
    "first": "method/c3",
    "second": "method/c6",
    "task": "task/c2",
    "since": "2020",
    "paper": "title:0001",
}


def test_every_query_gives_the_same_rows_as_the_embedded_store(database, neo4j_login, store, g, tmp_path):
    sync(g, **neo4j_login.options)
    with EmbeddedStore(tmp_path / "kg.db.graph") as embedded:
        embedded.ensure(g, "g")
        for query in querying.library():
            params = {p.name: GIVEN[p.name] for p in query.parameters if p.required}
            there, here = querying.run(store, query, params), querying.run(embedded, query, params)
            assert there and same(there, here), query.name


def test_nodes_relationships_and_paths_are_the_same_json_as_in_the_embedded_store(
    database, neo4j_login, store, tmp_path
):
    g = make(mamba_notes())
    sync(g, **neo4j_login.options)
    statement = (
        "MATCH path = (m:Method {id: 'method/mamba'})-[r:USED_FOR]->(t)<-[:USED_FOR]-(s {id: 'method/state-space-model'}) "
        "RETURN m, r, path, [t] AS listed, {inside: s} AS mapped, date('2024-02-01') AS day, 0.0 / 0.0 AS nan"
    )
    with EmbeddedStore(tmp_path / "kg.db.graph") as embedded:
        embedded.ensure(g, "g")
        there, here = store.query(statement), embedded.query(statement)
    assert there == here
    json.dumps(there, allow_nan=False)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE (:Paper {id: 'x'})",
        "MATCH (n) DETACH DELETE n",
        "MATCH (p:Paper) SET p.title = 'x'",
        "MERGE (:Concept {id: 'x'})",
        "MATCH (p:Paper) CALL (p) { CREATE (:Paper {id: 'y'}) } RETURN 1 AS x",
        "CALL { CREATE (:Paper) } IN TRANSACTIONS",
        "FOREACH (i IN [1] | CREATE (:Paper {id: 'z'}))",
        "DROP INDEX x",
        "CREATE INDEX x FOR (p:Paper) ON (p.title)",
        "PROFILE CREATE (:Paper {id: 'x'})",
        "/* a comment */ PROFILE CREATE (:Paper {id: 'x'})",
        "CREATE USER eve SET PASSWORD 'longenough'",
        "LOAD CSV FROM 'file:///x.csv' AS line RETURN line",
        "TERMINATE TRANSACTION 'neo4j-transaction-1'",
        "CALL db.createLabel('Other')",
        "not cypher at all",
        "MATCH (n) RETURN m",
        "RETURN $missing AS x",
        "RETURN 1 AS x; RETURN 2 AS x",
        "",
    ],
)
def test_what_is_no_reading_statement_is_refused_in_one_line_and_changes_nothing(
    database, neo4j_login, store, statement
):
    g = make(mamba_notes())
    sync(g, **neo4j_login.options)
    with pytest.raises(QueryError) as caught:
        store.query(statement)
    assert "\n" not in str(caught.value)
    assert database.counts() == expected(g)


@pytest.mark.parametrize(
    "statement",
    [
        "RETURN 1 AS x;",
        "// first\nRETURN 1 AS x // last",
        "PROFILE RETURN 1 AS x",
        "/* ; */ RETURN 1 AS x",
        "CYPHER 5 RETURN 1 AS x",
    ],
)
def test_reading_statements_run_whatever_stands_around_them(neo4j_login, store, statement):
    assert store.query(statement) == [{"x": 1}]


def test_a_statement_that_takes_too_long_is_stopped(database, neo4j_login, g):
    sync(g, **neo4j_login.options)
    with Neo4jStore(**neo4j_login.options, timeout_s=1) as store, pytest.raises(QueryError, match="longer than 1 s"):
        store.query("MATCH (a)-[*1..9]-(b) RETURN count(*) AS n")


def test_a_wrong_password_and_an_unknown_database_give_one_line(neo4j_login):
    with (
        Neo4jStore(**neo4j_login.options | {"password": "not-the-password"}) as store,
        pytest.raises(AuthError) as caught,
    ):
        store.query("RETURN 1 AS x")
    assert "not-the-password" not in str(caught.value) and neo4j_login.uri in str(caught.value)
    with pytest.raises(AuthError):
        sync(nx.MultiDiGraph(), **neo4j_login.options | {"password": "not-the-password"})
    with pytest.raises(StoreError, match="no database 'nowhere'"):
        sync(nx.MultiDiGraph(), **neo4j_login.options | {"database": "nowhere"})
