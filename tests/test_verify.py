"""Proof of the evidence: a true graph passes, each kind of false statement is found."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import networkx as nx
import pytest

from kg import pipeline
from kg.library import Library
from kg.records import Evidence, Extraction, Mention, Paper, Relation
from kg.verify import check_evidence, verify

PAPER = Paper(id="p", title="On Ship", abstract="A ship sails. The ship carries goods.")
SHIP, GOODS = (18, 22), (31, 36)
MODEL = "fake-1"


def extraction(of: Paper) -> Extraction:
    sentence = (14, len(of.abstract))
    mentions = (
        Mention("abstract", *SHIP, "Method", "ship", 0.9, *sentence),
        Mention("abstract", *GOODS, "Task", "goods", 0.9, *sentence),
    )
    return Extraction(of.text_hash, MODEL, mentions, (Relation(0, "Used-For", 1, 0.8),))


TRUE = Evidence("p", "abstract", 14, 37, "The ship carries goods.", 0.8, SHIP, GOODS)


def failures(piece: Evidence, *, text_hash: str = PAPER.text_hash) -> list[str]:
    g = nx.MultiDiGraph()
    g.add_node("p", label="Paper", text_hash=text_hash)
    g.add_node("method/ship", label="Concept")
    g.add_node("task/goods", label="Concept")
    g.add_edge("method/ship", "task/goods", key="USED_FOR", evidence=(piece,))
    return list(check_evidence(g, {"p": PAPER}, {PAPER.text_hash: extraction(PAPER)}))


def test_true_evidence_passes() -> None:
    assert failures(TRUE) == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"paper": "q"}, "no such paper"),
        ({"field": "body"}, "no field"),
        ({"end": 99}, "outside the text"),
        ({"start": -1}, "outside the text"),
        ({"start": 37}, "outside the text"),
        ({"start": 15}, "not the sentence"),
        ({"sentence": "The ship carries goods!"}, "not the sentence"),
        ({"field": "title", "start": 0, "end": 7}, "not the sentence"),
        ({"head": (2, 6)}, "the head at 2:6 lies outside"),
        ({"tail": (31, 38)}, "the tail at 31:38 lies outside"),
        ({"tail": (23, 30)}, "the tail at 23:30 is no mention"),
    ],
)
def test_false_evidence_is_found(change: dict[str, Any], reason: str) -> None:
    (failure,) = failures(replace(TRUE, **change))
    assert reason in failure
    assert failure.startswith("method/ship USED_FOR task/goods")


def test_a_paper_whose_text_is_not_the_librarys_is_found() -> None:
    assert failures(TRUE, text_hash="0" * 32) == ["p: the graph's text is not the library's"]


def test_an_edge_without_evidence_is_found() -> None:
    g = nx.MultiDiGraph()
    g.add_node("a", label="Concept")
    g.add_edge("a", "a", key="VARIANT_OF", evidence=())
    assert list(check_evidence(g, {}, {})) == ["a VARIANT_OF a: no evidence"]


def test_the_evidence_of_a_papers_edge_is_its_own() -> None:
    g = nx.MultiDiGraph()
    g.add_node("q", label="Paper", text_hash=PAPER.text_hash)
    g.add_node("method/ship", label="Concept")
    g.add_edge("q", "method/ship", key="USES", evidence=(replace(TRUE, head=None, tail=SHIP),))
    papers = {"p": PAPER, "q": replace(PAPER, id="q")}
    (failure,) = check_evidence(g, papers, {PAPER.text_hash: extraction(PAPER)})
    assert "another paper" in failure


# --- a whole library -------------------------------------------------------------------------------------------------


def fake(papers: Iterable[Paper], *, workers: int = 1) -> Iterator[Extraction]:
    return map(extraction, papers)


@pytest.fixture
def library(tmp_path: Path) -> Path:
    source = tmp_path / "a.jsonl"
    source.write_text(json.dumps({"title": PAPER.title, "abstract": PAPER.abstract}) + "\n")
    pipeline.build([source], library=tmp_path / "kg.db", extract=fake, model=MODEL)
    return tmp_path / "kg.db"


def test_a_built_library_is_proved(library: Path) -> None:
    verdict = verify(library, model=MODEL)
    assert verdict.failures == ()
    assert (verdict.papers, verdict.mentions) == (1, 2)
    assert verdict.edges == 3  # from the paper to each concept, and between them
    assert verdict.pieces == 3


def test_a_mention_that_was_changed_in_the_library_is_found(library: Path) -> None:
    with Library(library) as opened:
        (row,) = opened._rows("SELECT data FROM extractions")
        opened._db.execute("UPDATE extractions SET data = ?", (row[0].replace('"goods"', '"gifts"'),))
    verdict = verify(library, model=MODEL)
    assert any("is not the mention 'gifts'" in failure for failure in verdict.failures)


def test_a_cached_graph_that_is_not_the_librarys_is_found(library: Path) -> None:
    # The cache's key stays, its graph is another's: as after a defect in what the key names.
    import zlib

    with Library(library) as opened:
        (row,) = opened._rows("SELECT data FROM cache")
        text = zlib.decompress(row[0]).decode()
        changed = re.sub(r'"confidence":0\.\d+|0\.8(?=,)', "0.7", text, count=1)
        assert changed != text
        opened._db.execute("UPDATE cache SET data = ?", (zlib.compress(changed.encode()),))
    verdict = verify(library, model=MODEL)
    assert any("fingerprint of the library's graph" in failure for failure in verdict.failures)
