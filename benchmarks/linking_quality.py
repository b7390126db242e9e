"""What linking makes of a library, and samples of it to read: python benchmarks/linking_quality.py kg.db [--seed 0]

Prints concepts by kind, merges by rule, the recall of author keywords, seconds and peak memory. With `--samples FILE` it
writes JSON lines to judge by hand: `--n` random merges with what shows them, then as many random pairs of close names of
one kind that stayed apart (rapidfuzz token sort ratio of the normal forms of 86 or more). The library is only read.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from rapidfuzz import fuzz, process

from kg.concepts import Linking, link
from kg.library import Library
from kg.normal import normal_form
from kg.pipeline import in_use, model_version
from kg.records import Paper

CLOSE = 86
DRAWN = 3000  # concepts whose close names are looked for; each pair of names is as likely to be met as any other


def shown(
    linking: Linking, papers: dict[str, Paper], texts: dict[tuple[str, int], Any], concept: str, form: str
) -> str:
    """Return a sentence in which a concept is written as `form`, or in any other way."""
    places = [place for place, cid in linking.concept_of.items() if cid == concept]
    same = [p for p in places if normal_form(texts[p].text) == normal_form(form)] or places
    mention = texts[same[0]]
    text = papers[same[0][0]].title if mention.field == "title" else papers[same[0][0]].abstract
    return text[mention.sentence_start : mention.sentence_end]


def close_pairs(linking: Linking, rng: random.Random) -> list[tuple[str, str, float]]:
    """Return pairs of concepts of one kind with close names: those of DRAWN random concepts, each pair once."""
    by_kind: dict[str, dict[str, str]] = defaultdict(dict)
    for cid, concept in sorted(linking.concepts.items()):
        by_kind[concept.kind][cid] = normal_form(concept.name)
    found: dict[tuple[str, str], float] = {}
    for cid in rng.sample(sorted(linking.concepts), min(DRAWN, len(linking.concepts))):
        names = by_kind[linking.concepts[cid].kind]
        for _, score, other in process.extract(
            names[cid], names, scorer=fuzz.token_sort_ratio, score_cutoff=CLOSE, limit=None
        ):
            if other != cid:
                found[min(cid, other), max(cid, other)] = score
    return [(a, b, score) for (a, b), score in sorted(found.items())]


def keywords(linking: Linking, papers: list[Paper]) -> tuple[int, int, int]:
    """Return how many papers have keywords, how many keywords stand in their text, and how many of these were found."""
    names: dict[str, set[str]] = {}
    for cid, concept in linking.concepts.items():
        names[cid] = {normal_form(n) for n in (concept.name, *(form for form, _ in concept.aliases))}
    of_paper: dict[str, set[str]] = defaultdict(set)
    for (paper, _), cid in linking.concept_of.items():
        of_paper[paper] |= names[cid]
    having = standing = found = 0
    for paper in papers:
        having += bool(paper.keywords)
        text = f" {normal_form(f'{paper.title} . {paper.abstract}')} "
        for keyword in sorted({normal_form(k) for k in paper.keywords if k.strip()}):
            if f" {keyword} " in text:
                standing += 1
                found += keyword in of_paper[paper.id]
    return having, standing, found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--n", type=int, default=100)
    parser.add_argument("--samples", type=Path)
    options = parser.parse_args()
    with Library(options.library, read_only=True) as opened:
        papers, extractions = opened.papers(), in_use(opened, model_version())
    cpu = time.process_time()
    linking = link(papers, extractions)
    cpu = time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    kinds = Counter(c.kind for c in linking.concepts.values())
    print(f"{len(papers)} papers, {len(linking.concept_of)} mentions, {len(linking.concepts)} concepts: {dict(kinds)}")
    print(f"linked in {cpu:.1f} s of CPU; peak memory {peak} MB, papers and extractions included")
    print(f"{len(linking.merges)} merges, {len(linking.variants)} variants")
    for rule, n in Counter(m.rule for m in linking.merges).most_common():
        print(f"  {rule:24}{n:7}")
    having, standing, found = keywords(linking, papers)
    if standing:
        print(
            f"author keywords: {having} papers, {standing} in the text, {found} found ({100 * found / standing:.1f} %)"
        )
    if options.samples is None:
        return
    of_id = {p.id: p for p in papers}
    mentions = {
        (p.id, i): m
        for p in papers
        if p.text_hash in extractions
        for i, m in enumerate(extractions[p.text_hash].mentions)
    }
    rng = random.Random(options.seed)
    lines: list[dict[str, Any]] = []
    for merge in rng.sample(linking.merges, min(options.n, len(linking.merges))):
        sentence = (
            merge.evidence[0].sentence if merge.evidence else shown(linking, of_id, mentions, merge.concept, merge.a)
        )
        lines.append(
            {"concept": merge.concept, "a": merge.a, "b": merge.b, "rule": merge.rule, "papers": merge.papers}
            | {"proof": bool(merge.evidence), "sentence": sentence}
        )
    pairs = close_pairs(linking, rng)
    print(f"{len(pairs)} close pairs of {DRAWN} random concepts")
    for a, b, score in rng.sample(pairs, min(options.n, len(pairs))):
        sentences = [shown(linking, of_id, mentions, cid, linking.concepts[cid].name) for cid in (a, b)]
        lines.append({"concept": a, "other": b, "ratio": round(score, 1), "sentences": sentences})
    options.samples.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    main()
