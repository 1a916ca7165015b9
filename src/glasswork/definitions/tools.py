"""``tools/NAME.yaml``: a tool model: what it is good for, what it takes and gives, and who does the work."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from glasswork.definitions.base import Definition, Duration, Name, ShortText
from glasswork.definitions.steps import FileName, NetworkUse

ToolType = Literal["text", "number", "boolean", "json", "table", "image", "audio", "document", "file"]
"""What a value can be. ``table``: CSV. ``document``: PDF, office files, text. ``file``: any file at all."""
MEDIA: frozenset[ToolType] = frozenset({"table", "image", "audio", "document", "file"})
"""The types whose values are files."""
TOOL_KINDS = ("builtin", "endpoint", "http", "mcp", "program", "agent")
"""The keys of which a tool model has exactly one."""
_PLACES: dict[str, Literal["here", "sandbox", "network"]] = {
    "builtin": "here",
    "endpoint": "network",
    "http": "network",
    "mcp": "network",
    "program": "sandbox",
    "agent": "network",
}
_VARIABLE = r"^[A-Za-z_][A-Za-z0-9_]*$"


def _as_typed(value: object) -> object:
    return {"type": value} if isinstance(value, str) else value


def _as_header(value: object) -> object:
    return {"value": value} if isinstance(value, str) else value


class ToolOutput(Definition):
    """What a tool model gives."""

    type: ToolType = "text"
    description: Annotated[str, Field(max_length=300)] = ""


class ToolInput(Definition):
    """One thing that a tool model takes."""

    type: ToolType = "text"
    description: Annotated[str, Field(max_length=300)] = ""
    required: bool = True
    enum: tuple[Annotated[str, Field(min_length=1, max_length=100)], ...] = ()
    """For text: the only values allowed."""

    @model_validator(mode="after")
    def _enum_of_text(self) -> ToolInput:
        if self.enum and self.type != "text":
            raise ValueError("'enum' is for inputs of type text")
        return self


class EndpointUse(Definition):
    """A language model, asked with a prompt. The answer is of the output's type, held to it by the server."""

    model: Annotated[str, Field(min_length=1)] = "default"
    """A name from ``models.yaml``, or one the command line would take after ``--model``."""
    prompt: ShortText
    """A template: ``{{ NAME }}`` is the input of that name. A file is shown by its name, type and size."""
    max_tokens: Annotated[int, Field(ge=1, le=32_768)] = 1024
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.0


class HeaderUse(Definition):
    """One header of an HTTP request."""

    value: Annotated[str, Field(max_length=2000)] = ""
    """As it is sent; before the secret, where there is one: ``value: "Bearer "``."""
    secret: Annotated[str, Field(pattern=_VARIABLE)] | None = None
    """Name of the environment variable that holds it, which ``glasswork.toml`` must allow (``[tools] secrets``)."""


class HttpUse(Definition):
    """An HTTP service: JSON in; JSON, text or a file out."""

    url: Annotated[str, Field(pattern=r"^https?://", max_length=2000)]
    """Of a host that ``glasswork.toml`` allows (``[tools] network``)."""
    method: Literal["GET", "POST", "PUT"] = "POST"
    headers: dict[
        Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9-]*$")],
        Annotated[HeaderUse, BeforeValidator(_as_header, json_schema_input_type=HeaderUse | str)],
    ] = {}
    query: dict[Annotated[str, Field(min_length=1)], Annotated[str, Field(max_length=2000)]] = {}
    """Behind the address; the values are templates."""
    body: Any = None
    """JSON; text in it is a template. A reference that stands alone is the value itself; of a file, its bytes in
    base64."""
    upload: Name | None = None
    """In place of ``body``: the input whose file is sent as it is."""
    result: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$", max_length=200)] | None = None
    """Where in the JSON of the answer the output is: ``data.0.text``. Default: the whole answer."""

    @model_validator(mode="after")
    def _one_body(self) -> HttpUse:
        if self.upload is not None and self.body is not None:
            raise ValueError("a request has a 'body' or an 'upload', not both")
        if self.method == "GET" and (self.body is not None or self.upload is not None):
            raise ValueError("a request by GET has neither 'body' nor 'upload': use 'query'")
        return self


class McpUse(Definition):
    """A tool of an MCP server, which ``glasswork.toml`` names (``[mcp.NAME]``)."""

    server: Name
    tool: Annotated[str, Field(min_length=1, max_length=200)]


class ProgramUse(Definition):
    """A Python program that runs in the sandbox.

    It finds ``arguments.json`` beside it, and the files there by the names that this gives. What it prints is the
    output, or the file that it leaves.
    """

    file: Annotated[str, Field(pattern=r"^tools/[A-Za-z0-9_]{1,64}\.py$")]
    """Of the folder that the definition was found in."""
    result: FileName | None = None
    """The file that it leaves as its output. Default: what it prints. Needed where the output is a file."""
    backend: Literal["default", "docker", "bubblewrap", "jail"] = "default"
    memory_mb: Annotated[int, Field(ge=64, le=4096)] = 512
    network: NetworkUse = NetworkUse()


class ToolDef(Definition):
    """``tools/NAME.yaml``: a tool model."""

    description: Annotated[str, Field(min_length=1, max_length=400)]
    """What it does, in a sentence or two: tools are found, and chosen, by it."""
    inputs: dict[
        Name, Annotated[ToolInput, BeforeValidator(_as_typed, json_schema_input_type=ToolInput | ToolType)]
    ] = {}
    output: Annotated[ToolOutput, BeforeValidator(_as_typed, json_schema_input_type=ToolOutput | ToolType)] = (
        ToolOutput()
    )
    cost: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    """Per call, in the currency of ``models.yaml``."""
    latency: Duration | None = None
    """How long a call usually takes."""
    timeout: Duration = 30.0
    where: Literal["here", "sandbox", "network"] | None = None
    """What becomes of what it is given. ``here``: it stays on this machine. ``sandbox``: it stays here, and a program
    sees it. ``network``: it may leave. Default: by the kind; an endpoint, a service or an agent may say ``here``."""
    idempotent: bool | None = None
    """Whether it may be called once more where nobody knows how far a call came: after a time-out, or a crash. Default:
    yes where nothing leaves this machine, for models, agents and what is only read (``method: GET``); else no."""
    builtin: Name | None = None
    endpoint: EndpointUse | None = None
    http: HttpUse | None = None
    mcp: McpUse | None = None
    program: ProgramUse | None = None
    agent: Name | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> ToolDef:
        given = [kind for kind in TOOL_KINDS if getattr(self, kind) is not None]
        if len(given) != 1:
            named = ", ".join(map(repr, TOOL_KINDS[:-1]))
            said = f"; this one has {' and '.join(map(repr, given))}" if given else ""
            raise ValueError(f"a tool has exactly one of the keys {named} and {TOOL_KINDS[-1]!r}{said}")
        if self.program is not None and self.where not in {None, "sandbox"}:
            raise ValueError("a tool with a 'program' runs in the sandbox: leave 'where' out")
        if self.endpoint is not None and self.output.type in MEDIA:
            raise ValueError("a language model gives text, json, a number or a boolean, and no file")
        if self.agent is not None and self.output.type not in {"text", "json"}:
            raise ValueError("an agent gives text or json")
        if self.program is not None and self.output.type in MEDIA and self.program.result is None:
            raise ValueError("'program' needs 'result', the file it leaves, where the output is a file")
        return self

    @property
    def kind(self) -> str:
        """Which of :data:`TOOL_KINDS` it is."""
        return next(kind for kind in TOOL_KINDS if getattr(self, kind) is not None)

    @property
    def place(self) -> Literal["here", "sandbox", "network"]:
        """Where what it is given goes: ``where``, or what its kind means."""
        return self.where or _PLACES[self.kind]

    @property
    def repeatable(self) -> bool:
        """Whether a call may be made again where nobody knows how far it came: ``idempotent``, or what its kind means.

        What a model or an agent was asked is recorded, and asking has no effects. A service that is only read has none
        either; of all others elsewhere nobody knows.
        """
        if self.idempotent is not None:
            return self.idempotent
        if self.program is not None:
            return not self.program.network.allow
        asks = self.endpoint is not None or self.agent is not None
        return asks or self.place == "here" or (self.http is not None and self.http.method == "GET")
