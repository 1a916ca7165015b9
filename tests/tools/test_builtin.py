"""Builtins run in a process of their own: what hangs, crashes or prints harms nobody."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import pytest

from glasswork.definitions import ToolInput, ToolOutput
from glasswork.errors import NotFound, ToolFailed, ToolTimeout, ToolUnavailable, UserError
from glasswork.tools import Blob, MediaStore, Spec
from glasswork.tools.builtin import BuiltinTool
from glasswork.tools.callables import builtins, find_builtin


@pytest.fixture
async def tool(package, media):
    """Open a builtin: ``tool("shout", "text", text="text")``."""
    opened = []

    def make(name: str, output: str = "text", /, **inputs: str) -> BuiltinTool:
        spec = Spec(
            name=name,
            description=name,
            inputs={
                key: ToolInput(type=kind.rstrip("?"), required=not kind.endswith("?")) for key, kind in inputs.items()
            },
            output=ToolOutput(type=output),
        )
        opened.append(BuiltinTool(spec, name, find_builtin(name), media))
        return opened[-1]

    yield make
    for one in opened:
        await one.aclose()


async def test_a_function_of_another_package_is_called(tool):
    shout = tool("shout", text="text", times="number?")
    assert await shout.call({"text": "a"}) == "A"
    assert await shout.call({"text": "a", "times": 2}) == "AA"
    assert (await shout.health()).ok


async def test_the_process_is_kept_between_calls(tool):
    process = tool("process", "number", text="text")
    first = await process.call({"text": ""})
    assert first not in {os.getpid(), None}
    assert await process.call({"text": ""}) == first


async def test_calls_at_once_wait_for_each_other(tool):
    shout = tool("shout", text="text")
    assert await asyncio.gather(*(shout.call({"text": letter}) for letter in "abcd")) == list("ABCD")


async def test_what_takes_too_long_is_ended_and_the_next_call_works(tool):
    sleep = tool("sleep", seconds="number")
    await sleep.call({"seconds": 0})
    begun = time.monotonic()
    with pytest.raises(ToolTimeout, match=r"no result within 0\.3 s") as caught:
        await sleep.call({"seconds": 60}, timeout=0.3)
    assert time.monotonic() - begun < 5
    assert caught.value.code == "timeout"
    assert caught.value.retryable
    assert await sleep.call({"seconds": 0}) == "slept"


async def test_a_call_that_gives_up_waiting_disturbs_nobody(tool):
    sleep = tool("sleep", seconds="number")
    await sleep.call({"seconds": 0})
    first = asyncio.create_task(sleep.call({"seconds": 0.6}))
    await asyncio.sleep(0.1)
    with pytest.raises(ToolTimeout):
        await sleep.call({"seconds": 0}, timeout=0.1)
    assert await first == "slept"


async def test_a_relative_folder_is_found_by_the_process(package, tmp_path, monkeypatch, tool):
    monkeypatch.chdir(tmp_path)
    blob = MediaStore(Path("here")).add(b"abc", "a.txt")
    assert await tool("size", "number", file="file").call({"file": blob}) == 3


async def test_a_call_that_is_cancelled_leaves_no_process(tool):
    process, sleep = tool("process", "number", text="text"), tool("sleep", seconds="number")
    await process.call({"text": ""})
    await sleep.call({"seconds": 0})
    pid = sleep._process._child.pid
    call = asyncio.create_task(sleep.call({"seconds": 60}))
    await asyncio.sleep(0.1)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_a_crash_is_a_failure_with_the_last_words(tool):
    crash = tool("crash", text="text")
    with pytest.raises(ToolFailed, match=r"its process ended \(status 3\): the last words"):
        await crash.call({"text": ""})


async def test_what_a_function_raises_is_a_failure(tool):
    with pytest.raises(ToolFailed, match="KeyError: 'x'"):
        await tool("broken", text="text").call({"text": "x"})


async def test_an_output_of_another_type_is_a_failure(tool):
    with pytest.raises(ToolFailed, match="must be text"):
        await tool("wrong", text="text").call({"text": "x"})


async def test_memory_is_bounded(tool):
    with pytest.raises(ToolFailed, match="more memory than 1024 MB"):
        await tool("hungry", "number", text="text").call({"text": "x"})


async def test_files_come_and_go(tool, media):
    blob = await tool("picture", "image", name="text").call({"name": "../../evil.png"})
    assert isinstance(blob, Blob)
    assert (blob.name, blob.media_type) == ("evil.png", "image/png")
    assert blob.path.parent == media.folder
    assert await tool("size", "number", file="file").call({"file": blob}) == blob.size


async def test_json_that_looks_like_a_file_is_json(tool):
    sly = {"blob": {"name": "x", "media_type": "text/plain", "sha256": "0", "size": 1, "path": "/etc/passwd"}}
    assert await tool("same", "json", value="json").call({"value": sly}) == sly


async def test_secrets_stay_out_but_for_those_it_names(tool, monkeypatch):
    monkeypatch.setenv("GLASSWORK_TEST_KEY", "secret")
    assert await tool("variable", name="text").call({"name": "GLASSWORK_TEST_KEY"}) == "unset"
    assert await tool("keyed", name="text").call({"name": "GLASSWORK_TEST_KEY"}) == "secret"


async def test_what_is_not_installed_is_told_with_the_command_that_installs_it(tool):
    needing = tool("needing", text="text")
    health = await needing.health()
    assert not health.ok
    assert health.extra == "ocr"
    assert health.hint == "install it with: pip install 'glasswork[ocr]'"
    with pytest.raises(ToolUnavailable, match="a_module_that_nobody_has is not installed") as caught:
        await needing.call({"text": "x"})
    assert caught.value.extra == "ocr"


async def test_closing_leaves_nothing(tool):
    shout = tool("shout", text="text")
    await shout.call({"text": "a"})
    pid, folder = shout._process._child.pid, shout._process._folder
    await shout.aclose()
    await shout.aclose()
    assert not folder.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_name_that_nobody_has_is_not_found():
    with pytest.raises(NotFound, match="did you mean 'calculate'"):
        find_builtin("calculat")


def test_what_cannot_be_called_is_refused(monkeypatch):
    monkeypatch.setitem(builtins._members, "seven", 7)
    with pytest.raises(UserError, match="no function"):
        find_builtin("seven")
