"""What every measured program shares: a clock, and one question a line, so that imports are paid once and not timed."""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Measured = dict[str, Any]
"""``cpu_s`` and ``wall_s``; ``bytes`` where something was left on disk."""


def payload(name: str, size: int) -> str:
    """Return a text of ``size`` bytes that no other step makes, so that storing equal texts once helps nobody."""
    return f"{name} ".ljust(size, ".")


@contextmanager
def clock() -> Iterator[Measured]:
    """Time what is done within: CPU seconds of this process (all threads, kernel included) and those on the wall.

    Waiting, for the disk or anything else, is on the wall alone.
    """
    gc.collect()
    measured: Measured = {}
    wall, cpu = time.perf_counter(), time.process_time()
    yield measured
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    measured |= {"cpu_s": cpu, "wall_s": wall}


def size(path: Path) -> int:
    """Return the bytes that a folder takes on the disk: whole blocks, as `du` counts, for small files cost one each."""
    files = [path, *path.rglob("*")]
    return sum(512 * file.stat().st_blocks for file in files if file.is_file())


def serve(**cases: Callable[..., Measured]) -> None:
    """Answer ``{"case": …, …}`` with what that case measured, a line each, until there are no more questions.

    Each case is given the other values by name. What libraries print goes to standard error.
    """
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        asked = json.loads(line)
        case, folder = cases[asked.pop("case")], Path(asked.pop("folder"))
        print(json.dumps(case(folder=folder, **asked)), file=answers, flush=True)
