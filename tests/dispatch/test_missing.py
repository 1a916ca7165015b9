"""What of a request no call of a plan takes up."""

from pathlib import Path

import pytest

from glasswork.definitions import ToolInput
from glasswork.dispatch import Desk, Planning, TaskGraph
from glasswork.dispatch.graph import Ref, Task
from glasswork.dispatch.missing import missing
from glasswork.tools.base import Blob, Spec

SPECS = {
    spec.name: spec
    for spec in (
        Spec(name="alarm_set", description="Sets an alarm.", inputs={"at": ToolInput(type="text")}),
        Spec(name="alarm_change", description="Changes an alarm.", inputs={"at": ToolInput(type="text")}),
        Spec(name="speak", description="Reads a text aloud 念出来.", inputs={"text": ToolInput(type="text")}),
        Spec(name="translate", description="Translates a text 翻译.", inputs={"text": ToolInput(type="text")}),
    )
}


def planning(request, *files):
    blobs = {name: Blob(name=name, media_type="text/plain", sha256="0" * 64, size=1, path=Path(name)) for name in files}
    return Planning(Desk(None, None, "ask"), request, blobs, SPECS, tuple(SPECS.values()))


def tasks(*calls):
    return TaskGraph(tuple(Task(f"t{n}", tool, arguments=arguments) for n, (tool, arguments) in enumerate(calls, 1)))


@pytest.mark.parametrize(
    ("request_", "calls", "left"),
    [
        (
            "Set an alarm for 7, and then change the other alarm.",
            [("alarm_set", {"at": 7})],
            ['"change the other alarm."'],
        ),
        ("Set an alarm for 7, and then change the other alarm.", [("alarm_set", {}), ("alarm_change", {})], ["7"]),
        ("Set an alarm for 7.", [("alarm_set", {"at": "7.0"})], []),
        ("Change an alarm, set to 7.", [("alarm_set", {"at": "07"})], []),
        ("Set an alarm. Please!", [("alarm_set", {})], []),
        ("Set an alarm. Many thanks in advance!", [("alarm_set", {})], []),
        ("把上海念出来\uff0c然后把北京翻译成英文", [("speak", {"text": "上海"})], ['"把北京翻译成英文"']),
        ("Say 1,500 and -2.5", [("speak", {"text": "1500"})], ["-2.5"]),
        (
            "Translate it and then read the text aloud",
            [("translate", {"text": Ref("a.txt")})],
            ['"read the text aloud"'],
        ),
    ],
)
def test_what_is_left(request_, calls, left):
    assert missing(planning(request_), tasks(*calls)) == left


def test_files_come_first_and_each_once():
    asked = planning("Read a.txt and b.txt aloud, in Rome and Paris, 5 times and 5 times", "a.txt", "b.txt")
    given = tasks(("speak", {"text": Ref("a.txt"), "voice": "Rome"}))
    assert missing(asked, given) == ["b.txt", "5", "Paris"]


def test_a_long_clause_is_told_by_its_beginning():
    (told,) = missing(planning(f"Set an alarm. Change it to {'much ' * 60}later."), tasks(("alarm_set", {})))
    assert told.startswith('"Change it to much')
    assert len(told) == 122
