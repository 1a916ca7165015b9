"""A vLLM server that Glasswork starts on loopback, waits for, and stops."""

from __future__ import annotations

import importlib.util
import os
import secrets
import sys
from pathlib import Path

from glasswork.definitions import VllmModel
from glasswork.errors import MissingExtra
from glasswork.models.base import Model
from glasswork.models.child import Child, ChildServer, OnWait, free_port

PYTHON_VARIABLE = "GLASSWORK_VLLM_PYTHON"
"""Names a Python that has vLLM, where ours has not: the CPU build wants an environment of its own."""
_LISTED_TOKENS = 200
"""Likeliest tokens that may be asked for with a label; vLLM's own default is 20, which would hide unlikely labels."""
_IDLE_SECONDS = 900.0


async def start_vllm(definition: VllmModel, *, name: str, on_progress: OnWait | None = None) -> Model:
    """Start vLLM as ``definition`` says, and wait until it serves.

    Args:
        definition: what to start.
        name: what the log calls the model.
        on_progress: is given a line a second while it starts: the seconds and the last line of its log.

    Raises:
        MissingExtra: neither our Python nor the one that ``GLASSWORK_VLLM_PYTHON`` names has vLLM.
        ModelUnreachable: it ended while starting (with the end of its log), or took longer than ``start_timeout``.
    """
    key, port = secrets.token_urlsafe(24), free_port()
    child = Child(f"vLLM ({definition.model})", command(definition, python(), port), environment(definition, key))
    address = f"http://127.0.0.1:{port}"
    await child.wait_healthy(f"{address}/health", seconds=definition.start_timeout, on_wait=on_progress)
    return ChildServer(
        child,
        name=name,
        base_url=f"{address}/v1",
        model=definition.model,
        api_key=key,
        context=definition.context,
        dialect="vllm",
        top_logprobs=_LISTED_TOKENS,
        idle_seconds=_IDLE_SECONDS,
    )


def python() -> str:
    """Return the Python that runs vLLM.

    Raises:
        MissingExtra: there is none.
    """
    if importlib.util.find_spec("vllm") is not None:
        return sys.executable
    if other := os.environ.get(PYTHON_VARIABLE):
        return other
    raise MissingExtra("vLLM", "vllm")


def command(definition: VllmModel, executable: str, port: int) -> list[str]:
    """Return the command line; it names the module, as the CPU build's script looks for a package of another name."""
    line = [executable, "-m", "vllm.entrypoints.openai.api_server"]
    line += ["--model", definition.model, "--host", "127.0.0.1", "--port", str(port), "--dtype", definition.dtype]
    line.append("--enable-prefix-caching" if definition.prefix_caching else "--no-enable-prefix-caching")
    line += ["--enable-prompt-tokens-details", "--max-logprobs", str(_LISTED_TOKENS), "--disable-uvicorn-access-log"]
    for flag, value in (
        ("--max-model-len", definition.context),
        ("--gpu-memory-utilization", definition.gpu_memory),
        ("--reasoning-parser", definition.reasoning_parser),
    ):
        line += [] if value is None else [flag, str(value)]
    if definition.kv_cache_gb is not None:
        # A CPU build. 0.32 dies of a prompt with a seed that it reads in parts: torch's generator has no offset there.
        line.append("--no-enable-chunked-prefill")
    return [*line, *definition.args]


def environment(definition: VllmModel, key: str) -> dict[str, str]:
    """Return what is added to the environment: the key, which no process list shows, and what has no flag."""
    added = {"VLLM_API_KEY": key, "VLLM_NO_USAGE_STATS": "1", "PYTHONSAFEPATH": "1"}
    if definition.kv_cache_gb is not None:
        added["VLLM_CPU_KVCACHE_SPACE"] = str(definition.kv_cache_gb)
    if Path(definition.model).is_dir():
        added["HF_HUB_OFFLINE"] = "1"
    return added
