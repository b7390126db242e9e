"""A source's bytes and characters: plain or gzip, from a file or standard input, read as a stream."""

from __future__ import annotations

import codecs
import gzip
import re
import sys
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, cast

from kg.errors import SourceError
from kg.sources.cleaning import shown

__all__ = ["STDIN", "Source"]

STDIN = "-"
_CHUNK = 1 << 18
_HEAD = 1 << 16
# A first line longer than this is no line of a list of papers.
_LONGEST_FIRST_LINE = 1 << 28
_KINDS_OF_BINARY = {
    b"%PDF-": "a PDF file",
    b"PK\x03\x04": "a ZIP archive or an Office document",
    b"SQLite format 3\0": "an SQLite database",
    b"PAR1": "a Parquet file",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ\0": "an xz archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
}
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_LINE_END = re.compile(r"(?<=\r)(?!\n)|(?<=\n)")


class Source:
    """One opened source. Its content can be taken once, by one of `lines`, `text` and `data`; `head` does not count.

    Raises SourceError, from the constructor when there is nothing to read, from the others when reading fails.
    """

    def __init__(self, path: str | Path) -> None:
        self.name = "standard input" if str(path) == STDIN else shown(path, 200)
        self.suffix = _suffix(path)
        self._stack = ExitStack()
        try:
            self._stream = self._open(path)
            self._head = self._take_head()
        except BaseException:
            self._stack.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stack.close()

    def error(self, message: str) -> SourceError:
        """Return the error that says `message` of this source."""
        return SourceError(f"{self.name}: {message}")

    # Opening

    def _open(self, path: str | Path) -> BinaryIO:
        if str(path) == STDIN:
            raw = sys.stdin.buffer
        else:
            try:
                raw = self._stack.enter_context(Path(path).open("rb"))  # noqa: SIM115
            except FileNotFoundError as error:
                raise self.error("there is no such file or folder; give the path of a saved page or file") from error
            except PermissionError as error:
                raise self.error("permission denied; make it readable (chmod +r) or give another file") from error
            except (OSError, ValueError) as error:
                raise self.error(f"cannot be opened: {_reason(error)}") from error
        start = b""
        while len(start) < 2 and (more := self._some(raw, 2 - len(start))):
            start += more
        stream = cast(BinaryIO, _Again(start, raw))
        if start == b"\x1f\x8b":
            return cast(BinaryIO, self._stack.enter_context(gzip.GzipFile(fileobj=stream)))
        return stream

    def _some(self, stream: BinaryIO, size: int) -> bytes:
        """Return at most `size` bytes, none at the end."""
        try:
            return stream.read(size)
        except EOFError as error:
            raise self.error("the gzip archive is cut short; copy or download it again") from error
        except (gzip.BadGzipFile, zlib.error) as error:
            raise self.error("the gzip archive is damaged; copy or download it again") from error
        except IsADirectoryError as error:
            raise self.error("is a folder where a file was expected") from error
        except OSError as error:
            raise self.error(f"cannot be read: {_reason(error)}") from error

    # What it seems to be

    def _take_head(self) -> bytes:
        head = b""
        while len(head) < _HEAD and (more := self._some(self._stream, _HEAD - len(head))):
            head += more
        if head.startswith(codecs.BOM_UTF32_LE) or head.startswith(codecs.BOM_UTF32_BE):
            raise self.error("is UTF-32; save it as UTF-8, e.g. with `iconv -f UTF-32 -t UTF-8`")
        self.encoding, self._mark = next(((name, m) for m, name in _MARKS if head.startswith(m)), ("utf-8", b""))
        if not head[len(self._mark) :].strip():
            raise self.error("is empty; expected a saved page of papers or a file of papers")
        for magic, kind in _KINDS_OF_BINARY.items():
            if head.startswith(magic):
                raise self.error(f"is {kind}; expected text (a saved page, JSON, CSV, BibTeX …), plain or gzip")
        if self.encoding == "utf-8" and _is_noise(head):
            raise self.error("is binary data; expected text (a saved page, JSON, CSV, BibTeX …), plain or gzip")
        return head

    @property
    def head(self) -> str:
        """The first 64 KB or more as text; what cannot be decoded is replaced. "\\r\\n" and "\\r" are line feeds."""
        text = self._head[len(self._mark) :].decode(self.encoding, "replace")
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def first_line(self) -> str:
        """Return the first line that is not blank, whole, however long, without reading further than needed."""
        while True:
            whole = self.head.lstrip()
            line, end, _ = whole.partition("\n")
            if end or len(self._head) >= _LONGEST_FIRST_LINE:
                return line
            more = self._some(self._stream, max(_CHUNK, len(self._head)))
            if not more:
                return line
            self._head += more

    # Content

    def data(self) -> bytes:
        """Return all bytes."""
        return b"".join(self._chunks())

    def text(self) -> str:
        """Return all characters; lines end in a line feed."""
        return "\n".join(self.lines())

    def lines(self, *, ends: bool = False) -> Iterator[str]:
        """Yield the lines, one in memory at a time, without their ends, or with them as they are."""
        for line in self._decoded_lines():
            for part in _LINE_END.split(line) if "\r" in line else (line,):
                if part:
                    yield part if ends else part.removesuffix("\n").removesuffix("\r")

    def _chunks(self) -> Iterator[bytes]:
        yield self._head
        while more := self._some(self._stream, _CHUNK):
            yield more

    def _decoded_lines(self) -> Iterator[str]:
        position = len(self._mark)
        for line in _binary_lines(self._utf8_chunks() if self.encoding == "utf-8" else self._recoded_chunks()):
            try:
                # Lone surrogates pass here; `cleaning.clean` replaces them.
                yield line.decode("utf-8", "surrogatepass")
            except UnicodeDecodeError as error:
                raise self._bad_byte(line[error.start], position + error.start) from error
            position += len(line)

    def _utf8_chunks(self) -> Iterator[bytes]:
        chunks = self._chunks()
        yield next(chunks)[len(self._mark) :]
        yield from chunks

    def _recoded_chunks(self) -> Iterator[bytes]:
        """Yield the UTF-16 content as UTF-8."""
        decoder = codecs.getincrementaldecoder(self.encoding)("surrogatepass")
        position, skip = 0, len(self._mark)
        for chunk in chain(self._chunks(), (b"",)):
            waiting = len(decoder.getstate()[0])
            try:
                text = decoder.decode(chunk[skip:], final=not chunk)
            except UnicodeDecodeError as error:
                raise self.error(f"is cut or broken UTF-16 at byte {position - waiting + error.start}") from error
            position, skip = position + len(chunk), 0
            yield text.encode("utf-8", "surrogatepass")

    def _bad_byte(self, byte: int, position: int) -> SourceError:
        return self.error(
            f"is not UTF-8: byte 0x{byte:02x} at position {position}; "
            f"save it as UTF-8, e.g. with `iconv -f WINDOWS-1252 -t UTF-8`"
        )


class _Again:
    """A stream of which the first bytes were read already."""

    def __init__(self, start: bytes, rest: BinaryIO) -> None:
        self._start = start
        self._rest = rest

    def read(self, size: int = -1) -> bytes:
        if self._start:
            found, self._start = (self._start, b"") if size < 0 else (self._start[:size], self._start[size:])
            return found + self._rest.read() if size < 0 else found
        return self._rest.read(size)


def _binary_lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    waiting: list[bytes] = []
    for chunk in chunks:
        *whole, last = chunk.split(b"\n")
        for line in whole:
            waiting.append(line + b"\n")
            yield b"".join(waiting)
            waiting = []
        if last:
            waiting.append(last)
    if waiting:
        yield b"".join(waiting)


def _suffix(path: str | Path) -> str:
    name = Path(path).name.lower()
    return Path(name.removesuffix(".gz")).suffix


def _is_noise(head: bytes) -> bool:
    """Tell whether bytes that claim to be UTF-8 are no text at all."""
    if b"\0" in head and head.count(b"\0") * 200 > len(head):
        return True
    try:
        codecs.getincrementaldecoder("utf-8")("surrogatepass").decode(head)
    except UnicodeDecodeError:
        # Text in another encoding has few control characters; noise has one in eight.
        controls = sum(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in head)
        return controls * 50 > len(head)
    return False


def _reason(error: OSError | ValueError) -> str:
    return getattr(error, "strerror", None) or str(error)
