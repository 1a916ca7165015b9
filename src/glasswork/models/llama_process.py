"""The llama.cpp server, in a process of its own: ``python -m glasswork.models.llama_process SETTINGS``.

It is a process because llama.cpp's bindings hold Python's lock while weights load (the event loop would stand still for
seconds), never return from a stop with a request under way, and end the process where an assertion of llama.cpp fails.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from importlib import import_module
from typing import Any, TypedDict

KEY_VARIABLE = "GLASSWORK_SERVER_KEY"
_CACHE_MIB = 1024
_WARNINGS = 2


class Settings(TypedDict):
    """What the server is started with."""

    weights: str
    port: int
    context: int
    parallel: int
    threads: int
    gpu_layers: int


def parameters(settings: Settings, key: str) -> Any:
    """Translate ``settings``.

    The slots' caches are separate, so each has its whole context. A prompt goes to the idle slot that shares the
    longest beginning with it. What a slot held before goes to a cache in main memory and comes back when it is asked
    for again, so that more agents than slots find their prompts: at 28 KiB a token (1.5B), 1 GiB holds 37,000 tokens.
    """
    params = import_module("xllamacpp").CommonParams()
    params.model.path = settings["weights"]
    params.hostnames, params.port, params.api_keys = ["127.0.0.1"], settings["port"], [key]
    params.n_ctx = settings["context"] * settings["parallel"]  # shared out evenly among the slots
    params.n_parallel, params.kv_unified = settings["parallel"], False
    params.fit_params = False  # it would shrink the context to fit a GPU
    params.cache_prompt, params.cache_ram_mib = True, _CACHE_MIB
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = settings["threads"]
    params.n_gpu_layers = settings["gpu_layers"]
    params.verbosity, params.ui = _WARNINGS, False
    return params


def main() -> None:
    """Serve until killed."""
    params = parameters(json.loads(sys.argv[1]), os.environ.pop(KEY_VARIABLE))
    try:
        server = import_module("xllamacpp").Server(params)
    except RuntimeError as error:
        raise SystemExit(1) from error  # llama.cpp has written why
    while server:
        signal.pause()


if __name__ == "__main__":
    main()
