"""Words and sentences of titles and abstracts, as offsets into the text.

Words are cut as BERT's basic tokenizer cuts them (at white space and around every sign), so that no span of the
encoder's pieces is lost on a word's edge. Sentences are cut by rules, since abstracts are full of "et al.", "Fig. 2",
"e.g.", decimal numbers, URLs and names with a full stop inside, on which general splitters break.
"""

from __future__ import annotations

import re

__all__ = ["SHAPES", "sentences", "shape", "words"]

_WORD = re.compile(r"[^\W_]+|[^\w\s]|_")

# A full stop after one of these does not end a sentence.
_ABBREVIATIONS = frozenset(
    [
        "aka",
        "al",
        "approx",
        "cf",
        "ch",
        "co",
        "corp",
        "def",
        "dept",
        "dr",
        "ed",
        "eds",
        "eg",
        "eq",
        "eqs",
        "etc",
        "ex",
        "fig",
        "figs",
        "ie",
        "inc",
        "jr",
        "lemma",
        "max",
        "min",
        "mr",
        "mrs",
        "ms",
        "no",
        "nos",
        "prof",
        "prop",
        "pt",
        "ref",
        "refs",
        "resp",
        "rev",
        "sec",
        "sect",
        "sr",
        "st",
        "tab",
        "tabs",
        "thm",
        "vol",
        "vs",
        "viz",
        "wrt",
        "i.e",
        "e.g",
        "a.k.a",
        "w.r.t",
        "i.i.d",
        "u.s",
        "ph.d",
        "m.sc",
        "b.sc",
    ]
)
# … unless, for these, the next word starts like a sentence.
_MAY_END = frozenset({"al", "etc", "i.i.d", "u.s", "inc", "corp", "co"})
_STARTERS = frozenset(
    [
        "the",
        "this",
        "these",
        "those",
        "we",
        "our",
        "in",
        "it",
        "its",
        "they",
        "there",
        "here",
        "however",
        "moreover",
        "furthermore",
        "additionally",
        "finally",
        "to",
        "for",
        "while",
        "although",
        "though",
        "when",
        "experiments",
        "extensive",
        "code",
        "results",
        "both",
        "as",
        "with",
        "on",
        "by",
        "based",
        "unlike",
        "recent",
        "such",
        "an",
        "a",
    ]
)
_END = re.compile(r"[.!?…。！？]+[\"'”’)\]}]*(?=\s|$)|\n\s*\n")
_LAST_TOKEN = re.compile(r"[\w.&-]+$")
_NEXT = re.compile(r"\s*[\"'“‘(\[{$\\]*(\w+)?")
_URL_TAIL = re.compile(r"(?:https?://|www\.)\S*$")
_LONGEST_TAIL = 200  # characters looked back for the word before a full stop: no abstract has a longer one


def words(text: str) -> list[tuple[int, int]]:
    """Return the half-open offsets of the words of `text`."""
    return [m.span() for m in _WORD.finditer(text)]


def sentences(text: str) -> list[tuple[int, int]]:
    """Return the half-open offsets of the sentences of `text`, without the white space around them."""
    found: list[tuple[int, int]] = []
    start = 0
    for match in _END.finditer(text):
        if match.end() < len(text) and not _ends(text, match):
            continue
        _add(found, text, start, match.end())
        start = match.end()
    _add(found, text, start, len(text))
    return found


def _add(found: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    if start < end:
        found.append((start, end))


def _ends(text: str, match: re.Match[str]) -> bool:
    mark = match.group()
    if mark[0] in "\n。！？":
        return True
    following = _NEXT.match(text, match.end())
    word = following.group(1) if following else None
    if word is None:
        # No word follows at once (a formula, a dash, a bullet): a sentence ends unless it goes on in lower case.
        return True
    starts = word[0].isupper() or word[0].isdigit() or not word[0].isalpha()
    if mark[0] in "!?":
        return starts
    before = _LAST_TOKEN.search(text[max(0, match.start() - _LONGEST_TAIL) : match.start()])
    last = before.group().lower() if before else ""
    if not starts:
        # Names such as "iGPT" or "p-values" may open a sentence, a plain lower-case word does not.
        return (
            any(c.isupper() for c in word)
            or _URL_TAIL.search(text[max(0, match.start() - _LONGEST_TAIL) : match.start()]) is not None
        ) and (last not in _ABBREVIATIONS)
    if last.rsplit("(", 1)[-1] in _ABBREVIATIONS or (last.rsplit(".", 1)[-1] in _ABBREVIATIONS and "." in last):
        return last in _MAY_END and word.lower() in _STARTERS
    # One capital letter before the stop is an initial ("J. Smith"), unless the next word is one that opens sentences.
    if len(last) == 1 and last.isalpha() and before is not None and text[match.start() - 1].isupper():
        return word.lower() in _STARTERS
    return True


SHAPES = ("lower", "Initial", "UPPER", "Mixed", "digits", "alnum", "sign", "letter")


def shape(word: str) -> int:
    """Return the index in SHAPES of the form of `word`: the encoder itself is blind to case."""
    if word.isdigit():
        return 4
    if not word[0].isalnum():
        return 6
    if any(c.isdigit() for c in word):
        return 5
    if len(word) == 1:
        return 7 if word.isupper() else 0
    if word.islower():
        return 0
    if word.isupper():
        return 2
    if word[0].isupper() and word[1:].islower():
        return 1
    if word[-1] == "s" and word[:-1].isupper():
        return 2  # the plural of an abbreviation: LLMs
    return 3
