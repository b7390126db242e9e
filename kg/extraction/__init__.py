"""Extraction: from the title and abstract of a paper to mentions, relations and roles, with a spaCy pipeline."""

from __future__ import annotations

import multiprocessing
import signal
from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import lru_cache
from itertools import islice
from typing import Any

from kg.errors import ModelError
from kg.extraction.model import model_version
from kg.records import Extraction, Mention, Paper, Relation

__all__ = ["extract", "extract_one", "model_version", "pipeline"]

PIPES = ("kg_sentences", "kg_mentions", "kg_abbreviations", "kg_relations", "kg_roles")
_CHUNK = 8  # papers handed to a worker at a time
# A longer text is no abstract; what is beyond is not read, so that one file of megabytes cannot stall a feed.
MOST_CHARACTERS = 100_000


@lru_cache(maxsize=2)
def pipeline(model: str | None = None, style: str = "abstract") -> Any:
    """Return the spaCy pipeline (`spacy.Language`) with the model in a folder, or the one that came with kg.

    `style` chooses the corpus whose conventions mentions follow: abstract (the product's own), scier, scierc or tdmsci.
    Raises ModelError.
    """
    import spacy

    from kg.extraction import components, documents  # noqa: F401 (components register their factories)

    nlp = spacy.blank("en")
    nlp.tokenizer = documents.Tokenizer(nlp.vocab)
    nlp.max_length = 10 * MOST_CHARACTERS
    for name in PIPES:
        config: dict[str, Any] = {"model": model} if name in ("kg_mentions", "kg_relations", "kg_roles") else {}
        if name == "kg_mentions":
            config["style"] = style
        nlp.add_pipe(name, config=config)
    return nlp


@lru_cache(maxsize=1)
def _blas() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def extract_one(paper: Paper) -> Extraction:
    """Return what the model finds in one paper. Offsets are code points of its title and abstract as they are."""
    nlp = pipeline()
    # One thread of linear algebra: sums in another order could round differently, and workers share the cores anyhow.
    # Texts come and go: what the vocabulary learns of one is forgotten after it, so that memory stays level.
    with _blas().limit(limits=1, user_api="blas"), nlp.memory_zone():
        return _read(nlp, paper)


def _read(nlp: Any, paper: Paper) -> Extraction:
    from kg.extraction.documents import make_doc

    title, abstract = paper.title[:MOST_CHARACTERS], paper.abstract[:MOST_CHARACTERS]
    doc, base = make_doc(nlp, title, abstract)
    for _, pipe in nlp.pipeline:
        doc = pipe(doc)
    mentions = []
    whole = doc.text  # spaCy joins it anew each time it is asked
    starts = [i for i, token in enumerate(doc) if token.is_sent_start] or [0]
    for span in doc.ents:
        in_title = span.start < doc._.title_words
        offset = 0 if in_title else base
        text = title if in_title else abstract
        # The sentence's own edges hold no white space; spaCy counts that after it as part of it.
        at = bisect_right(starts, span.start)
        low = doc[starts[at - 1]].idx
        high = doc[starts[at]].idx if at < len(starts) else len(whole)
        raw = whole[low:high]
        start = low + len(raw) - len(raw.lstrip()) - offset
        end = min(low + len(raw.rstrip()) - offset, len(text))
        a, z = span.start_char - offset, span.end_char - offset
        mentions.append(
            Mention(
                "title" if in_title else "abstract",
                a,
                z,
                span.label_,
                text[a:z],
                span._.confidence,
                start,
                end,
                tuple(span._.roles or ()),
            )
        )
    relations = tuple(Relation(h, r, t, c) for h, r, t, c in doc._.relations or ())
    return Extraction(paper.text_hash, model_version(), tuple(mentions), relations)


def _start_worker() -> None:
    # An interrupt is the parent's to handle; workers end with it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pipeline()


def _extract_many(papers: list[Paper]) -> list[Extraction]:
    return [extract_one(paper) for paper in papers]


def _chunks(papers: Iterable[Paper]) -> Iterator[list[Paper]]:
    rest = iter(papers)
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk


def extract(papers: Iterable[Paper], *, workers: int = 1) -> Iterator[Extraction]:
    """Yield one extraction for each paper, in the order of `papers`; the same whatever the number of `workers` processes.

    Papers are taken as they are needed, so a stream of any length can be passed. Raises ModelError before the first
    paper if the model cannot be loaded, and when a worker process was killed.
    """
    if workers <= 1:
        pipeline()
        for paper in papers:
            yield extract_one(paper)
        return
    model_version()
    # Fresh processes rather than forks: onnxruntime's threads do not survive a fork.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_start_worker) as pool:
        waiting: deque[Future[list[Extraction]]] = deque()
        chunks = _chunks(papers)
        try:
            for chunk in islice(chunks, 4 * workers):
                waiting.append(pool.submit(_extract_many, chunk))
            while waiting:
                done = waiting.popleft().result()
                for chunk in islice(chunks, 1):
                    waiting.append(pool.submit(_extract_many, chunk))
                yield from done
        except BrokenProcessPool as error:
            raise ModelError(
                "a worker process was killed, perhaps for memory; try again with fewer --workers"
            ) from error
        finally:
            for future in waiting:
                future.cancel()
