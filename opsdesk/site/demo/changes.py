"""The demo company's sixty changes: fifty-odd lived through, the rest under way."""

from datetime import datetime, timedelta

from changes.models import ChangeTemplate
from changes.queries.templates import evidence_for
from environments.models import Component, Environment
from opsdesk.accounts.models import Membership
from opsdesk.site.demo.change_lives import begin, tales, travel
from opsdesk.site.demo.change_packages import seal_all
from opsdesk.site.demo.change_writing import write_changes, write_timelines
from opsdesk.site.demo.live_changes import Now, go_on
from opsdesk.site.demo.places import World
from opsdesk.site.demo.promotion_writing import write_promotions

# component: code, title, why it is suspended.
TEMPLATES = {
    "CFG-PRN": ("print-settings", "Print and mail settings", ""),
    "CUS-PRC": ("price-list", "Load a price list", ""),
    "IF-BANK": ("bank-account", "Bank account or statement format", ""),
    "IF-SHOP": (
        "webshop-setting", "Setting of the webshop interface",
        "A change made from it was backed out.",
    ),
    "IF-PAY": ("wage-type", "Wage types and cost centres", ""),
}  # fmt: skip
LOCKED = ["implementation_plan", "test_plan", "backout_plan"]


def change(world: World, now: datetime) -> None:
    """Every change there was since go-live, then what is going on."""
    copies = {
        row.kind: row
        for row in Environment.objects.filter(landscape=world.landscape).order_by("pk")
    }
    _appoint(world)
    components = dict(Component.objects.values_list("code", "pk").order_by("pk"))
    lives = [begin(world, told, now, components) for told in tales()]
    for life in lives:
        travel(life, copies)
    seal_all(lives)
    templates = _templates(world, copies)
    write_changes(world, lives, copies, templates)
    for template in templates.values():
        template.evidence.set(evidence_for(world.landscape)[:2])
    write_timelines(world, lives, write_promotions(world, lives))
    by_key = {f"{life.told.component} {life.told.label}": life for life in lives}
    go_on(Now(world, by_key, copies))


def _appoint(world: World) -> None:
    """Who may agree at once when it burns."""
    for name, role in (("joseph", "approver_technical"), ("rafael", "administrator")):
        rows = Membership.objects.filter(user=world.people[name], role=role)
        rows.update(emergency_approver=True)


def _templates(
    world: World, copies: dict[str, Environment]
) -> dict[str, ChangeTemplate]:
    """Agreed to at go-live, each for its component."""
    made = {}
    for component, (code, title, because) in TEMPLATES.items():
        made[component] = ChangeTemplate.objects.create(
            landscape=world.landscape,
            code=code,
            state="suspended" if because else "approved",
            title=title,
            body={"title": title, **_body(component)},
            locked=LOCKED,
            expires_on=world.today + timedelta(days=300),
            suspended_because=because,
            proposed_by=world.people["priya"],
        )
        made[component].environments.set(copies.values())
    return made


def _body(component: str) -> dict[str, str]:
    return {
        "description": f"A setting of {component}, done in the same way every time.",
        "implementation_plan": "Run the script of the package\nRestart the service",
        "test_plan": "Log in as a test user\nEnter and print one document",
        "backout_plan": "Run the undo script of the package and restart the service.",
    }
