"""Evaluation: figures worked out by hand, the corpora's formats on invented files, and the shipped model's own bars."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kg.errors import SourceError
from kg.evaluation import evaluate, measure, table
from kg.evaluation.corpora import annotated, papers, scier, scierc, tdmsci
from kg.evaluation.scoring import Counts, b_cubed, reliability

DATA = Path(__file__).resolve().parents[1] / ".." / "shared" / "data"


def test_f1_counts_what_was_right_said_and_due() -> None:
    counts = Counts()
    counts.add({("a", 1), ("b", 2), ("c", 3)}, {("a", 1), ("x", 9)}, n_gold=4)
    assert counts.figures() == {"f1": 33.33, "p": 50.0, "r": 25.0, "gold": 4, "said": 2}


def test_b_cubed_of_one_wrong_merge() -> None:
    gold = {1: "a", 2: "a", 3: "b"}
    # Precision: each item's group is a third or two thirds right, (2/3 + 2/3 + 1/3) / 3; recall is whole.
    assert b_cubed(gold, {1: "x", 2: "x", 3: "x"}) == pytest.approx(200 * (5 / 9) / (5 / 9 + 1), abs=0.01)
    assert b_cubed(gold, {1: "x", 2: "x", 3: "y"}) == 100.0
    assert b_cubed(gold, {}) == 0.0


def test_reliability_sets_what_is_promised_beside_what_is_right() -> None:
    rows = [(0.55, True), (0.55, False), (0.99, True), (1.0, True)]
    assert reliability(rows) == [
        {"from": 0.5, "to": 0.6, "n": 2, "promised": 55.0, "right": 50.0},
        {"from": 0.95, "to": 1.0, "n": 2, "promised": 99.5, "right": 100.0},
    ]


def test_an_annotated_paper_becomes_words_with_mentions_on_them() -> None:
    doc = annotated(
        {
            "id": "p",
            "title": "FooNet: Fast Parsing",
            "abstract": "FooNet uses a tree-LSTM. It is fast.",
            "mentions": [
                {"field": "title", "start": 0, "end": 6, "type": "Method", "concept": "FooNet"},
                {"field": "abstract", "start": 14, "end": 23, "type": "Method", "concept": "Tree-LSTM"},
                {"field": "abstract", "start": 15, "end": 23, "type": "Method", "concept": "cut inside a word"},
                {"field": "abstract", "start": 0, "end": 6, "type": "Method", "concept": "FooNet"},
            ],
            "relations": [{"head": 1, "type": "Part-Of", "tail": 3}, {"head": 0, "type": "Used-For", "tail": 1}],
            "roles": {"FooNet": "introduces", "Tree-LSTM": "uses"},
        }
    )
    assert doc.title == 4
    assert [" ".join(doc.words[a : z + 1]) for a, z, _ in doc.mentions] == ["FooNet", "tree - LSTM", "FooNet"]
    assert doc.roles == ["introduces", "uses", "introduces"]
    assert doc.relations == [(1, "Part-Of", 2)], "a relation that leaves its sentence is none"
    assert (doc.n_mentions, doc.n_relations) == (4, 2), "what could not be placed counts as missed"
    assert len(set(doc.sentence)) == 3


def test_scier_entities_are_aligned_from_left_to_right(tmp_path: Path) -> None:
    row = {
        "doc_id": "1",
        "sentence": "BarNet and BarNet beat FooNet on Set 2 0 1 6 .",
        "ner": [
            ["BarNet", "Method"],
            ["BarNet", "Method"],
            ["FooNet", "Method"],
            ["Set 2 0 1 6", "Dataset"],
            ["absent", "Task"],
        ],
        "rel": [["BarNet", "Compare-With", "FooNet"], ["FooNet", "Evaluated-With", "Set 2 0 1 6"]],
    }
    (tmp_path / "s.jsonl").write_text(json.dumps(row) + "\n")
    (doc,) = scier(tmp_path / "s.jsonl")
    assert [(" ".join(doc.words[a : z + 1]), k) for a, z, k in doc.mentions] == [
        ("BarNet", "Method"),
        ("BarNet", "Method"),
        ("FooNet", "Method"),
        ("Set 2016", "Dataset"),
    ]
    assert doc.relations == [(1, "Compare-With", 2), (2, "Evaluated-With", 3)], "of two places the nearer one is meant"
    assert (doc.n_mentions, doc.n_relations) == (5, 2)


def test_conll_files_give_documents_or_sentences(tmp_path: Path) -> None:
    (tmp_path / "c.txt").write_text(
        "-DOCSTART- NN O O\n\nWe NN O O\nuse NN O O\nFoo-Net NN O I-Method\n-LRB- NN O O\nslow NN O I-Generic\n\n"
        "It NN O O\nparses NN O I-Task\n\n-DOCSTART- NN O O\n\nCoNLL NN O I-Material\n"
    )
    first, second = scierc(tmp_path / "c.txt")
    assert [(" ".join(first.words[a : z + 1]), k) for a, z, k in first.mentions] == [
        ("Foo - Net", "Method"),
        ("parses", "Task"),
    ]
    assert "(" in first.words
    assert second.mentions == [(0, 0, "Dataset")]
    (tmp_path / "t.conll").write_text(
        "on\t0\tO\nSQuAD\t3\tB-DATASET\n2\t9\tI-DATASET\nF1\t11\tB-METRIC\n\nparsing\t0\tB-TASK\n"
    )
    one, two = tdmsci(tmp_path / "t.conll")
    assert (one.mentions, two.mentions) == ([(1, 2, "Dataset")], [(0, 0, "Task")])


def test_a_missing_corpus_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="expected a folder with annotations"):
        evaluate(tmp_path)


@pytest.mark.skipif(not DATA.is_dir(), reason="the annotated corpora are not beside the checkout")
def test_the_shipped_model_keeps_its_bars_on_the_development_papers() -> None:
    docs = [annotated(p) for p in papers(DATA / "annotations" / "dev.jsonl")]
    found = measure(docs, "abstract")
    assert found["mentions"]["f1"] >= 81
    assert found["relations"]["f1"] >= 56
    assert found["roles"]["accuracy"] >= 78
    assert found["above_0.9"]["mentions"]["right"] >= 90
    assert found["above_0.9"]["relations"]["right"] >= 90
    text = table({"model": "m", "corpora": {"annotations/dev": found}})
    assert f"| annotations/dev | roles, accuracy | {found['roles']['accuracy']:.1f} |" in text
