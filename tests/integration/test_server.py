"""The local server itself, from start to stop. Without NEO4J_URI, the other tests of this folder start one too."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import time
from pathlib import Path

import pytest

from kg import server
from kg.stores.neo4j import Neo4jStore

pytestmark = pytest.mark.neo4j


def test_start_status_stop_and_start_again_with_the_same_data_and_password(tmp_path):
    if not (shutil.which("java") and shutil.which("mvn")):
        pytest.skip("no Java or no Maven to start a server with")
    home = tmp_path / "a folder"
    try:
        state = server.start(home)
        assert state["running"] and state == server.status(home) == server.start(home)
        assert stat.S_IMODE(Path(state["password_file"]).stat().st_mode) == 0o600
        password = Path(state["password_file"]).read_text().strip()
        assert (
            password not in Path(f"/proc/{json.loads((home / 'server.json').read_text())['pid']}/cmdline").read_text()
        )
        with Neo4jStore(state["uri"], "neo4j", password) as store:
            store._connected().execute_query("CREATE (:Kept {n: 1})")
        # A crash leaves the note of a process behind that is no more.
        os.kill(json.loads((home / "server.json").read_text())["pid"], signal.SIGKILL)
        for _ in range(100):
            if not server.status(home)["running"]:
                break
            time.sleep(0.1)
        again = server.start(home)
        assert again["running"] and again["version"] == state["version"]
        with Neo4jStore(again["uri"], "neo4j", password) as store:
            assert store.query("MATCH (k:Kept) RETURN k.n AS n") == [{"n": 1}]
    finally:
        stopped = server.stop(home)
    assert stopped["running"] is False
    assert server.status(home) == stopped
