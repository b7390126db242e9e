"""What the repository keeps, and that every command is documented."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

# Nothing may point at one machine, one registry, or how the product came to be.
ELSEWHERE = re.compile(
    r"/(?:work|home|Users|root)/[A-Za-z.]"
    r"|(?:pypi|files\.pythonhosted|registry\.npmjs|repo1?\.maven)\.(?:org|apache\.org)"
    r"|--(?:extra-)?index-url\s+http"
)
BINARY = (".png", ".onnx", ".gz", ".zip", ".npz", ".bin", ".woff2")
LEFTOVERS = re.compile(r"(?:^|/)(?:__pycache__|\.DS_Store|\.venv|dist|kg-demo)(?:/|$)|\.(?:pyc|db|log|orig|rej|swp)$")


@pytest.fixture(scope="module")
def tracked(checkout: Path) -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=checkout, check=False, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("the checkout is no git repository")
    return [name for name in listed.stdout.split("\0") if name and (checkout / name).is_file()]


def test_no_file_points_at_another_place(tracked: list[str], checkout: Path) -> None:
    found = []
    for name in tracked:
        if name.endswith(BINARY) or name == "tests/test_repository.py":
            continue
        text = (checkout / name).read_bytes().decode("utf-8", "replace")
        found += [f"{name}: {hit[0]}" for hit in ELSEWHERE.finditer(text)]
    assert not found


def test_no_leftovers_are_kept(tracked: list[str]) -> None:
    assert not [name for name in tracked if LEFTOVERS.search(name)]


def test_no_kept_file_is_huge(tracked: list[str], checkout: Path) -> None:
    assert not [name for name in tracked if (checkout / name).stat().st_size > 45_000_000]


def test_text_files_end_lines_with_lf(tracked: list[str], checkout: Path) -> None:
    """Fixtures of foreign files may end theirs otherwise."""
    for name in tracked:
        if not name.endswith(BINARY) and not name.startswith("tests/data/"):
            assert b"\r\n" not in (checkout / name).read_bytes(), name


def commands() -> list[tuple[str, object]]:
    """Every command with its full name, those of groups included."""
    import typer.main

    from kg.cli import asking, building, looking, merging, relating, serving  # noqa: F401
    from kg.cli.app import app

    def walk(command: object, name: str) -> list[tuple[str, object]]:
        inner = getattr(command, "commands", None)
        if inner:
            return [row for key, sub in sorted(inner.items()) for row in walk(sub, f"{name} {key}")]
        return [(name, command)]

    return walk(typer.main.get_command(app), "kg")


def test_every_command_has_help_and_an_example() -> None:
    found = commands()
    assert len(found) >= 18
    for name, command in found:
        assert (getattr(command, "help", "") or "").strip(), f"{name} has no help"
        assert name in (getattr(command, "epilog", "") or ""), f"{name} --help has no example"


def test_every_option_has_help() -> None:
    for name, command in commands():
        for parameter in getattr(command, "params", []):
            assert getattr(parameter, "help", None) or parameter.name == "help", f"{name}: {parameter.name}"


def test_every_command_is_in_the_readme(checkout: Path) -> None:
    readme = (checkout / "README.md").read_text(encoding="utf-8")
    for name, _ in commands():
        assert re.search(rf"\b{name}\b", readme), f"{name} is not in README.md"


def test_the_changelog_has_a_place_for_what_comes_next(checkout: Path) -> None:
    changelog = (checkout / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "## [Unreleased]" in changelog


def test_the_version_in_the_changelog_is_that_of_the_package(checkout: Path) -> None:
    from kg import __version__

    changelog = (checkout / "CHANGELOG.md").read_text(encoding="utf-8")
    released = re.findall(r"^## \[(\d+\.\d+\.\d+)\]", changelog, re.M)
    assert not released or released[0] == __version__
