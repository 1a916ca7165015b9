"""A chat-completions server of the standard library whose path selects what goes wrong: ``/FAULT/v1/chat/completions``."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from email.utils import formatdate
from time import time
from typing import Any

Json = dict[str, Any]
Fault = Callable[["Connection"], Awaitable[None]]
FAULTS: dict[str, Fault] = {}
OWNER: str | None = None
"""Who the server says that it is."""
GIVES_UP = 20.0
"""Seconds after which a fault that hangs lets go."""


class Connection:
    """One request and the means to answer it."""

    def __init__(self, body: Json, hit: int, writer: asyncio.StreamWriter) -> None:
        self.body, self.hit, self.writer = body, hit, writer

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    def head(self, kind: str, status: int = 200, **headers: object) -> None:
        lines = [f"HTTP/1.1 {status} Whatever", f"Content-Type: {kind}", "Connection: close"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.send(("\r\n".join(lines) + "\r\n\r\n").encode())

    def whole(self, data: bytes | str, kind: str = "application/json", status: int = 200, **headers: object) -> None:
        raw = data if isinstance(data, bytes) else data.encode()
        self.head(kind, status, Content_Length=len(raw), **headers)
        self.send(raw)

    def json(self, value: object, status: int = 200, **headers: object) -> None:
        self.whole(json.dumps(value), status=status, **headers)

    def stream(self) -> None:
        self.head("text/event-stream")

    def event(self, value: object) -> None:
        self.send(b"data: " + (value if isinstance(value, bytes) else json.dumps(value).encode()) + b"\n\n")

    def says(self, text: str | None = None, finish: str | None = None, **delta: object) -> None:
        content = {} if text is None else {"content": text}
        self.event({"choices": [{"index": 0, "delta": {**content, **delta}, "finish_reason": finish}]})

    def done(self, prompt_tokens: int = 9, completion_tokens: int = 3) -> None:
        self.event({"choices": [], "usage": {"prompt_tokens": prompt_tokens, "completion_tokens": completion_tokens}})
        self.event(b"[DONE]")

    async def pause(self, seconds: float) -> None:
        await self.writer.drain()
        await asyncio.sleep(seconds)


def message(content: str | None, finish: str = "stop", **more: object) -> Json:
    choice = {"index": 0, "message": {"role": "assistant", "content": content, **more}, "finish_reason": finish}
    return {"choices": [choice], "usage": {"prompt_tokens": 9, "completion_tokens": 3}}


def fault(function: Fault) -> Fault:
    """Register a fault under the function's name."""
    FAULTS[function.__name__] = function
    return function


@asynccontextmanager
async def fault_server() -> AsyncIterator[tuple[str, Counter[str]]]:
    """Serve; yields the address, ``http://127.0.0.1:PORT``, and the number of chat requests by fault."""
    hits: Counter[str] = Counter()
    running: set[asyncio.Task[Any]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        try:
            await _answer(reader, writer, hits)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client went away, or the test is over: both are what some faults are about
        finally:
            writer.close()
            running.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", hits
    finally:
        server.close()
        for task in list(running):
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, hits: Counter[str]) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    _, path, _ = head.split(" ", 2)
    length = next(
        (int(line.split(":")[1]) for line in head.splitlines() if line.lower().startswith("content-length:")), 0
    )
    body = json.loads(await reader.readexactly(length) or b"{}")
    name = path.split("/")[1]
    if path.endswith("/models"):
        Connection(body, 0, writer).json({"data": [{"id": "qwen", "owned_by": OWNER}, {"id": "smol"}]})
    else:
        hits[name] += 1
        await FAULTS[name](Connection(body, hits[name], writer))
    await writer.drain()


# --- the 26 ---------------------------------------------------------------------------------------------------------


@fault
async def s429ra(c: Connection) -> None:
    if c.hit <= 2:
        c.json({"error": {"message": "slow down"}}, status=429, Retry_After="0.2")
    else:
        c.json(message("fine"))


@fault
async def s429always(c: Connection) -> None:
    c.json({"error": {"message": "slow down"}}, status=429, Retry_After="0.05")


@fault
async def s503html(c: Connection) -> None:
    c.whole("<html><h1>Loading</h1></html>", "text/html", 503)


@fault
async def s500(c: Connection) -> None:
    c.whole(b"", status=500)


@fault
async def s429huge(c: Connection) -> None:
    c.json({"error": {"message": "slow down"}}, status=429, Retry_After="3600")


@fault
async def s400ctx(c: Connection) -> None:
    said = (
        "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens (4000 in the messages)."
    )
    c.json({"object": "error", "message": said, "code": 400}, status=400)


@fault
async def s404(c: Connection) -> None:
    c.json({"error": {"message": "The model `nope` does not exist.", "code": 404}}, status=404)


@fault
async def reset(c: Connection) -> None:
    c.writer.transport.abort()


@fault
async def trunc(c: Connection) -> None:
    c.head("application/json", Content_Length=5000)
    c.send(b'{"choices": [')


@fault
async def hang(c: Connection) -> None:
    await c.pause(GIVES_UP)


@fault
async def slowdrip(c: Connection) -> None:
    raw = json.dumps(message("never in time")).encode() + b" " * 2000
    c.head("application/json", Content_Length=len(raw))
    for byte in raw:
        c.send(bytes([byte]))
        await c.pause(0.05)


@fault
async def html200(c: Connection) -> None:
    c.whole("<html>Log in to the hotel network</html>", "text/html")


@fault
async def empty200(c: Connection) -> None:
    c.whole(b"")


@fault
async def truncjson(c: Connection) -> None:
    c.whole(json.dumps(message("fine"))[:40])


@fault
async def err200(c: Connection) -> None:
    c.json({"error": {"message": "CUDA out of memory", "type": "server_error"}})


@fault
async def nochoices(c: Connection) -> None:
    c.json({"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 0}})


@fault
async def nullcontent(c: Connection) -> None:
    c.json(message(None))


@fault
async def length(c: Connection) -> None:
    c.json(message('{"name": "Ca', "length"))


@fault
async def st_ok(c: Connection) -> None:
    c.stream()
    for piece in ("fi", "ne"):
        c.says(piece)
        await c.pause(0.01)
    c.says(finish="stop")
    c.done()


@fault
async def st_cut(c: Connection) -> None:
    c.head("text/event-stream", Transfer_Encoding="chunked")
    c.send(b'5a\r\ndata: {"choices": [{"index": 0, "delta": {"content": "fi"}, "finish_reason": null}]}')
    await c.pause(0.02)


@fault
async def st_halfclose(c: Connection) -> None:
    c.stream()
    c.says("fi")
    await c.pause(GIVES_UP)


@fault
async def st_cleancut(c: Connection) -> None:
    c.stream()
    c.says("fi")


@fault
async def st_badjson(c: Connection) -> None:
    c.stream()
    c.says("fi")
    c.event(b'{"choices": [{"del')


@fault
async def st_err(c: Connection) -> None:
    c.stream()
    c.says("fi")
    c.event({"error": {"message": "OOM", "code": 500}})


@fault
async def st_comment(c: Connection) -> None:
    c.stream()
    for piece in ("fi", "ne"):
        c.send(b": ping\n\n")
        c.says(piece)
    c.says(finish="stop")
    c.done()


@fault
async def st_splitutf8(c: Connection) -> None:
    c.stream()
    data = 'data: {"choices": [{"delta": {"content": "fine ✓"}, "finish_reason": "stop"}]}\n\n'.encode()
    cut = data.index("✓".encode()) + 1
    c.send(data[:cut])
    await c.pause(0.05)
    c.send(data[cut:])
    c.done()


# --- variations -----------------------------------------------------------------------------------------------------


@fault
async def ctx_llama(c: Connection) -> None:
    said = "request (9031 tokens) exceeds the available context size (2048 tokens), try increasing it"
    more = {"type": "exceed_context_size_error", "n_prompt_tokens": 9031, "n_ctx": 2048}
    c.json({"error": {"code": 400, "message": said, **more}}, status=400)


@fault
async def ctx_llama500(c: Connection) -> None:
    c.json({"error": {"code": 500, "message": "Context size has been exceeded.", "type": "server_error"}}, status=500)


@fault
async def ctx_vllm_new(c: Connection) -> None:
    said = "'max_tokens' is too large: 600. This model's maximum context length is 512 tokens and your request has 40 input"
    c.json({"error": {"message": said, "code": 400}}, status=400)


@fault
async def ctx_stream(c: Connection) -> None:
    c.stream()
    c.says("fi")
    c.event({"error": {"code": 500, "message": "Context size has been exceeded."}})


@fault
async def ctx_silent(c: Connection) -> None:
    c.stream()
    c.says("fine", finish="stop")
    c.done(prompt_tokens=200)


@fault
async def s401(c: Connection) -> None:
    c.json({"error": {"message": "Incorrect API key provided"}}, status=401)


@fault
async def s408(c: Connection) -> None:
    c.whole(b"", "text/plain", 408)


@fault
async def s422(c: Connection) -> None:
    c.json({"detail": [{"msg": "top_logprobs must be at most 20"}]}, status=422)


@fault
async def s503date(c: Connection) -> None:
    c.whole(b"", "text/plain", 503, Retry_After=formatdate(time() + 3600, usegmt=True))


@fault
async def st_zero(c: Connection) -> None:
    c.stream()
    c.says(finish="stop")
    c.done()


@fault
async def st_nothing(c: Connection) -> None:
    c.stream()
    c.event(b"[DONE]")


@fault
async def st_thinks_only(c: Connection) -> None:
    c.stream()
    c.says(reasoning="hm")
    c.says(finish="stop")
    c.done()


@fault
async def st_abort(c: Connection) -> None:
    c.stream()
    c.says("fi", finish="abort")
    c.done()


@fault
async def st_filter(c: Connection) -> None:
    c.stream()
    c.says("fi", finish="content_filter")
    c.done()


@fault
async def st_list(c: Connection) -> None:
    c.stream()
    c.event(["not", "an", "object"])


@fault
async def st_latin1(c: Connection) -> None:
    c.stream()
    c.send(b'data: {"choices": [{"delta": {"content": "caf\xe9"}}]}\n\n')


@fault
async def garbage(c: Connection) -> None:
    c.json({"choices": [{"message": [1], "finish_reason": 7, "logprobs": "no"}], "usage": [], "timings": 3})


@fault
async def err200text(c: Connection) -> None:
    c.json({"error": "model is loading"})


@fault
async def redirect(c: Connection) -> None:
    c.whole(b"", "text/plain", 304)


# --- good answers in odd clothes -------------------------------------------------------------------------------------


@fault
async def st_reasoning(c: Connection) -> None:
    c.stream()
    c.says(reasoning="think ")
    c.says(reasoning_content="twice")
    c.says("fine", reasoning=None)
    c.says(finish="stop")
    c.event(
        {
            "choices": [],
            "usage": {"prompt_tokens": 9, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 7}},
        }
    )
    c.event(b"[DONE]")


@fault
async def both_reasonings(c: Connection) -> None:
    c.json(message("fine", reasoning="think", reasoning_content="think"))


@fault
async def st_surrogates(c: Connection) -> None:
    c.stream()
    c.event(b'{"choices": [{"delta": {"content": "fine \\ud83d"}}]}')
    c.event(b'{"choices": [{"delta": {"content": "\\ude00 \\ud83d"}, "finish_reason": "stop"}]}')
    c.done()


@fault
async def no_usage(c: Connection) -> None:
    c.stream()
    c.says("fine", finish="stop")
    c.event(b"[DONE]")


@fault
async def cache_n(c: Connection) -> None:
    c.json({**message("fine"), "timings": {"cache_n": 5}})


# --- structured answers ----------------------------------------------------------------------------------------------


def _structured(c: Connection, text: str, finish: str = "stop", **delta: object) -> None:
    c.stream()
    c.says(text, finish=finish, **delta)
    c.done()


CAT = '{"name": "Cat", "legs": 4, "tags": [], "kind": "animal"}'


@fault
async def json_fenced(c: Connection) -> None:
    _structured(c, f"Here you are:\n```json\n{CAT}\n```\nAnything else?")


@fault
async def json_in_reasoning(c: Connection) -> None:
    _structured(c, "", reasoning=f"The user wants a cat. {CAT}")


@fault
async def json_second_try(c: Connection) -> None:
    _structured(c, CAT if c.hit > 1 else '{"name": "Cat", "legs": 40, "tags": [], "kind": "animal"}')


@fault
async def json_cut_once(c: Connection) -> None:
    _structured(c, CAT if c.hit > 1 else CAT[:20], finish="stop" if c.hit > 1 else "length")


@fault
async def json_never(c: Connection) -> None:
    _structured(c, "I would rather not.")


@fault
async def json_blanks(c: Connection) -> None:
    """Begin as asked, and go on in blanks until nobody reads any more."""
    c.stream()
    c.says('{"name": "' + " " * 200 + '",')
    for _ in range(2000):
        c.says(" \n")
        await c.pause(0.002)
    c.says("}", finish="stop")
    c.done()


def _tops(*pairs: tuple[str, float], produced: tuple[str, float] | None = None) -> Json:
    token, logprob = produced or pairs[0]
    listed = [{"token": t, "logprob": p} for t, p in pairs]
    return {"content": [{"token": token, "logprob": logprob, "top_logprobs": listed}]}


def _label(c: Connection, logprobs: object, text: str = "A") -> None:
    c.stream()
    c.event({"choices": [{"delta": {"content": text}, "logprobs": logprobs, "finish_reason": "length"}]})
    c.done(completion_tokens=1)


@fault
async def label_spaces(c: Connection) -> None:
    _label(c, _tops((" A", -1.0), ("A", -2.0), ("B", -1.5), ("\n", -4.0)))


@fault
async def label_censored(c: Connection) -> None:
    _label(c, _tops(("The", -0.1), ("A", -3.0), ("It", -5.0), produced=("B", -9.0)), "B")


@fault
async def label_none(c: Connection) -> None:
    _label(c, _tops(("The", -0.1), ("It", -3.0), ("A", -9999.0)), "The")


@fault
async def label_without(c: Connection) -> None:
    _label(c, None)


@fault
async def good(c: Connection) -> None:
    if "response_format" in c.body:
        _structured(c, CAT)
    elif c.body.get("logprobs"):
        _label(c, _tops(("B", -0.2), ("A", -2.5), ("C", -3.5), ("The", -6.0)), "B")
    else:
        await st_ok(c)
