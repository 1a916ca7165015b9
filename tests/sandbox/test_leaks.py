"""What counts as left behind by a sandbox, where several programs that use sandboxes run beside each other."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from glasswork.testing.leaks import traces

SLEEP = [sys.executable, "-c", "import time; time.sleep(30)"]
ENVIRONMENT = {"USER": "sandbox", "HOME": "/work"}
ORPHAN = f"import subprocess; print(subprocess.Popen({SLEEP!r}, env={ENVIRONMENT!r}, stdout=subprocess.DEVNULL).pid)"


def counted(pid):
    return f"sandboxed process {pid}" in traces()


@pytest.fixture
def child():
    with subprocess.Popen(SLEEP, env=ENVIRONMENT) as process:
        yield process.pid
        process.kill()


def test_our_own_counts(child):
    assert counted(child)


def test_a_neighbours_does_not(child, monkeypatch):
    """Seen by another program that the same parent has started."""
    parent = os.getpid()
    monkeypatch.setattr(os, "getppid", lambda: parent)
    monkeypatch.setattr(os, "getpid", lambda: 0)
    assert not counted(child)


def test_an_orphan_counts():
    pid = int(subprocess.run([sys.executable, "-c", ORPHAN], stdout=subprocess.PIPE, check=True).stdout)
    try:
        assert counted(pid)
    finally:
        os.kill(pid, signal.SIGKILL)
