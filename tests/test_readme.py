"""The README says what the code says."""

from __future__ import annotations

import ast
import importlib.util
import re
import shlex
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


@pytest.fixture(scope="module")
def refresh(checkout: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("refresh", checkout / "docs" / "refresh.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def readme(checkout: Path) -> str:
    return (checkout / "README.md").read_text(encoding="utf-8")


def command_lines(readme: str) -> list[str]:
    """Every `kg …` line of the code blocks, without the prompt and the remark."""
    blocks = re.findall(r"```(?:sh|console)\n(.*?)```", readme, re.S)
    lines = [line.removeprefix("$ ").strip() for block in blocks for line in block.splitlines()]
    found = [re.sub(r"^\.venv/bin/", "", line) for line in lines if re.match(r"(\.venv/bin/)?kg ", line)]
    return [re.sub(r"\s+# .*$", "", line) for line in found]


def test_the_schema_tables_are_those_of_the_schema(readme: str, refresh: ModuleType) -> None:
    assert refresh.between(readme, "schema") == refresh.schema_tables(), "run: make docs"


def test_the_figures_are_those_of_the_last_evaluation(readme: str, refresh: ModuleType) -> None:
    assert refresh.between(readme, "evaluation") == refresh.evaluation(), "run: make docs"


def test_the_shown_output_begins_with_its_command(readme: str, refresh: ModuleType) -> None:
    blocks = list(refresh.BLOCK.finditer(readme))
    assert len(blocks) >= 6
    for block in blocks:
        lines = block["body"].splitlines()
        assert lines[0].startswith("$ kg "), lines[0]
        assert len(lines) > 1, f"no output under {lines[0]}; run: make docs"


def test_every_shown_command_line_can_be_parsed(readme: str) -> None:
    import click
    import typer.main

    from kg.cli import asking, building, looking, merging, relating, serving  # noqa: F401
    from kg.cli.app import app

    lines = command_lines(readme)
    assert len(lines) >= 10
    for line in lines:
        command: Any = typer.main.get_command(app)
        words = shlex.split(line)[1:]
        while getattr(command, "commands", None):
            name = words.pop(0)
            assert name in command.commands, line
            command = command.commands[name]
        try:
            command.make_context(name, words)
        except click.UsageError as error:
            pytest.fail(f"{line}: {error.message}")


def test_the_python_example_uses_what_kg_offers(readme: str) -> None:
    import kg

    (example,) = re.findall(r"```python\n(.*?)```", readme, re.S)
    for node in ast.walk(ast.parse(example)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "kg":
            assert node.attr in kg.__all__, node.attr


def test_every_file_that_the_readme_links_to_is_there(readme: str, checkout: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)]+)\)", readme)
    assert links
    for link in links:
        assert (checkout / link).is_file(), link


def test_the_number_of_sample_papers_is_right(readme: str) -> None:
    from kg.demo import sample

    n = len(sample().read_text(encoding="utf-8").splitlines())
    assert f"{n} sample papers" in readme
