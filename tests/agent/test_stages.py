"""The order of stages is a state machine."""

import itertools

import pytest

from glasswork.agent import Stages
from glasswork.errors import StageOrderError
from glasswork.records import Stage

LEGAL = [Stage.PLAN, Stage.ACT, Stage.EXPLAIN, Stage.READY]


@pytest.mark.parametrize(("now", "then"), list(itertools.product(range(4), LEGAL)))
def test_only_the_next_stage_may_follow(now, then):
    stages = Stages()
    for stage in LEGAL[:now]:
        stages.enter(stage)
    if then is LEGAL[now]:
        stages.enter(then)
        assert stages.now is then
    else:
        with pytest.raises(StageOrderError, match="goes from"):
            stages.enter(then)
