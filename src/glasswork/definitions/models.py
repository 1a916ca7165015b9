"""``models.yaml``: the models of a project."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from glasswork.definitions.base import Definition, Duration


class PriceDef(Definition):
    """What a model's tokens cost, by the million, in whatever currency the budgets are in."""

    prompt: Annotated[float, Field(ge=0)] = 0.0
    completion: Annotated[float, Field(ge=0)] = 0.0


class _Priced(Definition):
    price: PriceDef | None = None


class EmbeddedModel(_Priced):
    """llama.cpp beside this process, on weights of the catalogue or a GGUF file."""

    kind: Literal["embedded"]
    weights: Annotated[str, Field(min_length=1)]
    """A catalogue name, or a path to a ``.gguf`` file (relative to the file that says so)."""
    context: Annotated[int, Field(ge=512, le=1_048_576)] = 8192
    """Tokens for each request served at once."""
    parallel: Annotated[int, Field(ge=1, le=64)] = 4
    """Requests served at once."""
    threads: Annotated[int, Field(ge=1, le=512)] | None = None
    """Default: the machine's physical cores."""
    gpu_layers: Annotated[int, Field(ge=0)] = 0


class OpenAIModel(_Priced):
    """Any OpenAI-compatible server."""

    kind: Literal["openai"]
    base_url: Annotated[str, Field(pattern=r"^https?://")]
    model: Annotated[str, Field(min_length=1)]
    api_key_env: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] | None = None
    """Name of the environment variable that holds the key; the key itself never stands in a file."""
    context: Annotated[int, Field(ge=512)] | None = None


class VllmModel(_Priced):
    """A vLLM server that Glasswork starts on loopback and stops."""

    kind: Literal["vllm"]
    model: Annotated[str, Field(min_length=1)]
    """A hub name or a folder with a checkpoint."""
    context: Annotated[int, Field(ge=512)] | None = None
    dtype: Literal["auto", "bfloat16", "float16", "float32"] = "auto"
    prefix_caching: bool = True
    gpu_memory: Annotated[float, Field(gt=0, le=1)] | None = None
    """Share of the GPU's memory; ignored by a CPU build."""
    kv_cache_gb: Annotated[int, Field(ge=1)] | None = None
    """Space for the key-value cache of a CPU build, in GiB."""
    reasoning_parser: str | None = None
    start_timeout: Duration = 900.0
    args: tuple[str, ...] = ()
    """Further flags for the server, as they would stand on its command line."""


class ScriptedModel(Definition):
    """A double that answers from a file."""

    kind: Literal["scripted"]
    file: Annotated[str, Field(min_length=1)]


class ReplayModel(Definition):
    """A double that answers from a run's log."""

    kind: Literal["replay"]
    run: Annotated[str, Field(min_length=1)]


class RandomModel(Definition):
    """A baseline: random text, a random instance of the schema, a uniform draw of labels."""

    kind: Literal["random"]
    seed: int = 0


ModelDef = Annotated[
    EmbeddedModel | OpenAIModel | VllmModel | ScriptedModel | ReplayModel | RandomModel, Field(discriminator="kind")
]


class ModelsDef(Definition):
    """``models.yaml``: the models of a project, by name."""

    version: Literal[1]
    default: Annotated[str, Field(min_length=1)] | None = None
    """What ``default`` means; a name below, or a catalogue name."""
    models: dict[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")], ModelDef] = {}

    @field_validator("models")
    @classmethod
    def _default_is_not_a_model(cls, models: dict[str, Any]) -> dict[str, Any]:
        if "default" in models:
            raise ValueError("'default' is chosen by the key 'default' at the top; give the model another name")
        return models
