#!/usr/bin/env python3
"""Fill README.md with what kg says now: the schema, the output of commands, the figures of the last evaluation.

    python docs/refresh.py             the parts between markers, and the output of each block after <!-- run -->
    python docs/refresh.py --picture   also docs/explorer.png, with Chromium

The commands run on the bundled sample, in a folder of their own.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from kg import schema

CHECKOUT = Path(__file__).resolve().parents[1]
README = CHECKOUT / "README.md"
EVALUATION = CHECKOUT / "docs" / "evaluation.md"
PICTURE = CHECKOUT / "docs" / "explorer.png"
BLOCK = re.compile(
    r"(?P<mark><!-- run(?:: first (?P<first>\d+)(?: last (?P<last>\d+))?)? -->\n)```console\n(?P<body>.*?)```\n", re.S
)


def filled(text: str, name: str, content: str) -> str:
    """Return `text` with `content` between the markers of that name. Raises ValueError when there are none."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"README.md lacks {begin} … {end}")
    return f"{before}{begin}\n{content.strip()}\n{end}{after}"


def between(text: str, name: str) -> str:
    """Return what stands between the markers of that name."""
    return text.partition(f"<!-- {name}: begin -->")[2].partition(f"<!-- {name}: end -->")[0].strip()


def table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [list(header), *map(list, rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def schema_tables() -> str:
    """Return the schema as Markdown tables: relations, then the properties of nodes and edges."""

    def ends(labels: tuple[str, ...]) -> str:
        return "any concept" if labels == schema.KINDS else ", ".join(labels)

    def tails(r: schema.RelationType) -> str:
        same_kind = r.heads == r.tails == schema.KINDS and not schema.allowed(r.name, *schema.KINDS[:2])
        return "one of its kind" if same_kind else ends(r.tails)

    relations = table(
        ("Relation", "From", "To", "The first … the second"),
        [(f"`{r.name}`", ends(r.heads), tails(r), r.meaning) for r in schema.RELATIONS.values()],
    )
    groups = (
        ("`(:Paper)`", schema.PAPER_PROPERTIES),
        ("`(:Concept:Method)`, `(:Concept:Dataset)`, `(:Concept:Task)`", schema.CONCEPT_PROPERTIES),
        ("every relation", schema.EDGE_PROPERTIES),
    )
    parts = [relations]
    for title, properties in groups:
        rows = [(f"`{p.name}`", p.type, p.meaning) for p in properties]
        parts.append(f"<details><summary>Properties of {title.replace('`', '')}</summary>\n\n")
        parts[-1] += table(("Property", "Type", "Meaning"), rows) + "\n\n</details>"
    return "\n\n".join(parts)


def evaluation() -> str:
    """Return the tables that `kg evaluate` wrote, without their title."""
    if not EVALUATION.is_file():
        return "No evaluation has been written yet: `make evaluate`."
    text = EVALUATION.read_text(encoding="utf-8")
    return re.sub(r"\A#[^\n]*\n", "", text).replace("\n# ", "\n### ").replace("\n## ", "\n### ").strip()


def output_of(line: str, folder: Path) -> str:
    """Run one `kg …` line in `folder` and return what a terminal shows, notes included."""
    words = shlex.split(line)
    if words[0] != "kg":
        raise ValueError(f"only kg is run for the README, not {line!r}")
    done = subprocess.run(
        [sys.executable, "-m", "kg", *words[1:]],
        cwd=folder,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        env={k: v for k, v in os.environ.items() if not k.startswith("KG_")}
        | {"NO_COLOR": "1", "COLUMNS": "110", "PYTHONUTF8": "1", "PYTHONPATH": str(CHECKOUT)},
    )
    if done.returncode:
        raise ValueError(f"{line!r} left with {done.returncode}: {done.stdout}")
    return done.stdout.rstrip()


def run_blocks(text: str, folder: Path) -> str:
    """Return `text` with the output under every `$ kg …` line of the marked blocks replaced by the present one."""

    def refreshed(found: re.Match[str]) -> str:
        shown = []
        for line in [line for line in found["body"].splitlines() if line.startswith("$ ")]:
            lines = output_of(line[2:], folder).splitlines()
            first, last = int(found["first"] or len(lines)), int(found["last"] or 0)
            if len(lines) > first + last:
                lines = [*lines[:first], "…", *lines[len(lines) - last :]]
            shown += [line, *lines]
        return found["mark"] + "```console\n" + "\n".join(shown) + "\n```\n"

    return BLOCK.sub(refreshed, text)


def take_picture(page: Path) -> None:
    """Write the picture of a page, 1400 by 900 pixels, as Chromium draws it."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        raise SystemExit("no Chromium found: install Debian's package chromium")
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            [
                chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
                f"--user-data-dir={profile}", "--window-size=1400,900", "--virtual-time-budget=6000",
                f"--screenshot={PICTURE}", page.resolve().as_uri(),
            ],
            check=True,
            capture_output=True,
            timeout=120,
        )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--picture", action="store_true")
    options = parser.parse_args()
    text = README.read_text(encoding="utf-8")
    text = filled(text, "schema", schema_tables())
    text = filled(text, "evaluation", evaluation())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        text = run_blocks(text, folder)
        if options.picture:
            take_picture(folder / "kg-demo" / "mamba.html")
    README.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
