"""The test runner: what passes, what does not, and that it says why in few words."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.sandbox.conftest import opened

from glasswork.sandbox.base import Limits, Result
from glasswork.sandbox.programs import _report, _steps, run_program, run_tests

SOLUTION = b"""
def add(a, b):
    return a + b

def divide(a, b):
    return a / b
"""
LIMITS = Limits(wall_seconds=5, memory_mb=256)


@pytest.fixture
async def sandbox():
    return await opened("local")


async def judged(sandbox, test: str, limits: Limits = LIMITS):
    files = {"solution.py": SOLUTION, "test_solution.py": test.encode()}
    return await run_tests(sandbox, files, "test_solution.py", limits)


PASSING = """
import unittest
import pytest
from solution import add, divide

def test_plain(): assert add(1, 2) == 3, "never said"
def test_negated(): assert not add(0, 0)
def test_raises():
    with pytest.raises(ZeroDivisionError, match="division") as caught: divide(1, 0)
    assert caught.type is ZeroDivisionError
def test_approx():
    assert divide(1, 3) == pytest.approx(0.3333333)
    assert [0.1 + 0.2] == pytest.approx([0.3])
    assert divide(1, 3) != pytest.approx(0.3)
@pytest.mark.parametrize("b", [2, pytest.param(3, id="three")])
@pytest.mark.parametrize("a, total", [(1, None), (2, None)])
def test_many(a, b, total): assert add(a, b) == a + b
@pytest.fixture
def numbers():
    yield [1, 2]
    print("torn down")
def test_fixture(numbers, tmp_path, capsys):
    print("seen")
    assert capsys.readouterr().out == "seen\\n"
    (tmp_path / "x").write_text("x")
    assert numbers == [1, 2]
class TestGroup:
    def setup_method(self): self.two = 2
    def test_in_a_class(self): assert add(1, 1) == self.two
class TestCase(unittest.TestCase):
    def setUp(self): self.three = 3
    def test_case(self): self.assertEqual(add(1, 2), self.three)
    @unittest.skip("not now")
    def test_skipped(self): self.fail("skipped tests do not run")
async def test_async(): assert add(1, 2) == 3
@pytest.mark.skip(reason="later")
def test_later(): assert False
@pytest.mark.xfail
def test_known(): assert add(1, 1) == 3
"""


async def test_all_kinds_of_tests_pass(sandbox):
    report = await judged(sandbox, PASSING)
    assert report.passed, report.report
    assert report.ran == 4 + 4 + 1 + 1 + 1 + 1 + 1
    assert report.report == "13 passed, 0 failed"


FAILING = {
    "values": (
        "from solution import *\ndef test_it(): assert add(1, 2) == 4",
        ["assert add(1, 2) == 4", "add(1, 2) is 3", "test_solution.py:2"],
    ),
    "own words": (
        "from solution import *\ndef test_it(): assert add(1, 2) < 3, 'too big'",
        ["too big", "add(1, 2) is 3"],
    ),
    "exception": (
        "from solution import *\ndef test_it(): divide(1, 0)",
        ["ZeroDivisionError: division by zero", "solution.py:6: return a / b", "test_solution.py:2: def test_it()"],
    ),
    "unittest": (
        "import unittest, solution\nclass T(unittest.TestCase):\n  def test_it(self): self.assertEqual(solution.add(1, 1), 3)",
        ["T.test_it: 2 != 3", "test_solution.py:3"],
    ),
    "not raised": (
        "import pytest\ndef test_it():\n  with pytest.raises(ValueError): pass",
        ["ValueError was not raised"],
    ),
    "long lists": ("def test_it(): assert list(range(9)) == [0, 1, 2, 3, 4, 5, 6, 0, 8]", ["index 7: 7 and 0"]),
    "unknown fixture": ("def test_it(mocker): pass", ["cannot make the fixture 'mocker'", "tmp_path"]),
    "unknown pytest": ("import pytest\ndef test_it(): pytest.importorskip('x')", ["no 'importorskip'", "parametrize"]),
    "printed": ("def test_it():\n  print('a hint')\n  assert False", ["it printed: a hint"]),
    "syntax": ("def test_it(:\n  pass", ["SyntaxError", "test_solution.py:1"]),
    "import": ("import nowhere", ["ModuleNotFoundError: No module named 'nowhere'"]),
    "exit at import": ("import sys; sys.exit(0)", ["cannot be imported", "exit(0)"]),
    "exit in a test": ("def test_it(): exit(0)", ["test_it", "exit(0)"]),
    "hard exit": ("import os; os._exit(0)", ["test_solution.py: the program ended itself", "exit status 0"]),
    "hard exit in a test": ("import os\ndef test_it(): os._exit(0)", ["test_it: the program ended itself"]),
    "crash": ("import ctypes\ndef test_it(): ctypes.string_at(0)", ["test_it: the tests crashed (SIGSEGV)"]),
    "memory": (
        "import time\ndef test_it():\n  kept = bytearray(400 << 20); time.sleep(5)",
        ["test_it: the tests used more than 256 MB"],
    ),
    "nothing": ("x = 1", ["no tests found"]),
    "a fake": (
        'print(\'{"what": "pass", "name": "test_it"}\\n{"what": "end"}\', flush=True); import os; os._exit(0)',
        ["ended itself"],
    ),
}


@pytest.mark.parametrize("name", FAILING)
async def test_what_fails_says_why(sandbox, name):
    test, said = FAILING[name]
    report = await judged(sandbox, test)
    assert not report.passed
    for words in said:
        assert words in report.report
    assert len(report.report) < 900
    assert "_glasswork" not in report.report


async def test_tests_without_end_are_named(sandbox):
    test = "def test_fine(): pass\ndef test_loop():\n  while True: pass"
    report = await judged(sandbox, test, LIMITS.model_copy(update={"wall_seconds": 1.0}))
    assert report.report == "1 passed, 1 failed\ntest_loop: the tests did not end within 1 s"
    assert [failure.name for failure in report.failures] == ["test_loop"]


async def test_sides_are_evaluated_once(sandbox):
    test = "n = []\ndef test_it():\n  assert n.append(1) is None\n  assert len(n) == 1, n"
    assert (await judged(sandbox, test)).passed


async def test_threads_left_running_hold_nobody_up(sandbox):
    test = "import threading, time\ndef test_it(): threading.Thread(target=time.sleep, args=(60,)).start()"
    report = await judged(sandbox, test)
    assert report.passed
    assert report.result.seconds < 3


async def test_a_program_that_works_and_one_that_does_not(sandbox):
    good = await run_program(sandbox, {"main.py": b"print(input())"}, "main.py", LIMITS, stdin=b"hello\n")
    assert good.passed
    assert good.report == "the program ended with exit status 0\nstdout:\nhello"
    bad = await run_program(
        sandbox, {"main.py": b"import sys; print(1 / int(sys.argv[1]))"}, "main.py", LIMITS, arguments=["0"]
    )
    assert not bad.passed
    assert "exit status 1" in bad.report
    assert bad.report.endswith("ZeroDivisionError: division by zero")


def ended(**changes) -> Result:
    return Result(
        **{
            "backend": "x",
            "reason": "exit",
            "exit_code": 0,
            "stdout": "",
            "stderr": "",
            "truncated": False,
            "seconds": 0,
        }
        | changes
    )


def test_only_lines_with_the_nonce_count():
    steps = _steps('n1 {"what": "start"}\nn2 {"what": "end"}\n{"what": "end"}\n', "n1", "test_x.py")
    assert [step.what for step in steps] == ["start"]


WHOLE = 'n1 {"what": "start", "name": "a"}\nn1 {"what": "pass", "name": "a"}\nn1 {"what": "end", "told": 2}\n'


def test_an_end_told_by_a_program_that_was_killed_is_none():
    steps = _steps(WHOLE, "n1", "test_x.py")
    assert _report(steps, ended(), LIMITS, "test_x.py").passed
    assert not _report(steps, ended(reason="oom", exit_code=None), LIMITS, "test_x.py").passed
    assert not _report(steps, ended(exit_code=1), LIMITS, "test_x.py").passed


@given(st.text() | st.builds(json.dumps, st.recursive(st.none() | st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["what", "name", "message", "told", "x"]), inner))))  # fmt: skip
@example('{"what": "pass", "name": "a"')
@example('{"what": "pass"}')
@example('{"what": "won", "name": "a"}')
@example("[" * 5000)
@example("")
def test_a_line_more_never_makes_a_pass_and_never_raises(text):
    for stdout in (f"n1 {text}\n{WHOLE}", WHOLE.replace("n1 {", f"n1 {text}\nn1 {{", 1), f"{WHOLE}n1 {text}\n"):
        report = _report(_steps(stdout, "n1", "test_x.py"), ended(), LIMITS, "test_x.py")
        assert not report.passed


def test_a_report_that_was_cut_is_no_pass():
    lines = WHOLE.splitlines(keepends=True)
    for missing in range(2):
        stdout = "".join(line for number, line in enumerate(lines) if number != missing)
        report = _report(_steps(stdout, "n1", "test_x.py"), ended(), LIMITS, "test_x.py")
        assert not report.passed
        assert "longer than 256 kB" in report.report
    cut = WHOLE.replace('"name": "a"}\nn1 {"what": "pass"', "\n[... cut ...]\n")
    assert "damaged" in _report(_steps(cut, "n1", "test_x.py"), ended(), LIMITS, "test_x.py").report
