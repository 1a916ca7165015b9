"""The requests. Each has a plan that fulfils it with the tools that are shipped, and a check of the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue

from twenty import files
from twenty.checks import Check


@dataclass(frozen=True)
class Due:
    """One task that a request needs."""

    tools: tuple[str, ...]
    """Those that can do it; the first is the one to use."""
    arguments: Mapping[str, JsonValue] = field(default_factory=dict)
    """Of the first tool; ``{"from": NAME}`` is a file, or what an earlier task gives (``t1``: the first)."""
    gives: Check = field(default_factory=Check)
    """What has to be in its result."""

    @property
    def sources(self) -> tuple[str, ...]:
        """Where its arguments come from, as far as they are not written down."""
        return tuple(str(one["from"]) for one in self.arguments.values() if isinstance(one, dict))


@dataclass(frozen=True)
class Case:
    """One request."""

    name: str
    request: str
    check: Check
    """Of the answer."""
    due: tuple[Due, ...] = ()
    """The tasks that fulfil it, each after those it needs; none: no tool fits."""
    files: tuple[str, ...] = ()


def _from(source: str) -> JsonValue:
    return {"from": source}


def _read(name: str, check: Check) -> Due:
    """Return the task of getting what stands, or is said, in a file."""
    tools = {"png": ("ocr", "image"), "wav": ("speech_to_text", "audio"), "pdf": ("pdf_text", "document")}
    tool, takes = tools.get(name.rpartition(".")[2], ("read_text", "document"))
    others = ("run_code",) if tool == "read_text" else ()
    return Due((tool, *others), {takes: _from(name)}, check)


def _sql(name: str, sql: str, check: Check) -> Due:
    return Due(("table_question", "run_code"), {"table": _from(name), "sql": sql}, check)


_SIGN = Check(words=("platform 9", "closed", "platform 12"))
_GERMAN = Check(words=("German|Deutsch",), never=("English", "Dutch"))
_ENGLISH = Check(words=("closed", "tomorrow"))
_FORMULA = Check(numbers=(114,))
_KEY = Check(words=("flower pot|flowerpot",))
_BAD = Check(words=("negative",), never=("positive",))
_GOOD = Check(words=("positive",), never=("negative",))
_AVERAGE = Check(numbers=(6.205,))
_TURKU = Check(numbers=(12,), never=("Bergen", "Lund", "Vaasa"))
_COLUMNS = Check(words=("order", "town", "customer", "pieces"), numbers=(60,))
_ENDS = Check(words=("31 March 2029|March 31 2029|31st of March 2029|March 31st 2029|2029 03 31",))
_ITALIAN = Check(words=("Italian",), never=("Spanish", "Portuguese", "French", "English"))
_NOTE = Check(words=("library", "closed on Monday", "Tuesday"))
_MEMO = Check(words=("plants", "cat"))
_ALIKE = Check(numbers=(0.6236,), tolerance=0.02)
_TOTAL = Check(numbers=(5736.79,), tolerance=0.0001)
_RIVERS = Check(numbers=(6,))
_COUNT = r'import re; print(len(re.findall(r"\briver\b", open(FILE).read())))'

CASES = (
    Case("sign", "What does the sign in sign.png say?", _SIGN, (_read("sign.png", _SIGN),), ("sign.png",)),
    Case(
        "notice",
        "In which language is the text in notice.png written?",
        _GERMAN,
        (
            _read("notice.png", Check(words=("Rasen betreten",))),
            Due(("language", "ask_model"), {"text": _from("t1")}, Check(words=("German|Deutsch",))),
        ),
        ("notice.png",),
    ),
    Case(
        "translation",
        "What does the sign in schild.png say, in English?",
        _ENGLISH,
        (
            _read("schild.png", Check(words=("Heute geschlossen",))),
            Due(("ask_model",), {"task": "Translate this into English.", "text": _from("t1")}, _ENGLISH),
        ),
        ("schild.png",),
    ),
    Case(
        "formula",
        "What is the result of the formula in formula.png?",
        _FORMULA,
        (
            _read("formula.png", Check(numbers=(12, 7, 5, 30))),
            Due(("calculate", "run_code"), {"expression": _from("t1")}, _FORMULA),
        ),
        ("formula.png",),
    ),
    Case("call", "Where is the blue key, as call.wav says?", _KEY, (_read("call.wav", _KEY),), ("call.wav",)),
    Case(
        "feedback",
        "Is the feedback in feedback.wav positive or negative?",
        _BAD,
        (
            _read("feedback.wav", Check(words=("angry", "terrible"))),
            Due(("sentiment", "ask_model"), {"text": _from("t1")}, _BAD),
        ),
        ("feedback.wav",),
    ),
    Case(
        "average",
        "What is the average of the column weight in parcels.csv?",
        _AVERAGE,
        (_sql("parcels.csv", "SELECT avg(weight) FROM data", _AVERAGE),),
        ("parcels.csv",),
    ),
    Case(
        "turku",
        "How many rows of orders.csv have the town Turku?",
        _TURKU,
        (_sql("orders.csv", "SELECT count(*) FROM data WHERE town = 'Turku'", Check(numbers=(12,))),),
        ("orders.csv",),
    ),
    Case(
        "columns",
        "Which columns does orders.csv have, and how many rows?",
        _COLUMNS,
        (Due(("table_facts", "run_code"), {"table": _from("orders.csv")}, _COLUMNS),),
        ("orders.csv",),
    ),
    Case(
        "german",
        "Wie hoch ist die Summe der Spalte betrag in ausgaben.csv?",
        _TOTAL,
        (_sql("ausgaben.csv", "SELECT sum(betrag) FROM data", _TOTAL),),
        ("ausgaben.csv",),
    ),
    Case(
        "contract",
        "On which day does the lease in contract.pdf end?",
        _ENDS,
        (_read("contract.pdf", _ENDS),),
        ("contract.pdf",),
    ),
    Case(
        "letter",
        "In which language is letter.pdf written?",
        _ITALIAN,
        (
            _read("letter.pdf", Check(words=("Gentile signora",))),
            Due(("language", "ask_model"), {"text": _from("t1")}, Check(words=("Italian",))),
        ),
        ("letter.pdf",),
    ),
    Case(
        "aloud",
        "Read note.pdf aloud.",
        Check(spoken=files.NOTE[0]),
        (
            _read("note.pdf", _NOTE),
            Due(("text_to_speech",), {"text": _from("t1")}, Check(spoken=files.NOTE[0])),
        ),
        ("note.pdf",),
    ),
    Case(
        "review",
        "Is the review in review.txt positive or negative?",
        _GOOD,
        (
            _read("review.txt", Check(words=("wonderful", "delicious"))),
            Due(("sentiment", "ask_model"), {"text": _from("t1")}, _GOOD),
        ),
        ("review.txt",),
    ),
    Case(
        "rivers",
        "How many times does the word river stand in story.txt?",
        _RIVERS,
        (Due(("run_code",), {"code": _COUNT, "file": _from("story.txt")}, _RIVERS),),
        ("story.txt",),
    ),
    Case(
        "mystery",
        "What kind of file is mystery.dat, by its content?",
        Check(words=("Python",)),
        (Due(("file_type",), {"file": _from("mystery.dat")}, Check(words=("Python",))),),
        ("mystery.dat",),
    ),
    Case(
        "similar",
        "How similar in meaning are the text in card.png and what is said in moved.wav? Give the number.",
        _ALIKE,
        (
            _read("card.png", Check(words=("Friday",))),
            _read("moved.wav", Check(words=("Friday",))),
            Due(("similarity",), {"text": _from("t1"), "other": _from("t2")}, _ALIKE),
        ),
        ("card.png", "moved.wav"),
    ),
    Case(
        "memo",
        "What is said in memo.wav, and what is the largest weight in parcels.csv?",
        Check(words=_MEMO.words, numbers=(9.53,)),
        (
            _read("memo.wav", _MEMO),
            _sql("parcels.csv", "SELECT max(weight) FROM data", Check(numbers=(9.53,))),
        ),
        ("memo.wav", "parcels.csv"),
    ),
    Case(
        "photo",
        "What is 17.5% of 1240, and how many pixels high is photo.png?",
        Check(numbers=(217, 427)),
        (
            Due(("calculate", "run_code"), {"expression": "17.5% of 1240"}, Check(numbers=(217,))),
            Due(("image_facts",), {"image": _from("photo.png")}, Check(numbers=(427,))),
        ),
        ("photo.png",),
    ),
    Case(
        "booking",
        "Book a table for two at the restaurant Golden Lion for eight o'clock tonight.",
        Check(refuses=True),
    ),
)
