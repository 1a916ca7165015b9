"""A model that answers whatever a strategy asks, and a decision taken on it."""

from __future__ import annotations

import asyncio
import re

from glasswork.agent import Situation, StagedAgent
from glasswork.definitions import ActDef, AgentDef, PlanDef, RoleDef
from glasswork.errors import InvalidOutput
from glasswork.models.estimate import usage
from glasswork.models.schema import problems
from glasswork.records import Completion, Segment

ROLE = RoleDef(name="cook", title="Cook", prose="You cook.")
SEGMENTS = (Segment(id="s1", source="task", text="Feed six guests by eight."),)
SOUPS = ("soup", "stew", "salad")


class Model:
    """Answers every form: lists of numbered texts, chains that come to what it is told, labels by preference."""

    def __init__(self, prefer=("stew",), answers=SOUPS, wrong=(), delay=None, ahead=()):
        self.prefer, self.answers, self.wrong, self.delay = prefer, list(answers), wrong, delay or (lambda place: 0)
        self.ahead = ahead
        self.asked, self.events, self.spoken = {}, [], []

    async def __call__(self, place, request):
        assert place not in self.asked, f"{place} is asked twice: places key the answers"
        self.asked[place] = request
        for _ in range(self.delay(place)):
            await asyncio.sleep(0)
        if any(part in place for part in self.wrong):
            raise InvalidOutput("no JSON")
        completion = self._label(request) if request.form == "label" else self._json(place, request)
        text = completion.text
        return completion.model_copy(update={"usage": usage(request.messages, text)})

    def _label(self, request):
        lines = re.findall(r"^([A-Z])\. (.*)$", request.messages[-1].content, re.MULTILINE)[-len(request.labels) :]
        told = request.messages[-1].content
        liked = [
            label for label, text in lines if any(word in text for word in self.prefer) or text in self._likes(told)
        ]
        logprobs = {label: (0.0 if label in liked else -3.0) for label, _ in lines}
        return Completion(text=liked[0] if liked else "A", logprobs=logprobs)

    def _likes(self, told):
        """Value a line of thought by whether it holds a preferred word."""
        line = told.rpartition("thought of so far:")[2] or told.rpartition("A way to do the task:")[2]
        if not line or "Will this help" not in told:
            return () if "no" in self.prefer else ("yes",)
        return ("surely",) if any(word in line for word in self.prefer) else ("hardly",)

    def _json(self, place, request):
        if request.form == "text":
            return Completion(text="Done.")
        properties, data = request.json_schema["properties"], {}
        for key, one in properties.items():
            if "enum" in one:
                data[key] = self.answers[(len(self.spoken)) % len(self.answers)]
                self.spoken.append(data[key])
            elif one.get("type") == "array" and key == "because":
                data[key] = [{"segment": "s1", "why": "It says six."}]
            elif one.get("type") == "array":
                data[key] = [
                    f"{n}. {self.answers[n % len(self.answers)]} at {place[-9:]}" for n in range(one["maxItems"])
                ]
            elif one.get("type") == "integer":
                data[key] = 70
            elif key == "answer":
                data[key] = f"Make {self.answers[len(self.spoken) % len(self.answers)]}."
                self.spoken.append(data[key])
            else:
                data[key] = f"I think of {place}."
        assert not problems(data, request.json_schema), (data, request.json_schema)
        return Completion(text=str(data), data=data)

    def of(self, kind):
        return [event for event in self.events if event.type == kind]


async def decide(model, *, produces="text", **plan):
    settings = AgentDef(role="cook", plan=PlanDef(**plan), act=ActDef(produces=produces))
    agent = StagedAgent("cook", settings, ROLE, ask=model, record=model.events.append, model="m")
    act = await agent.decide(Situation("dinner#1", "dinner", SEGMENTS, seed=3))
    await act.explained
    return act
