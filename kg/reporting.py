"""The report on one or more concepts: what the papers say of them, statement by statement, with the sentence and its source.

    print(report(g, ["State Space Model"]))                     # Markdown
    Path("r.html").write_text(report(g, ["Mamba", "Transformer"], format="html"))

`describe` gathers the contents as plain data, which is also the JSON form; the two templates in `visualizations/` set it.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence

import networkx as nx

from kg import figures, templates, wording
from kg.describing import DOUBT, SHOWN, describe
from kg.errors import KgError

__all__ = ["FORMATS", "describe", "report"]

FORMATS = ("md", "html", "json")


def report(g: nx.MultiDiGraph, concepts: str | Sequence[str], *, format: str = "md") -> str:
    """Return the report on `concepts` (ids or names) as Markdown ("md"), one self-contained HTML page or JSON.

    Raises UnknownConcept for a name that nothing has, KgError for an unknown format or number of concepts.
    """
    if format not in FORMATS:
        raise KgError(f"no report format {format!r}; expected {', '.join(FORMATS)}")
    contents = describe(g, [concepts] if isinstance(concepts, str) else concepts)
    if format == "json":
        return json.dumps(contents, ensure_ascii=False, indent=2) + "\n"
    for card in contents["concepts"]:
        card["figures"] = {"years": figures.bars(card["years"]), "relations": figures.ego(card, wording.words)}
    if format == "html":
        css = templates.source("report.css")
        digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode("ascii")
        return templates.html("report.html", contents, css=css, digest=digest, shown=SHOWN, doubt=DOUBT)
    return templates.markdown("report.md", contents, shown=SHOWN, doubt=DOUBT)
