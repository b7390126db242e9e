"""The graph as one HTML file that a reader opens from disk or mail: PyVis with our own template.

The page asks nothing of the network, and no text of a paper can run in it: the data is JSON that the page parses, Jinja
escapes, the page's script writes text only, and a Content-Security-Policy names the hashes of the only two scripts.
PyVis carries the nodes and edges, the template hook and the drawing library; its own template is not used, as there a
title that contains "href" runs as HTML.
"""

from __future__ import annotations

import base64
import hashlib
import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from typing import Any

import networkx as nx
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from pyvis.network import Network

from kg import layout, resources, schema
from kg.errors import KgError
from kg.records import Evidence

__all__ = ["MAX_EVIDENCE", "MAX_NODES", "render"]

log = logging.getLogger(__name__)

MAX_NODES = 3_000  # above, the first frame takes over a second of CPU and few nodes can be told apart
MAX_EVIDENCE = 12  # statements of one edge that the page carries, the surest first; it says how many there are
PAPER_SHARE = 0.2  # part of the page's nodes that papers may take when not all fit

SCRIPTS = (
    "base.js",
    "data.js",
    "state.js",
    "placing.js",
    "drawing.js",
    "labels.js",
    "pointing.js",
    "search.js",
    "evidence.js",
    "panel.js",
    "paths.js",
    "filters.js",
    "table.js",
    "downloads.js",
    "main.js",
)
# The version of vis-network inside pyvis 0.3.2; the page replaces parts of its renderer, so no other will do.
_VIS = "templates/lib/vis-9.1.2/vis-network.min.js"
_VIS_SHA256 = "1f20f0736f32cb9bedf8f6383b25cfea2f839e1abe80d6e8040b4d5bea378c69"
# Shape and colour (Okabe and Ito 2008) as PyVis takes them; the page has its own darker and lighter tones for contrast.
_STYLE = {
    "Method": ("dot", "#0072B2"),
    "Dataset": ("square", "#009E73"),
    "Task": ("triangle", "#D55E00"),
    "Paper": ("diamond", "#B87A00"),
}


def render(
    g: nx.MultiDiGraph,
    *,
    concepts: Iterable[str] = (),
    paths: Mapping[str, Any] | None = None,
    title: str | None = None,
    depth: int = 2,
    max_nodes: int = MAX_NODES,
) -> str:
    """Return the explorer page for `g` as one HTML text, to be written as UTF-8 with LF line ends.

    Without more, the page holds the whole graph. With `concepts` (ids or names) it holds what lies within `depth` hops
    of them and opens on them. With `paths`, as `pathfinding.paths` gives them, it opens on the chains. When more than
    `max_nodes` nodes would be on the page, concepts that most papers name, then papers that tell most of the concepts
    kept, stay; the page and the log say what was left out. The same graph gives the same bytes.

    Raises UnknownConcept for a concept that is not there, KgError when pyvis is not the version that the page is for.
    """
    focus = [_concept(g, c) for c in concepts]
    chain = _chain_nodes(paths)
    seeds = [*focus, *(n for n in chain if n in g)]
    wanted = _within(g, seeds, depth if focus else 1) if seeds else set(g)
    kept = _most_important(g, wanted, always=seeds, limit=max_nodes)
    left_out = _left_out(wanted, kept, g)
    if left_out:
        log.warning("the page holds %d of %d nodes: %s left out", len(kept), len(wanted), left_out)
    part = g.subgraph(kept)
    net, extra = _network(part)
    opening: dict[str, Any] = {"focus": [extra["place"][c] for c in focus]}
    if paths is not None:
        opening["paths"] = _opening_paths(net, extra, paths)
        opening["ends"] = [extra["place"][paths[end]["id"]] for end in ("from", "to")]
    name = _clean(title or _title(g, focus, paths))
    data = _payload(net, extra, part) | {
        "title": name,
        "opening": opening,
        "leftOut": left_out,
        "relations": _relation_table(net),
    }
    return _fill_template(net, name, data)


def _concept(g: nx.MultiDiGraph, name: str) -> str:
    if name in g and g.nodes[name].get("label") != "Paper":
        return name
    from kg import naming

    return str(naming.resolve(g, name))


def _title(g: nx.MultiDiGraph, focus: Sequence[str], paths: Mapping[str, Any] | None) -> str:
    if paths is not None:
        return f"{paths['from']['name']} → {paths['to']['name']}"
    if focus:
        names = ", ".join(str(g.nodes[c].get("name", c)) for c in focus[:3])
        return f"Around {names}" + (" …" if len(focus) > 3 else "")
    return "Concepts and papers"


# --- what is on the page -------------------------------------------------------------------------------------------


def _within(g: nx.MultiDiGraph, seeds: Sequence[str], depth: int) -> set[str]:
    """Return what lies within `depth` hops of the seeds along relations between concepts, and the papers on the seeds."""
    found = set(seeds)
    edge = set(seeds)
    for _ in range(depth):
        edge = {v for u in edge for v in (*g.successors(u), *g.predecessors(u)) if _is_concept(g, v)} - found
        found |= edge
    papers = {v for seed in seeds for v in g.predecessors(seed) if not _is_concept(g, v)}
    return found | papers


def _most_important(g: nx.MultiDiGraph, nodes: set[str], *, always: Sequence[str], limit: int) -> set[str]:
    """Return at most `limit` of the nodes: the `always` ones, then concepts and papers in order of importance.

    A concept's importance is the number of papers that name it, then that of its relations with other concepts; a
    paper's the number of kept concepts that it does more than mention. Ties go by id.
    """
    if len(nodes) <= limit:
        return nodes
    concepts = [n for n in nodes if _is_concept(g, n)]
    papers = [n for n in nodes if not _is_concept(g, n)]
    room = max(limit - min(len(papers), int(limit * PAPER_SHARE)), 0)
    near = {v for seed in always for v in (*g.successors(seed), *g.predecessors(seed))}
    first = set(always)

    def concept_rank(node: str) -> tuple[bool, bool, int, int, str]:
        linked = sum(_is_concept(g, v) for v in (*g.successors(node), *g.predecessors(node)))
        return (node not in first, node not in near, -int(g.nodes[node].get("papers", 0)), -linked, node)

    kept = set(sorted(concepts, key=concept_rank)[:room])

    def paper_rank(node: str) -> tuple[bool, int, str]:
        told = {v for _, v, kind in g.out_edges(node, keys=True) if kind != "MENTIONS" and v in kept}
        return (node not in near, -len(told), node)

    return kept | set(sorted(papers, key=paper_rank)[: limit - len(kept)])


def _left_out(wanted: set[str], kept: set[str], g: nx.MultiDiGraph) -> str:
    """Return what the page lacks, as "412 concepts and 8 papers", or "" when nothing."""
    missing = wanted - kept
    concepts = sum(_is_concept(g, n) for n in missing)
    counts = ((concepts, "concept"), (len(missing) - concepts, "paper"))
    return " and ".join(f"{n} {noun}{'s' * (n != 1)}" for n, noun in counts if n)


def _is_concept(g: nx.MultiDiGraph, node: str) -> bool:
    return bool(g.nodes[node].get("label") != "Paper")


# --- the graph as PyVis holds it -----------------------------------------------------------------------------------


def _network(g: nx.MultiDiGraph) -> tuple[Network, dict[str, Any]]:
    """Return the PyVis network of `g` and the tables beside it: sentences once each, papers once each."""
    net = Network(directed=True, cdn_resources="in_line")
    ids = sorted(g)
    laid = layout.arrange(g)
    place = {node: i for i, node in enumerate(ids)}
    for node in ids:
        _add_node(net, place[node], node, g.nodes[node], laid)
    years = {n: int(data["year"]) for n, data in _whole(g).nodes(data=True) if data.get("year")}
    extra: dict[str, Any] = {"place": place, "topics": laid.topics, "years": years, "sentences": {}, "papers": {}}
    for head, tail, kind, data in sorted(g.edges(keys=True, data=True), key=lambda e: e[:3]):
        _add_edge(net, extra, (place[head], place[tail]), kind, data)
    return net, extra


def _add_node(net: Network, number: int, node: str, data: Mapping[str, Any], laid: layout.Layout) -> None:
    kind = str(data.get("kind") or data.get("label", "Method"))
    shape, color = _STYLE.get(kind, _STYLE["Method"])
    x, y = laid.positions[node]
    net.add_node(
        number,
        label=_clean(str(data.get("name") or data.get("title") or node)) or "(no name)",
        shape=shape,
        color=color,
        x=x,
        y=y,
        key=_clean(node),
        kind=kind,
        topic=laid.topic_of.get(node, -1),
        papers=int(data.get("papers", 1)),
        aliases=[_clean(str(a)) for a in data.get("aliases", ())],
        counts=[int(n) for n in data.get("alias_counts", ())],
        first=_clean(str(data.get("first_seen") or data.get("published") or "")),
        note=_note(data),
    )


def _note(data: Mapping[str, Any]) -> str:
    ambiguous = "A short form whose meaning the texts leave open." if data.get("ambiguous") else ""
    return _clean(" ".join(part for part in (ambiguous, str(data.get("note") or "")) if part))


def _add_edge(net: Network, extra: dict[str, Any], ends: tuple[int, int], kind: str, data: Mapping[str, Any]) -> None:
    evidence = sorted(data.get("evidence", ()), key=lambda e: (-e.confidence, e.paper, e.field, e.start, e.tail))
    # net.add_edge looks both ends up in a list, which takes seconds from 10,000 edges on; net.edges is public.
    net.edges.append(
        {
            "from": ends[0],
            "to": ends[1],
            "kind": kind,
            "confidence": round(float(data.get("confidence", 1.0)), 4),
            "papers": int(data.get("papers", 1)),
            "statements": len(evidence),
            "years": sorted({extra["years"][e.paper] for e in evidence if e.paper in extra["years"]}),
            "evidence": [number for e in evidence[:MAX_EVIDENCE] for number in _statement(extra, e)],
        }
    )


def _statement(extra: dict[str, Any], e: Evidence) -> list[float | int]:
    """Return one piece of evidence as seven numbers: sentence, confidence, the two marked spans, paper.

    Spans are in code points from the start of the sentence, -1 where there is none.
    """
    sentence = extra["sentences"].setdefault(_clean(e.sentence), len(extra["sentences"]))
    paper = extra["papers"].setdefault(e.paper, len(extra["papers"]))
    spans = [n - e.start if span else -1 for span in (e.head, e.tail) for n in span or (-1, -1)]
    return [sentence, round(e.confidence, 4), *spans, paper]


# --- paths ---------------------------------------------------------------------------------------------------------


def _chain_nodes(paths: Mapping[str, Any] | None) -> list[str]:
    """Return the ids on the chains, each once, in their order; those of the two ends when there is no chain."""
    if paths is None:
        return []
    hops = [hop for path in paths["paths"] for hop in path["hops"]]
    ends = [hop[end] for hop in hops for end in ("from", "to")] or [paths["from"], paths["to"]]
    return list(dict.fromkeys(end["id"] for end in ends))


def _opening_paths(net: Network, extra: dict[str, Any], paths: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the chains as node numbers and edge numbers; a hop that is no edge of the page becomes one."""
    edge_at = {(e["from"], e["kind"], e["to"]): i for i, e in enumerate(net.edges)}
    place = extra["place"]
    out = []
    for path in paths["paths"]:
        edges = []
        for hop in path["hops"]:
            ends = (hop["from"]["id"], hop["to"]["id"])
            head, tail = ends if hop["forward"] else ends[::-1]
            found = edge_at.get((place[head], hop["relation"], place[tail]))
            if found is None:
                found = edge_at[place[head], hop["relation"], place[tail]] = len(net.edges)
                said = tuple(
                    Evidence(
                        e["paper"], e["field"], e["start"], e["end"], e["sentence"], hop["confidence"], None, (-1, -1)
                    )
                    for e in hop["evidence"]
                )
                data = {"confidence": hop["confidence"], "papers": hop["papers"], "evidence": said}
                _add_edge(net, extra, (place[head], place[tail]), hop["relation"], data)
            edges.append(found)
        nodes = [place[path["hops"][0]["from"]["id"]], *(place[hop["to"]["id"]] for hop in path["hops"])]
        out.append({"nodes": nodes, "edges": edges, "score": path["score"], "weakest": path["weakest"]})
    return out


# --- the data block ------------------------------------------------------------------------------------------------


def _payload(net: Network, extra: Mapping[str, Any], g: nx.MultiDiGraph) -> dict[str, Any]:
    """Return the data block in columns, read back from the PyVis network: one list a property, far smaller than rows."""
    nodes = ("key", "kind", "label", "x", "y", "topic", "papers", "aliases", "counts", "first", "note")
    edges = ("from", "to", "kind", "confidence", "papers", "statements", "years", "evidence")
    for node in sorted(n for n in g if not _is_concept(g, n)):
        extra["papers"].setdefault(node, len(extra["papers"]))
    return {
        "nodes": {name: [n[name] for n in net.nodes] for name in nodes},
        "edges": {name: [e[name] for e in net.edges] for name in edges},
        "sentences": list(extra["sentences"]),
        "papers": _papers(extra["papers"], g),
        "topics": [[_clean(t.name), t.x, t.y, t.radius, t.size] for t in extra["topics"]],
    }


def _papers(numbers: Mapping[str, int], g: nx.MultiDiGraph) -> dict[str, list[Any]]:
    """Return the papers that the page cites or shows, in columns; one that is not among the nodes keeps its id."""
    rows = [_whole(g).nodes.get(paper, {}) for paper in numbers]
    return {
        "key": [_clean(paper) for paper in numbers],
        "title": [_clean(str(r.get("title") or paper)) for r, paper in zip(rows, numbers, strict=True)],
        "url": [_clean(str(r.get("url") or "")) for r in rows],
        "date": [_clean(str(r.get("published") or "")) for r in rows],
        "venue": [_clean(str(r.get("venue") or "")) for r in rows],
        "authors": [[_clean(str(a)) for a in r.get("authors", ())][:4] for r in rows],
        "n_authors": [len(r.get("authors", ())) for r in rows],
    }


def _whole(g: nx.MultiDiGraph) -> nx.MultiDiGraph:
    """Return the graph that `g` is a part of: sentences cite papers that may not be on the page."""
    return getattr(g, "_graph", g)


def _relation_table(net: Network) -> list[list[Any]]:
    """Return [name, meaning, edges] for each relation type of the page, in the order of the schema."""
    counts = Counter(e["kind"] for e in net.edges)
    order = {name: i for i, name in enumerate(schema.RELATIONS)}
    names = sorted(counts, key=lambda name: (order.get(name, len(order)), name))
    return [[n, schema.RELATIONS[n].meaning if n in schema.RELATIONS else "", counts[n]] for n in names]


def _clean(text: str) -> str:
    """Return the text without lone surrogates, which no UTF-8 file can hold; one character each, so offsets stay."""
    return text.encode("utf-8", "replace").decode("utf-8")


# --- the file ------------------------------------------------------------------------------------------------------


def _fill_template(net: Network, title: str, data: Mapping[str, Any]) -> str:
    folder = resources.folder("visualizations")
    vis = _vis_script()
    script = _wrapped("\n".join((folder / name).read_text(encoding="utf-8") for name in SCRIPTS))
    style = (folder / "explorer.css").read_text(encoding="utf-8")
    for text in (vis, script, style):
        if "</script" in text.lower() or "</style" in text.lower() or "<!--" in text:
            raise KgError("a script or style of this installation would break the page; reinstall it: pip install kg")
    net.set_template_dir(str(folder), "explorer.html")
    # PyVis leaves escaping off; this environment has it on for every value that is not marked as safe.
    environment = Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined)
    environment.policies["json.dumps_kwargs"] = {"sort_keys": True, "separators": (",", ":")}
    environment.globals["kg"] = {
        "title": title,
        "data": data,
        "css": Markup(style),  # noqa: S704 - our own file
        "vis": Markup(vis),  # noqa: S704 - checked by its hash
        "script": Markup(script),  # noqa: S704 - our own files
        "hashes": Markup(" ".join(f"'sha256-{_sha256(text)}'" for text in (vis, script))),  # noqa: S704 - base64
    }
    net.templateEnv = environment
    return str(net.generate_html())


def _wrapped(script: str) -> str:
    """Return the page's scripts as one with a scope of its own; LF only, as a browser hashes it so."""
    return '(() => {\n"use strict";\n' + script.replace("\r\n", "\n") + "\n})();\n"


def _vis_script() -> str:
    data = files("pyvis").joinpath(_VIS).read_bytes()
    if hashlib.sha256(data).hexdigest() != _VIS_SHA256:
        raise KgError(
            "pyvis holds another vis-network than 9.1.2; install the version this is made for: pip install pyvis==0.3.2"
        )
    return data.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")


def _sha256(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
