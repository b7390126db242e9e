"""How fast extraction is, and how much memory a worker takes, beside a plain spaCy `ner` over the same texts.

    python benchmarks/extraction.py ../shared/data/papers-10k.jsonl.gz --papers 1000 --workers 2

Prints one JSON object: the machine, and for each run abstracts a second (start-up included and left out) and the peak
resident memory of one worker. The comparison is a blank English pipeline with a CNN `ner` of spaCy's default size and
untrained weights: what it finds is of no use, what it costs is what such a pipeline costs.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import resource
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any


def machine() -> dict[str, Any]:
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        cpu = next(
            (line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if "model name" in line), cpu
        )
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
    }


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _ours(source: str, count: int, workers: int, out: Any) -> None:
    from kg.extraction import extract
    from kg.sources import read

    papers = list(islice(read(source), count))
    start = time.perf_counter()
    results = extract(iter(papers), workers=workers)
    next(results)
    warm = time.perf_counter()
    mentions = sum(len(e.mentions) for e in results)
    end = time.perf_counter()
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    out.put(
        {
            "papers": len(papers),
            "workers": workers,
            "mentions": mentions,
            "abstracts_per_s": round(len(papers) / (end - start), 1),
            "abstracts_per_s_warm": round((len(papers) - 1) / (end - warm), 1),
            "peak_mb_a_worker": round(children if workers > 1 else _peak_mb()),
        }
    )


def _texts(source: str, count: int) -> Iterator[str]:
    from kg.sources import read

    for paper in islice(read(source), count):
        yield f"{paper.title}\n\n{paper.abstract}"


def _plain(source: str, count: int, workers: int, out: Any) -> None:
    import spacy

    nlp = spacy.blank("en")
    ner = nlp.add_pipe("ner")
    for label in ("Method", "Dataset", "Task"):
        ner.add_label(label)
    nlp.initialize()
    texts = list(_texts(source, count))
    start = time.perf_counter()
    found = sum(len(doc.ents) for doc in nlp.pipe(texts, batch_size=64, n_process=workers))
    end = time.perf_counter()
    out.put(
        {
            "papers": len(texts),
            "workers": workers,
            "mentions": found,
            "abstracts_per_s": round(len(texts) / (end - start), 1),
            "peak_mb": round(_peak_mb()),
        }
    )


def _alone(work: Any, *arguments: Any) -> dict[str, Any]:
    """Run one measurement in a process of its own, so that its memory is its own."""
    context = multiprocessing.get_context("spawn")
    out = context.Queue()
    process = context.Process(target=work, args=(*arguments, out))
    process.start()
    result: dict[str, Any] = out.get()
    process.join()
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source")
    parser.add_argument("--papers", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    figures = {
        "machine": machine(),
        "kg, 1 worker": _alone(_ours, options.source, max(100, options.papers // 4), 1),
        f"kg, {options.workers} workers": _alone(_ours, options.source, options.papers, options.workers),
        "spaCy blank CNN ner, 1 process": _alone(_plain, options.source, options.papers, 1),
    }
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
