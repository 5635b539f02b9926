"""Processes that outlive the console are recognized and ended."""

from __future__ import annotations

import os
import socket
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from lfclient.console.local_langflow.process import (
    ProcessIdentity,
    child_environ,
    choose_port,
    end_process,
    spawn,
)
from tests.support.waiting import wait_for


def test_unrelated_variables_are_kept():
    kept = {"PATH": "/bin", "HTTPS_PROXY": "http://proxy:3128", "HOME": "/home/me"}

    assert child_environ({**kept, "PYTHONHOME": "/x"}, {"OWN": "1"}) == {**kept, "OWN": "1"}


def test_ending_a_process_ends_its_whole_group(tmp_path: Path):
    script = "trap '' TERM; sleep 300 & echo $!; wait; wait"
    log = tmp_path / "log"
    identity = spawn(["sh", "-c", script], env=os.environ, cwd=tmp_path, log=log)
    wait_for(log.read_text)
    child = ProcessIdentity.from_pid(int(log.read_text()))

    assert end_process(identity, grace=0.5)

    assert identity.find() is None
    assert child.find() is None


@pytest.mark.skipif(not psutil.LINUX, reason="only on Linux does psutil add the boot time")
def test_a_process_is_recognised_after_the_clock_was_set(tmp_path: Path, monkeypatch):
    identity = spawn(["sleep", "300"], env=os.environ, cwd=tmp_path, log=tmp_path / "log")
    booted = psutil.boot_time()
    monkeypatch.setattr("psutil._pslinux.boot_time", lambda: booted + 100)

    try:
        assert identity.find()
        assert identity == ProcessIdentity.from_pid(identity.pid)
    finally:
        assert end_process(identity)


@pytest.mark.parametrize("change", [{"boot": "another boot"}, {"created": 1.0}])
def test_a_process_of_an_earlier_boot_or_with_a_reused_pid_is_gone(tmp_path: Path, change):
    others = spawn(["sleep", "300"], env=os.environ, cwd=tmp_path, log=tmp_path / "log")
    before = replace(others, **change)

    try:
        assert before.find() is None
        assert end_process(before)
        assert others.find()
    finally:
        end_process(others)


def test_the_previous_port_is_chosen_unless_it_is_in_use():
    with socket.create_server(("127.0.0.1", choose_port(None))) as server:
        port = server.getsockname()[1]
        assert choose_port(port) != port
    assert choose_port(port) == port
