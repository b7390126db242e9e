"""The graph in the embedded database, in a folder beside the library, always that of one fingerprint.

    kg.db.graph/current         which database is in use, and of which graph it is
    kg.db.graph/<12 hex>/       a database; built under a new name, closed, and only then named in `current`
    kg.db.graph/lock            held while one is built
    kg.db.graph/log/            the engine's log

A database never changes once `current` names it. So any number of processes read it at once, a build that is killed
leaves a folder that the next one clears away, and readers keep the database they opened while another takes its place.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

import networkx as nx

from kg.errors import OutputError, StoreError
from kg.files import write_atomic
from kg.stores import Row, arcade
from kg.stores.locking import exclusive

__all__ = ["EmbeddedStore"]

log = logging.getLogger(__name__)

_LAYOUT = 1  # raise it when what is written, or how, changes
_BUILD_WAIT_S = 600.0
_OPEN_TRIES = 20
_OPEN_PAUSE_S = 0.1

# The engine opens a folder once a process: stores of one process share it. Folder -> [database, number of users].
_shared: dict[Path, list[Any]] = {}
_shared_lock = threading.Lock()


class EmbeddedStore:
    """A read-only store in `folder`; no query runs longer than `timeout_s` seconds.

    `ensure` first, then `query`; `close`, or use it as a context manager.
    """

    def __init__(self, folder: str | os.PathLike[str], *, timeout_s: float = 30) -> None:
        self.folder = Path(folder).absolute()
        self.timeout_s = timeout_s
        self._open: Path | None = None
        self._want: dict[str, Any] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def fresh(self, fingerprint: str) -> bool:
        """Tell whether the store holds the graph of that fingerprint already, so that `ensure` would do nothing."""
        return self._database(self._stamp(fingerprint)) is not None

    def ensure(self, g: nx.MultiDiGraph | Callable[[], nx.MultiDiGraph], fingerprint: str) -> bool:
        """Make the store hold `g` (or what `g()` gives, called only when needed); return whether it was built anew.

        Raises StoreError when the folder cannot be written, the engine is missing, or another process builds for longer
        than ten minutes.
        """
        stamp = self._stamp(fingerprint)
        if self._want != stamp:
            self.close()
            self._want = stamp
        if self._database(stamp) is not None:
            return False
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"cannot make the folder {self.folder} of the graph store: {error.strerror}") from error
        busy = (
            f"another kg process has been writing {self.folder} for {_BUILD_WAIT_S:.0f} s; try again when it has ended"
        )
        with exclusive(self.folder / "lock", timeout_s=_BUILD_WAIT_S, busy=busy):
            if self._database(stamp) is not None:  # another process built it while this one waited
                return False
            self._clear(keep=self._read_current().get("folder"))
            self._build(g() if callable(g) else g, stamp)
            self._clear(keep=self._read_current().get("folder"))
        return True

    def query(self, cypher: str, params: Mapping[str, Any] | None = None) -> list[Row]:
        """Return the rows of one reading statement; see `kg.stores.Store`. Raises QueryError, and StoreError when the
        store was never built.
        """
        return arcade.query(self._engine(), self._db(), cypher, params or {}, timeout_s=self.timeout_s)

    def close(self) -> None:
        """Let go of the database; a later query opens it again."""
        if self._open is not None:
            _release(self._open)
            self._open = None

    # -- the folder

    def _engine(self) -> Any:
        return arcade.engine(self.folder / "log")

    def _stamp(self, fingerprint: str) -> dict[str, Any]:
        engine = arcade.version(self._engine())
        return {"fingerprint": fingerprint, "engine": engine, "layout": _LAYOUT, "timeout_s": self.timeout_s}

    def _read_current(self) -> dict[str, Any]:
        try:
            found = json.loads((self.folder / "current").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _database(self, stamp: Mapping[str, Any] | None) -> Path | None:
        """Return the folder of the database in use, or None when there is none or it is not that of `stamp`."""
        found = self._read_current()
        name = found.pop("folder", None)
        if not isinstance(name, str) or Path(name).name != name or (stamp is not None and found != stamp):
            return None
        folder = self.folder / name
        return folder if folder.is_dir() else None

    def _build(self, g: nx.MultiDiGraph, stamp: Mapping[str, Any]) -> None:
        package = self._engine()
        folder = self.folder / secrets.token_hex(6)
        started = time.monotonic()
        db = arcade.create(package, folder, timeout_s=self.timeout_s)
        try:
            arcade.load(package, db, g)
        finally:
            with contextlib.suppress(package.ArcadeDBError):
                db.close()
        try:
            _settle(folder)
            # Last of all: until this line is on the disk, the old database is the one in use.
            write_atomic(self.folder / "current", json.dumps({**stamp, "folder": folder.name}) + "\n")
        except (OSError, OutputError) as error:
            raise StoreError(f"cannot write the graph store in {self.folder}: {error}") from error
        log.info("wrote the graph to %s in %.1f s", self.folder, time.monotonic() - started)

    def _clear(self, *, keep: Any) -> None:
        """Remove what killed or earlier builds left. Readers of an old database go on: their files are open."""
        for place in self.folder.iterdir():
            is_database = len(place.name) == 12 and all(c in "0123456789abcdef" for c in place.name)
            if is_database and place.name != keep:
                shutil.rmtree(place, ignore_errors=True)

    # -- the open database

    def _db(self) -> Any:
        if self._open is not None:
            return _shared[self._open][0]
        package = self._engine()
        for attempt in range(_OPEN_TRIES):
            folder = self._database(self._want)
            if folder is None:
                raise StoreError(f"there is no graph in {self.folder} yet: build the library first (kg build SOURCE…)")
            try:
                db = _acquire(package, folder)
            except package.ArcadeDBError as error:
                # A build may just have put another database in the place of this one.
                if attempt + 1 == _OPEN_TRIES:
                    raise StoreError(
                        f"cannot open the graph store in {folder}: {error}; delete the folder {self.folder}, "
                        "it is made again from the library"
                    ) from error
                time.sleep(_OPEN_PAUSE_S)
                continue
            self._open = folder
            return db
        raise AssertionError("unreachable")


def _acquire(package: Any, folder: Path) -> Any:
    with _shared_lock:
        if folder not in _shared:
            _shared[folder] = [arcade.open_read_only(package, folder), 0]
        _shared[folder][1] += 1
        return _shared[folder][0]


def _release(folder: Path) -> None:
    with _shared_lock:
        entry = _shared[folder]
        entry[1] -= 1
        if not entry[1]:
            del _shared[folder]
            entry[0].close()


def _settle(folder: Path) -> None:
    """Have the system write every file of `folder` to the disk: no power cut leaves a named database incomplete."""
    for place in sorted(folder.rglob("*")):
        if place.is_file():
            handle = os.open(place, os.O_RDWR)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
