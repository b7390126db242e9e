from __future__ import annotations

from math import log, sqrt

import pytest
from tiny import make, mamba_notes, note

from kg import relatedness
from kg.errors import KgError, UnknownConcept

SSM = "method/state-space-model"


def test_a_stated_relation_scores_by_nearness_and_confidence():
    notes = [
        note("a", "{A} and {B}.", [("A", "SubClass-Of", "B", 0.8)]),
        note("b", "{A} or {B}.", [("B", "Part-Of", "A", 0.5)]),
    ]
    # 1 - (1 - 0.9 * 0.8) * (1 - 0.8 * 0.5)
    assert relatedness.relations_score(make(notes), "method/a", "method/b") == pytest.approx(0.832)


def test_shared_papers_score_by_adamic_adar_as_a_cosine():
    g = make([note("a", "{A}, {B}."), note("b", "{A}, {B}, {C}, {D}."), note("c", "{A}, {C}.")])
    two, four = 1 / log(3), 1 / log(5)
    want = (two + four) / sqrt((two + four + two) * (two + four))
    assert relatedness.papers_score(g, "method/a", "method/b") == pytest.approx(want)
    assert relatedness.papers_score(g, "method/b", "method/b") == 1.0


def test_concepts_without_a_shared_paper_score_nothing():
    g = make([note("a", "{A}."), note("b", "{B}.")])
    for scorer in relatedness.SCORERS.values():
        assert scorer(g, "method/a", "method/b") == 0.0


def test_shared_neighbours_score_by_adamic_adar_and_leave_the_two_themselves_out():
    notes = [
        note("a", "{A} and {C}.", [("A", "Used-For", "C", 0.9)]),
        note("b", "{B} and {C}.", [("B", "Used-For", "C", 0.9)]),
        note("c", "{A} and {B}.", [("A", "Used-For", "B", 0.9)]),
        note("d", "{A} and {D}.", [("A", "Used-For", "D", 0.9)]),
    ]
    c, d = 1 / log(3), 1 / log(2)  # C has two neighbours, D has one
    assert relatedness.neighbours_score(make(notes), "method/a", "method/b") == pytest.approx(c / sqrt((c + d) * c))


def test_scores_do_not_depend_on_which_concept_is_asked_about():
    g = make(mamba_notes())
    for scorer in relatedness.SCORERS.values():
        assert scorer(g, "method/mamba", SSM) == scorer(g, SSM, "method/mamba")


def test_related_concepts_come_best_first_with_the_reasons():
    rows = relatedness.related(make(mamba_notes()), "mamba")
    assert [r["id"] for r in rows][:2] == [SSM, "task/long-sequence-modeling"]
    first = rows[0]
    assert first["relations"] == [{"relation": "SUBCLASS_OF", "forward": True, "confidence": 0.95, "papers": 1}]
    assert first["papers"] == 1
    assert first["evidence"]["sentence"] == "Mamba belongs to the state space models."
    assert first["score"] == pytest.approx(sum(relatedness.WEIGHTS[n] * v for n, v in first["parts"].items()), abs=1e-4)
    assert "method/mamba" not in [r["id"] for r in rows]


def test_without_a_relation_the_sentence_that_names_both_is_shown():
    g = make([note("a", "{B} is first. {A} meets {B}. {B} is last.")])
    (row,) = relatedness.related(g, "A")
    assert row["relations"] == []
    assert row["evidence"]["sentence"] == "A meets B."


def test_min_papers_and_limit_hold():
    notes = [note("a", "{A}, {B}, {C}."), note("b", "{A}, {B}.")]
    g = make(notes)
    assert [r["id"] for r in relatedness.related(g, "A", min_papers=2)] == ["method/b"]
    assert len(relatedness.related(g, "A", limit=1)) == 1
    with pytest.raises(KgError):
        relatedness.related(g, "A", limit=0)


def test_with_no_shared_paper_asked_for_neighbours_of_neighbours_come_in():
    notes = [
        note("a", "{A} and {C}.", [("A", "Used-For", "C", 0.9)]),
        note("b", "{B} and {C}.", [("B", "Used-For", "C", 0.9)]),
    ]
    g = make(notes)
    assert "method/b" not in [r["id"] for r in relatedness.related(g, "A")]
    (row,) = [r for r in relatedness.related(g, "A", min_papers=0) if r["id"] == "method/b"]
    assert (row["papers"], row["evidence"]) == (0, None)


def test_equal_scores_go_by_id():
    g = make([note("a", "{D}, {C}, {B}, {A}.")])
    assert [r["id"] for r in relatedness.related(g, "A")] == ["method/b", "method/c", "method/d"]


def test_an_unknown_concept_is_refused():
    with pytest.raises(UnknownConcept):
        relatedness.related(make(mamba_notes()), "No Such Concept At All")
