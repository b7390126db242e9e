from __future__ import annotations

import json
import os
import subprocess
import sys
import threading

import pytest
from tiny import make, mamba_notes
from worlds import HOSTILE, world

from kg import graph
from kg.errors import QueryError, StoreError
from kg.stores import arcade, locking, rows
from kg.stores.embedded import EmbeddedStore

pytest.importorskip("arcadedb")

COUNT = "MATCH (p:Paper) RETURN count(p) AS papers"


@pytest.fixture
def g():
    return make(mamba_notes())


@pytest.fixture
def store(g, tmp_path):
    with EmbeddedStore(tmp_path / "kg.db.graph") as opened:
        opened.ensure(g, graph.fingerprint(g))
        yield opened


def databases(folder):
    return sorted(p.name for p in folder.iterdir() if p.is_dir() and p.name != "log")


# -- what it holds


def test_the_store_holds_every_node_and_relation_with_its_properties(store, g):
    nodes = store.query("MATCH (n) RETURN labels(n) AS labels, properties(n) AS p ORDER BY n.id")
    assert nodes == [{"labels": sorted(n.labels), "p": n.properties} for n in rows.nodes(g)]
    edges = store.query(
        "MATCH (a)-[r]->(b) RETURN a.id AS a, type(r) AS t, b.id AS b, properties(r) AS p ORDER BY a, t, b"
    )
    assert edges == [{"a": e.head, "t": e.type, "b": e.tail, "p": e.properties} for e in rows.relationships(g)]


def test_hostile_texts_come_back_as_they_were(tmp_path):
    g = world()
    with EmbeddedStore(tmp_path / "kg.db.graph") as store:
        store.ensure(g, graph.fingerprint(g))
        names = {r["name"] for r in store.query("MATCH (c:Concept) RETURN c.name AS name")}
        assert set(HOSTILE) <= names
        for text in HOSTILE:
            assert len(store.query("MATCH (c:Concept {name: $name}) RETURN c.id AS id", {"name": text})) == 1


def test_an_empty_graph_is_a_store_too(tmp_path):
    import networkx as nx

    with EmbeddedStore(tmp_path / "kg.db.graph") as store:
        store.ensure(nx.MultiDiGraph(), "empty")
        assert store.query(COUNT) == [{"papers": 0}]


def test_nodes_relationships_and_paths_are_plain_json(store):
    (row,) = store.query(
        "MATCH path = (m:Method {id: 'method/mamba'})-[r:USED_FOR]->(t)<-[:USED_FOR]-(s {id: 'method/state-space-model'}) "
        "RETURN m, r, path, [t] AS listed, {inside: s} AS mapped, date('2024-02-01') AS day, 0.0 / 0.0 AS nan"
    )
    json.dumps(row, allow_nan=False)
    assert row["m"]["labels"] == ["Concept", "Method"] and row["m"]["properties"]["name"] == "Mamba"
    assert row["r"]["type"] == "USED_FOR" and set(row["r"]) == {"type", "properties"}
    assert [step.get("forward", step.get("labels")) for step in row["path"]] == [
        ["Concept", "Method"],
        True,
        ["Concept", "Task"],
        False,
        ["Concept", "Method"],
    ]
    assert row["listed"][0]["properties"]["id"] == row["path"][2]["properties"]["id"] == "task/long-sequence-modeling"
    assert row["mapped"]["inside"] == row["path"][4]
    assert (row["day"], row["nan"]) == ("2024-02-01", None)
    assert not any("@" in key for key in row["m"]["properties"])


def test_a_text_that_looks_like_a_path_of_the_engine_stays_a_text(store):
    assert store.query("RETURN '(#1:0)' AS x") == [{"x": "(#1:0)"}]


def test_parameters_of_every_json_type_arrive(store):
    given = {"a": [1, "x", None, 2.5], "b": {"k": [True]}, "c": None, "d": 2**62, "e": "\ud800 cut"}
    (row,) = store.query("RETURN $a AS a, $b AS b, $c AS c, $d AS d, $e AS e", given)
    assert row == given | {"e": "\N{REPLACEMENT CHARACTER} cut"}


# -- what it refuses


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE (:Paper {id: 'x'})",
        "MATCH (n) DETACH DELETE n",
        "MATCH (p:Paper) SET p.title = 'x'",
        "MATCH (p:Paper) REMOVE p.title",
        "MERGE (:Concept {id: 'x'})",
        "MATCH (p:Paper) CALL (p) { CREATE (:Paper {id: 'y'}) } RETURN 1",
        "FOREACH (i IN [1] | CREATE (:Paper {id: 'z'}))",
        "DROP INDEX x",
        "CREATE INDEX x FOR (p:Paper) ON (p.title)",
        "PROFILE CREATE (:Paper {id: 'x'})",
        "LOAD CSV FROM 'file:///etc/hostname' AS line RETURN line",
        "LOAD CSV FROM '/etc/hostname' AS line RETURN line",
        "LOAD CSV FROM 'http://127.0.0.1:9/x' AS line RETURN line",
        "not cypher at all",
        "MATCH (n) RETURN m",
        "RETURN $missing AS x",
        "RETURN 1 AS x; RETURN 2 AS x",
        " ",
    ],
)
def test_what_is_no_reading_statement_is_refused_in_one_line_and_changes_nothing(store, statement):
    with pytest.raises(QueryError) as caught:
        store.query(statement)
    assert "\n" not in str(caught.value) and "com.arcadedb" not in str(caught.value)
    assert store.query(COUNT) == [{"papers": 4}]


def test_a_statement_that_takes_too_long_is_stopped(tmp_path):
    g = world()
    with EmbeddedStore(tmp_path / "kg.db.graph", timeout_s=0.2) as store:
        store.ensure(g, graph.fingerprint(g))
        with pytest.raises(QueryError, match=r"longer than 0\.2 s"):
            store.query("MATCH (a)-[*1..7]-(b) RETURN count(*) AS n")


# -- when it is built


def test_it_is_built_once_for_a_fingerprint_and_anew_for_another(g, tmp_path):
    folder = tmp_path / "kg.db.graph"
    with EmbeddedStore(folder) as store:
        assert store.ensure(g, "one")
        (first,) = databases(folder)
        assert not store.ensure(lambda: pytest.fail("the graph is not needed"), "one")
        assert store.fresh("one") and not store.fresh("two")
        smaller = make(mamba_notes()[:1])
        assert store.ensure(lambda: smaller, "two")
        assert store.query(COUNT) == [{"papers": 1}]
        assert len(databases(folder)) == 1 and databases(folder) != [first]


def test_a_reader_keeps_its_database_while_another_takes_its_place(g, tmp_path):
    folder = tmp_path / "kg.db.graph"
    with EmbeddedStore(folder) as old, EmbeddedStore(folder) as new:
        old.ensure(g, "one")
        assert old.query(COUNT) == [{"papers": 4}]
        new.ensure(make(mamba_notes()[:1]), "two")
        assert new.query(COUNT) == [{"papers": 1}]
        assert old.query(COUNT) == [{"papers": 4}]


def test_what_a_killed_build_left_is_cleared_and_never_read(g, tmp_path, monkeypatch):
    folder = tmp_path / "kg.db.graph"
    with EmbeddedStore(folder) as store:
        store.ensure(g, "one")

        class Killed(BaseException):
            pass

        def load(*_):
            raise Killed

        with monkeypatch.context() as patch:
            patch.setattr(arcade, "load", load)
            with pytest.raises(Killed):
                store.ensure(g, "two")
        assert len(databases(folder)) == 2
    with EmbeddedStore(folder) as store:
        assert not store.fresh("two") and store.fresh("one")
        store.ensure(g, "two")
        assert store.query(COUNT) == [{"papers": 4}]
        assert len(databases(folder)) == 1


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"fingerprint": "one", "folder": "../elsewhere"}'])
def test_a_damaged_note_of_what_is_in_use_means_building_again(g, tmp_path, damage):
    folder = tmp_path / "kg.db.graph"
    with EmbeddedStore(folder) as store:
        store.ensure(g, "one")
    (folder / "current").write_text(damage)
    with EmbeddedStore(folder) as store:
        assert store.ensure(g, "one")
        assert store.query(COUNT) == [{"papers": 4}]


def test_a_query_before_the_first_build_says_what_to_do(tmp_path):
    with EmbeddedStore(tmp_path / "kg.db.graph") as store, pytest.raises(StoreError, match="kg build"):
        store.query(COUNT)


def test_a_folder_that_cannot_be_made_gives_one_line(g, tmp_path):
    (tmp_path / "file").write_text("")
    with (
        EmbeddedStore(tmp_path / "file" / "kg.db.graph") as store,
        pytest.raises(StoreError, match="cannot make the folder"),
    ):
        store.ensure(g, "one")


def test_without_an_engine_it_says_what_to_install(g, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "arcadedb", None)
    monkeypatch.setitem(sys.modules, "arcadedb_embedded", None)
    with (
        EmbeddedStore(tmp_path / "kg.db.graph") as store,
        pytest.raises(StoreError, match=r"pip install arcadedb.*--on neo4j"),
    ):
        store.ensure(g, "one")


def test_threads_of_one_process_ask_at_the_same_time(store):
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(store.query(COUNT))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [[{"papers": 4}]] * 6


ASK = """
import sys
from tiny import make, mamba_notes
from kg.stores.embedded import EmbeddedStore
with EmbeddedStore(sys.argv[1]) as store:
    built = store.ensure(make(mamba_notes()), "one")
    print(built, store.query("MATCH (p:Paper) RETURN count(p) AS papers"))
"""


def test_processes_that_start_together_build_once_and_print_nothing_of_the_engine(tmp_path):
    folder = tmp_path / "kg.db.graph"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("ARCADEDB_")}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    started = [
        subprocess.Popen(
            [sys.executable, "-c", ASK, folder],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    answers = [process.communicate(timeout=120) for process in started]
    assert sorted(out for out, _ in answers) == ["False [{'papers': 4}]\n"] * 2 + ["True [{'papers': 4}]\n"]
    assert [err for _, err in answers] == [""] * 3
    assert sorted(p.name for p in tmp_path.iterdir()) == ["kg.db.graph"]
    assert len(databases(folder)) == 1


def test_a_lock_is_refused_while_another_holds_it_and_free_afterwards(tmp_path):
    with (
        locking.exclusive(tmp_path / "lock", timeout_s=1, busy="busy"),
        pytest.raises(StoreError, match=r"^busy$"),
        locking.exclusive(tmp_path / "lock", timeout_s=0, busy="busy"),
    ):
        pytest.fail("two hold it")
    with locking.exclusive(tmp_path / "lock", timeout_s=0, busy="busy"):
        pass


# -- rows


def test_rows_do_not_depend_on_the_order_in_which_a_graph_was_made(g):
    import networkx as nx

    turned = nx.MultiDiGraph()
    turned.add_nodes_from(reversed(list(g.nodes(data=True))))
    turned.add_edges_from(reversed(list(g.edges(keys=True, data=True))))
    assert rows.nodes(turned) == rows.nodes(g)
    assert list(rows.relationships(turned)) == list(rows.relationships(g))


def test_a_hash_has_44_bits_and_changes_with_any_part():
    base = rows.row_hash("method/x", ("Concept", "Method"), {"name": "X"})
    assert 0 <= base < 2**44
    assert base == rows.row_hash("method/x", ["Concept", "Method"], {"name": "X"})
    others = {
        rows.row_hash("method/y", ("Concept", "Method"), {"name": "X"}),
        rows.row_hash("method/x", ("Concept", "Task"), {"name": "X"}),
        rows.row_hash("method/x", ("Concept", "Method"), {"name": "Y"}),
        rows.row_hash("method/x", ("Concept", "Method"), {"name": "X", "note": ""}),
    }
    assert base not in others and len(others) == 4


def test_lone_surrogates_are_replaced_and_all_else_is_kept():
    given = ["a\ud800b", {"k\udfff": "naïve 🧪 \0"}, 1, None]
    assert rows.clean(given) == ["a\N{REPLACEMENT CHARACTER}b", {"k\N{REPLACEMENT CHARACTER}": "naïve 🧪 \0"}, 1, None]
