"""A title and an abstract as a spaCy document: tokens that keep the text exactly, and sentences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import spacy
from spacy.attrs import SENT_START
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.vocab import Vocab

from kg.extraction.text import sentences, words

__all__ = ["Component", "Sentences", "Tokenizer", "make_doc", "make_sentences", "make_tokenizer"]


def _extend() -> None:
    """Register the attributes under `._.`; done once, and again harmlessly if another version was there."""
    Doc.set_extension("title_words", default=0, force=True)  # tokens of the title, when the text starts with one
    Doc.set_extension("relations", default=None, force=True)
    Doc.set_extension("abbreviations", default=None, force=True)
    Span.set_extension(
        "confidence", getter=lambda s: s.doc.user_data.get("kg_confidence", {}).get((s.start, s.end)), force=True
    )
    Span.set_extension("roles", getter=lambda s: s.doc.user_data.get("kg_roles", {}).get((s.start, s.end)), force=True)


_extend()


class Tokenizer:
    """Cuts at white space and around every sign, as the encoder's own tokenizer does; keeps the text exactly."""

    def __init__(self, vocab: Vocab) -> None:
        self.vocab = vocab

    def __call__(self, text: str) -> Doc:
        tokens: list[str] = []
        spaces: list[bool] = []
        at = 0
        for start, end in words(text):
            if start > at:
                self._space(text[at:start], tokens, spaces)
            tokens.append(text[start:end])
            spaces.append(False)
            at = end
        if at < len(text):
            self._space(text[at:], tokens, spaces)
        return Doc(self.vocab, words=tokens, spaces=spaces)

    @staticmethod
    def _space(gap: str, tokens: list[str], spaces: list[bool]) -> None:
        # spaCy keeps one blank as a flag of the token before it; all other white space is a token of its own.
        if gap[0] == " " and tokens and not spaces[-1]:
            spaces[-1] = True
            gap = gap[1:]
        if gap:
            tokens.append(gap)
            spaces.append(False)

    # spaCy saves and loads every part of a pipeline; there is nothing to keep here.
    def to_disk(self, path: Any, *, exclude: Any = ()) -> None: ...

    def from_disk(self, path: Any, *, exclude: Any = ()) -> Tokenizer:
        return self

    def to_bytes(self, *, exclude: Any = ()) -> bytes:
        return b""

    def from_bytes(self, data: bytes, *, exclude: Any = ()) -> Tokenizer:
        return self


@spacy.registry.tokenizers("kg.tokenizer.v1")  # type: ignore[attr-defined, untyped-decorator, unused-ignore]
def make_tokenizer() -> Callable[[Language], Tokenizer]:
    return lambda nlp: Tokenizer(nlp.vocab)


def make_doc(nlp: Language, title: str, abstract: str) -> tuple[Doc, int]:
    """Return a document of title and abstract, not yet run through the pipeline, and where the abstract starts in it."""
    # A lone surrogate cannot be encoded; its stand-in is as long, so that offsets stay true.
    title, abstract = _whole(title), _whole(abstract)
    both = f"{title}\n\n{abstract}" if title and abstract else title or abstract
    doc = nlp.make_doc(both)
    start = len(title) + 2 if title and abstract else 0 if not title else len(title)
    doc._.title_words = sum(1 for t in doc if t.idx < len(title)) if title else 0
    return doc, start


def _whole(text: str) -> str:
    """Return the text with each lone surrogate replaced by U+FFFD."""
    if any("\ud800" <= c <= "\udfff" for c in text):
        return "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text)
    return text


class Component:
    """spaCy saves and loads every component; these keep their settings in the config and their weights in the model folder."""

    def to_disk(self, path: Any, *, exclude: Any = ()) -> None: ...

    def from_disk(self, path: Any, *, exclude: Any = ()) -> Any:
        return self

    def to_bytes(self, *, exclude: Any = ()) -> bytes:
        return b""

    def from_bytes(self, data: bytes, *, exclude: Any = ()) -> Any:
        return self


class Sentences(Component):
    """Marks sentence starts; a title (`doc._.title_words`) is one sentence."""

    def __call__(self, doc: Doc) -> Doc:
        if not len(doc):
            return doc
        starts = np.full((len(doc), 1), -1, dtype=np.int64)
        n = doc._.title_words
        starts[0] = 1
        if n < len(doc):
            base = doc[n].idx
            places = {t.idx: t.i for t in doc[n:]}
            for start, _ in sentences(doc.text[base:]):
                starts[places[base + start]] = 1
        # As an array: spaCy's setter on a token looks through the whole document each time.
        numbers: Any = starts.view(np.uint64)
        doc.from_array([SENT_START], numbers)
        return doc


@Language.factory("kg_sentences", assigns=["token.is_sent_start"])
def make_sentences(nlp: Language, name: str) -> Sentences:
    return Sentences()
