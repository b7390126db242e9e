"""A document as windows of word pieces: what the encoder takes, with the way back to words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tokenizers import Tokenizer

from kg.extraction.text import SHAPES, shape

__all__ = ["MAX_PIECES", "Window", "cut"]

MAX_PIECES = 384  # as in training; the encoder's positions end at 512
MAX_WORD_PIECES = 12  # of a longer word (a hash, a formula without spaces) the rest is left out
_SIGN = SHAPES.index("sign")


@dataclass(slots=True)
class Window:
    """`first` and `last` are the places in `pieces` of each word's first and last piece; `start` is the document's word
    that is the window's first; `sentence` numbers the sentence of each word."""

    start: int
    pieces: list[int]
    shapes: list[int]
    first: list[int] = field(default_factory=list)
    last: list[int] = field(default_factory=list)
    sentence: list[int] = field(default_factory=list)


def cut(
    tokenizer: Tokenizer,
    texts: Sequence[str],
    sentence: Sequence[int],
    *,
    opening: int,
    separator: int,
    unknown: int,
    title: int = 0,
) -> Iterator[Window]:
    """Yield the windows of a document of words `texts`; `sentence[i]` numbers the sentence of word i, from 0 upwards.

    The first `title` words are followed by a separator. A document too long for one window is cut at sentence ends into
    parts of about equal size, a sentence too long for one is cut where the window is full. `opening` is the piece that
    opens a window and names the style.
    """
    if not texts:
        return
    pieces = _pieces(tokenizer, texts, unknown)
    room = MAX_PIECES - 4
    total = sum(map(len, pieces))
    parts = max(1, -(-total // room))
    target = total / parts
    at = 0
    while at < len(texts):
        end = _reach(pieces, sentence, at, room, target)
        window = Window(at, [opening], [_SIGN])
        for i in range(at, end):
            window.first.append(len(window.pieces))
            window.pieces += pieces[i]
            window.shapes += [shape(texts[i])] * len(pieces[i])
            window.last.append(len(window.pieces) - 1)
            window.sentence.append(sentence[i])
            if i == title - 1:
                window.pieces.append(separator)
                window.shapes.append(_SIGN)
        window.pieces.append(separator)
        window.shapes.append(_SIGN)
        yield window
        at = end


def _pieces(tokenizer: Tokenizer, texts: Sequence[str], unknown: int) -> list[list[int]]:
    by_word: list[list[int]] = [[] for _ in texts]
    step = 2000  # words at a time, so that a text of megabytes needs no more memory than an abstract
    for base in range(0, len(texts), step):
        # A word of a thousand letters is no word: its first letters do, and the tokenizer stays linear.
        encoded = tokenizer.encode(
            [t[:100] for t in texts[base : base + step]], is_pretokenized=True, add_special_tokens=False
        )
        for piece, word in zip(encoded.ids, encoded.word_ids, strict=True):
            if word is not None and len(by_word[base + word]) < MAX_WORD_PIECES:
                by_word[base + word].append(piece)
    return [p or [unknown] for p in by_word]


def _reach(pieces: list[list[int]], sentence: Sequence[int], at: int, room: int, target: float) -> int:
    """Return where the window that starts at word `at` ends (exclusive)."""
    filled = 0
    edge = at  # the last sentence end within reach
    i = at
    while i < len(pieces) and filled + len(pieces[i]) <= room:
        filled += len(pieces[i])
        i += 1
        if i == len(pieces) or sentence[i] != sentence[i - 1]:
            edge = i
            if filled >= target and i < len(pieces):
                break
    return edge if edge > at else i
