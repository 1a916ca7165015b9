"""Any event comes back from a log as it went in."""

from __future__ import annotations

import hashlib
import json
import tempfile
from enum import IntEnum, StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glasswork.log.about import RunAbout
from glasswork.log.blobs import Blobs, blobs_named_in
from glasswork.log.encode import Encoder
from glasswork.log.plain import plain
from glasswork.log.reader import read, verify
from glasswork.log.redact import Redactor
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


class Colour(StrEnum):
    RED = "red"


class Size(IntEnum):
    BIG = 3


nasty = st.sampled_from(["$blob:", "$$blob:" + "0" * 64, '"$blob:' + "0" * 64 + '"', '\\"$$blob:', "\\u00e9"])
texts = st.text(max_size=30) | st.text(min_size=1, max_size=3).map(lambda text: text * 900) | nasty
keys = texts | st.sampled_from(["$blob:", "$$blob:x", "$blob", "hash", '","hash":"', '"$blob:', '\\"$$blob:'])
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


@pytest.mark.usefixtures("no_sync")
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(st.lists(events, min_size=1, max_size=5))
def test_events_come_back(recorded: list[Event]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        with LogWriter.create(Path(folder) / "r", ABOUT) as writer:
            for event in recorded:
                writer.record(event)
        assert list(read(Path(folder) / "r").events) == recorded
        assert verify(Path(folder) / "r").ok
        assert (Path(folder) / "r" / "events.jsonl").read_bytes().count(b"\n") == len(recorded)


SECRET = "s3cret-of-ours"


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(events, st.booleans())
def test_the_fast_way_writes_what_the_plain_way_does(event: Event, secret: bool) -> None:
    kept: dict[str, str] = {}

    def store(text: str) -> str:
        name = hashlib.sha256(text.encode()).hexdigest()
        kept[name] = text
        return name

    if secret and isinstance(event, StepFinished):
        output = {SECRET: [event.output, f"a {SECRET} b"], "\ud800": "\udfff" * 900}
        event = event.model_copy(update={"output": output, "seconds": float("nan")})
    redactor = Redactor({"OURS": SECRET})
    written = Encoder(redactor, store).event(event)
    assert written.isascii()
    assert "\n" not in written
    assert set(blobs_named_in(written.encode())) == set(kept)
    blobs = Blobs(Path("nowhere"))
    blobs.get = kept.__getitem__  # type: ignore[method-assign]
    assert json.loads(blobs.put_back(written.encode())) == redactor.data(plain(event.model_dump(exclude={"type"})))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (("x\udc80", 1), '["x\\\\udc80",1]'),
        ({7: 2, None: 3, True: 4, 1.5: 5, "é": 6}, '{"7":2,"null":3,"true":4,"1.5":5,"\\u00e9":6}'),
        ([float("nan"), float("inf"), float("-inf"), -0.0, 1e300], '["NaN","Infinity","-Infinity",-0.0,1e+300]'),
        (MappingProxyType({"a": Message(role="user", content="hi")}), '{"a":{"role":"user","content":"hi"}}'),
        ((Colour.RED, Size.BIG, True), '["red",3,true]'),
        (10**40, str(10**40)),
    ],
)
def test_how_values_are_written(value: Any, text: str) -> None:
    event = StepFinished(step="a", state="done").model_copy(update={"output": {"v": value}})
    written = Encoder(Redactor(), str).event(event)
    assert f'"output":{{"v":{text}}}' in written
    if not isinstance(value, MappingProxyType):
        assert json.loads(text) == plain(value)


def test_a_text_is_looked_at_once() -> None:
    seen: list[str] = []

    class Watching(Redactor):
        def text(self, text: str) -> str:
            seen.append(text)
            return super().text(text)

    encoder = Encoder(Watching(), str)
    event = StepFinished(step="build", state="done", output={"text": "again"})
    assert encoder.event(event) == encoder.event(event)
    assert seen.count("again") == 1


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("glasswork.log.encode._ROOM", 1000)
    encoder = Encoder(Redactor(), lambda text: "0" * 64)
    for number in range(200):
        encoder.event(StepFinished(step=f"s{number}", state="done", output={"text": f"{number}" * 900}))
    assert sum(map(len, encoder._texts)) < 5000


def test_lone_surrogates_and_infinities_reach_the_log(tmp_path: Path) -> None:
    with LogWriter.create(tmp_path / "r", ABOUT) as writer:
        writer.record(StepFinished(step="a", state="done", output={"\udc80": "\ud800"}, seconds=float("inf")))
    event = read(tmp_path / "r").events[0]
    assert isinstance(event, StepFinished)
    assert (event.output, event.seconds) == ({"\\udc80": "\\ud800"}, float("inf"))
