"""How long linking takes as a library grows: python benchmarks/linking.py [--sizes 1000 10000 100000]

Reads annotated papers (../shared/data/annotations by default) and grows them: each round takes all papers again and
gives every invented name in them (GPT-4, LoRA) another one, while common names (language model) stay. Prints CPU and
wall seconds, mentions, concepts and peak memory. Says so and leaves when the papers are not there.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from kg.concepts import link
from kg.concepts.abbreviations import looks_short
from kg.records import Extraction, Mention, Paper, Relation

FOLDER = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "annotations"
FILES = ("dev.jsonl", "train.jsonl", "train_conferences.jsonl")


def annotated(folder: Path) -> list[dict]:
    return [json.loads(line) for name in FILES for line in (folder / name).read_text(encoding="utf-8").splitlines()]


def renamed(paper: dict, n: int) -> tuple[Paper, Extraction]:
    """Return a paper with its invented names changed in the n-th way, and its extraction."""
    texts, at = {}, {}
    for field in ("title", "abstract"):
        mentions = sorted((m["start"], m["end"], i) for i, m in enumerate(paper["mentions"]) if m["field"] == field)
        out, last = "", 0
        for start, end, i in mentions:
            out += paper[field][last:start]
            name = paper[field][start:end]
            new = (
                f"{name[:2]}{chr(97 + n % 26)}{chr(97 + n // 26 % 26)}{name[2:]}"
                if n and looks_short(name) and len(name) > 4
                else name
            )
            at[i] = (field, len(out), len(out) + len(new), new)
            out += new
            last = end
        texts[field] = out + paper[field][last:]
    found = Paper(
        id=f"title:{n}:{paper['id']}", title=texts["title"], abstract=texts["abstract"] + (f" ({n})" if n else "")
    )
    mentions = tuple(
        Mention(field, start, end, m["type"], text, 0.9, 0, len(texts[field]))
        for m, (field, start, end, text) in zip(paper["mentions"], (at[i] for i in range(len(at))), strict=True)
    )
    relations = tuple(Relation(r["head"], r["type"], r["tail"], 0.9) for r in paper["relations"])
    return found, Extraction(found.text_hash, "gold", mentions, relations)


def grown(papers: list[dict], size: int) -> Iterator[tuple[Paper, Extraction]]:
    for i in range(size):
        yield renamed(papers[i % len(papers)], i // len(papers))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--folder", type=Path, default=FOLDER)
    options = parser.parse_args()
    if not (options.folder / FILES[0]).is_file():
        sys.exit(f"no annotated papers in {options.folder}; nothing measured")
    papers = annotated(options.folder)
    print(f"{'papers':>8} {'mentions':>9} {'concepts':>9} {'CPU s':>7} {'wall s':>7} {'ms/paper':>9} {'peak MB':>8}")
    for size in options.sizes:
        library = list(grown(papers, size))
        found, extractions = [p for p, _ in library], {e.text_hash: e for _, e in library}
        cpu, wall = time.process_time(), time.perf_counter()
        linking = link(found, extractions)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        n = len(linking.concept_of)
        print(
            f"{size:8} {n:9} {len(linking.concepts):9} {cpu:7.1f} {wall:7.1f} {1000 * cpu / size:9.2f} {peak:8}",
            flush=True,
        )


if __name__ == "__main__":
    main()
