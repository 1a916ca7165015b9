"""Judges the tests of one file, inside a sandbox: ``python -I _glasswork_tests.py test_file.py``, a nonce on stdin.

Two processes: this one, the *judge*, which alone has the nonce and imports nothing of the program; and its child, the
*runner* (``testrunner.py``), in which the tests and the program that they test run together. The runner says over a
pipe how each test went; the judge tells on stdout, a line each, what makes sense: the nonce, then JSON (``start``,
``pass``, ``fail``, ``skip``, ``end``). Only a test that was started and ended counts, each test that the file shows
must have been reported, and *controls*, tests that must fail, have to fail in the runner before and after the others.

The program shares the runner's memory and can learn all that the runner knows; it cannot read the judge's.
Standard library only: this file is copied into the sandbox. With ``-I``, no file of the program shadows a module here.
"""

# It starts with every job, and pathlib is slow to import:
# ruff: noqa: PTH100, PTH118, PTH120, PTH123, PTH208

from __future__ import annotations

import sys

AT_FIRST = frozenset(sys.modules)
"""What any Python has imported before a program begins."""

import ast  # noqa: E402 - after AT_FIRST
import ctypes  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import select  # noqa: E402
import signal  # noqa: E402
from collections.abc import Iterator  # noqa: E402
from typing import Any, NoReturn  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
LONGEST_LINE = 1 << 16
PR_SET_DUMPABLE = 4
TAMPERED = "the program meddled with what runs its tests ({}), so none of their results counts"
CONTROLS = """
import unittest
import pytest
def test_{0}_assert(): assert {1} == {2}
def test_{0}_not(): assert not {1}
def test_{0}_raises():
    with pytest.raises(ValueError): pass
def test_{0}_approx(): assert {1} == pytest.approx({2})
class Test_{0}(unittest.TestCase):
    def test_unittest(self): self.assertEqual({1}, {2})
"""
"""Five ways to fail: a runner in which one of them passes proves nothing."""
NAMES = ("test_{0}_assert", "test_{0}_not", "test_{0}_raises", "test_{0}_approx", "Test_{0}.test_unittest")


class Tampered(Exception):
    """The runner said what it never says."""


def main() -> NoReturn:
    """Have the tests run, and end as their process ended."""
    path = sys.argv[1]
    expected = sorted(tests_in(path))
    word, controls = os.urandom(8).hex(), "control_" + os.urandom(8).hex()
    told, telling = os.pipe()
    waiting, starting = os.pipe()
    pid = os.fork()
    if pid == 0:
        become_runner(path, telling, waiting, word=word, controls=controls)
    os.close(telling)
    hide()
    nonce = sys.stdin.readline().strip()
    os.write(starting, b"!")  # only now does anything of the program run

    def tell(what: str, **more: Any) -> None:
        os.write(1, f"{nonce} {json.dumps({'what': what, **more})}\n".encode())

    trial = Trial(path, expected, frozenset(name.format(controls) for name in NAMES), tell)
    try:
        for line in lines(told, pid):
            trial.hear(line, word)
    except Tampered as how:
        tell("fail", name=path, message=TAMPERED.format(how))
        trial.ended = True
    if not trial.ended:
        end_like(pid)
    tell("end", told=trial.told)
    os._exit(0)


def hide() -> None:
    """Let no other process of this uid read the memory, or the open files, of this one."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def become_runner(path: str, telling: int, waiting: int, *, word: str, controls: str) -> NoReturn:
    """Turn this fresh child into the runner, which has neither the nonce nor the way to the report."""
    os.dup2(2, 1)  # what tests and their child processes print must not mix with the report
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    if not os.read(waiting, 1):
        os._exit(1)
    sys.dont_write_bytecode = True
    sys.modules["pytest"] = beside("_glasswork_pytest")
    runner = beside("_glasswork_runner")
    check = runner.prepared(CONTROLS.format(controls, 17, 18).encode(), "<controls>")
    sys.path.insert(0, HERE)
    for name in os.listdir(HERE):  # a module of the program comes before one that only the runner needed
        stem = name.removesuffix(".py")
        if stem != name and stem not in AT_FIRST and not stem.startswith("_glasswork_"):
            sys.modules.pop(stem, None)
    runner.run(path, telling, word, check)
    os._exit(0)


def beside(name: str) -> Any:
    """Import a file that lies beside this one, and only that file: no other there can be taken for a module."""
    path = os.path.join(HERE, name + ".py")
    module: Any = type(sys)(name)
    module.__file__, sys.modules[name] = path, module
    with open(path, "rb") as file:
        exec(compile(file.read(), path, "exec"), module.__dict__)  # noqa: S102 - a file of Glasswork
    return module


def end_like(pid: int) -> NoReturn:
    """End as the runner did, by the same signal or with the same status: whoever waits for this process sees why."""
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if code < 0:
        if -code != signal.SIGKILL:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(max(code, 0))


# --- what the runner says ---------------------------------------------------------------------------------------------


def lines(told: int, pid: int) -> Iterator[bytes]:
    """Yield what the runner says until it has ended; a process that it left behind may hold the pipe for longer."""
    os.set_blocking(told, False)
    ended, rest = os.pidfd_open(pid), b""
    while True:
        ready, _, _ = select.select([told, ended], [], [])
        try:
            data = os.read(told, LONGEST_LINE)
        except BlockingIOError:
            data = b""
        *whole, rest = (rest + data).split(b"\n")
        yield from whole
        if len(rest) > LONGEST_LINE:
            raise Tampered("a line without end")
        if ended in ready and not data:
            return


class Trial:
    """What was said so far, and whether it makes sense."""

    def __init__(self, path: str, expected: list[str], controls: frozenset[str], tell: Any) -> None:
        self.path, self.expected, self.controls, self.tell = path, expected, controls, tell
        self.running: str | None = None
        self.known: set[str] = set()
        self.failed_controls: list[str] = []
        self.told = 0
        self.ended = False

    def hear(self, line: bytes, word: str) -> None:
        """Take in one line.

        Raises:
            Tampered: the runner does not say this, or not now.
        """
        sign, _, text = line.partition(b" ")
        try:
            said = json.loads(text)
            what, name, message = said["what"], str(said.get("name", "")), str(said.get("message", ""))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise Tampered("a line of its own") from None
        if sign != word.encode() or self.ended:
            raise Tampered("a line of its own")
        if what == "end":
            self._end()
        elif what == "start" and self.running is None:
            self.running = name
            self._tell(what, name, message)
        elif what in {"pass", "fail", "skip"} and name == (self.running or self.path):
            self._outcome(what, name, message)
        else:
            raise Tampered(f"{what!r:.20} out of turn")

    def _outcome(self, what: str, name: str, message: str) -> None:
        if self.running is None and what != "fail":  # only a file that cannot be imported is told without a start
            raise Tampered("a result of nothing")
        self.running = None
        if name in self.controls:
            if what != "fail":
                raise Tampered("a test that must fail did not")
            self.failed_controls.append(name)
        self.known |= {name, name.partition("[")[0]}
        self._tell(what, name, message)

    def _end(self) -> None:
        """Take in that all tests were run: the controls twice, and whatever the file shows."""
        if self.running is not None or sorted(self.failed_controls) != sorted([*self.controls] * 2):
            raise Tampered("an early end")
        if self.path not in self.known:
            for name in self.expected:
                if name not in self.known:
                    self._tell("fail", name, "it did not run: something removed it, or it is no plain function")
        self.ended = True

    def _tell(self, what: str, name: str, message: str) -> None:
        if name not in self.controls:
            self.told += 1
            self.tell(what, name=name, **({"message": message} if what in {"fail", "skip"} else {}))


# --- what the file shows ----------------------------------------------------------------------------------------------

NOT_TESTS = {"property", "staticmethod", "classmethod"}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def tests_in(path: str) -> set[str]:
    """Return the names of the tests that a file defines, as they are written; none of one that is no Python."""
    try:
        with open(os.path.join(HERE, path), "rb") as file:
            tree = ast.parse(file.read())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return set()  # the runner will say why
    found = set(_functions(tree.body))
    for each in tree.body:
        if isinstance(each, ast.ClassDef) and (each.name.startswith("Test") or _is_case(each)):
            found |= {f"{each.name}.{name}" for name in _functions(each.body)}
    return found


def _functions(body: list[ast.stmt]) -> Iterator[str]:
    for each in body:
        if isinstance(each, FUNCTIONS) and each.name.startswith("test"):
            names = {decorator.id for decorator in each.decorator_list if isinstance(decorator, ast.Name)}
            if not names & NOT_TESTS:
                yield each.name


def _is_case(each: ast.ClassDef) -> bool:
    return any(ast.unparse(base).endswith("TestCase") for base in each.bases)


if __name__ == "__main__":
    main()
