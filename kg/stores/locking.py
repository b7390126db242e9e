"""A lock between processes: whoever holds the file may write; the system lets go of it when its holder dies."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from kg.errors import StoreError

__all__ = ["exclusive"]

_POLL_S = 0.05


@contextlib.contextmanager
def exclusive(path: Path, *, timeout_s: float, busy: str) -> Iterator[None]:
    """Hold the lock file `path` (made where it is missing) while the block runs.

    Raises StoreError with the text `busy` when another process holds it for longer than `timeout_s`, and for a folder
    that cannot be written.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error.strerror}; give the folder write permission") from error
    try:
        until = time.monotonic() + timeout_s
        while not _try(handle):
            if time.monotonic() >= until:
                raise StoreError(busy)
            time.sleep(_POLL_S)
        yield
    finally:
        # Closing the file is what lets go of the lock on POSIX; Windows wants it said.
        if sys.platform == "win32":
            _unlock_windows(handle)
        os.close(handle)


if sys.platform == "win32":
    import msvcrt

    def _try(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock_windows(handle: int) -> None:
        with contextlib.suppress(OSError):
            os.lseek(handle, 0, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
