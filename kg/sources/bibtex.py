"""BibTeX with abstracts; LaTeX becomes Unicode."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from typing import Any

from kg.records import Paper
from kg.sources.cleaning import clean, fold, shown
from kg.sources.entries import NAMES, Skip, paper_of, plain_name
from kg.sources.opening import Source

__all__ = ["is_bibtex", "read_bibtex", "to_unicode"]

_log = logging.getLogger(__name__)

_ENTRY = re.compile(r"^[ \t]*@[A-Za-z]+\s*[{(]", re.M)
_LATEX = re.compile(r"[\\{}$~%&]|``|''|--")
_MACROS = {
    name: name.capitalize()
    for name in ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
}
# What takes more than dropping braces and backslashes: macros, accents, formulas.
_HARD = re.compile(r"\\[^%&$#_{}]|\\$|(?<!\\)\$")
_ESCAPED = re.compile(r"\\([%&$#_{}])")
_TIE = re.compile(r"(?<![/\w\\])~|(?<=\w)~(?![\w.-]*/)")
_ADDRESS = re.compile(r"\\(?:href\s*\{[^{}]*\}|url|nolinkurl)\s*\{([^{}]*)\}")
_PRICES = re.compile(r"(?<!\\)\$(\d[\d.,]*[kMB]?\s+[a-z]{2,}\b[^$\\]*)(?<!\\)\$")  # "$5 and $6" is no formula
_FACES = {
    "em", "bf", "it", "tt", "sc", "rm", "sl", "sf", "tiny", "small", "large", "Large", "normalsize", "xspace", "noindent",
    "par", "centering", "item", "newline", "protect", "bibinfo", "displaystyle", "textstyle",
}  # fmt: skip
_CITATION = re.compile(r"~?\\(?:cite[a-z]*|label|ref|footnote(?:mark)?)\*?(?:\[[^\]]*\])*\{[^{}]*\}")


def is_bibtex(source: Source) -> bool:
    first = _ENTRY.search(source.head)
    # What stands before the first entry is a comment; a page that merely quotes an entry is none.
    return bool(first) and (source.suffix == ".bib" or (first is not None and first.start() < 2000))


def read_bibtex(source: Source, skip: Skip) -> Iterator[Paper]:
    """Yield the papers of a BibTeX file; an entry that cannot be parsed is skipped with its line."""
    n_papers = n_entries = 0
    for key, fields in _parsed(clean(source.text()), skip):
        n_entries += 1
        paper = paper_of({name: _value(name, text) for name, text in fields.items()})
        if paper is None:
            skip(f"entry {shown(key)!r}: no title")
            continue
        n_papers += 1
        yield replace(paper, source_id=fold(key))
    if not n_papers:
        found = f"{n_entries} entries, none with a title" if n_entries else "no entry that can be parsed"
        raise source.error(
            f"BibTeX with {found}; expected entries like @article{{key, title = {{…}}, abstract = {{…}}}}"
        )


def _parsed(text: str, skip: Skip) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield key and fields of each entry; fields by plain name, the first of two of one name."""
    from bibtexparser.entrypoint import parse_string
    from bibtexparser.model import DuplicateBlockKeyBlock, DuplicateFieldKeyBlock, Entry

    with _silence("bibtexparser"):  # it warns of each broken entry, and so do we
        library = parse_string(text)
    macros = _MACROS | {string.key.lower(): str(string.value) for string in library.strings}
    for block in library.blocks:
        # Two entries of one key can be two papers; two fields of one name are one paper all the same.
        entry = (
            block.ignore_error_block if isinstance(block, DuplicateBlockKeyBlock | DuplicateFieldKeyBlock) else block
        )
        if isinstance(entry, Entry):
            fields: dict[str, str] = {}
            for part in entry.fields:
                fields.setdefault(plain_name(part.key), _concatenated(str(part.value), macros))
            yield entry.key, fields
        elif block in library.failed_blocks:
            line = (block.start_line or 0) + 1
            skip(f"entry at line {line} ({shown(block.raw, 40)}): broken BibTeX, look for a missing brace")


def _concatenated(value: str, macros: Mapping[str, str]) -> str:
    """Return a value with its macros replaced: `nips # " 2020"`."""
    if " # " in value:
        parts = [part.strip() for part in value.split(" # ")]
        if all(re.fullmatch(r'\w+|".*"|\{.*\}', part, re.S) for part in parts):
            return "".join(macros.get(part.lower(), part.strip('"')) for part in parts)
    return value


def _value(name: str, text: str) -> Any:
    if name in ("url", "doi", "eprint", *NAMES["source_id"]):
        return fold(text.replace("\\", "").removeprefix("{").removesuffix("}"))
    if name in NAMES["authors"]:
        return [to_unicode(_first_last(person)) for person in _split_names(fold(text)) if person != "others"]
    return to_unicode(text)


def _split_names(text: str) -> list[str]:
    """Return the names between `and`s that stand outside braces."""
    names, depth, start = [], 0, 0
    for found in re.finditer(r"[{}]|\s+and\s+", text, re.I):
        if found[0] in "{}":
            depth += 1 if found[0] == "{" else -1
        elif depth == 0:
            names.append(text[start : found.start()])
            start = found.end()
    return [name.strip() for name in (*names, text[start:]) if name.strip()]


def _first_last(name: str) -> str:
    """Return "First von Last Jr" for "von Last, Jr, First"; a name in braces is an institution's and stays."""
    if name.startswith("{") and name.endswith("}") and name.count("{") == 1:
        return name
    last, *rest = (part.strip() for part in name.split(","))
    return " ".join(filter(None, (*rest[-1:], last, *rest[:-1])))


def to_unicode(text: str) -> str:
    r"""Return LaTeX as Unicode, white space folded: "Schr{\"o}dinger's $\sigma$" is "Schrödinger's σ"."""
    if not _LATEX.search(text):
        return fold(text)
    text = _ADDRESS.sub(r"\1", _CITATION.sub("", text))
    if _HARD.search(text):
        text = _converted(text)
    else:
        text = _ESCAPED.sub(r"\1", re.sub(r"(?<!\\)[{}]", "", _tilde(text, "~")))
        for sign, character in (("---", "—"), ("--", "–"), ("``", "“"), ("''", "”")):
            text = text.replace(sign, character)
    return fold(text.replace("\u00a0", " "))


def _tilde(text: str, kept: str) -> str:
    """Return the text with ties as spaces; the tilde of an address is `kept`."""
    return re.sub(r"(?<!\\)~", lambda _: kept, _TIE.sub(" ", text))


def _converted(text: str) -> str:
    # Exported abstracts often have bare signs that LaTeX would take for commands.
    text = re.sub(r"(?<!\\)([%&#])", r"\\\1", _tilde(text, r"\textasciitilde{}"))
    if len(re.findall(r"(?<!\\)\$", text)) % 2:
        text = re.sub(r"(?<!\\)\$", r"\\$", text)
    text = _PRICES.sub(r"\\$\1\\$", text)
    convert = _converter()
    try:
        with _silence("pylatexenc"):
            text = convert(text)
    except Exception as error:  # it raises IndexError and others for what it cannot parse
        _log.debug("LaTeX left as it is, %s: %s", error, shown(text))
        return re.sub(r"[{}$]", "", text)
    return text.replace("\u02c6", "^").replace("\u02dc", "~")


@cache
def _converter() -> Callable[[str], str]:
    from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec, get_default_latex_context_db

    context = get_default_latex_context_db()
    # A macro that nobody knows, "\ourmodel performs best", stays as a name; one that changes the type face goes.
    context.set_unknown_macro_spec(
        MacroTextSpec("", lambda node: "" if node.macroname in _FACES else node.macroname + node.macro_post_space)
    )
    convert: Callable[[str], str] = LatexNodes2Text(
        latex_context=context, math_mode="text", keep_comments=True, strict_latex_spaces=True
    ).latex_to_text
    return convert


@contextmanager
def _silence(package: str) -> Iterator[None]:
    """Keep the loggers of a package silent for a while."""
    loggers = [log for name, log in logging.root.manager.loggerDict.items() if name.split(".")[0] == package]
    states = [(log, log.disabled) for log in loggers if isinstance(log, logging.Logger)]
    for log, _ in states:
        log.disabled = True
    try:
        yield
    finally:
        for log, state in states:
            log.disabled = state
