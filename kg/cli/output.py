"""What reaches the terminal: data on stdout, notes, progress and errors on stderr.

Texts of papers are hostile: every text goes out without control characters, and never as rich markup.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

__all__ = [
    "clean",
    "console",
    "counted",
    "fail",
    "note",
    "print_json",
    "print_table",
    "print_text",
    "progress",
    "sureness",
    "text",
]

PIPE_WIDTH = 110
_STAGES = {"read": "Reading", "extract": "Extracting", "link": "Linking", "sync": "Writing", "write": "Writing"}


def _is_hostile(character: str) -> bool:
    code = ord(character)
    return (
        code < 0x20  # C0
        or 0x7F <= code <= 0x9F  # DEL, C1: some terminals take them as escape sequences
        or 0x202A <= code <= 0x202E  # bidirectional overrides
        or 0x2066 <= code <= 0x2069
        or code in (0x200E, 0x200F, 0x2028, 0x2029, 0xFEFF)
        or 0xD800 <= code <= 0xDFFF  # lone surrogates
    )


def clean(value: object) -> str:
    """Return `value` as one line without characters that move the cursor, change colours or turn the text around."""
    return "".join(" " if c in "\t\n\r" else "" if _is_hostile(c) else c for c in str(value))


def text(value: object, style: str = "") -> Text:
    """Return cleaned text in a style; rich does not look for markup in it."""
    from rich.text import Text

    return Text(clean(value), style=style)


def console() -> Console:
    """Return the console of stdout: plain and of a fixed width in a pipe, unless COLUMNS says otherwise."""
    from rich.console import Console

    width = None if sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdecimal() else PIPE_WIDTH
    return Console(width=width, highlight=False, markup=False, emoji=False, soft_wrap=False)


def print_json(value: Any) -> None:
    """Print exactly one JSON value; as ASCII where stdout cannot hold the text (or the text holds lone surrogates)."""
    out = json.dumps(value, ensure_ascii=False, indent=2)
    try:
        out.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        out = json.dumps(value, ensure_ascii=True, indent=2)
    sys.stdout.write(out + "\n")


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, right: Sequence[str] = ()) -> None:
    """Print a table without frame. Cells may be rich Text; anything else is cleaned. `right` columns hold numbers."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", no_wrap=column in right)
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else text(cell) for cell in row))
    out = console()
    if out.is_terminal:
        out.print(table)
        return
    with out.capture() as captured:
        out.print(table)
    for line in captured.get().splitlines():
        print(line.rstrip())


def print_text(value: Text | str, *, indent: int = 0) -> None:
    """Print text, wrapped, each line `indent` columns in and without blanks at its end."""
    out = console()
    whole = text(value) if isinstance(value, str) else value
    for line in whole.wrap(out, max(out.width - indent, 20)):
        line.rstrip()
        out.print(text(" " * indent).append_text(line), soft_wrap=True)


def sureness(confidence: float) -> str:
    """Return a confidence with two digits, cut and not rounded: nothing below certainty reads as 1.00."""
    return f"{int(confidence * 100 + 1e-9) / 100:.2f}"


def counted(n: int, noun: str, plural: str = "") -> str:
    """Return "1 paper", "2 papers"."""
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"


def note(message: str) -> None:
    """Print a line for the reader, not for a program, on stderr."""
    print(clean(message), file=sys.stderr)


def fail(message: str) -> None:
    """Print the one line that tells what went wrong."""
    print(f"error: {clean(message)}", file=sys.stderr)


@contextlib.contextmanager
def progress() -> Iterator[Callable[[str, int, int], None] | None]:
    """Give a function (stage, done, of how many) that draws a bar on stderr, or None when that is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description:<10}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, Any] = {}

        def report(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(_STAGES.get(stage, stage.capitalize()), total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield report
