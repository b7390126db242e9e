"""Words and sentences: offsets that fit, and the full stops of abstracts that end nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.extraction.text import sentences, shape, words


def cut(text: str) -> list[str]:
    return [text[a:b] for a, b in sentences(text)]


@pytest.mark.parametrize(
    "text",
    [
        "As shown by Gu et al. (2021), the model is fast.",
        "See Fig. 2 and Eq. 3 for the layout.",
        "It gains 3.5 points, e.g. on long inputs, i.e. those of 16k tokens.",
        "The code is at https://example.org/a.b?c=1.html and free.",
        "We follow J. Smith in this.",
        "The gain vs. Linear attention is small.",
    ],
)
def test_a_full_stop_inside_a_sentence_does_not_end_it(text: str) -> None:
    assert cut(text) == [text]


def test_sentences_end_at_stops_questions_and_blank_lines() -> None:
    assert cut("Is it fast? Yes. We show why!\n\nCode follows.") == [
        "Is it fast?",
        "Yes.",
        "We show why!",
        "Code follows.",
    ]


def test_et_al_ends_a_sentence_when_the_next_word_opens_one() -> None:
    assert cut("We follow Gu et al. However, it is slow.") == ["We follow Gu et al.", "However, it is slow."]


def test_a_name_in_mixed_case_may_open_a_sentence() -> None:
    assert cut("Images are hard. iGPT reads them.") == ["Images are hard.", "iGPT reads them."]


def test_a_link_at_the_end_of_a_sentence_keeps_its_own_stops() -> None:
    assert cut("Code: https://example.org/x.y. The data follow.") == [
        "Code: https://example.org/x.y.",
        "The data follow.",
    ]


@given(st.text(max_size=400))
def test_sentences_cover_all_text_but_white_space_in_order(text: str) -> None:
    spans = sentences(text)
    at = 0
    for start, end in spans:
        assert at <= start < end
        assert not text[at:start].strip()
        assert text[start:end] == text[start:end].strip()
        at = end
    assert not text[at:].strip()


@given(st.text(max_size=400))
def test_words_cover_all_text_but_white_space(text: str) -> None:
    spans = words(text)
    left = list(text)
    for start, end in spans:
        left[start:end] = " " * (end - start)
    assert not "".join(left).strip()
    assert all(text[a:b].strip() == text[a:b] for a, b in spans)


def test_words_are_cut_around_every_sign() -> None:
    text = "one-stage U-Net_v2 (2.5B)"
    assert [text[a:b] for a, b in words(text)] == [
        "one",
        "-",
        "stage",
        "U",
        "-",
        "Net",
        "_",
        "v2",
        "(",
        "2",
        ".",
        "5B",
        ")",
    ]


@pytest.mark.parametrize(
    ("word", "form"),
    [
        ("model", 0),
        ("Mamba", 1),
        ("SSM", 2),
        ("SSMs", 2),
        ("FlashAttention", 3),
        ("2024", 4),
        ("S4", 5),
        ("-", 6),
        ("A", 7),
    ],
)
def test_the_shape_of_a_word_tells_its_case(word: str, form: int) -> None:
    assert shape(word) == form
