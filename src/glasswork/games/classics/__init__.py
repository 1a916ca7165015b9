"""Strategies, by theme: each a few lines with its source, registered under the name that a game's file calls it."""

from glasswork.games.classics import counting as _counting
from glasswork.games.classics import grudges as _grudges
from glasswork.games.classics import learning as _learning
from glasswork.games.classics import memory_one as _memory_one
from glasswork.games.classics import plain as _plain
from glasswork.games.classics import probing as _probing
from glasswork.games.classics import sharing as _sharing
from glasswork.games.classics import tit_for_tat as _tit_for_tat
from glasswork.games.classics.base import Rule, Strategy, Vector, fitting, strategies, strategy
from glasswork.games.classics.memory_one import remembering_one

# Imported for their registration alone.
del _counting, _grudges, _learning, _memory_one, _plain, _probing, _sharing, _tit_for_tat

__all__ = ["Rule", "Strategy", "Vector", "fitting", "remembering_one", "strategies", "strategy"]
