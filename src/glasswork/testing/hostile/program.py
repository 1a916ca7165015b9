"""What a hostile program is: its text, what it tries, what must happen, and who judges that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from glasswork.sandbox.base import Limits, Network, Result

Judge = Callable[[Result], bool]
USUAL = Limits(wall_seconds=8, memory_mb=256)
NOTHING = Network()
SHORT = Limits(wall_seconds=0.5, memory_mb=256)
RESULTS = ("result0", "result1", "result2")
"""The files that are asked for after each program."""


@dataclass(frozen=True)
class Gap:
    """What is enough of a backend that owns up to a weakness."""

    admitted: str
    """The words that must stand in ``Result.not_contained``."""
    must: str
    judge: Judge


@dataclass(frozen=True)
class Program:
    """One attack, written in Python with the names of :mod:`glasswork.testing.hostile.kit` at hand."""

    number: int
    """From 1 to 82: its place in the list of programs that this suite grew from. From 101: added since."""
    name: str
    tries: str
    must: str
    """The required outcome, in words; ``judge`` says it in code."""
    code: str
    judge: Judge
    limits: Limits = USUAL
    machine: str = ""
    """The only kind of machine that it is written for, where it uses numbers of system calls."""
    gap: Gap | None = None
    network: Network = NOTHING
    """What it is granted; a backend that refuses to grant it need not run it."""
    gateway: bool = False
    """Whether it is granted two of the decoy's services as well: one by its address, one by a name for that."""

    def text(self) -> bytes:
        """The file that runs in the sandbox."""
        return f"from kit import *\nHOST = host()\n{self.code.strip()}\n".encode()

    def contained(self, result: Result) -> bool:
        """Whether the required outcome came about: the full one, or the lesser one of a gap that is admitted."""
        if self.judge(result):
            return True
        return self.gap is not None and self.gap.admitted in result.not_contained and self.gap.judge(result)


# --- judges -----------------------------------------------------------------------------------------------------------


def held(result: Result) -> bool:
    """The program ran to its end and says that it was stopped."""
    return result.reason == "exit" and "HELD" in result.stdout and "OPEN" not in result.stdout


def ends(*reasons: str) -> Judge:
    """It ended for one of these reasons."""
    return lambda result: result.reason in reasons


def exits(code: int) -> Judge:
    """It ended by itself with this code, and no reason was read into the number."""
    return lambda result: (result.reason, result.exit_code) == ("exit", code)


def prints(text: str) -> Judge:
    """It ended well and its output came through as it was written."""
    return lambda result: result.ok and text in result.stdout


def flooded(result: Result) -> bool:
    """It was killed for writing without end, and little of it was kept."""
    return result.reason == "output" and result.truncated and len(result.stdout) + len(result.stderr) < 600_000


def quick(result: Result) -> bool:
    """It ended by itself, and what it left running for minutes held nobody up."""
    return result.reason == "exit" and result.seconds < 5


def returns_nothing(result: Result) -> bool:
    """It ended well, and none of the files that it laid out came back."""
    return result.ok and not result.files


def oom_below(mib: int) -> Judge:
    """It was stopped for its memory, before it had told of more than so many MiB."""
    return lambda result: result.reason == "oom" and 16 * result.stdout.count("+16") <= mib


# --- two common kinds -------------------------------------------------------------------------------------------------


def refuses(number: int, name: str, tries: str, expression: str, must: str = "refused") -> Program:
    """Make a program that holds where an expression is true."""
    return Program(number, name, tries, must, f"judge({expression})", held)


def system_call(number: int, name: str, arguments: str, wanted: str = "EPERM") -> Program:
    """Make a program that holds where a system call gets this error: any other shows that the call was reached."""
    code = f"got = call({arguments}); judge(got == errno.{wanted}, errno.errorcode.get(got, got))"
    return Program(number, name, f"the system call {name}", wanted, code, held, machine="x86_64")
