"""Where definitions are looked up: folders, a file that was named by its path, texts that a run recorded."""

import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasswork.errors import DefinitionError, NotFound
from glasswork.library import Library, Recorded, Source
from glasswork.library.source import beside

KEYS = st.lists(st.sampled_from(["workflows", "parts", "a.yaml", "..", ".", "", "/"]), max_size=6).map("/".join)


@given(st.sampled_from(["workflows/x.yaml", "x.yaml", "workflows/parts/x.yaml"]), KEYS)
def test_a_path_never_leads_out_of_its_source(key, path):
    found = beside(key, path)
    if found is not None:
        assert not posixpath.isabs(found)
        assert ".." not in found.split("/")


def test_texts_answer_as_files_do(project):
    """A source of files and one of their texts find the same, and the same definitions in it."""
    files = Source("project", project)
    keys = [
        *files.keys("agents", ".yaml", deep=False),
        *files.keys("roles", ".md", deep=False),
        *files.keys("workflows", ".yaml", deep=True),
    ]
    assert keys == ["agents/writer.yaml", "roles/writer.md", "workflows/games/duel.yaml", "workflows/story.yaml"]
    texts = Recorded(texts={key: (project / key).read_text() for key in keys})
    for kind in ("agent", "role", "workflow"):
        names = Library((files,)).names(kind)
        assert Library((texts,)).names(kind) == names
        for name in names:
            one, other = (getattr(Library((source,)), kind)(name) for source in (files, texts))
            assert (one.name, one.key, one.digest, one.definition) == (
                other.name,
                other.key,
                other.digest,
                other.definition,
            )
    assert (texts.holds("agents/writer.yaml"), texts.holds("agents/reader.yaml")) == (True, False)


def test_problems_of_recorded_texts_are_not_told_as_of_todays_files():
    library = Library((Recorded(texts={"agents/a.yaml": "role: x\nrol: y\n"}),))
    with pytest.raises(DefinitionError, match=r"^agents/a\.yaml \(recorded\):2:1: unknown key 'rol'"):
        library.agent("a")


def test_a_recorded_text_that_is_no_text_is_told():
    library = Library((Recorded(texts={"agents/a.yaml": "role: \ud800\n"}),))
    with pytest.raises(DefinitionError, match="not UTF-8"):
        library.agent("a")


def test_a_workflow_names_another_by_name_or_by_path(project):
    library = Library.discover()
    story = library.workflow("story")
    assert library.within(story, "games/duel").key == "workflows/games/duel.yaml"
    assert library.within(story, "games/duel.yaml").key == "workflows/games/duel.yaml"
    duel = library.within(story, "games/duel.yaml")
    assert library.within(duel, "../story.yaml").definition == story.definition
    assert library.within(duel, "story").definition == story.definition


@pytest.mark.parametrize(
    "path", ["x.yaml", "../../../etc/x.yaml", "/etc/x.yaml", "a" * 199 + ".yaml", "games/../../../x.yml"]
)
def test_a_path_that_leads_nowhere_or_out_is_not_found(project, path):
    library = Library.discover()
    with pytest.raises(NotFound, match="no workflow file named"):
        library.within(library.workflow("story"), path)


def test_a_link_may_not_lead_a_path_out(project, tmp_path):
    (tmp_path / "outside.yaml").write_text("version: 1\nname: outside\nsteps: {a: {human: ok}}\n")
    (project / "workflows/outside.yaml").symlink_to(tmp_path / "outside.yaml")
    by_name, by_path = (
        Library.discover().workflow("story"),
        Library.discover().workflow(str(project / "workflows/story.yaml")),
    )
    for outer in (by_name, by_path):
        with pytest.raises(DefinitionError, match="leads out of the folder"):
            Library.discover().within(outer, "outside.yaml")


def test_the_name_of_a_file_does_not_depend_on_how_it_was_named(project):
    library = Library.discover()
    for name in ("story", "games/duel"):
        by_path = library.workflow(str(project / f"workflows/{name}.yaml"))
        assert (by_path.name, by_path.key) == (name, library.workflow(name).key)


def test_the_text_of_a_definition_as_it_is_now(project):
    library = Library.discover()
    assert library.text("agents/writer.yaml") == (project / "agents/writer.yaml").read_text()
    assert library.text(project / "agents/writer.yaml") == (project / "agents/writer.yaml").read_text()
    with pytest.raises(NotFound):
        library.text("agents/nobody.yaml")
