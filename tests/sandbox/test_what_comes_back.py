"""What hostile programs write stays text: one event in the log, harmless on a screen."""

from __future__ import annotations

import inspect
import io
import json
import unicodedata

import pytest
from rich.console import Console
from tests.sandbox.conftest import opened

from glasswork.log.about import RunAbout
from glasswork.log.reader import read
from glasswork.log.writer import LogWriter
from glasswork.records import SandboxRan
from glasswork.sandbox.programs import run_program
from glasswork.testing.hostile import kit, output
from glasswork.testing.hostile.decoy import planted
from glasswork.view.story import story

TELLING = [each for each in output.PROGRAMS if 67 <= each.number <= 72 or each.name == "forged_reply"]


async def ran(program) -> SandboxRan:
    """Run a program and return what goes into the log; as one that failed, since then all that it wrote is told."""
    sandbox = await opened("local")
    files = {"attack.py": program.text(), "kit.py": inspect.getsource(kit).encode()}
    with planted() as decoy:
        done = await run_program(sandbox, files, "attack.py", program.limits, arguments=(decoy.words(),))
    result = done.result
    return SandboxRan(
        place="run#1/sandbox",
        backend=result.backend,
        argv=("program", "attack.py"),
        files=("attack.py",),
        limits=program.limits.model_dump(),
        limits_enforced=result.limits_enforced,
        passed=False,
        report=done.report,
        failures=(done.report,),
        reason=result.reason,
        exit_code=result.exit_code,
        stdout=result.stdout,
        stderr=result.stderr,
        truncated=result.truncated,
        seconds=result.seconds,
    )


@pytest.mark.parametrize("program", TELLING, ids=lambda program: program.name)
async def test_output_is_one_event_and_does_nothing_to_a_screen(program, tmp_path):
    event = await ran(program)
    with LogWriter.create(tmp_path / "r", RunAbout(run="r", workflow="w", created="2026-01-01T00:00:00Z")) as log:
        log.record(event)
    lines = (tmp_path / "r" / "events.jsonl").read_bytes().splitlines()
    assert len(lines) == 1
    assert json.loads(lines[0])
    assert all(byte >= 0x20 for byte in lines[0])
    found = read(tmp_path / "r")
    assert found.events == (event,)
    screen = io.StringIO()
    Console(file=screen, width=100, force_terminal=True, color_system=None).print(story(found, verbose=True))
    seen = [char for char in screen.getvalue() if unicodedata.category(char) in {"Cc", "Cf", "Zl", "Zp"}]
    assert set(seen) <= {"\n"}
    if program.name == "rich_markup":
        assert "[bold red]x[/bad][link=http://x]" in screen.getvalue()
