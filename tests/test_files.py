"""Output files are written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kg.errors import OutputError
from kg.files import write_atomic


def test_text_is_written_as_utf8_with_its_own_line_ends(tmp_path: Path) -> None:
    assert write_atomic(tmp_path / "a", "ä\nb\r\n") == tmp_path / "a"
    assert (tmp_path / "a").read_bytes() == b"\xc3\xa4\nb\r\n"


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a"
    file.write_text("old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="No space left"):
        write_atomic(file, "new")
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"there is no folder .*no"):
        write_atomic(tmp_path / "no" / "a", "x")


def test_a_folder_cannot_be_written_to_as_a_file(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot write"):
        write_atomic(tmp_path, "x")


def test_a_link_stays_and_its_target_is_replaced_with_its_mode(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("old")
    target.chmod(0o600)
    link.symlink_to(target)
    write_atomic(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"
    assert target.stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(not Path("/dev/null").exists(), reason="this system has no /dev/null")
def test_a_device_is_written_to_and_not_replaced() -> None:
    write_atomic("/dev/null", "x")
    assert Path("/dev/null").is_char_device()
