"""Measure the explorer page: time to render, size of the file, and the CPU time of the browser to its first frame.

    python benchmarks/rendering.py [SIZE ...]          # numbers of concepts, default 100 500 2000 3000

The graph is synthetic: topics of about 40 concepts, three relations a concept, one sentence a relation. Time in Python is
CPU time of one render; in Chromium (headless, software drawing) it is the main thread's task time up to the first frame
and for one redraw, best of three redraws, which does not depend on what else runs here. Prints one Markdown table.
"""

from __future__ import annotations

import platform
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import networkx as nx

from kg import rendering
from kg.records import Evidence

OPTIONS = (
    "--headless=new --no-sandbox --disable-gpu --no-first-run --disable-background-networking --window-size=1400,900"
)
STEPS = {
    "redraw": "explorer.network.redraw()",
    "search": "const s = document.getElementById('search'); s.value = 'concept 12'; s.dispatchEvent(new Event('input'))",
    "filter": "document.querySelector('#kinds input').click()",
    "select": "explorer.focusOn([explorer.nodes[0]])",
    "path": "explorer.findPaths(explorer.nodes[1], explorer.nodes[explorer.nodes.length >> 1])",
}


def synthetic(n: int) -> nx.MultiDiGraph:
    """Return a graph of `n` concepts in topics of 40, with 3 n relations, four in five inside a topic, and n / 4 papers."""
    chance = random.Random(n)
    g = nx.MultiDiGraph()
    kinds = ("Method", "Method", "Task", "Dataset")
    concepts = [f"method/{i:05d}" for i in range(n)]
    for i, node in enumerate(concepts):
        name = f"Concept {i} of Topic {i // 40}"
        g.add_node(
            node,
            label="Concept",
            kind=kinds[i % 4],
            name=name,
            papers=2 + int(30 * chance.random() ** 6),
            aliases=[],
            alias_counts=[],
        )
    for i in range(max(n // 4, 1)):
        g.add_node(
            f"arxiv:{i:05d}",
            label="Paper",
            title=f"A Paper on the Matter Number {i}",
            year=2018 + i % 8,
            published=str(2018 + i % 8),
        )
    for k in range(3 * n):
        i = chance.randrange(n)
        j = min((i // 40) * 40 + chance.randrange(40), n - 1) if chance.random() < 0.8 else chance.randrange(n)
        if i == j:
            continue
        sentence = f"In sentence {k} we show, with some care and at the usual length, what {i} has to do with {j} and why it matters here."
        said = Evidence(
            f"arxiv:{k % max(n // 4, 1):05d}", "abstract", 0, len(sentence), sentence, 0.8, (3, 11), (12, 14)
        )
        g.add_edge(
            concepts[i],
            concepts[j],
            key="USED_FOR",
            confidence=round(chance.uniform(0.4, 0.99), 4),
            papers=1,
            evidence=(said,),
        )
    return g


@contextmanager
def chromium() -> Iterator[Any]:
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    with tempfile.TemporaryDirectory() as profile:
        for option in (*OPTIONS.split(), f"--user-data-dir={profile}"):
            options.add_argument(option)
        driver = webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))
        try:
            yield driver
        finally:
            driver.quit()


def task_ms(driver: Any) -> float:
    """Return the main thread's task time so far, in ms of its own CPU."""
    metrics = driver.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
    return 1000 * next(float(m["value"]) for m in metrics if m["name"] == "TaskDuration")


def frame(driver: Any, script: str) -> float:
    """Run a step and wait for the frame after it; return the CPU time of both in ms."""
    before = task_ms(driver)
    driver.execute_async_script(
        f"const done = arguments[0]; {script}; requestAnimationFrame(() => setTimeout(done, 0))"
    )
    return task_ms(driver) - before


def measure(n: int) -> list[str]:
    g = synthetic(n)
    rendering.render(synthetic(40))  # imports and caches are not what is measured
    start = time.process_time()
    page = rendering.render(g)
    render_s = time.process_time() - start
    file = Path(tempfile.mkdtemp()) / "page.html"
    file.write_text(page, encoding="utf-8", newline="\n")
    with chromium() as driver:
        driver.execute_cdp_cmd("Performance.enable", {"timeDomain": "threadTicks"})
        driver.get("about:blank")
        before = task_ms(driver)
        driver.get(file.as_uri())
        frame(driver, "")
        first_ms = task_ms(driver) - before
        shown = driver.execute_script("return explorer.scene.nodes.length")
        steps = [
            min(frame(driver, STEPS["redraw"]) for _ in range(3)),
            *(frame(driver, STEPS[s]) for s in ("search", "filter", "select", "path")),
        ]
    cells = [
        f"{n:,} / {g.number_of_edges():,}",
        f"{shown:,}",
        f"{render_s:.2f} s",
        f"{len(page) / 1e6:.2f} MB",
        f"{first_ms / 1000:.2f} s",
    ]
    return cells + [f"{ms:.0f} ms" for ms in steps]


def main() -> None:
    sizes = [int(a) for a in sys.argv[1:]] or [100, 500, 2000, 3000]
    model = next(
        (
            line.split(":")[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        "",
    )
    print(f"{model or platform.processor()}, Python {platform.python_version()}, networkx {nx.__version__}\n")
    header = [
        "concepts / relations",
        "nodes shown",
        "render (CPU)",
        "file",
        "first frame",
        "redraw",
        "search",
        "filter",
        "focus",
        "path",
    ]
    print("| " + " | ".join(header) + " |\n|" + " --- |" * len(header))
    for n in sizes:
        print("| " + " | ".join(measure(n)) + " |", flush=True)


if __name__ == "__main__":
    main()
