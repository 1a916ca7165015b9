"""Speech from text: espeak-ng, small, quick, clear and robotic, in over a hundred languages.

Source: github.com/espeak-ng/espeak-ng, GPL-3.0-or-later; ``espeakng-loader`` brings its library and its data (10 MB).
It is loaded in the process of this tool alone.
"""

from __future__ import annotations

import ctypes
import io
import wave
from functools import cache

from glasswork.errors import BadArguments, ToolFailed
from glasswork.tools.callables import Media, builtin

_SYNCHRONOUS = 2
_CHARACTERS = 1
_UTF8 = 1
_RATE = 1
_MAX = 5000
"""Characters: about six minutes."""
_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


@builtin("text_to_speech", extra="speech", needs=("espeakng_loader",))
def text_to_speech(text: str, language: str = "en", speed: float = 160) -> Media:
    """Return a recording (WAV, one channel, 22,050 samples a second) of a text read out.

    ``language``: a code such as ``en``, ``en-us``, ``de``, ``cmn`` (Mandarin). ``speed``: words a minute, 80 to 400.
    """
    if not text.strip() or len(text) > _MAX:
        raise BadArguments("text_to_speech", [f"'text' has {len(text.strip())} characters: 1 to {_MAX}"])
    if not 80 <= speed <= 400:
        raise BadArguments("text_to_speech", [f"'speed' is {speed:g}: 80 to 400 words a minute"])
    library, rate = _library()
    if not any(library.espeak_SetVoiceByName(voice.encode()) == 0 for voice in voices(language)):
        raise BadArguments("text_to_speech", [f"'language': {language[:20]!r} is not one that espeak-ng speaks"])
    library.espeak_SetParameter(_RATE, int(speed), 0)
    return Media(_wave(_spoken(library, text), rate), "speech.wav")


def voices(language: str) -> list[str]:
    """Return the names that a code may have as a voice, the nearest first: ``de-DE`` is spoken as ``de``."""
    code = language.strip().lower().replace("_", "-")
    names = [code, code.partition("-")[0]]
    return list(dict.fromkeys("cmn" if name == "zh" else name for name in names))


def _spoken(library: ctypes.CDLL, text: str) -> bytes:
    pieces: list[bytes] = []

    def take(samples: ctypes._Pointer[ctypes.c_short], count: int, _: int | None) -> int:
        if samples and count:
            pieces.append(ctypes.string_at(samples, 2 * count))
        return 0

    callback = _Callback(take)
    library.espeak_SetSynthCallback(callback)
    data = text.encode() + b"\0"
    status = library.espeak_Synth(data, len(data), 0, _CHARACTERS, 0, _UTF8, None, None)
    library.espeak_Synchronize()
    if status != 0 or not pieces:
        raise ToolFailed("espeak-ng gave no sound for this text")
    return b"".join(pieces)


def _wave(samples: bytes, rate: int) -> bytes:
    stream = io.BytesIO()
    with wave.open(stream, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(samples)
    return stream.getvalue()


@cache
def _library() -> tuple[ctypes.CDLL, int]:
    import espeakng_loader

    library = ctypes.CDLL(espeakng_loader.get_library_path())
    library.espeak_Synth.argtypes = [
        *(ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int, ctypes.c_uint, ctypes.c_uint),
        *(ctypes.c_void_p, ctypes.c_void_p),
    ]
    rate = library.espeak_Initialize(_SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), 0)
    if rate <= 0:
        raise ToolFailed("espeak-ng does not start")
    return library, rate
