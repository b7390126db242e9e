"""Choose the decoding constants and fit the calibration of an exported model on annotations/dev; written to its meta.json.

python -m training.tune --model kg/model --shared ../shared
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from kg.evaluation import measure, run
from kg.evaluation.corpora import Document, annotated, papers
from kg.extraction import model as models
from kg.extraction import pipeline

BIASES = (-0.3, 0.0, 0.3, 0.6, 0.9, 1.2)
NONE_BIASES = (-0.9, -0.6, -0.3, 0.0, 0.3)
ROLE_WEIGHTS = ((1.0, 1.0), (1.0, 1.5), (0.8, 1.5), (0.8, 1.8), (0.7, 1.5), (0.7, 1.8))


def fresh(folder: Path, meta: dict[str, Any]) -> None:
    (folder / "meta.json").write_text(json.dumps(meta, indent=1) + "\n", encoding="utf-8")
    for cached in (models.meta, models.load, pipeline):
        cached.cache_clear()


def isotonic(rows: list[tuple[float, bool]], size: int) -> list[list[float]]:
    """Return (probability, share right) points, monotone: equal-sized bins, neighbours that fall pooled (pool adjacent
    violators, Ayer et al. 1955), ends drawn out to 0 and 1 flat."""
    ordered = sorted(rows)
    bins = [ordered[i : i + size] for i in range(0, len(ordered), size)]
    if len(bins) > 1 and len(bins[-1]) < size // 2:
        bins[-2] += bins.pop()
    blocks = [[float(np.mean([p for p, _ in b])), float(np.mean([ok for _, ok in b])), float(len(b))] for b in bins]
    merged: list[list[float]] = []
    for block in blocks:
        merged.append(block)
        while len(merged) > 1 and merged[-2][1] >= merged[-1][1]:
            p2, s2, n2 = merged.pop()
            p1, s1, n1 = merged.pop()
            n = n1 + n2
            merged.append([(p1 * n1 + p2 * n2) / n, (s1 * n1 + s2 * n2) / n, n])
    return [[round(p, 4), round(min(s, 0.995), 4)] for p, s, _ in merged]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=Path("kg/model"))
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    options = parser.parse_args()
    folder: Path = options.model
    docs: list[Document] = [annotated(p) for p in papers(options.shared / "data/annotations/dev.jsonl")]
    meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
    meta["calibration"] = {"mentions": [], "relations": []}
    meta["decoding"] = {"bias": {}, "none_bias": 0.0, "roles": {}}

    def figure(name: str, part: str = "f1") -> float:
        fresh(folder, meta)
        return float(measure(docs, "abstract", model=str(folder))[name][part])

    tried = {}
    for bias in BIASES:
        meta["decoding"]["bias"]["abstract"] = bias
        tried[bias] = figure("mentions")
    best = max(tried, key=lambda b: (tried[b], -abs(b)))
    print("mentions by bias", tried, flush=True)
    meta["decoding"]["bias"]["abstract"] = best
    tried = {}
    for bias in NONE_BIASES:
        meta["decoding"]["none_bias"] = bias
        tried[bias] = figure("relations")
    print("relations by bias on none", tried, flush=True)
    meta["decoding"]["none_bias"] = max(tried, key=lambda b: (tried[b], -abs(b)))
    # "uses" is said too often where a paper only names a concept, "mentions" too rarely: two weights set that right.
    by_weights = {}
    for weights in ROLE_WEIGHTS:
        meta["decoding"]["roles"] = {"uses": weights[0], "mentions": weights[1]}
        by_weights[weights] = figure("roles", "accuracy")
    print("roles by weights of uses and mentions", by_weights, flush=True)
    best_weights = max(by_weights, key=lambda w: (by_weights[w], w[0] - w[1]))
    meta["decoding"]["roles"] = {"uses": best_weights[0], "mentions": best_weights[1]}

    fresh(folder, meta)
    sure: dict[str, list[tuple[float, bool]]] = {"mentions": [], "relations": []}
    for document, doc in zip(docs, run(docs, "abstract", model=str(folder)), strict=True):
        spans = [(e.start, e.end - 1, e.label_) for e in doc.ents]
        gold = set(document.mentions)
        sure["mentions"] += [(e._.confidence, s in gold) for e, s in zip(doc.ents, spans, strict=True)]
        want = {(document.mentions[h], r, document.mentions[t]) for h, r, t in document.relations}
        for h, r, t, c in doc._.relations:
            either = r in ("Synonym-Of", "Compare-With") and (spans[t], r, spans[h]) in want
            sure["relations"].append((c, (spans[h], r, spans[t]) in want or either))
    meta["calibration"] = {"mentions": isotonic(sure["mentions"], 110), "relations": isotonic(sure["relations"], 75)}
    fresh(folder, meta)
    figures = measure(docs, "abstract", model=str(folder))
    print(json.dumps({k: figures[k] for k in ("mentions", "relations", "roles", "above_0.9")}, indent=1))


if __name__ == "__main__":
    main()
