"""What counts as a claim, by example; Ann speaks, at a table with Bo, Cy, Dot and Bob."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasswork.games.werewolf.claims import claims

NAMES = ("Ann", "Bo", "Cy", "Dot", "Bob", "Player_6")

CLAIMED = """
I am the seer. | card Ann seer
I'm the seer, believe me. | card Ann seer
I\u2019m the seer. | card Ann seer
i am the SEER | card Ann seer
I am seer. | card Ann seer
I am just a simple villager. | card Ann villager
I am actually the doctor. | card Ann doctor
I'm a plain villager like Bo. | card Ann villager
My role is the seer. | card Ann seer
My card is witch. | card Ann witch
I claim seer. | card Ann seer
I claim to be the doctor. | card Ann doctor
I was dealt the hunter. | card Ann hunter
As the seer, I looked at nobody yet. | card Ann seer
I am the bodyguard. | card Ann guard
I am a wolf. | card Ann werewolf
I am the medium. | card Ann medium
I am Ann, the seer. | card Ann seer
I'm Ann, a werewolf. | card Ann werewolf
I am Ann, a simple villager, and I suspect Bo. | card Ann villager; accusation Bo
My name is Ann, the doctor. | card Ann doctor
I am Ann and I am the witch. | card Ann witch
I am Ann, the seer. Bo is a werewolf. | card Ann seer; accusation Bo werewolf
I am not a werewolf. | card! Ann werewolf
I'm not the seer. | card! Ann seer
I am no werewolf. | card! Ann werewolf
I am really not a werewolf! | card! Ann werewolf
Bo says he is the seer, but I am the seer. | card Ann seer
I said I am the seer. | card Ann seer
Trust me when I say I am the doctor. | card Ann doctor
No, I am the seer. | card Ann seer
I am the seer. I looked at Bo, Bo is a werewolf. | card Ann seer; result Bo werewolf
I looked at Bo, Bo is not a werewolf. | result Bo not a werewolf
I looked at Bo, he is a werewolf. | result Bo werewolf
I looked at Bo. He is a werewolf. | result Bo werewolf
I looked at Bo last night and he is not a werewolf. | result Bo not a werewolf
I checked Cy: werewolf. | result Cy werewolf
I checked Cy: not a werewolf. | result Cy not a werewolf
I checked Dot last night and found werewolf. | result Dot werewolf
I inspected bo and she turned out to be a villager. | result Bo villager
I investigated Dot, she is innocent. | result Dot not a werewolf
I looked at Bo, he isn't a werewolf. | result Bo not a werewolf
My check on Bo showed a werewolf. | result Bo werewolf
I saw that Cy is the doctor. | result Cy doctor
Cy is a werewolf, I looked at him. | result Cy werewolf
I have checked Player_6, and they are a werewolf. | result Player_6 werewolf
I protected Bo last night. | protected Bo
I guarded Cy. | protected Cy
I saved Dot. | protected Dot
I poisoned Bob. | poisoned Bob
Bo is a werewolf. | accusation Bo werewolf
bo is a werewolf | accusation Bo werewolf
I think so too: Bo is a werewolf. | accusation Bo werewolf
I think Bo is a werewolf. | accusation Bo werewolf
I am sure that Cy is a werewolf. | accusation Cy werewolf
Bo is clearly a werewolf. | accusation Bo werewolf
Bo must be a wolf! | accusation Bo werewolf
Bo's a werewolf. | accusation Bo werewolf
No doubt Bo is a werewolf. | accusation Bo werewolf
If you ask me, Bo is a werewolf. | accusation Bo werewolf
Bo, you are a werewolf. | accusation Bo werewolf
You are a werewolf, Bo. | accusation Bo werewolf
Bo and Cy are werewolves. | accusation Bo werewolf; accusation Cy werewolf
I suspect Bo. | accusation Bo
I accuse Dot of everything. | accusation Dot
I do not trust Bo. | accusation Bo
I don't trust Cy at all. | accusation Cy
Bo is lying. | accusation Bo
Bo is very suspicious. | accusation Bo
Bo seems nervous. | accusation Bo
Cy looks like a werewolf. | accusation Cy
I vote for Bo. | accusation Bo
My vote goes to exile Bo. | accusation Bo
Let's exile Bo. | accusation Bo
We should vote out Cy. | accusation Cy
Vote for Dot! | accusation Dot
The werewolf is Bo. | accusation Bo
My main suspect is Cy. | accusation Cy
I do not know you, so Bo is a werewolf. | accusation Bo werewolf
Bo is a werewolf, but Cy is not a werewolf. | accusation Bo werewolf; defence Cy not a werewolf
Bo is not a werewolf. | defence Bo not a werewolf
Bo isn't a werewolf. | defence Bo not a werewolf
Bo can't be a werewolf. | defence Bo not a werewolf
I don't think Bo is a werewolf. | defence Bo not a werewolf
I do not believe that Bo is a werewolf. | defence Bo not a werewolf
I don't suspect Bo. | defence Bo
Bo is innocent. | defence Bo
I trust Bo. | defence Bo
I believe Cy. | defence Cy
I vouch for Dot. | defence Dot
Cy is telling the truth. | defence Cy
Bo is the seer. | defence Bo seer
I think Cy is a villager. | defence Cy villager
Do not exile Bo. | defence Bo
Bo is one of us. | defence Bo
"""

NOTHING = """
Are you the seer?
Am I the seer?
Is Bo a werewolf?
Bo is a werewolf?
Do you think Bo is a werewolf?
Who said that Bo is a werewolf?
If I am the seer, Bo is a fool.
If Bo is a werewolf, Cy is too.
Suppose Bo is a werewolf.
Imagine I am the seer.
Let us assume that Bo is a werewolf.
Unless Bo is a werewolf, we are lost.
I wonder whether Bo is a werewolf.
Bo would be a werewolf.
Bo could be a werewolf.
Bo might be a werewolf.
Maybe Bo is a werewolf.
Perhaps I am the seer.
I hope Bo is the seer.
Either Bo is a werewolf or Cy is.
Bo or Cy is a werewolf.
Neither Bo nor Cy is a werewolf.
Bo says he is the seer.
Bo says I am a werewolf.
Bo claims that Cy is a werewolf.
Bo said "I am the seer".
Bo told us: "Cy is a werewolf".
Bo just said that Cy is a werewolf.
You said Bo is a werewolf.
They think I am a werewolf.
According to Bo, Cy is a werewolf.
I am the seer, Bo said.
Cy is a werewolf, says Bo.
It is not true that Bo is a werewolf.
I never said that Bo is a werewolf.
I am not saying that Bo is a werewolf.
I am not sure that Bo is a werewolf.
I doubt that Bo is a werewolf.
Nobody thinks Bo is a werewolf.
I did not look at Bo.
I will look at Bo tonight.
I would have protected Bo.
I will protect Bo.
I did not protect Bo.
I should have poisoned Bo.
I am the seer's friend.
I am a werewolf hunter by trade.
I want to be the seer.
I was the seer in the last game.
I wish I were the seer.
I am with the seer.
I am looking for the seer.
We need the seer.
The seer should speak up.
A werewolf is among us.
I am Ann.
I am Bo, the seer.
If I am Ann, the seer, then who are you?
I am Ann, the seer's friend.
Am I Ann, the seer?
Ann is a villager.
Bobby is a werewolf.
Bosun is lying.
I am happy.
Bo voted for Cy.
Bo suspects Cy.
Cy accused Bo.
Bo and Cy were here.
I trust nobody.
I suspect somebody.
Let's talk about Bo.
Bo is good at this.
Bo is quiet.
We should hear Bo.
Bo may be a werewolf, or not.
Pretend that I am the witch.
The dead cannot tell us that Bo is a werewolf.
Who is the seer
"""


def short(claim):
    kind = claim.kind + "!" * claim.denied
    return " ".join(filter(None, (kind, claim.about, claim.says)))


@pytest.mark.parametrize("line", CLAIMED.strip().splitlines())
def test_claims(line):
    text, wanted = (part.strip() for part in line.split("|"))
    found = claims(text, "Ann", NAMES)
    assert "; ".join(short(claim) for claim in found) == wanted
    for claim in found:
        assert text[claim.start : claim.end] == claim.quote


@pytest.mark.parametrize("text", NOTHING.strip().splitlines())
def test_no_claims(text):
    assert claims(text, "Ann", NAMES) == ()


@given(st.text(alphabet="abIBo .,?!\"'\n", max_size=80), st.sampled_from(CLAIMED.strip().splitlines()))
def test_any_text_can_be_read(noise, line):
    text = noise + line.split("|")[0]
    for claim in claims(text, "Ann", NAMES):
        assert text[claim.start : claim.end] == claim.quote
        assert claim.speaker == "Ann"


def test_a_long_text_is_read_quickly():
    assert len(claims("I looked at Bo and then " * 2000, "Ann", NAMES)) == 0
