"""Teams: every message is an event, the scheduler's choice is a decision, errors come through as they were raised."""

import pytest
from autogen_agentchat.agents import AssistantAgent
from autogen_agentchat.conditions import MaxMessageTermination
from autogen_agentchat.teams import RoundRobinGroupChat

from glasswork.agent import StagedAgent
from glasswork.autogen import GlassworkAgent, GlassworkClient, Place, run_team
from glasswork.definitions import ActDef, AgentDef, PlanDef, RoleDef
from glasswork.errors import ModelRefused
from glasswork.records import Completion, Segment

ROLE = RoleDef(name="writer", title="Writer", prose="You write.")
TASK = (Segment(id="s1", source="task", text="Write a poem."), Segment(id="s2", source="inputs.topic", text="Snow."))


class Talk:
    """Answers for a whole team: acts by place, the scheduler by a list of what it is to prefer."""

    def __init__(self, acts=None, schedule=()):
        self.acts = acts or {}
        self.schedule = list(schedule)
        self.events = []
        self.acted = []
        self.prompts = {}

    async def ask(self, place, request):
        self.prompts[place] = request.messages
        if "/schedule/" in place:
            wanted = self.schedule[int(place.split("/schedule/")[1].split("/")[0]) - 1]
            lines = request.messages[-1].content.splitlines()
            label = next(line[0] for line in lines if line[1:3] == ". " and line[3:].startswith(wanted))
            return Completion(text=label, logprobs={each: 0.0 if each == label else -5.0 for each in request.labels})
        if request.form == "label":
            return Completion(text="A", logprobs=dict.fromkeys(request.labels, -1.0))
        if place.endswith("/explain"):
            because = [{"segment": "s1", "why": "It asks."}]
            return Completion(text="{}", data={"because": because, "confidence_percent": 50, "would_change_if": "No."})
        act = self.acts.get(place, "said at " + place)
        if isinstance(act, Exception):
            raise act
        return Completion(text=act)

    def agent(self, name, **act):
        definition = AgentDef(
            role="writer", description=f"{name} does it", plan=PlanDef(choose_from=("a", "b")), act=ActDef(**act)
        )
        return StagedAgent(name, definition, ROLE, ask=self.ask, record=self.events.append)

    async def run(self, *agents, kind="round_robin", turns=4):
        place = Place(step="chat", decision="chat#1", seed=0, record=self.events.append, on_act=self.acted.append)
        said = await run_team(agents, TASK, kind=kind, turns=turns, schedule=self.ask, place=place)
        for act in self.acted:
            await act.explained
        return said

    def of(self, type_):
        return [event for event in self.events if event.type == type_]


async def test_round_robin_speaks_in_turn_and_every_message_is_an_event():
    talk = Talk()
    said = await talk.run(talk.agent("ann"), talk.agent("bob"), turns=3)
    assert [message.source for message in said] == ["ann", "bob", "ann"]
    sent = [(event.turn, event.source, event.text) for event in talk.of("message.sent")]
    assert sent == [
        (0, "user", "Write a poem.\n\nSnow."),
        (1, "ann", "said at chat#1.1/act"),
        (2, "bob", "said at chat#1.2/act"),
        (3, "ann", "said at chat#1.3/act"),
    ]
    assert [event.decision for event in talk.of("decision.explained")] == ["chat#1.1", "chat#1.2", "chat#1.3"]


async def test_each_speaker_sees_the_task_and_what_was_said_as_segments_that_only_grow():
    talk = Talk()
    await talk.run(talk.agent("ann"), talk.agent("bob"), turns=4)
    seen = {event.decision: [(s.id, s.source) for s in event.segments] for event in talk.of("decision.started")}
    opening = [("s1", "task"), ("s2", "inputs.topic")]
    assert seen["chat#1.1"] == opening
    assert seen["chat#1.2"] == [*opening, ("s3", "message.ann")]
    assert seen["chat#1.3"] == [*opening, ("s3", "message.ann"), ("s4", "message.bob")]
    assert seen["chat#1.4"] == [*opening, ("s3", "message.ann"), ("s4", "message.bob"), ("s5", "message.ann")]


async def test_the_scheduler_weighs_who_speaks_and_ends_the_talk():
    talk = Talk(schedule=["bob", "ann", "Nobody"])
    said = await talk.run(talk.agent("ann"), talk.agent("bob"), talk.agent("cy"), kind="selector", turns=9)
    assert [message.source for message in said] == ["bob", "ann"]
    first, second, third = talk.of("speaker.chosen")
    assert [option.text for option in first.options] == [
        "ann, who has not spoken yet: ann does it",
        "bob, who has not spoken yet: bob does it",
        "cy, who has not spoken yet: cy does it",
    ]
    assert [option.text for option in second.options] == [
        "ann, who has not spoken yet: ann does it",
        "cy, who has not spoken yet: cy does it",
        "Nobody: the task is finished.",
    ]
    assert third.options[0].text == "bob, who has spoken once: bob does it"
    assert second.order_consistency == 1.0
    assert third.options[-1].label == third.choice
    assert sum(option.probability for option in third.options) == pytest.approx(1.0)


async def test_a_scheduled_talk_stops_after_its_turns_without_asking_once_more():
    talk = Talk(schedule=["ann", "bob", "ann"])
    said = await talk.run(talk.agent("ann"), talk.agent("bob"), kind="selector", turns=3)
    assert len(said) == len(talk.of("speaker.chosen")) == 3


@pytest.mark.parametrize("kind", ["round_robin", "selector"])
@pytest.mark.parametrize("turn", [1, 2])
async def test_an_error_in_a_turn_ends_the_talk_and_is_raised_as_it_was(kind, turn):
    talk = Talk(acts={f"chat#1.{turn}/act": ModelRefused("no such model")}, schedule=["ann", "bob", "ann", "bob"])
    with pytest.raises(ModelRefused, match="no such model"):
        await talk.run(talk.agent("ann"), talk.agent("bob"), kind=kind)
    assert len(talk.of("decision.acted")) == turn - 1


async def test_an_error_of_the_scheduler_is_raised_as_it_was():
    talk = Talk(schedule=["ann"])

    async def refuse(place, request):
        if "/schedule/2" in place:
            raise ModelRefused("no more")
        return await talk.ask(place, request)

    place = Place(step="chat", decision="chat#1", seed=0, record=talk.events.append, on_act=talk.acted.append)
    agents = [talk.agent("ann"), talk.agent("bob")]
    with pytest.raises(ModelRefused, match="no more"):
        await run_team(agents, TASK, kind="selector", turns=4, schedule=refuse, place=place)


async def test_the_program_of_a_speaker_is_kept_with_its_message():
    talk = Talk(acts={"chat#1.2/act": "Here:\n```python\nx = 1\n```"})
    said = await talk.run(talk.agent("ann"), talk.agent("eve", produces="code"), turns=2)
    assert [message.code for message in said] == ["", "x = 1\n"]


async def test_an_autogen_agent_joins_our_team_through_our_model():
    talk = Talk()
    guest = AssistantAgent("guest", model_client=GlassworkClient(talk.ask, place="chat#1/guest"))
    said = await talk.run(talk.agent("ann"), guest, turns=2)
    assert [(message.source, message.text) for message in said] == [
        ("ann", "said at chat#1.1/act"),
        ("guest", "said at chat#1/guest/1"),
    ]
    heard = talk.prompts["chat#1/guest/1"]
    assert any("said at chat#1.1/act" in message.content for message in heard)


async def test_a_glasswork_agent_joins_anyones_team_and_its_state_can_be_kept():
    talk = Talk()
    ours = GlassworkAgent(talk.agent("ann"))
    guest = AssistantAgent("guest", model_client=GlassworkClient(talk.ask, place="guest"))
    team = RoundRobinGroupChat([ours, guest], termination_condition=MaxMessageTermination(4))
    result = await team.run(task="Hello.")
    assert [message.source for message in result.messages] == ["user", "ann", "guest", "ann"]
    state = await ours.save_state()
    again = GlassworkAgent(talk.agent("ann"))
    await again.load_state(state)
    assert await again.save_state() == state
    assert [segment["source"] for segment in state["segments"]] == [
        "message.user",
        "message.ann",
        "message.guest",
        "message.ann",
    ]


async def test_reasoning_reaches_autogen_as_thought():
    async def ask(place, request):
        return Completion(text="Yes.", reasoning="Because.")

    client = GlassworkClient(ask, place="x")
    from autogen_core.models import UserMessage

    result = await client.create([UserMessage(content="Well?", source="user")])
    assert (result.content, result.thought) == ("Yes.", "Because.")
