"""A local Neo4j Community server for people without one, put together from Maven Central.

    kg.server.start("kg.neo4j")     # {"uri": "bolt://127.0.0.1:40123", "username": "neo4j", "password_file": ..., ...}

The jars of one pinned version go to a cache that all servers share (`KG_CACHE`, else the user's cache folder). The folder that
is given holds the rest: conf, data, logs, the password (a file that its owner alone can read) and `server.json`, which
says what runs. The server listens on 127.0.0.1 alone, on ports that were free.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from kg import assembly
from kg.assembly import Jdk
from kg.errors import AuthError, StoreError
from kg.files import write_atomic
from kg.stores.locking import exclusive

__all__ = ["start", "status", "stop"]

USERNAME = "neo4j"
_ARCHIVE = "classes.jsa"
_START_S = 180.0
_STOP_S = 180.0  # the first stop also writes the archive of loaded classes
_TRIES = 3  # of ports: another program may take one between its choice and its use
_HEAP = "1g"
_POLL_S = 0.2

# A server outlives the command that starts it; Python would warn of a child that is forgotten.
_outliving: list[subprocess.Popen[bytes]] = []

_CONF = """# Written by kg at every start.
server.default_listen_address=127.0.0.1
server.bolt.listen_address=127.0.0.1:{bolt}
server.bolt.advertised_address=127.0.0.1:{bolt}
server.http.enabled=false
server.https.enabled=false
server.directories.data=data
server.directories.logs=logs
server.directories.import=import
server.directories.plugins=plugins
server.memory.pagecache.size=512m
db.tx_log.rotation.retention_policy=1 files
dbms.usage_report.enabled=false
client.allow_telemetry=false
server.config.strict_validation.enabled=true
internal.dbms.bolt.netty_server_shutdown_quiet_period=0
internal.server.bolt.thread_pool_shutdown_wait_time=1s
"""
# Calendar versions alone know these, and would look for other servers on the network.
_CONF_CALENDAR = """server.fleet_discovery.enabled=false
dbms.fleet_manager.enabled=false
"""


def start(folder: str | os.PathLike[str]) -> dict[str, Any]:
    """Start the server of `folder`, unless it runs, and return `status` once it takes logins.

    Raises StoreError without a JDK or Maven, when the download fails, and when the server does not come up: with the last
    line of what Maven or the server said.
    """
    home = Path(folder).absolute()
    with _locked(home):
        state = _read(home)
        if _is_running(state, home):
            return _public(state, home)
        jdk = assembly.find_java()
        version, main = assembly.choose(state.get("version"), jdk)
        jars = assembly.jars(version)
        password = _prepare(home)
        for attempt in range(_TRIES):
            port = _free_port()
            _write_conf(home, version, port)
            process = _launch(jdk, jars, main, home)
            state = {"pid": process.pid, "port": port, "version": version, "archive": str(assembly.archive(jars, jdk))}
            write_atomic(home / "server.json", json.dumps(state) + "\n")
            failed = _wait(process, home, port, password)
            if failed is None:
                return _public(state, home)
            if not ("already in use" in failed and attempt + 1 < _TRIES):
                break
        raise StoreError(f"Neo4j {version} did not start: {failed}; its log is {home / 'logs' / 'neo4j.log'}")


def stop(folder: str | os.PathLike[str]) -> dict[str, Any]:
    """Stop the server of `folder` in an orderly way and return `status`; nothing happens when it does not run.

    Raises StoreError when it still runs three minutes later.
    """
    home = Path(folder).absolute()
    state = _read(home)
    if not _is_running(state, home):
        return _public(state, home)
    os.kill(state["pid"], signal.SIGTERM)
    until = time.monotonic() + _STOP_S
    while _is_running(state, home):
        if time.monotonic() > until:
            raise StoreError(
                f"Neo4j (process {state['pid']}) still runs {_STOP_S:.0f} s after it was told to stop; try again"
            )
        time.sleep(_POLL_S)
    _keep_archive(home, state)
    return _public(state, home)


def _keep_archive(home: Path, state: dict[str, Any]) -> None:
    """Move the archive of loaded classes that the server wrote as it stopped to where all servers find it."""
    made, place = home / _ARCHIVE, Path(str(state.get("archive", "")))
    with contextlib.suppress(OSError):
        if made.exists() and place.parent.is_dir() and not place.exists():
            beside = place.with_name(f"{place.name}.{secrets.token_hex(4)}.part")
            shutil.move(made, beside)
            beside.replace(place)
        made.unlink(missing_ok=True)


def status(folder: str | os.PathLike[str]) -> dict[str, Any]:
    """Return `{uri, username, password_file, version, running}`; uri and version are None before the first start."""
    home = Path(folder).absolute()
    return _public(_read(home), home)


def _public(state: dict[str, Any], home: Path) -> dict[str, Any]:
    password = home / "password"
    return {
        "uri": f"bolt://127.0.0.1:{state['port']}" if state else None,
        "username": USERNAME,
        "password_file": str(password) if password.exists() else None,
        "version": state.get("version"),
        "running": _is_running(state, home),
    }


# -- the folder of one server


@contextlib.contextmanager
def _locked(home: Path) -> Any:
    try:
        if not home.exists():
            home.mkdir(parents=True, mode=0o700)
        for name in ("conf", "data", "logs", "import", "plugins"):
            (home / name).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"cannot make the folder {home}: {error.strerror}; choose another folder") from error
    with exclusive(
        home / "lock", timeout_s=_START_S, busy=f"another kg process is starting the server of {home}; try again"
    ):
        yield


def _prepare(home: Path) -> str:
    """Return the password; the first time, make it and hand it to the server in the form in which it keeps passwords."""
    file, auth = home / "password", home / "data" / "dbms" / "auth.ini"
    if (home / "data" / "databases" / "system").exists():
        try:
            return file.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise StoreError(f"cannot read {file}, the password of this server: {error.strerror}") from error
    password = secrets.token_urlsafe(24)
    auth.parent.mkdir(parents=True, exist_ok=True)
    _write_private(file, password + "\n")
    _write_private(auth, f"{USERNAME}:{_credential(password, secrets.token_bytes(32))}:\n")
    return password


def _credential(password: str, salt: bytes) -> str:
    """Return salted SHA-256, iterated 1,024 times: what `neo4j-admin dbms set-initial-password` writes to auth.ini."""
    digest = hashlib.sha256(salt + password.encode("utf-8")).digest()
    for _ in range(1023):
        digest = hashlib.sha256(digest).digest()
    return f"SHA-256,{digest.hex()},{salt.hex()},1024"


def _write_private(file: Path, text: str) -> None:
    # Made with the narrow mode, not narrowed afterwards: there is no moment in which others could read it.
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        out.write(text)


def _write_conf(home: Path, version: str, port: int) -> None:
    calendar = _CONF_CALENDAR if version.startswith("20") else ""
    write_atomic(home / "conf" / "neo4j.conf", _CONF.format(bolt=port) + calendar)


def _read(home: Path) -> dict[str, Any]:
    try:
        state = json.loads((home / "server.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) and {"pid", "port", "version"} <= state.keys() else {}


# -- the process


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _launch(jdk: Jdk, jars: Path, main: str, home: Path) -> subprocess.Popen[bytes]:
    # The archive of loaded classes halves the start. The first server writes one when it stops.
    (home / _ARCHIVE).unlink(missing_ok=True)
    archive = assembly.archive(jars, jdk)
    sharing = [f"-XX:SharedArchiveFile={archive}", "-Xshare:auto"] if archive.exists() else []
    if not sharing:
        sharing = [f"-XX:ArchiveClassesAtExit={home / _ARCHIVE}"]
    command = [
        str(jdk.java),
        f"-Xms{_HEAP}",
        f"-Xmx{_HEAP}",
        "-XX:+UseG1GC",
        "-XX:+ExitOnOutOfMemoryError",
        "-Dfile.encoding=UTF-8",
        "-Dlog4j2.disable.jmx=true",
        "--add-opens=java.base/java.nio=ALL-UNNAMED",
        "--add-opens=java.base/java.io=ALL-UNNAMED",
        "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
        *(["--enable-native-access=ALL-UNNAMED"] if jdk.major >= 22 else []),
        *sharing,
        "-cp",
        os.pathsep.join((str(jars / "*"), str(home / "plugins" / "*"))),
        main,
        f"--home-dir={home}",
        f"--config-dir={home / 'conf'}",
    ]
    (home / "logs" / "neo4j.log").unlink(missing_ok=True)
    with (home / "logs" / "console.log").open("wb") as out:
        try:
            # In a session of its own, so that Ctrl-C at the terminal does not end it with the command that started it.
            process = subprocess.Popen(
                command, cwd=home, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
            )
        except OSError as error:
            raise StoreError(f"cannot start {jdk.java}: {error.strerror}") from error
    _outliving.append(process)
    return process


def _wait(process: subprocess.Popen[bytes], home: Path, port: int, password: str) -> str | None:
    """Return None once the server takes the login, else the line that says why it does not; it is ended then."""
    from kg.stores.neo4j import Neo4jStore

    until = time.monotonic() + _START_S
    said = f"it took no login within {_START_S:.0f} s"
    while time.monotonic() < until:
        if process.poll() is not None:
            return _last_line(home)
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            try:
                with Neo4jStore(f"bolt://127.0.0.1:{port}", USERNAME, password, "neo4j") as store:
                    store.check()
                return None
            except StoreError as error:
                said = str(error)
                # Wrong once is wrong always, and asking on would lock the user out.
                if isinstance(error, AuthError):
                    break
        time.sleep(_POLL_S)
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=_STOP_S)
    return said


def _last_line(home: Path) -> str:
    """Return what the server said last that tells a cause: an error of its log, else the last line of any output."""
    for name in ("neo4j.log", "console.log"):
        try:
            text = (home / "logs" / name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        lines = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("at ")]
        causes = [line for line in lines if "Exception" in line or "ERROR" in line or "in use" in line]
        for found in (causes, lines):
            if found:
                return found[-1][:400]
    return "it ended without a word"


def _is_running(state: dict[str, Any], home: Path) -> bool:
    """Tell whether the process that `state` names is alive and is the server of `home`: a process id is used again."""
    pid = state.get("pid")
    if not isinstance(pid, int) or pid <= 0:
        return False
    with contextlib.suppress(ChildProcessError, OSError, AttributeError):
        os.waitpid(pid, os.WNOHANG)  # where this process started it, and it has ended
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    except FileNotFoundError:
        if Path("/proc/self/cmdline").exists():
            return False
        command = _command_line(pid)
    except OSError:
        return False
    return f"--home-dir={home} " in command + " "


def _command_line(pid: int) -> str:
    asked = ["ps", "-o", "command=", "-p", str(pid)]
    if sys.platform == "win32":
        asked = ["wmic", "process", "where", f"processid={pid}", "get", "commandline"]
    try:
        return subprocess.run(asked, capture_output=True, text=True, timeout=30, check=False).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return ""
