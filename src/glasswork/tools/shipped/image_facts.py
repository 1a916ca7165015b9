"""What can be told of a picture without understanding it: Pillow (MIT-CMU)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glasswork.errors import BadArguments, ToolFailed
from glasswork.tools.base import Blob
from glasswork.tools.callables import builtin

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

_SIDE = 64
_MOST = 5
_TAGS = {271: "maker", 272: "camera", 306: "taken", 36867: "taken", 305: "software", 315: "artist", 33432: "copyright"}
_CAMERA = 0x8769
"""Where in EXIF data the settings of the camera are."""
_COLOURS: tuple[tuple[str, tuple[int, int, int]], ...] = (
    ("black", (0, 0, 0)),
    ("black", (35, 35, 35)),
    ("grey", (75, 75, 75)),
    ("grey", (128, 128, 128)),
    ("grey", (190, 190, 190)),
    ("white", (240, 240, 240)),
    ("white", (255, 255, 255)),
    ("red", (220, 30, 30)),
    ("orange", (250, 145, 20)),
    ("yellow", (250, 230, 40)),
    ("green", (40, 150, 50)),
    ("cyan", (50, 200, 210)),
    ("blue", (35, 70, 200)),
    ("purple", (130, 40, 160)),
    ("pink", (250, 150, 190)),
    ("brown", (120, 72, 35)),
)


@builtin("image_facts", extra="images", needs=("PIL",))
def image_facts(image: Blob) -> dict[str, Any]:
    """Return format, size in pixels, orientation, frames, brightness (0 to 1), colours by share, and EXIF data."""
    from PIL import Image, ImageOps

    try:
        with Image.open(image.path) as opened:
            upright = ImageOps.exif_transpose(opened)
            width, height = upright.size
            small = upright.convert("RGB").resize((_SIDE, _SIDE))
            facts = {"format": opened.format, "frames": getattr(opened, "n_frames", 1), "exif": _exif(opened)}
    except Image.DecompressionBombError:
        raise BadArguments("image_facts", ["'image' has too many pixels"]) from None
    except (OSError, ValueError, SyntaxError) as error:
        raise ToolFailed(f"the picture cannot be read: {error}") from None
    shape = "square" if width == height else "landscape" if width > height else "portrait"
    return {"width": width, "height": height, "orientation": shape, **_seen(small), **facts}


def nearest(pixel: tuple[int, ...]) -> str:
    """Return the basic colour that a pixel is nearest to, in red, green and blue weighed as the eye does."""
    weights = (0.30, 0.59, 0.11)

    def distance(anchor: tuple[int, ...]) -> float:
        return sum(weight * (one - other) ** 2 for weight, one, other in zip(weights, pixel, anchor, strict=False))

    return min(_COLOURS, key=lambda colour: distance(colour[1]))[0]


def _seen(small: Picture) -> dict[str, Any]:
    pixels: list[tuple[int, ...]] = [(*raw,) for raw in zip(*[iter(small.tobytes())] * 3, strict=True)]
    counts: dict[str, int] = {}
    for pixel in pixels:
        name = nearest(pixel)
        counts[name] = counts.get(name, 0) + 1
    most = sorted(counts.items(), key=lambda one: -one[1])[:_MOST]
    light = sum(0.30 * red + 0.59 * green + 0.11 * blue for red, green, blue in pixels) / (255 * len(pixels))
    shares = {name: round(count / len(pixels), 2) for name, count in most if count >= len(pixels) / 100}
    return {"brightness": round(light, 2), "colours": shares}


def _exif(opened: Picture) -> dict[str, str]:
    """Return what says who made the picture, with what and when; never where."""
    data = opened.getexif()
    every = {**dict(data), **dict(data.get_ifd(_CAMERA))}
    said = {_TAGS[tag]: str(value).strip("\x00 ")[:200] for tag, value in every.items() if tag in _TAGS}
    return {name: text for name, text in said.items() if text}
