"""Which stage of the dispatcher went wrong first, where an answer is wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from twenty.cases import Case, Due

Stage = Literal["", "no plan", "wrong tool", "wrong arguments", "badly chosen", "execution", "answer"]
STAGES: tuple[Stage, ...] = ("no plan", "wrong tool", "wrong arguments", "badly chosen", "execution", "answer")
"""In the order in which they can go wrong."""
_OUTSIDE = frozenset({"timeout", "unreachable", "unavailable"})
"""Codes of failures that arguments have nothing to do with."""


@dataclass(frozen=True)
class Ended:
    """What became of a request."""

    said: str = ""
    """The sentences of the answer, without the ids of tasks."""
    plan: Sequence[Mapping[str, Any]] = ()
    results: Sequence[Mapping[str, Any]] = ()
    files: Sequence[Path] = ()
    """What was made."""
    codes: Mapping[str, str] = field(default_factory=dict)
    """By task: the code of the last error of a call; empty where it went well."""
    error: str = ""
    """Why there is no answer."""
    media: Path = Path()
    """Where files of results lie."""


def judged(case: Case, ended: Ended) -> tuple[Stage, str]:
    """Return the first stage that went wrong, and how; both empty where the answer is right."""
    wrong = ended.error or case.check.problem(ended.said, ended.files)
    if not wrong:
        return "", ""
    if not ended.plan and (case.due or ended.error) and not ended.codes:
        return "no plan", ended.error or "it says that no tool fits"
    if not case.due:
        return "wrong tool", f"planned {_tools(ended)}, and no tool fits"
    return _planned(case, ended) or ("answer", wrong)


def _planned(case: Case, ended: Ended) -> tuple[Stage, str] | None:
    """Return what went wrong before the answer, in the order of stages; of a stage, in the order of tasks."""
    if not ended.plan:  # it failed while it answered; what was planned is in the log alone
        return None
    found = matched(case.due, ended.plan)
    missing = [due.tools[0] for due, task in zip(case.due, found, strict=True) if task is None]
    if missing:
        return "wrong tool", f"planned {_tools(ended)}; {', '.join(missing)} is missing"
    pairs = [(due, task) for due, task in zip(case.due, found, strict=True) if task is not None]
    ids = {f"t{number}": str(task["id"]) for number, (_, task) in enumerate(pairs, start=1)}
    wrong = [one for due, task in pairs if (one := _wrong(due, task, ids, ended))]
    return min(wrong, key=lambda one: STAGES.index(one[0]), default=None)


def matched(due: Sequence[Due], plan: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any] | None]:
    """Return for each task that is due the planned one that does it; None: there is none.

    Of several with an acceptable tool, it is the one with the fitting sources.
    """
    found: list[Mapping[str, Any] | None] = []
    for one in due:
        able = [task for task in plan if task["tool"] in one.tools and not any(task is taken for taken in found)]
        ids = {f"t{number}": str(task["id"]) for number, task in enumerate(found, start=1) if task is not None}
        found.append(max(able, key=lambda task: not _lacking(one, task, ids), default=None))
    return found


def _wrong(due: Due, task: Mapping[str, Any], ids: Mapping[str, str], ended: Ended) -> tuple[Stage, str] | None:
    told = f"{task['id']} = {task['tool']}({json.dumps(task['arguments'], ensure_ascii=False)})"
    if lacking := _lacking(due, task, ids):
        return "wrong arguments", f"{told} does not use {', '.join(lacking)}"
    result = next(one for one in ended.results if one["task"] == task["id"])
    if result["tool"] not in due.tools:
        return "badly chosen", f"{told} was given to {result['tool']}"
    blamed: Stage = "wrong arguments" if _own_words(due, task, ended) else "execution"
    if result["state"] != "done":
        return blamed, f"{told}: {result['reason']}"
    if wrong := due.gives.problem(_text(result["value"]), _files(result["value"], ended)):
        return blamed, f"{told} gave {_text(result['value'])[:120]!r}: {wrong}"
    return None


def _lacking(due: Due, task: Mapping[str, Any], ids: Mapping[str, str]) -> list[str]:
    """Return the sources that a planned task does not use, and should."""
    used = {one["from"] for one in task["arguments"].values() if isinstance(one, dict) and "from" in one}
    return [source for source in (ids.get(one, one) for one in due.sources) if source not in used]


def _own_words(due: Due, task: Mapping[str, Any], ended: Ended) -> bool:
    """Whether what was written down can be to blame: it is not what the known plan has, and nothing outside failed.

    What a language model is asked to do can be said in many words; that it did it badly is its own failure.
    """

    def written(arguments: Mapping[str, Any]) -> dict[str, Any]:
        return {name: one for name, one in arguments.items() if not isinstance(one, dict) or "from" not in one}

    if task["tool"] == "ask_model" or ended.codes.get(str(task["id"])) in _OUTSIDE:
        return False
    return task["tool"] != due.tools[0] or written(task["arguments"]) != written(due.arguments)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _files(value: Any, ended: Ended) -> list[Path]:
    from glasswork.tools.media import suffix_of

    if not isinstance(value, dict) or "blob" not in value:
        return []
    return [ended.media / f"{value['blob']}{suffix_of(value['media_type'])}"]


def _tools(ended: Ended) -> str:
    return ", ".join(task["tool"] for task in ended.plan) or "nothing"
