"""House rules no off-the-shelf linter checks. Each names the file and line to fix."""

import ast
import re
from pathlib import Path

import pytest
from django.db import models

from opsdesk.core.policy import policy_of, routes
from snags import moves

ROOT = Path(__file__).resolve().parents[2]
APPS = [
    "environments",
    "sla",
    "snags",
    "changes",
    "monitoring",
    "training",
    "opsdesk/core",
    "opsdesk/accounts",
    "opsdesk/site",
]
EDGES = {"views", "api", "tasks", "admin", "forms", "commands"}
RULES = {"models", "permissions", "queries", "services", "figures"}
WRITES = {
    "save",
    "create",
    "update",
    "delete",
    "bulk_create",
    "bulk_update",
    "get_or_create",
    "update_or_create",
}
MOST_LINES = 400
ROWS = re.compile(r"objects|queryset|\brow\b|snag\b")


def modules(*kinds):
    """(path, tree) of every module of our own, or of those kinds (views.py, views/)."""
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            parts = {path.stem, *path.relative_to(ROOT).parts}
            if "migrations" not in parts and (not kinds or parts & set(kinds)):
                yield path, ast.parse(path.read_text())


def where(path, node):
    return f"{path.relative_to(ROOT)}:{node.lineno}"


def calls(tree):
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def test_edges_never_write_to_the_database():
    found = [
        where(path, node)
        for path, tree in modules(*EDGES)
        for node in calls(tree)
        if isinstance(node.func, ast.Attribute)
        and node.func.attr in WRITES
        and ROWS.search(ast.unparse(node.func.value))
    ]
    assert found == [], "\n".join(found)


def test_public_services_that_write_are_typed_documented_and_short():
    bad = []
    for path, tree in modules("services"):
        for node in tree.body:
            if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
                continue
            if not any("atomic" in ast.unparse(mark) for mark in node.decorator_list):
                continue
            if not node.returns or not ast.get_docstring(node):
                bad.append(
                    f"{where(path, node)} {node.name}: type or docstring missing"
                )
            if len(node.body) > 0 and node.end_lineno - node.lineno > 80:
                bad.append(f"{where(path, node)} {node.name}: too long")
    assert bad == [], "\n".join(bad)


def test_services_with_an_actor_run_in_one_transaction():
    bad = [
        where(path, node)
        for path, tree in modules("services")
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and not node.name.startswith("_")
        and "actor" in {arg.arg for arg in node.args.kwonlyargs}
        and not any("atomic" in ast.unparse(mark) for mark in node.decorator_list)
        and node.name not in {"log", "move", "respond", "save_new"}
    ]
    assert bad == [], "\n".join(bad)


def test_nothing_is_enqueued_from_rules_and_nothing_waits_in_the_broker():
    found = [
        where(path, node)
        for path, tree in modules()
        for node in ast.walk(tree)
        if (isinstance(node, ast.Attribute) and node.attr in {"delay", "apply_async"})
        or (isinstance(node, ast.keyword) and node.arg in {"eta", "countdown"})
    ]
    assert found == [], "\n".join(found)


def test_rules_read_the_database_clock_only():
    pattern = re.compile(r"timezone\.now|datetime\.now|datetime\.utcnow|time\.time\(")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path, _ in modules(*RULES)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == [], "\n".join(found)


def test_no_module_has_a_name_that_says_nothing():
    names = {"utils", "helpers", "common", "misc", "signals", "receivers", "managers"}
    assert [str(path) for path, _ in modules() if path.stem in names] == []


def test_no_module_outgrows_its_idea():
    long = [
        f"{path.relative_to(ROOT)}: {len(path.read_text().splitlines())} lines"
        for path, _ in modules()
        if len(path.read_text().splitlines()) > MOST_LINES
    ]
    assert long == [], "\n".join(long)


def test_functions_import_nothing_but_app_configs_do():
    found = [
        where(path, inner)
        for path, tree in modules()
        if path.name != "apps.py"
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]
    assert found == [], "\n".join(found)


def test_every_route_says_who_may_use_it():
    assert [
        name
        for name, route in routes()
        if policy_of(route.callback, route.name) is None
    ] == []


def test_every_state_has_a_move_that_reaches_it_and_one_that_leaves():
    reached = {move.target for move in moves.MOVES.values()} | {moves.Status.NEW}
    left = set().union(*(move.sources for move in moves.MOVES.values()))
    assert reached == left == set(moves.Status)


def test_every_date_column_is_bounded_by_the_database():
    from django.apps import apps

    own = {"accounts", "core", "environments", "sla", "snags"}
    loose = []
    for model in apps.get_models():
        if model._meta.app_label not in own or "Historical" in model.__name__:
            continue
        text = " ".join(c.name for c in model._meta.constraints)
        for field in model._meta.fields:
            given_by_people = isinstance(field, models.DateField) and not (
                field.auto_created or getattr(field, "auto_now_add", False)
            )
            written_by_us = field.name in WRITTEN_BY_US.get(model.__name__, ())
            automatic = field.has_db_default() or written_by_us
            if given_by_people and not automatic and field.name not in text:
                loose.append(f"{model.__name__}.{field.name}")
    assert loose == [], "\n".join(loose)


# Instants only the database clock or the engine ever writes.
WRITTEN_BY_US = {
    "User": {"last_login"},
    "ApiToken": {"last_used_at", "revoked_at"},
    "Notification": {"read_at"},
    "Message": {"sent_at", "dead_at"},
    "Duty": {"next_step_at"},
    "Heartbeat": {"at"},
    "RoleRequest": {"asked_at", "decided_at"},
    "Rollup": {"day", "start"},
    "RollupNote": {"day"},
    "TermsChange": {"finished_at"},
    "ZoneRelease": {"finished_at"},
}

TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_hold_no_style_script_or_unescaped_text(path):
    text = path.read_text()
    found = re.findall(
        r"\sstyle=|<script(?![^>]*\bsrc=)[^>]*>|\|safe\b|autoescape off|hx-on"
        r"|javascript:|https?://(?!www\.w3\.org)",
        text,
    )
    assert found == [], "\n".join(found)
