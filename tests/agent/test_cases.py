"""Test cases as data, and the file they become."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasswork.agent.cases import test_file as make_file
from glasswork.agent.cases import usable

PROGRAM = '''
import math

def half(x):
    if x < 0:
        raise ValueError("negative")
    return x / 2

def greet(name):
    return "hello-" + name
'''


def run(tmp_path, cases):
    (tmp_path / "solution.py").write_text(PROGRAM)
    (tmp_path / "test_solution.py").write_text(make_file(usable(cases), ["solution"]))
    runner = (
        "import test_solution\n"
        "for name, test in sorted(vars(test_solution).items()):\n"
        "    if name.startswith('test_'):\n"
        "        try: test(); print('pass')\n"
        "        except Exception as error: print(type(error).__name__, error)\n"
    )
    done = subprocess.run([sys.executable, "-c", runner], cwd=tmp_path, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def case(call, expected):
    return {"call": call, "expected": expected}


@pytest.mark.parametrize(
    ("call", "expected", "said"),
    [
        ("half(4)", "2", "pass"),
        ("half(1)", "0.5", "pass"),
        ("half(0.2 + 0.4)", "0.3", "pass"),
        ("greet('bob')", "'hello-bob'", "pass"),
        ("greet('bob')", "hello-bob", "pass"),
        ("half(float('inf'))", "float('inf')", "pass"),
        ("half(-1)", "ValueError", "pass"),
        ("half(-1)", "raises a ValueError", "pass"),
        ("half(1)", "ValueError", "AssertionError half(1) returned 0.5 and did not raise ValueError"),
        ("half(4)", "3", "AssertionError half(4) returned 2.0, not 3"),
        ("greet('{x}')", "'{y}'", "AssertionError greet('{x}') returned 'hello-{x}', not '{y}'"),
        ("missing(1)", "1", "NameError name 'missing' is not defined"),
    ],
)
def test_a_case_becomes_a_test_that_says_what_came_and_what_should_have(tmp_path, call, expected, said):
    assert run(tmp_path, [case(call, expected)]) == [said]


def test_what_is_no_call_and_what_is_repeated_is_left_out():
    cases = [case("half(4)", "2"), case("half( 4 )", "3"), case("half(", "1"), case("half", "1"), case("'x'", "1")]
    assert usable(cases) == [case("half(4)", "2")]


@given(st.lists(st.builds(case, st.text(min_size=1, max_size=60), st.text(min_size=1, max_size=60)), max_size=4))
def test_whatever_a_model_says_the_file_is_python(cases):
    compile(make_file(usable(cases), ["solution"]), "test_solution.py", "exec")
