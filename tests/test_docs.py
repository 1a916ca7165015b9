"""The documents are true: links lead somewhere, YAML loads, commands and their options are there, every key is named."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer

from glasswork.cli.main import app
from glasswork.library import Library, json_schema, read_yaml
from glasswork.workflow.compile import compile_workflow

ROOT = Path(__file__).parents[1]
SKIPPED = {"dist", "build", "node_modules"}


def is_page(path: Path) -> bool:
    """Documents, less those of environments and caches, and less roles, whose prose is for models."""
    parts = path.relative_to(ROOT).parts
    hidden = any(part in SKIPPED or part.startswith(".") for part in parts)
    return not hidden and (path.name == "README.md" or "roles" not in parts)


PAGES = sorted(path for path in ROOT.rglob("*.md") if is_page(path))
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def blocks(language: str) -> list[tuple[str, str]]:
    found = [(path, match) for path in PAGES for match in FENCE.finditer(path.read_text(encoding="utf-8"))]
    return [(f"{name(path)}:{match.start()}", match[2]) for path, match in found if match[1] == language]


def commands() -> list[tuple[str, str]]:
    """Every line in a console block that calls glasswork, less its comment."""
    lines = [
        (where, line[2:]) for where, block in blocks("console") for line in block.splitlines() if line.startswith("$ ")
    ]
    return [(where, line) for where, line in lines if "glasswork " in line.split("#")[0]]


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page):
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    targets = [target.split("#")[0] for target in LINK.findall(text) if not re.match(r"https?:|#|mailto:", target)]
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize(("where", "text"), blocks("yaml"))
def test_yaml_loads(where, text):
    assert read_yaml(text, where).data


def whole_workflows() -> list[tuple[str, str]]:
    """Every block that is a whole workflow of shipped agents; the tutorial's has agents of its own, and its own test."""
    found = [pair for pair in blocks("yaml") if pair[1].startswith("version: 1\nname:")]
    return [pair for pair in found if not pair[0].startswith("docs/tutorial.md")]


@pytest.mark.parametrize(("where", "text"), whole_workflows())
def test_whole_workflows_compile(where, text, tmp_path):
    path = tmp_path / f"{read_yaml(text, where).data['name']}.yaml"
    path.write_text(text, encoding="utf-8")
    library = Library.discover(ROOT)
    assert compile_workflow(library.workflow(path), library).steps


def test_there_are_commands_to_check():
    assert len(commands()) > 10


@pytest.mark.parametrize(("where", "line"), commands())
def test_commands_and_options_are_there(where, line):
    """Walk down to the command named, then see that it takes each option given."""
    words = shlex.split(line, comments=True)
    words = words[[Path(word).name for word in words].index("glasswork") + 1 :]
    command = typer.main.get_command(app)
    while words and hasattr(command, "commands"):
        assert words[0] in command.commands or words[0].startswith("-"), f"{where}: no command {words[0]!r}"
        command = command.commands.get(words.pop(0), command)
    taken = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    assert {word.split("=")[0] for word in words if word.startswith("--")} <= taken | {"--help"}, where


def keys_of(schema: dict) -> set[str]:
    """Every key that a schema lets a user write, at any depth."""
    parts = [schema, *schema.get("$defs", {}).values()]
    return {key for part in parts for key in part.get("properties", {})}


@pytest.mark.parametrize("kind", ["role", "agent", "workflow", "tool", "models"])
def test_reference_names_every_key(kind):
    page = (ROOT / "docs" / "reference-files.md").read_text(encoding="utf-8")
    named = {part for word in re.findall(r"`([^`\n]+)`", page) for part in re.split(r"[^a-z_]+", word)}
    assert keys_of(json_schema(kind)) - named == set()


def test_reference_names_every_command():
    page = (ROOT / "docs" / "reference-cli.md").read_text(encoding="utf-8")
    command = typer.main.get_command(app)
    groups = {name: getattr(one, "commands", {}) for name, one in command.commands.items()}
    names = {f"{group} {name}" for group, inner in groups.items() for name in inner} | {
        n for n, i in groups.items() if not i
    }
    assert [each for each in sorted(names) if f"glasswork {each}" not in page] == []


def test_the_tree_in_the_readme_is_the_tree():
    """Each line's first word is there, indented ones below the line above; and no top-level folder is left out."""
    tree = blocks("text")
    listing = next(text for where, text in tree if where.startswith("README.md") and "ARCHITECTURE.md" in text)
    parent, named = ROOT, set()
    for line in listing.splitlines():
        word = line.split()[0]
        base = parent if line.startswith(" ") else ROOT
        assert (base / word).exists(), word
        if not line.startswith(" "):
            parent = ROOT / word
            named.add(word.split("/")[0])
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")}
    assert folders - SKIPPED <= named


def test_the_tutorials_project_compiles(tmp_path, monkeypatch):
    page = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    files = re.findall(r"`((?:roles|agents|workflows)/\w+\.\w+)`:\n\n```\w+\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    assert len(files) == 5
    for path, text in files:
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    library = Library.discover()
    assert list(compile_workflow(library.workflow("bread"), library).steps) == ["bake", "taste", "again"]
