"""Finds a JDK, and fetches the jars of Neo4j Community for it with Maven into a cache that all servers share."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from kg.errors import StoreError
from kg.files import write_atomic
from kg.stores.locking import exclusive

__all__ = ["Jdk", "archive", "choose", "find_java", "jars"]

# The newest version that a JDK runs. Pinned: with a range, Maven fetches the description of every version there is.
_VERSIONS = (
    (21, "2026.08.1", "org.neo4j.server.Neo4jCommunity"),
    (17, "5.26.30", "org.neo4j.server.CommunityEntryPoint"),
)
_OLDEST = 17
_DOWNLOAD_S = 1800.0

_POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>kg</groupId>
  <artifactId>neo4j-home</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.neo4j.app</groupId><artifactId>neo4j-server</artifactId><version>{version}</version></dependency>
    <dependency><groupId>org.neo4j</groupId><artifactId>neo4j</artifactId><version>{version}</version></dependency>
  </dependencies>
</project>
"""


@dataclass(frozen=True, slots=True)
class Jdk:
    """A Java to run with: `version` as it tells it ("17.0.15"), `major` its first number."""

    java: Path
    version: str
    major: int


def find_java() -> Jdk:
    """Return the Java of JAVA_HOME, else that of the PATH. Raises StoreError where neither is of 17 or newer."""
    places = [Path(os.environ["JAVA_HOME"], "bin", "java")] if os.environ.get("JAVA_HOME") else []
    if on_path := shutil.which("java"):
        places.append(Path(on_path))
    older = []
    for java in places:
        try:
            said = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60, check=False)
        except (OSError, subprocess.TimeoutExpired):
            continue
        if match := re.search(r'version "((?:1\.)?(\d+)[^"]*)"', said.stderr + said.stdout):
            if int(match[2]) >= _OLDEST:
                return Jdk(java, match[1], int(match[2]))
            older.append(match[1])
    found = f"Java {older[0]} was found" if older else "no Java was found"
    raise StoreError(
        f"{found}, and Neo4j needs a JDK of {_OLDEST} or newer: install one (as openjdk-17-jdk-headless) or set JAVA_HOME"
    )


def choose(stored: str | None, jdk: Jdk) -> tuple[str, str]:
    """Return the version of Neo4j to run and its main class: that which wrote the data (`stored`), else the newest.

    Raises StoreError when the data are of a version that this JDK cannot run: an older server does not open them.
    """
    fit = [(version, main) for least, version, main in _VERSIONS if jdk.major >= least]
    for version, main in fit:
        if version == stored:
            return version, main
    if stored is not None and stored.startswith("20") and not fit[0][0].startswith("20"):
        raise StoreError(
            f"the data are of Neo4j {stored}, which needs a JDK of 21 or newer, and this is {jdk.version}: set JAVA_HOME"
        )
    return fit[0]


def jars(version: str) -> Path:
    """Return the folder with the jars of `version`, fetched with Maven the first time (about 130 MB).

    Raises StoreError without Maven, for a folder that cannot be written, and with Maven's own words when it fails.
    """
    place = _cache() / f"neo4j-{version}"
    if (place / "complete").exists():
        return place / "lib"
    mvn = shutil.which("mvn")
    if mvn is None:
        raise StoreError("no Maven was found, and Neo4j is fetched with it the first time: install maven (command mvn)")
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"cannot make the folder {place}: {error.strerror}; set KG_CACHE to another") from error
    busy = f"another kg process has been fetching Neo4j into {place} for half an hour; try again when it has ended"
    with exclusive(place / "lock", timeout_s=_DOWNLOAD_S, busy=busy):
        if not (place / "complete").exists():
            _fetch(mvn, version, place)
            write_atomic(place / "complete", version + "\n")
    return place / "lib"


def archive(lib: Path, jdk: Jdk) -> Path:
    """Return where the archive of loaded classes is kept for these jars and this very Java: it fits no other."""
    return lib.parent / f"classes-{re.sub(r'[^0-9A-Za-z.+-]', '-', jdk.version)}.jsa"


def _cache() -> Path:
    if chosen := os.environ.get("KG_CACHE"):
        return Path(chosen).expanduser().absolute()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "kg"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kg"


def _fetch(mvn: str, version: str, place: Path) -> None:
    shutil.rmtree(place / "lib", ignore_errors=True)
    write_atomic(place / "pom.xml", _POM.format(version=version))
    fetch = [mvn, "-q", "-B", "dependency:copy-dependencies", f"-DoutputDirectory={place / 'lib'}"]
    try:
        done = subprocess.run(
            fetch, cwd=place, capture_output=True, text=True, errors="replace", timeout=_DOWNLOAD_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StoreError(f"cannot fetch Neo4j {version} with Maven: {error}") from error
    if done.returncode or not (place / "lib" / f"neo4j-{version}.jar").exists():
        raise StoreError(f"cannot fetch Neo4j {version} with Maven: {_telling(done.stdout + done.stderr)}")


def _telling(text: str) -> str:
    """Return the line of Maven's output that says what went wrong: its first error, not the help that follows."""
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line).strip() for line in text.splitlines()]
    errors = [line.removeprefix("[ERROR]").strip() for line in lines if line.startswith("[ERROR]")]
    return next((line for line in errors if line), next((line for line in reversed(lines) if line), "no output"))[:400]
