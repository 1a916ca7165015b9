"""A request as a step: what its file may say, what it hands on, and that it can be run again."""

import json

import pytest

from glasswork.errors import DefinitionError, Diverged, ToolFailed
from glasswork.workflow.compile import compile_recorded
from glasswork.workflow.cost import charges, scheduler
from glasswork.workflow.graph import mermaid

from . import given_planner  # noqa: F401 - registers the planner that these tests use
from .tool_doubles import STEP, TOOLS, Nobody, Scripted

HEAD = "inputs: {ask: {type: string, default: Read it aloud!}, photos: {type: list, default: []}, few: {type: list, default: []}}"
PLAN = [
    {"tool": "read", "does": "read", "arguments": {"image": {"from": "a.png"}}},
    {"tool": "shout", "does": "shout", "arguments": {"text": {"from": "t1"}}},
]


def script(plan=PLAN, says=("It says HELLO.", ["t2"])):
    answer = {"answer": [{"says": says[0], "rests_on": says[1]}]}
    return Scripted([{"place": "*.1/act", "json": {"tasks": plan}}, {"place": "*/act", "json": answer}])


GIVEN = {"photos": ["a.png"]}


async def test_what_it_hands_on(trial, supply):
    outcome = await trial.run(
        STEP,
        script(),
        head=f"{HEAD}\noutputs: {{text: steps.look.text, failed: steps.look.failed}}",
        inputs=GIVEN,
        tools=supply,
    )
    assert (outcome.state, outcome.outputs) == ("done", {"text": "It says HELLO. [t2]", "failed": []})
    output = trial.of("step.finished")[0].output
    assert [json.loads(one)["value"] for one in output["results"]] == ["hello", "HELLO"]
    assert output["fits"] is True
    assert [one.place for one in trial.of("tool.answered")] == [
        "look#1/file/a.png",
        "look#1/health",
        "look#1/t1/read",
        "look#1/t2/shout",
    ]


async def test_failed_tasks_do_not_fail_the_step(trial, supply):
    supply.does["read"] = lambda image: ToolFailed("read: too dark")
    steps = f'{STEP}\nnote: {{agent: writer, needs: look, when: "\'t1\' in steps.look.failed", task: "{{{{ steps.look.text }}}}"}}'
    workflow = trial.compile(steps, HEAD)
    assert workflow.steps["look"].fields["failed"].name == "list"
    outcome = await trial.run(STEP, script(), head=HEAD, inputs=GIVEN, tools=supply)
    assert outcome.state == "done"
    assert trial.of("step.finished")[0].output["failed"] == ["t1", "t2"]


async def test_a_plan_that_does_not_hold_fails_the_step(trial, supply):
    bad = Scripted(
        [
            {
                "place": "*.1/act",
                "json": {"tasks": [{"tool": "shout", "does": "", "arguments": {"text": {"from": "t2"}}}]},
            }
        ]
    )
    outcome = await trial.run(STEP, bad, head=HEAD, inputs=GIVEN, tools=supply)
    assert outcome.state == "failed"
    assert "no plan for this request holds together" in outcome.reason
    assert supply.calls == []


# --- again ----------------------------------------------------------------------------------------------------------


async def test_replay_needs_no_model_no_tool_and_no_file(trial, supply):
    await trial.run(STEP, script(), head=HEAD, inputs=GIVEN, tools=supply)
    (trial.folder / "a.png").unlink()
    outcome = await trial.again(STEP, Nobody(), live=False, head=HEAD, inputs=GIVEN)
    assert (outcome.state, trial.new, trial.left) == ("done", [], [])


async def test_resumed_from_every_event(trial, supply):
    await trial.run(STEP, script(), head=HEAD, inputs=GIVEN, tools=supply)
    whole, before = list(trial.events), len(supply.calls)
    assert before == 2
    for cut in range(1, len(whole)):
        trial.events, supply.calls, model = whole[:cut], [], script()
        outcome = await trial.again(STEP, model, head=HEAD, inputs=GIVEN, tools=supply)
        assert outcome.state == "done", cut
        assert [event.type for event in trial.events] == [event.type for event in whole], cut
        answered = sum(event.type == "tool.answered" and event.tool in TOOLS for event in whole[:cut])
        assert len(supply.calls) == 2 - answered, "what was answered is not called again"
        assert len(model.places) == 2 - sum(event.type == "model.answered" for event in whole[:cut])


async def test_a_failed_call_is_served_too(trial, supply):
    supply.does["read"] = lambda image: ToolFailed("read: too dark")
    await trial.run(STEP, script(), head=HEAD, inputs=GIVEN, tools=supply)
    supply.does["read"], supply.calls = (lambda image: "bright"), []
    await trial.again(STEP, Nobody(), head=HEAD, inputs=GIVEN, tools=supply)
    assert supply.calls == []
    assert trial.of("step.finished")[-1].output["failed"] == ["t1", "t2"]


async def test_a_changed_tool_shows_in_a_replay(trial, supply):
    await trial.run(STEP, script(), head=HEAD, inputs=GIVEN, tools=supply)
    path = trial.folder / "tools" / "read.yaml"
    path.write_text(TOOLS["read"].replace("Reads", "Guesses"))
    with pytest.raises(Diverged, match=r"decision\.started look#1\.1, is another now"):
        await trial.again(STEP, Nobody(), live=False, head=HEAD, inputs=GIVEN)


def test_recorded_definitions_suffice(trial, supply):
    workflow = trial.compile(STEP, HEAD)
    texts = {key: workflow.sources[digest] for key, digest in workflow.digests.items()}
    assert {"tools/read.yaml", "tools/shout.yaml"} <= texts.keys()
    again = compile_recorded(texts, workflow.key)
    assert [found.name for found in again.steps["look"].tools] == ["read", "shout"]


# --- what its file may say --------------------------------------------------------------------------------------------


def dispatch(more):
    return f'look: {{dispatch: {{request: "{{{{ inputs.ask }}}}", {more}}}}}'


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ("tools: [reed]", "no tool named 'reed'; did you mean 'read'?"),
        ("planner: lited", "there is no planner 'lited'; did you mean 'listed'?"),
        ("only: inputs.ask", "the input 'ask' is no list; known: few, photos"),
        ("only: inputs.fewer", "there is no input 'fewer'; did you mean 'few'?"),
        ('files: ["{{ inputs.fotos }}"]', "there is no input 'fotos'; did you mean 'photos'?"),
        ("tool: [read]", "unknown key 'tool'"),
    ],
)
def test_problems_are_told_at_load(trial, supply, more, problem):
    with pytest.raises(DefinitionError) as wrong:
        trial.compile(dispatch(more), HEAD)
    assert problem in str(wrong.value)
    assert "trial.yaml:" in str(wrong.value)


def test_no_step_names_a_file(trial, supply):
    """What a model made must not choose which files are read."""
    steps = f"first: {{agent: writer, task: Name a file.}}\n{STEP[:-2].replace('inputs.photos', 'steps.first.text')}}}, needs: first}}"
    with pytest.raises(DefinitionError, match="a file is named by an input or here, and not by what a step makes"):
        trial.compile(steps, HEAD)


def test_a_broken_tool_is_told(trial, supply):
    (trial.folder / "tools" / "read.yaml").write_text("description: x\nbuiltin: nothing_of_the_kind\n")
    with pytest.raises(DefinitionError, match=r"read\.yaml:2:"):
        trial.compile(STEP, HEAD)


def test_all_tools(trial, supply):
    names = [found.name for found in trial.compile(dispatch("tools: all"), HEAD).steps["look"].tools]
    assert {"read", "shout", "calculate"} <= set(names)
    assert names == sorted(names)


async def test_only_some_of_them(trial, supply):
    steps = dispatch("tools: [read, shout], only: inputs.few, planner: given")
    model = Scripted([{"place": "*.1/act", "json": {"tasks": []}}])
    outcome = await trial.run(steps, model, head=HEAD, inputs={"few": ["shout"]}, tools=supply)
    assert outcome.state == "done"
    started = trial.of("decision.started")[0]
    assert [one.source for one in started.segments] == ["tool", "request"]
    bad = await trial.run(steps, model, head=HEAD, inputs={"few": ["shot"]}, tools=supply)
    assert "there is no tool 'shot' here; did you mean 'shout'?" in bad.reason


@pytest.mark.parametrize(("planner", "smooth"), [("listed", 3), ("raw", 2), ("stepwise", 8)])
def test_what_it_may_cost(trial, supply, planner, smooth):
    workflow = trial.compile(dispatch(f"tools: [read, shout], planner: {planner}, model: tiny"), HEAD)
    (charge,) = charges(workflow)
    assert charge.models == ("tiny",) == (scheduler(workflow, workflow.steps["look"]),)
    assert charge.bounds.smooth.calls == smooth
    assert charge.bounds.most.calls > smooth
    assert charge.bounds.smooth.written >= 1400


def test_its_picture(trial, supply):
    assert 'step_look>"look<br/>2 tool models"]' in mermaid(trial.compile(STEP, HEAD))
