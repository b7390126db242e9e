"""CSV and TSV with a title column."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator

from kg.records import Paper
from kg.sources.cleaning import clean, shown
from kg.sources.entries import NAMES, Skip, names_title, paper_of, plain_name
from kg.sources.opening import Source

__all__ = ["is_table", "read_table"]

_DELIMITERS = (",", "\t", ";", "|")
_KNOWN = {name for names in NAMES.values() for name in names}
_LONGEST_FIELD = 2**31 - 1


def is_table(source: Source) -> bool:
    if source.suffix in (".csv", ".tsv", ".tab"):
        return True
    columns, _ = _header(source.first_line())
    known = [name for name in columns if plain_name(name) in _KNOWN]
    return names_title(columns) and len(known) >= 2 and 2 * len(known) >= len(columns)


def read_table(source: Source, skip: Skip) -> Iterator[Paper]:
    """Yield the papers of a table whose first row names its columns; the delimiter is the one that fits that row."""
    columns, delimiter = _header(source.first_line())
    if not names_title(columns):
        names = ", ".join(shown(name, 20) for name in columns[:12])
        raise source.error(f"CSV without a title column (columns: {names}); name one of them title, and one abstract")
    limit = csv.field_size_limit(_LONGEST_FIELD)
    try:
        yield from _rows(source, columns, delimiter, skip)
    finally:
        csv.field_size_limit(limit)


def _rows(source: Source, columns: list[str], delimiter: str, skip: Skip) -> Iterator[Paper]:
    lines = (line.replace("\0", "\ufffd") for line in source.lines(ends=True))
    reader = csv.reader(lines, delimiter=delimiter)
    n_papers, started = 0, False
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise source.error(
                f"CSV that cannot be parsed at line {reader.line_num} ({error}); mend that line"
            ) from error
        if row is None:
            break
        if not started or not any(cell.strip() for cell in row):
            started = started or any(cell.strip() for cell in row)
            continue
        fields: dict[str, str] = {}
        for name, cell in zip(columns, row, strict=False):
            if cell.strip():
                fields.setdefault(name, clean(cell).strip())
        paper = paper_of(fields, verbatim=True)
        if paper is None:
            skip(f"row that ends at line {reader.line_num}: no title")
        else:
            n_papers += 1
            if len(row) > len(columns):
                skip(
                    f"row that ends at line {reader.line_num}: {len(row) - len(columns)} cells too many, read without them"
                )
            yield paper
    if not n_papers:
        raise source.error(
            "CSV without papers: no row has a title; expected a row a paper below the names of the columns"
        )


def _header(line: str) -> tuple[list[str], str]:
    """Return the columns that the first line names, and the delimiter by which it names most known ones."""
    line = re.sub(r"^\s*sep=.\s*$", "", line)
    found: list[tuple[int, int, int, list[str], str]] = []
    for delimiter in _DELIMITERS:
        row = next(csv.reader([line], delimiter=delimiter), [])
        known = sum(plain_name(name) in _KNOWN for name in row)
        found.append((-known, -len(row), len(found), [clean(name).strip() for name in row], delimiter))
    *_, columns, delimiter = min(found)
    return columns, delimiter
