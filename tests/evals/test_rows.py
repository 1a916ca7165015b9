"""Files of answers: what is read, and what is said of every line that is not as it must be."""

from __future__ import annotations

import json

import pytest

from glasswork.errors import DefinitionError, UserError
from glasswork.evals import Case
from glasswork.evals.rows import labelled, read_rows


@pytest.fixture
def written(tmp_path):
    def write(*lines):
        path = tmp_path / "rows.jsonl"
        texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
        path.write_text("\n".join(texts) + "\n", encoding="utf-8")
        return path

    return write


def test_single_answers_and_pairs(written):
    path = written(
        {"question": "q", "answer": "x", "label": True},
        "",
        {"question": "q", "a": "x", "b": "y", "better": "tie", "id": "seven", "dimension": "depth"},
        {"question": "q", "answer": "x", "label": False},
        {"question": "q", "a": "x", "b": "y"},
    )
    rows = read_rows(path)
    assert [row.case for row in rows] == [
        Case(question="q", answers=("x",)),
        Case(question="q", answers=("x", "y")),
        Case(question="q", answers=("x",)),
        Case(question="q", answers=("x", "y")),
    ]
    assert [row.label for row in rows] == ["yes", "tie", "no", None]
    assert [row.name for row in rows] == ["line 1", "seven", "line 4", "line 5"]
    assert [row.dimension for row in rows] == ["", "depth", "", ""]


def test_a_gate_takes_what_is_about_its_dimension(written):
    row = {"question": "q", "answer": "x", "label": True}
    path = written(
        {**row, "dimension": "depth"}, {**row, "question": "r"}, {**row, "dimension": "safety", "question": "s"}
    )
    assert [one.case.question for one in labelled(path, "safety")] == ["r", "s"]


def test_all_mistakes_are_told_at_once_with_their_lines(written):
    path = written(
        {"question": "q", "answer": "x", "label": "yes"},
        '{"question": "q", "answer"',
        {"question": "q", "answer": "x", "lable": True},
        {"answer": "x"},
        {"question": "q", "a": "x", "better": "c"},
        "[1]",
        {"question": "q", "answer": "x", "dimension": "savety"},
        {"question": "q", "answer": ""},
        "[" * 100_000,
        {"question": "q", "answer": "fine"},
    )
    with pytest.raises(DefinitionError) as raised:
        read_rows(path)
    told = [(one.line, one.message) for one in raised.value.problems]
    assert sorted({line for line, _ in told}) == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    said = [message for _, message in told]
    assert said[0] == "label: expected true or false, found text 'yes'"
    assert said[1].startswith("Expecting ':' delimiter")
    assert "unknown key 'lable'; did you mean 'label'?" in said[2]
    assert said[3].startswith("'question' is missing; expected {")
    assert "'b' is missing" in "".join(said)
    assert any("expected a" in one or "'c' is not known here" in one for one in said)
    assert any("it must be an object" in one for one in said)
    assert any("no dimension named 'savety'; did you mean 'safety'?" in one for one in said)
    assert any(one == "answer: this may not be empty" for one in said)


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ([""], "holds no answers"),
        ([{"question": "q", "answer": "x", "label": True, "dimension": "depth"}], "holds nothing about safety"),
        ([{"question": "q", "answer": "x"}], "line 1 has no label"),
        (
            [{"question": "q", "answer": "x", "label": True}, {"question": "q", "a": "x", "b": "y", "better": "a"}],
            "holds single answers and pairs",
        ),
    ],
)
def test_what_is_no_use_to_a_gate(written, lines, says):
    with pytest.raises(UserError, match=says):
        labelled(written(*lines), "safety")


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(UserError, match="cannot be read: No such file"):
        read_rows(tmp_path / "none.jsonl")
    (tmp_path / "raw.jsonl").write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match="cannot be read"):
        read_rows(tmp_path / "raw.jsonl")
