import re
from pathlib import Path

import pytest

from opsdesk.site.management.commands.draw_moves import diagrams
from snags.moves import MOVES

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *(ROOT / "docs").rglob("*.md"),
]


@pytest.mark.parametrize("name", diagrams())
def test_every_drawn_life_is_its_table_of_moves(name):
    assert diagrams()[name] + "\n```" in (ROOT / "docs/architecture.md").read_text()


def test_the_glossary_of_roles_in_the_table_of_moves_is_documented():
    text = (ROOT / "docs/architecture.md").read_text()
    assert [verb for verb in MOVES if f"`{verb}`" not in text] == []


def test_every_link_of_the_documents_leads_somewhere():
    dead = [
        f"{path.name}: {link}"
        for path in DOCUMENTS
        for link in re.findall(r"\]\(([^)#]+)\)", path.read_text())
        if not link.startswith(("http", "mailto:"))
        and not (path.parent / link).exists()
    ]
    assert dead == []


def test_every_path_the_architecture_names_exists():
    text = (ROOT / "docs/architecture.md").read_text()
    named = re.findall(
        r"`((?:opsdesk|environments|sla|snags|tests|docs)/[\w./-]+)`", text
    )
    assert [name for name in named if not (ROOT / name).exists()] == []
