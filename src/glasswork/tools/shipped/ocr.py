"""The text in a picture: PP-OCRv6, which finds lines and reads them, for Latin, Chinese and Japanese writing.

Source: github.com/RapidAI/RapidOCR (Apache-2.0), which carries PaddlePaddle's networks (Apache-2.0, 31 MB) for ONNX.
"""

from __future__ import annotations

import logging
from functools import cache
from typing import Any, NamedTuple

from glasswork.errors import BadArguments, ToolFailed
from glasswork.tools.base import Blob
from glasswork.tools.callables import builtin

_SURE = 0.5
"""Below it a line is rather guessed than read."""


@builtin("ocr", extra="ocr", needs=("rapidocr", "onnxruntime"), memory_mb=6144)
def ocr(image: Blob) -> str:
    """Return the text in a picture, line by line from the top; nothing where there is none."""
    found = _reader()(_pixels(image), text_score=_SURE)
    if found.txts is None or found.boxes is None:
        return ""
    boxes = [[tuple(map(float, corner)) for corner in box] for box in found.boxes]
    return "\n".join(lines(list(zip(boxes, found.txts, strict=True))))


def lines(pieces: list[tuple[list[tuple[float, ...]], str]]) -> list[str]:
    """Return pieces of text as lines: from the top, and from the left where they stand side by side.

    Args:
        pieces: the corners of each, and its text.
    """
    rows: list[list[_Span]] = []
    for span in sorted((_Span.of(box, text) for box, text in pieces), key=lambda span: span.top):
        if rows and all(span.beside(other) for other in rows[-1]):
            rows[-1].append(span)
        else:
            rows.append([span])
    return [" ".join(span.text for span in sorted(row, key=lambda span: span.left)) for row in rows]


class _Span(NamedTuple):
    """Where a piece of text is, from edge to edge."""

    left: float
    right: float
    top: float
    bottom: float
    text: str

    @classmethod
    def of(cls, box: list[tuple[float, ...]], text: str) -> _Span:
        across, down = [x for x, _ in box], [y for _, y in box]
        return cls(min(across), max(across), min(down), max(down), text)

    def beside(self, other: _Span) -> bool:
        """Tell whether one stands left of the other, at about its height; lines of a tilted text do not."""
        apart = self.left >= other.right or other.left >= self.right
        return apart and other.top <= (self.top + self.bottom) / 2 <= other.bottom


def _pixels(image: Blob) -> Any:
    """Return a picture as an array, upright as its camera was held; formats that only Pillow reads, too."""
    import numpy as np
    from PIL import Image, ImageOps

    try:
        with Image.open(image.path) as opened:
            return np.asarray(ImageOps.exif_transpose(opened).convert("RGB"))[:, :, ::-1]
    except Image.DecompressionBombError:
        raise BadArguments("ocr", ["'image' has too many pixels"]) from None
    except (OSError, ValueError) as error:
        raise ToolFailed(f"the picture cannot be read: {error}") from None


@cache
def _reader() -> Any:
    from rapidocr import RapidOCR

    logging.getLogger("RapidOCR").setLevel(logging.ERROR)
    return RapidOCR(params={"EngineConfig.onnxruntime.intra_op_num_threads": 2})
