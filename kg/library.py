"""The library: one SQLite file with the records of every source and what was extracted from each text.

    meta         key, value                     revision: grows with every change of records or extractions
    records      hash, source, data             a record as its source gave it, as JSON, under the hash of its content
    extractions  text_hash, model, data         an Extraction as JSON
    cache        key, about, data               the graph that was last assembled, for the state that `key` names

Everything but `cache` is the user's; the papers and the graph follow from it. Each change is one transaction, so a
killed process leaves the state before it or after it. Two processes may use one file: readers see one state throughout,
a second writer waits for the first.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from kg import papers as papers_of
from kg.errors import LibraryError, UnknownPaper
from kg.records import Extraction, Paper

__all__ = ["Library", "record_hash"]

APPLICATION_ID = 0x6B676C62  # "kglb": the mark by which a library is told from any other SQLite file
FORMAT = 1
_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE records (hash TEXT PRIMARY KEY, source TEXT NOT NULL, data TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE extractions (
    text_hash TEXT NOT NULL, model TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (text_hash, model)
) WITHOUT ROWID;
CREATE TABLE cache (
    one INTEGER PRIMARY KEY CHECK (one = 1), key TEXT NOT NULL, about TEXT NOT NULL, data BLOB NOT NULL
);
INSERT INTO meta VALUES ('revision', 0);
"""


def record_hash(record: Paper) -> str:
    """Return 32 hexadecimal digits that name the content of `record`, whatever source it came from."""
    return hashlib.sha256(_dump(record.to_json()).encode()).hexdigest()[:32]


def _dump(data: dict[str, Any]) -> str:
    # ASCII, because SQLite refuses the lone surrogates that broken sources hold; JSON writes them as escapes.
    return json.dumps(data, sort_keys=True, separators=(",", ":"))


class Library:
    """An open library file; a context manager.

    `create` makes the file when it is missing, `read_only` refuses every change and sees one state until it is closed.
    `timeout_s` is how long to wait for another process's change. Every method raises LibraryError, one line, when the
    file is missing, is no library, is locked, damaged or read-only, or the disk is full.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, create: bool = False, read_only: bool = False, timeout_s: float = 30.0
    ) -> None:
        self.path = Path(path)
        self.read_only = read_only
        self._timeout_s = timeout_s
        self._papers: tuple[int, list[Paper]] | None = None
        _check_file(self.path, create=create)
        self._db = _connect(self.path, create=create, timeout_s=timeout_s)
        try:
            with self._mapped():
                self._prepare(create)
        except BaseException:
            self._db.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        with contextlib.suppress(sqlite3.Error):
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
        self._db.close()

    # --- what is in it -------------------------------------------------------------------------------------------

    @property
    def revision(self) -> int:
        """A number that grows with every change of the records or extractions."""
        with self._mapped():
            return int(self._db.execute("SELECT value FROM meta WHERE key = 'revision'").fetchone()[0])

    def records(self) -> list[Paper]:
        """Return every record that a source gave, each once, in the order of their hashes."""
        with self._mapped():
            rows = self._db.execute("SELECT data FROM records ORDER BY hash").fetchall()
        return [Paper.from_json(json.loads(row[0])) for row in rows]

    def papers(self) -> list[Paper]:
        """Return the papers that the records tell of, sorted by id."""
        revision = self.revision
        if self._papers is None or self._papers[0] != revision:
            self._papers = (revision, papers_of.merge(self.records()))
        return list(self._papers[1])

    def groups(self) -> list[tuple[Paper, list[Paper]]]:
        """Return each paper with the records that tell of it, sorted by its id."""
        return papers_of.groups(self.records())

    def missing(self, model: str) -> list[Paper]:
        """Return the papers, one for each different text, of which `model` has not extracted yet."""
        done = {row[0] for row in self._rows("SELECT text_hash FROM extractions WHERE model = ?", model)}
        waiting: dict[str, Paper] = {}
        for paper in self.papers():
            if paper.text_hash not in done:
                waiting.setdefault(paper.text_hash, paper)
        return list(waiting.values())

    def extractions(self, model: str) -> dict[str, Extraction]:
        """Return what `model` extracted, by the hash of the text."""
        rows = self._rows("SELECT text_hash, data FROM extractions WHERE model = ? ORDER BY text_hash", model)
        return {row[0]: Extraction.from_json(json.loads(row[1])) for row in rows}

    def models(self) -> dict[str, int]:
        """Return the number of texts that each model has extracted from, by the model's version."""
        return dict(self._rows("SELECT model, count(*) FROM extractions GROUP BY model ORDER BY model"))

    # --- changes -------------------------------------------------------------------------------------------------

    def add(self, records: Iterable[Paper], source: str) -> int:
        """Store the records of one source, all or none; return how many were not there before."""
        rows = [(record_hash(r), source, _dump(r.to_json())) for r in records]
        with self._writing() as db:
            before = db.total_changes
            db.executemany("INSERT OR IGNORE INTO records VALUES (?, ?, ?)", rows)
            added = db.total_changes - before
            if added:
                _touch(db)
        return added

    def save(self, extractions: Iterable[Extraction]) -> None:
        """Store a batch of extractions, all or none; each takes the place of what other models found in its text."""
        rows = [(e.text_hash, e.model, _dump(e.to_json())) for e in extractions]
        if not rows:
            return
        with self._writing() as db:
            db.executemany("DELETE FROM extractions WHERE text_hash = ?", [(row[0],) for row in rows])
            db.executemany("INSERT INTO extractions VALUES (?, ?, ?)", rows)
            _touch(db)

    def remove(self, paper_ids: Iterable[str]) -> int:
        """Take papers out, with every record that told of them and what was extracted; return how many papers went.

        All go or none: raises UnknownPaper when one of the ids is not in the library.
        """
        wanted = frozenset(paper_ids)
        with self._writing() as db:
            of_paper = {paper.id: records for paper, records in self.groups()}
            if unknown := wanted - of_paper.keys():
                raise UnknownPaper(min(unknown))
            gone = [record_hash(record) for paper_id in sorted(wanted) for record in of_paper[paper_id]]
            db.executemany("DELETE FROM records WHERE hash = ?", [(h,) for h in gone])
            # Asked again: without a record in common, what was two papers may now be one.
            self._prune(db, {paper.text_hash for paper in papers_of.merge(self.records())})
            _touch(db)
        return len(wanted)

    def prune(self) -> int:
        """Drop the extractions of texts that no paper has any more; return how many."""
        with self._writing() as db:
            dropped = self._prune(db, {paper.text_hash for paper in self.papers()})
            if dropped:
                _touch(db)
        return dropped

    @staticmethod
    def _prune(db: sqlite3.Connection, kept: set[str]) -> int:
        found = {row[0] for row in db.execute("SELECT text_hash FROM extractions")}
        stale = sorted(found - kept)
        db.executemany("DELETE FROM extractions WHERE text_hash = ?", [(h,) for h in stale])
        return len(stale)

    # --- the graph's cache ---------------------------------------------------------------------------------------

    def cached(self, key: str) -> tuple[str, bytes] | None:
        """Return what is known of the cached graph, and the graph, or None when what is cached is not for `key`."""
        rows = self._rows("SELECT about, data FROM cache WHERE key = ?", key)
        return (rows[0][0], rows[0][1]) if rows else None

    def cache(self, key: str, about: str, data: bytes) -> bool:
        """Keep the graph for `key`; return False, and change nothing, where the file cannot be written now.

        A read-only library may do this too, over a connection of its own: the cache is no part of what it holds.
        """
        try:
            db = _connect(self.path, create=False, timeout_s=0.5)
        except LibraryError:
            return False
        try:
            db.execute("INSERT OR REPLACE INTO cache VALUES (1, ?, ?, ?)", (key, about, data))
        except sqlite3.Error:
            return False
        finally:
            db.close()
        return True

    # --- below ---------------------------------------------------------------------------------------------------

    def _prepare(self, create: bool) -> None:
        if create and self._db.execute("PRAGMA page_count").fetchone()[0] == 0:
            with self._writing() as db:
                # Asked again inside the transaction: another process may have been first.
                if db.execute("PRAGMA page_count").fetchone()[0] <= 1 and not _application(db):
                    for statement in filter(str.strip, _TABLES.split(";\n")):
                        db.execute(statement)
                    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                    db.execute(f"PRAGMA user_version = {FORMAT}")
        self._check_mark()
        if self.read_only:
            self._db.execute("PRAGMA query_only = ON")
            self._db.execute("BEGIN")  # one state for all that follows
        else:
            _use_wal(self._db, self._timeout_s)

    def _check_mark(self) -> None:
        if _application(self._db) != APPLICATION_ID:
            raise LibraryError(_foreign(self.path))
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version != FORMAT:
            raise LibraryError(
                f"library {self.path} has format {version}, this kg reads format {FORMAT}: "
                f"{'upgrade kg' if version > FORMAT else 'build it again from its sources, with kg build'}"
            )

    def _rows(self, statement: str, *values: Any) -> list[Any]:
        with self._mapped():
            return self._db.execute(statement, values).fetchall()

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        if self.read_only:
            raise LibraryError(f"library {self.path} was opened for reading only")
        with self._mapped():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                # A full disk may have rolled back already.
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    @contextlib.contextmanager
    def _mapped(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise LibraryError(_explain(error, self.path, self._timeout_s)) from error


def _application(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA application_id").fetchone()[0])


def _touch(db: sqlite3.Connection) -> None:
    db.execute("UPDATE meta SET value = value + 1 WHERE key = 'revision'")


def _check_file(path: Path, *, create: bool) -> None:
    if path.is_dir():
        raise LibraryError(f"{path} is a folder, not a library file; name a file, as in {path / 'kg.db'}")
    if not path.exists():
        if not create:
            raise LibraryError(f"no library {path}; make one with: kg build SOURCE… --library {path}")
        if not path.parent.is_dir():
            raise LibraryError(f"cannot make library {path}: there is no folder {path.parent}")
    elif not create and path.stat().st_size == 0:
        raise LibraryError(_foreign(path))


def _connect(path: Path, *, create: bool, timeout_s: float) -> sqlite3.Connection:
    """Open the file with explicit transactions.

    Readers open it "rw" and refuse writes themselves: a connection that SQLite knows as read-only would leave the
    -wal and -shm files of the library lying about. Where folder or file cannot be written and no change waits in a -wal
    file, nobody can be writing, and the file is read as immutable.
    """
    uri = path.resolve().as_uri()
    mode = "rwc" if create else "rw"
    log = path.with_name(path.name + "-wal")
    try:
        db = sqlite3.connect(f"{uri}?mode={mode}", uri=True, timeout=timeout_s, isolation_level=None)
        try:
            db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.OperationalError as error:
            db.close()
            if create or os.access(path.parent, os.W_OK) or (log.exists() and log.stat().st_size):
                raise
            if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
                raise
            db = sqlite3.connect(f"{uri}?mode=ro&immutable=1", uri=True, timeout=timeout_s, isolation_level=None)
        except BaseException:
            db.close()
            raise
    except sqlite3.Error as error:
        raise LibraryError(_explain(error, path, timeout_s)) from error
    return db


def _use_wal(db: sqlite3.Connection, timeout_s: float) -> None:
    # SQLite does not wait by itself here, and a file system without shared memory keeps its journal: both are fine.
    until = time.monotonic() + timeout_s
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL").fetchone()
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                return
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def _foreign(path: Path) -> str:
    return (
        f"{path} is no kg library; name another file with --library, or make one with: kg build SOURCE… --library FILE"
    )


def _explain(error: sqlite3.Error, path: Path, timeout_s: float) -> str:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_NOTADB:
        return _foreign(path)
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return f"library {path} is in use by another process (waited {timeout_s:g} s); try again when that has ended"
    if code == sqlite3.SQLITE_FULL:
        return f"the disk is full: {path} holds what was saved before; make room and run the same command again"
    if code == sqlite3.SQLITE_READONLY:
        return f"library {path} cannot be written: the file, its folder or its disk is read-only"
    if code == sqlite3.SQLITE_CANTOPEN:
        return f"library {path} cannot be opened: check the permissions of the file and of its folder"
    if code == sqlite3.SQLITE_CORRUPT:
        return f"library {path} is damaged ({error}); take it from a backup or build it again from its sources"
    if code == sqlite3.SQLITE_IOERR:
        return f"library {path} cannot be read or written: {error} (is the disk full, or was it taken away?)"
    return f"library {path} cannot be used: {error}"
