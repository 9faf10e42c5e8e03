"""Texts of a made-up language: 3,000 words, few of them common, most of them rare."""

import hashlib
import io
import random

WORDS, TEXTS = 3_000, 20_000
COMMON = [
    "invoice",
    "order",
    "posting",
    "report",
    "stock",
    "price",
    "customer",
    "payment",
    "printer",
    "ledger",
    "screen",
    "receipt",
    "batch",
    "period",
    "approval",
    "delivery",
    "label",
    "supplier",
    "import",
    "password",
]


def vocabulary() -> list[str]:
    """The commonest first; how often a word is used falls with its place (Zipf)."""
    rare = range(len(COMMON), WORDS)
    return COMMON + [
        "term"
        + "".join(
            chr(97 + b % 26)
            for b in hashlib.sha256(bytes(str(n), "ascii")).digest()[:6]
        )
        for n in rare
    ]


def table() -> io.StringIO:
    """Numbered titles of 6 and details of 22 words, as COPY reads them."""
    known, dice = vocabulary(), random.Random(1)
    lines = []
    for number in range(TEXTS):
        drawn = [known[int(WORDS ** dice.random()) - 1] for _ in range(28)]
        title, detail = " ".join(drawn[:6]).capitalize(), " ".join(drawn[6:])
        lines.append(f"{number}\t{title}\t{detail}\n")
    return io.StringIO("".join(lines))
