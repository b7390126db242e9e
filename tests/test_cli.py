"""The commands, run in process on a small library with a stand-in for the model."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

import kg.extraction
from kg.cli import main
from kg.records import Extraction, Mention, Paper, Relation

KINDS = {
    "Alphanet": "Method",
    "Betamixers": "Method",
    "Betamixer": "Method",
    "Gammabench": "Dataset",
    "delta tagging": "Task",
}
NAMES = re.compile("|".join(KINDS))
PAPERS = [
    ("Alphanet", "We introduce Alphanet. Alphanet is a kind of Betamixer."),
    ("Delta tagging with mixers", "Betamixers serve delta tagging. Alphanet is tested on Gammabench."),
    ("A bench", "Gammabench holds delta tagging. Everyone likes delta tagging on Gammabench."),
]
RELATIONS = {"kind of": "SubClass-Of", "serve": "Used-For", "tested": "Evaluated-With", "holds": "Benchmark-For"}
COMMANDS = [
    *(
        "build",
        "extract",
        "stats",
        "concepts",
        "show",
        "papers",
        "path",
        "related",
        "report",
        "view",
        "query",
        "cypher",
    ),
    *("sync", "neo4j", "export", "verify", "remove", "demo", "evaluate", "why", "merges", "merge", "split"),
]


def fake(papers: Iterable[Paper], *, workers: int = 1) -> Iterator[Extraction]:
    for paper in papers:
        mentions: list[Mention] = []
        relations: list[Relation] = []
        for field in ("title", "abstract"):
            for found in re.finditer(r"[^ ][^.]*\.?", getattr(paper, field)):
                first = len(mentions)
                for name in NAMES.finditer(found.group()):
                    span = (found.start() + name.start(), found.start() + name.end())
                    own = f"introduce {name.group()}" in paper.abstract
                    roles = (0.9 if own else 0.1, 0.5, 0.1, 0.1, 0.0, 0.0, 0.1)
                    kind = KINDS[name.group()]
                    mentions.append(Mention(field, *span, kind, name.group(), 0.9, *found.span(), roles))
                for words, type_ in RELATIONS.items():
                    if words in found.group() and len(mentions) - first == 2:
                        relations.append(Relation(first, type_, first + 1, 0.8))
        yield Extraction(paper.text_hash, "fake-1", tuple(mentions), tuple(relations))


@pytest.fixture(autouse=True)
def stand_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(kg.extraction, "extract", fake, raising=False)
    monkeypatch.setattr(kg.extraction, "model_version", lambda: "fake-1", raising=False)
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("NEO4J_", "KG_"))]:
        monkeypatch.delenv(name)


@pytest.fixture
def source() -> Path:
    file = Path("papers.jsonl")
    rows = [{"id": f"p{n}", "title": t, "abstract": a, "year": 2020 + n} for n, (t, a) in enumerate(PAPERS)]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


# The same kg as that of the tests, wherever they run.
ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(kg.__file__).parents[1])}


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done


Run = Callable[..., str]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command that must succeed; returns its stdout."""

    def call(*arguments: object) -> str:
        capsys.readouterr()
        status = main([str(a) for a in arguments])
        captured = capsys.readouterr()
        assert status == 0, captured.err
        return captured.out

    return call


@pytest.fixture
def ask(run: Run) -> Callable[..., Any]:
    """Run a command with --json; returns the value."""
    return lambda *arguments: json.loads(run(*arguments, "--json"))


@pytest.fixture
def library(run: Run, source: Path) -> Path:
    run("build", source)
    return Path("kg.db")


# --- help ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_shows_an_example_besides_its_usage(run: Run, name: str) -> None:
    assert run(name, "--help").count(f"kg {name}") >= 2


def test_help_lists_every_command(run: Run) -> None:
    listed = re.findall(r"^  ([a-z0-9]+) ", run("--help").partition("Commands:")[2], re.M)
    assert set(listed) == set(COMMANDS)


def test_the_version_is_the_packages(run: Run) -> None:
    assert run("--version") == f"kg {kg.__version__}\n"


def test_help_loads_no_heavy_library() -> None:
    code = """
import sys
from kg.cli import main
main(["--help"])
heavy = {"spacy", "networkx", "neo4j", "onnxruntime", "numpy", "pyvis", "lxml", "rapidfuzz", "arcadedb", "sqlite3"}
print(sorted(heavy & set(sys.modules)), file=sys.stderr)
"""
    assert python("-c", code).stderr.strip() == "[]"


def test_the_package_runs_as_a_module() -> None:
    assert python("-m", "kg", "--version").stdout == f"kg {kg.__version__}\n"


# --- building and looking --------------------------------------------------------------------------------------------


def test_build_tells_what_it_did(ask: Callable[..., Any], source: Path) -> None:
    first = ask("build", source)
    assert {k: first[k] for k in ("entries", "papers", "new", "changed", "skipped")} == {
        "entries": 3,
        "papers": 3,
        "new": 3,
        "changed": 0,
        "skipped": [],
    }
    again = ask("build", source)
    assert (again["new"], again["changed"], again["fingerprint"]) == (0, 0, first["fingerprint"])


def test_what_a_source_leaves_out_is_told(ask: Callable[..., Any], source: Path) -> None:
    with source.open("a") as out:
        out.write('{"abstract": "No title here."}\n')
    (skip,) = ask("build", source)["skipped"]
    assert skip["source"] == "papers.jsonl"
    assert "title" in skip["reason"]


def test_stats_count_nodes_and_relations(ask: Callable[..., Any], library: Path) -> None:
    stats = ask("stats")
    assert stats["papers"] == 3
    assert stats["concepts"] == {"Method": 2, "Dataset": 1, "Task": 1}
    assert {
        t: stats["relations"][t] for t in ("SUBCLASS_OF", "USED_FOR", "EVALUATED_WITH", "BENCHMARK_FOR")
    } == dict.fromkeys(("SUBCLASS_OF", "USED_FOR", "EVALUATED_WITH", "BENCHMARK_FOR"), 1)
    assert len(stats["fingerprint"]) == 64


def test_the_library_is_named_by_option_or_environment(
    run: Run, ask: Callable[..., Any], source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("build", source, "--library", "mine.db")
    assert ask("stats", "--library", "mine.db")["papers"] == 3
    monkeypatch.setenv("KG_LIBRARY", "mine.db")
    assert ask("stats")["papers"] == 3
    assert not Path("kg.db").exists()


def test_concepts_are_listed_by_papers_and_found_by_pattern(ask: Callable[..., Any], library: Path) -> None:
    names = [c["name"] for c in ask("concepts")]
    assert len(names) == 4
    assert [c["papers"] for c in ask("concepts")] == [2, 2, 2, 2]
    (found,) = ask("concepts", "betamixers")  # by an alias
    assert found["kind"] == "Method"
    assert {"id", "name", "kind", "aliases", "papers", "mentions"} <= found.keys()
    assert [c["kind"] for c in ask("concepts", "--kind", "task")] == ["Task"]
    assert ask("concepts", "g*bench")[0]["kind"] == "Dataset"


def test_papers_come_with_their_texts(ask: Callable[..., Any], library: Path) -> None:
    papers = ask("papers")
    assert {p["title"]: p["abstract"] for p in papers} == dict(PAPERS)
    assert {"id", "title", "abstract", "published", "authors", "url"} <= papers[0].keys()
    assert [p["title"] for p in ask("papers", "bench")] == ["A bench"]


def test_a_card_shows_relations_with_sentences(run: Run, ask: Callable[..., Any], library: Path) -> None:
    card = ask("show", "alphanet")
    headings = {section["heading"]: section for section in card["sections"]}
    assert headings["is a kind of"]["entries"][0]["evidence"][0]["sentence"] == "Alphanet is a kind of Betamixer."
    assert headings["is evaluated on"]["entries"][0]["name"] == "Gammabench"
    assert "introduced by" in headings
    text = run("show", "alphanet")
    assert "Alphanet is a kind of Betamixer." in text
    assert "2 papers" in text


# --- relating --------------------------------------------------------------------------------------------------------


def test_a_path_shows_each_hop_with_its_sentence(run: Run, ask: Callable[..., Any], library: Path) -> None:
    answer = ask("path", "Alphanet", "delta tagging")
    papers = {p["id"]: p for p in ask("papers")}
    for path in answer["paths"]:
        assert 0 <= path["weakest"] < len(path["hops"])
        for piece in (piece for hop in path["hops"] for piece in hop["evidence"]):
            assert papers[piece["paper"]][piece["field"]][piece["start"] : piece["end"]] == piece["sentence"]
    text = run("path", "Alphanet", "delta tagging")
    assert re.search(r"^Alphanet → .* → delta tagging", text, re.M | re.I)
    assert "weakest hop" in text
    assert "Betamixers serve delta tagging." in text


def test_pages_reports_and_exports_are_written(run: Run, library: Path) -> None:
    run("view", "-o", "all.html")
    run("view", "Alphanet", "-o", "one.html", "--max-nodes", 3)
    run("path", "Alphanet", "delta tagging", "--html", "path.html")
    run("report", "Alphanet", "-o", "r.html")
    run("report", "Alphanet", "-o", "r.json")
    run("export", "g.graphml")
    for name in ("all.html", "one.html", "path.html", "r.html"):
        assert "<html" in Path(name).read_text()[:500]
    assert json.loads(Path("r.json").read_text())
    assert "<graphml" in Path("g.graphml").read_text()[:200]
    assert run("report", "Alphanet").startswith("#")


def test_related_concepts_are_ranked(ask: Callable[..., Any], run: Run, library: Path) -> None:
    assert ask("related", "Gammabench", "--limit", 1)
    assert "Concept" in run("related", "Gammabench")


# --- asking ----------------------------------------------------------------------------------------------------------


def test_cypher_answers_with_parameters(ask: Callable[..., Any], library: Path) -> None:
    pytest.importorskip("arcadedb")
    assert ask("cypher", "MATCH (p:Paper) RETURN count(p) AS papers") == [{"papers": 3}]
    statement = "MATCH (c:Concept) WHERE c.papers >= $n AND c.kind = $kind RETURN c.id AS id"
    assert len(ask("cypher", statement, "--param", "n=2", "--param", "kind=Dataset")) == 1


def test_a_query_takes_its_parameters_as_options(run: Run, ask: Callable[..., Any], library: Path) -> None:
    pytest.importorskip("arcadedb")
    rows = ask("query", "neighbours", "--concept", "ALPHANET", "--limit=1")
    assert len(rows) == 1
    assert ask("query", "neighbours", "--concept", "Alphanet", "--limit", 50)[0] == rows[0]
    assert "name" in run("query", "neighbours", "--concept", "Alphanet")


def test_queries_list_and_explain_themselves(run: Run, ask: Callable[..., Any]) -> None:
    listed = {found["name"]: found for found in ask("query", "--list")}
    assert {"name", "purpose", "parameters", "columns"} <= listed["neighbours"].keys()
    described = run("query", "neighbours", "--help")
    assert listed["neighbours"]["purpose"].split()[0] in described
    assert "--concept" in described
    assert "kg query neighbours" in described


# --- changing --------------------------------------------------------------------------------------------------------


def test_extract_keeps_ids_and_gives_exact_spans(run: Run, source: Path) -> None:
    run("extract", source, "-o", "out.jsonl")
    found = {p["id"]: p for p in map(json.loads, Path("out.jsonl").read_text().splitlines())}
    assert found.keys() == {"p0", "p1", "p2"}
    texts = {f"p{n}": {"title": t, "abstract": a} for n, (t, a) in enumerate(PAPERS)}
    for paper in found.values():
        for m in paper["mentions"]:
            assert NAMES.fullmatch(texts[paper["id"]][m["field"]][m["start"] : m["end"]])
            assert m["sentence"][0] <= m["start"] < m["end"] <= m["sentence"][1]
            assert m["concept"] in paper["roles"]
    (relation,) = found["p0"]["relations"]
    assert relation["type"] == "SubClass-Of"
    one = {m["concept"] for p in found.values() for m in p["mentions"] if m["text"].startswith("Betamixer")}
    assert len(one) == 1  # a concept is one over all papers
    assert run("extract", source) == Path("out.jsonl").read_text()


def test_verify_proves_and_remove_takes_out(run: Run, ask: Callable[..., Any], library: Path) -> None:
    assert "all proved" in run("verify")
    proof = ask("verify")
    assert proof["ok"] and proof["evidence"] > 0 and proof["failures"] == []
    before = ask("stats")["fingerprint"]
    assert ask("remove", "A bench", "p0")["papers"] == 1
    assert ask("stats")["fingerprint"] != before
    run("verify")


def test_a_failed_proof_has_its_exit_status(
    library: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from kg.library import Library

    with Library(library) as opened:
        opened._db.execute("""UPDATE extractions SET data = replace(data, '"Alphanet"', '"Alphanot"')""")
    assert main(["verify"]) == 1
    captured = capsys.readouterr()
    assert "error: " in captured.err and "Alphanot" in captured.err
    assert "Traceback" not in captured.err


def test_reading_commands_leave_the_library_alone(run: Run, library: Path) -> None:
    run("stats")  # may keep the graph
    before = library.read_bytes()
    for command in (("stats",), ("concepts",), ("papers",), ("show", "Alphanet"), ("verify",), ("related", "Alphanet")):
        run(*command)
    assert library.read_bytes() == before
    assert sorted(p.name for p in Path().iterdir()) == ["kg.db", "papers.jsonl"]


def test_output_in_a_pipe_is_plain(library: Path) -> None:
    done = python("-m", "kg", "papers")
    assert "\x1b" not in done.stdout + done.stderr
    assert "A bench" in done.stdout


def test_a_reader_that_leaves_early_is_no_error(library: Path) -> None:
    command = [sys.executable, "-m", "kg", "papers", "--json"]
    with subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""


# --- which forms are one concept -------------------------------------------------------------------------------------


def test_a_concept_explains_which_forms_it_joins(run: Run, ask: Callable[..., Any], library: Path) -> None:
    told = ask("why", "Betamixer")
    assert {"Betamixer", "Betamixers"} <= {form for m in told["merges"] for form in (m["a"], m["b"])}
    assert "Betamixers" in run("why", "Betamixer")
    (row, *_) = ask("merges")
    assert {"concept", "a", "b", "rule", "score", "papers", "evidence"} <= row.keys()
    assert "Betamixers" in run("merges")
    assert ask("merges", "--below", "0.01") == []


def test_a_merge_holds_through_rebuilds_until_it_is_split(run: Run, ask: Callable[..., Any], library: Path) -> None:
    before = ask("stats")
    run("merge", "Betamixer", "alphanet")
    assert ask("stats")["concepts"]["Method"] == 1
    run("build", "papers.jsonl")
    assert ask("stats")["concepts"]["Method"] == 1
    assert "Alphanet" in Path("kg.db.corrections").read_text() or "alphanet" in Path("kg.db.corrections").read_text()
    run("split", "Betamixer", "Alphanet")
    assert ask("stats") == before


def test_a_form_that_a_concept_does_not_have_cannot_be_split_off(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["split", "Alphanet", "Zeta"]) == 1
    assert "no form 'Zeta'" in capsys.readouterr().err
    assert not Path("kg.db.corrections").exists()
