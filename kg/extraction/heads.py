"""The model's heads in NumPy: scores of spans, mention vectors, roles and relations. Same arithmetic as training/model.py.

They take some 9 of the 57 milliseconds of an abstract, the encoder 43, so a second graph would save little.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from kg.schema import KINDS

__all__ = ["Heads"]

Array = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

_DISTANCES = np.array((1, 2, 3, 5, 8, 12, 20, 40))
_IMPOSSIBLE = np.float32(-1e4)


def gelu(x: Array) -> Array:
    """Gaussian error linear unit, exact form: x * Phi(x). Hendrycks and Gimpel (2016)."""
    return np.asarray(0.5 * x * (1.0 + _erf(x * np.float32(0.7071067811865476))), dtype=np.float32)


def _erf(x: Array) -> Array:
    # Abramowitz and Stegun (1964), 7.1.26: |error| < 1.5e-7, so SciPy is not needed for one function.
    t = 1.0 / (1.0 + 0.3275911 * np.abs(x))
    y = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    return np.asarray(np.sign(x) * (1.0 - y * np.exp(-x * x)), dtype=np.float32)


def softmax(x: Array) -> Array:
    e = np.exp(x - x.max(-1, keepdims=True))
    return np.asarray(e / e.sum(-1, keepdims=True), dtype=np.float32)


def _norm(x: Array, weight: Array, bias: Array, epsilon: float = 1e-5) -> Array:
    centred = x - x.mean(-1, keepdims=True)
    return np.asarray(
        centred / np.sqrt((centred**2).mean(-1, keepdims=True) + epsilon) * weight + bias, dtype=np.float32
    )


class Heads:
    """The heads over one window. `first` and `last` are hidden states of words' first and last pieces, shape (n, hidden)."""

    def __init__(self, arrays: Mapping[str, Any]) -> None:
        self.w: dict[str, Array] = {k: np.asarray(arrays[k], dtype=np.float32) for k in arrays}
        self.widths = self.w["spans.width"].shape[0]

    def _linear(self, name: str, x: Array) -> Array:
        return np.asarray(x @ self.w[f"{name}.weight"].T + self.w[f"{name}.bias"], dtype=np.float32)

    def _layer_norm(self, name: str, x: Array, epsilon: float = 1e-5) -> Array:
        return _norm(x, self.w[f"{name}.weight"], self.w[f"{name}.bias"], epsilon)

    def spans(self, first: Array, last: Array, sentence: Ints) -> tuple[Array, Array]:
        """Return scores of segments, shape (n, widths, kinds) by first word and width - 1, and of words outside, shape (n,).

        A segment that leaves its sentence scores -1e4.
        """
        n, k, pad = len(first), len(KINDS), self.widths
        q = self._linear("spans.start", first).reshape(n, k, -1)
        e = self._linear("spans.end", last).reshape(n, k, -1)
        scale = np.float32(q.shape[-1] ** -0.5)
        e = np.concatenate([e, np.zeros((pad, k, e.shape[-1]), np.float32)])
        index = np.arange(n)[:, None] + np.arange(pad)[None]
        band = np.stack([np.einsum("nkd,nkd->nk", q, e[width : width + n]) for width in range(pad)], 1) * scale
        zeros = np.zeros((pad + 1, k), np.float32)
        inside = np.cumsum(self._linear("spans.inside", first), 0, dtype=np.float32)
        inside = np.concatenate([np.zeros((1, k), np.float32), inside, np.repeat(inside[-1:], pad, 0)])
        sums = inside[index + 1] - inside[:n, None]
        ends = np.concatenate([self._linear("spans.end_bias", last), zeros])[index]
        before = np.concatenate([np.zeros((1, k), np.float32), self._linear("spans.before", last)])[:n, None]
        after = np.concatenate([self._linear("spans.after", first), zeros])[index + 1]
        scores = (
            band
            + sums
            + ends
            + before
            + after
            + self._linear("spans.start_bias", first)[:, None]
            + self.w["spans.width"]
        )
        labels = np.concatenate([sentence, np.full(pad, -1)])
        scores[labels[index] != sentence[:, None]] = _IMPOSSIBLE
        return scores.astype(np.float32), self._linear("spans.outside", first)[:, 0]

    def mentions(self, first: Array, last: Array, sums: Array, spans: Ints, title: Ints) -> Array:
        """Return mention vectors, shape (m, width). `spans` (m, 3): first word, last word, kind; `title` (m,) 1 in a title;
        `sums` running sums of `first` with a leading zero, shape (n + 1, hidden)."""
        a, z = spans[:, 0], spans[:, 1]
        mean = (sums[z + 1] - sums[a]) / (z - a + 1)[:, None]
        x = self._linear("mentions.project", np.concatenate([first[a], last[z], mean.astype(np.float32)], -1))
        x = x + self.w["mentions.kind.weight"][spans[:, 2]] + self.w["mentions.field.weight"][title]
        x = self._layer_norm("mentions.norm", x)
        key, value = np.split(self._linear("mentions.words", first), 2, -1)
        weights = softmax(self._linear("mentions.query", x) @ key.T * np.float32(x.shape[1] ** -0.5))
        x = self._layer_norm("mentions.norm1", x + self._linear("mentions.read", weights @ value))
        return self._mix(x)

    def _mix(self, x: Array) -> Array:
        m, d = x.shape
        qkv = self._linear("mentions.mix.qkv", x).reshape(m, 3, 4, d // 4)
        q, k, v = (qkv[:, i].transpose(1, 0, 2) for i in range(3))
        weights = softmax(np.asarray(q * np.float32((d // 4) ** -0.5) @ k.transpose(0, 2, 1), dtype=np.float32))
        a = (weights @ v).transpose(1, 0, 2).reshape(m, d)
        x = self._layer_norm("mentions.mix.norm1", x + self._linear("mentions.mix.out", a), 1e-12)
        down = self._linear("mentions.mix.down", gelu(self._linear("mentions.mix.up", x)))
        return self._layer_norm("mentions.mix.norm2", x + down, 1e-12)

    def roles(self, x: Array, opening: Array) -> Array:
        """Return role probabilities, shape (m, roles). `opening` (hidden,) is the state of the window's first piece."""
        both = np.concatenate([x, np.repeat(opening[None], len(x), 0)], -1)
        return softmax(self._linear("mentions.role.3", gelu(self._linear("mentions.role.0", both))))

    def relations(self, x: Array, first: Array, sums: Array, sentence: Ints, spans: Ints, pairs: Ints) -> Array:
        """Return scores of relations, shape (p, 1 + 2 * types): none, then each type left to right and right to left.

        `pairs` (p, 2): left and right mention, in the order of the text, of one sentence.
        """
        n = len(first)
        i, j = pairs[:, 0], pairs[:, 1]
        a1, z1, k1 = spans[i].T
        a2, z2, k2 = spans[j].T
        place = np.arange(n)[None]
        where = (
            (place >= a1[:, None]).astype(np.int64)
            + (place > z1[:, None])
            + (place >= a2[:, None])
            + (place > z2[:, None])
        )
        inside = sentence[None] == sentence[a1][:, None]
        both = (self._linear("mentions.head", x)[i] + self._linear("mentions.tail", x)[j]).astype(np.float32)
        q = self._linear("mentions.pair_query", both).reshape(-1, 4, 64)
        k = self._linear("mentions.pair_key", first).reshape(n, 4, 64)
        v = self._linear("mentions.pair_value", first).reshape(n, 4, -1)
        scores = np.einsum("phd,nhd->phn", q, k) * np.float32(0.125)
        scores += self.w["mentions.position_bias.weight"][where].transpose(0, 2, 1)
        scores = np.where(inside[:, None], scores, _IMPOSSIBLE).astype(np.float32)
        context = np.einsum("phn,nhd->phd", softmax(scores), v).reshape(len(pairs), -1)
        gap = np.maximum(a2 - z1 - 1, 0)
        between = (sums[a2] - sums[np.minimum(z1 + 1, n)]) / np.maximum(gap, 1)[:, None]
        between = self._linear("mentions.between", between.astype(np.float32)) * (gap > 0)[:, None]
        bucket = (gap[:, None] >= _DISTANCES[None]).sum(1)
        extra = self.w["mentions.distance.weight"][bucket] + self.w["mentions.kinds.weight"][k1 * len(KINDS) + k2]
        left, right = x[i], x[j]
        features = np.concatenate([left, right, left * right, context, between, extra], -1).astype(np.float32)
        return self._linear("mentions.classify", gelu(self._linear("mentions.hidden", features)))
