"""Which file answers to a name."""

import hashlib
import os
from pathlib import Path

import pytest

from glasswork.errors import DefinitionError, NotFound
from glasswork.library import Library, Source, shipped
from glasswork.library.lookup import project_root

CONFIG = "GLASSWORK_CONFIG"


def test_a_project_is_found_from_below(project):
    found = Library.discover().workflow("story")
    assert (found.name, found.origin, found.key) == ("story", "project", "workflows/story.yaml")
    assert found.path == project / "workflows/story.yaml"
    assert found.digest == hashlib.sha256(found.path.read_bytes()).hexdigest()
    assert found.definition.description == "writes"
    assert Library.discover().workflow("games/duel").name == "games/duel"


def test_glasswork_toml_makes_a_project(tmp_path):
    (tmp_path / "glasswork.toml").touch()
    (tmp_path / "a/b").mkdir(parents=True)
    assert project_root(tmp_path / "a/b") == tmp_path


def test_the_project_comes_before_the_user_and_the_user_before_the_shipped(project):
    config = Path(os.environ[CONFIG])
    for name, text in (("writer", "User's writer"), ("analyst", "User's analyst")):
        (config / "roles").mkdir(parents=True, exist_ok=True)
        (config / f"roles/{name}.md").write_text(f"---\nname: {name}\ntitle: {text}\n---\nYou.\n")
    library = Library.discover()
    assert library.role("writer").origin == "project"
    assert library.role("analyst").definition.title == "User's analyst"
    assert library.role("engineer").origin == "shipped"
    listed = {(one.kind, one.name, one.origin): one for one in library.listing()}
    assert not listed["role", "writer", "project"].shadowed
    assert listed["role", "writer", "user"].shadowed
    assert listed["role", "analyst", "shipped"].shadowed
    assert listed["workflow", "games/duel", "project"].description == "a game"


def test_a_checkout_lists_its_files_once():
    library = Library.discover(shipped())
    names = [(one.kind, one.name) for one in library.listing()]
    assert len(names) == len(set(names))


def test_without_a_project_there_are_the_shipped_files(tmp_path, monkeypatch):
    monkeypatch.setenv(CONFIG, str(tmp_path / "none"))
    assert Library.discover(tmp_path).role("engineer").origin == "shipped"


def test_readme_hidden_and_suite_files_are_no_definitions(project):
    for path in ("roles/README.md", "roles/_draft.md", "roles/.hidden.md", "agents/_a.yaml", "workflows/notes.txt"):
        (project / path).write_text("nonsense")
    (project / "workflows/suites").mkdir()
    (project / "workflows/suites/bias.yaml").write_text("nonsense")
    listed = [one for one in Library.discover().listing() if one.origin == "project"]
    assert [one.name for one in listed] == ["writer", "writer", "games/duel", "story"]
    assert not any(one.broken for one in listed)


def test_a_broken_file_is_listed_with_its_problem(project):
    (project / "agents/broken.yaml").write_text("rol: x\n")
    (broken,) = [one for one in Library.discover().listing() if one.broken]
    assert broken.name == "broken"
    assert "'role' is missing" in broken.description


@pytest.mark.parametrize(
    "name",
    [
        "../agents/writer",
        "..",
        "/etc/passwd",
        "",
        "A",
        "a/b/c",
        "games/../story",
        "story\n",
        "x" * 65,
        "games/",
        "./story",
    ],
)
def test_names_are_names_and_never_paths(project, name):
    with pytest.raises(NotFound):
        Library.discover().workflow(name)
    with pytest.raises(NotFound):
        Library.discover().role(name)


def test_unknown_names_meet_the_nearest(project):
    with pytest.raises(NotFound, match="did you mean 'writer'"):
        Library.discover().agent("wirter")
    with pytest.raises(NotFound, match="did you mean 'story'"):
        Library.discover().workflow("stroy")
    with pytest.raises(NotFound, match=r"no workflow file named 'none\.yaml'"):
        Library.discover().workflow("none.yaml")


def test_a_workflow_by_path_brings_its_own_project(project, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    library = Library.discover(tmp_path)
    found = library.workflow("project/workflows/story.yaml")
    assert found.origin == "file"
    assert found.name == "story"
    assert found.file == "project/workflows/story.yaml"
    assert library.beside(found).agent("writer").path == project / "agents/writer.yaml"
    assert library.beside(library.beside(found).workflow("story")) == library


def test_a_file_is_called_as_what_it_holds(project):
    (project / "workflows/story.yaml").write_text("version: 1\nname: tale\nsteps: {a: {human: 'ok?'}}\n")
    with pytest.raises(DefinitionError, match=r"story\.yaml:2:7: the name 'tale' is not the file's"):
        Library.discover().workflow("story")
    (project / "roles/writer.md").write_text("---\nname: author\ntitle: A\n---\nYou.\n")
    with pytest.raises(DefinitionError, match=r"writer\.md:2:7: the name 'author' is not the file's"):
        Library.discover().role("writer")


def test_links_may_not_lead_out(project, tmp_path):
    (tmp_path / "outside.yaml").write_text("role: writer\n")
    (project / "agents/out.yaml").symlink_to(tmp_path / "outside.yaml")
    (project / "agents/within.yaml").symlink_to(project / "agents/writer.yaml")
    (project / "agents/dangling.yaml").symlink_to(project / "nowhere")
    library = Library.discover()
    assert library.agent("within").definition.role == "writer"
    with pytest.raises(DefinitionError, match="leads out of the folder"):
        library.agent("out")
    with pytest.raises(DefinitionError, match="no such file"):
        library.agent("dangling")


def test_only_regular_files_are_read(project):
    os.mkfifo(project / "agents/pipe.yaml")
    (project / "agents/folder.yaml").mkdir()
    library = Library.discover()
    for name in ("pipe", "folder"):
        with pytest.raises(DefinitionError, match="not a regular file"):
            library.agent(name)
    with pytest.raises(DefinitionError, match="not a regular file"):
        library.workflow(str(project / "agents/folder.yaml"))


def test_bytes_that_are_no_text_and_files_that_are_no_definitions(project):
    (project / "agents/latin.yaml").write_bytes(b"role: writer\ndescription: caf\xe9\n")
    with pytest.raises(DefinitionError, match=r"latin\.yaml:2:17: the file is not UTF-8"):
        Library.discover().agent("latin")
    (project / "agents/huge.yaml").write_text("role: writer\n" + "#" * 1_100_000)
    with pytest.raises(DefinitionError, match="larger than 1 MiB"):
        Library.discover().agent("huge")


def test_models(project):
    assert Library.discover().models() is None
    (project / "models.yaml").write_text("version: 1\ndefault: big\nmodels:\n  big: {kind: random}\n")
    models = Library.discover().models()
    assert models is not None
    assert (models.kind, models.origin, models.definition.default) == ("models", "project", "big")


def test_problems_stand_at_the_nearest_known_place(project):
    found = Library.discover().workflow("story")
    assert str(found.problem(("steps", "one", "agent"), "x")).endswith("workflows/story.yaml:5:16: x")
    assert found.problem(("steps", "one", "none", "deeper"), "x").line == 5
    assert found.problem(("nowhere",), "x").line == 1
    inside = found.problem(("steps", "one", "task"), "x", line=1, column=3)
    assert (inside.line, inside.column) == (5, 33)


def test_a_source_answers_alone(project):
    assert Library((Source("project", project),)).names("role") == ("writer",)


def test_a_file_is_understood_once_and_anew_when_it_changes(project):
    library, file = Library.discover(), project / "agents/writer.yaml"
    first = library.agent("writer")
    assert library.agent("writer").definition is first.definition
    file.write_text("role: writer\ndescription: writes other things\n")
    assert library.agent("writer").definition.description == "writes other things"
    file.write_text("role: writer\ndescripton: writes\n")
    for _ in range(2):
        with pytest.raises(DefinitionError, match="descripton"):
            library.agent("writer")
