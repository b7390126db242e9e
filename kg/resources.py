"""Finds the folders that are not Python: inside the installed package, else beside it (a checkout)."""

from __future__ import annotations

from pathlib import Path

from kg.errors import KgError

__all__ = ["folder"]

_PACKAGE = Path(__file__).resolve().parent


def folder(name: str) -> Path:
    """Return the folder `queries` or `visualizations` (or one of the package's own, as `model`).

    Raises KgError when the installation lacks it.
    """
    for place in (_PACKAGE / name, _PACKAGE.parent / name):
        if place.is_dir():
            return place
    raise KgError(f"this installation of kg lacks its folder {name!r}; reinstall it: pip install --force-reinstall kg")
