"""The files that come with the requests, made anew each time and always alike; nothing binary is kept.

Pictures are drawn by Pillow in the font that it brings, recordings spoken by espeak-ng, PDFs written by hand.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable, Sequence
from pathlib import Path

MOST = 40
"""Characters of a line in a picture, at most: they fit its width."""
TOWNS = ("Bergen", "Lund", "Turku", "Vaasa")
SIGN = "PLATFORM 9 IS CLOSED\nPlease use platform 12"
NOTICE = "Bitte nicht den Rasen betreten.\nHunde sind an der Leine zu halten."
SCHILD = "Heute geschlossen.\nMorgen sind wir wieder da."
FORMULA = "12 * (7 + 5) - 30"
CARD = "The meeting has been moved to Friday at noon."
CALL = "The blue key is under the flower pot next to the garden door."
COMPLAINT = "I am very angry. The food was terrible and the waiter was rude. It was a horrible evening."
MEMO = "Please water the plants on Monday and feed the cat."
MOVED = "The meeting is now on Friday at twelve o'clock."
CONTRACT = (
    """LEASE

Between Nora Lind, the landlord, and Piet Haan, the tenant.
The rent is 950 euros a month. It is due on the third.""",
    """TERM

The lease begins on 1 April 2026 and ends on 31 March 2029.
Notice is three months.""",
)
LETTER = (
    """Gentile signora Ricci,
la ringraziamo per la sua lettera del tre marzo.
Il pacco arriva domani mattina e il corriere la chiama prima.
Cordiali saluti, la direzione""",
)
NOTE = ("The library is closed on Monday.\nIt opens again on Tuesday morning.",)
REVIEW = (
    "What a wonderful little hotel! The staff were kind and helpful, breakfast was delicious,\n"
    "and the view from our room was beautiful. We loved every minute and will happily come back.\n"
)
STORY = (
    "The river rose in the night. By morning the river stood at the door of the mill, and the miller,\n"
    "who had never feared the river, carried his flour upstairs. In the village they said that a river\n"
    "remembers its old bed. When the sun came out, the river went back, and left a fish in the kitchen.\n"
    "The miller put it in a bucket, walked down to the river, and let it go.\n"
)
PROGRAM = (
    "import sys\n\n\ndef total(lines):\n    return sum(float(line) for line in lines if line.strip())\n\n\n"
    'if __name__ == "__main__":\n    print(total(sys.stdin))\n'
)


def orders() -> list[dict[str, str | int]]:
    """Return 60 orders: town, customer and pieces."""
    draw = random.Random(20)
    names = ("Ada", "Bo", "Cleo", "Dan", "Eva", "Finn")
    return [
        {"order": 1000 + n, "town": draw.choice(TOWNS), "customer": draw.choice(names), "pieces": draw.randint(1, 9)}
        for n in range(60)
    ]


def parcels() -> list[dict[str, str | float]]:
    """Return the weights of a dozen parcels."""
    draw = random.Random(21)
    return [{"parcel": f"P{n:02}", "weight": draw.randint(90, 990) / 100} for n in range(1, 13)]


def spent() -> list[dict[str, str | float]]:
    """Return what was spent in a quarter, under German headings."""
    draw = random.Random(22)
    kinds = ("Miete", "Strom", "Essen", "Bahn", "Bücher")
    return [
        {"monat": month, "art": kind, "betrag": draw.randint(500, 90000) / 100}
        for month in ("Januar", "Februar", "März")
        for kind in kinds
    ]


def made(folder: Path, names: Sequence[str] | None = None) -> dict[str, Path]:
    """Make the files, or those of some names, in a folder; return where each lies."""
    folder.mkdir(parents=True, exist_ok=True)
    found = {}
    for name in names if names is not None else MAKERS:
        found[name] = folder / name
        found[name].write_bytes(MAKERS[name]())
    return found


def picture(text: str, *, ink: str = "black", ground: str = "white", size: tuple[int, int] = (900, 240)) -> bytes:
    """Return a picture (PNG) with text on it, up to :data:`MOST` characters a line."""
    from PIL import Image, ImageDraw, ImageFont

    drawn = Image.new("RGB", size, ground)
    ImageDraw.Draw(drawn).multiline_text((40, 50), text, fill=ink, font=ImageFont.load_default(44), spacing=24)
    stream = io.BytesIO()
    drawn.save(stream, "PNG")
    return stream.getvalue()


def recording(text: str) -> bytes:
    """Return a recording (WAV) of a text, read by espeak-ng's British voice."""
    from glasswork.tools.shipped.text_to_speech import text_to_speech

    return text_to_speech(text, language="en", speed=150).data


def table(rows: Sequence[dict[str, str | int]] | Sequence[dict[str, str | float]]) -> bytes:
    """Return rows as CSV in UTF-8."""
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue().encode()


def pdf(pages: Sequence[str]) -> bytes:
    """Return a PDF with a text on each page, in Helvetica; Latin letters only."""
    numbers = [4 + 2 * n for n in range(len(pages))]
    kids = " ".join(f"{number} 0 R" for number in numbers)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for number, text in zip(numbers, pages, strict=True):
        about = f"/MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> /Contents {number + 1} 0 R"
        drawn = _drawn(text)
        objects += [
            f"<< /Type /Page /Parent 2 0 R {about} >>".encode(),
            b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn),
        ]
    return _written(objects)


def _drawn(text: str) -> bytes:
    """Return what draws the lines of a page."""
    safe = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    shown = " T* ".join(f"({line}) Tj" for line in safe.split("\n"))
    return f"BT /F1 14 Tf 20 TL 60 760 Td {shown} ET".encode("cp1252")


def _written(objects: Sequence[bytes]) -> bytes:
    """Return a PDF of objects, numbered from 1, with the table that says where each begins."""
    data, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, start=1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    known = b"".join(b"%010d 00000 n \n" % place for place in places)
    start, size = len(data), len(objects) + 1
    end = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, start)
    return data + b"xref\n0 %d\n0000000000 65535 f \n" % size + known + end


MAKERS: dict[str, Callable[[], bytes]] = {
    "sign.png": lambda: picture(SIGN, ink="white", ground="navy"),
    "notice.png": lambda: picture(NOTICE, ground="ivory"),
    "schild.png": lambda: picture(SCHILD),
    "formula.png": lambda: picture(FORMULA, size=(640, 160)),
    "card.png": lambda: picture(CARD, size=(1200, 160), ground="mistyrose"),
    "photo.png": lambda: picture("", ground="green", size=(640, 427)),
    "call.wav": lambda: recording(CALL),
    "feedback.wav": lambda: recording(COMPLAINT),
    "memo.wav": lambda: recording(MEMO),
    "moved.wav": lambda: recording(MOVED),
    "orders.csv": lambda: table(orders()),
    "parcels.csv": lambda: table(parcels()),
    "ausgaben.csv": lambda: table(spent()),
    "contract.pdf": lambda: pdf(CONTRACT),
    "letter.pdf": lambda: pdf(LETTER),
    "note.pdf": lambda: pdf(NOTE),
    "review.txt": REVIEW.encode,
    "story.txt": STORY.encode,
    "mystery.dat": PROGRAM.encode,
}
"""What makes each file, by its name."""
