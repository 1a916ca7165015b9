"""Run a program, or the tests of one, in a sandbox, and say in a few words how it went."""

from __future__ import annotations

import inspect
import secrets
from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal

from pydantic import ValidationError

from glasswork.records import Record
from glasswork.sandbox import minipytest, testjudge, testrunner
from glasswork.sandbox.base import Job, Limits, Network, Result, Sandbox

_JUDGE = "_glasswork_tests.py"
_INSIDE = {_JUDGE: testjudge, "_glasswork_runner.py": testrunner, "_glasswork_pytest.py": minipytest}
"""What is put beside a program to run its tests."""
_LAST_LINES = 15
NOBODY = Network()


class ProgramReport(Record):
    """How a program did."""

    passed: bool
    """It ended by itself with status 0."""
    report: str
    """A short text for the person or the model that wrote the program."""
    result: Result


class TestFailure(Record):
    """One test that failed, and what it said: the assertion and its values, or the exception, and where."""

    __test__: ClassVar[bool] = False  # not itself a test, whatever its name looks like to pytest
    name: str
    message: str


class TestReport(Record):
    """How the tests of a program did."""

    __test__: ClassVar[bool] = False
    passed: bool
    """All tests ran to their end, there was at least one, and none failed."""
    ran: int
    """Tests that ended, skipped ones apart."""
    failures: tuple[TestFailure, ...]
    report: str
    """A short text for the person or the model that wrote the program."""
    result: Result


async def run_program(
    sandbox: Sandbox,
    files: Mapping[str, bytes],
    program: str,
    limits: Limits,
    *,
    arguments: Sequence[str] = (),
    stdin: bytes = b"",
    collect: tuple[str, ...] = (),
    network: Network = NOBODY,
) -> ProgramReport:
    """Run ``program``, one of ``files``, with the sandbox's Python.

    Raises:
        SandboxError: the sandbox itself broke.
    """
    argv = ("python", program, *arguments)
    job = Job(argv=argv, files=files, stdin=stdin, limits=limits, collect=collect, network=network)
    result = await sandbox.run(job)
    ended = _ended(result, limits, "the program")
    said = [ended] + [f"{name}:\n{_tail(text)}" for name, text in _streams(result) if text.strip()]
    return ProgramReport(passed=result.ok, report="\n".join(said), result=result)


async def run_tests(
    sandbox: Sandbox, files: Mapping[str, bytes], test_file: str, limits: Limits, *, network: Network = NOBODY
) -> TestReport:
    """Run every test function and ``TestCase`` of ``test_file``, one of ``files``.

    Raises:
        SandboxError: the sandbox itself broke.
    """
    nonce = secrets.token_hex(16)
    inside = {**files, **{name: inspect.getsource(module).encode() for name, module in _INSIDE.items()}}
    argv = ("python", "-I", _JUDGE, test_file)
    job = Job(argv=argv, files=inside, stdin=f"{nonce}\n".encode(), limits=limits, network=network)
    result = await sandbox.run(job)
    steps = _steps(result.stdout, nonce, test_file)
    printed = [line for line in result.stdout.splitlines(keepends=True) if not line.startswith(nonce + " ")]
    return _report(steps, result.model_copy(update={"stdout": "".join(printed)}), limits, test_file)


class _Step(Record):
    """One line of the judge in the sandbox."""

    what: Literal["start", "pass", "fail", "skip", "end"]
    name: str = ""
    message: str = ""
    told: int = 0
    """At the end: how many lines came before."""


def _steps(stdout: str, nonce: str, test_file: str) -> list[_Step]:
    """Return what the judge told, leaving out all that does not carry the nonce; what is no such line is a failure."""
    steps = []
    for line in stdout.splitlines():
        if line.startswith(nonce + " "):
            try:
                steps.append(_Step.model_validate_json(line.removeprefix(nonce)))
            except ValidationError:
                broken = "the report of the tests is damaged: it was cut, or something else wrote into it"
                steps.append(_Step(what="fail", name=test_file, message=broken))
    return steps


def _report(steps: list[_Step], result: Result, limits: Limits, test_file: str) -> TestReport:
    failures = [TestFailure(name=step.name, message=step.message) for step in steps if step.what == "fail"]
    ended = {step.name for step in steps if step.what in {"pass", "fail", "skip"}}
    passes = sum(step.what == "pass" for step in steps)
    whole = bool(steps) and steps[-1].what == "end" and result.ok
    if not whole:
        running = next((step.name for step in steps if step.what == "start" and step.name not in ended), test_file)
        failures.append(TestFailure(name=running, message=_cut_short(result, limits)))
    elif steps[-1].told != len(steps) - 1:
        failures.append(
            TestFailure(name=test_file, message=f"too many tests: their report is longer than {limits.output_kb} kB")
        )
    ran = passes + sum(step.what == "fail" for step in steps)
    passed = whole and not failures and ran > 0
    return TestReport(passed=passed, ran=ran, failures=tuple(failures), report=_text(passes, failures), result=result)


def _text(passes: int, failures: list[TestFailure]) -> str:
    if not passes and not failures:
        return "no tests found: name them test_something, or write a unittest.TestCase"
    counts = f"{passes} passed, {len(failures)} failed"
    return "\n".join([counts, *(f"{failure.name}: {failure.message}" for failure in failures)])


def _cut_short(result: Result, limits: Limits) -> str:
    if result.reason == "exit":
        last = _tail(result.stderr, 3)
        ended = f"the program ended itself (exit status {result.exit_code}) before its tests had ended"
        return f"{ended}\n{last}" if last else ended
    return _ended(result, limits, "the tests")


def _ended(result: Result, limits: Limits, who: str) -> str:
    """Say how a program ended, in one sentence."""
    if result.reason == "exit":
        return f"{who} ended with exit status {result.exit_code}"
    if result.reason == "timeout":
        return f"{who} did not end within {limits.wall_seconds:g} s"
    if result.reason == "oom":
        return f"{who} used more than {limits.memory_mb} MB of memory, or made more than {limits.workspace_files} files"
    if result.reason == "output":
        return f"{who} wrote output without end"
    return f"{who} crashed ({result.reason.removeprefix('signal:')})"


def _streams(result: Result) -> tuple[tuple[str, str], ...]:
    return ("stdout", result.stdout), ("stderr", result.stderr)


def _tail(text: str, lines: int = _LAST_LINES) -> str:
    return "\n".join(text.strip().splitlines()[-lines:])[-2000:]
