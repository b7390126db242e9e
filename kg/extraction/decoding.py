"""From scores of segments to mentions: the best segmentation and each segment's marginal probability.

A semi-Markov conditional random field (Sarawagi and Cohen, 2004) gives every way to cut a text into mentions and words
outside them a score; the best is found by dynamic programming and the share of all ways that contain a segment, its
marginal, is the confidence before calibration. Only segments that can matter are looked at: of the twelve
thousand of an abstract some three hundred are left.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["Segment", "decode"]

Segment = tuple[int, int, int, float]  # first word, last word, kind, marginal probability
_WORTH = -7.0  # a segment that scores this much less than leaving its words outside has a marginal below 0.1 %


def decode(
    scores: npt.NDArray[np.float32], outside: npt.NDArray[np.float32], *, bias: float = 0.0
) -> tuple[list[Segment], dict[tuple[int, int, int], float]]:
    """Return the best segments, in order, and the marginals of all segments that were looked at.

    `scores` (n, widths, kinds) by first word and width - 1, `outside` (n,); `bias` is taken off every segment's score:
    more of it gives fewer, surer mentions.
    """
    n, widths, _ = scores.shape
    padded = np.concatenate([[0.0], np.cumsum(outside, dtype=np.float64)])
    ends = np.minimum(np.arange(n)[:, None] + np.arange(1, widths + 1)[None], n)
    gain = scores.astype(np.float64) - (padded[ends] - padded[:n, None])[..., None] - bias
    starts, widths_at, kinds_at = np.nonzero(gain > _WORTH)
    # In units of "everything outside", words outside add nothing, so only ends of candidates change the sums.
    by_end: list[list[tuple[int, int, float]]] = [[] for _ in range(n + 1)]
    for s, w, k in zip(starts.tolist(), widths_at.tolist(), kinds_at.tolist(), strict=True):
        if s + w < n:
            by_end[s + w + 1].append((s, k, float(gain[s, w, k])))
    forward = np.zeros(n + 1)
    best = [0.0] * (n + 1)
    back: list[tuple[int, int] | None] = [None] * (n + 1)
    for j in range(1, n + 1):
        best[j], forward[j] = best[j - 1], forward[j - 1]
        if by_end[j]:
            forward[j] = np.logaddexp.reduce([forward[j - 1], *(forward[s] + g for s, _, g in by_end[j])])
            for s, k, g in by_end[j]:
                if best[s] + g > best[j]:
                    best[j], back[j] = best[s] + g, (s, k)
    backward = np.zeros(n + 1)
    incoming: list[list[tuple[int, float]]] = [[] for _ in range(n + 1)]
    for j, rows in enumerate(by_end):
        for s, _, g in rows:
            incoming[s].append((j, g))
    for i in range(n - 1, -1, -1):
        backward[i] = backward[i + 1]
        if incoming[i]:
            backward[i] = np.logaddexp.reduce([backward[i + 1], *(backward[j] + g for j, g in incoming[i])])
    total = forward[n]
    marginals = {
        (s, j - 1, k): float(np.exp(min(0.0, forward[s] + g + backward[j] - total)))
        for j, rows in enumerate(by_end)
        for s, k, g in rows
    }
    found: list[Segment] = []
    j = n
    while j > 0:
        step = back[j]
        if step is None:
            j -= 1
        else:
            found.append((step[0], j - 1, step[1], marginals[(step[0], j - 1, step[1])]))
            j = step[0]
    return found[::-1], marginals
