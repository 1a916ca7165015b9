"""Any event comes back from a log as it went in."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glasswork.log.about import RunAbout
from glasswork.log.blobs import put_back, take_out
from glasswork.log.plain import plain
from glasswork.log.reader import read, verify
from glasswork.log.writer import LogWriter
from glasswork.records import (
    Acted,
    Completion,
    DecisionStarted,
    Event,
    Message,
    ModelAnswered,
    Request,
    Segment,
    StepFinished,
)

ABOUT = RunAbout(run="r", workflow="w")
texts = st.text(max_size=30) | st.text(min_size=1, max_size=3).map(lambda text: text * 200)
keys = st.text(max_size=6) | st.sampled_from(["$blob", "$$blob", "bytes", "hash", '","hash":"'])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)
data = st.dictionaries(keys, values, max_size=4)
events: st.SearchStrategy[Event] = st.one_of(
    st.builds(StepFinished, step=texts, state=st.just("done"), output=data),
    st.builds(Acted, decision=texts, produces=texts, text=texts, data=values),
    st.builds(
        DecisionStarted,
        decision=texts,
        step=texts,
        agent=texts,
        role=texts,
        model=texts,
        strategy=texts,
        segments=st.lists(st.builds(Segment, id=st.just("s1"), source=texts, text=texts), max_size=3).map(tuple),
    ),
    st.builds(
        ModelAnswered,
        place=texts,
        digest=texts,
        request=st.builds(
            Request,
            messages=st.lists(st.builds(Message, role=st.just("user"), content=texts), max_size=2).map(tuple),
            json_schema=st.none() | data,
        ),
        completion=st.builds(Completion, text=texts, data=values, reasoning=texts),
    ),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(events, min_size=1, max_size=5))
def test_events_come_back(recorded: list[Event]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        with LogWriter.create(Path(folder) / "r", ABOUT) as writer:
            for event in recorded:
                writer.record(event)
        assert list(read(Path(folder) / "r").events) == recorded
        assert verify(Path(folder) / "r").ok
        assert (Path(folder) / "r" / "events.jsonl").read_bytes().count(b"\n") == len(recorded)


@given(data)
def test_blobs_go_out_and_come_back(value: dict[str, Any]) -> None:
    kept: dict[str, str] = {}

    def put(text: str) -> str:
        kept[str(len(kept))] = text
        return str(len(kept) - 1)

    assert put_back(take_out(value, put), kept.__getitem__) == value


def test_what_json_cannot_hold_is_spelled_out() -> None:
    assert plain({"a": ("x\udc80", float("nan")), 3: float("-inf"), "é": True}) == {
        "a": ["x\\udc80", "NaN"],
        "3": "-Infinity",
        "é": True,
    }


def test_lone_surrogates_and_infinities_reach_the_log(tmp_path: Path) -> None:
    with LogWriter.create(tmp_path / "r", ABOUT) as writer:
        writer.record(StepFinished(step="a", state="done", output={"\udc80": "\ud800"}, seconds=float("inf")))
    event = read(tmp_path / "r").events[0]
    assert isinstance(event, StepFinished)
    assert (event.output, event.seconds) == ({"\\udc80": "\\ud800"}, float("inf"))
