"""A request as a step, once more: for each item, after a crash, and with acts that a person wrote."""

import pytest

from glasswork.agent import Fixed
from glasswork.errors import DefinitionError, ToolUnavailable
from glasswork.tools import spec_of

from . import given_planner  # noqa: F401 - registers the planner that these tests use
from .test_dispatch import GIVEN, HEAD, PLAN, dispatch
from .tool_doubles import STEP, Nobody, Scripted


def script(plan, says=("It says HELLO.", ["t2"]), place="look#1"):
    answer = {"answer": [{"says": says[0], "rests_on": says[1]}]}
    return Scripted([{"place": f"{place}.1/act", "json": {"tasks": plan}}, {"place": "*/act", "json": answer}])


# --- once for each item -------------------------------------------------------------------------------------------------

EACH = (
    'look: {for_each: inputs.photos, dispatch: {request: "{{ index }}: {{ inputs.ask }}", tools: [read, shout], '
    'files: ["{{ item }}"], planner: given}}'
)


async def test_once_for_each_item(trial, supply):
    (trial.folder / "b.png").write_bytes(b"\x89PNG\r\n\x1a\n2")
    plans = [{"place": f"look#1:{n}.1/act", "json": {"tasks": _plan_for(name)}} for n, name in ((1, "a"), (2, "b"))]
    answer = {"answer": [{"says": "It says HELLO.", "rests_on": ["t2"]}]}
    model = Scripted([*plans, {"place": "*/act", "json": answer}])
    head, given = f"{HEAD}\noutputs: {{texts: steps.look.text}}", {"photos": ["a.png", "b.png"]}
    outcome = await trial.run(EACH, model, head=head, inputs=given, tools=supply)
    assert (outcome.state, outcome.outputs) == ("done", {"texts": ["It says HELLO. [t2]"] * 2})
    assert supply.taken == ["a.png", "b.png"]
    places = {one.place for one in trial.of("tool.answered") if "/t" in one.place}
    assert places == {f"look#1:{n}/{call}" for n in (1, 2) for call in ("t1/read", "t2/shout")}
    assert {one.decision.partition(".")[0] for one in trial.of("decision.started")} == {"look#1:1", "look#1:2"}
    planners = [one for one in trial.of("decision.started") if one.role == "planner"]
    requests = {part.text for one in planners for part in one.segments if part.source == "request"}
    assert requests == {"1: Read it aloud!", "2: Read it aloud!"}
    again = await trial.again(EACH, Nobody(), live=False, head=head, inputs=given)
    assert (again.state, trial.new, trial.left) == ("done", [], [])


def _plan_for(name):
    return [{**PLAN[0], "arguments": {"image": {"from": f"{name}.png"}}}, PLAN[1]]


async def test_an_item_that_fails_leaves_the_others(trial, supply):
    plans = [{"place": "look#1:1.1/act", "json": {"tasks": PLAN}}, {"place": "look#1:2.1/act*", "error": "refused"}]
    answer = {"answer": [{"says": "It says HELLO.", "rests_on": ["t2"]}]}
    outcome = await trial.run(
        EACH,
        Scripted([*plans, {"place": "*/act", "json": answer}]),
        head=HEAD,
        inputs={"photos": ["a.png", "a.png"]},
        tools=supply,
    )
    assert outcome.state == "failed"
    assert "item 2: " in outcome.reason
    assert trial.of("step.finished")[-1].output["text"] == ["It says HELLO. [t2]"]


def test_items_that_a_step_made_name_no_file(trial, supply):
    steps = f"first: {{agent: lister, task: Name files.}}\n{EACH.replace('inputs.photos', 'steps.first.items')[:-1]}, needs: first}}"
    with pytest.raises(
        DefinitionError, match="a file is named by an input or here, and not by what a step makes: item"
    ):
        trial.compile(steps, HEAD)


# --- what must not be done twice ----------------------------------------------------------------------------------------

BOOK = "description: Books a table.\ninputs: {text: text}\nhttp: {url: 'https://book.example.org/'}\ntimeout: 5\n"
BOOKED = 'look: {dispatch: {request: "{{ inputs.ask }}", tools: [book, shout], planner: given}}'
BOOKING = [
    {"tool": "book", "does": "", "arguments": {"text": "two"}},
    {"tool": "shout", "does": "", "arguments": {"text": "hello"}},
]


@pytest.fixture
def booking(trial, supply):
    (trial.folder / "tools" / "book.yaml").write_text(BOOK)
    supply.does["book"] = lambda text: f"booked for {text}"
    return supply


def booker():
    return script(BOOKING, ("Done.", ["t1"]))


@pytest.mark.parametrize(
    ("kind", "twice"),
    [
        ("http: {url: 'https://a.example/'}", False),
        ("http: {url: 'https://a.example/', method: GET}", True),
        ("http: {url: 'http://127.0.0.1:9/'}\nwhere: here", True),
        ("http: {url: 'https://a.example/'}\nidempotent: true", True),
        ("mcp: {server: a, tool: b}", False),
        ("endpoint: {prompt: a}", True),
        ("agent: writer", True),
        ("builtin: calculate", True),
        ("builtin: calculate\nidempotent: false", False),
        ("program: {file: tools/p.py}", True),
        ("program: {file: tools/p.py, network: {allow: ['a.example:443']}}", False),
    ],
)
def test_what_may_be_called_twice(trial, supply, kind, twice):
    (trial.folder / "tools" / "p.py").write_text("")
    (trial.folder / "tools" / "one.yaml").write_text(f"description: a\n{kind}\n")
    (found,) = trial.compile(dispatch("tools: [one]"), HEAD).steps["look"].tools
    assert spec_of("one", found.definition).idempotent is twice


async def test_what_was_begun_and_must_not_be_done_twice_waits_for_a_word(trial, booking):
    await trial.run(BOOKED, booker(), head=HEAD, tools=booking)
    cut = next(n for n, one in enumerate(trial.events) if one.type == "tool.answered" and one.tool == "book")
    trial.events, booking.calls = trial.events[:cut], []
    outcome = await trial.again(BOOKED, booker(), head=HEAD, tools=booking)
    assert outcome.state == "waiting"
    assert outcome.reason == (
        "look: book was called before (look#1/t1/book) and may have done it; it must not be called twice "
        "(to call it again: glasswork resume RUN --rerun look)"
    )
    assert booking.calls == ["shout"], "the others are done"
    outcome = await trial.again(BOOKED, booker(), head=HEAD, tools=booking)
    assert (outcome.state, booking.calls) == ("waiting", ["shout"])
    outcome = await trial.again(BOOKED, booker(), head=HEAD, tools=booking, rerun=frozenset({"look"}))
    assert (outcome.state, booking.calls) == ("done", ["shout", "book"])
    again = await trial.again(BOOKED, Nobody(), live=False, head=HEAD)
    assert (again.state, trial.left) == ("done", [])


async def test_what_may_be_done_twice_is_simply_called_again(trial, booking):
    (trial.folder / "tools" / "book.yaml").write_text(f"{BOOK}idempotent: true\n")
    await trial.run(BOOKED, booker(), head=HEAD, tools=booking)
    cut = next(n for n, one in enumerate(trial.events) if one.type == "tool.answered" and one.tool == "book")
    trial.events, booking.calls = trial.events[:cut], []
    assert (await trial.again(BOOKED, booker(), head=HEAD, tools=booking)).state == "done"
    assert sorted(booking.calls) == ["book", "shout"]


async def test_trials_call_nothing_that_must_not_be_called_twice(trial, booking):
    """``blame`` runs a run again from the middle: nobody wants a second table for that."""
    from glasswork.cli.supply import Harmless

    steps = trial.compile(BOOKED, HEAD).steps["look"].tools
    book, shout = steps
    harmless = Harmless(booking)
    with pytest.raises(ToolUnavailable, match="book: it must not be called twice, so a trial does not call it"):
        await harmless.open(book).call({"text": "two"})
    assert (await harmless.open(book).health()).ok, "it can be chosen, as in the run"
    assert await harmless.open(shout).call({"text": "a"}) == "A"
    assert booking.calls == ["shout"]


async def test_a_plan_that_cannot_be_made_says_what_may_help(trial, supply):
    late = [{"tool": "shout", "does": "", "arguments": {"text": {"from": "t2"}}}]
    outcome = await trial.run(STEP, script(late), head=HEAD, inputs=GIVEN, tools=supply)
    assert outcome.state == "failed"
    assert outcome.reason == (
        "look: no plan for this request holds together: t1: there is no task or file 't2'; known: a.png "
        "(what may help: plan otherwise)"
    )


# --- what people write --------------------------------------------------------------------------------------------------


async def test_an_act_that_a_person_wrote(trial, supply):
    fixed = {"look#1.4": Fixed(act="answer: [{says: Bonjour., rests_on: [t1]}]")}
    outcome = await trial.run(STEP, script(PLAN), head=HEAD, inputs=GIVEN, tools=supply, fixed=fixed)
    assert outcome.state == "done"
    assert trial.of("step.finished")[0].output["text"] == "Bonjour. [t1]"
    assert [one.edited for one in trial.of("decision.acted")] == [False, False, False, True]
    assert [one.place for one in trial.of("model.answered")] == ["look#1.1/act"], "no model was asked in its place"


@pytest.mark.parametrize(
    ("decision", "act", "says"),
    [
        ("look#1.4", "answer: [{says: Bonjour., rests_on: [t3]}]", "this is no act of look#1.4"),
        ("look#1.4", "text: a", "'answer' is missing"),
        ("look#1.2", "tool: shout", "look#1.2: its act is no answer to a question of its own"),
    ],
)
async def test_an_act_that_is_none_fails_the_step(trial, supply, decision, act, says):
    fixed = {decision: Fixed(act=act)}
    outcome = await trial.run(STEP, script(PLAN), head=HEAD, inputs=GIVEN, tools=supply, fixed=fixed)
    assert outcome.state == "failed"
    assert says in outcome.reason


async def test_arguments_that_a_person_wrote_are_checked_as_a_models_are(trial, supply):
    steps = STEP.replace("planner: given", "planner: stepwise")
    answers = [{"place": "look#1.1/choose/*", "label": "shout"}, {"place": "look#1.2/choose/*", "label": "nothing"}]
    model = Scripted([*answers, {"place": "*/act", "json": {"answer": [{"says": "a", "rests_on": ["t1"]}]}}])
    fixed = {"look#1.1": Fixed(act="text: hello")}
    outcome = await trial.run(steps, model, head=HEAD, inputs=GIVEN, tools=supply, fixed=fixed)
    assert outcome.state == "done"
    assert trial.of("decision.acted")[0].data["arguments"] == {"text": "hello"}
    assert supply.calls == ["shout"]
