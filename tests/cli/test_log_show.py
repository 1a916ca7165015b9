"""``glasswork log show``: a part of a run, a pager on a terminal, and readers that hang up."""

from __future__ import annotations

import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from glasswork.cli.pager import pager_command
from glasswork.log.about import RunAbout
from glasswork.log.writer import LogWriter
from glasswork.records import ConditionRead, RunFinished, RunStarted, StepFinished

SHOW = [sys.executable, "-m", "glasswork", "log", "show"]


@pytest.fixture(scope="module")
def long_run(tmp_path_factory) -> Path:
    """A run of 300 skipped steps with long reasons: more text than a pipe holds."""
    folder = tmp_path_factory.mktemp("long") / "logs" / "long-aaaa"
    with LogWriter.create(folder, RunAbout(run="long-aaaa", workflow="long")) as writer:
        writer.record(RunStarted(run="long-aaaa", workflow="long"))
        for n in range(300):
            writer.record(ConditionRead(step=f"step_{n}", expression="no", values={}, result=False))
            writer.record(StepFinished(step=f"step_{n}", state="skipped", reason="its condition does not hold; " * 10))
        writer.record(RunFinished(state="done"))
    return folder


@pytest.fixture
def logs(long_run, monkeypatch) -> Path:
    """The folder of logs with that run, and nothing in the environment that says how to show it."""
    monkeypatch.chdir(long_run.parents[1])
    for name in ("GLASSWORK_PAGER", "PAGER", "LESS", "GLASSWORK_LOGS"):
        monkeypatch.delenv(name, raising=False)
    return long_run.parent


def test_a_part_of_a_run(bakery, glasswork):
    glasswork("run", "bakery", "a loaf", "-q")
    said = glasswork("log", "show", "latest", "taste")
    assert said.status == 0
    assert "✓ taste  taster" in said.out
    assert "bake  baker" not in said.out
    assert glasswork("log", "show", "latest", "taste#1").out == said.out
    assert [step["step"] for step in glasswork("log", "show", "latest", "bake", "--json").data["steps"]] == ["bake"]
    missing = glasswork("log", "show", "latest", "taste#2")
    assert missing.status == 2
    assert "no step or decision of this run named 'taste#2'" in missing.err
    assert glasswork("log", "show", "latest", "baek", "--json").data["error"]["code"] == "not_found"


def test_a_broken_log_is_shown_as_far_as_it_holds(logs, glasswork, tmp_path):
    shutil.copytree(logs, tmp_path / "logs")
    path = tmp_path / "logs" / "long-aaaa" / "events.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    lines[100] = lines[100].replace(b"hold", b"HOLD").replace(b"no", b"on")
    path.write_bytes(b"".join(lines))
    said = glasswork("log", "show", "aaaa", "--logs", str(tmp_path / "logs"))
    assert said.status == 1
    assert "⤼ step_40  skipped" in said.out
    assert "step_60" not in said.out
    assert "event 101" in said.err
    assert "glasswork log verify" in said.err


def test_whoever_hangs_up_is_no_error(logs):
    with subprocess.Popen(SHOW, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(b"long")
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0


def on_a_terminal(
    words: list[str], environment: dict[str, str], *, until: str = "", keys: Sequence[bytes] = (), seconds: float = 20
) -> tuple[int, str]:
    """Run on a pseudo-terminal; when ``until`` has appeared, press ``keys``, half a second apart.

    Returns the status and all output.
    """
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(words[0], words, os.environ | {"TERM": "xterm", "COLUMNS": "80", "LINES": "24"} | environment)
    shown, pressed, deadline = "", list(keys), time.monotonic() + seconds
    while time.monotonic() < deadline:
        quiet = not select.select([terminal], [], [], 0.5)[0]
        if quiet and pressed and until in shown:
            os.write(terminal, pressed.pop(0))
        if quiet:
            continue
        try:
            shown += os.read(terminal, 65536).decode(errors="replace")
        except OSError:  # the other end has closed
            break
    else:
        os.kill(pid, signal.SIGKILL)
    status = os.waitpid(pid, 0)[1]
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), shown


pty_warning = pytest.mark.filterwarnings("ignore:.*forkpty:DeprecationWarning")


@pty_warning
def test_a_terminal_gets_a_pager_with_colours(logs, tmp_path):
    kept = tmp_path / "paged"
    status, shown = on_a_terminal(SHOW, {"GLASSWORK_PAGER": f"tee {kept}", "PAGER": "false"})
    assert status == 0
    assert "step_299" in shown
    assert kept.read_text(encoding="utf-8").count("⤼") == 300
    assert "\x1b[" in kept.read_text(encoding="utf-8")


@pty_warning
@pytest.mark.parametrize(
    ("words", "environment"), [(["--no-pager"], {"PAGER": "false"}), ([], {"PAGER": ""}), ([], {"PAGER": "cat"})]
)
def test_a_terminal_without_a_pager(logs, words, environment):
    status, shown = on_a_terminal([*SHOW, *words], environment)
    assert status == 0
    assert "step_299" in shown


@pty_warning
@pytest.mark.skipif(shutil.which("less") is None, reason="there is no less here")
@pytest.mark.parametrize("keys", [[b"q"], [b"\x03", b"q"]])
def test_less_shows_the_first_screen_and_may_be_left_at_once(logs, keys):
    status, shown = on_a_terminal(SHOW, {}, until="step_2", keys=keys)
    assert status == 0, shown[-2000:]
    assert "step_299" not in shown
    assert "Traceback" not in shown


def test_which_pager(monkeypatch):
    for name in ("GLASSWORK_PAGER", "PAGER"):
        monkeypatch.delenv(name, raising=False)
    assert pager_command() == (["less"] if shutil.which("less") else [])
    monkeypatch.setenv("PAGER", "no-such-pager --at-all")
    assert pager_command() == []
    monkeypatch.setenv("PAGER", "sh -c 'cat >/dev/null'")
    assert pager_command() == ["sh", "-c", "cat >/dev/null"]
    monkeypatch.setenv("GLASSWORK_PAGER", "cat")
    assert pager_command() == []
