"""Werewolf as a step: agents, strategies and people at tables; what anybody is sent rests on what they have seen."""

import asyncio
import itertools
import math

import pytest

from glasswork.agent import Fixed
from glasswork.definitions import BudgetDef
from glasswork.errors import DefinitionError, ModelUnreachable, UserError, Waiting
from glasswork.games.werewolf import Happening, play, preset, strategies
from glasswork.models.random import RandomModel
from glasswork.places import parse
from glasswork.records import Completion
from glasswork.workflow.cost import charges, worst
from glasswork.workflow.resources import MoveAnswer
from glasswork.workflow.tournament import Settings, as_tournament
from glasswork.workflow.werewolf import spoken
from glasswork.workflow.werewolf_rules import deals

SPEAKER = "role: writer\nact: {produces: text, max_tokens: 40, may_be_cut: true}\n"
CODER = "role: writer\nact: {produces: code}\n"
FIXED = "role: writer\nplan: {choose_from: [yes, no]}\nact: {produces: text}\n"

ONE = """
table:
  werewolf: kaggle_7
  players:
    Ada: {agent: speaker}
    Bo: {agent: speaker}
    Cleo: {strategy: random}
    Dan: {strategy: honest}
    Eva: {agent: speaker}
    Finn: {strategy: random}
    Gus: {strategy: random}
"""
MANY = ONE + "  tournament: {games: 7}\n  parallel: 3\n  beliefs: {about: nothing}\n"


@pytest.fixture
def village(trial):
    for name, text in {"speaker": SPEAKER, "coder": CODER, "decided": FIXED}.items():
        (trial.folder / "agents" / f"{name}.yaml").write_text(text)
    return trial


class Draws(RandomModel):
    """The random model, for every name; late at times, so that players overtake each other."""

    def __init__(self, delays=False):
        super().__init__()
        self.delays = delays
        self.asked = []

    async def get(self, name):
        return self

    async def complete(self, request, *, place="", on_text=None):
        self.asked.append(place)
        if self.delays:
            await asyncio.sleep((hash(place) % 5) / 2000)
        return await super().complete(request, place=place, on_text=on_text)


def happened(trial, match=0):
    return [event for event in trial.of("table.happened") if event.match == match]


def as_played(trial):
    """Return every game as what happened in it, without where it happened in the log."""
    games = {}
    for event in trial.of("table.happened"):
        games.setdefault(event.match, []).append(event.model_dump(exclude={"type", "step", "match"}))
    return {match: sorted(found, key=lambda one: one["number"]) for match, found in games.items()}


def cards(trial, match=0):
    return {event.to: event.card for event in happened(trial, match) if event.what == "dealt"}


# --- one game ---------------------------------------------------------------------------------------------------------


async def test_a_game_is_played_to_its_end(village):
    outcome = await village.run(ONE, Draws(), head="outputs: {winner: steps.table.winner, how: steps.table.text}")
    assert outcome.state == "done"
    (started,), (ended,) = village.of("match.started"), village.of("match.finished")
    assert started.rules["kind"] == "werewolf"
    assert started.kinds[0] == "agent speaker on random"
    assert started.kinds[2] == "strategy random"
    events = happened(village)
    assert [event.number for event in events] == list(range(1, len(events) + 1))
    (won,) = [event for event in events if event.what == "won"]
    assert outcome.outputs["winner"] == ended.ended == won.text
    wolves = {name for name, card in cards(village).items() if card == "werewolf"}
    for name, score in zip(started.players, ended.scores, strict=True):
        assert score == ((name in wolves) == (ended.ended == "werewolves"))


class Failing(Draws):
    """Fails wherever a place ends so."""

    def __init__(self, ending):
        super().__init__()
        self.ending = ending

    async def complete(self, request, *, place="", on_text=None):
        if place.endswith(self.ending):
            raise ModelUnreachable("there is no server")
        return await super().complete(request, place=place, on_text=on_text)


@pytest.mark.parametrize(("ending", "state"), [("/explain", "done"), ("", "failed")])
async def test_what_spoils_a_game(village, ending, state):
    """An explanation that cannot be had does not; a model that does not answer does, and is no game that is done."""
    outcome = await village.run(ONE, Failing(ending))
    assert outcome.state == state
    assert len(village.of("match.finished")) == (state == "done")


async def test_each_answer_of_an_agent_is_a_decision_that_its_event_names(village):
    await village.run(ONE, Draws())
    acts = {event.decision: event for event in village.of("decision.acted")}
    planned = {event.decision: event for event in village.of("decision.planned")}
    explained = {event.decision for event in village.of("decision.explained")}
    assert set(acts) == set(planned) == explained
    named = [event for event in happened(village) if event.decision]
    assert {event.decision for event in named} <= set(acts)
    for event in named:
        if event.what in {"voted", "protected", "inspected"}:
            assert event.to == acts[event.decision].text
            assert event.to in {option.text for option in planned[event.decision].options}
        if event.what == "spoke":
            assert event.text == acts[event.decision].text


async def test_decisions_are_counted_by_player(village):
    await village.run(ONE, Draws())
    counts = {}
    for event in village.of("decision.started"):
        place = parse(event.decision)
        counts.setdefault(place.turn, []).append(place.round)
    assert set(counts) <= {1, 2, 5}
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in counts.values())


async def test_what_a_player_is_shown_is_what_it_has_seen(village):
    """Texts of events that a player may not know of are canaries: none comes to stand in its prompts."""
    await village.run(ONE.replace("kaggle_7", "{preset: kaggle_7, kill: {by: consensus, talk: 1}}"), Draws())
    names = village.of("match.started")[0].players
    whispers = [event for event in happened(village) if event.what == "whispered"]
    for event in village.of("decision.started"):
        me = names[parse(event.decision).turn - 1]
        text = "\n".join(segment.text for segment in event.segments)
        assert f"You are {me}." in text
        for whisper in whispers:
            if me not in whisper.seen_by:
                assert whisper.text not in text or not whisper.text
        if cards(village)[me] != "werewolf":
            assert "werewolves are" not in text.replace("The werewolves are as many", "")


async def test_what_all_have_seen_comes_before_what_one_has(village):
    """So that servers read it once for the whole table."""
    await village.run(ONE, Draws())
    votes = {}
    for event in village.of("decision.started"):
        public = list(itertools.takewhile(lambda one: one.source != "werewolf.you", event.segments))
        votes.setdefault(len(public), []).append([segment.text for segment in public])
    for group in votes.values():  # only the last piece may still grow, as the news of a day do
        assert all(one[:-1] == group[0][:-1] for one in group)
        longest = max((one[-1] for one in group), key=len)
        assert all(longest.startswith(one[-1]) for one in group)


async def test_cards_exchanged_behind_a_players_back_change_nothing_that_it_is_sent(village):
    """Non-interference, from the rules to the last byte of a request: cards that Ada may not know are exchanged."""
    steps = ONE.replace("kaggle_7", "{preset: kaggle_7, opens: day}").replace("honest", "random")
    steps = steps.replace("Bo: {agent: speaker}", "Bo: {strategy: random}").replace(
        "Eva: {agent: speaker}", "Eva: {strategy: random}"
    )
    sent = []
    for first, second in (("werewolf", "seer"), ("seer", "werewolf")):
        village.events.clear()
        held = (
            f"{{Ada: villager, Bo: {first}, Cleo: {second}, Dan: werewolf, Eva: doctor, Finn: villager, Gus: villager}}"
        )
        await village.run(steps + f"  cards: {held}\n", Draws())
        first_night = next((e.number for e in happened(village) if e.what == "night"), math.inf)
        over = next(
            n
            for n, e in enumerate(village.events)
            if getattr(e, "number", 0) == first_night or e.type == "match.finished"
        )
        asked = [
            (e.place, e.digest)
            for e in village.events[:over]
            if e.type == "model.answered" and e.place.split("/")[0].endswith(".1")
        ]
        sent.append([one for one in asked if "/explain" not in one[0]])
    assert sent[0] == sent[1]
    assert len(sent[0]) > 20


async def test_what_agents_believe_is_read_before_each_vote(village):
    await village.run(ONE, Draws())
    read = village.of("weighed")
    votes = [e for e in happened(village) if e.what == "voted" and e.by in {"Ada", "Bo", "Eva"}]
    assert {(e.by, parse(e.place).decision) for e in read} == {(e.by, e.decision) for e in votes}
    for event in read:
        assert math.isclose(sum(option.probability for option in event.options), 1)
        assert event.about != event.by
        assert event.orders == len(event.options) == 2


async def test_beliefs_may_be_of_cards_and_after_each_statement(village):
    await village.run(ONE + "  beliefs: {about: role, when: statement}\n", Draws())
    read = village.of("weighed")
    assert {option.text for event in read for option in event.options} == {"werewolf", "villager", "seer", "doctor"}
    statements = [e for e in happened(village) if e.what == "spoke"]
    agents = {"Ada", "Bo", "Eva"}
    assert {event.by for event in read} <= agents
    assert len({(event.by, event.after) for event in read}) > len(statements)
    assert len({event.place for event in read}) == len(read)


async def test_bids_are_weighed_and_the_highest_speaks(village):
    talk = "{preset: kaggle_7, talk: {order: bidding, turns: 3, bids_shown: true}}"
    await village.run(ONE.replace("kaggle_7", talk), Draws())
    bids = [event for event in village.of("weighed") if event.question == "bid"]
    assert bids
    assert all(len(event.options) == 5 for event in bids)
    shown = [e for e in happened(village) if e.what == "bid" and e.by == "Ada"]
    weighed = [e for e in bids if e.by == "Ada"]
    assert [int(e.text) for e in shown] == [
        max(range(5), key=lambda n, e=e: e.options[n].probability) for e in weighed[: len(shown)]
    ]


async def test_an_act_that_is_no_option_is_illegal_and_nothing_else(village):
    await village.run(ONE, Draws())
    vote = next(e for e in happened(village) if e.what == "voted" and e.by == "Ada")
    village.events.clear()
    await village.run(ONE, Draws(), fixed={vote.decision: Fixed(act="the tall one")})
    (illegal,) = [e for e in happened(village) if e.what == "illegal"]
    assert (illegal.by, illegal.text, illegal.decision) == ("Ada", "the tall one", vote.decision)
    assert not [e for e in happened(village) if e.what == "voted" and e.by == "Ada" and e.day == vote.day]


async def test_strategies_play_as_they_do_without_a_workflow(village):
    steps = """
table:
  werewolf: xu_7
  players: {a: {strategy: random}, b: {strategy: honest}, c: {strategy: random}, d: {strategy: herd}, e: {strategy: random}, f: {strategy: random}, g: {strategy: honest}}
"""
    await village.run(steps, Draws(), seed=3)
    names = "abcdefg"
    kinds = dict(zip(names, ["random", "honest", "random", "herd", "random", "random", "honest"], strict=True))
    game = play(preset("xu_7"), [strategies.get(kinds[name])(name) for name in names], 3)
    found = [
        Happening(**{**one, "asked": -1}) for one in map(dict, as_played(village)[0]) if not one.pop("decision", "")
    ]
    assert [one._replace(asked=-1) for one in game.happenings] == found


@pytest.mark.parametrize(
    ("act", "heard"),
    [
        ('{ "saying": "I am the doctor. " }', "I am the doctor."),
        ("I am the doctor.", "I am the doctor."),
        ('{"a": "b", "c": "d"}', '{"a": "b", "c": "d"}'),
        ('{"a": 1}', '{"a": 1}'),
        ('["a"]', '["a"]'),
        ("{}", "{}"),
        ("7", "7"),
        ("", ""),
        ('{ "thinking": "I\'m Gus,\n a werewolf', "I'm Gus, a werewolf"),
        ('{"say": "he said \\"no', 'he said "no'),
        ('{"say": "it ends here\\', "it ends here"),
        ('{"a": "1", "b": "2', '{"a": "1", "b": "2'),
        ('{"a', '{"a'),
    ],
)
def test_the_table_hears_the_words_and_not_their_wrapping(act, heard):
    assert spoken(act) == heard


# --- many games -------------------------------------------------------------------------------------------------------


async def test_cards_go_round(village):
    outcome = await village.run(MANY, Draws())
    assert outcome.state == "done"
    dealt = [cards(village, match) for match in range(1, 8)]
    for name in dealt[0]:
        held = sorted(one[name] for one in dealt)
        assert held == sorted(preset("kaggle_7").deck)


def test_with_a_person_no_game_tells_the_cards_of_the_next(village):
    workflow = as_tournament(village.compile(HUMAN), Settings(games=9))
    dealt = [(deal.seed, deal.rotate) for deal in deals(workflow.steps["table"].definition, 5)]
    assert len({seed for seed, _ in dealt}) == 9
    assert {rotate for _, rotate in dealt} == {0}


async def test_neither_company_nor_speed_changes_a_game(village):
    await village.run(MANY, Draws())
    before = as_played(village)
    village.events.clear()
    await village.run(MANY.replace("parallel: 3", "parallel: 1"), Draws(delays=True))
    assert as_played(village) == before


async def test_a_tournament_can_be_asked_for(village):
    workflow = as_tournament(village.compile(ONE), Settings(games=14, parallel=2))
    assert workflow.steps["table"].definition.tournament.games == 14
    assert as_tournament(village.compile(ONE), Settings()).steps["table"].definition.tournament.games == 7
    with pytest.raises(UserError, match="--self-play is not for werewolf"):
        as_tournament(village.compile(ONE), Settings(self_play=True))


async def test_one_game_that_fails_does_not_stop_the_others(village):
    class Fails(Draws):
        async def complete(self, request, *, place="", on_text=None):
            if ":2." in place and "/explain" not in place:
                return Completion(text="?", logprobs={})
            return await super().complete(request, place=place, on_text=on_text)

    outcome = await village.run(MANY, Fails(), head="defaults: {retry: {max: 0}}")
    assert outcome.state == "failed"
    assert len(village.of("match.finished")) == 6


async def test_no_more_is_asked_than_was_foreseen(village):
    await village.run(MANY, Draws())
    days = max(event.day for event in village.of("table.happened"))
    (charge,) = charges(village.compile(MANY))
    assert charge.over[0].list == "days"
    assert charge.over[0].most == 20
    assert len(village.of("model.answered")) <= charge.bounds.most.calls * days
    assert worst([charge]).calls == charge.bounds.most.calls * 20


# --- going on ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [ONE, MANY])
async def test_a_replay_asks_nobody(village, steps):
    await village.run(steps, Draws(delays=True))
    model = Draws()
    await village.again(steps, model, live=False)
    assert (model.asked, village.new, village.left) == ([], [], [])


@pytest.mark.parametrize("times", [12, pytest.param(100, marks=pytest.mark.slow)])
async def test_a_run_goes_on_in_the_middle_of_a_night(village, times):
    await village.run(ONE, Draws())
    whole, events = as_played(village), [*village.events]
    step = max(1, len(events) // times)
    for kept in range(3, len(events) - 1, step):
        village.events = events[:kept]
        model = Draws()
        outcome = await village.again(ONE, model)
        assert outcome.state == "done"
        assert as_played(village) == whole
        answered = {event.place for event in events[:kept] if event.type == "model.answered"}
        assert not answered & set(model.asked)


async def test_a_spent_budget_ends_it_and_more_goes_on(village):
    outcome = await village.run(ONE, Draws(), budget=BudgetDef(calls=60))
    assert outcome.state == "budget"
    village.events = [event for event in village.events if event.type != "run.finished"]
    outcome = await village.again(ONE, Draws())
    assert outcome.state == "done"


# --- people -----------------------------------------------------------------------------------------------------------


HUMAN = ONE.replace("Cleo: {strategy: random}", "Cleo: human").replace("{agent: speaker}", "{strategy: random}")


async def test_a_person_plays(village):
    asked = []

    async def ask(decision, question, options):
        asked.append((decision, question, options))
        return MoveAnswer(options[0] if options else "I am a villager.", "cleo")

    outcome = await village.run(HUMAN, Draws(), ask_move=ask)
    assert outcome.state == "done"
    assert [parse(decision).round for decision, _, _ in asked] == list(range(1, len(asked) + 1))
    assert "You are Cleo." in asked[0][1]
    assert all("You are Cleo." not in question for _, question, _ in asked[1:])
    said = [event for event in happened(village) if event.by == "Cleo" and event.what == "spoke"]
    assert {event.text for event in said} == {"I am a villager."}
    words = [event.words for event in village.of("human.asked")]
    assert words == [not options for _, _, options in asked]


async def test_a_person_may_answer_days_later(village):
    async def nobody(decision, question, options):
        raise Waiting("nobody is there")

    outcome = await village.run(HUMAN, Draws(), ask_move=nobody)
    assert outcome.state == "waiting"

    async def ask(decision, question, options):
        return MoveAnswer(options[0] if options else "", "cleo")

    village.events = [event for event in village.events if event.type != "run.finished"]
    outcome = await village.again(HUMAN, Draws(), ask_move=ask)
    assert outcome.state == "done"


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("kaggle_7", "kagle_7", "did you mean"),
        ("kaggle_7", "kaggle_8", "cards for 8 players"),
        ("{strategy: honest}", "{strategy: honst}", "did you mean"),
        ("Ada: {agent: speaker}", "Ada: {agent: coder}", "must produce text"),
        ("Ada: {agent: speaker}", "Ada: {agent: decided}", "leave its options to the game"),
        ("Bo:", "ada:", "differ in more than capital letters"),
        ("kaggle_7", "{preset: kaggle_7, win: side_kil}", "side_kill"),
        ("kaggle_7", "{preset: kaggle_7, roles: {werewolf: 7}}", "at least one werewolf"),
        ("Gus: {strategy: random}", "Gus: {strategy: random}\n  cards: {Ada: seer}", "is given no card"),
        ("Gus: {strategy: random}", "Gus: {strategy: random, agent: speaker}", "exactly one of"),
    ],
)
def test_wrong_tables_are_refused_in_words(village, old, new, message):
    with pytest.raises(DefinitionError) as error:
        village.compile(ONE.replace(old, new, 1))
    assert message in str(error.value)
