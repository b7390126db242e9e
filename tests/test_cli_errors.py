"""A user's mistake gets one line on stderr and a non-zero exit; never a traceback, never a password, nothing lost."""

from __future__ import annotations

import gzip
import json
import os
import random
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

import kg.extraction
from kg.cli import main
from kg.cli.serving import password
from kg.errors import KgError, StoreError
from kg.records import Extraction, Mention, Paper

SECRET = "not-the-password"


def fake(papers: Iterable[Paper], *, workers: int = 1) -> Iterator[Extraction]:
    for paper in papers:
        end = paper.title.find(" ")
        mention = Mention("title", 0, end, "Method", paper.title[:end], 0.9, 0, len(paper.title))
        yield Extraction(paper.text_hash, "fake-1", (mention,))


@pytest.fixture(autouse=True)
def stand_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(kg.extraction, "extract", fake, raising=False)
    monkeypatch.setattr(kg.extraction, "model_version", lambda: "fake-1", raising=False)
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("NEO4J_", "KG_"))]:
        monkeypatch.delenv(name)


@pytest.fixture
def library(capsys: pytest.CaptureFixture[str]) -> Path:
    Path("a.jsonl").write_text(json.dumps({"title": "Alphanet reads", "abstract": "Alphanet reads rows."}) + "\n")
    assert main(["build", "a.jsonl"]) == 0
    capsys.readouterr()
    return Path("kg.db")


@pytest.fixture
def broken() -> None:
    Path("empty.txt").touch()
    Path("noise.bin").write_bytes(random.Random(1).randbytes(50_000))
    Path("page.html").write_text("<html><body><p>Nothing of use.</p></body></html>")
    Path("broken.json").write_text('{"paper": [')
    Path("no-abstract.csv").write_text("name,value\na,1\n")
    Path("not-a-library.db").write_text("this is not a library of papers" * 100)
    Path("cut.jsonl.gz").write_bytes(gzip.compress(b'{"title": "t", "abstract": "a"}\n' * 500)[:60])


Fail = Callable[..., str]


@pytest.fixture
def fail(capsys: pytest.CaptureFixture[str]) -> Fail:
    """Run a command that must fail; returns its stderr."""

    def call(*arguments: str, status: int = 1) -> str:
        capsys.readouterr()
        got = main(list(arguments))
        captured = capsys.readouterr()
        assert got == status, captured.err
        assert captured.out == ""
        assert "Traceback" not in captured.err
        assert SECRET not in captured.err
        return captured.err

    return call


MISTAKES = [
    ("build", "missing.txt"),
    ("build", "empty.txt"),
    ("build", "noise.bin"),
    ("build", "page.html"),
    ("build", "broken.json"),
    ("build", "no-abstract.csv"),
    ("build", "cut.jsonl.gz"),
    ("build", "a.jsonl", "--format", "nonsense"),
    ("build", "a.jsonl", "--library", "not-a-library.db"),
    ("build", "a.jsonl", "--library", "no/such/folder/kg.db"),
    ("stats", "--library", "missing.db"),
    ("stats", "--library", "not-a-library.db"),
    ("stats", "--library", "."),
    ("show", "No Such Concept At All"),
    ("path", "Alphanet", "No Such Concept At All"),
    ("report", "No Such Concept At All"),
    ("related", "No Such Concept At All"),
    ("why", "No Such Concept At All"),
    ("merge", "Alphanet", "No Such Concept At All"),
    ("query", "no-such-query"),
    ("query", "neighbours", "--nonsense", "3"),
    ("query", "neighbours", "--concept"),
    ("query", "neighbours"),
    ("query", "neighbours", "--concept", "Alphanet", "--limit", "many"),
    ("cypher", "not cypher at all"),
    ("cypher", "CREATE (:Paper {id: 'x'})"),
    ("remove", "no-such-paper"),
    ("export", "graph.unknown"),
    ("view", "-o", "no/such/folder/view.html"),
    ("report", "Alphanet", "-o", "no/such/folder/report.md"),
    ("extract", "a.jsonl", "-o", "no/such/folder/out.jsonl"),
    ("extract", "missing.jsonl"),
    ("sync",),
    ("sync", "--password-file", "missing.txt"),
    ("cypher", "RETURN 1", "--on", "neo4j"),
]


@pytest.mark.parametrize("mistake", MISTAKES, ids=" ".join)
def test_a_mistake_is_told_in_one_line(library: Path, broken: None, fail: Fail, mistake: tuple[str, ...]) -> None:
    before = library.read_bytes()
    err = fail(*mistake)
    assert err.startswith("error: ") and err.count("\n") == 1 and len(err) > 20
    assert library.read_bytes() == before
    assert not Path("missing.db").exists()


USAGE = [
    ("build",),
    ("nonsense",),
    ("stats", "--nonsense"),
    ("path", "Alphanet"),
    ("path", "Alphanet", "Alphanet", "--max-hops", "none"),
    ("concepts", "--kind", "Animal"),
    ("report", "Alphanet", "--format", "docx"),
    ("cypher", "RETURN 1", "--on", "paper"),
    ("cypher", "RETURN 1", "--param", "no-equals-sign"),
    ("query",),
    ("remove",),
    ("neo4j", "nonsense"),
]


@pytest.mark.parametrize("mistake", USAGE, ids=" ".join)
def test_a_usage_error_shows_the_usage_and_leaves_with_two(library: Path, fail: Fail, mistake: tuple[str, ...]) -> None:
    lines = [line for line in fail(*mistake, status=2).splitlines() if line.strip()]
    assert 1 <= len(lines) <= 6
    assert lines[0].startswith("Usage: kg")


@pytest.mark.parametrize("uri", ["bolt://127.0.0.1:1", "http://127.0.0.1", "nonsense"])
def test_a_server_that_is_not_there_is_one_line_without_the_password(
    library: Path, fail: Fail, uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEO4J_PASSWORD", SECRET)
    err = fail("sync", "--uri", uri)
    assert err.startswith("error: ") and err.count("\n") == 1


def test_suggestions_are_close_names(library: Path, fail: Fail) -> None:
    assert "'Alphanet'" in fail("show", "Alphanat")


def test_a_stop_says_what_is_kept(library: Path, fail: Fail, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(papers: Iterable[Paper], *, workers: int = 1) -> Iterator[Extraction]:
        first, *_ = papers
        yield from fake([first])
        raise KeyboardInterrupt

    monkeypatch.setattr(kg.extraction, "extract", stopped)
    rows = [{"title": f"Betamixer {n}", "abstract": "It mixes."} for n in range(3)]
    Path("b.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    err = fail("build", "b.jsonl", status=130)
    assert "1 of 3" in err and err.count("\n") == 1


def test_a_defect_is_one_line_and_the_traceback_is_for_those_who_ask(
    library: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from kg import graph

    def defect(g: object) -> dict[str, object]:
        raise ValueError("two\nlines")

    monkeypatch.setattr(graph, "counts", defect)
    assert main(["stats"]) == 1
    err = capsys.readouterr().err
    assert err.startswith("error: ValueError: two lines") and err.count("\n") == 1
    monkeypatch.setenv("KG_DEBUG", "1")
    assert main(["stats"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_a_name_with_control_characters_cannot_reach_the_terminal(library: Path, fail: Fail) -> None:
    assert "\x1b" not in fail("show", "\x1b[2J\x1b[31mAlphanet")


# --- the password ----------------------------------------------------------------------------------------------------


def test_the_password_comes_from_a_file_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEO4J_PASSWORD", "from the environment")
    Path("secret").write_text("from the file\n")
    assert password(Path("secret")) == "from the file"
    assert password(None) == "from the environment"


def test_without_a_password_and_a_terminal_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    with pytest.raises(StoreError, match="NEO4J_PASSWORD"):
        password(None)


def test_a_password_file_that_cannot_be_read_is_an_error() -> None:
    with pytest.raises(KgError, match="cannot read the password file"):
        password(Path("missing"))


def test_no_option_takes_a_password_as_its_value(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sync", "--help"]) == 0
    options = capsys.readouterr().out
    assert "--password-file" in options
    assert "--password " not in options
