"""The staged agent: order of stages and of records, citations, repair."""

import asyncio

import pytest

from glasswork.agent import Situation, StagedAgent
from glasswork.definitions import ActDef, AgentDef, ExplainDef, FieldDef, PlanDef, RoleDef
from glasswork.errors import ExplanationFailed, InvalidOutput
from glasswork.records import Completion, Segment, Stage, StageEntered

ROLE = RoleDef(name="engineer", title="Software engineer", prose="You write code.")
SEGMENTS = (
    Segment(id="s1", source="task", text="Write add(a, b)."),
    Segment(id="s2", source="inputs.idea", text="A function that adds two numbers."),
)
EXPLANATION = {
    "because": [{"segment": "s2", "why": "It asks for a sum."}],
    "confidence_percent": 80,
    "would_change_if": "The idea asked for a product.",
}


class Answers:
    """Answers by the last part of a place, and remembers what was asked and recorded, in order."""

    def __init__(self, act="```python\ndef add(a, b):\n    return a + b\n```", options=("Use +.", "Use sum.", "Loop.")):
        self.asked = []
        self.trail = []
        self.act = [act] if isinstance(act, str | Completion) else list(act)
        self.options = list(options)

    async def __call__(self, place, request):
        self.asked.append((place, request))
        self.trail.append(place)
        await asyncio.sleep(0)
        if "/choose/" in place:
            prefer = next(
                line[0]
                for line in request.messages[-1].content.splitlines()
                if line[1:3] == ". " and line[3:] == self.options[1]
            )
            return Completion(
                text=prefer, logprobs={label: 0.0 if label == prefer else -3.0 for label in request.labels}
            )
        if place.endswith("/plan"):
            return Completion(text='{"options": []}', data={"options": self.options, "thinking": "Sums are simple."})
        if "/explain" in place:
            return Completion(text="{}", data=EXPLANATION)
        act = self.act.pop(0)
        return act if isinstance(act, Completion) else Completion(text=act)

    def record(self, event):
        self.trail.append(event.type)
        setattr(self, event.type.split(".")[1], event)

    def watch(self, notice):
        if isinstance(notice, StageEntered):
            self.trail.append(notice.stage)


def agent(answers, **settings):
    settings = {"role": "engineer", "act": ActDef(produces="code"), **settings}
    return StagedAgent(
        "engineer", AgentDef(**settings), ROLE, ask=answers, record=answers.record, model="m", watch=answers.watch
    )


async def decide(answers, **settings):
    act = await agent(answers, **settings).decide(Situation("build#1", "build", SEGMENTS))
    await act.explained
    return act


async def test_stages_come_in_order_and_each_leaves_its_record_before_the_next_begins():
    answers = Answers()
    act = await decide(answers)
    assert answers.trail == [
        "decision.started",
        Stage.PLAN,
        "build#1/plan",
        "build#1/choose/0",
        "build#1/choose/1",
        "build#1/choose/2",
        "decision.planned",
        Stage.ACT,
        "build#1/act",
        "decision.acted",
        Stage.EXPLAIN,
        "build#1/explain",
        "decision.explained",
        Stage.READY,
    ]
    assert act.data == "def add(a, b):\n    return a + b\n"
    assert act.choice == "Use sum."


async def test_the_choice_is_the_most_probable_option_whatever_its_place():
    answers = Answers()
    await decide(answers)
    planned = answers.planned
    assert planned.choice == "B"
    assert planned.order_consistency == 1.0
    assert sum(option.probability for option in planned.options) == pytest.approx(1.0)
    assert planned.options[1].probability == max(option.probability for option in planned.options)


async def test_every_stage_continues_the_prompt_of_the_one_before():
    answers = Answers()
    await decide(answers)
    prompts = {place.split("/")[1]: request.messages for place, request in answers.asked}
    plan, act, explain = prompts["plan"], prompts["act"], prompts["explain"]
    assert act[: len(plan)] == plan
    assert explain[: len(act)] == act
    assert [segment.text in plan[1].content for segment in SEGMENTS] == [True, True]
    assert plan[1].content.index("[s1]") < plan[1].content.index("[s2]") < plan[1].content.index("Name up to 3")
    assert act[-1].content.startswith("You decided: Use sum.")


async def test_only_segments_that_exist_can_be_cited():
    answers = Answers()
    await decide(answers)
    schema = answers.asked[-1][1].json_schema
    assert schema["properties"]["because"]["items"]["properties"]["segment"] == {"enum": ["s1", "s2"]}
    assert schema["properties"]["confidence_percent"] == {"type": "integer", "minimum": 0, "maximum": 100}
    assert answers.explained.confidence == 0.8


async def test_an_act_that_cannot_be_used_is_asked_for_again_with_the_reason():
    answers = Answers(act=["I would write a function.", "```python\nx = 1\n```"])
    act = await decide(answers)
    assert act.data == "x = 1\n"
    place, request = next((place, request) for place, request in answers.asked if place.endswith("~1"))
    assert place == "build#1/act~1"
    assert "holds no program" in request.messages[-1].content


async def test_an_act_that_is_cut_off_twice_is_an_error():
    cut = Completion(text="```python\nx =", finish_reason="length")
    answers = Answers(act=[cut, cut])
    with pytest.raises(InvalidOutput, match="cut off at 1024 tokens"):
        await decide(answers)
    assert "decision.acted" not in answers.trail
    assert "decision.planned" in answers.trail


async def test_fixed_options_are_weighed_without_asking_for_any():
    answers = Answers(options=("low", "high"))
    await decide(answers, plan=PlanDef(choose_from=("low", "high")))
    assert [place for place, _ in answers.asked][:2] == ["build#1/choose/0", "build#1/choose/1"]
    assert answers.planned.options[1].text == "high"


async def test_chain_thinks_before_it_names_options():
    answers = Answers()
    await decide(answers, plan=PlanDef(strategy="chain"))
    assert list(answers.asked[0][1].json_schema["properties"]) == ["thinking", "options"]
    assert answers.planned.thinking == "Sums are simple."


async def test_repeated_options_count_once():
    answers = Answers(options=("Use +.", "use +", "USE  +."))
    answers.options = ["Use +.", "use +", "USE  +."]
    act = await decide(answers)
    assert [option.text for option in answers.planned.options] == ["Use +."]
    assert answers.planned.orders == 0
    assert act.choice == "Use +."


async def test_fields_and_lists_are_bound_by_a_schema_and_prose_and_code_are_not():
    fields = ActDef(
        produces="fields", fields={"risk": FieldDef(enum=("low", "high")), "score": FieldDef(type="number")}
    )
    answers = Answers(act=Completion(text="{}", data={"risk": "low", "score": 0.5}))
    act = await decide(answers, act=fields)
    request = next(request for place, request in answers.asked if place.endswith("/act"))
    assert request.json_schema["properties"] == {"risk": {"enum": ["low", "high"]}, "score": {"type": "number"}}
    assert act.data == {"risk": "low", "score": 0.5}
    assert act.text == "risk: low\nscore: 0.5"
    for produces, text in (("text", "Prose."), ("code", "```\nx = 1\n```")):
        answers = Answers(act=text)
        await decide(answers, act=ActDef(produces=produces))
        assert next(request for place, request in answers.asked if place.endswith("/act")).form == "text"


async def test_the_explanation_holds_nobody_up():
    answers = Answers()
    release = asyncio.Event()
    ask = answers.__call__

    async def slow(place, request):
        if "/explain" in place:
            await release.wait()
        return await ask(place, request)

    slowed = StagedAgent(
        "engineer", AgentDef(role="engineer", act=ActDef(produces="code")), ROLE, ask=slow, record=answers.record
    )
    act = await slowed.decide(Situation("build#1", "build", SEGMENTS))
    assert not act.explained.done()
    release.set()
    assert (await act.explained).confidence == 0.8


async def test_it_explains_to_the_reader_and_in_the_language_of_its_file():
    answers = Answers()
    await decide(answers, explain=ExplainDef(reader="judge", language="fr", reasons=1))
    asked = answers.asked[-1][1].messages[-1].content
    assert "Explain to a judge, in French" in asked
    assert answers.asked[-1][1].json_schema["properties"]["because"]["maxItems"] == 1


async def test_a_cut_off_answer_is_not_put_before_the_model_again():
    answers = Answers(act=[Completion(text="```python\nx = 1\n" * 50, finish_reason="length"), "```python\nx = 1\n```"])
    await decide(answers)
    request = next(request for place, request in answers.asked if place.endswith("~1"))
    assert "cut off at 1024 tokens" in request.messages[-1].content
    assert not any("x = 1" in message.content for message in request.messages)


async def test_a_repeat_and_a_second_attempt_are_warmer_where_the_file_says_so():
    act = ActDef(produces="code", repeat_temperature=0.6)
    answers = Answers(act=["no program", "```python\nx = 1\n```"])
    await decide(answers, act=act)
    temperatures = [request.temperature for place, request in answers.asked if "/act" in place]
    assert temperatures == [0.0, 0.6]
    answers = Answers()
    done = await agent(answers, act=act).decide(Situation("build#2", "build", SEGMENTS, repeat=True))
    await done.explained
    assert [request.temperature for place, request in answers.asked if "/act" in place] == [0.6]


# --- explanations that are put to the test ----------------------------------------------------------------------------


class Verdicts:
    """A check that finds what it is told to find."""

    def __init__(self, *verdicts, on_fail="flag", answers=None):
        self.verdicts, self.on_fail, self.answers = list(verdicts), on_fail, answers
        self.accounts = []
        self.free = asyncio.Event()
        self.free.set()

    async def __call__(self, account):
        await self.free.wait()
        self.accounts.append(account)
        self.answers.trail.append("check")
        verdict = self.verdicts.pop(0)
        if isinstance(verdict, Exception):
            raise verdict
        return verdict


def checked_agent(check, **settings):
    answers = check.answers = Answers()
    definition = AgentDef(**{"role": "engineer", "act": ActDef(produces="code"), **settings})
    return StagedAgent(
        "engineer", definition, ROLE, ask=answers, record=answers.record, watch=answers.watch, check=check
    )


async def test_a_check_is_given_the_choice_as_it_was_asked():
    check = Verdicts(True)
    act = await checked_agent(check).decide(Situation("build#1", "build", SEGMENTS))
    await act.explained
    (account,) = check.accounts
    assert account.request == dict(check.answers.asked)["build#1/choose/0"]
    assert (account.agent, account.segments, account.act) == ("engineer", SEGMENTS, act.text)
    assert (account.planned, account.explained) == (check.answers.planned, check.answers.explained)
    assert check.answers.trail[-3:] == ["decision.explained", "check", Stage.READY]


async def test_where_there_was_no_choice_there_is_no_question_of_it():
    check = Verdicts(True)
    act = await checked_agent(check, plan=PlanDef(choose_from=("only",))).decide(Situation("a#1", "a", SEGMENTS))
    await act.explained
    assert check.accounts[0].request is None


@pytest.mark.parametrize("on_fail", ["flag", "retry", "stop"])
async def test_an_act_waits_for_its_check_unless_it_is_only_flagged(on_fail):
    check = Verdicts(True, on_fail=on_fail)
    check.free.clear()
    deciding = asyncio.create_task(checked_agent(check).decide(Situation("build#1", "build", SEGMENTS)))
    await asyncio.wait([deciding], timeout=0.05)
    assert deciding.done() == (on_fail == "flag")
    check.free.set()
    assert (await (await deciding).explained).because


async def test_what_does_not_hold_is_explained_once_more_where_that_is_wanted():
    check = Verdicts(False, False, on_fail="retry")
    act = await checked_agent(check).decide(Situation("build#1", "build", SEGMENTS))
    assert act.explained.done()
    assert len(check.accounts) == 2
    assert check.answers.trail[-7:] == [
        "build#1/explain",
        "decision.explained",
        "check",
        "build#1/explain~1",
        "decision.explained",
        "check",
        Stage.READY,
    ]


async def test_a_check_may_stop_a_decision():
    check = Verdicts(ExplanationFailed("no"), on_fail="stop")
    with pytest.raises(ExplanationFailed):
        await checked_agent(check).decide(Situation("build#1", "build", SEGMENTS))


async def test_a_decision_that_is_stopped_while_it_is_checked_leaves_nothing_behind():
    check = Verdicts(True, on_fail="stop")
    check.free.clear()
    deciding = asyncio.create_task(checked_agent(check).decide(Situation("build#1", "build", SEGMENTS)))
    await asyncio.wait([deciding], timeout=0.05)
    deciding.cancel()
    await asyncio.wait([deciding])
    assert deciding.cancelled()
    assert asyncio.all_tasks() == {asyncio.current_task()}
