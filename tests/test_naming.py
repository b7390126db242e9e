from __future__ import annotations

import pytest
from tiny import make, mamba_notes, note

from kg import naming
from kg.errors import UnknownConcept, UnknownPaper

SSM = "method/state-space-model"
LONG = "task/long-sequence-modeling"


@pytest.fixture(scope="module")
def g():
    return make(mamba_notes())


@pytest.mark.parametrize(
    ("typed", "means"),
    [
        ("method/mamba", "method/mamba"),
        ("METHOD/Mamba", "method/mamba"),
        ("Mamba", "method/mamba"),
        ("  mAmBa ", "method/mamba"),
        ("Ｍａｍｂａ", "method/mamba"),
        ("mamba model", "method/mamba"),
        ("state-space models", SSM),
        ("State‑Space   Model", SSM),
        ("statespacemodel", SSM),
        ("state space", SSM),
        ("SSM", SSM),
        ("ssms", SSM),
        ("long sequences", LONG),
        ("Long-Sequence Modelling", LONG),
        ("modeling long sequences", LONG),
        ("long sequence processing", LONG),
        ("task: long sequences", LONG),
        ("long range arena", "dataset/long-range-arena"),
        ("LRA", "dataset/long-range-arena"),
        ("the LRA benchmark", "dataset/long-range-arena"),
    ],
)
def test_a_concept_is_found_as_people_type_it(g, typed, means):
    assert naming.resolve(g, typed) == means


@pytest.mark.parametrize(
    "typed",
    ["No Such Concept At All", "", "   ", "???", "m", "model", "a", "Mamba is new", "task:mamba", "space", "{}"],
)
def test_what_names_nothing_is_not_guessed(g, typed):
    with pytest.raises(UnknownConcept):
        naming.resolve(g, typed)


def test_a_slip_of_the_finger_is_answered_with_suggestions(g):
    with pytest.raises(UnknownConcept) as caught:
        naming.resolve(g, "Mambaa")
    assert caught.value.suggestions == ("Mamba",)
    assert "closest: 'Mamba'" in str(caught.value)


def test_nonsense_gets_no_suggestions(g):
    with pytest.raises(UnknownConcept) as caught:
        naming.resolve(g, "No Such Concept At All")
    assert caught.value.suggestions == ()


def test_there_are_at_most_five_suggestions():
    g = make([note("a", ", ".join(f"{{Mamba{c}}}" for c in "abcdefgh"))])
    with pytest.raises(UnknownConcept) as caught:
        naming.resolve(g, "Mambax")
    assert len(caught.value.suggestions) == 5


def test_a_name_comes_before_an_alias(monkeypatch):
    monkeypatch.setitem(__import__("tiny").KNOWN, "Reader", ("method/machine-reader", "Machine Reader"))
    monkeypatch.setitem(__import__("tiny").KNOWN, "reader", ("method/reader", "reader"))
    g = make([note("a", "{Reader}. {Reader}."), note("b", "{reader}.")])
    assert naming.resolve(g, "READER") == "method/reader"
    assert naming.resolve(g, "machine readers") == "method/machine-reader"


def test_of_two_concepts_with_one_name_the_one_in_more_papers_is_meant_and_a_kind_in_front_decides(monkeypatch):
    monkeypatch.setitem(__import__("tiny").KNOWN, "Routing", ("task/routing", "Routing"))
    monkeypatch.setitem(__import__("tiny").KNOWN, "routing", ("method/routing", "Routing"))
    g = make([note("a", "{Routing}."), note("b", "{Routing}."), note("c", "{routing}.")])
    assert naming.resolve(g, "Routing") == "task/routing"
    assert naming.resolve(g, "method:routing") == "method/routing"


def test_an_ambiguous_short_form_gives_way_to_what_papers_mean_by_it_more_often(monkeypatch):
    monkeypatch.setitem(__import__("tiny").KNOWN, "SSM ", ("method/ssm", "SSM"))
    notes = [note("a", "{SSM}. {SSM}. {state space models}."), note("b", "{SSM } is here.")]
    assert naming.resolve(make(notes), "SSM") == "method/ssm"
    assert naming.resolve(make(notes, ambiguous=["method/ssm"]), "SSM") == SSM


def test_part_of_a_name_finds_it_only_with_two_words_and_few_more():
    g = make([note("a", "{Gated Linear Attention Unit}.")])
    assert naming.resolve(g, "linear attention") == "method/gated-linear-attention-unit"
    for typed in ("attention", "gated"):
        with pytest.raises(UnknownConcept):
            naming.resolve(g, typed)


@pytest.mark.parametrize("typed", ["title:a", "TITLE:A", "Mamba for all", "mamba, for ALL!", "https://example.org/a"])
def test_a_paper_is_found_by_id_address_or_title(g, typed):
    assert naming.resolve_paper(g, typed) == "title:a"


@pytest.mark.parametrize(
    "typed",
    ["2312.00752", "arXiv:2312.00752v2", "https://arxiv.org/abs/2312.00752", "https://arxiv.org/pdf/2312.00752v1.pdf",
     "10.1000/ABC", "https://doi.org/10.1000/abc", "doi:10.1000/abc"],
)  # fmt: skip
def test_a_paper_is_found_by_its_arxiv_identifier_and_its_doi(typed):
    g = make([note("a", "{Mamba}.", arxiv="2312.00752", doi="10.1000/abc")])
    assert naming.resolve_paper(g, typed) == "title:a"


@pytest.mark.parametrize("typed", ["no-such-paper", "Mamba", "Mamba for", "", "2312.00753", "method/mamba"])
def test_a_part_of_a_title_names_no_paper(g, typed):
    with pytest.raises(UnknownPaper):
        naming.resolve_paper(g, typed)


def test_an_unknown_paper_is_answered_with_close_titles(g):
    with pytest.raises(UnknownPaper) as caught:
        naming.resolve_paper(g, "Mamba for everyone")
    assert "Mamba for all" in caught.value.suggestions


def test_a_plural_without_its_generic_word_means_what_is_worked_on(monkeypatch):
    known = __import__("tiny").KNOWN
    monkeypatch.setitem(known, "long-sequence model", ("method/long-sequence-model", "Long-Sequence Model"))
    monkeypatch.setitem(known, "long-sequence models", ("method/long-sequence-model", "Long-Sequence Model"))
    g = make(
        [
            note("a", "{long-sequence model}. {long-sequence models}. {long-sequence models}."),
            note("b", "{long-sequence model} and {long sequences}."),
        ]
    )
    g.nodes[LONG]["aliases"], g.nodes[LONG]["alias_counts"] = (), ()
    assert naming.resolve(g, "long sequences") == LONG
    assert naming.resolve(g, "long sequence") == "method/long-sequence-model"
    assert naming.resolve(g, "long-sequence models") == "method/long-sequence-model"


def test_a_name_without_its_generic_word_comes_before_an_alias_without_it(monkeypatch):
    known = __import__("tiny").KNOWN
    monkeypatch.setitem(known, "Diffusion Model", ("method/diffusion-model", "Diffusion Model"))
    monkeypatch.setitem(known, "Denoiser", ("method/denoiser", "Denoiser"))
    monkeypatch.setitem(known, "diffusion network", ("method/denoiser", "Denoiser"))
    text = "{Diffusion Model}. {Denoiser}. {diffusion network}. {diffusion network}."
    assert (
        naming.resolve(make([note("a", text), note("b", "{diffusion network}.")]), "diffusion")
        == "method/diffusion-model"
    )


def test_an_abbreviation_that_ends_in_s_is_found_in_small_letters(monkeypatch):
    monkeypatch.setitem(__import__("tiny").KNOWN, "MCTS", ("method/monte-carlo-tree-search", "Monte Carlo Tree Search"))
    g = make([note("a", "{MCTS}.")])
    assert naming.resolve(g, "mcts") == "method/monte-carlo-tree-search"
