from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path

import networkx as nx
import pytest
from tiny import make, mamba_notes, note

from kg import exporting, graph, schema
from kg.errors import OutputError

SSM = "method/state-space-model"


@pytest.fixture(scope="module")
def g():
    return make(mamba_notes())


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("name", ["g.graphml", "g.gexf"])
def test_networkx_reads_the_xml_formats_back(g, tmp_path, name):
    path = exporting.export(g, tmp_path / name)
    back = nx.read_graphml(path, force_multigraph=True) if name.endswith("graphml") else nx.read_gexf(path)
    assert set(back) == set(g)
    assert sorted((a, b, d["relation"]) for a, b, d in back.edges(data=True)) == sorted(g.edges(keys=True))
    assert back.nodes["method/mamba"]["label"] == "Mamba"
    assert back.nodes["method/mamba"]["papers"] == 3
    assert json.loads(back.nodes[SSM]["aliases"]) == ["SSMs", "state space models"]
    (stated,) = [d for _, _, d in back.edges(data=True) if d["relation"] == "SUBCLASS_OF"]
    assert stated["confidence"] == 0.95
    assert json.loads(stated["sentences"]) == ["Mamba belongs to the state space models."]


def test_every_edge_of_a_graphml_file_has_an_identifier_of_its_own(g, tmp_path):
    back = nx.read_graphml(exporting.export(g, tmp_path / "g.graphml"), force_multigraph=True)
    keys = [key for _, _, key in back.edges(keys=True)]
    assert len(keys) == len(set(keys)) == g.number_of_edges()


def test_networkx_reads_the_node_link_file_back_as_the_same_graph(g, tmp_path):
    data = json.loads(exporting.export(g, tmp_path / "g.json").read_text())
    back = nx.node_link_graph(data, edges="links")
    assert isinstance(back, nx.MultiDiGraph)
    assert set(back) == set(g)
    assert sorted(back.edges(keys=True)) == sorted(g.edges(keys=True))
    assert back.nodes["title:a"]["authors"] == ["Ada Ames", "Bo Berg"]
    (piece,) = back.edges["method/mamba", SSM, "SUBCLASS_OF"]["evidence"]
    assert piece == g.edges["method/mamba", SSM, "SUBCLASS_OF"]["evidence"][0].to_json()


def test_a_folder_gets_the_tables_of_neo4j_admin_and_how_to_import_them(g, tmp_path):
    folder = exporting.export(g, f"{tmp_path}/tables/")
    assert sorted(p.name for p in folder.iterdir()) == [
        "README.txt",
        "nodes-concepts.csv",
        "nodes-papers.csv",
        "relationships.csv",
    ]
    command = (folder / "README.txt").read_text()
    for needed in (
        "database import full",
        "--nodes=nodes-papers.csv",
        "--array-delimiter=U+001F",
        "--multiline-fields",
    ):
        assert needed in command
    papers = rows((folder / "nodes-papers.csv").read_text())
    assert [p["id:ID"] for p in papers] == graph.papers(g)
    assert papers[0]["authors:string[]"] == "Ada Ames\x1fBo Berg"
    concepts = rows((folder / "nodes-concepts.csv").read_text())
    assert {c["id:ID"]: c[":LABEL"] for c in concepts}["method/mamba"] == "Concept\x1fMethod"
    relations = rows((folder / "relationships.csv").read_text())
    assert [(r[":START_ID"], r[":END_ID"], r[":TYPE"]) for r in relations] == sorted(g.edges(keys=True))


def test_the_headers_have_each_property_of_the_schema_with_its_type(g, tmp_path):
    folder = exporting.export(g, f"{tmp_path}/")
    header = (folder / "relationships.csv").read_text().splitlines()[0].split(",")
    assert header[:5] == [":START_ID", ":END_ID", ":TYPE", "confidence:double", "papers:long"]
    assert [h.split(":")[0] for h in header[3:]] == [p.name for p in schema.EDGE_PROPERTIES]
    assert "starts:long[]" in header and "sentences:string[]" in header


def test_a_csv_file_holds_the_relationships_and_its_nodes_lie_beside_it(g, tmp_path):
    path = exporting.export(g, tmp_path / "mine.csv")
    assert len(rows(path.read_text())) == g.number_of_edges()
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "mine-README.txt",
        "mine-concepts.csv",
        "mine-papers.csv",
        "mine.csv",
    ]
    assert "--relationships=mine.csv" in (tmp_path / "mine-README.txt").read_text()


def test_a_zip_holds_the_same_tables_as_a_folder(g, tmp_path):
    folder = exporting.export(g, f"{tmp_path}/tables/")
    with zipfile.ZipFile(exporting.export(g, tmp_path / "g.zip")) as pack:
        assert {n: pack.read(n) for n in pack.namelist()} == {p.name: p.read_bytes() for p in folder.iterdir()}


def test_sentences_with_quotes_commas_lines_and_semicolons_survive_a_table(tmp_path):
    text = "{Mamba}, \"the 'snake'\";\n=1+1 \\ is here."
    g = make([note("a", text, title="=cmd|' /C calc'!A0 {Mamba}")])
    folder = exporting.export(g, f"{tmp_path}/")
    (paper,) = rows((folder / "nodes-papers.csv").read_bytes().decode())
    assert paper["abstract:string"] == text.replace("{", "").replace("}", "")
    # No mark is put before a formula: it would be imported as part of the title.
    assert paper["title:string"] == "=cmd|' /C calc'!A0 Mamba"


def test_the_separator_of_lists_cannot_come_from_a_text(tmp_path):
    g = make([note("a", "{Mamba} \x1f\0 is here.")])
    (relation,) = rows((exporting.export(g, f"{tmp_path}/") / "relationships.csv").read_text())
    assert relation["sentences:string[]"] == "Mamba  is here."


@pytest.mark.parametrize("name", ["g.graphml", "g.gexf"])
def test_characters_that_xml_cannot_hold_are_left_out(tmp_path, name):
    g = make([note("a", "{Mamba} \x00\x1b\ud800\ufffe <b> & \U0001f40d is here.", authors=("A\x0bB",))])
    path = exporting.export(g, tmp_path / name)
    back = nx.read_graphml(path) if name.endswith("graphml") else nx.read_gexf(path)
    assert back.nodes["title:a"]["abstract"] == "Mamba  <b> & \U0001f40d is here."
    assert json.loads(back.nodes["title:a"]["authors"]) == ["AB"]


@pytest.mark.parametrize("name", ["g.graphml", "g.gexf", "g.json", "g.csv", "g.zip"])
def test_the_same_graph_gives_the_same_bytes(tmp_path, name):
    first, second = tmp_path / "1", tmp_path / "2"
    for folder, notes in ((first, mamba_notes()), (second, mamba_notes()[::-1])):
        folder.mkdir()
        exporting.export(make(notes), folder / name)
    for path in first.iterdir():
        assert path.read_bytes() == (second / path.name).read_bytes()
    if name == "g.gexf":
        assert "lastmodifieddate" not in (first / name).read_text()


@pytest.mark.parametrize("name", ["graph.unknown", "graph", "graph.tar.gz", ".json"])
def test_an_unknown_extension_is_refused_with_the_known_ones(g, tmp_path, name):
    with pytest.raises(OutputError, match=r"\.graphml, \.gexf, \.json, \.csv, \.zip"):
        exporting.export(g, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_the_extension_counts_whatever_its_case(g, tmp_path):
    assert json.loads(exporting.export(g, tmp_path / "G.JSON").read_text())["nodes"]


def test_a_place_that_cannot_be_written_is_told(g, tmp_path):
    with pytest.raises(OutputError, match="cannot write"):
        exporting.export(g, tmp_path / "no" / "such" / "g.json")
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot make the folder"):
        exporting.export(g, f"{tmp_path}/file/")
    assert Path(tmp_path, "file").read_text() == ""
