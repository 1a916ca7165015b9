"""Single assertions out of whatever a model wrote, and the file they become."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasswork.agent.cases import cases_in, grounded
from glasswork.agent.cases import test_file as make_file

PROGRAM = "import math\n\ndef half(x):\n    return x / 2\n"


def bodies(code, most=8):
    return list(cases_in(code, most).bodies)


def test_each_assertion_is_a_test_of_its_own_and_counts_once():
    code = "assert half(4) == 2\nassert half( 4 ) == 2\n\ndef test_more():\n    assert half(1) == 0.5\n    assert half(0) == 0\n"
    assert bodies(code) == ["assert half(4) == 2", "assert half(1) == 0.5", "assert half(0) == 0"]


def test_a_test_that_needs_its_other_statements_keeps_them():
    code = "def test_setup():\n    '''Why.'''\n    x = half(8)\n    assert x == 4\n"
    assert bodies(code) == ["x = half(8)\nassert x == 4"]


def test_methods_of_test_classes_count_and_what_wants_arguments_does_not():
    code = "class TestHalf:\n    def test_it(self):\n        assert half(2) == 1\n\ndef test_fixture(tmp_path):\n    x = 1\n    assert tmp_path\n"
    assert bodies(code) == ["assert half(2) == 1"]


def test_an_unfinished_end_is_left_out_and_no_more_than_asked_for_is_kept():
    code = "\n".join(f"assert half({n}) == {n / 2}" for n in range(20)) + "\nassert half(20) == '10"
    assert bodies(code, most=30) == [f"assert half({n}) == {n / 2}" for n in range(20)]
    assert len(bodies(code, most=3)) == 3


@pytest.mark.parametrize("code", ["", "assert", "x = 1", "def f(:", "\x00"])
def test_no_assertion_gives_no_test(code):
    assert bodies(code) == []


def test_only_imports_that_can_work_are_kept():
    code = "import solution\nimport numpy as np\nfrom solution import half\nfrom decimal import Decimal\nassert half(4) == 2\n"
    text = make_file(cases_in(code, 8), ["solution"])
    assert [line for line in text.splitlines() if "import" in line] == [
        "import solution",
        "from solution import half",
        "from decimal import Decimal",
        "from solution import *",
    ]


def test_the_file_runs_and_fails_where_the_program_is_wrong(tmp_path):
    (tmp_path / "solution.py").write_text(PROGRAM)
    cases = cases_in("assert half(4) == 2\nassert half(4) == 3\nassert math.floor(half(3)) == 1", 8)
    (tmp_path / "test_solution.py").write_text(make_file(cases, ["solution"]))
    runner = (
        "import test_solution\n"
        "for name, test in sorted(vars(test_solution).items()):\n"
        "    if name.startswith('test_'):\n"
        "        try: test(); print(name, 'pass')\n"
        "        except AssertionError: print(name, 'fail')\n"
    )
    done = subprocess.run([sys.executable, "-c", runner], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["test_1 pass", "test_2 fail", "test_3 pass"]


@given(st.text(alphabet="assert f(x)==\n 'd:1#\\\x00", max_size=200))
def test_whatever_a_model_says_the_file_is_python(code):
    compile(make_file(cases_in(code, 8), ["solution"]), "test_solution.py", "exec")


STATED = [
    ("slugify('A b') returns 'a-b'.", "assert slugify('A b') == 'a-b'", True),
    ('slugify("A b") → "a-b"', "assert slugify('A b') == 'a-b'", True),
    (">>> f([1,2])\n[2,1]", "assert f([1, 2]) == [2, 1]", True),
    (">>> ok(3)\nTrue", "assert ok(3)", True),
    (">>> ok(3)\nFalse", "assert not ok(3)", True),
    (">>> ok(3)\nFalse\n>>> ok(4)\nTrue", "assert ok(4) is True", True),
    ("f(1) should be equal to 2", "assert f(1) == 2", True),
    ("slugify('A b') returns 'a-b'.", "assert slugify('A b') == 'A-b'", False),
    ("slugify('A b') returns 'a-b'.", "assert slugify('C d') == 'c-d'", False),
    ("f(1) is one thing that somebody might want to know about, and then there is 2", "assert f(1) == 2", False),
    ("f(1) gives 2", "x = f(1)\nassert x == 2", False),
]


@pytest.mark.parametrize(("text", "body", "stated"), STATED)
def test_a_case_is_grounded_where_a_text_states_call_and_result(text, body, stated):
    other = "assert other(1) == 1"
    code = f"def test_a():\n    {body.replace(chr(10), chr(10) + '    ')}\n\n{other}\n"
    kept = grounded(cases_in(code, 8), ["other(1) == 1", text]).bodies
    assert (body in kept) is stated
    assert other in kept


def test_where_nothing_is_stated_all_cases_are_kept():
    cases = cases_in("assert f(1) == 2\nassert f(2) == 3", 8)
    assert grounded(cases, ["A function f."]) == cases
