"""Extraction alone, without a library: what was found in each paper, in the form that annotated corpora have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from kg import concepts, graph
from kg.records import Extraction, Paper
from kg.schema import RELATIONS

__all__ = ["annotate"]


def annotate(records: Iterable[Paper], extractions: Mapping[str, Extraction]) -> Iterator[dict[str, Any]]:
    """Yield one object a paper, in order, under the id that its source uses.

        {id, mentions: [{field, start, end, type, text, concept, name, confidence, sentence}],
         relations: [{head, type, tail, confidence}], roles: {concept: role}}

    `head` and `tail` are indices into `mentions`, `type` is the SciER name, `concept` an id that all papers share, and
    `sentence` the half-open span around the mention in its field. Of papers with one id the first counts.
    """
    papers: dict[str, Paper] = {}
    for record in records:
        own = record.source_id or record.id
        papers.setdefault(own, replace(record, id=own))
    linking = concepts.link(list(papers.values()), extractions)
    g = graph.assemble(papers.values(), extractions, linking)
    for paper in papers.values():
        found = extractions.get(paper.text_hash) or Extraction(paper.text_hash, "")
        of = [linking.concept_of.get((paper.id, i), "") for i in range(len(found.mentions))]
        yield {
            "id": paper.id,
            "mentions": [
                {
                    "field": m.field,
                    "start": m.start,
                    "end": m.end,
                    "type": m.kind,
                    "text": m.text,
                    "concept": concept or m.text,
                    "name": linking.concepts[concept].name if concept else m.text,
                    "confidence": m.confidence,
                    "sentence": [m.sentence_start, m.sentence_end],
                }
                for m, concept in zip(found.mentions, of, strict=True)
            ],
            "relations": [
                {"head": r.head, "type": r.type, "tail": r.tail, "confidence": r.confidence} for r in found.relations
            ],
            "roles": {tail: RELATIONS[type_].role for _, tail, type_ in sorted(g.out_edges(paper.id, keys=True))},
        }
