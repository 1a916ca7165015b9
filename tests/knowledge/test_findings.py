"""Claims on results: a number of theirs, and the word *significant* where a p-value bears it out."""

import pytest

from glasswork.knowledge.findings import wrong_with_results

CLEAR = {"mean_kg_yes": 5.4234, "mean_kg_no": 4.359, "difference_kg": 1.0644, "p_kg_by_mulch": 1.79e-05}
DULL = {**CLEAR, "p_kg_by_mulch": 0.213}
TWO = {**CLEAR, "p_kg_by_bed": 0.4}
MEANS = ("mean_kg_yes", "mean_kg_no")


@pytest.mark.parametrize(
    ("says", "results", "names"),
    [
        ("The mean was 5.42 with mulch and 4.36 without.", CLEAR, MEANS),
        ("The difference of 1.06 is significant.", CLEAR, ("difference_kg",)),
        ("The difference of 1.06 is not significant.", DULL, ("difference_kg",)),
        ("The difference of 1.06 is insignificant (p > 0.05).", DULL, ("difference_kg", "p_kg_by_mulch")),
        ("There is no statistically significant difference: p is 0.213.", DULL, ("p_kg_by_mulch",)),
        ("Yields do not differ significantly (p above 0.05).", DULL, ("p_kg_by_mulch",)),
        ("With p = 0.213, above the threshold of 0.05, it is not significant.", DULL, ("p_kg_by_mulch",)),
        ("It is significant: p is below the significance level of 0.05.", CLEAR, ("p_kg_by_mulch",)),
        ("They differ significantly, with p below 0.05.", CLEAR, ("p_kg_by_mulch",)),
        ("Without mulch it was 4.36, and with it significantly more.", CLEAR, ("mean_kg_no",)),
        ("It is not small but significant (1.06).", CLEAR, ("difference_kg",)),
        ("The bed does not matter: p = 0.4, which isn\u2019t significant.", TWO, ("p_kg_by_bed",)),
        ("The p-values: 0.213 and 0.4.", {**TWO, **DULL, "p_kg_by_bed": 0.4}, ("p_kg_by_mulch", "p_kg_by_bed")),
        ("By mulch it is significant (p < 0.001), by bed p is 0.4.", TWO, ("p_kg_by_mulch", "p_kg_by_bed")),
    ],
)
def test_what_stands(says, results, names):
    assert wrong_with_results(says, names, results) is None


@pytest.mark.parametrize(
    ("says", "results", "names", "why", "mend"),
    [
        ("Mulch raises the yield.", CLEAR, MEANS, "it tells no number of the results that it names", "write in it what it rests on, mean_kg_yes = 5.423, mean_kg_no = 4.359"),
        ("It rose by 25 %.", CLEAR, MEANS[:1], "25 % is not in the results that it names", "no result is 25 %: write mean_kg_yes = 5.423, or leave the number out"),
        ("It rose by 1.06.", CLEAR, MEANS[:1], "1.06 is not in the results that it names", "1.06 is difference_kg: name that too if it is meant, else write mean_kg_yes = 5.423"),
        ("A significant difference of 1.06 (p = 1.06).", CLEAR, ("difference_kg",), "it calls 1.06 a p, and that is difference_kg", "write p_kg_by_mulch = 1.79e-05"),
        ("The P-value is about 1.06.", {"difference_kg": 1.0644}, ("difference_kg",), "it calls 1.06 a p, and that is difference_kg", "leave p out"),
        ("The share of mulched plots is 0.213.", DULL, ("p_kg_by_mulch",), "0.213 is p_kg_by_mulch, and is told as something else", "call it p"),
        ("Its share is 0.213. This is p = 0.213.", DULL, ("p_kg_by_mulch",), "0.213 is p_kg_by_mulch, and is told as something else", "call it p"),
        ("The difference of 1.06 is significant.", DULL, ("difference_kg",), "it says 'significant', and p_kg_by_mulch = 0.213 is not below 0.05", "say 'not significant'"),
        ("The difference of 1.06 is not significant.", CLEAR, ("difference_kg",), "it says 'not significant', and p_kg_by_mulch = 1.79e-05 is below 0.05", "say 'significant'"),
        ("A non-significant difference of 1.06.", CLEAR, ("difference_kg",), "it says 'not significant', and p_kg_by_mulch = 1.79e-05 is below 0.05", "say 'significant'"),
        ("The difference of 1.06 is significant.", TWO, ("difference_kg",), "it says 'significant' and names no p", "name p_kg_by_mulch too, or leave the word out"),
        ("The mean of 4.36 is significant.", {"mean_kg_no": 4.359}, ("mean_kg_no",), "it says 'significant' and names no p", "leave the word out"),
        ("It is 5.42, above the threshold of 0.05.", CLEAR, MEANS, "0.05 is not in the results that it names", None),
        ("It is 5.42, with p above 0.05.", CLEAR, ("mean_kg_yes", "p_kg_by_mulch"), "0.05 is not in the results that it names", None),
    ],
)  # fmt: skip
def test_what_does_not_stand_is_told_and_what_to_change(says, results, names, why, mend):
    fault = wrong_with_results(says, names, results)
    assert fault is not None
    assert fault.why == why
    assert mend is None or fault.mend == mend
