"""kg: a knowledge graph of concepts and papers, with the sentence behind every edge.

The way from saved pages to an answer:

    import kg
    kg.build(["daily-papers.txt"], library="kg.db")
    graph = kg.load("kg.db")                       # networkx.MultiDiGraph
    kg.paths(graph, "Mamba", "long sequences")
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

# Loaded on first use, so that `import kg` and `kg --help` stay quick: neither spaCy nor a driver is imported.
_WHERE = {
    "Evidence": "kg.records",
    "Extraction": "kg.records",
    "Mention": "kg.records",
    "Paper": "kg.records",
    "Relation": "kg.records",
    "build": "kg.pipeline",
    "export": "kg.exporting",
    "extract": "kg.extraction",
    "load": "kg.pipeline",
    "paths": "kg.pathfinding",
    "read": "kg.sources",
    "related": "kg.relatedness",
    "render": "kg.rendering",
    "report": "kg.reporting",
    "resolve": "kg.naming",
    "sync": "kg.stores.neo4j",
}

__all__ = ["__version__", *_WHERE]  # noqa: PLE0604  the keys are strings


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        return getattr(import_module(_WHERE[name]), name)
    raise AttributeError(f"module 'kg' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
