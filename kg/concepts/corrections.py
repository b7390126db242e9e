from __future__ import annotations
from dataclasses import dataclass
__all__ = ["Corrections"]

@dataclass(frozen=True, slots=True)
class Corrections:
    """The user's own merges and splits."""

    merges: tuple[tuple[str, str], ...] = ()
    splits: tuple[tuple[str, str], ...] = ()
