"""The guide of a new installation: what it still needs, for whoever can do it."""

import pytest
from django.urls import reverse

from environments.models import Landscape
from opsdesk.core.policy import policy_of, routes
from opsdesk.site import first_steps
from snags.models import BusinessProcess, Snaglist
from tests.factories import (
    make_calendar,
    make_contract,
    make_landscape,
    make_party,
    make_snag,
    make_user,
)

pytestmark = pytest.mark.django_db


def lines_for(person):
    return {one.step.key: one for one in first_steps.guide(person).lines}


def done(person):
    return first_steps.facts(person).done


def test_an_empty_installation_begins_with_its_organisation(client, ann):
    client.force_login(ann)

    page = client.get("/")

    assert page.status_code == 200
    assert "First steps" in page.content.decode()
    assert done(ann) == set()
    offered = [key for key, line in lines_for(ann).items() if line.url]
    assert offered == ["organisation", "people"]
    assert reverse("accounts:party_new") in page.content.decode()


def test_each_step_is_done_by_what_it_asks_for(rob):
    make_party("Marlowe Fabrications", "organisation")
    assert done(rob) == {"organisation"}

    make_user("sam", "support")
    make_user("mia", "manager")
    assert done(rob) == {"organisation"}
    make_user("ada", "administrator")
    assert done(rob) == {"organisation", "people"}

    live = make_landscape()
    assert done(rob) >= {"landscape", "golive", "snaglist"}
    calendar = make_calendar()
    assert "calendar" in done(rob)
    make_contract(live.landscape, calendar)
    assert "contract" not in done(rob), "a contract without targets promises nothing"
    make_contract(make_landscape("Two").landscape, calendar, p3_response=60)
    assert "contract" in done(rob)

    BusinessProcess.objects.create(landscape=live.landscape, name="Order to cash")
    make_snag(live, rob)
    assert done(rob) >= {"processes", "snag"}


def test_what_is_out_of_use_does_not_count(live, rob):
    assert "snaglist" in done(rob)

    Snaglist.objects.update(is_open=False)

    assert "snaglist" not in done(rob)


def test_a_landscape_needs_its_production(rob):
    Landscape.objects.create(name="ERP")

    assert "landscape" not in done(rob)


def test_a_step_is_offered_to_who_may_do_it_when_its_turn_has_come(mia, ada, ann):
    offered = {
        person.name: [key for key, line in lines_for(person).items() if line.url]
        for person in (mia, ada, ann)
    }

    assert offered == {
        "Mia": ["calendar"],
        "Ada": ["landscape"],
        "Ann": ["organisation", "people"],
    }
    turns = {key: line.turn for key, line in lines_for(mia).items()}
    assert turns["contract"] == "A manager, after step 1 and 4"
    assert turns["golive"] == "A manager or an administrator, after step 3"
    assert turns["snag"] == "Anybody, after step 5 and 7"


def test_whom_a_step_names_its_page_lets_in():
    admitted = {name: policy_of(route.callback, name) for name, route in routes()}

    for step in first_steps.STEPS:
        rule = admitted[step.page]
        assert rule is not None
        assert not rule.roles or set(step.who) <= rule.roles, step.page


def test_roles_that_nobody_holds_are_named(mia):
    assert lines_for(mia)["people"].note == "Nobody yet: support, administrator."


def test_the_guide_is_gone_when_nothing_needed_is_missing(
    client, live, rob, sam, mia, ada
):
    client.force_login(mia)
    make_contract(live.landscape, p3_response=60)
    assert client.get("/").status_code == 200

    make_snag(live, rob)

    assert "processes" not in done(mia), "they can wait"
    assert client.get("/")["Location"] == reverse("sla:dashboard")


def test_who_cannot_act_is_not_shown_it(client, rob, sam, amy):
    for person in (rob, sam, amy):
        client.force_login(person)
        assert client.get("/").status_code == 302


def test_the_guide_is_one_statement(live, rob, django_assert_num_queries):
    with django_assert_num_queries(1):
        first_steps.facts(rob)


@pytest.mark.parametrize(
    ("who", "page", "why"),
    [
        ("mia", "snags:golive_new", "Register the landscape first"),
        ("mia", "snags:process_new", "Register the landscape first"),
        ("mia", "sla:contract_new", "Write a calendar first"),
        ("rob", "snags:report", "Nothing can be logged yet"),
        ("sam", "snags:new", "Nothing can be logged yet"),
    ],
)
def test_a_form_that_cannot_be_filled_yet_says_what_comes_first(
    client, request, who, page, why
):
    client.force_login(request.getfixturevalue(who))

    answer = client.get(reverse(page), follow=True)

    assert why in answer.content.decode()
    assert answer.redirect_chain[0][0] == "/"


def test_the_only_choice_of_a_required_question_is_made_already(client, mia, ada):
    live = make_landscape("Only one")
    client.force_login(mia)

    chosen = client.get(reverse("snags:process_new")).content.decode()
    assert '<option value="">---------</option>' not in chosen

    make_landscape("Another")
    open_ = client.get(reverse("snags:process_new")).content.decode()
    assert '<option value="" selected>---------</option>' in open_
    assert f'value="{live.landscape.pk}"' in open_


def test_the_first_production_serves_the_business(client, ada, live):
    client.force_login(ada)
    landscape = Landscape.objects.create(name="Second")
    url = reverse("environments:new", args=[landscape.pk])

    form = client.get(url, {"kind": "production"}).context["form"]
    assert form["is_serving"].value() is True
    form = client.get(url, {"kind": "training"}).context["form"]
    assert form["is_serving"].value() is False
    served = reverse("environments:new", args=[live.landscape.pk])
    form = client.get(served, {"kind": "production"}).context["form"]
    assert form["is_serving"].value() is False


def test_the_party_after_the_organisation_is_a_part_of_it(client, ann):
    client.force_login(ann)
    url = reverse("accounts:party_new")
    assert client.get(url).context["form"]["kind"].value() is None

    make_party("Marlowe Fabrications", "organisation")

    assert client.get(url).context["form"]["kind"].value() == "department"
