"""Nobody reads a verb as it is written in the code: each is told in a sentence."""

import ast
from pathlib import Path

import pytest

import changes.services
from changes.models import ChangeEvent
from changes.moves import CHANGE_MOVES
from changes.wording import SAYINGS, told

SERVICES = Path(changes.services.__file__).parent
# The timeline of a package has its own words; these are no services of a change.
OTHERS = {"packages.py", "files.py"}


def logged():
    """Every verb the services of changes write on a timeline, by their own text."""
    for path in SERVICES.glob("*.py"):
        if path.name in OTHERS:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            name = getattr(getattr(node, "func", None), "id", "") or getattr(
                getattr(node, "func", None), "attr", ""
            )
            if isinstance(node, ast.Call) and name in {"log", "_log"}:
                yield from (
                    part.value
                    for argument in node.args[1:]
                    for part in ast.walk(argument)
                    if isinstance(part, ast.Constant) and isinstance(part.value, str)
                )


def test_every_verb_that_is_logged_has_a_sentence():
    found = set(logged())

    assert {"submit", "vote", "started", "hold"} & found
    assert found - set(SAYINGS) == set()


@pytest.mark.parametrize("verb", sorted({*CHANGE_MOVES, *SAYINGS} - {"edit"}))
def test_a_sentence_needs_nothing_to_be_told_and_is_not_the_verb(verb):
    text = told(ChangeEvent(verb=verb, params={"note": "Why."})).text

    assert " " in text
    assert "_" not in text
    assert "{" not in text
