"""Writes the graph for other tools; the extension of the file says which.

    export(g, "graph.graphml")      # Gephi, yEd, Cytoscape, networkx.read_graphml
    export(g, "graph.json")         # networkx.node_link_graph(data, edges="links"), D3
    export(g, "import.zip")         # for `neo4j-admin database import full`; also graph.csv or a folder

The same graph gives the same bytes.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import networkx as nx

from kg import graph, schema
from kg.errors import OutputError
from kg.files import write_atomic

__all__ = ["FORMATS", "export"]

# What XML 1.0 cannot hold at all, escaped or not (section 2.2 of the recommendation).
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SEPARATOR = "\x1f"  # between the values of a list: sentences hold every printable one


def export(g: nx.MultiDiGraph, path: str | os.PathLike[str]) -> Path:
    """Write the graph to `path` in the format of its extension (see `FORMATS`) and return the path.

    `graph.csv` gets the relationships, and beside it come `graph-papers.csv`, `graph-concepts.csv` and
    `graph-README.txt` with the import command; a folder that exists, or a path that ends in "/", and a `.zip` get the
    same four as files of their own. Raises OutputError for an unknown extension or a file that cannot be written.
    """
    target = Path(path)
    if target.is_dir() or os.fspath(path).endswith(("/", os.sep)):
        return _write_folder(g, target)
    writer = FORMATS.get(target.suffix.lower())
    if writer is None:
        raise OutputError(
            f"cannot tell a format by the extension {target.suffix!r} of {target.name}; known: {', '.join(FORMATS)}, "
            "or a folder for CSV files"
        )
    return writer(g, target)


def _write_graphml(g: nx.MultiDiGraph, path: Path) -> Path:
    raw = io.BytesIO()
    nx.write_graphml_lxml(_flat(g), raw)
    return write_atomic(path, raw.getvalue())


def _write_gexf(g: nx.MultiDiGraph, path: Path) -> Path:
    text = "\n".join(nx.generate_gexf(_flat(g))) + "\n"
    # networkx notes the day of writing; the same graph shall give the same file.
    return write_atomic(path, re.sub(r' lastmodifieddate="[^"]*"', "", text, count=1))


def _flat(g: nx.MultiDiGraph) -> nx.MultiDiGraph:
    """Return the graph as these XML formats can hold it: lists as JSON text, `label` the name that viewers show.

    An edge's key becomes a number of its own, because viewers take it for an identifier; its type is `relation`.
    """
    flat = nx.MultiDiGraph()
    for node, data in sorted(g.nodes(data=True)):
        name = data["title"] if data["label"] == "Paper" else data["name"]
        flat.add_node(
            _xml(node), label=_xml(name), type=data.get("kind", "Paper"), **_xml_values(graph.node_properties(g, node))
        )
    for n, (head, tail, type_) in enumerate(sorted(g.edges(keys=True))):
        values = graph.edge_properties(g, head, tail, type_)
        flat.add_edge(
            _xml(head),
            _xml(tail),
            key=f"e{n}",
            label=type_,
            relation=type_,
            weight=values["confidence"],
            **_xml_values(values),
        )
    return flat


def _xml_values(values: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, list):
            flat[name] = _xml(json.dumps([_xml(v) if isinstance(v, str) else v for v in value], ensure_ascii=False))
        else:
            flat[name] = _xml(value) if isinstance(value, str) else value
    return {name: value for name, value in flat.items() if name != "id"}


def _xml(text: str) -> str:
    return _NOT_XML.sub("", text)


def _write_json(g: nx.MultiDiGraph, path: Path) -> Path:
    nodes = [
        {"id": node, "label": data["label"], **graph.node_properties(g, node)}
        for node, data in sorted(g.nodes(data=True))
    ]
    links = [
        {
            "source": head,
            "target": tail,
            "key": type_,
            "confidence": data["confidence"],
            "papers": data["papers"],
            "evidence": [e.to_json() for e in data["evidence"]],
        }
        for head, tail, type_, data in sorted(g.edges(keys=True, data=True), key=lambda e: e[:3])
    ]
    whole = {"directed": True, "multigraph": True, "graph": {}, "nodes": nodes, "links": links}
    return write_atomic(path, json.dumps(whole, ensure_ascii=True, separators=(",", ":")) + "\n")


_README = """\
A knowledge graph of papers and concepts, for a Neo4j database that is stopped (5.26 or later; nothing else is needed):

    neo4j-admin database import full neo4j \\
        --nodes={papers} --nodes={concepts} --relationships={relationships} \\
        --array-delimiter=U+001F --multiline-fields=true --overwrite-destination

--overwrite-destination replaces what the database held. For a running server, `kg sync` changes only what differs.

Lists (authors, aliases, sentences …) and labels are separated by the control character U+001F, because sentences hold
every printable one. Texts stand as the papers have them: a cell may start with =, +, - or @, which a spreadsheet may take
for a formula, and a mark in front of it would be imported too. To look at the tables in a spreadsheet, import all columns
as text.
"""


def _tables(g: nx.MultiDiGraph, names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield (file name, text) of the three tables and their README; `names` says what each is called."""
    papers, concepts = (
        [(n, graph.node_properties(g, n)) for n in nodes] for nodes in (graph.papers(g), graph.concepts(g))
    )
    yield names["papers"], _node_table(papers, schema.PAPER_PROPERTIES, ("Paper",))
    yield names["concepts"], _node_table(concepts, schema.CONCEPT_PROPERTIES, ("Concept",))
    header = [":START_ID", ":END_ID", ":TYPE", *_columns(schema.EDGE_PROPERTIES)]
    rows = (
        [head, tail, type_, *_cells(graph.edge_properties(g, head, tail, type_), schema.EDGE_PROPERTIES)]
        for head, tail, type_ in sorted(g.edges(keys=True))
    )
    yield names["relationships"], _csv(header, rows)
    yield names["readme"], _README.format_map(names)


def _node_table(
    nodes: Iterable[tuple[str, dict[str, Any]]], properties: Iterable[schema.Property], labels: tuple[str, ...]
) -> str:
    others = [p for p in properties if p.name != "id"]
    rows = (
        [node, _list([*labels, *([values["kind"]] if "kind" in values else [])]), *_cells(values, others)]
        for node, values in nodes
    )
    return _csv(["id:ID", ":LABEL", *_columns(others)], rows)


def _columns(properties: Iterable[schema.Property]) -> list[str]:
    """Return the header cells: name:type, in the words of neo4j-admin."""
    types = {"string": "string", "integer": "long", "float": "double", "boolean": "boolean"}
    columns = []
    for p in properties:
        inner = p.type.removeprefix("list<").removesuffix(">")
        columns.append(f"{p.name}:{types[inner]}{'[]' if inner != p.type else ''}")
    return columns


def _cells(values: Mapping[str, Any], properties: Iterable[schema.Property]) -> list[str]:
    return [_cell(values.get(p.name)) for p in properties]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return _list(value)
    if isinstance(value, bool):
        return str(value).lower()
    return _clean(str(value))


def _list(values: Iterable[Any]) -> str:
    return _SEPARATOR.join(_clean(str(v)) for v in values)


def _clean(text: str) -> str:
    # NUL ends a cell in some readers; the separator must stay one.
    return text.replace("\0", "").replace(_SEPARATOR, "")


def _csv(header: list[str], rows: Iterable[list[str]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


def _file_names(stem: str = "") -> dict[str, str]:
    if stem:
        return {
            "papers": f"{stem}-papers.csv",
            "concepts": f"{stem}-concepts.csv",
            "relationships": f"{stem}.csv",
            "readme": f"{stem}-README.txt",
        }
    return {
        "papers": "nodes-papers.csv",
        "concepts": "nodes-concepts.csv",
        "relationships": "relationships.csv",
        "readme": "README.txt",
    }


def _write_csv(g: nx.MultiDiGraph, path: Path) -> Path:
    names = _file_names(path.stem) | {"relationships": path.name}
    for name, text in _tables(g, names):
        write_atomic(path.with_name(name), text)
    return path


def _write_folder(g: nx.MultiDiGraph, folder: Path) -> Path:
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make the folder {folder}: {error.strerror or error}") from error
    for name, text in _tables(g, _file_names()):
        write_atomic(folder / name, text)
    return folder


def _write_zip(g: nx.MultiDiGraph, path: Path) -> Path:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, text in _tables(g, _file_names()):
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))  # no time stamp: same graph, same bytes
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            pack.writestr(entry, text.encode("utf-8", "replace"))
    return write_atomic(path, raw.getvalue())


FORMATS: dict[str, Callable[[nx.MultiDiGraph, Path], Path]] = {
    ".graphml": _write_graphml,
    ".gexf": _write_gexf,
    ".json": _write_json,
    ".csv": _write_csv,
    ".zip": _write_zip,
}
