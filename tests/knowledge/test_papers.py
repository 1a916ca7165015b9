"""arXiv, OpenAlex and Semantic Scholar, as their libraries ask a server on loopback that gives prepared answers."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from glasswork.errors import MissingExtra, ToolUnreachable, UserError
from glasswork.knowledge import papers
from glasswork.knowledge.papers import Paper, passage_of, terms
from glasswork.knowledge.sources import services, sources

ANSWERS = Path(__file__).parent / "papers"
QUESTION = "Does straw mulch raise the yield of tomatoes?"


@contextmanager
def serving(name, status=200):
    """Serve one prepared answer to whoever asks; yield the address, and the list of what was asked."""
    asked = []

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(urlsplit(self.path))
            body = (ANSWERS / name).read_bytes()
            self.send_response(status)
            self.send_header("Content-Type", "application/json" if name.endswith("json") else "application/atom+xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


KINDS = {
    "arxiv": ("arxiv", "arxiv.xml", "/api/query"),
    "openalex": ("pyalex", "openalex.json", "/works"),
    "semanticscholar": ("semanticscholar", "semanticscholar.json", "/graph/v1/paper/search"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.filterwarnings("ignore::ResourceWarning")  # the libraries leave their sessions to the garbage collector
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_abstracts_become_passages(kind):
    package, answer, path = KINDS[kind]
    pytest.importorskip(package)
    with serving(answer) as (address, asked):
        found = await sources.get(kind)(address, None)(QUESTION, 2)
    assert {one.path for one in asked} == {path}
    (query,) = [parse_qs(one.query) for one in asked]
    words = " ".join(value for values in query.values() for value in values)
    assert all(word in words for word in ("straw", "mulch", "yield", "tomatoes"))
    assert "does" not in words.lower().split()
    first = found[0]
    assert "fruit" in first.text
    assert "\n" not in first.text
    assert first.title.startswith("Straw mulch and the yield of tomatoes (Ada Grower, Ben Soil")
    assert "2020" in first.title
    assert first.document in first.title
    assert first.id.startswith(f"{first.document}#~")
    assert first.document == {"arxiv": "http://arxiv.org/abs/9999.00001v2"}.get(
        kind, "https://doi.org/10.9999/example.1"
    )
    assert len(found) == (1 if kind == "semanticscholar" else 2), "a paper without an abstract is no passage"


def test_an_id_stays_the_same():
    paper = Paper("https://doi.org/10.9999/x", "A title", ("A", "B", "C", "D"), 2020, "Two\n words  here.")
    passage = passage_of(paper)
    assert passage == passage_of(paper._replace(abstract="Two words here."))
    assert passage.id != passage_of(paper._replace(abstract="Other words here.")).id
    assert passage.label == "A title (A, B, C et al.; 2020; https://doi.org/10.9999/x)"
    assert passage_of(paper._replace(abstract="")) is None


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_a_server_that_fails_is_told_as_one(kind, monkeypatch):
    package, answer, _ = KINDS[kind]
    pytest.importorskip(package)
    monkeypatch.setattr("time.sleep", lambda _: None)  # arXiv's library waits three seconds between two questions
    with (
        serving(answer, status=503) as (address, _),
        pytest.raises(ToolUnreachable, match="gave no answer that can be used"),
    ):
        await sources.get(kind)(address, None)(QUESTION, 2)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_missing_names_its_extra(kind, monkeypatch):
    monkeypatch.setattr(papers, "find_spec", lambda _: None)
    with pytest.raises(MissingExtra, match=f"{KINDS[kind][0]}, which asks .* is not installed") as raised:
        sources.get(kind)("public", None)
    assert raised.value.hint == "install it with: pip install 'glasswork[research]'"


def test_an_address_is_an_address(monkeypatch):
    monkeypatch.setattr(papers, "find_spec", lambda _: True)
    with pytest.raises(UserError, match="'localhost' is no address of a server"):
        sources.get("arxiv")("localhost", None)
    assert {"arxiv", "openalex", "semanticscholar"} <= set(services())
    assert not {"index", "tool"} & set(services())


def test_a_service_is_asked_with_words_that_say_something():
    assert terms(QUESTION) == ["straw", "mulch", "raise", "yield", "tomatoes"]
    assert terms("(all:x) AND ti:y") == ["all", "x", "ti", "y"], "no operators of its own"
