"""Tool models that are a language model with a prompt."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from glasswork.definitions import EndpointUse
from glasswork.errors import (
    ModelBusy,
    ModelError,
    ModelTimeout,
    ModelUnreachable,
    ToolError,
    ToolFailed,
    ToolTimeout,
    ToolUnavailable,
    ToolUnreachable,
)
from glasswork.records import Message, Request
from glasswork.templates import parse
from glasswork.tools.base import AskModel, Health, Spec, Value, shown
from glasswork.tools.check import checked, output_of
from glasswork.tools.deadline import deadline

_NOBODY = "no language model is at hand"
_FENCE = re.compile(r"^```\w*\n(.*?)\n?```$", re.DOTALL)


class EndpointTool:
    """A language model, asked with a template filled in."""

    def __init__(self, spec: Spec, use: EndpointUse, ask: AskModel | None) -> None:
        self.spec = spec
        self._use = use
        self._template = parse(use.prompt)
        self._ask = ask

    async def call(self, arguments: Mapping[str, Value], *, timeout: float | None = None) -> Value:
        """Ask it; see :class:`~glasswork.tools.base.ToolModel`."""
        request = self.request(checked(self.spec, arguments))
        if self._ask is None:
            raise ToolUnavailable(f"{self.spec.name}: {_NOBODY}")
        async with deadline(self.spec, timeout):
            try:
                answer = await self._ask(self._use.model, request)
            except ModelError as error:
                raise self._failure(error) from error
        return output_of(self.spec, self._value(answer.text, answer.data))

    def request(self, given: Mapping[str, Value]) -> Request:
        """Return the question that arguments come to. What is not given is empty; a file is shown, not sent."""
        values = {name: shown(given[name]) if name in given else "" for name in self.spec.inputs}
        prompt = "\n".join(part.text for part in self._template.render(values))
        wanted = self.spec.output.type
        schema = None
        if wanted in {"number", "boolean"}:
            value = {"type": wanted}
            schema = {"type": "object", "properties": {"value": value}, "required": ["value"]}
        return Request(
            messages=(Message(role="user", content=prompt),),
            form="json" if schema else "text",
            json_schema=schema | {"additionalProperties": False} if schema else None,
            max_tokens=self._use.max_tokens,
            temperature=self._use.temperature,
        )

    async def health(self) -> Health:
        """Tell whether there is somebody to ask; the model itself is not opened."""
        return Health(ok=self._ask is not None, why="" if self._ask is not None else _NOBODY)

    async def aclose(self) -> None:
        """Do nothing: the model is not ours."""

    def _value(self, text: str, data: Any) -> Value:
        if self.spec.output.type == "text":
            return text.strip()
        if self.spec.output.type == "json":
            fenced = _FENCE.match(text.strip())
            try:
                value: Value = json.loads(fenced[1] if fenced else text)
            except ValueError:
                raise ToolFailed(f"{self.spec.name}: the model's answer is no JSON: {text[:200]!r}") from None
            return value
        found: Value = data["value"]
        return found

    def _failure(self, error: ModelError) -> ToolError:
        message = f"{self.spec.name}: {error.message}"
        if isinstance(error, ModelTimeout):
            return ToolTimeout(message, hint=error.hint)
        if isinstance(error, ModelUnreachable | ModelBusy):
            return ToolUnreachable(message, hint=error.hint)
        return ToolFailed(message, hint=error.hint)
