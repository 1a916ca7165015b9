"""``one_of``: what an agent names is one of the things that an earlier step found, by the schema of its answer."""

import pytest

from glasswork.errors import DefinitionError

PLANNER = """
role: writer
plan: {choose_from: [a, b]}
act:
  produces: fields
  fields:
    column: {type: string, description: "which one"}
    note: {type: string}
    size: {type: integer}
"""
STEPS = """
split: {agent: lister, task: x}
pick: {agent: planner, needs: split, task: y, one_of: {column: steps.split.items}}
"""
PICKED = {"column": "kg", "note": "fine", "size": 3}


@pytest.fixture
def planner(trial):
    (trial.folder / "agents" / "planner.yaml").write_text(PLANNER)
    return trial


class Watching:
    """A model that keeps the schemas it was bound to."""

    def __init__(self, inner):
        self.inner, self.schemas, self.context, self.name = inner, {}, None, inner.name

    async def get(self, name):
        return self

    async def complete(self, request, *, place="", on_text=None):
        self.schemas[place] = request.json_schema
        return await self.inner.complete(request, place=place, on_text=on_text)

    async def aclose(self):
        pass


async def picked(trial, items, steps=STEPS, **settings):
    model = Watching(trial.model_with(acts={"split#*/act": {"items": items}, "pick*/act": PICKED}))
    return await trial.run(steps, model, **settings), model.schemas


async def test_a_field_is_one_of_what_an_earlier_step_found(planner):
    outcome, schemas = await picked(planner, ["kg", "mulch", "kg"])
    assert outcome.state == "done", outcome.reason
    fields = schemas["pick#1/act"]["properties"]
    assert fields["column"] == {"enum": ["kg", "mulch"], "description": "which one"}
    assert "enum" not in fields["note"]


async def test_an_input_can_be_narrowed_to_and_each_item_for_itself(planner):
    steps = STEPS.replace("steps.split.items}", "inputs.names}, for_each: steps.split.items")
    head = "inputs: {names: {type: list, required: true}}"
    outcome, schemas = await picked(planner, ["p", "q"], steps, head=head, inputs={"names": ["kg", "b"]})
    assert outcome.state == "done", outcome.reason
    acts = [schema for place, schema in schemas.items() if place.startswith("pick") and place.endswith("/act")]
    assert [one["properties"]["column"]["enum"] for one in acts] == [["kg", "b"], ["kg", "b"]]


async def test_what_is_narrowed_to_nothing_fails_before_the_model_is_asked(planner):
    steps = STEPS.replace("steps.split.items}", "inputs.names}")
    outcome, schemas = await picked(planner, ["p"], steps, head="inputs: {names: {type: list}}")
    assert outcome.state == "failed"
    assert "'column' is to be one of inputs.names, and there is nothing in it" in str(planner.of("step.finished"))
    assert not [place for place in schemas if place.startswith("pick")]


@pytest.mark.parametrize(
    ("old", "new", "wrong"),
    [
        ("steps.split.items", "steps.splt.items", "there is no step 'splt'; did you mean 'split'"),
        ("steps.split.items", "steps.split.item", "step 'split' has no field 'item'; did you mean 'items'"),
        ("steps.split.items", "steps.split.text", "one_of takes a list of texts, but steps.split.text is text"),
        ("steps.split.items", "inputs.names", "there is no input 'names'"),
        ("needs: split, ", "", "step 'pick' uses steps.split but does not need it; add needs: split"),
        ("{column:", "{colum:", "the agent 'planner' has no field 'colum'; did you mean 'column'"),
        ("{column:", "{size:", "the agent 'planner' has no field that is a text 'size'"),
        ("steps.split.items", "a list", "'a list' is not a reference such as steps.build.code"),
    ],
)
def test_mistakes_are_told_before_it_runs(planner, old, new, wrong):
    assert old in STEPS
    with pytest.raises(DefinitionError) as raised:
        planner.compile(STEPS.replace(old, new))
    assert wrong in "\n".join(map(str, raised.value.problems))
