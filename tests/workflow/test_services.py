"""A retrieve step whose passages are those of a service that knows papers: asked where a person names it, and once."""

import pytest

from glasswork.errors import DefinitionError, MissingExtra
from glasswork.knowledge.passages import Passage, passage_id
from glasswork.knowledge.sources import sources
from glasswork.knowledge.store import Shelf

HEAD = "inputs: {where: {type: string, default: arxiv}, server: {type: string, default: public}}"
STEP = 'find: {retrieve: {from: inputs.where, server: inputs.server, query: "Does mulch help?", top: 2}}'
OUT = "\noutputs: {ids: steps.find.ids, documents: steps.find.documents}"
TEXT = "Mulched plots gave more fruit. SECRET"


class Supply:
    def __init__(self, folder):
        self.media, self.shelf = folder / "media", Shelf(folder / "knowledge")

    def clean(self, data):
        return [{**one, "text": one["text"].replace("SECRET", "***")} for one in data]


@pytest.fixture
def asked(monkeypatch):
    """Put a service of this test in the place of arXiv; return what it was asked."""
    found = []

    def source(name, given):
        async def search(query, top):
            found.append((name, query, top))
            id_ = passage_id("https://a.example/1", "", TEXT)
            return [Passage(id=id_, document="https://a.example/1", title="Mulch (2020)", section="", text=TEXT)]

        return search

    monkeypatch.setitem(sources._members, "arxiv", source)
    return found


async def test_it_is_asked_and_its_papers_are_passages(trial, asked):
    answer = '\nsay: {agent: writer, needs: find, task: "{{ steps.find.passages }}"}'
    given = {"server": "http://127.0.0.1:9"}
    outcome = await trial.run(STEP + answer, head=HEAD + OUT, inputs=given, tools=Supply(trial.folder))
    assert outcome.state == "done", outcome.reason
    assert asked == [("http://127.0.0.1:9", "Does mulch help?", 2)]
    (segment,) = trial.of("decision.started")[0].segments
    assert segment.source == outcome.outputs["ids"][0] == passage_id("https://a.example/1", "", TEXT)
    assert segment.text == "Mulch (2020)\nMulched plots gave more fruit. ***"
    assert outcome.outputs["documents"] == ["Mulch (2020)"]


async def test_a_replay_asks_nobody(trial, asked):
    await trial.run(STEP, head=HEAD + OUT, tools=Supply(trial.folder))
    outcome = await trial.again(STEP, live=False, head=HEAD + OUT)
    assert outcome.state == "done"
    assert (len(asked), trial.new) == (1, [])


async def test_what_is_missing_is_told_before_anything_is_recorded(trial, monkeypatch):
    def source(name, given):
        raise MissingExtra("arxiv, which asks arXiv,", "research")

    monkeypatch.setitem(sources._members, "arxiv", source)
    outcome = await trial.run(STEP, head=HEAD, tools=Supply(trial.folder))
    assert outcome.state == "failed"
    assert "arxiv, which asks arXiv, is not installed" in outcome.reason
    assert trial.of("tool.started") == []


@pytest.mark.parametrize(
    ("step", "wrong"),
    [
        (STEP.replace("inputs.server", "inputs.sever"), "the input 'sever' is no text of this workflow"),
        (STEP.replace("inputs.where", "arxiv").replace("top: 2", "correct: true"), "what arxiv finds cannot be judged"),
        (STEP.replace("inputs.server", "localhost"), "'localhost' is not an address such as http://localhost:8080"),
    ],
)
def test_mistakes_are_told_before_it_runs(trial, step, wrong):
    with pytest.raises(DefinitionError) as raised:
        trial.compile(step, HEAD)
    assert wrong in "\n".join(map(str, raised.value.problems))


async def test_what_a_service_finds_is_not_judged(trial, asked):
    steps = STEP.replace("top: 2", "correct: true")
    outcome = await trial.run(steps, head=HEAD, tools=Supply(trial.folder))
    assert "what arxiv finds cannot be judged" in outcome.reason
    assert asked == []
