"""Where the definitions are that come with Glasswork."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path


def shipped() -> Path:
    """Return the folder that holds the shipped ``agents``, ``roles``, ``tools``, ``workflows`` and ``sandbox``.

    It is ``glasswork/shipped`` in an installed wheel, and the root of the repository in a checkout.
    """
    packaged = Path(str(files("glasswork"))) / "shipped"
    return packaged if packaged.is_dir() else Path(__file__).parents[3]
