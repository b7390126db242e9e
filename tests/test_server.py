"""What of the local server needs neither Java nor Maven; it runs in integration/."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from kg import assembly, server
from kg.errors import StoreError

posix = pytest.mark.skipif(os.name != "posix", reason="scripts in the place of java and mvn need a POSIX shell")


def program(folder, name, text):
    file = Path(folder, name)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return file


@pytest.fixture
def tools(tmp_path, monkeypatch):
    """An empty folder as PATH, no JAVA_HOME, and a cache of its own."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("KG_CACHE", str(tmp_path / "cache"))
    return folder


def java(folder, version):
    return program(folder, "java", f"echo 'openjdk version \"{version}\" 2025-01-01' >&2")


def test_status_of_a_folder_without_a_server(tmp_path):
    want = {"uri": None, "username": "neo4j", "password_file": None, "version": None, "running": False}
    assert server.status(tmp_path / "none") == want
    assert server.stop(tmp_path / "none") == want
    assert not (tmp_path / "none").exists()


def test_without_java_it_says_what_to_install(tools, tmp_path):
    with pytest.raises(StoreError, match=r"no Java was found.*JDK of 17 or newer.*JAVA_HOME"):
        server.start(tmp_path / "home")


@posix
def test_an_old_java_is_named(tools):
    java(tools, "1.8.0_392")
    with pytest.raises(StoreError, match=r"Java 1\.8\.0_392 was found"):
        assembly.find_java()


@posix
def test_java_home_goes_before_the_path_unless_it_is_too_old(tools, tmp_path, monkeypatch):
    java(tools, "17.0.15")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "jdk"))
    java(tmp_path / "jdk" / "bin", "25")
    assert (assembly.find_java().major, assembly.find_java().version) == (25, "25")
    java(tmp_path / "jdk" / "bin", "11.0.2")
    assert assembly.find_java().major == 17


@pytest.mark.parametrize(
    ("stored", "major", "version"),
    [
        (None, 17, "5.26.30"),
        (None, 21, "2026.08.1"),
        (None, 25, "2026.08.1"),
        ("5.26.30", 25, "5.26.30"),
        ("5.26.1", 25, "2026.08.1"),
    ],
)
def test_the_version_follows_the_data_then_the_jdk(stored, major, version):
    assert assembly.choose(stored, assembly.Jdk(Path("java"), str(major), major))[0] == version


def test_data_of_a_newer_server_are_not_given_to_an_older_one():
    with pytest.raises(StoreError, match=r"data are of Neo4j 2026\.08\.1.*21 or newer.*17\.0\.1"):
        assembly.choose("2026.08.1", assembly.Jdk(Path("java"), "17.0.1", 17))


@posix
def test_without_maven_it_says_what_to_install(tools, tmp_path):
    java(tools, "17.0.15")
    with pytest.raises(StoreError, match="no Maven was found"):
        server.start(tmp_path / "home")


@posix
def test_a_failed_download_tells_mavens_own_reason_and_leaves_no_half(tools, tmp_path):
    java(tools, "17.0.15")
    program(
        tools,
        "mvn",
        "echo '[ERROR] Could not resolve host central'; echo '[ERROR] To see the full stack trace'; exit 1",
    )
    with pytest.raises(StoreError, match=r"cannot fetch Neo4j 5\.26\.30 with Maven: Could not resolve host central$"):
        server.start(tmp_path / "home")
    assert not (tmp_path / "cache" / "neo4j-5.26.30" / "complete").exists()


def fake_neo4j(tools, tmp_path, words):
    """A java that passes for 17, and as a server writes `words` to its log and ends."""
    log = tmp_path / "home" / "logs" / "neo4j.log"
    program(
        tools,
        "java",
        f'if [ "$1" = -version ]; then echo \'openjdk version "17.0.15"\' >&2; exit 0; fi\n'
        f"echo x >> {tmp_path}/starts\nprintf '%s\\n' {words} > {log}\nexit 1",
    )
    place = tmp_path / "cache" / "neo4j-5.26.30"
    (place / "lib").mkdir(parents=True)
    (place / "complete").write_text("")


@posix
def test_a_server_that_dies_is_told_with_the_last_cause_in_its_log(tools, tmp_path):
    fake_neo4j(tools, tmp_path, "'INFO Starting' 'ERROR Failed: Exception of the store' '  at some.Class.line'")
    with pytest.raises(StoreError, match=r"did not start: ERROR Failed: Exception of the store; its log is"):
        server.start(tmp_path / "home")
    assert (tmp_path / "starts").read_text() == "x\n"
    assert server.status(tmp_path / "home")["running"] is False


@posix
def test_a_port_that_was_taken_meanwhile_is_tried_again_with_another(tools, tmp_path):
    fake_neo4j(tools, tmp_path, "'PortBindException: Address 127.0.0.1:7687 is already in use'")
    with pytest.raises(StoreError, match="already in use"):
        server.start(tmp_path / "home")
    assert (tmp_path / "starts").read_text() == "x\n" * 3


@posix
def test_password_and_credential_are_for_the_owner_alone_and_belong_together(tools, tmp_path):
    fake_neo4j(tools, tmp_path, "'ERROR Exception'")
    with pytest.raises(StoreError):
        server.start(tmp_path / "home")
    password, auth = tmp_path / "home" / "password", tmp_path / "home" / "data" / "dbms" / "auth.ini"
    for file in (password, auth):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    user, credential, _ = auth.read_text().strip().split(":")
    kind, digest, salt, rounds = credential.split(",")
    assert (user, kind, rounds) == ("neo4j", "SHA-256", "1024")
    value = bytes.fromhex(salt) + password.read_text().strip().encode()
    for _ in range(1024):
        value = hashlib.sha256(value).digest()
    assert value.hex() == digest
    assert len(password.read_text().strip()) >= 20


@posix
def test_a_process_that_only_has_the_servers_old_number_is_never_stopped(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        (home / "server.json").write_text(json.dumps({"pid": stranger.pid, "port": 1, "version": "5.26.30"}))
        assert server.status(home)["running"] is False
        server.stop(home)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_the_server_listens_on_this_machine_alone_and_calls_nobody(tmp_path):
    for version in ("5.26.30", "2026.08.1"):
        (tmp_path / version / "conf").mkdir(parents=True)
        server._write_conf(tmp_path / version, version, 7700)
        said = dict(
            line.split("=", 1)
            for line in (tmp_path / version / "conf" / "neo4j.conf").read_text().splitlines()
            if "=" in line
        )
        assert said["server.default_listen_address"] == "127.0.0.1"
        assert said["server.bolt.listen_address"] == said["server.bolt.advertised_address"] == "127.0.0.1:7700"
        assert said["dbms.usage_report.enabled"] == said["client.allow_telemetry"] == "false"
        assert ("server.fleet_discovery.enabled" in said) == version.startswith("20")
