"""Werewolf: rules as data, a table as a pure generator, players by rule. Knows nothing of agents, models or files."""

from glasswork.games.werewolf.asking import NOBODY, Ask, Outcome, Team
from glasswork.games.werewolf.deal import deal
from glasswork.games.werewolf.happening import Happening, Seen, knows, seen
from glasswork.games.werewolf.play import Game, Player, play
from glasswork.games.werewolf.presets import PRESETS, preset
from glasswork.games.werewolf.rule_words import rules_in_words
from glasswork.games.werewolf.state import State, fold
from glasswork.games.werewolf.strategies import Strategy, strategies
from glasswork.games.werewolf.table import table
from glasswork.games.werewolf.winning import team, winner
from glasswork.games.werewolf.words import asked, card_in_words, told

__all__ = [
    "NOBODY",
    "PRESETS",
    "Ask",
    "Game",
    "Happening",
    "Outcome",
    "Player",
    "Seen",
    "State",
    "Strategy",
    "Team",
    "asked",
    "card_in_words",
    "deal",
    "fold",
    "knows",
    "play",
    "preset",
    "rules_in_words",
    "seen",
    "strategies",
    "table",
    "team",
    "told",
    "winner",
]
