"""Questions answered inside a process of the product, one database each."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.databases import Database


def within(module: str, *arguments: str) -> list[str]:
    """The command that runs a module of ours where Django is set up."""
    start = f"import django; django.setup(); from benchmarks.{module} import main"
    return [sys.executable, "-c", f"{start}; main()", *arguments]


class Inside:
    """A process of the product that answers questions."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        """`opened` makes these."""
        self._process = process

    def ask(self, question: str, **details: Any) -> Any:
        """One question, one answer; an error there is an error here."""
        to, back = self._process.stdin, self._process.stdout
        if to is None or back is None:
            raise RuntimeError("The process was started without pipes.")
        to.write(json.dumps([question, details]) + "\n")
        to.flush()
        line = back.readline()
        if not line:
            raise RuntimeError(f"The process answering {question!r} ended.")
        return json.loads(line)


@contextmanager
def opened(database: "Database") -> Iterator[Inside]:
    """A process that answers until the block ends."""
    process = subprocess.Popen(
        within("answers"),
        env=database.environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Inside(process)
    finally:
        if process.stdin is not None:
            process.stdin.close()
        process.wait(60)
