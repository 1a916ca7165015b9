"""What kind of file something is, by its content: Magika, a small network trained on a hundred million files.

Source: Fratantonio et al., "Magika: AI-Powered Content-Type Detection", arXiv 2409.13768. Apache-2.0; the weights
(3 MB) are in the package.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from glasswork.tools.base import Blob
from glasswork.tools.callables import builtin

if TYPE_CHECKING:
    from magika import Magika


@builtin("file_type", extra="files", needs=("magika",))
def file_type(file: Blob) -> dict[str, Any]:
    """Return the type of a file: its name, media type, group, a description, and how sure that is (0 to 1)."""
    found = _magika().identify_path(file.path)
    return {
        "type": str(found.output.label),
        "media_type": found.output.mime_type,
        "group": found.output.group,
        "description": found.output.description,
        "score": round(float(found.score), 4),
    }


@cache
def _magika() -> Magika:
    from magika import Magika

    return Magika()
