"""A client of any OpenAI-compatible server: one attempt at one question, in the form it asks for."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from glasswork.errors import ContextOverflow, InvalidOutput, ModelRefused
from glasswork.models import estimate
from glasswork.models.base import OnText
from glasswork.models.failures import no_answer, translate
from glasswork.models.labels import read_labels
from glasswork.models.reply import Blanks, Reply
from glasswork.models.schema import check, parse
from glasswork.records import Completion, Message, Request, Usage

if TYPE_CHECKING:
    from openai import AsyncOpenAI, AsyncStream

Dialect = Literal["llama.cpp", "vllm", "openai"]

REASKS = 2
"""How often a malformed JSON answer is asked for again, with the error, within one attempt."""
_OWNERS: dict[str, Dialect] = {"llamacpp": "llama.cpp", "vllm": "vllm"}
"""Servers by the ``owned_by`` of the models they list."""
_TOPS: dict[Dialect, int] = {"llama.cpp": 200, "vllm": 20, "openai": 20}
"""How many of the likeliest tokens each kind of server lists without complaint. llama.cpp knows no limit."""
_SHARE_SEEN = 0.7
_ENOUGH_WORDS = 200


class OpenAIServer:
    """A model behind ``POST {base_url}/chat/completions``.

    Every answer is streamed, so that silence can be told from work. Nothing is retried here; what fails is one
    :class:`~glasswork.errors.ModelError` (see :mod:`glasswork.models.failures`). The wall-clock deadline is the
    caller's: cancelling :meth:`complete` closes the connection, which makes llama.cpp and vLLM stop generating.
    """

    def __init__(
        self,
        *,
        name: str,
        base_url: str,
        model: str,
        api_key: str | None = None,
        context: int | None = None,
        dialect: Dialect | None = None,
        extra_body: Mapping[str, Any] | None = None,
        top_logprobs: int | None = None,
        connect_seconds: float = 5.0,
        idle_seconds: float = 60.0,
    ) -> None:
        """Remember how to reach the server; nothing is sent yet.

        Args:
            name: what the log calls this model.
            base_url: the address, ``/v1`` included.
            model: the model's name on the server.
            api_key: None for a server that wants none.
            context: size of the context in tokens, where known.
            dialect: what the server allows besides the standard; None asks it who it is before the first label.
            extra_body: further fields for every request.
            top_logprobs: how many likeliest tokens to ask for with a label; None takes what the server surely allows.
            connect_seconds: the longest wait for a connection.
            idle_seconds: the longest silence borne, also before the first byte; slow machines need more.
        """
        self.name = name
        self.context = context
        self.model = model
        self.base_url = base_url.rstrip("/")
        self.dialect = dialect
        self._api_key = api_key
        self._extra_body = dict(extra_body or {})
        self._tops = top_logprobs
        self._connect_seconds = connect_seconds
        self._idle_seconds = idle_seconds
        self._client: AsyncOpenAI | None = None

    @property
    def api_key(self) -> str | None:
        """The key that every request carries; None where the server wants none."""
        return self._api_key

    async def complete(self, request: Request, *, place: str = "", on_text: OnText | None = None) -> Completion:  # noqa: ARG002 - servers never see the place
        """Answer ``request``; see :class:`~glasswork.models.base.Model`."""
        started = time.monotonic()
        if request.form == "json":
            completion = await self._json(request)
        elif request.form == "label":
            completion = await self._label(request)
        else:
            completion = await self._text(request, on_text)
        return completion.model_copy(update={"seconds": time.monotonic() - started, "model": self.name})

    async def aclose(self) -> None:
        """Close the connections. Does not stop the server."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    # --- the three forms --------------------------------------------------------------------------------------------

    async def _text(self, request: Request, on_text: OnText | None) -> Completion:
        reply = await self._exchange(request.messages, self._body(request), on_text)
        if not reply.text.strip() and reply.finish_reason == "stop":
            raise no_answer(f"{self.base_url} sent its reasoning and then no answer", reply.reasoning)
        return _completion(reply, reply.text, reply.usage)

    async def _json(self, request: Request) -> Completion:
        schema = request.json_schema or {}
        check(schema)
        fields = {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": schema}}
        body = self._body(request) | {"response_format": fields}
        messages, usage = request.messages, Usage()
        for left in range(REASKS, -1, -1):
            try:
                reply = await self._exchange(messages, body)
            except InvalidOutput as error:
                error.spent = (usage + Usage.of(error.spent)).spent
                raise
            usage += reply.usage or Usage()
            # With some reasoning parsers vLLM files a constrained answer under reasoning (vllm#50948).
            text = reply.text if reply.text.strip() else reply.reasoning
            try:
                data, how = parse(text, schema)
            except InvalidOutput as error:
                if not left:
                    raise _unusable(error, reply, request, usage) from error.__cause__
                messages = (*request.messages, *_reask(text, error, reply.finish_reason))
            else:
                obtained = "repaired" if left < REASKS else "extracted" if text is not reply.text else how
                whole = text if how == "constrained" else json.dumps(data, ensure_ascii=False)
                return _completion(reply, whole, usage, data=data, obtained=obtained, finish_reason="stop")
        raise AssertionError("unreachable: the last round returns or raises")

    async def _label(self, request: Request) -> Completion:
        dialect = await self._known_dialect()
        body = self._body(request) | {"max_tokens": 1, "logprobs": True, "top_logprobs": self._tops or _TOPS[dialect]}
        reply = await self._exchange(request.messages, body | _constraint(dialect, request.labels))
        logprobs, floor = read_labels(reply.tops, request.labels, self.base_url)
        likeliest = max(request.labels, key=lambda label: (logprobs[label] is not None, logprobs[label] or 0.0))
        how = "free" if dialect == "openai" else "constrained"
        more = {"logprobs": logprobs, "logprob_floor": floor, "obtained": how, "finish_reason": "stop"}
        return _completion(reply, likeliest, reply.usage, **more)

    # --- one exchange -----------------------------------------------------------------------------------------------

    def _body(self, request: Request) -> dict[str, Any]:
        return {
            "model": self.model,
            "max_tokens": request.max_tokens,
            "temperature": request.temperature,
            "seed": request.seed,
            "stream": True,
            "stream_options": {"include_usage": True},
            **({"stop": list(request.stop)} if request.stop else {}),
            **self._extra_body,
        }

    async def _exchange(
        self, messages: tuple[Message, ...], body: Mapping[str, Any], on_text: OnText | None = None
    ) -> Reply:
        """Send one request and gather its answer, which is whole or raises a ModelError."""
        reply = Reply(self.base_url, Blanks() if "response_format" in body else None)
        sent = {"messages": [message.model_dump() for message in messages], **body}
        try:
            async with aclosing(self._pieces(sent)) as pieces:
                async for piece in pieces:
                    added = reply.feed(piece)
                    if added and on_text is not None:
                        on_text(added)
        except ModelRefused as error:
            raise await self._with_known_models(error) from error.__cause__
        except InvalidOutput as error:
            error.spent = (reply.usage or estimate.usage(messages, reply.text + reply.reasoning)).spent
            raise
        reply.check()
        if reply.usage is None:
            reply.usage = estimate.usage(messages, reply.text + reply.reasoning)
        else:
            _see_all_was_read(messages, reply.usage)
        return reply

    async def _pieces(self, body: Mapping[str, Any]) -> AsyncGenerator[object]:
        """Yield the objects that the server sends; however the way fails, it fails with an error of ours."""
        try:
            stream = await self._open(body)
            async with stream:
                if _is_whole(stream.response.headers.get("content-type", "")):
                    yield json.loads(await stream.response.aread())
                else:
                    async for piece in stream:
                        yield piece
        except Exception as error:
            raise translate(error, self.base_url) from error

    async def _open(self, body: Mapping[str, Any]) -> AsyncStream[object]:
        from openai import AsyncStream

        # `post` rather than `chat.completions.create`: plain objects, so that fields the SDK does not know are kept.
        return await self._connected().post(
            "/chat/completions", body=body, cast_to=object, stream=True, stream_cls=AsyncStream[object]
        )

    def _connected(self) -> AsyncOpenAI:
        if self._client is None:
            import openai

            # A proxy named by the environment is in the way of this machine's own loopback.
            own = urlsplit(self.base_url).hostname in ("127.0.0.1", "::1", "localhost")
            self._client = openai.AsyncOpenAI(
                base_url=self.base_url,
                api_key=self._api_key or "none",
                max_retries=0,
                timeout=openai.Timeout(self._idle_seconds, connect=self._connect_seconds, pool=None),
                # Measured with a kept connection: llama.cpp closes it after a stream, and most next requests broke.
                default_headers={"Connection": "close"},
                http_client=openai.DefaultAsyncHttpxClient(trust_env=False) if own else None,
            )
        return self._client

    # --- what the server says of itself -----------------------------------------------------------------------------

    async def _known_dialect(self) -> Dialect:
        """Find out once which server this is; one that does not list its models speaks the standard."""
        if self.dialect is None:
            listed = await self._listed()
            if not listed:
                return "openai"
            self.dialect = _OWNERS.get(str(listed[0].get("owned_by")), "openai")
        return self.dialect

    async def _with_known_models(self, error: ModelRefused) -> ModelRefused:
        """Where the server does not know the model, say which it knows."""
        if getattr(error.__cause__, "status_code", None) != 404:
            return error
        known = [str(one.get("id")) for one in await self._listed()]
        hint = f"the server has: {', '.join(known[:12])}" if known else error.hint
        return ModelRefused(error.message, hint=hint, raw=error.raw)

    async def _listed(self) -> list[dict[str, Any]]:
        """List the server's models, or nothing where it does not tell: a courtesy, so its failure is none of ours."""
        try:
            listed = await self._connected().get("/models", cast_to=object, options={"timeout": self._connect_seconds})
        except Exception:  # noqa: BLE001 - the request that this is a courtesy to will meet the same failure, and raise
            return []
        found = listed.get("data") if isinstance(listed, dict) else None
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _constraint(dialect: Dialect, labels: Sequence[str]) -> dict[str, Any]:
    """Make the server answer with a label, without thinking: then at least that one's probability is known."""
    unthinking = {"chat_template_kwargs": {"enable_thinking": False}}
    if dialect == "llama.cpp":
        return {"grammar": "root ::= " + " | ".join(json.dumps(label) for label in labels)} | unthinking
    if dialect == "vllm":
        return {"structured_outputs": {"choice": list(labels)}} | unthinking
    return {}


def _is_whole(content_type: str) -> bool:
    """Tell whether a body is no stream, although one was asked for: JSON, or a web page (which then fails as JSON)."""
    return "json" in content_type or "html" in content_type


def _completion(reply: Reply, text: str, usage: Usage | None, **more: Any) -> Completion:
    fields = {"finish_reason": reply.finish_reason, "reasoning": reply.reasoning, **more}
    return Completion(text=text, usage=usage or Usage(), **fields)


def _unusable(error: InvalidOutput, reply: Reply, request: Request, usage: Usage) -> InvalidOutput:
    """Return the error of an answer that is asked for no more, with what all of it took."""
    if reply.finish_reason == "length":
        cut = f"the answer was cut off at {request.max_tokens} tokens, before its JSON was whole"
        error = InvalidOutput(cut, raw=error.raw)
    error.spent = usage.spent
    return error


def _reask(text: str, error: InvalidOutput, finish_reason: str) -> tuple[Message, Message]:
    """The malformed answer and what is wrong with it, as two more turns."""
    cut = " It was cut off for its length: answer more briefly." if finish_reason == "length" else ""
    complaint = f"That is {error.message}.{cut} Answer again with one JSON value of the asked form and nothing else."
    return Message(role="assistant", content=text[:2000] or "{}"), Message(role="user", content=complaint)


def _see_all_was_read(messages: tuple[Message, ...], usage: Usage) -> None:
    """Refuse an answer to a prompt of which the server quietly dropped a part (Ollama and others do)."""
    least = estimate.fewest_tokens(messages)
    if least >= _ENOUGH_WORDS and 0 < usage.prompt_tokens < _SHARE_SEEN * least:
        raise ContextOverflow(
            f"the server read {usage.prompt_tokens} tokens of a prompt of at least {least}: it cut it short",
            hint="raise the context size in the server's own settings, or give the step less to read",
        )
