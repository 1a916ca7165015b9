"""``ingest``, ``search``, ``calibrate`` and ``list knowledge``; and a run that rests on them."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

import pytest

LAW = "# Rest Act\n\n" + "\n\n".join(
    f"## {n}. Rule of {word}\n\nWhoever keeps a {word} shall register the {word} within {n} days. All else stays as it is."
    for n, word in enumerate(
        [
            "dog",
            "cat",
            "horse",
            "boat",
            "plane",
            "shop",
            "farm",
            "school",
            "bridge",
            "garden",
            "tower",
            "well",
            "mill",
            "forge",
            "barn",
            "kiln",
            "oven",
            "loom",
            "press",
            "vat",
            "still",
            "ferry",
            "canal",
            "quay",
            "dock",
            "wharf",
            "pier",
            "lock",
            "weir",
            "dam",
        ],
        start=1,
    )
)
WORKFLOW = """version: 1
name: look
inputs: {question: {type: string, required: true}}
steps:
  find: {retrieve: {from: law, query: "{{ inputs.question }}", correct: true}}
outputs: {action: steps.find.action, ids: steps.find.ids}
"""


@pytest.fixture
def law(bakery):
    pytest.importorskip("wordllama", reason="needs glasswork[knowledge]")
    (bakery / "docs").mkdir()
    (bakery / "docs" / "law.md").write_text(LAW)
    return bakery / "docs"


@pytest.fixture
def pairs(bakery, law):
    words = [line.rpartition(" ")[2] for line in LAW.splitlines() if line.startswith("## ")]
    lines = [
        {"question": f"By when must I register my {word}?", "gold": [f"docs/law.md#{n}"]}
        for n, word in enumerate(words, 1)
    ]
    path = bakery / "pairs.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    return path


def test_documents_are_taken_in_and_found(law, glasswork):
    said = glasswork("ingest", "docs", "--into", "law")
    assert (said.status, said.out) == (0, "law: 30 passages (1 added)\n")
    assert glasswork("ingest", "docs", "--into", "law").out == "law: 30 passages (1 unchanged)\n"
    found = glasswork("search", "law", "How do I register a horse?", "--top", "2", "--json").data
    assert found["passages"][0]["passage"]["id"].startswith("docs/law.md#3~")
    assert (found["action"], found["calibrated_on"]) == ("ambiguous", "questions on 21 Irish Acts")
    told = glasswork("search", "law", "How do I register a horse?", "--top", "1").out
    assert "1  docs/law.md#3~" in told
    assert "Rest Act, Rest Act > 3. Rule of horse" in told
    assert "score " in told
    assert "meaning " in told
    listed = glasswork("list", "knowledge").out
    assert "law  1 document  30 passages  en  words and vectors  evaluator: shipped" in listed


def test_what_cannot_be_read_is_named(law, glasswork):
    (law / "bad.txt").write_bytes(b"\xff\xfe")
    (law / "photo.png").write_bytes(b"x")
    (law / "program.txt").write_bytes(b"ELF\0\0")
    said = glasswork("ingest", "docs", "--into", "law")
    assert said.status == 1
    assert "bad.txt was left out: docs/bad.txt is not UTF-8 text" in said.err
    assert "program.txt was left out: docs/program.txt is no text: its byte 3 is zero" in said.err
    assert "1 file of other kinds left out" in said.err
    assert glasswork("ingest", "docs", "--into", "law", "--json").data["unchanged"] == ["docs/law.md"]


def test_the_same_document_twice_is_told(law, glasswork):
    for number in range(5):
        (law / f"copy{number}.md").write_text("# Fees\n\nA unicorn costs nine euros.")
    said = glasswork("ingest", "docs", "--into", "law")
    assert said.status == 0
    assert "docs/copy1.md is the same as docs/copy0.md\n" in said.err
    assert said.err.endswith("1 more document like that\n")
    assert len(glasswork("ingest", "docs", "--into", "law", "--json").data["same"]) == 4


def test_nothing_to_take_in_is_said_with_why(law, bakery, glasswork):
    (bakery / "none").mkdir()
    empty = glasswork("ingest", "none", "--into", "other")
    assert (empty.status, "there is no index 'other': there is no file\n" in empty.err) == (2, True)
    (bakery / "none" / "photo.png").write_bytes(b"x")
    assert "none of the files is of a kind that can be read (1)" in glasswork("ingest", "none", "--into", "other").err


def test_a_pdf_with_a_password_is_named_and_the_others_are_taken_in(law, glasswork, encrypted_pdf):
    (law / "secret.pdf").write_bytes(encrypted_pdf("The rent is 950 euros.", "open sesame", "RC4-128"))
    (law / "lease.pdf").write_bytes(encrypted_pdf("The rent is 950 euros.", "", "RC4-128"))
    said = glasswork("ingest", "docs", "--into", "law")
    assert (said.status, said.out) == (1, "law: 31 passages (2 added)\n")
    assert "secret.pdf was left out: docs/secret.pdf: the document is encrypted, and opens with a password" in said.err
    alone = glasswork("ingest", "docs/secret.pdf", "--into", "other")
    assert alone.status != 0
    assert "secret.pdf: the document is encrypted" in alone.err
    assert "save a copy that needs none" in alone.err
    assert "Traceback" not in alone.err


def test_calibrated_search_and_run(law, pairs, bakery, glasswork):
    glasswork("ingest", "docs", "--into", "law")
    (bakery / "workflows" / "look.yaml").write_text(WORKFLOW)
    shipped = glasswork("run", "look", "By when must I register my horse?", "--quiet", "--json").data
    assert shipped["outputs"]["action"] == "ambiguous"
    assert "fitted to questions on 21 Irish Acts: " in glasswork("log", "show").out
    assert "fitted to questions on 21 Irish Acts: ambiguous" in glasswork("search", "law", "a horse").err
    said = glasswork("calibrate", "law", "--pairs", str(pairs))
    assert said.status == 0
    assert "evaluator features, fitted to 240 pairs of 30 questions (pairs.jsonl)\n" in said.out
    assert "correct from " in said.out
    assert "features" in glasswork("list", "knowledge").out
    ran = glasswork("run", "look", "By when must I register my horse?", "--quiet", "--json").data
    assert ran["outputs"]["action"] == "correct"
    assert ran["outputs"]["ids"][0].startswith("docs/law.md#3~")
    shown = glasswork("log", "show").out
    assert "search  index law gave 8 passages" in shown
    assert "retriever (find#1.1)" in shown
    assert "correct: what was found answers it" in shown
    assert "by a rule, and no draw" in glasswork("log", "why", "find#1.1").out
    why = glasswork("log", "why", "find#1.2").out
    assert "All else stays as it is." in why
    assert glasswork("replay").status == 0
    assert glasswork("log", "verify").status == 0
    checked = glasswork("check", "--model", "random")
    assert "a rule decided it, and no model" in checked.out + checked.err


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["search", "lav", "x"], "no index named 'lav'; did you mean 'law'?"),
        (["ingest", "nowhere", "--into", "law"], "nowhere: there is no such file or folder"),
        (["ingest", "docs", "--into", "Law"], "'Law' is no name for an index"),
        (["ingest", "docs", "--into", "law", "--longest", "300"], "which cannot become 300"),
        (["calibrate", "law", "--pairs", "nowhere.jsonl"], "nowhere.jsonl cannot be read"),
        (["calibrate", "law", "--pairs", "docs/law.md"], "law.md:1: "),
    ],
)
def test_mistakes_are_told(law, glasswork, words, part):
    glasswork("ingest", "docs", "--into", "law")
    said = glasswork(*words)
    assert said.status == 2
    assert part in said.err
    assert "Traceback" not in said.err


def test_a_damaged_index_is_listed_as_such(law, bakery, glasswork):
    glasswork("ingest", "docs", "--into", "law")
    (bakery / "knowledge" / "law.index").write_bytes(b"nothing")
    assert "law  cannot be used: the index " in glasswork("list", "knowledge").out
    said = glasswork("search", "law", "x")
    assert said.status == 2
    assert "take its documents in again" in said.err


def test_a_model_judges_once_it_is_calibrated(law, pairs, bakery, glasswork):
    glasswork("ingest", "docs", "--into", "law")
    (bakery / "workflows" / "look.yaml").write_text(WORKFLOW.replace("correct: true", "correct: model, top: 2"))
    missing = glasswork("run", "look", "By when must I register my horse?", "--model", "random", "--quiet", "--json")
    assert missing.status == 2
    assert "the index 'law' has no evaluator that asks random" in missing.out + missing.err
    said = glasswork("calibrate", "law", "--pairs", str(pairs), "--model", "random", "--json")
    assert said.data["fit"]["evaluator"] == "model"
    assert said.data["fit"]["features"] == ["log_odds"]
    assert 0.3 < said.data["fit"]["measured"]["auroc"] < 0.7
    ran = glasswork("run", "look", "By when must I register my horse?", "--quiet", "--json", "--model", "random").data
    assert ran["state"] == "done"
    assert ran["calls"] == 4


def test_an_index_that_cannot_be_used_is_told_before_anything_starts(law, bakery, glasswork):
    (bakery / "workflows" / "look.yaml").write_text(WORKFLOW)
    none = glasswork("run", "look", "a horse?", "--model", "scripted")
    assert (none.status, none.out) == (2, "")
    assert "error: no index named 'law'\n  make it with: glasswork ingest PATH --into law" in none.err
    assert not list((bakery / "logs").glob("*look*")), "there is no run of it"
    planned = glasswork("plan", "look")
    assert planned.status == 0
    assert "it cannot run yet: no index named 'law' (make it with: glasswork ingest PATH --into law)" in planned.err
    assert "no index named 'law'" in glasswork("plan", "look", "--json").data["unready"][0]
    valid = glasswork("validate", "look")
    assert valid.status == 0, "the file has no fault"
    assert "look cannot run yet: no index named 'law'" in valid.err
    glasswork("ingest", "docs", "--into", "law")
    assert "cannot run yet" not in glasswork("plan", "look").err + glasswork("validate", "look").err
    (bakery / "workflows" / "look.yaml").write_text(WORKFLOW.replace("correct: true", "correct: true, second: lore"))
    (bakery / "knowledge" / "law.index").write_bytes(b"nothing")
    both = glasswork("run", "look", "a horse?", "--model", "scripted")
    assert both.status == 2
    assert "law.index is damaged" in both.err
    assert "no index named 'lore'; known: law" in both.err


def test_an_index_that_an_input_names_is_looked_for(law, bakery, glasswork):
    text = WORKFLOW.replace("from: law", "from: inputs.corpus").replace(
        "inputs: {", "inputs: {corpus: {type: string, default: law}, "
    )
    (bakery / "workflows" / "look.yaml").write_text(text)
    assert "no index named 'law'" in glasswork("run", "look", "a horse?").err
    assert "no index named 'lore'" in glasswork("run", "look", "a horse?", "--input", "corpus=lore").err
    assert "cannot run yet" not in glasswork("validate", "look").err, "it may be another"
    skipped = text.replace("  find: {", "  find: {when: inputs.question == 'x', ").replace("outputs:", "#")
    (bakery / "workflows" / "look.yaml").write_text(skipped)
    assert glasswork("run", "look", "a horse?", "--model", "random", "--quiet").status == 0, "the step is skipped"
    assert "no index named 'lore'" in glasswork("run", "look", "a horse?", "--input", "corpus=lore").err


class Search(BaseHTTPRequestHandler):
    """A search service on loopback."""

    asked: ClassVar[list[str]] = []

    def do_GET(self):
        self.asked.append(self.path)
        body = json.dumps(
            {"results": [{"title": "Fees", "url": "https://a.example/fees", "snippet": "A unicorn costs nine euros."}]}
        )
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def service():
    server = HTTPServer(("127.0.0.1", 0), Search)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_search_service_is_asked_where_the_corpus_has_no_answer(law, pairs, bakery, glasswork, service):
    glasswork("ingest", "docs", "--into", "law")
    glasswork("calibrate", "law", "--pairs", str(pairs))
    (bakery / "tools").mkdir()
    (bakery / "tools" / "web.yaml").write_text(
        f'description: Searches.\ninputs: {{query: text}}\noutput: json\nhttp: {{url: "http://127.0.0.1:{service}/", method: GET, query: {{q: "{{{{ query }}}}"}}}}\n'
    )
    with (bakery / "glasswork.toml").open("a") as file:
        file.write(f'\n[tools]\nnetwork = ["127.0.0.1:{service}"]\n')
    (bakery / "workflows" / "look.yaml").write_text(
        WORKFLOW.replace("correct: true", "correct: true, second: {kind: tool, name: web}")
    )
    ran = glasswork("run", "look", "What does a unicorn cost?", "--quiet", "--json").data
    assert ran["outputs"]["action"] == "incorrect"
    assert ran["outputs"]["ids"][0].startswith("https://a.example/fees#~")
    assert len(Search.asked) == 1
    assert "unicorn" in Search.asked[0]
    assert glasswork("replay").status == 0
    assert len(Search.asked) == 1


def test_a_search_service_that_answers_with_json_as_text(law, bakery, glasswork, service):
    glasswork("ingest", "docs", "--into", "law")
    (bakery / "tools").mkdir()
    (bakery / "tools" / "web.yaml").write_text(
        f'description: Searches.\ninputs: {{query: text}}\noutput: text\nhttp: {{url: "http://127.0.0.1:{service}/", method: GET, query: {{q: "{{{{ query }}}}"}}}}\n'
    )
    with (bakery / "glasswork.toml").open("a") as file:
        file.write(f'\n[tools]\nnetwork = ["127.0.0.1:{service}"]\n')
    (bakery / "workflows" / "look.yaml").write_text(
        WORKFLOW.replace("correct: true", "correct: true, top: 1, second: {kind: tool, name: web}")
    )
    ran = glasswork("run", "look", "What does a unicorn cost?", "--quiet", "--json").data
    assert [one for one in ran["outputs"]["ids"] if one.startswith("https://a.example/fees#~")], "its address is kept"
