"""Retrieval as a step: passages as segments, the three actions as decisions, a second source, and running again."""

import json
from datetime import UTC, datetime

import pytest

from glasswork.errors import DefinitionError, Diverged, ToolUnreachable
from glasswork.explain.from_log import decisions as logged_decisions
from glasswork.knowledge.calibrate import fits_path, write_fit
from glasswork.knowledge.evaluate import FEATURES, LOG_ODDS, Fit
from glasswork.knowledge.ingest import ingest
from glasswork.knowledge.judging import PROMPT
from glasswork.knowledge.keywords import keywords
from glasswork.knowledge.store import Shelf
from glasswork.log.reader import Entry
from glasswork.models.scripted import ScriptedModel
from glasswork.records import Completion
from glasswork.tools import Health, spec_of
from glasswork.workflow.compile import compile_recorded
from glasswork.workflow.cost import charges, scheduler
from glasswork.workflow.graph import mermaid
from glasswork.workflow.retrieving import _places

LAW = """# Rest Act

## 1. Daily rest

An employee shall have a rest period of eleven hours in each day. The Minister may make regulations about forms.

## 2. Weekly rest

An employee shall have a rest period of one day in each week. It should be a Sunday.

## 3. Records

An employer shall keep records for three years.
"""
OTHER = "# Guide\n\nThe daily rest of drivers is nine hours. Ferries sail at noon every day."
HEAD = 'inputs: {ask: {type: string, default: "How many hours of daily rest?"}}'


def step(more="", name="find"):
    return name + ': {retrieve: {from: law, query: "{{ inputs.ask }}", top: 3' + more + "}}"


ANSWER = 'answer: {agent: writer, needs: find, task: "{{ inputs.ask }}\\n\\n{{ steps.find.passages }}"}'


class Supply:
    """Indexes, and a tool that searches."""

    def __init__(self, folder, gives=None):
        self.media, self.shelf = folder / "media", Shelf(folder / "knowledge")
        self.gives, self.asked = gives, []

    def clean(self, data):
        return json.loads(json.dumps(data).replace("SECRET", "***"))

    def open(self, found):
        supply = self

        class Tool:
            spec = spec_of(found.name, found.definition)

            async def call(self, arguments, *, timeout=None):
                supply.asked.append(arguments)
                if isinstance(supply.gives, Exception):
                    raise supply.gives
                return supply.gives

            async def health(self):
                return Health(ok=True)

            async def aclose(self):
                pass

        return Tool()


def fit(upper, lower, **more):
    made = Fit(
        evaluator="features",
        features=FEATURES,
        mean=(0.0,) * 5,
        scale=(1.0,) * 5,
        weights=(4.0, 0.0, 0.0, 0.0, 0.0),
        bias=-2.0,
        upper=upper,
        lower=lower,
        strip=-0.7,
        sure={"correct": 0.9, "ambiguous": 0.5, "incorrect": 0.8},
        rule="by hand",
        source="test",
        questions=(1, 1, 1),
        pairs=3,
    )
    return made.model_copy(update=more)


@pytest.fixture
def supply(trial):
    for name, text in (("law", LAW), ("guide", OTHER)):
        (trial.folder / f"{name}.md").write_text(text)
    made = Supply(trial.folder)
    for name in ("law", "guide"):
        ingest(made.shelf, name, [trial.folder / f"{name}.md"], embed=None)
    (trial.folder / "tools").mkdir()
    (trial.folder / "tools" / "web.yaml").write_text(
        "description: Searches.\ninputs: {query: text, lang: {type: text, required: false}}\noutput: json\nbuiltin: calculate\n"
    )
    return made


class Nobody(ScriptedModel):
    """A model that must not be asked."""

    def __init__(self):
        super().__init__([])

    async def get(self, name):
        return self


class Judge(Nobody):
    """Says yes to passages that hold a word."""

    places = ()

    def __init__(self, word):
        super().__init__()
        self.name, self.word = "judge", word

    async def complete(self, request, *, place="", on_text=None):
        self.places = (*self.places, place)
        yes = 3.0 if self.word in request.messages[1].content else -3.0
        first = "A. Yes" in request.messages[-1].content
        logprobs = {"A": yes if first else -yes, "B": -yes if first else yes}
        return Completion(text="A", logprobs=logprobs, model="judge")


def decisions(trial):
    return {
        one.decision: [event.type for event in trial.events if getattr(event, "decision", "") == one.decision]
        for one in trial.of("decision.started")
        if one.agent == "retriever"
    }


FOUR = ["decision.started", "decision.planned", "decision.acted", "decision.explained"]


# --- plain ----------------------------------------------------------------------------------------------------------


async def test_passages_become_segments_under_their_own_ids(trial, supply):
    outcome = await trial.run(
        f"{step()}\n{ANSWER}", trial.model_with(), head=f"{HEAD}\noutputs: {{ids: steps.find.ids}}", tools=supply
    )
    assert outcome.state == "done"
    ids = outcome.outputs["ids"]
    assert ids[0].startswith("law.md#1~")
    (started,) = trial.of("decision.started")
    assert [one.source for one in started.segments] == ["inputs.ask", *ids]
    assert started.segments[1].text.startswith("Rest Act, Rest Act > 1. Daily rest\nAn employee shall")
    output = trial.of("step.finished")[0].output
    assert (output["action"], output["found"], output["dropped"]) == ("none", len(ids), [])
    assert f"[{ids[0]}] Rest Act" in output["text"]


@pytest.mark.parametrize("more", ["", ", correct: true, second: guide"])
async def test_the_best_stands_last_where_that_is_asked(trial, supply, more):
    write_fit(supply.shelf, "law", fit(0.99, -0.9))
    outputs = "{first: steps.find.ids, last: steps.other.ids, passages: steps.other.passages}"
    steps = f"{step(more)}\n{step(f'{more}, best: last', 'other')}"
    outcome = await trial.run(steps, Nobody(), head=f"{HEAD}\noutputs: {outputs}", tools=supply)
    assert outcome.outputs["last"] == outcome.outputs["first"][::-1]
    assert len(outcome.outputs["last"]) > 1
    assert "1. Daily rest" in outcome.outputs["passages"][-1]


async def test_secrets_in_documents_do_not_reach_the_log(trial, supply):
    (trial.folder / "law.md").write_text(LAW.replace("eleven", "SECRET"))
    ingest(supply.shelf, "law", [trial.folder / "law.md"], embed=None)
    await trial.run(step(), Nobody(), head=HEAD, tools=supply)
    assert "SECRET" not in "".join(event.model_dump_json() for event in trial.events)


# --- the three actions ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("upper", "lower", "action", "turns"),
    [(-0.9, -0.95, "correct", 2), (0.99, -0.9, "ambiguous", 3), (0.999, 0.99, "incorrect", 2)],
)
async def test_each_action_is_a_decision_with_four_records(trial, supply, *, upper, lower, action, turns):
    write_fit(supply.shelf, "law", fit(upper, lower))
    outcome = await trial.run(
        step(", correct: true, second: guide"),
        Nobody(),
        head=f"{HEAD}\noutputs: {{action: steps.find.action, ids: steps.find.ids, score: steps.find.score}}",
        tools=supply,
    )
    assert outcome.state == "done", outcome.reason
    assert outcome.outputs["action"] == action
    assert decisions(trial) == {f"find#1.{turn}": FOUR for turn in range(1, turns + 1)}
    documents = {one.partition("#")[0] for one in outcome.outputs["ids"]}
    assert documents == {"correct": {"law.md"}, "ambiguous": {"law.md", "guide.md"}, "incorrect": {"guide.md"}}[action]
    planned, acted = trial.of("decision.planned")[0], trial.of("decision.acted")[0]
    assert planned.options[["correct", "ambiguous", "incorrect"].index(action)].probability == 1.0
    assert (acted.text, acted.data["upper"], acted.data["calibrated_on"]) == (action, upper, "test")
    assert max(acted.data["scores"].values()) == outcome.outputs["score"]
    explained = trial.of("decision.explained")[0]
    assert explained.confidence == {"correct": 0.9, "ambiguous": 0.5, "incorrect": 0.8}[action]
    assert f"{outcome.outputs['score']:+.2f}" in explained.because[0].why


async def test_strips_that_are_dropped_are_shown(trial, supply):
    write_fit(supply.shelf, "law", fit(-0.9, -0.95, strip=-0.6))
    await trial.run(step(", correct: true"), Nobody(), head=HEAD, tools=supply)
    output = trial.of("step.finished")[0].output
    assert any("eleven hours" in one for one in output["passages"])
    assert not any("Minister" in one for one in output["passages"])
    assert any("[…]" in one for one in output["passages"])
    assert any(one.endswith(": The Minister may make regulations about forms.") for one in output["dropped"])
    acted = trial.of("decision.acted")[1]
    assert "- -" in acted.text
    assert "The Minister may make regulations about forms." in acted.text
    strips = acted.data["strips"]
    assert {strip["kept"] for strip in strips} == {True, False}, [(s["text"], s["score"]) for s in strips]
    assert [strip["kept"] for strip in strips] == [strip["score"] >= -0.6 for strip in strips]


async def test_incorrect_without_a_second_source_hands_on_nothing(trial, supply):
    write_fit(supply.shelf, "law", fit(0.999, 0.99))
    await trial.run(step(", correct: true"), Nobody(), head=HEAD, tools=supply)
    output = trial.of("step.finished")[0].output
    assert (output["passages"], output["action"], output["found"]) == ([], "incorrect", 0)
    assert [one.endswith(": the passage") for one in output["dropped"]] == [True] * len(output["dropped"]) != []


async def test_nothing_found_is_incorrect(trial, supply):
    write_fit(supply.shelf, "law", fit(0.5, -0.5))
    await trial.run(step(", correct: true"), Nobody(), head=HEAD, inputs={"ask": "zzz qqq"}, tools=supply)
    output = trial.of("step.finished")[0].output
    assert (output["action"], output["score"]) == ("incorrect", -1.0)


async def test_a_model_may_judge(trial, supply):
    write_fit(supply.shelf, "law", fit(0.5, -0.5))
    judge = Judge("eleven")
    more = {"features": LOG_ODDS, "mean": (0.0,), "scale": (1.0,), "weights": (1.0,), "bias": 0.0}
    write_fit(supply.shelf, "law", fit(0.5, -0.5, evaluator="model", model="judge", prompt=PROMPT, **more))
    await trial.run(step(", correct: model"), judge, head=HEAD, tools=supply)
    acted = trial.of("decision.acted")[0]
    assert acted.text == "correct"
    assert [score > 0.9 for score in acted.data["scores"].values()].count(True) == 1
    assert judge.places[:2] == ("find#1.1/judge/1/0", "find#1.1/judge/1/1")
    assert len(judge.places) == 2 * len(acted.data["scores"])
    assert trial.of("decision.started")[0].model == "judge"
    output = trial.of("step.finished")[0].output
    assert all("eleven" in one for one in output["passages"])


async def test_a_person_may_choose_otherwise_by_forking(trial, supply):
    from glasswork.agent import Fixed

    write_fit(supply.shelf, "law", fit(-0.9, -0.95))
    await trial.run(
        step(", correct: true, second: guide"), Nobody(), head=HEAD, tools=supply, fixed={"find#1.1": Fixed(choose="C")}
    )
    planned = trial.of("decision.planned")[0]
    assert (planned.choice, planned.forced) == ("C", True)
    assert {one.partition("#")[0] for one in trial.of("step.finished")[0].output["ids"]} == {"guide.md"}


async def test_a_person_may_have_what_was_dropped(trial, supply):
    from glasswork.agent import Fixed

    write_fit(supply.shelf, "law", fit(0.999, 0.99))
    await trial.run(
        step(", correct: true, second: guide"), Nobody(), head=HEAD, tools=supply, fixed={"find#1.1": Fixed(choose="A")}
    )
    ids = trial.of("step.finished")[0].output["ids"]
    assert ids
    assert all(one.startswith("law.md#") for one in ids)


async def test_rules_are_not_put_to_a_test_of_models(trial, supply):
    write_fit(supply.shelf, "law", fit(-0.9, -0.95))
    await trial.run(step(", correct: true"), Nobody(), head=HEAD, tools=supply)
    logged, skipped = logged_decisions(Entry(n, datetime.now(UTC), event) for n, event in enumerate(trial.events, 1))
    assert logged == []
    assert {one.reason for one in skipped} == {
        "a rule decided it, and no model",
        "there was one option only, so nothing was weighed",
    }


# --- a tool as the second source --------------------------------------------------------------------------------------

SEARCH = ", correct: true, second: {kind: tool, name: web}"


async def test_a_tool_is_asked_with_keywords(trial, supply):
    write_fit(supply.shelf, "law", fit(0.999, 0.99))
    supply.gives = {
        "results": [{"title": "Hours", "url": "https://a.example", "snippet": "Daily rest is twelve hours."}]
    }
    await trial.run(
        step(SEARCH), Nobody(), head=HEAD, inputs={"ask": "How many hours of daily rest must he have?"}, tools=supply
    )
    (asked,) = supply.asked
    assert set(asked) == {"query"}
    assert asked["query"] == "hours daily rest"
    output = trial.of("step.finished")[0].output
    assert output["ids"][0].startswith("https://a.example#~")
    assert output["passages"] == ["Hours\nDaily rest is twelve hours."]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("Can my landlord, O'Brien, evict me if I don't pay rent?", "landlord O'Brien evict pay rent"),
        ("What's the fee under No. 20/1998 for C++?", "fee 20/1998 C++"),
        ("Who is it?", "Who is it"),
        ("?!", "?!"),
        ("rest rest day employee zebra", "day zebra"),
    ],
)
def test_keywords_are_what_names_something(supply, query, words):
    assert keywords(supply.shelf.get("law"), query, 2 if "zebra" in query else 8) == words


@pytest.mark.parametrize(
    ("values", "bounds", "places"),
    [
        ([0.5, -0.5], [0.9, -0.9], 2),
        ([-0.998], [-0.996, 1.0], 3),
        ([0.999999], [1.0], 6),
        ([0.12], [0.12], 2),
        ([], [0.9994, 0.9996], 3),
    ],
)
def test_so_many_places_are_shown_that_the_side_of_a_bound_shows(values, bounds, places):
    assert _places(values, *bounds) == places


async def test_a_score_and_a_bound_that_differ_are_told_apart(trial, supply):
    write_fit(supply.shelf, "law", fit(0.999, 0.998))
    await trial.run(step(", correct: true"), Nobody(), head=HEAD, tools=supply)
    why = trial.of("decision.explained")[0].because[0].why
    assert "+0.998" in why or "+0.999" in why, "and not +1.00"
    labels = [one.text for one in trial.of("decision.planned")[0].options]
    assert not any("elsewhere" in one for one in labels), "there is no second source"


async def test_what_a_second_source_gives_must_be_worth_reading(trial, supply):
    write_fit(supply.shelf, "law", fit(0.999, 0.99, strip=0.9))
    supply.gives = ["Cheese is made of milk, mostly."]
    outcome = await trial.run(step(SEARCH), Nobody(), head=HEAD, tools=supply)
    output = trial.of("step.finished")[0].output
    assert (outcome.state, output["passages"]) == ("done", [])
    assert any(one.endswith("Cheese is made of milk, mostly.") for one in output["dropped"])
    assert "less than +0.90" in trial.of("decision.explained")[1].because[0].why


async def test_a_second_source_that_fails_fails_the_step(trial, supply):
    write_fit(supply.shelf, "law", fit(0.999, 0.99))
    supply.gives = ToolUnreachable("web: nobody answers")
    outcome = await trial.run(step(SEARCH), Nobody(), head=HEAD, tools=supply)
    assert outcome.state == "failed"
    assert "nobody answers" in outcome.reason


# --- again ----------------------------------------------------------------------------------------------------------


async def test_replay_needs_no_index(trial, supply):
    write_fit(supply.shelf, "law", fit(0.99, -0.9))
    steps = step(SEARCH)
    supply.gives = ["Daily rest is twelve hours."]
    await trial.run(steps, Nobody(), head=HEAD, tools=supply)
    supply.shelf.path("law").unlink()
    outcome = await trial.again(steps, Nobody(), live=False, head=HEAD)
    assert (outcome.state, trial.new, trial.left) == ("done", [], [])


async def test_resumed_from_every_event(trial, supply):
    write_fit(supply.shelf, "law", fit(0.99, -0.9))
    steps, supply.gives = step(SEARCH), ["Daily rest is twelve hours."]
    await trial.run(steps, Nobody(), head=HEAD, tools=supply)
    whole = list(trial.events)
    for cut in range(1, len(whole)):
        trial.events, supply.asked = whole[:cut], []
        outcome = await trial.again(steps, Nobody(), head=HEAD, tools=supply)
        assert outcome.state == "done", cut
        assert [event.type for event in trial.events] == [event.type for event in whole], cut
        answered = any(event.type == "tool.answered" and event.place == "find#1/second" for event in whole[:cut])
        assert len(supply.asked) == (0 if answered else 1), cut


async def test_what_can_be_mended_is_not_recorded(trial, supply):
    path = fits_path(supply.shelf, "law")
    path.write_text("nothing")
    outcome = await trial.run(step(", correct: true"), Nobody(), head=HEAD, tools=supply)
    assert outcome.state == "failed"
    assert "calibration.json cannot be used" in outcome.reason
    assert trial.of("tool.answered") == []
    path.unlink()
    write_fit(supply.shelf, "law", fit(-0.9, -0.95))
    outcome = await trial.again(step(", correct: true"), Nobody(), head=HEAD, tools=supply)
    assert outcome.state == "done"


async def test_an_index_that_is_not_there(trial, supply):
    outcome = await trial.run(step().replace("law", "lav"), Nobody(), head=HEAD, tools=supply)
    assert "no index named 'lav'; did you mean 'law'?" in outcome.reason


async def test_an_evaluator_of_other_words_is_refused(trial, supply):
    write_fit(supply.shelf, "law", fit(0.5, -0.5))
    write_fit(supply.shelf, "law", fit(0.5, -0.5, evaluator="model", model="judge", prompt="old"))
    outcome = await trial.run(step(", correct: model"), Judge("x"), head=HEAD, tools=supply)
    assert "was calibrated with other words" in outcome.reason


async def test_another_question_shows_in_a_replay(trial, supply):
    await trial.run(step(), Nobody(), head=HEAD, tools=supply)
    changed = HEAD.replace("daily", "weekly")
    with pytest.raises(Diverged):
        await trial.again(step(), Nobody(), live=False, head=changed, inputs={"ask": "weekly?"})


# --- what its file may say --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        (", second: guide", "say 'correct'"),
        (", model: tiny", "no model judges here"),
        (
            ", correct: true, second: {kind: indx, name: guide}",
            "there is no kind of source 'indx'; did you mean 'index'?",
        ),
        (", correct: true, second: {kind: tool, name: wep}", "no tool named 'wep'; did you mean 'web'?"),
        (", correct: true, second: {kind: tool, name: calculate}", None),
        (", correct: maybe", "'maybe' is not known here; known: features, model, no"),
        (", tops: 3", "unknown key 'tops'; did you mean 'top'?"),
    ],
)
def test_problems_are_told_at_load(trial, supply, more, problem):
    if problem is None:
        assert trial.compile(step(more), HEAD).steps["find"].tools[0].name == "calculate"
        return
    with pytest.raises(DefinitionError) as wrong:
        trial.compile(step(more), HEAD)
    assert problem in str(wrong.value)
    assert "trial.yaml:" in str(wrong.value)


def test_a_tool_that_takes_more_than_a_query_is_refused(trial, supply):
    (trial.folder / "tools" / "web.yaml").write_text(
        "description: x\ninputs: {query: text, site: text}\noutput: text\nbuiltin: calculate\n"
    )
    with pytest.raises(DefinitionError, match="must require one text, the query, and nothing else"):
        trial.compile(step(SEARCH), HEAD)


def test_conditions_read_what_it_found(trial, supply):
    steps = f"{step(', correct: true')}\nnote: {{agent: writer, needs: find, when: \"steps.find.action == 'incorrect' and steps.find.score < 0\", task: Say so.}}"
    assert trial.compile(steps, HEAD).steps["note"].when is not None
    with pytest.raises(DefinitionError):
        trial.compile(steps.replace("'incorrect'", "'wrong'"), HEAD)


def test_recorded_definitions_suffice(trial, supply):
    workflow = trial.compile(step(SEARCH), HEAD)
    texts = {key: workflow.sources[digest] for key, digest in workflow.digests.items()}
    assert "tools/web.yaml" in texts
    assert compile_recorded(texts, workflow.key).steps["find"].tools[0].name == "web"


def test_what_it_may_cost(trial, supply):
    workflow = trial.compile(step(", correct: model, model: tiny"), HEAD)
    (charge,) = charges(workflow)
    assert (charge.models, charge.bounds.smooth.calls) == (("tiny",), 6)
    assert scheduler(workflow, workflow.steps["find"]) == "tiny"
    assert charges(trial.compile(step(", correct: true"), HEAD)) == []


def test_how_many_passages_there_may_be_is_known(trial, supply):
    from glasswork.workflow.lengths import longest, unknown

    for more, most in (("", 3), (", correct: true, second: guide", 6)):
        workflow = trial.compile(step(more), HEAD)
        assert longest(workflow, ("steps", "find", "passages"), unknown) == most
        assert longest(workflow, ("steps", "find", "dropped"), unknown) is None


async def test_the_index_may_be_an_input(trial, supply):
    head = HEAD[:-1] + ", corpus: {type: string, default: guide}, many: {type: list}}"
    steps = step().replace("from: law", "from: inputs.corpus")
    outcome = await trial.run(steps, Nobody(), head=f"{head}\noutputs: {{ids: steps.find.ids}}", tools=supply)
    assert outcome.outputs["ids"][0].startswith("guide.md#")
    for name, problem in (("corpos", "there is no input 'corpos'; did you mean 'corpus'?"), ("many", "is no text")):
        with pytest.raises(DefinitionError, match=problem.replace("?", r"\?")):
            trial.compile(steps.replace("inputs.corpus", f"inputs.{name}"), head)


def test_its_picture(trial, supply):
    drawn = mermaid(trial.compile(step(", correct: true, second: guide"), HEAD))
    assert 'step_find[("find<br/>3 from law, corrected<br/>else from guide")]' in drawn


async def test_a_failed_step_says_what_would_help(trial, supply):
    fits_path(supply.shelf, "law").write_text("nothing")
    outcome = await trial.run(step(", correct: true"), Nobody(), head=HEAD, tools=supply)
    assert outcome.state == "failed"
    assert "(what may help: delete it, and fit anew: glasswork calibrate law)" in outcome.reason


async def test_an_index_that_nobody_calibrated_is_judged_and_the_log_says_by_what(trial, supply):
    outcome = await trial.run(step(", correct: true"), Nobody(), head=HEAD, tools=supply)
    assert outcome.state == "done"
    planned, acted = trial.of("decision.planned")[0], trial.of("decision.acted")[0]
    assert acted.data["calibrated_on"] == "questions on 21 Irish Acts"
    assert "by the evaluator features, fitted to questions on 21 Irish Acts: " in planned.model_dump_json()


QUOTING = "role: writer\nact: {produces: cited}\n"


@pytest.mark.parametrize(
    ("task", "enough"),
    [
        ("{{ inputs.ask }}\\n\\n{{ steps.find.passages }}", True),
        ("{{ inputs.given }}", True),
        ("{{ inputs.ask }}", False),
        ("By {{ steps.find.passages }} and no more", False),
        ("{{ steps.find.text }}", False),
        ("{{ steps.find.documents }}", False),
    ],
)
def test_who_quotes_is_given_passages(trial, supply, task, enough):
    (trial.folder / "agents" / "quoting.yaml").write_text(QUOTING)
    head = HEAD[:-1] + ", given: {type: list}}"
    steps = f'{step()}\nanswer: {{agent: quoting, needs: find, task: "{task}"}}'
    if enough:
        assert trial.compile(steps, head).steps["answer"].agents[0].name == "quoting"
        return
    with pytest.raises(DefinitionError) as wrong:
        trial.compile(steps, head)
    assert "the agent 'quoting' quotes passages, and its task gives it none" in str(wrong.value)
    assert "write {{ steps.find.passages }} on a line of its own" in str(wrong.value)
