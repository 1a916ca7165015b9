"""The shipped legal opinion, on a model that is scripted: what it cites exists, and what it makes up is struck."""

import json
from pathlib import Path

import pytest

from glasswork.knowledge.calibrate import write_fit
from glasswork.knowledge.evaluate import FEATURES, Fit
from glasswork.knowledge.ingest import ingest
from glasswork.knowledge.store import Shelf
from glasswork.library import Library
from glasswork.models.scripted import ScriptedModel
from glasswork.records import Completion
from glasswork.workflow.compile import compile_workflow
from glasswork.workflow.engine import run_workflow
from glasswork.workflow.inputs import resolve_inputs

LAW = """---
title: Rest Act 1999
country: ie
last_updated: 2022-07-27
---
## 11. Daily rest period

An employee shall be entitled to a rest period of not less than 11 consecutive hours in each period of 24 hours.

## 12. Records

An employer shall keep records of hours for three years.
"""
GOOD = {"says": "Eleven hours.", "segment": "", "quote": "a rest period of not less than 11 consecutive hours"}
INVENTED = {"says": "Section 99 says twelve.", "segment": "", "quote": "a rest period of twelve hours"}


class Counsel(ScriptedModel):
    """Answers with claims on the last passage it sees: the best."""

    def __init__(self, *answers):
        super().__init__([])
        self.answers, self.schemas, self.prompts, self.places = list(answers), [], [], []

    async def get(self, name):
        return self

    async def complete(self, request, *, place="", on_text=None):
        self.places.append(place)
        if request.form == "label":
            return Completion(text="A", logprobs={label: -float(n) for n, label in enumerate(request.labels)})
        if "/act" not in place:
            data = {"because": [{"segment": "s1", "why": "So."}], "confidence_percent": 80, "would_change_if": "Not."}
            return Completion(text=json.dumps(data), data=data)
        self.schemas.append(request.json_schema)
        self.prompts.append(request.messages[-1].content)
        claims = request.json_schema["properties"]["claims"]
        named = claims["items"]["anyOf"][-1]["properties"]["segment"]["const"] if claims["maxItems"] else ""
        said = [{**one, "segment": named} for one in self.answers.pop(0)][: claims["maxItems"]]
        due = self.schemas[-1]["properties"]
        fields = {name: due[name] for name in ("jurisdiction", "as_of") if name in due}
        stated = {name: one.get("enum", ["I think so"])[0] for name, one in fields.items()}
        data = {**stated, "claims": said, "own": ["Courts are strict."]}
        return Completion(text=json.dumps(data), data=data)


class Supply:
    def __init__(self, folder):
        self.media, self.shelf = folder / "media", Shelf(folder / "knowledge")

    def clean(self, data):
        return data


@pytest.fixture
def opinion(tmp_path):
    supply = Supply(tmp_path)

    async def run(model, question="How long is the daily rest period?", upper=-0.9, law=LAW):
        (tmp_path / "rest.md").write_text(law)
        ingest(supply.shelf, "law", [tmp_path / "rest.md"], embed=None)
        made = Fit(
            evaluator="features", features=FEATURES, mean=(0.0,) * 5, scale=(1.0,) * 5, weights=(2.0,) * 5, bias=-2.0,
            upper=upper, lower=min(upper, 0.9), strip=-1.0, sure={"correct": 0.9, "ambiguous": 0.5, "incorrect": 0.8},
            rule="", source="", questions=(1, 1, 1), pairs=3,
        )  # fmt: skip
        write_fit(supply.shelf, "law", made)
        library = Library.discover(Path(__file__).parents[2])
        workflow = compile_workflow(library.workflow("legal_opinion"), library)
        events = []
        outcome = await run_workflow(
            workflow,
            resolve_inputs(workflow, {"question": question}),
            run="r",
            models=model,
            record=events.append,
            open_sandbox=None,
            ask_human=None,
            files=tmp_path / "files",
            tools=supply,
        )
        assert outcome.state == "done", outcome.reason
        return outcome.outputs

    return run


async def test_every_proposition_quotes_an_article_that_exists(opinion):
    model = Counsel([GOOD])
    said = await opinion(model)
    (claim,) = said["claims"]
    assert claim["passage"].startswith("rest.md#11~")
    assert claim["quote"] in LAW
    assert said["answered"] is True
    assert said["documents"] == ["Rest Act 1999; country: ie; last_updated: 2022-07-27"]
    assert said["own_knowledge"] == ["Courts are strict."]
    assert said["opinion"].endswith("It is not legal advice.")
    assert "Not from the passages, and not checked:\n- Courts are strict." in said["opinion"]
    assert "jurisdiction: ie\nas_of: 2022-07-27\n" in said["opinion"], "as the document says"


async def test_what_no_document_states_is_not_checked(opinion):
    said = await opinion(Counsel([GOOD]), law="## " + LAW.partition("---\n## ")[2])
    unchecked = said["opinion"].partition("Not from the passages, and not checked:\n")[2]
    assert "- jurisdiction: I think so\n- as_of: I think so" in unchecked


async def test_what_is_made_up_is_asked_again_then_struck(opinion):
    model = Counsel([INVENTED, GOOD], [INVENTED, GOOD])
    said = await opinion(model)
    assert "the words quoted are not in" in model.prompts[1]
    assert [one["says"] for one in said["claims"]] == ["Eleven hours."]
    assert [one["says"] for one in said["struck"]] == ["Section 99 says twelve."]


async def test_law_that_the_corpus_does_not_hold_is_said_to_be_missing(opinion):
    model = Counsel([GOOD])
    said = await opinion(model, upper=0.99)
    assert said["action"] == "incorrect"
    assert (said["answered"], said["claims"]) == (False, [])
    assert said["opinion"].splitlines() == [
        "No passage was found that answers this.",
        "Searched: the index law (1 document, 2 passages): 2 passages found; none handed on",
        "Not from the passages, and not checked:",
        "- Courts are strict.",
        "jurisdiction: not stated",
        "as_of: not stated",
        "This is orientation from the texts named above, as they stood when they were taken in. It is not legal advice.",
    ]
    assert (said["jurisdiction"], said["as_of"]) == ("not stated", "not stated")
    assert list(model.schemas[0]["properties"]) == ["claims", "own"], "nobody is asked to guess"
    assert model.schemas[0]["properties"]["claims"]["maxItems"] == 0
    assert model.places == ["opine#1/act", "opine#1/explain"], "and nobody plans what to do with nothing"
