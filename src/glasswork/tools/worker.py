"""The process that a builtin runs in: one request a line on stdin, one answer a line on stdout, until stdin ends.

Started by :mod:`glasswork.tools.process` as ``python -m glasswork.tools.worker NAME MEMORY_MB FOLDER``. Files that the
builtin makes are left in FOLDER. What a library prints goes to stderr, which is kept for the case that it crashes.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any, BinaryIO

from glasswork.errors import GlassworkError
from glasswork.tools.base import Blob
from glasswork.tools.callables import Builtin, Media, find_builtin

_DIES_WITH_PARENT = 1
"""``PR_SET_PDEATHSIG`` of ``linux/prctl.h``."""


def main(name: str, memory_mb: int, folder: Path) -> None:
    """Serve one builtin."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIES_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
        resource.setrlimit(resource.RLIMIT_AS, (memory_mb << 20, memory_mb << 20))
    member = find_builtin(name)
    _say(answers, {"ready": True})
    for number, line in enumerate(sys.stdin.buffer):
        _say(answers, _answer(member, json.loads(line), folder / f"made-{number}"))


def decoded(value: dict[str, Any]) -> Any:
    """Return a value as it was before it went over the pipe."""
    return Blob.model_validate(value["blob"]) if "blob" in value else value["plain"]


def encoded(value: Any) -> dict[str, Any]:
    """Return a value as it goes over the pipe: no JSON that somebody made up can pass for a file."""
    return {"blob": value.model_dump(mode="json")} if isinstance(value, Blob) else {"plain": value}


def _say(answers: BinaryIO, answer: dict[str, Any]) -> None:
    answers.write(json.dumps(answer, allow_nan=False).encode() + b"\n")
    answers.flush()


def _answer(member: Builtin, arguments: dict[str, Any], made: Path) -> dict[str, Any]:
    """Return what a call came to; whatever goes wrong is an answer too."""
    try:
        value = member.function(**{name: decoded(value) for name, value in arguments.items()})
        if isinstance(value, Media):
            made.write_bytes(value.data)
            return {"media": str(made), "name": value.name}
        json.dumps(value, allow_nan=False)
    except GlassworkError as error:
        return {"error": error.code, "message": error.message, "problems": list(getattr(error, "problems", ()))}
    except ModuleNotFoundError as error:
        return {"error": "unavailable", "message": f"{error.name} is not installed"}
    except MemoryError:
        return {"error": "failed", "message": f"it needs more memory than {member.memory_mb} MB"}
    except Exception as error:  # noqa: BLE001  the boundary: whatever a library raises is told to who called
        return {"error": "failed", "message": f"{type(error).__name__}: {error}"[:2000]}
    return {"value": encoded(value)}


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
