"""Fills the templates of `visualizations/`; every text that comes from outside is escaped on its way in.

HTML: Jinja's own escaping. Markdown: each value that a template prints has its Markdown taken out, unless it is a number or
was made by one of the filters here (`link`, `quote`, `others`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from math import floor
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from kg import resources

__all__ = ["html", "link_target", "markdown", "markdown_text", "source", "two_digits"]

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_MARKS = re.compile(r"([\\`*\[\]<>|~#]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;))")
_SPACES = re.compile(r"\s+")
_LINK = re.compile(r"https?://[^\s<>\"'`\\]+", re.IGNORECASE)


class _Made(str):
    """Markdown that a filter made."""

    __slots__ = ()


def markdown_text(text: str) -> str:
    """Return `text` as one line that Markdown shows as it is: no link, no HTML, no heading, no table cell can come of it.

    Backslash escapes of CommonMark 0.31, 2.4. Control characters, and those that turn the direction of writing, are gone.
    """
    return _MARKS.sub(r"\\\1", _SPACES.sub(" ", _CONTROL.sub(" ", text)))


def link_target(url: str) -> str:
    """Return `url` if it is a web address that a link may lead to, else ""."""
    return url if _LINK.fullmatch(url) else ""


def two_digits(confidence: float) -> str:
    """Return a confidence cut to two digits, so that 0.999 does not read as certain."""
    return f"{floor(confidence * 100 + 1e-9) / 100:.2f}"


def _link(text: str, url: str) -> _Made:
    target = link_target(url).replace("(", "%28").replace(")", "%29")
    return _Made(f"[{markdown_text(text)}]({target})" if target else markdown_text(text))


def _quote(piece: Mapping[str, Any]) -> _Made:
    return _Made(f"“{markdown_text(piece['sentence'])}” [{piece['source']}]")


def _others(pieces: Sequence[Mapping[str, Any]]) -> _Made:
    """Return the sources of a statement besides that of its first sentence: ", also [4], [7]"."""
    numbers = dict.fromkeys(p["source"] for p in pieces if p["source"] not in (None, pieces[0]["source"]))
    return _Made(f", also {', '.join(f'[{n}]' for n in numbers)}" if numbers else "")


def _by_sentence(items: Sequence[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    """Return the items in groups that share their first sentence, so that a list in one sentence is quoted once."""
    groups: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for item in items:
        first = item["evidence"][0]
        groups.setdefault((first["paper"], first["field"], first["start"]), []).append(item)
    return list(groups.values())


def _finalize(value: Any) -> Any:
    return markdown_text(value) if isinstance(value, str) and not isinstance(value, _Made) else value


def _marked(pieces: Sequence[Mapping[str, Any]]) -> list[tuple[str, bool]]:
    """Return the sentence that pieces of evidence share in parts, each with whether it names an end of an edge."""
    spans = sorted({tuple(span) for piece in pieces for span in (piece["head"], piece["tail"]) if span})
    sentence, first, at = pieces[0]["sentence"], pieces[0]["start"], 0
    parts: list[tuple[str, bool]] = []
    for start, end in ((s - first, e - first) for s, e in spans):
        if at <= start < end <= len(sentence):
            parts += [(sentence[at:start], False), (sentence[start:end], True)]
            at = end
    return [(text, mark) for text, mark in (*parts, (sentence[at:], False)) if text]


@cache
def _environment(kind: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(resources.folder("visualizations"), encoding="utf-8"),
        autoescape=kind == "html",  # noqa: S701 - Markdown is escaped by `finalize`, value by value
        finalize=_finalize if kind == "markdown" else _clean,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "link": _link,
        "by_sentence": _by_sentence,
        "quote": _quote,
        "others": _others,
        "raw": _Made,
        "sure": two_digits,
        "target": link_target,
        "marked": _marked,
    }
    return environment


def _clean(value: Any) -> Any:
    return _CONTROL.sub(" ", value) if type(value) is str else value


def html(name: str, contents: Mapping[str, Any], **extra: Any) -> str:
    """Return the HTML template `name` filled with `contents`."""
    return _environment("html").get_template(name).render(**contents, **extra)


def markdown(name: str, contents: Mapping[str, Any], **extra: Any) -> str:
    """Return the Markdown template `name` filled with `contents`; at most one empty line in a row."""
    text = _environment("markdown").get_template(name).render(**contents, **extra)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def source(name: str) -> str:
    """Return the text of a file of `visualizations/`."""
    return (resources.folder("visualizations") / name).read_text(encoding="utf-8")
