"""A shelf in a temporary folder, and a little law to put on it."""

from pathlib import Path

import pytest

from glasswork.knowledge.store import Shelf

LAW = (Path(__file__).parent / "rest.md").read_text(encoding="utf-8")


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path / "shelf")


@pytest.fixture
def corpus(tmp_path):
    """A folder with a law, a note and a file that no reader takes."""
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "rest.md").write_text(LAW)
    (folder / "note.txt").write_text("The canteen closes at two.\n\nIt is shut on Sundays.")
    (folder / "photo.png").write_bytes(b"\x89PNG")
    return folder


@pytest.fixture
def law():
    """Return the text of a little law in Markdown."""
    return LAW
