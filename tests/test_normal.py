from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.normal import normal_form, singular


@pytest.mark.parametrize(
    "forms",
    [
        ("State-Space Models", "state space model", "State‑Space Model", "STATE SPACE MODEL"),
        ("SSMs", "SSM"),
        ("Mamba-2", "Mamba2", "Mamba 2", "Mamba v2"),
        ("language modelling", "Language Modeling"),
        ("normalisation", "normalization"),
        ("pre-training", "pretraining", "Pre-Training"),
        ("seq2seq", "sequence-to-sequence"),
        ("$\\infty$-gram", "∞-gram"),
        ("σ-GPT", "sigma-GPTs"),
        ("\\textbf{H}ierarchical Transformer", "hierarchical transformers"),
        ("ﬁne-tuning", "fine tuning"),
        ("Nyström method", "Nystrom methods"),
    ],
)
def test_spellings_of_one_term_share_a_normal_form(forms: tuple[str, ...]) -> None:
    assert len({normal_form(form) for form in forms}) == 1


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Mamba", "Mamba-2"),
        ("ImageNet", "ImageNet-1K"),
        ("GPT-4", "GPT-4o"),
        ("language model", "language modeling"),
        ("attention", "self-attention"),
        ("C++", "C"),
        ("A*", "A"),
        ("supervised", "unsupervised"),
    ],
)
def test_different_terms_keep_different_normal_forms(a: str, b: str) -> None:
    assert normal_form(a) != normal_form(b)


@pytest.mark.parametrize("word", ["series", "loss", "bias", "analysis", "corpus", "statistics", "less"])
def test_words_that_are_no_plural_stay(word: str) -> None:
    assert singular(word) == word


@pytest.mark.parametrize(
    ("plural", "one"),
    [
        ("models", "model"),
        ("matrices", "matrix"),
        ("losses", "loss"),
        ("policies", "policy"),
        ("boxes", "box"),
        ("corpora", "corpus"),
    ],
)
def test_plurals_become_singular(plural: str, one: str) -> None:
    assert singular(plural) == one


def test_an_abbreviation_that_ends_in_s_keeps_it() -> None:
    assert normal_form("MCTS") == "mcts"
    assert normal_form("LMs") == "lm"


@given(st.text(max_size=60))
def test_any_text_has_a_normal_form_and_it_is_not_empty_unless_blank(text: str) -> None:
    form = normal_form(text)
    assert form == form.strip()
    assert bool(form) or not text.strip()
