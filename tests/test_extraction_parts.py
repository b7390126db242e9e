"""The parts of extraction that need no model: segments, abbreviations, windows, negation, calibration."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc

from kg.extraction.abbreviations import find
from kg.extraction.calibration import calibrate
from kg.extraction.decoding import decode
from kg.extraction.heads import gelu
from kg.extraction.hedges import unsaid


def every_way(n: int, widths: int) -> list[list[tuple[int, int]]]:
    """All segmentations of n words: lists of (start, width) of mentions, words between them outside."""
    if n == 0:
        return [[]]
    ways = list(every_way(n - 1, widths))
    for width in range(1, min(widths, n) + 1):
        ways += [[*w, (n - width, width)] for w in every_way(n - width, widths)]
    return ways


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31 - 1))
def test_the_best_segmentation_and_its_marginals_equal_those_of_trying_all(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, widths, kinds = 5, 3, 2
    scores = rng.normal(0, 2, (n, widths, kinds)).astype(np.float32)
    outside = rng.normal(0, 1, n).astype(np.float32)
    for start, width in itertools.product(range(n), range(widths)):
        if start + width >= n:
            scores[start, width] = -1e4
    weights: dict[tuple[tuple[int, int, int], ...], float] = {}
    for way in every_way(n, widths):
        covered = {i for s, w in way for i in range(s, s + w)}
        base = sum(float(outside[i]) for i in range(n) if i not in covered)
        for labels in itertools.product(range(kinds), repeat=len(way)):
            segments = tuple((s, s + w - 1, k) for (s, w), k in zip(way, labels, strict=True))
            weights[segments] = base + sum(float(scores[a, z - a, k]) for a, z, k in segments)
    total = math.fsum(math.exp(v) for v in weights.values())
    best = max(weights, key=lambda k: weights[k])
    found, marginals = decode(scores, outside)
    assert tuple((a, z, k) for a, z, k, _ in found) == best
    for a, z, k, p in found:
        share = math.fsum(math.exp(v) for way, v in weights.items() if (a, z, k) in way) / total
        assert p == pytest.approx(share, abs=0.02)  # segments of hardly any weight are not looked at
        assert marginals[(a, z, k)] == p


def test_a_bias_gives_fewer_mentions() -> None:
    scores = np.full((3, 1, 1), 0.5, dtype=np.float32)
    outside = np.zeros(3, dtype=np.float32)
    assert len(decode(scores, outside)[0]) == 3
    assert decode(scores, outside, bias=1.0)[0] == []


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("We use state space models (SSMs) here.", [("SSMs", "state space models")]),
        (
            "Long Range Arena (LRA) and hidden Markov model (HMM).",
            [("LRA", "Long Range Arena"), ("HMM", "hidden Markov model")],
        ),
        ("We report LRA (Long Range Arena) scores.", [("LRA", "Long Range Arena")]),
        ("connectionist temporal classification (CTC; see below)", [("CTC", "connectionist temporal classification")]),
        ("It is fast (see Table 2) and good (2024).", []),
        ("It works on images (and on text).", []),
        ("The model (GPT) is large.", []),
    ],
)
def test_short_forms_are_tied_to_the_long_forms_in_front_of_them(text: str, pairs: list[tuple[str, str]]) -> None:
    assert [(text[s1:s2], text[l1:l2]) for (s1, s2), (l1, l2) in find(text)] == pairs


@given(st.text(alphabet="abAB ()[].s-", max_size=120))
def test_abbreviations_lie_in_the_text_and_do_not_overlap_their_long_forms(text: str) -> None:
    for (s1, s2), (l1, l2) in find(text):
        assert 0 <= s1 < s2 <= len(text)
        assert 0 <= l1 < l2 <= len(text)
        assert l2 <= s1 or s2 <= l1


def test_calibration_draws_straight_lines_between_its_points_and_stays_flat_beyond() -> None:
    points = [(0.2, 0.1), (0.8, 0.9)]
    assert calibrate(0.5, points) == pytest.approx(0.5)
    assert calibrate(0.0, points) == 0.1
    assert calibrate(1.0, points) == 0.9
    assert calibrate(0.37, []) == 0.37


def test_gelu_equals_its_definition() -> None:
    x = np.linspace(-4, 4, 41).astype(np.float32)
    want = [0.5 * v * (1 + math.erf(v / math.sqrt(2))) for v in x.tolist()]
    assert np.allclose(gelu(x), want, atol=1e-6)


@pytest.mark.parametrize(
    ("text", "taken_back"),
    [
        ("Alpha is used for Beta", False),
        ("Alpha is not used for Beta", True),
        ("Alpha cannot solve Beta", True),
        ("Alpha isn ' t part of Beta", True),
        ("Alpha is not only used for Beta", False),
        ("Alpha might help Beta", True),
        ("Alpha fails on Beta", True),
    ],
)
def test_negated_and_hedged_statements_are_not_asserted(text: str, taken_back: bool) -> None:
    doc = Doc(spacy.blank("en").vocab, text.split())
    assert unsaid(doc, doc[0:1], doc[len(doc) - 1 : len(doc)], "Part-Of") is taken_back
    assert unsaid(doc, doc[0:1], doc[len(doc) - 1 : len(doc)], "Compare-With") is False
