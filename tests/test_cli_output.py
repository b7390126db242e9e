"""What reaches the terminal: never a control character or markup of a paper's text, one JSON value, plain text in pipes."""

from __future__ import annotations

import io
import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.cli import output
from kg.cli.card import sentence

HOSTILE = "\x1b[31mred\x1b[0m \x9b5m bell\a over\rwritten \u202ereversed\u202c [bold]x[/bold] \x00\ud800"


@given(st.text(st.characters(codec=None, exclude_categories=[])))
def test_no_text_moves_the_cursor(text: str) -> None:
    cleaned = output.clean(text)
    assert not any(ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 or 0xD800 <= ord(c) < 0xE000 for c in cleaned)


def test_cleaning_keeps_what_people_read() -> None:
    assert output.clean("Naïve “S4” → 状態空間 👍🏽\nnext") == "Naïve “S4” → 状態空間 👍🏽 next"


def test_a_table_prints_hostile_cells_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_table(("A", "B"), [(HOSTILE, 3)], right=("B",))
    printed = capsys.readouterr().out
    assert "\x1b" not in printed and "\a" not in printed and "\u202e" not in printed
    assert "[bold]x[/bold]" in printed


def test_piped_lines_have_no_blanks_at_their_end(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_table(("Name", "Count"), [("a", 1), ("long name", 22)], right=("Count",))
    output.print_text("some words " * 40, indent=4)
    lines = capsys.readouterr().out.splitlines()
    assert lines and all(line == line.rstrip() for line in lines)
    assert all(len(line) <= output.PIPE_WIDTH for line in lines)


def test_json_is_one_value_whatever_the_text(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_json([HOSTILE])
    assert json.loads(capsys.readouterr().out) == [HOSTILE]


def test_json_is_ascii_where_stdout_cannot_hold_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    output.print_json({"name": "→"})
    sys.stdout.flush()
    assert json.loads(raw.getvalue()) == {"name": "→"}


def test_notes_and_errors_are_one_line_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    output.fail("two\nlines \x1b[2J")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "error: two lines [2J\n"


@pytest.mark.parametrize(("value", "shown"), [(0.999, "0.99"), (0.5, "0.50"), (0.29, "0.29"), (1.0, "1.00")])
def test_nothing_below_certainty_reads_as_certain(value: float, shown: str) -> None:
    assert output.sureness(value) == shown


def test_no_progress_is_drawn_where_stderr_is_no_terminal() -> None:
    with output.progress() as report:
        assert report is None


def test_the_mentions_of_a_sentence_stand_out() -> None:
    shown = sentence({"start": 10, "sentence": "The ship carries [goods].", "head": [14, 18], "tail": [28, 33]})
    assert shown.plain == "The ship carries [goods]."
    assert [shown.plain[span.start : span.end] for span in shown.spans if span.style == "bold"] == ["ship", "goods"]


def test_mentions_that_overlap_or_lie_outside_do_not_break_the_sentence() -> None:
    shown = sentence({"start": 0, "sentence": "state space model", "head": [0, 11], "tail": [6, 99]})
    assert shown.plain == "state space model"
