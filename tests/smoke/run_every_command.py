#!/usr/bin/env python3
"""Run every command of an installed kg once, from outside: standard library only, in a folder of its own.

    run_every_command.py [--kg COMMAND] [--neo4j]

COMMAND is how to call it (default: kg). --neo4j also starts a real local server and writes to it, which needs a JDK,
Maven and Maven Central. Exit status: the number of commands that fall short. A command that `kg --help` lists and that
is not tried here falls short as well.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

SECRET = "not-the-password"
KG = ["kg"]
NEO4J = False

MORE = [
    {
        "title": "TideFormer: Tide Tables by Attention",
        "abstract": "We introduce TideFormer, a Transformer for tide forecasting. TideFormer is evaluated on HarborSet and "
        "outperforms LSTM. Self-attention is a component of TideFormer.",
    },
    {
        "title": "A Second Look at Tide Forecasting",
        "abstract": "Tide forecasting is an old task. We compare TideFormer with Mamba on HarborSet.",
    },
]


class Short(Exception):
    """What falls short."""


def need(condition: object, message: str) -> None:
    if not condition:
        raise Short(message)


def kg(*arguments: object, ok: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run kg in the present folder and return the finished process; a traceback always falls short."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("KG_", "NEO4J_", "PYTHONPATH"))}
    run = subprocess.run(
        [*KG, *map(str, arguments)],
        check=False,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        timeout=600,
        stdin=subprocess.DEVNULL,
        env=clean | {"NO_COLOR": "1", "PYTHONUTF8": "1"} | environment,
    )
    said = f"`kg {' '.join(map(str, arguments))}` left with {run.returncode}: {run.stderr.strip()[-400:]}"
    need("Traceback" not in run.stderr, said)
    need((run.returncode == 0) == ok, said)
    return run


def data(*arguments: object, **environment: str) -> Any:
    """Run kg with --json and return the value on its stdout."""
    out = kg(*arguments, "--json", **environment).stdout
    try:
        return json.loads(out)
    except ValueError as error:
        raise Short(f"`kg {' '.join(map(str, arguments))} --json` prints no JSON: {out[:200]!r}") from error


def is_page(path: str) -> None:
    text = Path(path).read_text(encoding="utf-8")
    need(len(text) > 10_000 and "</html>" in text, f"{path} is no whole page")
    loads = re.findall(r"<(?:script|link|img|iframe)\b[^>]*(?:src|href)\s*=\s*[\"']?(?:https?:)?//[^\"'> ]+", text)
    need(not loads, f"{path} loads from the network: {loads[:2]}")


def try_demo() -> str:
    out = kg("demo").stdout
    need("State Space Model" in out and "Mamba" in out, f"kg demo does not show the chain: {out[:500]!r}")
    named = [Path(name) for name in re.findall(r"\S*kg-demo\S*?\.(?:html|md|db)", out)]
    need(len(named) >= 2, f"kg demo does not say where its files are: {out[-500:]!r}")
    for path in named:
        need(path.is_file(), f"kg demo names {path}, which is not there")
    Path("kg-demo/kg.db").replace("kg.db")  # the library that the other commands use
    return f"{len(named)} files"


def try_build() -> str:
    Path("more.jsonl").write_text("".join(json.dumps(paper) + "\n" for paper in MORE), encoding="utf-8")
    before = data("stats")["papers"]
    first = data("build", "more.jsonl")
    need((first["new"], first["papers"]) == (2, before + 2), f"build says {first}")
    again = data("build", "more.jsonl")
    need((again["new"], again["changed"]) == (0, 0), f"the same file again: {again}")
    need(again["fingerprint"] == first["fingerprint"], "the same file again changed the fingerprint")
    kg("build", "missing.jsonl", ok=False)
    return f"{first['papers']} papers"


def try_extract() -> str:
    kg("extract", "more.jsonl", "-o", "out.jsonl")
    rows = [json.loads(line) for line in Path("out.jsonl").read_text(encoding="utf-8").splitlines()]
    need(len(rows) == 2, f"{len(rows)} lines for 2 papers")
    for row, paper in zip(rows, MORE, strict=True):
        for m in row["mentions"]:
            need(paper[m["field"]][m["start"] : m["end"]].strip(), f"an empty mention: {m}")
    return f"{sum(len(row['mentions']) for row in rows)} mentions"


def try_verify() -> str:
    return kg("verify").stdout.strip()[-60:]


def try_remove() -> str:
    gone = [p["id"] for p in data("papers") if p["title"] == MORE[1]["title"]]
    before = data("stats")["papers"]
    kg("remove", *gone)
    need(data("stats")["papers"] == before - 1, "the paper is still there")
    return "1 paper"


def try_stats() -> str:
    stats = data("stats")
    need(sum(stats["concepts"].values()) > 50 and len(stats["relations"]) > 5, f"a poor graph: {stats}")
    need(stats["fingerprint"] in kg("stats").stdout, "kg stats shows another fingerprint than --json")
    return f"{sum(stats['concepts'].values())} concepts"


def try_concepts() -> str:
    found = data("concepts", "state space")
    need("State Space Model" in [c["name"] for c in found], f"kg concepts 'state space': {found[:3]}")
    kg("concepts")
    return f"{len(found)} found"


def try_papers() -> str:
    need(len(data("papers", "mamba")) >= 3, "kg papers mamba")
    kg("papers")
    return ""


def try_show() -> str:
    need("Mamba" in kg("show", "mamba").stdout, "kg show mamba")
    data("show", "Mamba")
    run = kg("show", "No Such Concept At All", ok=False)
    need(len(run.stderr.strip().splitlines()) == 1, f"more than a line: {run.stderr!r}")
    return ""


def try_path() -> str:
    answer = data("path", "Mamba", "long sequences")
    need(answer["paths"], "no path")
    chains = []
    texts = {p["id"]: p for p in data("papers")}
    for path in answer["paths"]:
        for hop in path["hops"]:
            for e in hop["evidence"]:
                need(texts[e["paper"]][e["field"]][e["start"] : e["end"]] == e["sentence"], f"offsets: {e}")
        chains.append(" → ".join([path["hops"][0]["from"]["name"], *(hop["to"]["name"] for hop in path["hops"])]))
    need(any("State Space Model" in c for c in chains), f"no chain by state space models: {chains}")
    kg("path", "Mamba", "long sequences", "--html", "path.html")
    is_page("path.html")
    return chains[0]


def try_related() -> str:
    found = data("related", "Mamba")
    need(found, "nothing related to Mamba")
    kg("related", "Mamba")
    return f"{len(found)} related"


def try_report() -> str:
    need(kg("report", "Mamba").stdout.startswith("#"), "the report is no Markdown")
    kg("report", "Mamba", "--format", "html", "-o", "report.html")
    kg("report", "Mamba", "--format", "json", "-o", "report.json")
    json.loads(Path("report.json").read_text(encoding="utf-8"))
    return ""


def try_view() -> str:
    kg("view", "-o", "all.html")
    kg("view", "Mamba", "-o", "mamba.html")
    is_page("all.html")
    is_page("mamba.html")
    return f"{Path('all.html').stat().st_size / 1e6:.1f} MB"


def try_export() -> str:
    for name in ("g.graphml", "g.gexf", "g.json"):
        kg("export", name)
        need(Path(name).stat().st_size > 10_000, f"{name} is nearly empty")
    kg("export", "g.zip")
    with zipfile.ZipFile("g.zip") as packed:
        tables = [n for n in packed.namelist() if n.endswith(".csv")]
        need(tables, "no tables in g.zip")
        for name in tables:
            need(next(csv.reader(io.TextIOWrapper(packed.open(name), "utf-8"))), f"{name} has no header")
    kg("export", "g.unknown", ok=False)
    return f"{len(tables)} tables"


def try_query() -> str:
    listed = data("query", "--list")
    need(len(listed) >= 8, f"{len(listed)} queries")
    paper = data("papers", "Mamba: Linear-Time")[0]["id"]
    for query in listed:
        needed = [p for p in query["parameters"] if p.get("required", p.get("default") is None)]
        others = iter(("Mamba", "State Space Model"))
        values = {"paper": paper, "date": "2020"}
        given = [part for p in needed for part in (f"--{p['name']}", values.get(p["type"]) or next(others))]
        rows = data("query", query["name"], *given)
        need(isinstance(rows, list), f"kg query {query['name']} gives no list")
    kg("query", "no-such-query", ok=False)
    return f"{len(listed)} queries"


def try_cypher() -> str:
    count = data("stats")["papers"]
    rows = data("cypher", "MATCH (p:Paper) RETURN count(p) AS papers")
    need(rows == [{"papers": count}], f"{rows}, {count} in the library")
    rows = data("cypher", "MATCH (c:Method {name: $name}) RETURN c.id AS id", "--param", "name=Mamba")
    need(rows == [{"id": "method/mamba"}], f"{rows}")
    kg("cypher", "CREATE (:Paper {id: 'x'})", ok=False)
    return ""


def try_why() -> str:
    kg("why", "State Space Model")
    data("why", "State Space Model")
    return ""


def try_merges() -> str:
    kg("merges", "--below", "0.95")
    return f"{len(data('merges'))} merges"


def try_merge() -> str:
    before = data("stats")["fingerprint"]
    kg("merge", "TideFormer", "Reformer")
    need(data("stats")["fingerprint"] != before, "kg merge changed nothing")
    return ""


def try_split() -> str:
    kg("split", "Reformer", "TideFormer")
    return ""


def try_evaluate() -> str:
    kg("evaluate", "--help")
    kg("evaluate", "no-such-folder", ok=False)
    return "its one line without data"


def try_sync() -> str:
    closed = {"NEO4J_URI": "bolt://127.0.0.1:1", "NEO4J_USERNAME": "neo4j", "NEO4J_PASSWORD": SECRET}
    run = kg("sync", ok=False, **closed)
    need(SECRET not in run.stderr + run.stdout, "the password is printed")
    need(len(run.stderr.strip().splitlines()) == 1, f"more than a line: {run.stderr!r}")
    return "its one line without a server"


def try_neo4j() -> str:
    if not NEO4J:
        need(data("neo4j", "status")["running"] is False, "a server runs that nobody started")
        return "status alone; --neo4j starts a server"
    state = data("neo4j", "start")
    try:
        need(data("neo4j", "status")["running"], "the server that was started does not run")
        login = {
            "NEO4J_URI": state["uri"],
            "NEO4J_USERNAME": state["username"],
            "NEO4J_PASSWORD": Path(state["password_file"]).read_text(encoding="utf-8").strip(),
        }
        kg("sync", "--dry-run", **login)
        first = data("sync", **login)
        need(first["created"] > 100, f"sync says {first}")
        again = data("sync", **login)
        need((again["created"], again["updated"], again["deleted"]) == (0, 0, 0), f"the second sync says {again}")
        rows = data("cypher", "MATCH (p:Paper) RETURN count(p) AS papers", "--on", "neo4j", **login)
        need(rows == [{"papers": data("stats")["papers"]}], f"the server has {rows}")
    finally:
        kg("neo4j", "stop")
    return f"{state['version']}, {first['created']} created"


TRIES: dict[str, Callable[[], str]] = {
    name.removeprefix("try_"): call for name, call in list(globals().items()) if name.startswith("try_")
}
# Removing and joining change the library that the others read.
LAST = ("merge", "split", "remove")


def listed() -> list[str]:
    """Return the commands that `kg --help` names."""
    lines = kg("--help").stdout.split("Commands:")[1].splitlines()
    return [found[1] for line in lines if (found := re.match(r"  ([a-z][a-z0-9-]*)(?:\s|$)", line))]


def main() -> int:
    global NEO4J  # noqa: PLW0603
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kg", default="kg", metavar="COMMAND")
    parser.add_argument("--neo4j", action="store_true")
    options = parser.parse_args()
    KG[:] = shlex.split(options.kg)
    NEO4J = options.neo4j
    failed = 0
    with tempfile.TemporaryDirectory(prefix="kg-smoke-") as folder:
        os.chdir(folder)
        commands = listed()
        order = sorted({*commands, *TRIES}, key=lambda c: (c in LAST, c != "demo", c != "build", c))
        for command in order:
            start = time.perf_counter()
            try:
                need(command in commands, "kg --help does not list it")
                need(command in TRIES, "no try of it in this file")
                mark, note = "ok   ", TRIES[command]()
            except Short as short:
                mark, note = "SHORT", str(short)
            except (KeyError, TypeError, IndexError, ValueError, OSError, subprocess.TimeoutExpired) as error:
                mark, note = "SHORT", f"{type(error).__name__}: {error}"
            failed += mark == "SHORT"
            print(f"{mark} {command:9} {time.perf_counter() - start:6.1f} s  {note}", flush=True)
        os.chdir(Path(folder).parent)
    print(f"{len(order) - failed} of {len(order)} commands run as they should")
    return failed


if __name__ == "__main__":
    sys.exit(main())
