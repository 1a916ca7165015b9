"""Programs of steps: run in a sandbox, recorded before and after; a recorded result is not made again."""

from __future__ import annotations

import asyncio
import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from glasswork.definitions import SandboxUse
from glasswork.errors import UserError, Waiting
from glasswork.places import step_of
from glasswork.records import SandboxRan, SandboxStarted
from glasswork.sandbox.base import Job, Limits, Network, Sandbox
from glasswork.sandbox.experiments import ExperimentReport, run_experiment
from glasswork.sandbox.programs import ProgramReport, TestReport, run_program, run_tests
from glasswork.templates import Sourced
from glasswork.tools import Blob
from glasswork.workflow.resources import Resources


@dataclass(frozen=True)
class Program:
    """What is to run, and how."""

    decision: str
    """Whose program it is, or who runs it again."""
    use: SandboxUse
    file: str
    files: Mapping[str, str]
    """File name to text: the program, and those beside it."""
    tables: Mapping[str, Blob] = field(default_factory=dict)
    """File name to what was taken in."""

    @property
    def place(self) -> str:
        """Where in the run it runs."""
        return f"{self.decision}/sandbox"

    @property
    def limits(self) -> Limits:
        """What it may use."""
        seconds = self.use.timeout
        return Limits(wall_seconds=seconds, cpu_seconds=math.ceil(seconds), memory_mb=self.use.memory_mb)

    @property
    def network(self) -> Network:
        """Whom it may talk to."""
        return Network(loopback=self.use.network.loopback, allow=self.use.network.allow)

    @property
    def digest(self) -> str:
        """SHA-256 of all this: with the place, the key of its result."""
        files, network = dict(sorted(self.files.items())), self.network
        what = {"run": self.use.run, "file": self.file, "files": files, "limits": self.limits.model_dump()}
        what |= {"network": network.model_dump()} if network.granted else {}
        what |= {"tables": {name: blob.sha256 for name, blob in sorted(self.tables.items())}} if self.tables else {}
        return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()


async def run(resources: Resources, program: Program) -> SandboxRan:
    """Run a program, unless it is recorded what came of it.

    Raises:
        Waiting: it must not run twice, and may have run before a crash.
        SandboxError: the sandbox itself broke.
    """
    place, digest, use = program.place, program.digest, program.use
    ran = resources.past.ran(place, digest) if resources.past else None
    _refuse_if_unsure(resources, program, known=ran is not None)
    argv = (use.run, program.file)
    resources.record(SandboxStarted(place=place, digest=digest, argv=argv, idempotent=use.idempotent))
    if ran is None:
        sandbox = await resources.sandbox(use.backend)
        contents = {name: text.encode("utf-8", "backslashreplace") for name, text in program.files.items()}
        contents |= {name: await asyncio.to_thread(_bytes, blob) for name, blob in program.tables.items()}
        done = await _done(sandbox, program, contents)
        job = Job(argv=argv, files=contents, limits=program.limits, network=program.network)
        ran = _ran(program, done, job, resources.tools.clean if resources.tools else lambda data: data)
    resources.record(ran)
    return ran


async def _done(sandbox: Sandbox, program: Program, files: Mapping[str, bytes]) -> TestReport | ProgramReport:
    use, limits, network = program.use, program.limits, program.network
    if use.run == "tests":
        return await run_tests(sandbox, files, program.file, limits, network=network)
    if use.run == "experiment":
        return await run_experiment(sandbox, files, program.file, limits, network=network)
    return await run_program(sandbox, files, program.file, limits, network=network)


def output_of(ran: SandboxRan, use: SandboxUse) -> dict[str, Any]:
    """Return what a step hands on of its program's run."""
    output = {"passed": ran.passed, "report": ran.report, "failures": list(ran.failures), "exit_code": ran.exit_code}
    if use.run != "experiment":
        return output
    results = [Sourced(f"{name} = {shown(value)}", f"{ran.place}/{name}") for name, value in ran.results.items()]
    return {**output, "results": results, "values": dict(ran.results), "figures": list(ran.figures), "ran": ran.place}


def shown(value: float) -> str:
    """Return a result as prompts show it: six digits at least, and whole numbers whole."""
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return f"{value:.2f}" if 1e4 <= abs(value) < 1e15 else f"{value:.6g}"


def _bytes(blob: Blob) -> bytes:
    try:
        return blob.path.read_bytes()
    except OSError as error:
        raise UserError(f"{blob.path}: cannot be read: {(error.strerror or str(error)).lower()}") from error


def _refuse_if_unsure(resources: Resources, program: Program, *, known: bool) -> None:
    """Wait for a word where a program that must not run twice may have run before a crash.

    Raises:
        Waiting: it may have, and nobody has said that it may run again.
    """
    step = step_of(program.decision)
    if known or program.use.idempotent or resources.past is None or step in resources.rerun:
        return
    if resources.past.began(program.place, program.digest):
        raise Waiting(
            f"{step}: its program was started before and may have run; it says that it must not run twice "
            f"(to run it again: glasswork resume RUN --rerun {step})"
        )


def _ran(program: Program, done: TestReport | ProgramReport, job: Job, clean: Callable[[Any], Any]) -> SandboxRan:
    result = done.result
    if isinstance(done, TestReport):
        failures = tuple(failure.message for failure in done.failures)
    else:
        failures = () if done.passed else (done.report,)
    left = done if isinstance(done, ExperimentReport) else None
    names = clean([*left.results]) if left else []
    drawn = clean([each.model_dump(mode="json") for each in left.figures]) if left else []
    return SandboxRan(
        place=program.place,
        digest=program.digest,
        failures=failures,
        backend=result.backend,
        argv=job.argv,
        files=tuple(sorted(job.files)),
        limits=job.limits.model_dump(),
        limits_enforced=result.limits_enforced,
        not_contained=result.not_contained,
        passed=done.passed,
        report=done.report,
        results=dict(zip(names, left.results.values(), strict=True)) if left else {},
        figures=tuple(drawn),
        reason=result.reason,
        exit_code=result.exit_code,
        stdout=result.stdout,
        stderr=result.stderr,
        truncated=result.truncated,
        refused=result.refused,
        network=job.network.model_dump(mode="json") if job.network.granted else {},
        connections=tuple(each.model_dump(mode="json") for each in result.connections),
        seconds=result.seconds,
    )
