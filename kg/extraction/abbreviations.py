"""Short forms and the long forms that a text gives for them, after Schwartz and Hearst (2003).

"A simple algorithm for identifying abbreviation definitions in biomedical text", PSB 2003: the letters of a bracketed
short form are matched backwards against the words before the bracket. Also the other order, "SF (long form)".
"""

from __future__ import annotations

import re

__all__ = ["find"]

Span = tuple[int, int]

_BRACKET = re.compile(r"[(\[]([^()\[\]\n]{2,90})[)\]]")
_SHORT = re.compile(r"[A-Za-z0-9][\w.&/+*-]{0,14}s?")
_WORD_START = re.compile(r"[^\W_]+")


def find(text: str) -> list[tuple[Span, Span]]:
    """Return pairs of offsets (short form, long form), in the order of the text."""
    found: list[tuple[Span, Span]] = []
    for match in _BRACKET.finditer(text):
        start, end = match.span(1)
        inner = text[start:end]
        cut = re.search(r"[,;:]|\b(?:i\.e|e\.g|see|aka)\b", inner)
        if cut:
            end = start + cut.start()
            inner = text[start:end]
        inner = inner.rstrip()
        end = start + len(inner)
        if _is_short(inner):
            long = _long_before(text, match.start(), inner)
            if long is not None:
                found.append(((start, end), long))
        elif " " in inner:
            # The other order: "LRA (Long Range Arena)".
            before = re.search(r"(\S+)\s*$", text[max(0, match.start() - 20) : match.start()])
            if before and _is_short(before.group(1)):
                s = max(0, match.start() - 20) + before.start(1)
                long = _match(text, start, end, before.group(1))
                if long is not None and long[0] == start:
                    found.append(((s, s + len(before.group(1))), long))
    return found


def _is_short(text: str) -> bool:
    """A short form has two to twelve characters, no blank, and at least one capital letter."""
    return (
        2 <= len(text) <= 12
        and _SHORT.fullmatch(text) is not None
        and any(c.isupper() for c in text)
        and not text.isdigit()
    )


def _long_before(text: str, bracket: int, short: str) -> Span | None:
    letters = sum(c.isalnum() for c in short)
    # No more words than letters + 5, or twice the letters (the rule of the paper).
    most = min(letters + 5, letters * 2)
    end = bracket
    while end > 0 and text[end - 1].isspace():
        end -= 1
    window = text[max(0, end - 200) : end]
    base = end - len(window)
    sentence = max(window.rfind(". "), window.rfind("; "), window.rfind("("), window.rfind(")"), window.rfind("\n"))
    words = [m.start() for m in _WORD_START.finditer(window, sentence + 1)]
    if not words:
        return None
    return _match(text, base + words[max(0, len(words) - most)], end, short)


def _match(text: str, start: int, end: int, short: str) -> Span | None:
    """Match the letters of `short` backwards in text[start:end]; the first letter must open a word."""
    if short.endswith("s") and short[:-1].isupper():
        short = short[:-1]  # the plural of the short form: SSMs
    at = end
    for i in range(len(short) - 1, -1, -1):
        letter = short[i].lower()
        if not letter.isalnum():
            continue
        at -= 1
        while at >= start and (text[at].lower() != letter or (i == 0 and at > 0 and text[at - 1].isalnum())):
            at -= 1
        if at < start:
            return None
    long = text[at:end]
    # A long form is longer than its short form, does not hold it as a word, and is not one word unless the short form is inside.
    if len(long) < len(short) + 2 or short in long.split() or "(" in long:
        return None
    return at, end
