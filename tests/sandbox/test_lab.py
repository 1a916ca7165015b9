"""The module that lies beside experiments: tables as they come, numbers as the tables of statistics have them."""

import json
import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glasswork.sandbox import lab
from glasswork.sandbox.experiments import figures_in, results_in

TABLE = "plot,mulch,water,kg\n1,yes,10,5.5\n2,no,20,4\n3,yes,,6.5\n4,no,30,3\n5,yes,25,NA\n6,yes,15,6\n"


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("_results", "_figures", "_called"):
        getattr(lab, name).clear()
    return tmp_path


def rows(text=TABLE):
    return lab.rows_of(text.encode())


# --- reading --------------------------------------------------------------------------------------------------------


def test_numbers_are_numbers_and_what_is_missing_is_none():
    found = rows()
    assert found[0] == {"plot": 1, "mulch": "yes", "water": 10, "kg": 5.5}
    assert found[2]["water"] is None
    assert found[4]["kg"] is None
    assert lab.column(found, "kg") == [5.5, 4, 6.5, 3, 6]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("a;b\n1,5;x\n2,25;y\n", {"a": 1.5, "b": "x"}),
        ("\ufeffa\tb\n1\tx\n", {"a": 1, "b": "x"}),
        ("a,b\n1e3,x\n2,y\n", {"a": 1000.0, "b": "x"}),
        ("a,\n1,2\n", {"a": 1, "column 2": 2}),
        ("a,b\r\n1\r\n", {"a": 1, "b": None}),
        ('a,b\n"x\ny",2\n', {"a": "x\ny", "b": 2}),
        ("a,b\n1,2\nn1,3\n", {"a": "1", "b": 2}),
    ],
)
def test_tables_as_people_have_them(text, first):
    assert lab.rows_of(text.encode())[0] == first


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "the table is empty"),
        (b"PK\x03\x04\0\0", "this is no text: a table is saved as CSV in UTF-8"),
        (b"a,b\n", "no rows"),
        ("a,b\n1,\xe9\n".encode("latin-1"), "not UTF-8"),
        (b"a,a\n1,2\n", "two columns of the table are called 'a'"),
        (b"a,b\n1,2,3\n", "line 2 of the table has 3 cells, and there are 2 columns"),
    ],
)
def test_what_is_no_table_is_told(data, why):
    with pytest.raises(ValueError, match=why):
        lab.rows_of(data)


@pytest.mark.parametrize(
    ("do", "why"),
    [
        (lambda: lab.compare(rows(), "kilos", "mulch"), "there is no column 'kilos'; there are 'plot', 'mulch'"),
        (lambda: lab.compare(rows(), "mulch", "kg"), "the column 'mulch' holds text, such as 'yes', and no numbers"),
        (lambda: lab.compare(rows(), "kg", "plot"), "fewer than two groups"),
        (lambda: lab.relate(rows(), "mulch", "kg"), "the column 'mulch' holds text"),
        (lambda: lab.relate(rows("a,b\n1,2\n2,2\n3,2\n"), "a", "b"), "not constant"),
        (lambda: lab.shares(rows("a,b\nx,1\nx,2\n"), "a", "b"), "2 to 12 different values"),
        (lambda: lab.result("x", float("nan")), "is nan, and no number"),
    ],
)
def test_mistakes_say_what_to_do_about_them(here, do, why):
    with pytest.raises((ValueError, KeyError, TypeError), match=why):
        do()


# --- numbers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "known"),
    [
        (lab.student(2.228139, 10), 0.05),
        (lab.student(12.706205, 1), 0.05),
        (lab.student(1.959964, 1e7), 0.05),
        (lab.student(3.169273, 10), 0.01),
        (lab.beyond(3.492828, 2, 20), 0.05),
        (lab.beyond(2.711, 5, 20), 0.05),
        (lab._gamma(0.5, 3.841459 / 2), 0.05),
        (lab._gamma(2, 9.487729 / 2), 0.05),
        (lab._gamma(5, 23.209251 / 2), 0.01),
    ],
)
def test_probabilities_are_those_of_the_tables(found, known):
    assert found == pytest.approx(known, rel=3e-4)


@settings(deadline=None)
@given(st.floats(0.01, 30), st.integers(2, 500))
def test_f_with_one_degree_is_t_squared(t, freedom):
    assert lab.beyond(t * t, 1, freedom) == pytest.approx(lab.student(t, freedom), rel=1e-9, abs=1e-300)


def test_two_groups_by_hand(here):
    made = lab.compare(rows(), number="kg", by="mulch")
    assert (made["n_no"], made["n_yes"]) == (2, 3)
    assert made["mean_kg_yes"] == 6.0
    assert made["difference_kg_yes_minus_no"] == 2.5
    assert made["sd_kg_no"] == pytest.approx(math.sqrt(0.5))
    error = math.sqrt(0.25 / 3 + 0.5 / 2)
    low, high = made["difference_kg_yes_minus_no_low"], made["difference_kg_yes_minus_no_high"]
    assert (low + high) / 2 == pytest.approx(2.5)
    freedom = error**4 / ((0.25 / 3) ** 2 / 2 + 0.25**2)
    assert lab.student((high - low) / 2 / error, freedom) == pytest.approx(0.05)
    assert made["p_kg_by_mulch"] == pytest.approx(lab.student(2.5 / error, freedom))
    assert json.loads((here / "results.json").read_text()) == made
    (figure,) = figures_in((here / "figures.json").read_bytes())
    assert figure.bars == (("no", 3.5), ("yes", 6.0))


def test_more_groups_and_shares_and_lines(here):
    drawn = random.Random(3)
    data = [{"g": "abc"[n % 3], "h": "xy"[n % 2], "v": n % 3 + drawn.gauss(0, 1), "w": float(n)} for n in range(90)]
    assert lab.compare(data, "v", "g")["p_v_by_g"] < 0.001
    assert lab.shares(data, of="h", by="g")["p_h_by_g"] == pytest.approx(1.0)
    exact = lab.relate([{"x": n, "y": 3 * n + 1} for n in range(10)], "x", "y")
    assert (exact["correlation_x_y"], exact["slope_y_over_x"]) == (pytest.approx(1), pytest.approx(3))
    assert exact["intercept_y_over_x"] == pytest.approx(1)
    assert exact["p_x_y"] < 1e-9


def test_names_are_plain_and_stay_two(here):
    for label in ("< 5 kg", "> 5 kg", "< 5 kg"):
        lab.result(f"n_{label}", 1)
    lab.result("5", 2.5)
    lab.result("均值", 3)
    assert json.loads((here / "results.json").read_text()) == {"n_5_kg": 1, "n_5_kg_2": 1, "r_5": 2.5, "均值": 3}


# --- what fits two columns ------------------------------------------------------------------------------------------

KINDS = "id,kg,water,mulch,ripe,late,name\n" + "".join(
    f"{n},{3 + n % 2 + n % 7 / 10},{10 + n % 5},{'straw' if n % 2 else 'none'},{'yes' if n % 3 else 'no'},{n % 2},row {n}\n"
    for n in range(1, 41)
)


@pytest.mark.parametrize(
    ("outcome", "factor", "names"),
    [
        ("kg", "water", {"correlation_water_kg", "correlation_water_kg_low", "slope_kg_over_water", "p_water_kg"}),
        ("kg", "mulch", {"mean_kg_straw", "mean_kg_none", "difference_kg_straw_minus_none_low", "p_kg_by_mulch"}),
        ("kg", "late", {"mean_kg_0", "mean_kg_1", "p_kg_by_late"}),
        ("mulch", "kg", {"mean_kg_straw", "mean_kg_none", "p_kg_by_mulch"}),
        ("ripe", "mulch", {"share_ripe_yes_none", "p_ripe_by_mulch"}),
    ],
)
def test_what_fits_two_columns(here, capsys, outcome, factor, names):
    made = lab.explain(rows(KINDS), outcome, factor)
    assert names | {"rows_left_out"} <= made.keys()
    assert next(iter(made)).partition("_")[0] in {"mean", "share", "correlation"}, "what matters most comes first"
    assert json.loads((here / "results.json").read_text()) == made
    assert len(figures_in((here / "figures.json").read_bytes())) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "rows_left_out = 0"


@pytest.mark.parametrize(
    ("outcome", "factor", "why"),
    [
        ("kg", "kg", "are the same column, 'kg'"),
        ("kg", "name", "'name' holds text with 40 different values: too many groups, and no numbers"),
        ("kg", "mulh", "there is no column 'mulh'"),
        ("same", "kg", r"'same' is the same everywhere \('a'\)"),
        ("kg", "gone", "'gone' is empty"),
    ],
)
def test_what_cannot_be_explained_says_why(here, outcome, factor, why):
    table = [{**row, "same": "a", "gone": None} for row in rows(KINDS)]
    with pytest.raises((ValueError, KeyError), match=why):
        lab.explain(table, outcome, factor)


def test_none_is_a_group_among_words_and_missing_among_numbers(here):
    found = rows("mulch,kg\nnone,1\nstraw,none\nNone,3\nstraw,5\nstraw,6\nnone,2\n,2\nnone,4\n")
    assert [row["mulch"] for row in found] == ["none", "straw", "None", "straw", "straw", "none", None, "none"]
    assert [row["kg"] for row in found] == [1, None, 3, 5, 6, 2, 2, 4]
    assert lab.explain(found[3:], "kg", "mulch")["rows_left_out"] == 1


def test_the_interval_of_a_correlation_by_hand(here):
    numpy = pytest.importorskip("numpy")
    drawn = numpy.random.default_rng(5)
    x = drawn.normal(size=50)
    y = x + drawn.normal(size=50)
    made = lab.relate([{"x": float(a), "y": float(b)} for a, b in zip(x, y, strict=True)], "x", "y")
    r = numpy.corrcoef(x, y)[0, 1]
    low, high = numpy.tanh(numpy.arctanh(r) + numpy.array([-1, 1]) * 1.959964 / math.sqrt(47))
    assert made["correlation_x_y"] == pytest.approx(r)
    assert (made["correlation_x_y_low"], made["correlation_x_y_high"]) == (pytest.approx(low), pytest.approx(high))
    assert made["slope_y_over_x"] == pytest.approx(numpy.polyfit(x, y, 1)[0])


def shared(table):
    return [{"of": of, "by": by} for (by, of), count in table.items() for _ in range(count)]


def test_shares_of_two_groups_as_published(here):
    """Newcombe (1998), table II, (a): 56/70 against 48/80, difference 0.2, interval 0.0524 to 0.3339."""
    data = shared({("a", "yes"): 56, ("a", "no"): 14, ("b", "yes"): 48, ("b", "no"): 32})
    made = lab.shares(data, of="of", by="by")
    name = "difference_share_of_yes_a_minus_b"
    assert [made[name], made[f"{name}_low"], made[f"{name}_high"]] == pytest.approx([0.2, 0.0524, 0.3339], abs=5e-5)
    expected = (56 * 32 - 14 * 48) ** 2 * 150 / (70 * 80 * 104 * 46)
    assert made["p_of_by_by"] == pytest.approx(math.erfc(math.sqrt(expected / 2)))


def test_a_small_table_is_shuffled(here):
    """The lady tasting tea, with all eight cups right: the exact test says 2/70."""
    data = shared({("milk", "yes"): 4, ("tea", "no"): 4})
    found = lab.shares(data, of="of", by="by")["p_of_by_by"]
    assert found == pytest.approx(2 / 70, abs=3 * math.sqrt(2 / 70 / 2000))
    assert lab.shares(data, of="of", by="by")["p_of_by_by"] == found, "and alike each time"


# --- what is taken in -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (None, "the program left no results.json"),
        (b"{", "results.json is not JSON"),
        (b"[" * 100_000, "results.json is not JSON"),
        (b"[1]", "must be an object"),
        (b"{}", "with 1 to 200 named numbers"),
        (b'{"a": "1"}', "these are no numbers: a"),
        (b'{"a": true}', "these are no numbers: a"),
        (b'{"a": NaN}', "these are no numbers: a"),
        (b'{"a": 1e999}', "these are no numbers: a"),
        (b'{"a": 1' + b"0" * 400 + b"}", "these are no numbers: a"),
        (b'{"a b": 1}', "a result is called 'a b'"),
        (b'{"a": {"b": 1}}', "these are no numbers: a"),
    ],
)
def test_results_that_are_none(data, why):
    with pytest.raises(ValueError, match=why):
        results_in(data)


@pytest.mark.parametrize(
    "data",
    [
        b"{}",
        b'[{"kind": "svg", "title": "x"}]',
        b'[{"kind": "bars", "title": "x", "bars": []}]',
        b'[{"kind": "bars", "title": "x", "bars": [["a", NaN]]}]',
        b'[{"kind": "points", "title": "x", "points": [[1]]}]',
        b'[{"kind": "points", "title": "x", "points": [[1, 2]], "script": "x"}]',
    ],
)
def test_figures_that_are_none(data):
    with pytest.raises(ValueError, match=r"figures\.json holds no figures"):
        figures_in(data)
