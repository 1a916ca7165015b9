"""Pools of decisions: each agent's, and all together; each measure over those decisions that have it."""

from __future__ import annotations

from glasswork.explain.case import Case, CaseOption
from glasswork.explain.coupling import Follow
from glasswork.explain.measures import ALL, Measured, by_agent, pooled
from glasswork.records import Segment


def measured(agent: str, follows: bool | None = True, **more) -> Measured:
    options = tuple(CaseOption(label=label, text=label, probability=0.5) for label in "AB")
    case = Case(
        agent=agent,
        segments=(Segment(id="s1", source="task", text="t"),),
        options=options,
        choice="A",
        confidence=0.7,
    )
    return Measured(case, follow=Follow(case="", follows=follows, chosen="A", does="A"), **more)


def test_agents_and_all_of_them():
    found = by_agent([measured("b"), measured("a", False), measured("b", None)])
    assert list(found) == ["a", "b", ALL]
    follows = {name: one.act_follows_plan for name, one in found.items()}
    assert [(one.follows.hits, one.follows.of, one.undecided) for one in follows.values()] == [
        *((0, 1, 0), (1, 1, 1), (1, 2, 1)),
    ]


def test_one_agent_is_all_there_is():
    assert list(by_agent([measured("a"), measured("a")])) == ["a"]
    assert by_agent([]) == {}


def test_what_was_not_measured_is_none():
    found = pooled([measured("a"), measured("a", confidence=True)])
    assert found.confidence.agreement.n == 1
    assert found.decisions == 2
    assert {name for name, value in found if value is None} == {
        *("evidence", "thought_and_stated", "early_answering", "mistakes", "simulatability"),
    }


def test_silence_is_measured_too():
    assert pooled([measured("a", silent=True)]).thought_and_stated.aloud.of == 1
