"""From sources to the graph: what a build does, and that only the papers decide what the graph is."""

from __future__ import annotations

import json
import random
import re
import signal
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg import graph, pipeline
from kg.errors import KgError, LibraryError, SourceError, UnknownPaper
from kg.library import Library
from kg.records import Extraction, Mention, Paper, Relation

MODEL = "fake-1"
KINDS = {"Alphanet": "Method", "Betamixer": "Method", "Gammabench": "Dataset", "delta tagging": "Task"}
NAMES = re.compile("|".join(KINDS))
TEXTS = {
    "Alphanet for delta tagging": "We introduce Alphanet. Alphanet is used for delta tagging.",
    "Betamixer, a part of it": "Betamixer serves delta tagging. It is tested on Gammabench.",
    "Nothing to see": "This text names nothing at all.",
    "Gammabench": "Gammabench measures delta tagging. Alphanet and Betamixer are compared on Gammabench.",
    "Alphanet again": "Alphanet, like Betamixer, reads long rows.",
    "The last one": "Betamixer beats Alphanet in delta tagging on Gammabench.",
}


def fake(papers: Iterable[Paper], *, workers: int = 1) -> Iterator[Extraction]:
    """Find the four known names; the first of a sentence is used for the last."""
    for paper in papers:
        mentions: list[Mention] = []
        relations: list[Relation] = []
        for field in ("title", "abstract"):
            for sentence in re.finditer(r"[^ ][^.]*\.?", getattr(paper, field)):
                first = len(mentions)
                for name in NAMES.finditer(sentence.group()):
                    start = sentence.start() + name.start()
                    span = (start, start + len(name.group()))
                    kind = KINDS[name.group()]
                    roles = (0.1, 0.6, 0.1, 0.1, 0.0, 0.0, 0.1)
                    mentions.append(Mention(field, *span, kind, name.group(), 0.9, *sentence.span(), roles))
                if len(mentions) - first >= 2:
                    relations.append(Relation(first, "Used-For", len(mentions) - 1, 0.8))
        yield Extraction(paper.text_hash, MODEL, tuple(mentions), tuple(relations))


def write(file: Path, titles: Iterable[str] = TEXTS, **other: str) -> Path:
    rows = [{"title": title, "abstract": TEXTS[title], **other} for title in titles]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


def build(library: Path, *sources: Path, **other: object) -> pipeline.BuildResult:
    return pipeline.build(sources, library=library, extract=fake, model=MODEL, **other)  # type: ignore[arg-type]


def fingerprint(library: Path) -> str:
    return pipeline.load_graph(library, model=MODEL).fingerprint


# --- what a build tells ----------------------------------------------------------------------------------------------


def test_a_build_counts_entries_papers_and_what_is_new(tmp_path: Path) -> None:
    first = build(tmp_path / "kg.db", write(tmp_path / "a.jsonl", list(TEXTS)[:4]))
    second = build(tmp_path / "kg.db", write(tmp_path / "b.jsonl", list(TEXTS)[2:]))
    assert (first.entries, first.papers, first.new, first.changed, first.extracted) == (4, 4, 4, 0, 4)
    assert (second.entries, second.papers, second.new, second.changed, second.extracted) == (4, 6, 2, 0, 2)


def test_the_same_source_again_changes_nothing(tmp_path: Path) -> None:
    source = write(tmp_path / "a.jsonl")
    first = build(tmp_path / "kg.db", source)
    again = build(tmp_path / "kg.db", source)
    assert (again.new, again.changed, again.extracted, again.fingerprint) == (0, 0, 0, first.fingerprint)


def test_a_paper_with_a_longer_abstract_is_changed_and_extracted_again(tmp_path: Path) -> None:
    title = "Alphanet again"
    build(tmp_path / "kg.db", write(tmp_path / "a.jsonl", [title]))
    longer = tmp_path / "b.jsonl"
    longer.write_text(json.dumps({"title": title, "abstract": TEXTS[title] + " So does Gammabench."}) + "\n")
    result = build(tmp_path / "kg.db", longer)
    assert (result.papers, result.new, result.changed, result.extracted) == (1, 0, 1, 1)
    with Library(tmp_path / "kg.db", read_only=True) as library:
        assert len(library.extractions(MODEL)) == 1  # that of the shorter text has gone


def test_a_paper_that_gets_its_arxiv_id_from_a_further_source_is_not_new(tmp_path: Path) -> None:
    build(tmp_path / "kg.db", write(tmp_path / "a.jsonl", ["Alphanet again"]))
    result = build(tmp_path / "kg.db", write(tmp_path / "b.jsonl", ["Alphanet again"], arxiv="2401.00001"))
    assert (result.papers, result.new, result.changed) == (1, 0, 0)


def test_a_build_reports_its_progress_to_the_end(tmp_path: Path) -> None:
    calls: list[tuple[str, int, int]] = []
    build(tmp_path / "kg.db", write(tmp_path / "a.jsonl"), progress=lambda *call: calls.append(call))
    assert calls[0] == ("read", 0, 1)
    assert ("extract", len(TEXTS), len(TEXTS)) in calls
    assert calls[-1] == ("link", 1, 1)


def test_one_bad_source_changes_nothing_and_makes_no_library(tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        build(tmp_path / "kg.db", write(tmp_path / "a.jsonl"), tmp_path / "missing.jsonl")
    assert not (tmp_path / "kg.db").exists()


def test_loading_a_missing_library_says_so(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="no library"):
        pipeline.load_graph(tmp_path / "kg.db", model=MODEL)


# --- only the papers decide ------------------------------------------------------------------------------------------


@settings(max_examples=10, deadline=None)
@given(order=st.permutations(list(TEXTS)), cut=st.integers(0, len(TEXTS)))
def test_neither_order_nor_number_of_builds_changes_the_graph(order: list[str], cut: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        whole = build(Path(folder, "whole.db"), write(Path(folder, "whole.jsonl")))
        parts = [part for part in (order[:cut], order[cut:]) if part]
        for n, part in enumerate(parts):
            last = build(Path(folder, "parts.db"), write(Path(folder, f"{n}.jsonl"), part))
        assert last.fingerprint == whole.fingerprint


@settings(max_examples=12, deadline=None)
@given(gone=st.sets(st.sampled_from(list(TEXTS)), max_size=len(TEXTS) - 1))
def test_removing_papers_leaves_the_graph_of_the_others(gone: set[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        never = build(Path(folder, "never.db"), write(Path(folder, "a.jsonl"), [t for t in TEXTS if t not in gone]))
        build(Path(folder, "all.db"), write(Path(folder, "b.jsonl")))
        result = pipeline.remove(sorted(gone), library=Path(folder, "all.db"), model=MODEL)
        assert result.fingerprint == never.fingerprint
        assert result.papers == len(TEXTS) - len(gone)
        with Library(Path(folder, "all.db"), read_only=True) as library:
            assert len(library.extractions(MODEL)) == result.papers


def test_a_removed_paper_comes_back_with_its_source(tmp_path: Path) -> None:
    source = write(tmp_path / "a.jsonl")
    whole = build(tmp_path / "kg.db", source)
    pipeline.remove(["Gammabench"], library=tmp_path / "kg.db", model=MODEL)
    assert build(tmp_path / "kg.db", source).fingerprint == whole.fingerprint


@pytest.mark.parametrize("name", ["2401.00001", "arxiv:2401.00001", "no-1", "alphanet  AGAIN"])
def test_a_paper_is_named_by_id_source_id_or_title(tmp_path: Path, name: str) -> None:
    build(tmp_path / "kg.db", write(tmp_path / "a.jsonl"))
    build(tmp_path / "kg.db", write(tmp_path / "b.jsonl", ["Alphanet again"], arxiv="2401.00001", id="no-1"))
    assert pipeline.remove([name], library=tmp_path / "kg.db", model=MODEL).removed == ("arxiv:2401.00001",)


def test_an_unknown_paper_is_told_with_what_is_close_and_nothing_goes(tmp_path: Path) -> None:
    before = build(tmp_path / "kg.db", write(tmp_path / "a.jsonl"))
    with pytest.raises(UnknownPaper) as caught:
        pipeline.remove(["Gammabench", "Alphanet agian"], library=tmp_path / "kg.db", model=MODEL)
    assert caught.value.suggestions[0] == "Alphanet again"
    assert fingerprint(tmp_path / "kg.db") == before.fingerprint


def test_a_title_of_two_papers_asks_for_an_id(tmp_path: Path) -> None:
    for n in ("2401.00001", "2401.00002"):
        build(tmp_path / "kg.db", write(tmp_path / f"{n}.jsonl", ["Alphanet again"], arxiv=n))
    with pytest.raises(KgError, match=r"names 2 papers.*2401\.00001"):
        pipeline.remove(["Alphanet again"], library=tmp_path / "kg.db", model=MODEL)


# --- models and the cache --------------------------------------------------------------------------------------------


def test_a_new_model_extracts_everything_again(tmp_path: Path) -> None:
    def newer(papers: Iterable[Paper], *, workers: int = 1) -> Iterator[Extraction]:
        return (Extraction(e.text_hash, "fake-2", e.mentions) for e in fake(papers))  # without relations

    source = write(tmp_path / "a.jsonl")
    old = build(tmp_path / "kg.db", source)
    assert pipeline.load_graph(tmp_path / "kg.db", model="fake-2").missing == len(TEXTS)
    # Until the next build the library shows what it has.
    assert fingerprint(tmp_path / "kg.db") == old.fingerprint
    new = pipeline.build([], library=tmp_path / "kg.db", extract=newer, model="fake-2")
    assert (new.entries, new.extracted) == (0, len(TEXTS))
    assert new.fingerprint != old.fingerprint
    with Library(tmp_path / "kg.db", read_only=True) as library:
        assert library.models() == {"fake-2": len(TEXTS)}


def test_refreshing_a_missing_library_makes_none(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="no library"):
        build(tmp_path / "kg.db")
    assert not (tmp_path / "kg.db").exists()


def test_the_graph_is_assembled_once_for_each_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assembled: list[int] = []
    real = graph.assemble
    monkeypatch.setattr(graph, "assemble", lambda *a: assembled.append(1) or real(*a))
    build(tmp_path / "kg.db", write(tmp_path / "a.jsonl", list(TEXTS)[:3]))
    cached = pipeline.load_graph(tmp_path / "kg.db", model=MODEL)
    assert len(assembled) == 1
    assert graph.fingerprint(cached.graph) == cached.fingerprint
    build(tmp_path / "kg.db", write(tmp_path / "b.jsonl"))
    assert len(assembled) == 2


def test_a_damaged_cache_is_assembled_again(tmp_path: Path) -> None:
    built = build(tmp_path / "kg.db", write(tmp_path / "a.jsonl"))
    with Library(tmp_path / "kg.db") as library:
        library._db.execute("UPDATE cache SET data = x'00ff'")
    loaded = pipeline.load_graph(tmp_path / "kg.db", model=MODEL)
    assert graph.fingerprint(loaded.graph) == built.fingerprint


def test_an_open_library_can_be_given_in_place_of_a_path(tmp_path: Path) -> None:
    source = write(tmp_path / "a.jsonl")
    with Library(tmp_path / "kg.db", create=True) as library:
        built = pipeline.build([source], library=library, extract=fake, model=MODEL)
        assert pipeline.load_graph(library, model=MODEL).fingerprint == built.fingerprint
        assert len(library.papers()) == len(TEXTS)


# --- kills and stops -------------------------------------------------------------------------------------------------


def test_a_stop_keeps_what_was_extracted(tmp_path: Path) -> None:
    def stopped(papers: Iterable[Paper], *, workers: int = 1) -> Iterator[Extraction]:
        for n, extraction in enumerate(fake(papers)):
            if n == 2:
                raise KeyboardInterrupt
            yield extraction

    source = write(tmp_path / "a.jsonl")
    with pytest.raises(pipeline.Interrupted) as caught:
        pipeline.build([source], library=tmp_path / "kg.db", extract=stopped, model=MODEL)
    assert (caught.value.done, caught.value.total) == (2, len(TEXTS))
    assert build(tmp_path / "kg.db", source).extracted == len(TEXTS) - 2


SLOW_BUILD = """
    import importlib.util, sys, time
    from kg import pipeline
    spec = importlib.util.spec_from_file_location("of_test", sys.argv[1])
    of_test = importlib.util.module_from_spec(spec)
    sys.modules["of_test"] = of_test
    spec.loader.exec_module(of_test)
    def slow(papers, *, workers=1):
        for extraction in of_test.fake(papers):
            time.sleep(0.05)
            yield extraction
            print(extraction.text_hash, flush=True)
    pipeline.BATCH = 1
    pipeline.build([sys.argv[2]], library=sys.argv[3], extract=slow, model=of_test.MODEL)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_a_build_that_is_killed_again_and_again_goes_on_and_ends_in_the_same_graph(tmp_path: Path) -> None:
    source = write(tmp_path / "a.jsonl")
    whole = build(tmp_path / "whole.db", source)
    rng = random.Random(3)
    seen: set[str] = set()
    command = [sys.executable, "-c", textwrap.dedent(SLOW_BUILD), __file__, str(source), str(tmp_path / "kg.db")]
    kills = 0
    for _ in range(3):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        reported = [process.stdout.readline().strip() for _ in range(rng.randint(1, 2))]
        process.kill()
        process.wait()
        process.stdout.close()
        kills += process.returncode == -signal.SIGKILL
        # What it had reported as done stays done: nothing is extracted twice.
        assert not seen & set(filter(None, reported))
        seen |= set(filter(None, reported))
    assert kills >= 1
    result = build(tmp_path / "kg.db", source)
    assert result.fingerprint == whole.fingerprint
    assert result.extracted <= len(TEXTS) - len(seen)
