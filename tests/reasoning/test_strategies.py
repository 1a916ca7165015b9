"""Strategies on a scripted model: what is asked, what is recorded, what is chosen."""

from __future__ import annotations

import asyncio
import contextlib
import re

import pytest
from pydantic import ValidationError
from tests.reasoning.scripted import SOUPS, Model, decide

from glasswork.definitions import ActDef, AgentDef, PlanDef
from glasswork.errors import InvalidOutput, UserError
from glasswork.log.past import Past
from glasswork.log.reader import Entry
from glasswork.models.estimate import usage
from glasswork.reasoning import strategies
from glasswork.reasoning.most import most_asked
from glasswork.records import Completion, ModelAnswered
from glasswork.workflow.decision_cost import decision_cost

PLANS = {
    "two_stage": {},
    "self_consistency": {"samples": 4},
    "best_of": {"budget": 3000},
    "tree": {"depth": 2, "breadth": 2, "branches": 2},
    "tree depth first": {"search": "depth_first", "depth": 2, "branches": 2, "threshold": 0.2},
    "tree by votes": {"evaluator": "vote", "propose": "sample"},
    "tree by votes ahead": {"evaluator": "vote", "look_ahead": 1, "depth": 2, "breadth": 2, "branches": 2},
    "tree ahead": {"look_ahead": 1, "depth": 3},
    "graph": {},
    "debate": {"debaters": 2, "rounds": 2},
}
FIXED = {"free": {}, "fixed": {"choose_from": SOUPS}}


def plan_of(name, fixed):
    return {"strategy": name.split()[0], **PLANS[name], **FIXED[fixed]}


@pytest.mark.parametrize("fixed", FIXED)
@pytest.mark.parametrize("name", PLANS)
async def test_every_strategy_decides_and_leaves_its_thoughts_before_its_plan(name, fixed):
    model = Model()
    await decide(model, **plan_of(name, fixed))
    types = [event.type for event in model.events]
    assert types.index("thought.noted") < types.index("thinking.ended") < types.index("decision.planned")
    thoughts, (ended,) = model.of("thought.noted"), model.of("thinking.ended")
    numbers = sorted(one.number for one in thoughts)
    assert numbers == list(range(1, len(thoughts) + 1)), "each thought is told once"
    assert all(parent in numbers and parent < one.number for one in thoughts for parent in one.parents)
    assert {*ended.results} <= {one.number for one in thoughts if one.fate != "dropped"}
    assert ended.results
    planning = [request for place, request in model.asked.items() if "/act" not in place and "/explain" not in place]
    (planned,) = model.of("decision.planned")
    weighed = [request for request in planning if request.form == "label"]
    if planned.read == "votes":
        assert weighed == []
        assert ended.calls == len(planning)
    elif planned.read == "weighed":
        after = sum(place.startswith("dinner#1/choose/") for place in model.asked)
        assert ended.calls == len(planning) - after, "all that was asked before the choice counts"
    assert planned.options[0].text if fixed == "free" else [one.text for one in planned.options] == [*SOUPS]


@pytest.mark.parametrize("fixed", FIXED)
@pytest.mark.parametrize("name", PLANS)
async def test_which_answer_comes_first_does_not_matter(name, fixed):
    runs = []
    slow = {
        0: lambda place: 0,
        1: lambda place: sum(map(ord, place)) % 7,
        2: lambda place: 7 - sum(map(ord, place)) % 7,
    }
    for at_once, delay in ((1, slow[0]), (2, slow[1]), (4, slow[1]), (4, slow[2])):
        plan = plan_of(name, fixed) | ({} if name == "two_stage" else {"parallel": at_once})
        model = Model(delay=delay)
        model._json = lambda place, request, made=model: Model._json(made.keyed(place), place, request)
        model.keyed = lambda place: Model(answers=[SOUPS[sum(map(ord, place)) % 3]])
        await decide(model, **plan)
        runs.append([event for event in model.events if event.type != "decision.explained"])
    assert runs[0] == runs[1] == runs[2] == runs[3]


@pytest.mark.parametrize("tokens", [300, 700, 1500, 4000])
@pytest.mark.parametrize("name", [name for name in PLANS if name != "two_stage"])
async def test_no_strategy_passes_its_budget(name, tokens):
    model = Model()
    plan = plan_of(name, "free") | {"budget": tokens, "max_tokens": 64}
    with contextlib.nullcontext() if tokens > 700 else contextlib.suppress(UserError):
        await decide(model, **plan)
    (ended,) = model.of("thinking.ended")
    spent = sum(usage(r.messages, "").prompt_tokens for p, r in model.asked.items() if p.startswith("dinner#1/plan"))
    assert spent <= ended.tokens <= tokens == ended.budget


@pytest.mark.parametrize("name", [name for name in PLANS if name != "two_stage"])
async def test_a_budget_for_nothing_is_told_as_such(name):
    with pytest.raises(UserError, match="a budget of 64 tokens for planning does not hold one thought") as wrong:
        await decide(Model(), **plan_of(name, "free") | {"budget": 64})
    needed = int(re.search(r"what is asked first may take (\d+), and 64 are left", wrong.value.message)[1])
    model = Model()
    with contextlib.suppress(UserError):
        await decide(model, **plan_of(name, "free") | {"budget": needed})
    assert model.of("thinking.ended")[0].calls > 0, "what it says is needed is enough to ask"


async def test_a_fixed_option_that_begins_like_a_number_can_be_voted_for():
    model = Model(answers=["A. soup"])
    await decide(model, strategy="self_consistency", samples=3, choose_from=["A. soup", "B. salad"])
    (planned,) = model.of("decision.planned")
    assert {one.text: one.probability for one in planned.options}["A. soup"] == 1.0


async def test_plain_chains_spend_the_budget_that_they_are_given():
    """The control is to spend what the others do: no whole chain more would have fitted."""
    model = Model()
    await decide(model, strategy="best_of", budget=2000, max_tokens=64, choose_from=SOUPS)
    (ended,) = model.of("thinking.ended")
    largest = max(
        r.completion_tokens + r.prompt_tokens for r in (usage(q.messages, "x" * 280) for q in model.asked.values())
    )
    assert 2000 - ended.tokens < 2 * largest + 64
    assert ended.ended == "the budget was spent"
    assert ended.calls == len(model.of("thought.noted")) > 4


async def test_most_chains_decide_and_each_sees_the_options_in_another_order():
    model = Model(answers=["stew", "soup", "stew", "salad", "stew"])
    await decide(model, strategy="self_consistency", samples=5, choose_from=SOUPS)
    (planned,), (ended,) = model.of("decision.planned"), model.of("thinking.ended")
    chances = {one.text: one.probability for one in planned.options}
    assert chances == pytest.approx({"soup": 0.2, "stew": 0.6, "salad": 0.2})
    assert (planned.choice, planned.read, planned.orders) == ("B", "votes", 5)
    assert planned.order_consistency == pytest.approx(0.6)
    assert (ended.results, ended.agreement) == ((1, 3, 5), pytest.approx(0.6))
    orders = [
        request.json_schema["properties"]["answer"]["enum"]
        for place, request in model.asked.items()
        if "/chain/" in place
    ]
    assert {tuple(order) for order in orders} == {
        ("soup", "stew", "salad"),
        ("stew", "salad", "soup"),
        ("salad", "soup", "stew"),
    }
    seeds = {request.seed for place, request in model.asked.items() if "/chain/" in place}
    assert len(seeds) == 5, "chains that share a seed are one chain"


async def test_a_chain_without_an_answer_has_no_vote_and_the_log_says_so():
    model = Model(answers=["stew"], wrong=("chain/2",))
    await decide(model, strategy="self_consistency", samples=3, choose_from=SOUPS)
    assert [(one.number, one.fate, one.why) for one in model.of("thought.noted")] == [
        (1, "kept", ""),
        (2, "dropped", "no JSON"),
        (3, "kept", ""),
    ]
    assert model.of("thinking.ended")[0].agreement == 1.0
    with pytest.raises(InvalidOutput, match="none of 3 thoughts can be used"):
        await decide(Model(wrong=("chain",)), strategy="self_consistency", samples=3)


@pytest.mark.parametrize("produces", ["text", "choice"])
@pytest.mark.parametrize("fixed", FIXED)
@pytest.mark.parametrize("name", PLANS)
async def test_no_strategy_asks_more_than_its_file_says_it_may(name, fixed, produces):
    plan = plan_of(name, fixed) | {"max_tokens": 100}
    model = Model()
    await decide(model, produces=produces, **plan)
    agent = AgentDef(role="cook", plan=PlanDef(**plan), act=ActDef(produces=produces))
    cost = decision_cost(agent)
    assert len(model.asked) <= cost.calls
    if name != "best_of":
        assert cost.calls <= 3 * len(model.asked) + 12, "a bound, and not any number"


@pytest.mark.parametrize("fixed", FIXED)
@pytest.mark.parametrize("name", PLANS)
async def test_what_was_thought_stands_in_what_the_choice_and_the_act_go_on_from(name, fixed):
    """So that measures can take parts of the thinking away, and read the choice again."""
    model = Model()
    await decide(model, **plan_of(name, fixed))
    (planned,) = model.of("decision.planned")
    act = model.asked["dinner#1/act"].messages
    said = [message.content for message in act if message.role == "assistant"]
    assert planned.thinking
    assert any(planned.thinking in each for each in said)
    if planned.read == "weighed" and len(planned.options) > 1:
        weighed = model.asked["dinner#1/choose/0"].messages
        assert weighed[: len(act) - 1] == act[:-1], "the act goes on from what the choice was read from"


async def test_two_stages_answer_from_the_reasoning_alone():
    model = Model()
    await decide(model, strategy="two_stage", choose_from=SOUPS)
    chosen = model.asked["dinner#1/choose/0"]
    words = " ".join(message.content for message in chosen.messages)
    assert "Feed six guests" not in words
    assert "I think of dinner#1/plan." in words
    assert "Feed six guests" in model.asked["dinner#1/plan/all/0"].messages[1].content
    assert "Feed six guests" in model.asked["dinner#1/act"].messages[1].content, "whoever acts sees everything"
    assert model.of("decision.planned")[0].read == "reasoning"
    (ended,) = model.of("thinking.ended")
    assert ended.disagreement == ""
    assert re.fullmatch(r"[ABC] \(\w+\): \d+% by the reasoning alone, \d+% with everything in view", ended.accord)


async def test_two_stages_that_part_are_logged():
    class Torn(Model):
        def _label(self, request):
            self.prefer = ("stew",) if "Feed six guests" in str(request.messages) else ("salad",)
            return super()._label(request)

    model = Torn()
    await decide(model, strategy="two_stage", choose_from=SOUPS)
    assert model.of("decision.planned")[0].choice == "C", "what counts is the reasoning"
    said = model.of("thinking.ended")[0].disagreement
    assert "the reasoning alone speaks for C (salad" in said
    assert "B is likeliest (stew" in said


async def test_a_tree_follows_the_thoughts_that_are_worth_most():
    model = Model()
    await decide(model, strategy="tree", depth=2, breadth=1, branches=3)
    thoughts = {one.number: one for one in model.of("thought.noted")}
    kept = [one for one in thoughts.values() if one.fate == "kept"]
    assert len(kept) == 2
    assert "stew" in kept[0].text
    assert kept[1].parents == (kept[0].number,)
    assert kept[0].score > max(one.score for one in thoughts.values() if one.fate == "dropped" and not one.parents)
    (planned,) = model.of("decision.planned")
    assert planned.options[0].text == f"{kept[0].text}; then {kept[1].text}"


class Strict(Model):
    """Finds that nothing meets what is asked."""

    def _likes(self, told):
        return ("no",) if "Does this meet" in told else super()._likes(told)


async def test_a_graph_joins_thoughts_and_has_mended_what_does_not_hold():
    model = Model()
    await decide(model, strategy="graph")
    joined = next(one for one in model.of("thought.noted") if one.operation == "aggregate")
    assert len(joined.parents) == 2
    strict = Strict()
    await decide(strict, strategy="graph")
    dropped = [one for one in strict.of("thought.noted") if "does not meet" in one.why]
    assert [one.operation for one in dropped] == ["refine", "refine"], "mended once, and dropped where it still fails"
    (ended,) = strict.of("thinking.ended")
    assert ended.ended == "all operations were carried out; nothing was left after 'sound'"
    best = {one.number for one in strict.of("thought.noted") if one.operation == "generate" and one.fate == "kept"}
    assert set(ended.results) == best, "what was best before is what it comes to, and the log says why"


async def test_a_graph_of_which_nothing_holds_fails_and_says_where():
    strict = Strict()
    operations = {"drafts": {"do": "generate", "count": 2}, "sound": {"do": "validate", "needs": "drafts"}}
    with pytest.raises(InvalidOutput, match=r"nothing was left after 'sound' \(see: glasswork log why dinner#1\)"):
        await decide(strict, strategy="graph", operations=operations)
    assert strict.of("thinking.ended")[0].results == ()
    assert {one.fate for one in strict.of("thought.noted")} == {"dropped"}
    assert strict.of("decision.planned") == [], "nothing is chosen, and nothing done"


async def test_a_line_of_thought_reads_as_one_sentence():
    model = Model(answers=["Chop onions.", "Fry them."])
    await decide(model, strategy="tree", depth=2, breadth=1, branches=1)
    assert ".;" not in model.of("decision.planned")[0].options[0].text


async def test_a_graph_is_what_the_file_says():
    model = Model()
    operations = {
        "drafts": {"do": "generate", "count": 4},
        "scored": {"do": "score", "needs": "drafts"},
        "best": {"do": "keep_best", "needs": "scored", "keep": 3},
    }
    await decide(model, strategy="graph", operations=operations)
    assert next(place for place in model.asked if "/plan/" in place) == "dinner#1/plan/drafts/0"
    assert len(model.of("decision.planned")[0].options) == 3
    assert len(model.of("thought.noted")) == 4


async def test_debaters_read_the_others_and_the_last_round_votes():
    model = Model(answers=["soup", "stew", "stew", "stew"])
    await decide(model, strategy="debate", debaters=2, rounds=2, choose_from=SOUPS)
    assert model.spoken == ["soup", "stew", "stew", "stew"]
    second = model.asked["dinner#1/plan/round/2/1"].messages[-1].content
    assert "Another says: I think of dinner#1/plan/round/1/2. So: stew" in second
    assert "You said: I think of dinner#1/plan/round/1/1. So: soup" in second
    thoughts = {one.number: one for one in model.of("thought.noted")}
    assert thoughts[3].parents == (1, 2)
    assert thoughts[4].parents == (2, 1)
    assert thoughts[3].why == "was for another answer before: soup"
    (planned,) = model.of("decision.planned")
    assert (planned.choice, planned.options[1].probability) == ("B", 1.0)


async def test_a_run_that_goes_on_asks_nothing_that_it_has_asked(tmp_path):
    """Places key all answers: with the answers of a first pass, a second makes the same events and asks nobody."""
    for name in PLANS:
        model = Model()
        await decide(model, **plan_of(name, "free"))
        answered = {
            place: ModelAnswered(place=place, digest=request.digest(), request=request, completion=Completion(text=""))
            for place, request in model.asked.items()
        }
        again = Model()
        await decide(again, **plan_of(name, "free"))
        assert {place: request.digest() for place, request in again.asked.items()} == {
            place: one.digest for place, one in answered.items()
        }
        assert again.events == model.events
        past = Past([Entry(n, None, event) for n, event in enumerate(model.events, 1)], live=False)
        assert all(past.take(event) for event in again.events), name


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        ({"strategy": "chain", "breadth": 2}, "'breadth' does nothing with the strategy 'chain'; it is for: tree"),
        ({"strategy": "tree", "samples": 2}, "'samples' does nothing with the strategy 'tree'"),
        ({"strategy": "tree", "threshold": 0.5}, "'threshold' does nothing in a search breadth first"),
        ({"strategy": "tree", "search": "depth_first", "breadth": 2}, "'breadth' does nothing in a search depth first"),
        ({"strategy": "tree", "evaluator": "vote", "breadth": 9, "branches": 3}, "27 thoughts would come to one vote"),
        ({"strategy": "best_of"}, "'best_of' needs a 'budget'"),
        ({"choose_from": ["soup", "Soup."]}, "the option 'Soup.' is the same as 'soup'"),
        ({"choose_from": ["soup", "stew", "soup"]}, "the option 'soup' stands here twice"),
        ({"choose_from": [f"soup {n}" for n in range(27)]}, "27 options, and 26 at most can be weighed"),
        ({"strategy": "predict", "expect_from": ["a", "a"]}, "the option 'a' stands here twice"),
        ({"strategy": "graph", "operations": {"a": {"do": "score"}}}, "'a' needs thoughts"),
        (
            {"strategy": "graph", "operations": {"a": {"do": "generate"}, "b": {"do": "score", "needs": "aa"}}},
            "needs 'aa', which is not there; did you mean 'a'",
        ),
        (
            {"strategy": "graph", "operations": {"a": {"do": "generate"}, "b": {"do": "keep_best", "needs": "a"}}},
            "'b' keeps the best of what nobody has scored",
        ),
        (
            {
                "operations": {"a": {"do": "score", "needs": "b"}, "b": {"do": "score", "needs": "a"}},
                "strategy": "graph",
            },
            "operations wait for each other in a circle: a, b",
        ),
        (
            {"strategy": "graph", "operations": {"a": {"do": "generate", "keep": 2}}},
            "'keep' does nothing in 'generate'",
        ),
    ],
)
def test_settings_that_do_nothing_or_contradict_each_other_are_refused(plan, words):
    with pytest.raises(ValidationError) as caught:
        PlanDef(**plan)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("plan", "itself"),
    [
        ({"strategy": "two_stage"}, True),
        ({"strategy": "debate", "choose_from": SOUPS}, True),
        ({"strategy": "debate"}, False),
        ({"strategy": "tree", "choose_from": SOUPS}, False),
    ],
)
def test_a_demand_that_nothing_could_fail_is_refused(plan, itself):
    settings = {"role": "cook", "plan": plan, "explain": {"check": "cited_and_causal"}}
    with pytest.raises(ValidationError, match="makes the choice itself") if itself else contextlib.nullcontext():
        AgentDef.model_validate(settings)
    assert most_asked(PlanDef(**plan)).chooses is not itself


def test_all_are_registered_under_the_names_that_files_use():
    assert {*strategies.names()} >= {
        *("direct", "chain", "predict", "two_stage", "self_consistency", "tree", "graph", "debate", "best_of"),
    }


async def test_two_models_that_think_at_once_do_not_mix():
    """The published programs keep the model, and what was valued, in globals."""
    one, other = Model(prefer=("stew",)), Model(prefer=("salad",))
    await asyncio.gather(
        decide(one, strategy="tree", breadth=1),
        decide(other, strategy="tree", breadth=1),
        decide(Model(), strategy="graph"),
    )
    assert all("stew" in event.text for event in one.of("thought.noted") if event.fate == "kept" and not event.parents)
    assert all(
        "salad" in event.text for event in other.of("thought.noted") if event.fate == "kept" and not event.parents
    )
    alone = Model(prefer=("salad",))
    await decide(alone, strategy="tree", breadth=1)
    assert [*alone.asked] == [*other.asked]
    assert alone.of("thought.noted") == other.of("thought.noted")
