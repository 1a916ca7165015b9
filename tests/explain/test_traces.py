"""Traces of others: read, refused with one clear error, scored exactly, and guessed at without a model."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasswork.errors import UserError
from glasswork.explain.traces import (
    Guess,
    Trace,
    TraceStep,
    baselines,
    by_chance,
    first_turn,
    from_who_and_when,
    last_speaker,
    majority,
    most_active,
    read_traces,
    score,
    speaker,
)


def trace(speakers, agent="", step=None, name="t"):
    steps = tuple(TraceStep(agent=one, text=f"text {n}") for n, one in enumerate(speakers.split()))
    return Trace(id=name, steps=steps, mistake_agent=agent, mistake_step=step)


GENERATED = {
    "is_correct": False,
    "question": "How many?",
    "question_ID": "abc",
    "level": 2,
    "ground_truth": 42,
    "history": [
        {"content": "Solve it.", "name": "Expert", "role": "user"},
        {"content": None, "name": "Computer_terminal", "role": "user"},
        {"content": [{"type": "text", "text": "It is 41."}], "name": "Checker", "role": "assistant"},
    ],
    "mistake_agent": "Checker",
    "mistake_step": "2",
    "mistake_reason": "wrong",
    "system_prompt": {"Checker": "Check."},
}
CRAFTED = {
    "history": [
        {"content": "Please.", "role": "human"},
        {"content": "Look.", "role": "Orchestrator (-> WebSurfer)"},
        {"content": "Hm.", "role": "Orchestrator (thought)"},
        {"content": "Seen.", "role": "WebSurfer"},
    ],
    "question": "Where?",
    "ground_truth": "here",
    "is_corrected": False,
    "question_ID": "def",
    "mistake_agent": "WebSurfer",
    "mistake_reason": "wrong",
    "mistake_step": "3",
}


# --- reading --------------------------------------------------------------------------------------------------------


def test_both_splits_of_the_public_layout():
    one = from_who_and_when(GENERATED)
    assert [step.agent for step in one.steps] == ["Expert", "Computer_terminal", "Checker"]
    assert [step.text for step in one.steps] == ["Solve it.", "", "It is 41."]
    assert (one.id, one.outcome, one.truth, one.mistake_agent, one.mistake_step) == (
        "abc",
        "failed",
        "42",
        "Checker",
        2,
    )
    other = from_who_and_when(CRAFTED)
    assert [(step.agent, step.stage) for step in other.steps] == [
        ("human", ""), ("Orchestrator", "-> WebSurfer"), ("Orchestrator", "thought"), ("WebSurfer", "")
    ]  # fmt: skip
    assert other.mistake_step == 3


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Orchestrator (-> WebSurfer)", ("Orchestrator", "-> WebSurfer")),
        (" Expert ", ("Expert", "")),
        ("(odd)", ("(odd)", "")),
    ],
)
def test_speakers(name, expected):
    assert speaker(name) == expected


def test_a_file_holds_one_trace_or_a_list_or_one_a_line(tmp_path):
    plain = {"steps": [{"agent": "a", "text": "x"}]}
    one, many, lines = tmp_path / "one.json", tmp_path / "many.json", tmp_path / "lines.jsonl"
    one.write_text(json.dumps(plain))
    many.write_text(json.dumps([plain, GENERATED]))
    lines.write_text("\ufeff" + json.dumps(CRAFTED) + "\n\n" + json.dumps({**plain, "id": "mine"}) + "\n")
    assert [found.id for found in read_traces(one)] == ["one"]
    assert [found.id for found in read_traces(many)] == ["many-1", "abc"]
    assert [found.id for found in read_traces(lines)] == ["def", "mine"]


def test_a_folder_is_read_by_number(tmp_path):
    for number in (10, 2, 1):
        (tmp_path / f"{number}.json").write_text(json.dumps({"steps": [{"agent": "a", "text": "x"}]}))
    assert [found.id for found in read_traces(tmp_path)] == ["1", "2", "10"]


STEP = {"agent": "a", "text": "x"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is not JSON"),
        ("{", "is not JSON"),
        ("[]", "holds no trace"),
        ("3", "is not a trace, but int"),
        ('[{"steps": [{"agent": "a", "text": "x"}]}, "no"]', "trace 2 is not a trace, but str"),
        ('{"steps": []}', "steps: "),
        ('{"steps": "none"}', "steps: "),
        ('{"steps": [{"agent": "a"}]}', "steps.0.text: Field required"),
        (json.dumps({"steps": [STEP], "extra": 1}), "extra: "),
        (json.dumps({"steps": [STEP], "mistake_step": 1}), "mistake_step is 1, and there are 1 steps"),
        (json.dumps({**CRAFTED, "mistake_step": "three"}), "'three', which is no number"),
        (json.dumps({**CRAFTED, "mistake_step": "4"}), "mistake_step is 4, and there are 4 steps"),
        (json.dumps({**CRAFTED, "history": []}), "'history' is not a list of steps"),
        (json.dumps({**CRAFTED, "history": ["text"]}), "step 0 of 'history' does not say who speaks"),
        ("[" * 100_000, "is n"),
    ],
)
def test_a_file_that_is_no_trace_is_one_clear_error(tmp_path, content, said):
    path = tmp_path / "trace.json"
    path.write_text(content)
    with pytest.raises(UserError) as caught:
        read_traces(path)
    assert said in caught.value.message
    assert str(path) in caught.value.message
    assert "\n" not in caught.value.message


def test_a_bad_line_is_named(tmp_path):
    path = tmp_path / "traces.jsonl"
    path.write_text(json.dumps({"steps": [STEP]}) + "\n{\n")
    with pytest.raises(UserError, match="line 2 is not JSON"):
        read_traces(path)


def test_files_that_are_not_there_or_not_text(tmp_path):
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "none.json", tmp_path / "bytes.json"):
        with pytest.raises(UserError, match="cannot be read"):
            read_traces(path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="holds no"):
        read_traces(tmp_path / "empty")


# --- scoring --------------------------------------------------------------------------------------------------------


def test_exact_match_and_within_k():
    traces = [
        trace("a b a b a b a b a b a b a", "a", 1, "1"),
        trace("a b c", "b", 2, "2"),
        trace("a b", name="unknown"),
    ]
    found = score(traces, [Guess(agent="a (thought)", step=12), Guess(agent="bb", step=1), Guess(agent="a", step=0)])
    assert (found.agent.hits, found.agent.of) == (1, 2)  # "b" is not found in "bb"
    assert (found.step.hits, found.step.of) == (0, 2)  # "1" is not found in "12"
    assert {k: share.hits for k, share in found.within.items()} == {1: 1, 3: 1, 5: 1}
    assert found.both.of == 2
    assert score(traces, [Guess()] * 3).step.hits == 0
    with pytest.raises(ValueError):
        score(traces, [])


def test_guesses_that_need_no_model():
    one = trace("human planner coder Computer_terminal Computer_terminal Computer_terminal coder planner user")
    assert most_active(one) == Guess(agent="planner", step=1)
    assert last_speaker(one) == Guess(agent="planner", step=1)
    assert first_turn(one) == Guess(agent="planner", step=1)
    assert most_active(trace("a b b")) == Guess(agent="b", step=1)
    assert last_speaker(trace("a b c human")) == Guess(agent="c", step=2)
    assert last_speaker(trace("human")) == Guess()


def test_the_majority_never_counts_the_trace_itself():
    traces = [trace("a b", "a", 0), trace("a b", "a", 0), trace("a b", "b", 1)]
    assert majority(traces) == [Guess(agent="a", step=0), Guess(agent="a", step=0), Guess(agent="a", step=0)]
    # One against one: leaving itself out, each is told the other's.
    assert score(traces[1:], majority(traces[1:])).agent.hits == 0


def test_baselines_come_with_intervals():
    found = baselines([trace("a b b", "b", 1), trace("a b", "a", 0)])
    assert found.keys() == {"most active", "last speaker", "first turn", "majority of the others"}
    active = found["most active"].agent
    assert (active.hits, active.of) == (2, 2)
    assert 0 < active.low < active.high == 1


def test_chance_by_hand():
    found = by_chance([trace("human a b c", "b", 0), trace("a b", "a", 1)])
    assert found.agent == pytest.approx((1 / 3 + 1 / 2) / 2)
    assert found.step == pytest.approx((1 / 4 + 1 / 2) / 2)
    assert found.within[1] == pytest.approx((2 / 4 + 1) / 2)
    assert by_chance([trace("a b")]).agents_of == 0


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=12), st.data())
def test_the_right_guess_scores_and_chance_is_what_all_guesses_average(speakers, data):
    step = data.draw(st.integers(0, len(speakers) - 1))
    one = trace(" ".join(speakers), speakers[step], step)
    right = score([one], [Guess(agent=speakers[step], step=step)])
    assert (right.agent.hits, right.step.hits, right.both.hits) == (1, 1, 1)
    hits = [score([one], [Guess(step=guess)], within=(2,)).within[2].hits for guess in range(len(speakers))]
    assert by_chance([one], within=(2,)).within[2] == pytest.approx(sum(hits) / len(hits))
