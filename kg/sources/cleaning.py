"""Text that everything downstream takes: SQLite, XML, JSON, a terminal."""

from __future__ import annotations

import re

__all__ = ["clean", "fold", "shown"]

# Lone surrogates have no UTF-8; control characters and U+FFFE, U+FFFF have no place in XML.
_BAD = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_BLANKS = str.maketrans(dict.fromkeys("\x0b\x0c\x1c\x1d\x1e\x1f\x85", " ") | {"\r": "\n"})


def clean(text: str) -> str:
    """Return the text with what no program likes replaced, one character for one, so that offsets into it stay true.

    Lone surrogates, control characters and U+FFFE, U+FFFF become U+FFFD; old line separators become spaces; "\\r\\n"
    becomes a space and a line feed, a lone "\\r" a line feed.
    """
    if text.isascii() and text.isprintable():
        return text
    return _BAD.sub("\ufffd", text.replace("\r\n", " \n").translate(_BLANKS))


def fold(text: str) -> str:
    """Return the cleaned text with each run of white space as one space, and none at its ends."""
    return " ".join(clean(text).split())


def shown(text: object, limit: int = 60) -> str:
    """Return the beginning of a text as an error message can show it: one line, printable, at most `limit` long."""
    line = "".join(c if c.isprintable() else "\ufffd" for c in " ".join(str(text)[: 4 * limit].split()))
    return line if len(line) <= limit else line[: limit - 1] + "…"
