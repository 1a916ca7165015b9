"""Tool models: whatever the dispatcher can route a task to, behind one protocol.

``Tools`` finds and opens them by name; ``Candidates`` finds them by what they do.
"""

from glasswork.tools.base import (
    AskAgent,
    AskModel,
    Blob,
    Health,
    OpenSandbox,
    Spec,
    ToolModel,
    Value,
    plain,
    shown,
    spec_of,
)
from glasswork.tools.callables import Media, builtin
from glasswork.tools.check import checked
from glasswork.tools.load import load_tool
from glasswork.tools.media import MediaStore
from glasswork.tools.pool import Given, Tools, open_tool
from glasswork.tools.retrieve import Candidate, Candidates

__all__ = [
    "AskAgent",
    "AskModel",
    "Blob",
    "Candidate",
    "Candidates",
    "Given",
    "Health",
    "Media",
    "MediaStore",
    "OpenSandbox",
    "Spec",
    "ToolModel",
    "Tools",
    "Value",
    "builtin",
    "checked",
    "load_tool",
    "open_tool",
    "plain",
    "shown",
    "spec_of",
]
