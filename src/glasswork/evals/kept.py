"""Verdicts of a gate that has not finished: kept as they are made, so that whoever is interrupted goes on from there.

They lie in a file beside the results of gates, a JSON object a line. Its name is that of the standing, so that another
judge, another model, other prompts or another dimension have another file; a line is found by the digest of its case.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from pydantic import ValidationError

from glasswork.errors import UserError
from glasswork.evals.judge import Case, Standing, Verdict
from glasswork.evals.votes import file_of
from glasswork.log.files import write_whole
from glasswork.records import Record


class _Line(Record):
    case: str
    verdict: Verdict | None


class Kept:
    """The verdicts that one judge has given so far."""

    def __init__(self, folder: Path, standing: Standing) -> None:
        """Read what an earlier sitting kept.

        Raises:
            UserError: the file is damaged.
            OSError: it cannot be read.
        """
        self.path = file_of(folder, standing, "kept.jsonl")
        self._verdicts = _read(self.path)

    def __len__(self) -> int:
        """How many cases have a verdict."""
        return len(self._verdicts)

    def __contains__(self, case: Case) -> bool:
        """Whether a case has a verdict."""
        return digest(case) in self._verdicts

    def __getitem__(self, case: Case) -> Verdict | None:
        """Return the verdict on a case; None where the judge could not read it. Raises KeyError where there is none."""
        return self._verdicts[digest(case)]

    def add(self, case: Case, verdict: Verdict | None) -> None:
        """Keep a verdict: it is on disk when this returns. Raises OSError."""
        line = _Line(case=digest(case), verdict=verdict)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            write_whole(fd, f"{line.model_dump_json()}\n".encode())
            os.fsync(fd)
        finally:
            os.close(fd)
        self._verdicts[line.case] = verdict

    def delete(self) -> None:
        """Let go of all of them: the gate is through."""
        self.path.unlink(missing_ok=True)
        self._verdicts.clear()


def digest(case: Case) -> str:
    """Return what a verdict on a case is found by: of pairs the order counts."""
    return hashlib.sha256(case.model_dump_json().encode()).hexdigest()


def _read(path: Path) -> dict[str, Verdict | None]:
    if not path.exists():
        return {}
    raw = path.read_bytes()
    whole = raw[: raw.rfind(b"\n") + 1]
    if len(whole) < len(raw):
        os.truncate(path, len(whole))  # a line that whoever wrote it was killed over
    found = dict[str, Verdict | None]()
    for number, text in enumerate(whole.splitlines(), start=1):
        try:
            line = _Line.model_validate_json(text)
        except ValidationError as error:
            raise UserError(
                f"{path}:{number}: this is no kept verdict: {str(error).splitlines()[0]}",
                hint="delete the file, and every verdict is given anew",
            ) from error
        found[line.case] = line.verdict
    return found
