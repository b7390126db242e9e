"""The rules that the curated lists of concepts keep (kg/lexicon/*.tsv)."""

from __future__ import annotations

from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[1] / "kg" / "lexicon"
# File -> name of its third column. Method and task rows point to broader rows of the same file, datasets to tasks.
THIRD_COLUMN = {"methods": "is_a", "datasets": "tasks", "tasks": "is_a"}
BROADER = {"methods": "methods", "datasets": "tasks", "tasks": "tasks"}
FILES = sorted(THIRD_COLUMN)


def rows(name: str) -> list[list[str]]:
    """Return the data rows of one list, each a list of four cells."""
    return [line.split("\t") for line in text(name).split("\n")[1:-1]]


def text(name: str) -> str:
    return (FOLDER / f"{name}.tsv").read_bytes().decode("utf-8")


def members(cell: str) -> list[str]:
    return cell.split(" | ") if cell else []


def names(name: str) -> list[str]:
    return [row[0] for row in rows(name)]


def case_matters(form: str) -> bool:
    """Short forms and capitals are matched in exact case, so a case variant of them is an alias of its own."""
    return len(form) <= 5 or form == form.upper()


@pytest.mark.parametrize("name", FILES)
def test_a_list_is_plain_tab_separated_text_with_its_header(name: str) -> None:
    content = text(name)
    assert "\r" not in content
    assert not content.startswith("\ufeff")
    assert content.endswith("\n")
    assert not content.endswith("\n\n")
    assert content.split("\n")[0] == f"name\taliases\t{THIRD_COLUMN[name]}\tnote"
    assert [line for line in content.split("\n")[:-1] if line.count("\t") != 3] == []


@pytest.mark.parametrize("name", FILES)
def test_every_cell_is_trimmed_and_printable(name: str) -> None:
    cells = [part for row in rows(name) for cell in row for part in cell.split(" | ")]
    assert [cell for cell in cells if cell != " ".join(cell.split()) or not cell.isprintable() or "|" in cell] == []
    assert [row for row in rows(name) if not row[0]] == []


@pytest.mark.parametrize("name", FILES)
def test_rows_are_sorted_by_name_without_regard_to_case(name: str) -> None:
    assert names(name) == sorted(names(name), key=lambda form: (form.casefold(), form))


@pytest.mark.parametrize("name", FILES)
def test_a_name_stands_once_in_a_list(name: str) -> None:
    folded = [form.casefold() for form in names(name)]
    assert sorted({form for form in folded if folded.count(form) > 1}) == []


@pytest.mark.parametrize("name", FILES)
def test_no_alias_is_the_name_of_another_row(name: str) -> None:
    owner = {form.casefold(): form for form in names(name)}
    clashes = [
        (row[0], alias)
        for row in rows(name)
        for alias in members(row[1])
        if owner.get(alias.casefold(), row[0]) != row[0]
    ]
    assert clashes == []


@pytest.mark.parametrize("name", FILES)
def test_an_alias_repeats_neither_its_row_nor_itself(name: str) -> None:
    for row in rows(name):
        forms = [row[0], *members(row[1])]
        assert len(set(forms)) == len(forms), row[0]
        # A variant in case alone is only worth a place where one of the two is matched in exact case.
        folded = [alias for alias in members(row[1]) if alias.casefold() == row[0].casefold()]
        assert all(case_matters(alias) or case_matters(row[0]) for alias in folded), row[0]


@pytest.mark.parametrize("name", FILES)
def test_every_broader_concept_is_a_row(name: str) -> None:
    known = set(names(BROADER[name]))
    assert [(row[0], target) for row in rows(name) for target in members(row[2]) if target not in known] == []


@pytest.mark.parametrize("name", ["methods", "tasks"])
def test_no_concept_is_broader_than_itself(name: str) -> None:
    broader = {row[0]: members(row[2]) for row in rows(name)}
    for start, above in broader.items():
        reached: set[str] = set()
        frontier = list(above)
        while frontier:
            form = frontier.pop()
            if form not in reached:
                reached.add(form)
                frontier.extend(broader[form])
        assert start not in reached


@pytest.mark.parametrize("name", FILES)
def test_a_note_is_short_and_names_only_forms_of_its_row(name: str) -> None:
    """A note "ambiguous" speaks of the whole row, "ambiguous: X, Y" of these of its aliases."""
    for row in rows(name):
        assert len(row[3]) <= 60, row[0]
        _, mark, forms = row[3].partition("ambiguous: ")
        if mark:
            assert set(forms.split(", ")) <= set(members(row[1])), row[0]


def test_the_lists_are_broad() -> None:
    assert len(names("methods")) >= 650
    assert len(names("datasets")) >= 450
    assert len(names("tasks")) >= 300


def test_an_abbreviation_of_two_concepts_stands_in_both_rows() -> None:
    owners = [row[0] for row in rows("methods") if "SAM" in members(row[1])]
    assert owners == ["Segment Anything Model", "Sharpness-Aware Minimization"]


def test_a_variant_is_a_row_of_its_own_below_its_base() -> None:
    methods = {row[0]: row for row in rows("methods")}
    assert "BERT" in members(methods["RoBERTa"][2])
    assert "Mamba" in members(methods["Mamba-2"][2])
    datasets = {row[0]: row for row in rows("datasets")}
    assert datasets["ImageNet-1K"][3] == "subset of ImageNet"
    assert "ImageNet-1K" not in members(datasets["ImageNet"][1])
