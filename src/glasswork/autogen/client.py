"""A Glasswork model as an AutoGen ``ChatCompletionClient``, so that any AutoGen agent can speak through it.

AutoGen's own OpenAI client loses vLLM's ``reasoning`` field and ends the team on one malformed JSON; this one keeps the
reasoning as ``thought`` and asks through the run's single retry layer, so every answer is in the log.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, Literal

from autogen_core import CancellationToken
from autogen_core.models import (
    AssistantMessage,
    ChatCompletionClient,
    CreateResult,
    LLMMessage,
    ModelFamily,
    ModelInfo,
    RequestUsage,
    SystemMessage,
    UserMessage,
)
from autogen_core.tools import Tool, ToolSchema
from pydantic import BaseModel

from glasswork.errors import UserError
from glasswork.records import Ask, Message, Request

CHARACTERS_PER_TOKEN = 4
"""For AutoGen's questions about token counts, which it asks before any server has counted."""


class GlassworkClient(ChatCompletionClient):
    """Answers AutoGen through an :data:`~glasswork.records.Ask`. It offers no tools: acts are not tool calls here."""

    component_type = "model"

    def __init__(self, ask: Ask, *, place: str, context: int | None = None, max_tokens: int = 1024) -> None:
        """Make a client whose calls stand at ``place/1``, ``place/2``, … in the log."""
        self._ask = ask
        self._place = place
        self._context = context or 8192
        self._max_tokens = max_tokens
        self._calls = 0
        self._last = RequestUsage(prompt_tokens=0, completion_tokens=0)
        self._total = RequestUsage(prompt_tokens=0, completion_tokens=0)

    async def create(
        self,
        messages: Sequence[LLMMessage],
        *,
        tools: Sequence[Tool | ToolSchema] = (),
        tool_choice: Tool | Literal["auto", "required", "none"] = "auto",  # noqa: ARG002 - AutoGen's signature
        json_output: bool | type[BaseModel] | None = None,
        extra_create_args: Mapping[str, Any] = {},
        cancellation_token: CancellationToken | None = None,
    ) -> CreateResult:
        """Answer once.

        Raises:
            UserError: the AutoGen agent wants tools or extra arguments, which this client does not carry.
        """
        if tools or extra_create_args:
            raise UserError("a Glasswork model offers AutoGen agents no tools and takes no extra arguments")
        schema = json_output.model_json_schema() if isinstance(json_output, type) else {"type": "object"}
        request = Request(
            messages=tuple(_message(message) for message in messages),
            form="json" if json_output else "text",
            json_schema=schema if json_output else None,
            max_tokens=self._max_tokens,
        )
        self._calls += 1
        asking = asyncio.ensure_future(self._ask(f"{self._place}/{self._calls}", request))
        if cancellation_token is not None:
            cancellation_token.link_future(asking)
        answer = await asking
        self._count(answer.usage.prompt_tokens, answer.usage.completion_tokens)
        return CreateResult(
            finish_reason=answer.finish_reason,
            content=answer.text,
            usage=self._last,
            cached=False,
            thought=answer.reasoning or None,
        )

    async def create_stream(
        self,
        messages: Sequence[LLMMessage],
        *,
        tools: Sequence[Tool | ToolSchema] = (),
        tool_choice: Tool | Literal["auto", "required", "none"] = "auto",
        json_output: bool | type[BaseModel] | None = None,
        extra_create_args: Mapping[str, Any] = {},
        cancellation_token: CancellationToken | None = None,
    ) -> AsyncGenerator[str | CreateResult, None]:
        """Answer in one piece, then the result; Glasswork's live view streams by its own way."""
        result = await self.create(
            messages,
            tools=tools,
            tool_choice=tool_choice,
            json_output=json_output,
            extra_create_args=extra_create_args,
            cancellation_token=cancellation_token,
        )
        assert isinstance(result.content, str)
        yield result.content
        yield result

    async def close(self) -> None:
        """Nothing to close: the model belongs to whoever opened it."""

    def actual_usage(self) -> RequestUsage:
        """Return the last call's tokens."""
        return self._last

    def total_usage(self) -> RequestUsage:
        """Return the tokens of all calls so far."""
        return self._total

    def count_tokens(self, messages: Sequence[LLMMessage], *, tools: Sequence[Tool | ToolSchema] = ()) -> int:  # noqa: ARG002
        """Return an estimate, in tokens, by length."""
        return sum(len(_message(message).content) for message in messages) // CHARACTERS_PER_TOKEN

    def remaining_tokens(self, messages: Sequence[LLMMessage], *, tools: Sequence[Tool | ToolSchema] = ()) -> int:
        """Return an estimate, in tokens, of the room left in the context."""
        return self._context - self.count_tokens(messages, tools=tools)

    @property
    def capabilities(self) -> ModelInfo:
        """What :attr:`model_info` says."""
        return self.model_info

    @property
    def model_info(self) -> ModelInfo:
        """What AutoGen may expect: text and structured output; no pictures, no tools."""
        return ModelInfo(
            vision=False,
            function_calling=False,
            json_output=True,
            family=ModelFamily.UNKNOWN,
            structured_output=True,
        )

    def _count(self, prompt: int, completion: int) -> None:
        self._last = RequestUsage(prompt_tokens=prompt, completion_tokens=completion)
        self._total = RequestUsage(
            prompt_tokens=self._total.prompt_tokens + prompt,
            completion_tokens=self._total.completion_tokens + completion,
        )


def _message(message: LLMMessage) -> Message:
    """Translate one AutoGen message.

    Raises:
        UserError: it holds something that is not text.
    """
    if not isinstance(message.content, str):
        raise UserError(f"a Glasswork model takes text alone, not {message.type}")
    if isinstance(message, SystemMessage):
        return Message(role="system", content=message.content)
    if isinstance(message, AssistantMessage):
        return Message(role="assistant", content=message.content)
    assert isinstance(message, UserMessage)
    return Message(role="user", content=message.content)
