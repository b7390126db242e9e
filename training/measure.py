"""Figures of a model in torch, over windows: strict micro F1 of mentions and relations, accuracy of roles."""

from __future__ import annotations

import math
from collections import defaultdict

import numpy as np
import numpy.typing as npt
import torch

from kg.schema import SCIER_TYPES
from training.data import MAX_WIDTH, Window
from training.model import Model, sums_of

SYMMETRIC = {SCIER_TYPES.index("Synonym-Of"), SCIER_TYPES.index("Compare-With")}
SPLITS = ("dev", "scier_test", "scier_test_ood", "scierc_test", "tdmsci_test")


def viterbi(
    scores: npt.NDArray[np.float32], outside: npt.NDArray[np.float32], bias: float = 0.0
) -> list[tuple[int, int, int]]:
    """Return the best segmentation's spans (first word, last word, kind). `scores` (n, widths, kinds), `outside` (n,)."""
    n = len(outside)
    best_kind = scores.argmax(-1)
    best = scores.max(-1) - bias
    total = np.zeros(n + 1)
    back: list[tuple[int, int] | None] = [None] * (n + 1)
    for j in range(1, n + 1):
        total[j] = total[j - 1] + outside[j - 1]
        for width in range(1, min(MAX_WIDTH, j) + 1):
            value = total[j - width] + best[j - width, width - 1]
            if value > total[j]:
                total[j] = value
                back[j] = (width, int(best_kind[j - width, width - 1]))
    out = []
    j = n
    while j > 0:
        step = back[j]
        if step is None:
            j -= 1
        else:
            out.append((j - step[0], j - 1, step[1]))
            j -= step[0]
    return out[::-1]


def f1(hit: int, predicted: int, gold: int) -> float:
    return round(200 * hit / max(1, predicted + gold), 2)


@torch.no_grad()
def predict(
    model: Model, windows: list[Window], bias: float = 0.0, none_bias: float = 0.0
) -> list[tuple[list[tuple[int, int, int]], list[tuple[int, int, int]], np.ndarray, list[tuple[int, int, int]]]]:
    """Return for each window: its spans, relations (head, type, tail) between them, role log-probabilities (m, roles), and
    relations predicted between the gold mentions."""
    from training.train import collate

    model.eval()
    out = {}
    order = sorted(range(len(windows)), key=lambda i: len(windows[i].pieces))
    for at in range(0, len(order), 8):
        ids = order[at : at + 8]
        group = [windows[i] for i in ids]
        batch = collate(group)
        first, last, cls = (x.float() for x in model.words(batch))
        scores, outside = model.spans(first, last, batch.sentence)
        found = []
        for i, w in enumerate(group):
            n = len(w.first)
            found.append(viterbi(scores[i, :n].numpy(), outside[i, :n].numpy(), bias))
        results = []
        for spans in (found, [w.mentions for w in group]):
            fake = [
                Window(
                    w.doc,
                    w.style,
                    w.pieces,
                    w.shapes,
                    w.first,
                    w.last,
                    w.sentence,
                    w.title,
                    s,
                    [-1] * len(s),
                    [],
                    [],
                    True,
                )
                for w, s in zip(group, spans, strict=True)
            ]
            b = collate(fake)
            sums = sums_of(first, b.lengths)
            word_mask = (torch.arange(first.shape[1])[None] < b.lengths[:, None]).float()
            x = model.mentions.mentions(first, last, sums, word_mask, b.spans, b.span_mask, b.title)
            roles = torch.log_softmax(model.mentions.roles(x, cls), -1).numpy()
            relations: list[list[tuple[int, int, int]]] = [[] for _ in group]
            if len(b.pairs):
                logits = model.mentions.pairs(x, first, sums, b.sentence, b.spans, b.pairs)
                logits[:, 0] += none_bias
                for (i, u, v), label in zip(b.pairs.tolist(), logits.argmax(-1).tolist(), strict=True):
                    if label:
                        kind, backwards = divmod(label - 1, 2)
                        relations[i].append((v, kind, u) if backwards else (u, kind, v))
            results.append((relations, roles))
        for i, index in enumerate(ids):
            out[index] = (found[i], results[0][0][i], results[0][1][i], results[1][0][i])
    return [out[i] for i in range(len(windows))]


def _keys(spans: list[tuple[int, int, int]], relations: list[tuple[int, int, int]]) -> set[tuple[object, ...]]:
    out = set()
    for h, r, t in relations:
        ends = [spans[h], spans[t]]
        if r in SYMMETRIC:
            ends.sort()
        out.add((ends[0], r, ends[1]))
    return out


def measure(
    model: Model, data: dict[str, list[Window]], splits: tuple[str, ...] = SPLITS, **options: float
) -> dict[str, float]:
    """Return the figures by split, in percent. Aligned gold only: the product's own evaluation counts the rest too."""
    out: dict[str, float] = {}
    for name in splits:
        windows = data[name]
        hit = predicted = gold = r_hit = r_predicted = r_gold = g_hit = g_predicted = right = total = 0
        by_kind = defaultdict(lambda: [0, 0, 0])
        roles: dict[tuple[str, str], list[np.ndarray]] = {}
        want: dict[tuple[str, str], int] = {}
        for w, (spans, relations, scores, on_gold) in zip(windows, predict(model, windows, **options), strict=True):
            g, p = set(w.mentions), set(spans)
            hit, predicted, gold = hit + len(g & p), predicted + len(p), gold + len(g)
            for k in range(3):
                a, b = {x for x in g if x[2] == k}, {x for x in p if x[2] == k}
                for at, value in enumerate((len(a & b), len(b), len(a))):
                    by_kind[k][at] += value
            if w.has_relations:
                gr, pr, og = _keys(w.mentions, w.relations), _keys(spans, relations), _keys(w.mentions, on_gold)
                r_hit, r_predicted, r_gold = r_hit + len(gr & pr), r_predicted + len(pr), r_gold + len(gr)
                g_hit, g_predicted = g_hit + len(gr & og), g_predicted + len(og)
            place = {s: i for i, s in enumerate(spans)}
            for s, c, r in zip(w.mentions, w.concepts, w.roles, strict=True):
                if r >= 0 and s in place:
                    roles.setdefault((w.doc, c), []).append(scores[place[s]])
                    want[(w.doc, c)] = r
        for key, rows in roles.items():
            total += 1
            right += int(np.mean(rows, 0).argmax() == want[key])
        out[f"{name} mentions"] = f1(hit, predicted, gold)
        out[f"{name} P"], out[f"{name} R"] = round(100 * hit / max(1, predicted), 1), round(100 * hit / max(1, gold), 1)
        for k, letter in enumerate("MDT"):
            out[f"{name} {letter}"] = f1(*by_kind[k])
        if r_gold:
            out[f"{name} rel+"], out[f"{name} rel gold"] = (
                f1(r_hit, r_predicted, r_gold),
                f1(g_hit, g_predicted, r_gold),
            )
        if total:
            out[f"{name} roles"] = round(100 * right / total, 2)
    return {k: v for k, v in out.items() if not math.isnan(v)}
