from __future__ import annotations

import re
from collections import Counter

import pytest
from tiny import make, mamba_notes
from worlds import world

from kg import graph, querying, schema
from kg.errors import QueryError, UnknownConcept, UnknownPaper

QUERIES = querying.library()
# What each required parameter is given, in the graph of `worlds.world`.
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


@pytest.fixture(scope="module")
def g():
    return world()


@pytest.fixture(scope="module")
def store(g, tmp_path_factory):
    pytest.importorskip("arcadedb")
    from kg.stores.embedded import EmbeddedStore

    with EmbeddedStore(tmp_path_factory.mktemp("store") / "kg.db.graph") as opened:
        opened.ensure(g, graph.fingerprint(g))
        yield opened


def ask(store, name, **given):
    query = querying.find(name)
    required = {p.name: GIVEN[p.name] for p in query.parameters if p.required}
    return querying.run(store, name, required | {k.removesuffix("_"): v for k, v in given.items()})


# -- every file


@pytest.mark.parametrize("query", QUERIES, ids=lambda q: q.name)
def test_a_query_names_only_labels_types_and_properties_of_the_schema(query):
    text = re.sub(r"//[^\n]*|'[^']*'", "", query.text)
    labels = {"Paper", "Concept", *schema.KINDS}
    for label in re.findall(r"\(\w*:(\w+)", text):
        assert label in labels
    for types in re.findall(r"\[\w*:([\w|]+)", text):
        assert set(types.split("|")) <= schema.RELATIONS.keys()
    known = {p.name for p in (*schema.PAPER_PROPERTIES, *schema.CONCEPT_PROPERTIES, *schema.EDGE_PROPERTIES)}
    used = set(re.findall(r"\b[a-z]\w*\.([a-z_]\w*)", text)) | set(re.findall(r"\{(\w+):", text))
    assert used and used <= known
    for literal in re.findall(r"(?:type\(\w\) (?:=|IN)|WHEN) ((?:\['\w+'(?:, '\w+')*\])|'\w+')", query.text):
        assert set(re.findall(r"\w+", literal)) <= schema.RELATIONS.keys()


@pytest.mark.parametrize("query", QUERIES, ids=lambda q: q.name)
def test_a_query_uses_the_parameters_that_it_declares_and_no_others(query):
    code = re.sub(r"//[^\n]*", "", query.text)
    assert set(re.findall(r"\$(\w+)", code)) == {p.name for p in query.parameters}


@pytest.mark.parametrize("query", QUERIES, ids=lambda q: q.name)
def test_a_query_gives_the_columns_that_it_declares_in_their_types(query, store, g):
    given = {p.name: GIVEN[p.name] for p in query.parameters if p.required}
    rows = store.query(query.text, querying.convert(query, given))
    assert rows, "the graph of the tests has no answer to it, so nothing was tried"
    for row in rows:
        assert list(row) == [c.name for c in query.columns]
        for column in query.columns:
            assert row[column.name] is None or has_type(row[column.name], column.type), column


def has_type(value, type_):
    if type_.startswith("list<"):
        return isinstance(value, list) and all(has_type(item, type_[5:-1]) for item in value)
    of = {"integer": int, "float": float, "boolean": bool}.get(type_, str)
    return isinstance(value, of) and (of is bool or not isinstance(value, bool))


@pytest.mark.parametrize("query", QUERIES, ids=lambda q: q.name)
def test_a_query_orders_its_rows_and_says_so_last(query):
    assert re.search(r"\nORDER BY [^\n]+(\n\s+[^\n]+)*(\nLIMIT \$limit)?\n$", query.text)


def test_there_are_enough_questions():
    assert len(QUERIES) >= 14
    assert [q.name for q in QUERIES] == sorted(q.name for q in QUERIES)


# -- the same answers from plain Python


def stated(g):
    """Yield the edges between concepts as (head, type, tail, properties)."""
    for head, tail, type_ in g.edges(keys=True):
        if g.nodes[head]["label"] == "Concept":
            yield head, type_, tail, graph.edge_properties(g, head, tail, type_)


def test_kind_of_equals_plain_python(store, g):
    want = [
        (-p["papers"], -p["confidence"], tail, type_)
        for head, type_, tail, p in stated(g)
        if head == "method/c3" and type_ in ("SUBCLASS_OF", "SUBTASK_OF", "VARIANT_OF")
    ]
    got = ask(store, "kind-of")
    assert [(-r["papers"], -r["confidence"], r["id"], r["relation"]) for r in got] == sorted(want)


def test_neighbours_equals_plain_python(store, g):
    want = []
    for head, type_, tail, p in stated(g):
        if "method/c3" in (head, tail):
            other = tail if head == "method/c3" else head
            order = (-p["papers"], -p["confidence"], other, type_, head != "method/c3")
            want.append((order, p["sentences"][0], g.nodes[other]["name"]))
    got = ask(store, "neighbours", limit=1000)
    assert [(r["id"], r["relation"], not r["forward"], r["sentence"], r["name"]) for r in got] == [
        (*order[2:], sentence, name) for order, sentence, name in sorted(want)
    ]


def test_related_equals_plain_python(store, g):
    mine = {p for p, _, _ in g.in_edges("method/c3", keys=True) if g.nodes[p]["label"] == "Paper"}
    shared = Counter(c for p in mine for c in {t for _, t, _ in g.out_edges(p, keys=True)} if c != "method/c3")
    got = ask(store, "related", min_papers=2, limit=1000)
    assert {r["id"]: r["shared"] for r in got} == {c: n for c, n in shared.items() if n >= 2}
    for row in got:
        either = g.nodes["method/c3"]["papers"] + g.nodes[row["id"]]["papers"] - row["shared"]
        assert row["share"] == pytest.approx(row["shared"] / either)
    assert [(-r["shared"], -r["share"], r["id"]) for r in got] == sorted(
        (-r["shared"], -r["share"], r["id"]) for r in got
    )


def test_trend_equals_plain_python(store, g):
    years = Counter()
    for paper, _, type_ in g.in_edges("method/c3", keys=True):
        if "year" in g.nodes[paper]:
            years[g.nodes[paper]["year"], "papers"] += 1
            years[g.nodes[paper]["year"], "introduced"] += type_ == "INTRODUCES"
            years[g.nodes[paper]["year"], "used"] += type_ in ("USES", "EVALUATES_ON")
    got = ask(store, "trend")
    assert [r["year"] for r in got] == sorted({y for y, _ in years})
    for row in got:
        assert [row[k] for k in ("papers", "introduced", "used")] == [
            years[row["year"], k] for k in ("papers", "introduced", "used")
        ]


def test_untested_equals_plain_python(store, g):
    relations = {(h, t, o) for h, t, o, _ in stated(g)}
    task = "task/c2"
    want = {
        (m, d)
        for m, t1, o1 in relations
        for d, t2, o2 in relations
        if (t1, o1) == ("USED_FOR", task) and m.startswith("method/") and (t2, o2) == ("BENCHMARK_FOR", task)
        if (m, "EVALUATED_WITH", d) not in relations
    }
    assert {(r["method_id"], r["dataset_id"]) for r in ask(store, "untested", limit=1000)} == want


def test_evidence_gives_every_sentence_of_every_relation_of_the_two(store, g):
    head, _, tail, p = max(stated(g), key=lambda e: (len(e[3]["sentences"]), e[:3]))
    want = Counter()
    for h, t, o, q in stated(g):
        if {h, o} == {head, tail}:
            want.update(
                (t, h == head, *piece)
                for piece in zip(q["paper_ids"], q["starts"], q["ends"], q["sentences"], strict=True)
            )
    got = ask(store, "evidence", from_=head, to=tail)
    assert len(p["sentences"]) > 2
    assert Counter((r["relation"], r["forward"], r["paper"], r["start"], r["end"], r["sentence"]) for r in got) == want


def test_path_gives_shortest_chains_with_their_directions(store, g):
    import networkx as nx

    between = nx.Graph((h, o) for h, _, o, _ in stated(g))
    far = max(
        ((a, b) for a in sorted(between) for b in sorted(between) if a < b),
        key=lambda p: nx.shortest_path_length(between, *p),
    )
    rows = ask(store, "path", from_=far[0], to=far[1], limit=1000)
    length = nx.shortest_path_length(between, *far)
    assert length >= 2 and {r["hops"] for r in rows} == {length}
    relations = {(g.nodes[h]["name"], t, g.nodes[o]["name"]) for h, t, o, _ in stated(g)}
    for row in rows:
        for i, (type_, forward) in enumerate(zip(row["relations"], row["forward"], strict=True)):
            ends = row["names"][i : i + 2]
            head, tail = ends if forward else reversed(ends)
            assert (head, type_, tail) in relations
    assert [r["confidence"] for r in rows] == sorted((r["confidence"] for r in rows), reverse=True)


def test_new_since_counts_from_the_first_day_on(store, g):
    got = {r["id"] for r in ask(store, "new-since", since="2020-01", limit=1000)}
    assert got == {n for n, d in g.nodes(data=True) if d.get("first_seen", "") >= "2020-01"}
    assert any(g.nodes[n]["first_seen"] == "2020-01" for n in got)


def test_a_limit_is_kept_and_two_runs_give_the_same_rows(store):
    assert ask(store, "top-concepts", limit=3) == ask(store, "top-concepts")[:3]
    assert ask(store, "top-concepts", limit=0) == []


# -- parameters


def query(*parameters):
    lines = "".join(f"// in {p}\n" for p in parameters)
    return querying.parse("made", f"// Purpose.\n//\n{lines}// out x: string   a column\nRETURN 1 AS x\n")


@pytest.mark.parametrize(
    ("declared", "typed", "value"),
    [
        ("n: integer  m", "12", 12),
        ("n: integer  m", -3, -3),
        ("n: float  m", "0.5", 0.5),
        ("n: float  m", 1, 1.0),
        ("n: boolean  m", "No", False),
        ("n: boolean  m", True, True),
        ("n: date  m", " 2023-12 ", "2023-12"),
        ("n: string  m", "  as it is ", "  as it is "),
        ("n: list<string>  m", "a, b", ["a", "b"]),
        ("n: list<integer>  m", "[1, 2]", [1, 2]),
    ],
)
def test_a_parameter_is_converted_to_its_type(declared, typed, value):
    got = querying.convert(query(declared), {"n": typed})["n"]
    assert (got, type(got)) == (value, type(value))


@pytest.mark.parametrize(
    ("declared", "typed"),
    [
        ("n: integer  m", "1.5"),
        ("n: integer  m", "many"),
        ("n: integer  m", True),
        ("n: integer  m", str(2**63)),
        ("n: float  m", "nan"),
        ("n: float  m", "much"),
        ("n: boolean  m", "perhaps"),
        ("n: date  m", "yesterday"),
        ("n: date  m", "2023-13"),
        ("n: string  m", 5),
        ("n: list<integer>  m", "[1, x"),
        ("n: list<integer>  m", "1, x"),
    ],
)
def test_a_value_of_another_type_is_refused_with_what_was_expected(declared, typed):
    with pytest.raises(QueryError, match=r"^query made: n is .*, expected .*\(m\)$"):
        querying.convert(query(declared), {"n": typed})


def test_a_missing_parameter_and_an_unknown_one_are_named():
    with pytest.raises(QueryError, match=r"needs first_day \(date: the day\); give it: --first-day VALUE"):
        querying.convert(query("first_day: date  the day"), {})
    with pytest.raises(QueryError, match=r"has no parameter 'limt'; it takes: limit"):
        querying.convert(query("limit: integer = 3  rows"), {"limt": 1})
    with pytest.raises(QueryError, match="limit is -1, expected 0 or more"):
        querying.convert(query("limit: integer = 3  rows"), {"limit": -1})


def test_defaults_fill_in_and_keep_their_type():
    found = query('a: string = ""  x', "b: float = 0.5  x", "c: boolean = true  x", 'd: string = "of two words"  x')
    assert querying.convert(found, {}) == {"a": "", "b": 0.5, "c": True, "d": "of two words"}


def test_concepts_and_papers_are_named_as_people_do():
    g = make(mamba_notes())
    asked = query("c: concept  x", "p: paper  x")
    got = querying.convert(asked, {"c": "SSMs", "p": "a look at ssms"}, graph=g)
    assert got == {"c": "method/state-space-model", "p": "title:b"}
    with pytest.raises(UnknownConcept):
        querying.convert(asked, {"c": "Nothing of that name", "p": "title:b"}, graph=g)
    with pytest.raises(UnknownPaper):
        querying.convert(asked, {"c": "Mamba", "p": "nothing of that name"}, graph=g)


# -- headers and names


@pytest.mark.parametrize(
    "text",
    [
        "MATCH (n) RETURN n",
        "// Purpose alone.\nRETURN 1 AS x",
        "// P.\n//\n// out x: text   no such type\nRETURN 1 AS x",
        "// P.\n//\n// out x string\nRETURN 1 AS x",
        "// P.\n//\n// in n: integer = many   default\n// out x: string  y\nRETURN 1 AS x",
        '// P.\n//\n// in n: integer = "5"x   default\n// out x: string  y\nRETURN 1 AS x',
        "// P.\n//\n// out x: string  y\n// out x: string  z\nRETURN 1 AS x",
    ],
)
def test_a_header_that_cannot_be_read_names_its_file(text):
    with pytest.raises(QueryError, match=r"queries/broken\.cypher"):
        querying.parse("broken", text)


def test_find_forgives_case_and_underscores_and_suggests():
    assert querying.find("Kind_Of").name == "kind-of"
    with pytest.raises(QueryError, match=r"no query 'neigbours'; closest: neighbours.* List all: kg query --list"):
        querying.find("neigbours")


def test_a_new_file_is_a_new_query(tmp_path):
    (tmp_path / "mine.cypher").write_text("// My own question.\n//\n// out n: integer   how many\nRETURN 1 AS n\n")
    (found,) = querying.library(tmp_path)
    assert found.to_json() == {
        "name": "mine",
        "purpose": "My own question.",
        "parameters": [],
        "columns": [{"name": "n", "type": "integer", "meaning": "how many"}],
    }
