"""Writes output files whole: the old file or the new one is there, never a part of one."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from kg.errors import OutputError

__all__ = ["write_atomic"]


def write_atomic(path: str | os.PathLike[str], data: str | bytes) -> Path:
    """Write `data` (text as UTF-8, lines ended by what it holds) to `path` and return that path.

    The data goes to a new file beside it, which then takes its name; so a full disk, a kill or two writers at once
    leave no partial file. What is no regular file (/dev/stdout, a named pipe) is written to directly. A link keeps
    pointing where it does and its target is replaced. Raises OutputError when the file cannot be written.
    """
    path = Path(path)
    raw = data.encode("utf-8", "replace") if isinstance(data, str) else data
    try:
        if path.exists() and not path.is_file():
            _write_directly(path, raw)
        else:
            _replace(path.resolve(), raw)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {_reason(error, path)}") from error
    return path


def _write_directly(path: Path, raw: bytes) -> None:
    with path.open("wb") as out:
        out.write(raw)


def _replace(path: Path, raw: bytes) -> None:
    # Opened by hand and not by tempfile, so that the file gets the permissions of the user's umask.
    beside = path.with_name(f".{path.name[:200]}.{secrets.token_hex(4)}.part")
    mode = path.stat().st_mode & 0o777 if path.exists() else None
    try:
        with beside.open("xb") as out:
            out.write(raw)
            out.flush()
            os.fsync(out.fileno())
        if mode is not None:
            beside.chmod(mode)
        beside.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise


def _reason(error: OSError, path: Path) -> str:
    if isinstance(error, FileNotFoundError):
        return f"there is no folder {path.parent}"
    return error.strerror or str(error)
