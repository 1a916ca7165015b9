"""Votes: verdicts with whether they count, and why; and the folder in which results of gates lie."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from glasswork.errors import UserError
from glasswork.evals.agreement import Estimate
from glasswork.evals.gate import Gate
from glasswork.evals.judge import Said, Standing, Verdict, said
from glasswork.log.files import replace
from glasswork.records import Record

VERSION = 1


class Vote(Record):
    """A verdict, and whether it counts."""

    said: Said
    counted: bool
    why: str
    """Why it counts, or why it does not: for people."""
    kappa: Estimate | None
    """Of the gate that this judge went to; None where it went to none."""
    verdict: Verdict | None
    """None where the judge could not read the case."""


def vote(verdict: Verdict | None, standing: Standing, gates: Sequence[Gate]) -> Vote:
    """Return a verdict as a vote: counted only where exactly this judge has passed a gate for exactly this."""
    gate = next((one for one in gates if one.standing == standing), None)
    spoken = said(verdict.lean if verdict else None, standing.form, gate.threshold if gate else 0.0)
    counted, why = _standing(standing, gate, gates)
    if verdict is None:
        counted, why = False, "the judge could not read it"
    return Vote(said=spoken, counted=counted, why=why, kappa=gate.kappa if gate else None, verdict=verdict)


def _standing(standing: Standing, gate: Gate | None, gates: Sequence[Gate]) -> tuple[bool, str]:
    what = of_what(standing)
    if gate is not None and gate.passed:
        return True, f"has passed the gate for {what}: kappa {gate.kappa} on {gate.source}"
    if gate is not None:
        return False, f"has failed the gate for {what}: kappa {gate.kappa} on {gate.source}; {'; '.join(gate.failures)}"
    for other in gates:
        if other.passed and (other.standing.dimension, other.standing.form) == (standing.dimension, standing.form):
            return False, f"has passed no gate for {what}; {_difference(standing, other.standing)} has"
    return False, f"has passed no gate for {what}"


def of_what(standing: Standing) -> str:
    """Say what is judged."""
    return standing.dimension + (" of pairs" if standing.form == "pair" else "")


def _difference(standing: Standing, other: Standing) -> str:
    if other.judge != standing.judge:
        return f"the judge {other.judge}"
    return f"the model {other.model}" if other.model != standing.model else "this model, asked in other words,"


# --- files ----------------------------------------------------------------------------------------------------------


def file_of(folder: Path, standing: Standing, ending: str) -> Path:
    """Return where something about exactly this standing lies."""
    key = hashlib.sha256(standing.model_dump_json().encode()).hexdigest()[:12]
    return folder / f"{standing.dimension}-{standing.form}-{key}.{ending}"


def write_gate(folder: Path, gate: Gate) -> Path:
    """Keep a gate's result, in place of the one of the same standing; return its path."""
    path = file_of(folder, gate.standing, "json")
    folder.mkdir(parents=True, exist_ok=True)
    data = {"version": VERSION, "passed": gate.passed, "gate": gate.model_dump(mode="json")}
    replace(path, (json.dumps(data, indent=2, ensure_ascii=False) + "\n").encode())
    return path


def read_gates(folder: Path) -> list[Gate]:
    """Return the results of gates in a folder; none where there is no folder. ``passed`` is worked out anew.

    Raises:
        UserError: a file is damaged.
    """
    return [_read(path) for path in sorted(folder.glob("*.json"))]


def _read(path: Path) -> Gate:
    try:
        data = json.loads(path.read_bytes())
        if data["version"] == VERSION:
            return Gate.model_validate(data["gate"])
        wrong = f"it is of version {data['version']}, and this one reads {VERSION}"
    except (OSError, ValueError, KeyError, TypeError, ValidationError) as error:
        wrong = str(error).splitlines()[0]
    raise UserError(f"{path} cannot be used: {wrong}", hint="delete it, and let the judge pass again: judge gate")
