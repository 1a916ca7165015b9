"""llama.cpp beside us: a server on loopback that needs nothing but a wheel and a file of weights."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import secrets
import sys
from pathlib import Path

from glasswork.definitions import EmbeddedModel
from glasswork.errors import MissingExtra, ModelUnreachable, UserError, WeightsError
from glasswork.models import catalogue
from glasswork.models.base import Model
from glasswork.models.child import Child, ChildServer, OnWait, free_port
from glasswork.models.llama_process import KEY_VARIABLE, Settings

_START_SECONDS = 300.0
_IDLE_SECONDS = 900.0
"""A long prompt on two cores is read in silence, minutes long where others are read beside it."""
_WORTH_WAITING = 200
"""Characters in common from which on waiting for a short answer is cheaper than reading them again."""


async def start_embedded(
    definition: EmbeddedModel, *, name: str, base_dir: Path, on_progress: OnWait | None = None
) -> Model:
    """Start llama.cpp on the weights that ``definition`` names.

    Args:
        definition: what to start; a path in it is relative to ``base_dir``.
        name: what the log calls the model.
        base_dir: folder of the file that holds the definition.
        on_progress: is given a line a second while the weights load.

    Raises:
        MissingExtra: ``xllamacpp`` is not installed.
        NotFound: neither a catalogue name nor a path.
        UserError: no such file.
        WeightsError: the weights are not pulled, or llama.cpp cannot load them.
    """
    if importlib.util.find_spec("xllamacpp") is None:
        raise MissingExtra("llama.cpp (xllamacpp)", "embedded")
    weights = await asyncio.to_thread(find_weights, definition.weights, base_dir)
    settings = _settings(definition, weights)
    key = secrets.token_urlsafe(24)
    command = [sys.executable, "-P", "-m", "glasswork.models.llama_process", json.dumps(settings)]
    child = Child(f"llama.cpp ({weights.name})", command, {KEY_VARIABLE: key, "GOMP_SPINCOUNT": _spins()})
    address = f"http://127.0.0.1:{settings['port']}"
    try:
        await child.wait_healthy(f"{address}/health", seconds=_START_SECONDS, on_wait=on_progress)
    except ModelUnreachable as error:
        raise WeightsError(f"llama.cpp could not serve {weights}: {error.message}", hint=error.hint) from error
    return ChildServer(
        child,
        name=name,
        base_url=f"{address}/v1",
        model=name,
        api_key=key,
        context=definition.context,
        dialect="llama.cpp",
        idle_seconds=_IDLE_SECONDS,
    )


def _spins() -> str:
    """Return how long a thread that waits for its sibling holds its core: briefly, unless the user says otherwise.

    By default that is for milliseconds, which starves llama.cpp itself as soon as anything else wants a core. Measured
    on two cores: 5 % slower on a quiet machine, four times as fast (12.3 for 2.8 tokens a second, 1.5B) on a busy one.
    """
    return os.environ.get("GOMP_SPINCOUNT", "1000")


def _settings(definition: EmbeddedModel, weights: Path) -> Settings:
    return Settings(
        weights=str(weights),
        port=free_port(),
        context=definition.context,
        parallel=definition.parallel,
        threads=definition.threads or physical_cores(),
        gpu_layers=definition.gpu_layers,
    )


def find_weights(weights: str, base_dir: Path) -> Path:
    """Return the file that a definition's ``weights`` means.

    Raises:
        NotFound: neither a catalogue name nor a path.
        UserError: no such file, or not a GGUF file.
        WeightsError: catalogued, but not pulled.
    """
    if not weights.endswith(".gguf"):
        found = catalogue.weights_path(weights)
        if found is None:
            raise WeightsError(f"the weights {weights} are not here", hint=f"Run: glasswork models pull {weights}")
        return found
    path = (base_dir / Path(weights).expanduser()).resolve()
    if not path.is_file():
        raise UserError(f"no such file of weights: {path}")
    with path.open("rb") as file:
        if file.read(4) != b"GGUF":
            raise UserError(f"{path} is not a GGUF file")
    return path


# --- how many threads -----------------------------------------------------------------------------------------------


def physical_cores() -> int:
    """Count the cores this process may use: siblings of one core once, and no more than a container's quota."""
    allowed = os.sched_getaffinity(0)
    cores = {_siblings(cpu) for cpu in allowed}
    return max(1, min(len(cores), _quota(Path("/sys/fs/cgroup/cpu.max"), len(allowed))))


def _siblings(cpu: int) -> str:
    path = Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
    return path.read_text(encoding="ascii").strip() if path.exists() else str(cpu)


def _quota(path: Path, otherwise: int) -> int:
    """Read ``QUOTA PERIOD`` (microseconds; ``max`` where there is none) as whole cores."""
    if not path.exists():
        return otherwise
    quota, period = path.read_text(encoding="ascii").split()
    return otherwise if quota == "max" else max(1, int(quota) // int(period))
