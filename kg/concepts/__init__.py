"""Concepts: which mentions of a library name the same thing.

linking = link(papers, extractions)
linking.concept_of["arxiv:2312.00752", 0]   # "method/mamba"
"""

from __future__ import annotations

from kg.concepts.corrections import Corrections
from kg.concepts.ledger import merges, why
from kg.concepts.linking import link
from kg.concepts.records import Concept, Linking, Merge, Variant

__all__ = ["Concept", "Corrections", "Linking", "Merge", "Variant", "link", "merges", "why"]
