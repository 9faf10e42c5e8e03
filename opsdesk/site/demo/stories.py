"""What goes wrong after a go-live: patterns met in real ERP trackers."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Story:
    """A typical snag: where it bites, why it happens, how it ends."""

    title: str
    module: str
    process: str
    step: str
    detail: str
    outcome: str
    cause: str = ""
    resolution: str = "configuration"
    kind: str = "fault"
    designed: str = ""
    actual: str = ""
    supplier: str = ""


def _read() -> Iterator[Story]:
    with Path(__file__).with_name("stories.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            yield Story(**{name: text for name, text in row.items() if text})


STORIES = tuple(_read())
FIRST_WORDS = (
    "Thanks, I can see it. I am on it and will write again today.",
    "I have reproduced it on the test system; looking for the cause now.",
    "Got it. Can you keep one example open for me, please?",
    "Thank you for the screenshot, that helps. We are checking the settings.",
    "Seen. Until it is fixed please use the list in Reports; it is correct.",
)
QUESTIONS = (
    "Which document number is it, and who entered it?",
    "Does it happen to your colleagues as well, or only to you?",
    "Could you try once more and send me the time to the minute?",
)
ANSWERS = (
    "It happens to everyone in the team. The number is in the file.",
    "Document 4711 of this morning. Claire entered it.",
    "Tried again at 10:42, same thing.",
)
NOTES = (
    "Settings compared with training: the role lacks one right there as well.",
    "Same pattern as last month; see the duplicate list before closing.",
    "The interface log shows the record twice with one second between.",
)
TO_SUPPLIER = (
    "Please look at this with priority; log and steps are attached.",
    "Can you confirm whether this is in the service pack?",
)
FROM_SUPPLIER = (
    "We can reproduce it. A fix is in our test environment.",
    "Known in your version; the workaround is in the note we sent.",
)
STILL_WRONG = (
    "It came back this morning, with another document.",
    "Half of them are right now, the older ones are not.",
)
