"""A model whose choice has one known driver, and steps that demand something of its explanations."""

import asyncio
import re

from glasswork.records import Completion, Usage

HEAD = "inputs: {fact: {type: string, default: The DRIVER.}, noise: {type: string, default: It rains.}}"
TASK = '"Decide now.\\n{{ inputs.fact }}\\n{{ inputs.noise }}"'
DRIVER, IDLE = ("s2",), ("s3",)
SEGMENTS, ORDERS = 3, 2
ASKED = (SEGMENTS + 9) * ORDERS
"""Questions of one test."""


def step(policy, name="a", more=""):
    return f"{name}: {{agent: writer, task: {TASK}, explain: {{check: cited_and_causal, {policy}}}{more}}}"


class Driven:
    """Prefers the option 'short' where it reads of the driver. Its explanations cite what a test says, by the place."""

    name, context = "driven", None

    def __init__(self, cites=DRIVER, again=DRIVER, broken=()):
        self.cites, self.again, self.broken = cites, again, broken
        self.requests = []

    async def get(self, name):
        return self

    @property
    def places(self):
        return [place for place, _ in self.requests]

    @property
    def tests(self):
        return [place for place in self.places if "/check/" in place]

    async def complete(self, request, *, place="", on_text=None):
        self.requests.append((place, request))
        await asyncio.sleep(0)
        for pattern, error in self.broken:
            if re.search(pattern, place):
                raise error
        return self.answer(request, place).model_copy(update={"usage": Usage(prompt_tokens=10, completion_tokens=1)})

    def answer(self, request, place):
        whole = "\n".join(message.content for message in request.messages)
        if request.form == "label":
            lines = dict(re.findall(r"^([A-Z])\. (.*)$", request.messages[-1].content, re.MULTILINE))
            worth = {label: 4.0 * (text == "short" and "DRIVER" in whole) for label, text in lines.items()}
            return Completion(text="A", logprobs={label: worth[label] - 5.0 for label in request.labels})
        if "/explain" in place:
            cited = self.again if place.endswith("~1") else self.cites
            because = [{"segment": one, "why": f"Of {one}."} for one in cited]
            return Completion(text="{}", data={"because": because, "confidence_percent": 90, "would_change_if": "Not."})
        data = {"thinking": "It is to be short."} if place.endswith("/plan") else None
        return Completion(text="text of " + place, data=data)

    async def aclose(self):
        pass


class Nobody(Driven):
    """Is never to be asked."""

    async def complete(self, request, *, place="", on_text=None):
        raise AssertionError(f"asked at {place}")


def checks(trial, measure="evidence"):
    return [event for event in trial.of("decision.checked") if event.measure == measure]


def met(trial):
    return [event.detail["met"] for event in checks(trial)]


TEAM = f"chat: {{team: {{agents: [writer, judge_two], turns: 2}}, task: {TASK}, explain: {{check: cited_and_causal, POLICY}}}}"
