"""The library file: what it keeps, what it refuses, and what two processes may do to it at once."""

from __future__ import annotations

import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from kg.errors import LibraryError, UnknownPaper
from kg.library import Library, record_hash
from kg.records import Extraction, Mention, Paper


def paper(n: int, **other: object) -> Paper:
    return Paper(id="", title=f"Paper number {n}", abstract=f"It is about topic {n}.", **other)  # type: ignore[arg-type]


def extraction(of: Paper, model: str = "m-1") -> Extraction:
    return Extraction(of.text_hash, model, (Mention("title", 0, 5, "Method", "Paper", 0.9, 0, len(of.title)),))


def test_papers_come_back_as_they_were_added(tmp_path: Path) -> None:
    odd = Paper(
        id="", title="Naïve “quotes” \ud800", abstract="a\rb\0c", authors=("Ä", "B"), upvotes=3, published="--07-04"
    )
    with Library(tmp_path / "kg.db", create=True) as library:
        assert library.add([odd], "page.txt") == 1
    with Library(tmp_path / "kg.db", read_only=True) as library:
        (back,) = library.papers()
    assert (back.title, back.abstract, back.authors, back.upvotes, back.published) == (
        odd.title,
        odd.abstract,
        odd.authors,
        3,
        "--07-04",
    )


def test_a_record_that_is_added_twice_is_kept_once_and_changes_nothing(tmp_path: Path) -> None:
    with Library(tmp_path / "kg.db", create=True) as library:
        library.add([paper(1), paper(1), paper(2)], "a.txt")
        revision = library.revision
        assert library.add([paper(2), paper(1)], "b.txt") == 0
        assert library.revision == revision
        assert len(library.records()) == 2


def test_the_hash_of_a_record_depends_on_its_content_alone() -> None:
    assert record_hash(paper(1)) == record_hash(paper(1))
    assert record_hash(paper(1)) != record_hash(paper(1, venue="Conf"))


def test_missing_are_the_texts_that_this_model_has_not_seen(tmp_path: Path) -> None:
    with Library(tmp_path / "kg.db", create=True) as library:
        library.add([paper(1), paper(2)], "a.txt")
        library.save([extraction(paper(1))])
        assert [p.title for p in library.missing("m-1")] == ["Paper number 2"]
        assert len(library.missing("m-2")) == 2
        assert library.extractions("m-1") == {paper(1).text_hash: extraction(paper(1))}


def test_what_a_newer_model_finds_takes_the_place_of_the_older(tmp_path: Path) -> None:
    with Library(tmp_path / "kg.db", create=True) as library:
        library.add([paper(1), paper(2)], "a.txt")
        library.save([extraction(paper(1)), extraction(paper(2))])
        library.save([extraction(paper(1), "m-2")])
        assert library.models() == {"m-1": 1, "m-2": 1}


def test_removing_a_paper_takes_its_records_and_extractions(tmp_path: Path) -> None:
    with Library(tmp_path / "kg.db", create=True) as library:
        library.add([paper(1), paper(1, venue="Conf"), paper(2)], "a.txt")
        library.save([extraction(paper(1)), extraction(paper(2))])
        gone = next(p for p in library.papers() if p.title == "Paper number 1")
        assert library.remove([gone.id]) == 1
        assert [p.title for p in library.papers()] == ["Paper number 2"]
        assert len(library.records()) == 1
        assert list(library.extractions("m-1")) == [paper(2).text_hash]


def test_removing_an_unknown_paper_removes_nothing(tmp_path: Path) -> None:
    with Library(tmp_path / "kg.db", create=True) as library:
        library.add([paper(1), paper(2)], "a.txt")
        known = library.papers()[0].id
        with pytest.raises(UnknownPaper):
            library.remove([known, "arxiv:0000.00000"])
        assert len(library.papers()) == 2


def test_a_failed_batch_leaves_nothing_of_itself(tmp_path: Path) -> None:
    with Library(tmp_path / "kg.db", create=True) as library:
        twice = [extraction(paper(1)), extraction(paper(1))]  # one text, one model: the second breaks the key
        with pytest.raises(LibraryError):
            library.save(twice)
        assert library.models() == {}
        library.save(twice[:1])
        assert library.models() == {"m-1": 1}


# --- files that are no library ---------------------------------------------------------------------------------------


def test_a_missing_library_says_how_to_make_one_and_makes_none(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="kg build SOURCE"):
        Library(tmp_path / "missing.db", read_only=True)
    assert list(tmp_path.iterdir()) == []


def foreign_files(folder: Path) -> list[Path]:
    text, empty, other, newer = (folder / name for name in ("text.db", "empty.db", "other.db", "newer.db"))
    text.write_text("this is no library" * 100)
    empty.touch()
    with sqlite3.connect(other) as db:
        db.execute("CREATE TABLE things (x)")
    db.close()
    Library(newer, create=True).close()
    with sqlite3.connect(newer) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    return [text, empty, other, newer]


@pytest.mark.parametrize("which", range(4))
def test_a_foreign_file_is_refused_in_one_line_and_left_as_it_is(tmp_path: Path, which: int) -> None:
    file = foreign_files(tmp_path)[which]
    before = file.read_bytes()
    with pytest.raises(LibraryError) as caught:
        Library(file, read_only=True)
    assert "\n" not in str(caught.value)
    assert file.read_bytes() == before


@pytest.mark.parametrize("which", [0, 2, 3])
def test_a_foreign_file_is_never_written_to(tmp_path: Path, which: int) -> None:
    file = foreign_files(tmp_path)[which]
    before = file.read_bytes()
    with pytest.raises(LibraryError):
        Library(file, create=True)
    assert file.read_bytes() == before


def test_a_library_of_a_newer_format_asks_for_an_upgrade(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="upgrade kg"):
        Library(foreign_files(tmp_path)[3], read_only=True)


def test_a_folder_is_no_library(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="is a folder"):
        Library(tmp_path, create=True)


def test_a_library_in_a_folder_that_is_not_there_cannot_be_made(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="no folder"):
        Library(tmp_path / "no" / "kg.db", create=True)


def test_a_damaged_library_is_told_as_such(tmp_path: Path) -> None:
    file = tmp_path / "kg.db"
    with Library(file, create=True) as library:
        library.add([paper(n) for n in range(500)], "a.txt")
    raw = bytearray(file.read_bytes())
    raw[4096 * 2 :] = b"\xff" * (len(raw) - 4096 * 2)
    file.write_bytes(raw)
    with pytest.raises(LibraryError, match=r"damaged|cannot be"), Library(file, read_only=True) as library:
        library.papers()


# --- reading only ----------------------------------------------------------------------------------------------------


def test_reading_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "kg.db"
    with Library(file, create=True) as library:
        library.add([paper(1)], "a.txt")
    before = file.read_bytes()
    with Library(file, read_only=True) as library:
        assert len(library.papers()) == 1
        with pytest.raises(LibraryError, match="reading only"):
            library.add([paper(2)], "b.txt")
    assert [p.name for p in tmp_path.iterdir()] == ["kg.db"]
    assert file.read_bytes() == before


def as_nobody(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run Python code as a user who does not own the files, where the tests run as one who may do everything."""
    # Imported before: the other user may not be able to read this Python's own files.
    become = "import os, sys, kg.errors, kg.library, kg.records\n"
    become += "if os.getuid() == 0: os.setgid(65534); os.setuid(65534)\n"
    command = [sys.executable, "-c", become + textwrap.dedent(code), *map(str, arguments)]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)


@pytest.fixture
def read_only_folder() -> Iterator[Path]:
    # pytest's own folders are closed to other users.
    folder = Path(tempfile.mkdtemp(prefix="kg-read-only-"))
    with Library(folder / "kg.db", create=True) as library:
        library.add([paper(1)], "a.txt")
    (folder / "kg.db").chmod(0o444)
    folder.chmod(0o555)
    yield folder
    folder.chmod(stat.S_IRWXU)
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()


def test_a_library_on_a_read_only_medium_is_read(read_only_folder: Path) -> None:
    run = as_nobody(
        """
        import sys
        from kg.library import Library
        with Library(sys.argv[1], read_only=True) as library:
            print(len(library.papers()), library.cache("key", "fingerprint", b"data"))
        """,
        read_only_folder / "kg.db",
    )
    assert run.stdout.split() == ["1", "False"], run.stderr
    assert [p.name for p in read_only_folder.iterdir()] == ["kg.db"]


@pytest.mark.parametrize("name", ["kg.db", "new.db"])
def test_writing_where_it_is_not_allowed_is_one_line(read_only_folder: Path, name: str) -> None:
    run = as_nobody(
        """
        import sys
        from kg.errors import LibraryError
        from kg.library import Library
        from kg.records import Paper
        try:
            with Library(sys.argv[1], create=True) as library:
                library.add([Paper(id="", title="t")], "a")
        except LibraryError as error:
            print(error)
        """,
        read_only_folder / name,
    )
    assert run.stdout.count("\n") == 1 and "cannot be" in run.stdout, run.stderr
    assert [p.name for p in read_only_folder.iterdir()] == ["kg.db"]


# --- the cache -------------------------------------------------------------------------------------------------------


def test_the_cached_graph_is_found_under_its_key_alone(tmp_path: Path) -> None:
    with Library(tmp_path / "kg.db", create=True) as library:
        assert library.cached("a") is None
        assert library.cache("a", "f", b"data")
        assert library.cached("a") == ("f", b"data")
        assert library.cache("b", "g", b"more")
        assert library.cached("a") is None


def test_a_reader_may_keep_the_graph_without_changing_what_the_library_holds(tmp_path: Path) -> None:
    with Library(tmp_path / "kg.db", create=True) as library:
        library.add([paper(1)], "a.txt")
        revision = library.revision
    with Library(tmp_path / "kg.db", read_only=True) as reader:
        assert reader.cache("a", "f", b"data")
    with Library(tmp_path / "kg.db", read_only=True) as reader:
        assert reader.cached("a") == ("f", b"data")
        assert reader.revision == revision


# --- two at once -----------------------------------------------------------------------------------------------------


def test_a_second_writer_waits_and_then_says_so_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "kg.db"
    with Library(file, create=True), Library(file, create=True, timeout_s=0.1) as second:
        blocker = sqlite3.connect(file, isolation_level=None)
        blocker.execute("BEGIN IMMEDIATE")
        with pytest.raises(LibraryError, match="in use by another process") as caught:
            second.add([paper(1)], "a.txt")
        assert "\n" not in str(caught.value)
        blocker.execute("ROLLBACK")
        blocker.close()
        assert second.add([paper(1)], "a.txt") == 1


def test_a_second_writer_goes_on_when_the_first_has_ended(tmp_path: Path) -> None:
    file = tmp_path / "kg.db"
    with Library(file, create=True) as second:
        blocker = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        blocker.execute("BEGIN IMMEDIATE")
        timer = threading.Timer(0.3, lambda: (blocker.execute("COMMIT"), blocker.close()))
        timer.start()
        assert second.add([paper(1)], "a.txt") == 1
        timer.join()


def test_two_processes_that_make_one_library_both_succeed(tmp_path: Path) -> None:
    code = """
        import sys
        from kg.library import Library
        from kg.records import Paper
        with Library(sys.argv[1], create=True) as library:
            for n in range(20):
                library.add([Paper(id="", title=f"{sys.argv[2]} {n}")], "a")
        """
    command = [sys.executable, "-c", textwrap.dedent(code), str(tmp_path / "kg.db")]
    running = [subprocess.Popen([*command, name]) for name in ("one", "two", "three")]
    assert [process.wait(timeout=60) for process in running] == [0, 0, 0]
    with Library(tmp_path / "kg.db", read_only=True) as library:
        assert len(library.records()) == 60


def test_a_reader_sees_one_state_while_another_writes(tmp_path: Path) -> None:
    file = tmp_path / "kg.db"
    with Library(file, create=True) as writer:
        writer.add([paper(1)], "a.txt")
        with Library(file, read_only=True) as reader:
            assert len(reader.records()) == 1
            writer.add([paper(2)], "a.txt")
            assert len(reader.records()) == 1
        with Library(file, read_only=True) as reader:
            assert len(reader.records()) == 2


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_what_was_saved_survives_a_kill(tmp_path: Path) -> None:
    code = """
        import os, signal, sys
        from kg.library import Library
        from kg.records import Paper
        library = Library(sys.argv[1], create=True)
        library.add([Paper(id="", title="kept")], "a")
        library._db.execute("BEGIN IMMEDIATE")
        library._db.execute("DELETE FROM records")
        os.kill(os.getpid(), signal.SIGKILL)
        """
    command = [sys.executable, "-c", textwrap.dedent(code), str(tmp_path / "kg.db")]
    run = subprocess.run(command, check=False, timeout=60)
    assert run.returncode == -signal.SIGKILL
    with Library(tmp_path / "kg.db", read_only=True) as library:
        assert [p.title for p in library.records()] == ["kept"]


def test_a_full_disk_is_one_line_and_keeps_what_was_saved(tmp_path: Path) -> None:
    file = tmp_path / "kg.db"
    with Library(file, create=True) as library:
        library.add([paper(1)], "a.txt")
        pages = library._db.execute("PRAGMA page_count").fetchone()[0]
        library._db.execute(f"PRAGMA max_page_count = {pages}")  # SQLite's own way to a full disk
        with pytest.raises(LibraryError, match="disk is full") as caught:
            library.add([paper(n) for n in range(1000)], "b.txt")
        assert "\n" not in str(caught.value)
    with Library(file, read_only=True) as library:
        assert [p.title for p in library.records()] == ["Paper number 1"]
