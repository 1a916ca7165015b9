"""The shipped research workflow from the command line: a scripted model, a sandbox of this machine, a table as people have
it; the numbers of the report are those of the table.
"""

import csv
import html
import json
import math
import random
from html.parser import HTMLParser

import pytest

from glasswork.knowledge.numbers import numbers_in, unborne
from glasswork.sandbox.choose import survey

INVENTED = "That is a rise of 77 percent."
QUESTION = "Do plots with mulch yield more?"
PAPER = "# Straw mulch\n\n## Trial\n\nMulched plots gave 18 percent more fruit than bare plots in 3 seasons.\n"
SCRIPT = [
    {"place": "plan#1/act", "json": {"outcome_means": "yield", "factor_means": "mulch", "hypothesis": "Mulch raises the yield. It gains 40 percent.", "outcome": "kg", "factor": "mulch",
                                     "besides": "Water matters too. <script>alert(1)</script>"}},
    {"place": "read#1/act", "json": {"claims": [{"says": "A trial found 18 percent more fruit.", "segment": "s3", "quote": "Mulched plots gave 18 percent more fruit than bare plots in 3 seasons."}], "own": []}},
    {"place": "experiment#1/act", "text": "```python\nimport lab\nrows = lab.read('data.csv')\nlab.compare(rows, number='kilos', by='mulch')\n```"},
    {"place": "experiment#2/act", "text": "```python\nimport lab\nrows = lab.read('data.csv')\nlab.compare(rows, number='kg', by='mulch')\n```"},
]  # fmt: skip


def script(*claims):
    entries = [*SCRIPT]
    for place in ("analyse#1/act", "analyse#1/act~1"):
        said = [{"says": says, "results": results} for says, results in claims]
        entries.append({"place": place, "json": {"claims": said, "own": []}})
    labels = {"place": "*/choose/*", "label": "A"}
    why = {"because": [{"segment": "s1", "why": "It is asked."}], "confidence_percent": 80, "would_change_if": "Else."}
    return json.dumps({"answers": [*entries, labels, {"place": "*/explain", "json": why}]})


@pytest.fixture
def plots(bakery):
    """Two hundred plots; the mulched ones yield more by 1.2."""
    if not any(one.ok for one in survey()):
        pytest.skip("no sandbox can be had here")
    drawn = random.Random(7)
    rows = [(n, drawn.choice(["yes", "no"]), round(drawn.uniform(10, 30), 1)) for n in range(1, 201)]
    made = [(*row, round(4 + 1.2 * (row[1] == "yes") + drawn.gauss(0, 1), 2)) for row in rows]
    with (bakery / "plots.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([("plot", "mulch", "water", "kg"), *made])
    groups = {name: [row[3] for row in made if row[1] == name] for name in ("yes", "no")}
    return {name: math.fsum(values) / len(values) for name, values in groups.items()}


class Links(HTMLParser):
    """Every id of a page, every link, and every tag."""

    def __init__(self, page):
        super().__init__()
        self.ids, self.links, self.tags = set(), [], set()
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.ids |= {value for name, value in attrs if name == "id"}
        self.links += [value for name, value in attrs if name in {"href", "src"}]


@pytest.fixture
def reported(bakery, glasswork, plots):
    """A run with one good claim and one that is invented: what it printed, its report as data, and as files."""
    (bakery / "paper.md").write_text(PAPER)
    assert glasswork("ingest", "paper.md", "--into", "papers").status == 0
    good = f"Mulched plots yielded {plots['yes']:.2f}, the others {plots['no']:.2f}."
    names = ["mean_kg_yes", "mean_kg_no"]
    (bakery / "script.yaml").write_text(script((good, names), (INVENTED, names)))
    given = ("-i", "data=plots.csv", "-i", "papers=papers", "--model", "scripted:script.yaml", "--json")
    said = glasswork("run", "research", QUESTION, *given)
    assert said.status == 0, said.out + said.err
    files = {path.rpartition("/")[2]: (bakery / path).read_text() for path in said.data["files"]}
    return good, said.data["outputs"], glasswork("log", "report", "--json").data["reports"]["report"], files


def test_the_numbers_of_a_report_are_those_of_the_table(reported, plots):
    good, outputs, report, _ = reported
    assert outputs["agrees"] is True
    assert outputs["claims"][0] == good
    assert outputs["struck"] == [INVENTED, "It gains 40 percent."]
    results = {one["name"]: one["again"] for one in report["experiment"]["results"]}
    assert results["mean_kg_yes"] == pytest.approx(plots["yes"])
    assert results["mean_kg_no"] == pytest.approx(plots["no"])
    assert report["experiment"]["ran"] == "experiment#2/sandbox"
    told = [claim for section in report["sections"] for claim in section.get("claims", ())]
    assert len(told) == 2
    for claim in told:
        assert unborne(claim["says"], results, [claim.get("quote", "")]) == []
        assert [*numbers_in(claim["says"])], "or this test would test nothing"


def test_the_page_leads_from_each_claim_to_what_it_rests_on(reported, plots):
    good, _, _, files = reported
    assert set(files) == {"experiment.py", "report.md", "report.html", "report-1.svg"}
    page = files["report.html"]
    links = Links(page)
    assert {link.removeprefix("#") for link in links.links} <= links.ids
    assert len(links.links) == 4, "two results and the run of one claim, a passage of the other"
    assert not {"script", "img", "iframe", "link"} & links.tags
    assert "&lt;script&gt;alert(1)" in page
    assert page.count("<svg") == 1
    assert good in html.unescape(page)
    assert f"mean_kg_yes</a> = {plots['yes']:.4g}" in page
    text = files["report.md"]
    assert f"* {good}" in text
    assert f"~~{INVENTED}~~" in text
    assert "](report-1.svg)" in text
    assert "<script>" not in text
    assert "experiment#2/sandbox" in text


def test_a_replay_and_another_folder(bakery, glasswork, plots):
    (bakery / "script.yaml").write_text(script((f"It was {plots['yes']:.2f}.", ["mean_kg_yes"])))
    ran = glasswork("run", "research", QUESTION, "-i", "data=plots.csv", "--model", "scripted:script.yaml", "--json")
    assert ran.status == 0, ran.out + ran.err
    (bakery / "plots.csv").unlink()
    assert glasswork("replay").status == 0
    said = glasswork("log", "report", "--into", "out")
    assert said.status == 0
    made = {path.name: path.read_text() for path in (bakery / "out").iterdir()}
    assert set(made) == {"report.md", "report.html", "report-1.svg"}
    assert made["report.md"] == (bakery / ran.data["log"] / "files" / "report.md").read_text()
    assert "What papers say" not in made["report.md"]


def test_a_run_without_a_report_says_so(bakery, glasswork):
    glasswork("run", "bakery", "a loaf")
    said = glasswork("log", "report")
    assert said.status == 2
    assert "no report was made in" in said.err


FILES = {
    "plots.csv": b"a,b\n1,2\n",
    "one.csv": b"a\n1\n2\n",
    "empty.csv": b"",
    "sheet.csv": b"PK\x03\x04\0\0\0",
    "same.csv": b"a,b\nx,1\nx,2\nx,3\n",
}


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("data=plot.csv", "error: the input 'data': plot.csv: there is no such file; did you mean 'plots.csv'?"),
        ("data=agents", "error: the input 'data': agents: this is a folder"),
        ("papers=x", "the input 'data' is missing: a table as CSV"),
        (
            "data=one.csv",
            "error: the input 'data': one.csv: the table has 1 column, and 2 are needed; what sets columns apart",
        ),
        ("data=empty.csv", "error: the input 'data': empty.csv: the table is empty"),
        ("data=sheet.csv", "error: the input 'data': sheet.csv: this is no text: a table is saved as CSV in UTF-8"),
        (
            "data=same.csv",
            "same.csv: fewer than 2 columns of the table can be compared: 'a' is the same everywhere ('x')",
        ),
        ("question= ", "error: the input 'question' is empty: a question that the table can answer"),
    ],
)
def test_a_file_that_is_not_there_is_told_before_anything_runs(bakery, glasswork, given, why):
    for name, data in FILES.items():
        (bakery / name).write_bytes(data)
    asked = () if given.startswith("question") else (QUESTION,)
    said = glasswork("run", "research", *asked, "-i", given, "--model", "random")
    assert said.status == 2
    assert why in said.err
    assert not [*(bakery / "logs").glob("*research*")] if (bakery / "logs").exists() else True
