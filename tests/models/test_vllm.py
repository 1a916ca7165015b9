"""Starting and stopping a vLLM server, with a stand-in for vLLM: it must never outlive us, however we end."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from glasswork.definitions import VllmModel
from glasswork.errors import MissingExtra, ModelRefused, ModelUnreachable
from glasswork.models import child, guard, vllm
from glasswork.models.vllm import command, environment, start_vllm
from glasswork.records import Message, Request

STUB = Path(__file__).parent / "stub_server"


@pytest.fixture(autouse=True)
def stub(monkeypatch, tmp_path):
    monkeypatch.setenv("PYTHONPATH", str(STUB))
    monkeypatch.setenv("TMPDIR", str(tmp_path))  # for the logs of parents that are killed
    monkeypatch.setenv("GLASSWORK_VLLM_PYTHON", sys.executable)
    monkeypatch.setattr(vllm.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(child.tempfile, "tempdir", str(tmp_path))


def definition(model="good", **more) -> VllmModel:
    return VllmModel(kind="vllm", model=model, **more)


def ask(text="hello") -> Request:
    return Request(messages=(Message(role="user", content=text),))


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def gone(*pids: int, within: float = 5.0) -> bool:
    deadline = time.monotonic() + within
    while any(alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not any(alive(pid) for pid in pids)


async def test_started_asked_and_stopped(tmp_path):
    model = await start_vllm(definition(args=("--enforce-eager",)), name="big")
    said = json.loads((await model.complete(ask())).text)
    assert "--enable-prefix-caching" in said["argv"]
    assert said["argv"][-1] == "--enforce-eager"
    assert alive(said["server"])
    assert alive(said["engine"])
    await model.aclose()
    await model.aclose()
    assert gone(said["server"], said["engine"], within=0.5)
    assert list(tmp_path.glob("glasswork-server-*")) == []


async def test_a_server_that_dies_at_once_fails_fast_with_its_log(tmp_path):
    start = time.monotonic()
    with pytest.raises(ModelUnreachable, match=r"(?s)status 1.*INFO loading weights\nValueError: no such architecture"):
        await start_vllm(definition("dies"), name="big")
    assert time.monotonic() - start < 5


async def test_a_start_that_takes_too_long_is_given_up_and_leaves_nothing():
    lines = []
    with pytest.raises(ModelUnreachable, match=r"(?s)not ready after 2 s.*loading weights") as caught:
        await start_vllm(definition("slow", start_timeout=1.5), name="big", on_progress=lines.append)
    assert "start_timeout" in caught.value.hint
    assert lines == ["vLLM (slow): 1 s: INFO loading weights"]


async def test_a_cancelled_start_leaves_nothing(monkeypatch):
    made = []
    monkeypatch.setattr(vllm, "Child", lambda *args: made.append(child.Child(*args)) or made[-1])
    task = asyncio.create_task(start_vllm(definition("slow"), name="big"))
    await asyncio.sleep(0.5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert made[0].ended


@pytest.fixture
def impatient(monkeypatch, tmp_path):
    """A guard that waits less long before it kills."""
    source = Path(guard.__file__).read_text()
    assert "_GRACE_SECONDS = 8.0" in source
    (tmp_path / "guard.py").write_text(source.replace("_GRACE_SECONDS = 8.0", "_GRACE_SECONDS = 0.3"))
    monkeypatch.setattr(child.guard, "__file__", str(tmp_path / "guard.py"))


async def test_a_stubborn_server_is_killed(impatient):
    model = await start_vllm(definition("stubborn"), name="big")
    said = json.loads((await model.complete(ask())).text)
    await model.aclose()
    assert gone(said["server"], said["engine"], within=0.5)


async def test_a_server_that_dies_later_is_said_to_have_ended():
    model = await start_vllm(definition(), name="big")
    said = json.loads((await model.complete(ask())).text)
    with pytest.raises((ModelRefused, ModelUnreachable)):
        await model.complete(ask("die"))
    assert gone(said["engine"])
    model.child._guard.wait(5)
    with pytest.raises(ModelRefused, match=r"(?s)has ended.*out of memory") as caught:
        await model.complete(ask())
    await model.aclose()
    assert str(model.child.log) in caught.value.message, "the end of a log may be noise, and its cause lie before"
    assert "out of memory" in model.child.log.read_text()


PARENT = """
import asyncio, sys
from glasswork.definitions import VllmModel
from glasswork.models.vllm import start_vllm
from glasswork.records import Message, Request
async def main():
    model = await start_vllm(VllmModel(kind="vllm", model="good"), name="big")
    print((await model.complete(Request(messages=(Message(role="user", content="hello"),)))).text, flush=True)
    await asyncio.sleep(600)
asyncio.run(main())
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM, signal.SIGSEGV])
def test_the_server_dies_with_us(number):
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    with parent:
        said = json.loads(parent.stdout.readline())
        assert alive(said["server"])
        assert alive(said["engine"])
        parent.send_signal(number)
    assert gone(said["server"], said["engine"])


def test_the_engine_dies_when_the_server_is_killed():
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    with parent:
        said = json.loads(parent.stdout.readline())
        os.kill(said["server"], signal.SIGKILL)
        assert gone(said["engine"])
        parent.kill()


def test_every_setting_reaches_the_command_line():
    full = definition(
        context=4096, dtype="bfloat16", prefix_caching=False, gpu_memory=0.5, reasoning_parser="qwen3", args=("-x", "1")
    )
    line = " ".join(command(full, "python", 4711))
    assert line.startswith("python -m vllm.entrypoints.openai.api_server --model good --host 127.0.0.1 --port 4711")
    for part in (
        "--dtype bfloat16",
        "--no-enable-prefix-caching",
        "--max-model-len 4096",
        "--gpu-memory-utilization 0.5",
        "--reasoning-parser qwen3",
        "--enable-prompt-tokens-details",
    ):
        assert part in line
    assert line.endswith("-x 1")
    assert "--max-model-len" not in command(definition(), "python", 1)


def test_a_cpu_build_reads_no_prompt_in_parts():
    whole = "--no-enable-chunked-prefill"  # with a seed in the request, the engine dies of the second part
    assert whole in command(definition(kv_cache_gb=2), "python", 1)
    assert whole not in command(definition(), "python", 1)
    own = command(definition(kv_cache_gb=2, args=("--enable-chunked-prefill",)), "python", 1)
    assert own.index(whole) < own.index("--enable-chunked-prefill")


def test_the_key_goes_by_environment(tmp_path):
    assert environment(definition(kv_cache_gb=2), "secret") == {
        "VLLM_API_KEY": "secret",
        "VLLM_NO_USAGE_STATS": "1",
        "PYTHONSAFEPATH": "1",
        "VLLM_CPU_KVCACHE_SPACE": "2",
    }
    assert environment(definition(str(tmp_path)), "secret")["HF_HUB_OFFLINE"] == "1"


async def test_without_vllm_the_extra_is_named(monkeypatch):
    monkeypatch.delenv("GLASSWORK_VLLM_PYTHON")
    with pytest.raises(MissingExtra, match=r"glasswork\[vllm\]"):
        await start_vllm(definition(), name="big")
