"""Runs the tests of one file, inside a sandbox, in a child of the judge (``testjudge.py``), which decides.

It runs pytest-style functions and classes and ``unittest`` cases. Each step is said to the judge in one line: a word
that the two agreed on, then JSON (``start``, ``pass``, ``fail``, ``skip``, ``end``). A program that exits early
therefore never passes, nor does one that prints what a pass looks like. Standard library only: this file is copied
into the sandbox.
"""

from __future__ import annotations

import ast
import contextlib
import inspect
import io
import json
import os
import sys
import tempfile
import traceback
import types
import unittest
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
LONGEST = 700  # characters of a message
Tell = Callable[..., None]


def run(path: str, report: int, word: str, controls: types.ModuleType) -> None:
    """Run the file's tests, and before and after them those of ``controls``, and say on ``report`` how they went."""
    mini = sys.modules["pytest"]
    output, tell = Output(), teller(report, word)
    check = list(find(controls, mini, output))
    run_all(check, tell, output, mini.Skipped)
    module = load(path, tell, output)
    if module is not None:
        run_all(find(module, mini, output), tell, output, mini.Skipped)
    run_all(check, tell, output, mini.Skipped)
    tell("end")


def teller(report: int, word: str) -> Tell:
    """Return what says a step to the judge. A copy of this process that a program forked and let go on ends there."""
    mine, write = os.getpid(), os.write

    def tell(what: str, **more: Any) -> None:
        if os.getpid() != mine:
            os._exit(1)
        write(report, f"{word} {json.dumps({'what': what, **more})}\n".encode())

    return tell


# --- finding tests ----------------------------------------------------------------------------------------------------


def load(path: str, tell: Tell, output: Output) -> types.ModuleType | None:
    """Import the test file with its assertions rewritten; a failure to import is a failed test."""
    try:
        with output.captured():
            return prepared(Path(path).read_bytes(), path)
    except BaseException as problem:  # noqa: BLE001 - SystemExit too
        tell("fail", name=path, message="cannot be imported: " + describe(problem, output))
        return None


def prepared(source: bytes, path: str) -> types.ModuleType:
    """Run a module whose assertions say why they fail."""
    module = types.ModuleType(Path(path).stem)
    module.__file__ = str(HERE / path)
    module.__dict__["@explain"] = explain
    sys.modules[module.__name__] = module
    tree = Rewriter().visit(ast.parse(source, path))
    code = compile(ast.fix_missing_locations(tree), module.__file__, "exec", dont_inherit=True)
    exec(code, module.__dict__)  # noqa: S102 - running it is the purpose
    return module


Test = Callable[[], None]


def find(module: types.ModuleType, mini: Any, output: Output) -> Iterator[tuple[str, Test]]:
    """Yield each test with its name, in the order of the file."""
    for name, thing in list(vars(module).items()):
        if isinstance(thing, types.FunctionType) and name.startswith("test"):
            yield from of_function(name, thing, None, module=module, mini=mini, output=output)
        elif inspect.isclass(thing) and issubclass(thing, unittest.TestCase):
            for method in unittest.defaultTestLoader.getTestCaseNames(thing):
                yield f"{name}.{method}", of_case(thing, method, mini)
        elif inspect.isclass(thing) and name.startswith("Test"):
            for method, function in list(vars(thing).items()):
                if isinstance(function, types.FunctionType) and method.startswith("test"):
                    yield from of_function(f"{name}.{method}", function, thing, module=module, mini=mini, output=output)


def of_case(case: type[unittest.TestCase], method: str, mini: Any) -> Test:
    """Make a test of a ``unittest`` case: it raises what went wrong first."""

    def run() -> None:
        result = FirstProblem()
        unittest.TestSuite([case(method)]).run(result)
        if result.problem is not None:
            raise result.problem
        if result.skipped:
            raise mini.Skipped(result.skipped[0][1])
        if result.unexpectedSuccesses:
            raise AssertionError("passed, although it is expected to fail")

    return run


class FirstProblem(unittest.TestResult):
    """Keeps the first exception as it was raised."""

    problem: BaseException | None = None

    def addError(self, test: Any, err: Any) -> None:  # noqa: ARG002, N802 - unittest's
        """Keep an error."""
        self.problem = self.problem or err[1]

    addFailure = addError  # noqa: N815 - unittest's

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:  # noqa: ARG002, N802 - unittest's
        """Keep a failure of a part of a test."""
        if err is not None:
            self.addError(test, err)


def of_function(
    name: str, function: Any, owner: Any, *, module: types.ModuleType, mini: Any, output: Output
) -> Iterator[tuple[str, Test]]:
    """Yield one test for each set of parameters."""
    skip, expected_to_fail = mini.expectation(function, owner)
    builtin = {"tmp_path": lambda: Path(tempfile.mkdtemp()), "capsys": lambda: output}
    fixtures = mini.Fixtures(vars(module), vars(owner) if owner else {}, builtin=builtin)

    def make(values: dict[str, Any]) -> Test:
        def run() -> None:
            if skip is not None:
                raise mini.Skipped(skip)
            try:
                call(function, owner, values, fixtures)
            except mini.Skipped:
                raise
            except Exception:
                if not expected_to_fail:
                    raise

        return run

    for label, values in mini.cases(function):
        yield f"{name}[{label}]" if label else name, make(values)


def call(function: Any, owner: Any, values: dict[str, Any], fixtures: Any) -> None:
    """Call a test function with its parameters and fixtures, a method on a fresh instance of its class."""
    instance: Any = owner() if owner else None
    made = dict(values)
    with contextlib.ExitStack() as stack:
        for name in fixtures.always():
            fixtures.make(name, stack, instance, made)
        if hasattr(instance, "setup_method"):
            instance.setup_method()
        if hasattr(instance, "teardown_method"):
            stack.callback(instance.teardown_method)
        names = list(inspect.signature(function).parameters)[1 if owner else 0 :]
        given = {name: fixtures.make(name, stack, instance, made) for name in names}
        result = function(instance, **given) if owner else function(**given)
        if inspect.iscoroutine(result):
            import asyncio  # a quarter of the time to start, where no test needs it

            asyncio.run(result)


# --- running one ------------------------------------------------------------------------------------------------------


class Output:
    """What a test prints; ``readouterr`` makes it the ``capsys`` fixture."""

    def __init__(self) -> None:
        self.out = self.err = io.TextIOWrapper(io.BytesIO())

    @contextlib.contextmanager
    def captured(self) -> Iterator[None]:
        """Take what is printed within."""
        self.out, self.err = (
            io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="backslashreplace", write_through=True)
            for _ in range(2)
        )
        with contextlib.redirect_stdout(self.out), contextlib.redirect_stderr(self.err):
            yield

    def readouterr(self) -> Any:
        """Return what was printed since the last call."""
        return types.SimpleNamespace(out=self._take(self.out), err=self._take(self.err))

    @staticmethod
    def _take(stream: Any) -> str:
        text: str = stream.buffer.getvalue().decode(errors="backslashreplace")
        stream.seek(0)
        stream.truncate()
        return text


def run_all(tests: Iterable[tuple[str, Test]], tell: Tell, output: Output, skipped: type[BaseException]) -> None:
    """Run tests, one after the other."""
    for name, test in tests:
        run_one(name, test, tell, output, skipped)


def run_one(name: str, test: Test, tell: Tell, output: Output, skipped: type[BaseException]) -> None:
    """Run one test and tell how it went."""
    tell("start", name=name)
    try:
        with output.captured():
            test()
    except skipped as why:
        tell("skip", name=name, message=str(why))
    except BaseException as problem:  # noqa: BLE001 - SystemExit and KeyboardInterrupt too
        tell("fail", name=name, message=describe(problem, output))
    else:
        tell("pass", name=name)


def describe(problem: BaseException, output: Output) -> str:
    """Say what went wrong and where, in a few lines, with nothing of this runner."""
    if isinstance(problem, SyntaxError) and problem.filename:
        where = f"{Path(problem.filename).name}:{problem.lineno}"
        return f"{type(problem).__name__}: {problem.msg}, at {where}: {(problem.text or '').strip()}"[:LONGEST]
    parts = [headline(problem), *places(problem)]
    printed = output.readouterr().out.strip()
    if printed:
        parts.append(f"it printed: {shorten(printed, 200)}")
    return "\n".join(parts)[:LONGEST]


def headline(problem: BaseException) -> str:
    """Return the exception in one line; an assertion without its type."""
    text = str(problem).strip()
    if isinstance(problem, SystemExit):
        return f"the program calls exit({problem.code!r})"
    if isinstance(problem, AssertionError):
        return text or "assertion failed"
    return f"{type(problem).__name__}: {text}" if text else type(problem).__name__


def places(problem: BaseException) -> list[str]:
    """Return the lines of the working folder that led to the problem: the innermost, and the test's own."""
    stack = [frame for frame in traceback.extract_tb(problem.__traceback__) if is_own(frame.filename)]
    chosen = stack[-1:] if len(stack) < 2 else [stack[-1], stack[0]]
    words = ("at", "called from")
    return [
        f"  {word} {Path(frame.filename).relative_to(HERE)}:{frame.lineno}: {(frame.line or '').strip()}"
        for word, frame in zip(words, chosen, strict=False)
    ]


def is_own(path: str) -> bool:
    """Whether a file belongs to the program, not to Python or to this runner."""
    return Path(path).is_relative_to(HERE) and not Path(path).name.startswith("_glasswork_")


def shorten(text: str, most: int) -> str:
    """Cut the middle out of a long text."""
    return text if len(text) <= most else f"{text[: most * 2 // 3]} ... {text[-most // 3 :]}"


# --- assertions that say why ------------------------------------------------------------------------------------------


class Rewriter(ast.NodeTransformer):
    """Turns ``assert left == right`` into one that evaluates each side once and names their values when it fails."""

    def visit_Assert(self, node: ast.Assert) -> list[ast.stmt]:
        """Rewrite one assertion."""
        test, negated = node.test, False
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            test, negated = test.operand, True
        sides = (
            [test.left, *test.comparators]
            if isinstance(test, ast.Compare) and len(test.ops) == 1 and not negated
            else [test]
        )
        names = [f"@{number}" for number in range(len(sides))]
        loads: list[ast.expr] = [ast.Name(name, ast.Load()) for name in names]
        again: ast.expr = loads[0]
        if len(sides) > 1:
            assert isinstance(test, ast.Compare)
            again = ast.Compare(loads[0], test.ops, loads[1:])
        elif negated:
            again = ast.UnaryOp(ast.Not(), loads[0])
        said: list[ast.expr] = [node.msg] if node.msg else [ast.Constant(None)]
        words: list[ast.expr] = [ast.Constant(ast.unparse(node.test)), *said]
        pairs: list[ast.expr] = [
            ast.Tuple([ast.Constant(None if isinstance(side, ast.Constant) else ast.unparse(side)), load], ast.Load())
            for side, load in zip(sides, loads, strict=True)
        ]
        message = ast.Call(ast.Name("@explain", ast.Load()), [*words, *pairs], [])
        kept: list[ast.stmt] = [
            ast.Assign([ast.Name(name, ast.Store())], side) for name, side in zip(names, sides, strict=True)
        ]
        return [ast.copy_location(each, node) for each in (*kept, ast.Assert(again, message))]


def explain(source: str, said: Any, *sides: tuple[str | None, Any]) -> str:
    """Return what an assertion that failed was about: its text, then the values of its sides that are not constants."""
    values = [f"{shorten(text, 80)} is {value_of(value)}" for text, value in sides if text is not None]
    lines = [f"assert {shorten(source, 200)}"] + ([str(said)] if said is not None else [])
    lines += [f"  where {each}" for each in values]
    if len(sides) == 2:
        lines += first_difference(sides[0][1], sides[1][1])
    return "\n".join(lines)


def value_of(value: Any) -> str:
    """Return a short ``repr``."""
    try:
        return shorten(repr(value), 160)
    except Exception as problem:  # noqa: BLE001 - the program's own __repr__
        return f"a {type(value).__name__} whose repr fails ({type(problem).__name__})"


def first_difference(left: Any, right: Any) -> list[str]:
    """Say where two long sequences of one kind begin to differ."""
    if type(left) is not type(right) or not isinstance(left, (list, tuple, str)) or min(len(left), len(right)) <= 5:
        return []
    for index, (one, other) in enumerate(zip(left, right, strict=False)):
        if one != other:
            return [f"  first difference at index {index}: {value_of(one)} and {value_of(other)}"]
    return [f"  lengths {len(left)} and {len(right)}"] if len(left) != len(right) else []
