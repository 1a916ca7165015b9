"""A small project on disk."""

from pathlib import Path

import pytest

ROLE = "---\nname: {name}\ntitle: {title}\n---\nYou are {title}.\n"
WORKFLOW = 'version: 1\nname: {name}\ndescription: {description}\nsteps:\n  one: {{agent: writer, task: "Write."}}\n'


def write(root: Path, *, title: str = "Writer", description: str = "writes") -> Path:
    for folder in ("agents", "roles", "workflows/games"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "roles/writer.md").write_text(ROLE.format(name="writer", title=title))
    (root / "agents/writer.yaml").write_text("role: writer\ndescription: writes things\n")
    (root / "workflows/story.yaml").write_text(WORKFLOW.format(name="story", description=description))
    (root / "workflows/games/duel.yaml").write_text(WORKFLOW.format(name="duel", description="a game"))
    return root


@pytest.fixture
def project(tmp_path, monkeypatch) -> Path:
    """A project, the working folder below it, and an empty folder of the user's."""
    root = write(tmp_path / "project")
    (root / "deep/er").mkdir(parents=True)
    monkeypatch.chdir(root / "deep/er")
    monkeypatch.setenv("GLASSWORK_CONFIG", str(tmp_path / "config"))
    return root
