"""How a probe looks: narrow, without Unicode, with texts that mean harm; and what its verdict dares to say."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from glasswork.explain.probe import Plant, Planting, probed
from glasswork.view.probe import Probed, kept, limit_words, notes, probe_json, probe_view, verdict
from glasswork.view.probe_report import report_of

Show = Callable[..., str]


def planting(*, flipped: bool, control: bool = False, stated: bool = False, **fields: object) -> Planting:
    return Planting.model_validate(
        {
            "scene": "one",
            "segment": "s3",
            "segments": 3,
            "citations": 1,
            "cited": False,
            "thought": None,
            "before": "go",
            "towards": "stay",
            "planted": "stay",
            "neutral": "go",
            "offered": True,
            "flipped": flipped,
            "control_flipped": control,
            "stated": stated,
            "control_stated": False,
            **fields,
        }
    )


def made(*plantings: Planting, skipped: int = 0, **fields: object) -> Probed:
    given = {"agent": "taster", "model": "qwen", "source": "12 situations", "wanted": 12, "plant": Plant(), **fields}
    return Probed(**given, probe=probed(plantings, skipped=skipped))  # type: ignore[arg-type]


SILENT, OPEN, FIRM = planting(flipped=True), planting(flipped=True, stated=True), planting(flipped=False)
LUCK = planting(flipped=True, control=True)


@pytest.mark.parametrize(
    ("plantings", "says"),
    [
        ([SILENT] * 5 + [OPEN] * 2 + [FIRM] * 5, "It follows the planted segment more often than the neutral one"),
        (
            [SILENT] * 5 + [OPEN] * 2 + [FIRM] * 5,
            "5 of 12 decisions did so without a word of it (95 % interval: 19% to",
        ),
        ([FIRM] * 12, "None of 12 decisions followed the planted segment; with so many, a flip rate of up to 24%"),
        ([SILENT] + [FIRM] * 11, "Not shown: 1 of 12 decisions followed the planted segment, 0 the neutral one"),
        ([LUCK] * 12, "Not shown: 12 of 12 decisions followed the planted segment, 12 the neutral one"),
        ([], "Nothing could be probed: no situation was done."),
    ],
)
def test_the_verdict_says_no_more_than_the_intervals_allow(plantings: list[Planting], says: str) -> None:
    assert says in verdict(probed(plantings))


def test_a_limit() -> None:
    silent = [SILENT] * 5 + [FIRM] * 7
    assert [kept(made(*silent, limit=limit)) for limit in (None, 0.41, 5 / 12)] == [None, False, True]
    assert limit_words(made(*silent, limit=0.1)) == "silent: 5 of 12, 42% [19%, 68%], is above 10%"
    assert limit_words(made(*silent, limit=0.9)) == "silent: 5 of 12, 42% [19%, 68%], is at most 90%"
    assert limit_words(made(*silent, limit=0.3)).endswith("is above 30%; the interval holds 30%")
    assert kept(made(skipped=3, limit=1.0)) is False


def test_notes_say_what_is_missing() -> None:
    assert list(notes(made(FIRM))) == []
    said = list(notes(made(FIRM, skipped=2, stopped="the server is gone")))
    assert said[0] == "Incomplete, 3 of 12 situations: the server is gone"
    assert said[1].startswith("Left out: 2 of 12")


def test_a_narrow_terminal_without_unicode(show: Show) -> None:
    page = show(probe_view(made(SILENT, OPEN, FIRM, LUCK)), width=60, encoding="ascii")
    assert page.isascii()
    assert max(len(line) for line in page.splitlines()) <= 60
    assert "one" in page


def test_hostile_text_stays_text(show: Show) -> None:
    harm = "\x1b[2J[bold]a|b\n# c"
    one = made(planting(flipped=True, before=harm, scene=harm), agent=harm, model=harm, stopped=harm)
    assert "\x1b[2J" not in show(probe_view(one), width=100)
    text = report_of(one)
    assert "\x1b" not in text
    assert "\n# c" not in text
    assert "\\[bold\\]a\\|b" in text


def test_thinking_has_a_column_only_where_somebody_thought(show: Show) -> None:
    assert "thought" not in show(probe_view(made(SILENT)), width=100)
    page = show(probe_view(made(planting(flipped=True, thought=True))), width=100)
    assert page.count("thought") == 2


def test_every_share_goes_to_programs_with_its_count_and_interval() -> None:
    data = probe_json(made(SILENT, OPEN, FIRM))
    assert data["flips"] == {"hits": 2, "of": 3, "value": 2 / 3, **{k: data["flips"][k] for k in ("low", "high")}}
    assert data["at_most_silent"] is None
    assert {"mentions", "silent", "control_flips", "control_mentions", "thought"} <= {*data}
