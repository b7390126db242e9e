"""What holds for every test: no network, no user's settings, and no real server or browser skipped in CI."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

IN_CI = os.environ.get("CI", "").lower() in ("1", "true")
REQUIRED_MARKERS = ("neo4j", "browser")
REQUIRED_FOLDERS = ("integration", "browser")
SETTINGS = ("KG_LIBRARY", "KG_DEBUG")


@pytest.fixture(scope="session")
def checkout() -> Path:
    """The folder that holds pyproject.toml."""
    return Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def own_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """The user's own KG_LIBRARY is neither read nor written by a test."""
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A connection that leaves this machine fails the test at once."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def checked(self: socket.socket, address: Any) -> None:
        _need_local(self, address)
        connect(self, address)

    def checked_ex(self: socket.socket, address: Any) -> int:
        _need_local(self, address)
        return connect_ex(self, address)

    monkeypatch.setattr(socket.socket, "connect", checked)
    monkeypatch.setattr(socket.socket, "connect_ex", checked_ex)
    yield


def _need_local(opened: socket.socket, address: Any) -> None:
    if opened.family not in (socket.AF_INET, socket.AF_INET6):
        return
    # 192.0.2.0/24 and the name .invalid lead nowhere by definition (RFC 5737, RFC 6761): for tests of failure.
    host = str(address[0])
    allowed = host.startswith(("127.", "192.0.2.")) or host in ("::1", "localhost", "0.0.0.0")
    if not allowed and not os.environ.get("NEO4J_URI", "").split("://")[-1].startswith(host):
        pytest.fail(f"a connection to {host} was tried; kg works without a network")


def _is_required(item: Any) -> bool:
    if isinstance(item, pytest.Item):
        return any(item.get_closest_marker(name) for name in REQUIRED_MARKERS)
    return item.path.parent.name in REQUIRED_FOLDERS


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """In CI, a skipped test of a real server or browser is a failed one."""
    outcome: Any = yield
    report = outcome.get_result()
    if IN_CI and report.skipped and not hasattr(report, "wasxfail") and _is_required(item):
        report.longrepr = f"skipped in CI: {_reason(report.longrepr)}"
        report.outcome = "failed"


@pytest.hookimpl(hookwrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    """The same for a whole file that skips itself."""
    outcome: Any = yield
    report = outcome.get_result()
    if IN_CI and report.skipped and isinstance(collector, pytest.Module) and _is_required(collector):
        report.longrepr = f"skipped in CI: {_reason(report.longrepr)}"
        report.outcome = "failed"


def _reason(longrepr: Any) -> str:
    return str(longrepr[2]) if isinstance(longrepr, tuple) else str(longrepr)
