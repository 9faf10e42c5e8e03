"""What the pages of people and parties do when posted."""

import pytest
from django.urls import reverse

from opsdesk.accounts.access import access_of
from opsdesk.accounts.models import Party, RoleRequest, User
from tests import factories
from tests.accounts import fresh, sign_in


def test_an_access_administrator_invites_gives_and_ends(ann, client):
    sign_in(client, ann)

    made = client.post(
        "/people/new/",
        {"name": "Nia New", "email": "nia@example.org", "form_token": "a"},
    )
    nia = User.objects.get(name="Nia New")
    given = client.post(
        f"/people/{nia.pk}/grant/", {"role": "support", "form_token": "b"}
    )
    page = client.get(f"/people/{nia.pk}/").content.decode()

    assert made["Location"] == f"/people/{nia.pk}/grant/"
    assert given["Location"] == f"/people/{nia.pk}/"
    assert "Role given: Support" in page
    assert "Account created" in page
    ended = client.post(f"/memberships/{nia.memberships.get().pk}/end/", {})
    assert ended["Location"] == f"/people/{nia.pk}/"
    assert access_of(fresh(nia)).roles == frozenset()


def test_a_double_click_makes_one_person(ann, client):
    sign_in(client, ann)
    given = {"name": "Nia New", "email": "nia@example.org", "form_token": "same"}

    first = client.post("/people/new/", given)
    second = client.post("/people/new/", given)

    assert second["Location"] == first["Location"]
    assert User.objects.filter(name="Nia New").count() == 1


def test_a_refusal_keeps_what_was_typed(ann, rob, client):
    sign_in(client, ann)

    page = client.post("/people/new/", {"name": "Nia", "email": "ROB@example.org"})

    assert page.status_code == 200
    assert "already signs in with this e-mail address" in page.content.decode()
    assert 'value="Nia"' in page.content.decode()


def test_the_second_editor_is_told(ann, rob, client):
    sign_in(client, ann)
    given = {"name": "Robert", "email": rob.email, "version": "1"}
    client.post(f"/people/{rob.pk}/edit/", given)

    page = client.post(f"/people/{rob.pk}/edit/", {**given, "name": "Bob"})

    assert "Somebody else changed this" in page.content.decode()
    assert fresh(rob).name == "Robert"


def test_two_access_administrators_make_an_approver(ann, sam, client):
    ben = factories.make_user("ben", "access_administrator")
    sign_in(client, ann)
    client.post(
        f"/people/{sam.pk}/grant/", {"role": "approver_business", "reason": "Covers"}
    )
    asked = RoleRequest.objects.get()
    refused = client.post(f"/people/roles/{asked.pk}/confirm/")
    sign_in(client, ben)
    client.post(f"/people/roles/{asked.pk}/confirm/")

    assert refused.status_code == 403
    assert access_of(fresh(sam)).has("approver_business")


def test_a_broken_rule_goes_back_where_one_came_from(ann, client):
    sign_in(client, ann)
    url = f"/people/{ann.pk}/"

    answer = client.post(
        f"{url}deactivate/", headers={"referer": f"http://testserver{url}"}, follow=True
    )

    assert answer.redirect_chain == [(f"http://testserver{url}", 302)]
    assert "Ask another access administrator" in answer.content.decode()


def test_people_are_found_by_name_role_and_state(ann, rob, sam, client):
    sign_in(client, ann)
    factories.make_user("gus", is_active=False)
    factories.make_user("nob")
    factories.make_user("bot", "support", is_service=True)

    def found(query):
        page = client.get(f"/people/?{query}")
        return {row.name for row in page.context["page"]}

    assert found("q=ROB") == {"Rob"}
    assert found("q=sam@example") == {"Sam"}
    assert found("role=support") == {"Sam"}
    assert found("state=inactive") == {"Gus"}
    assert found("state=roleless") == {"Nob"}
    assert found("state=service") == {"Bot"}
    assert found("role=nonsense&page=nonsense") == {"Ann", "Rob", "Sam", "Nob"}
    assert found("q=%25") == set()


@pytest.mark.parametrize("name", ["accounts:people", "accounts:parties"])
def test_people_and_parties_come_fifty_to_a_page(ann, client, name):
    path = reverse(name)
    sign_in(client, ann)
    User.objects.bulk_create(
        User(email=f"p{number}@example.org", name=f"P {number:03}")
        for number in range(60)
    )
    Party.objects.bulk_create(
        Party(name=f"Team {number:03}", kind="team") for number in range(60)
    )

    first, far = (client.get(path, {"page": page}) for page in ("1", "9"))

    assert len(first.context["page"]) == 50
    assert far.context["page"].number == 2
    shown = {row.pk for page in (first, far) for row in page.context["page"]}
    assert len(shown) == first.context["page"].paginator.count >= 60


def test_a_manager_of_one_department_sees_its_people_only(db, client):
    york = factories.make_party("York")
    leeds = factories.make_party("Leeds")
    local = factories.make_user("lou", "manager", scope=york)
    there = factories.make_user("yan", "reporter", department=york)
    elsewhere = factories.make_user("lea", "reporter", department=leeds)
    sign_in(client, local)

    page = client.get("/people/")

    assert {row.name for row in page.context["page"]} == {"Lou", "Yan"}
    assert client.get(f"/people/{there.pk}/").status_code == 200
    assert client.get(f"/people/{elsewhere.pk}/").status_code == 404


@pytest.mark.parametrize("path", ["/people/", "/parties/"])
def test_a_list_costs_the_same_however_long(path, ann, client, same_queries):
    sign_in(client, ann)
    york = factories.make_party("York")

    def add(count):
        start = User.objects.count()
        for number in range(start, start + count):
            factories.make_user(f"p{number}", "reporter", "support", scope=york)
            factories.make_party(f"Team {number}", "team", parent=york)

    same_queries(path, add, budget=10)


def test_a_token_is_shown_once(sam, client):
    sign_in(client, sam)

    page = client.post(
        "/profile/tokens/new/",
        {"name": "Export", "scopes": ["snags:read"], "days": "30"},
    )

    secret = page.context["secret"]
    assert secret in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    assert secret not in client.get("/profile/").content.decode()
    token = sam.api_tokens.get()
    client.post(f"/tokens/{token.pk}/revoke/")
    token.refresh_from_db()
    assert token.revoked_at is not None


def test_a_token_may_be_bound_to_networks(sam, client):
    sign_in(client, sam)
    token = {"name": "Export", "scopes": ["snags:read"], "days": "30"}

    wrong = client.post("/profile/tokens/new/", {**token, "networks": "10.1.1.1/8"})
    assert "“10.1.1.1/8” is no address and no network" in wrong.content.decode()
    assert not sam.api_tokens.exists()

    client.post("/profile/tokens/new/", {**token, "networks": "10.0.0.0/8"})
    assert sam.api_tokens.get().networks == ["10.0.0.0/8"]
    assert "only from 10.0.0.0/8" in client.get("/profile/").content.decode()


def test_settings_are_ones_own_and_nothing_more(rob, client):
    """T-MASS-03: what a profile form does not offer cannot be set with it."""
    sign_in(client, rob)

    answer = client.post(
        "/profile/",
        {
            "time_zone": "Asia/Tokyo",
            "theme": "dark",
            "mail_me": "on",
            "name": "Root",
            "email": "root@example.org",
            "is_staff": "on",
            "is_superuser": "on",
            "is_active": "",
            "role": "manager",
            "department": "1",
        },
    )

    assert answer["Location"] == "/profile/"
    after = fresh(rob)
    assert (after.time_zone, after.theme, after.shortcuts) == (
        "Asia/Tokyo",
        "dark",
        False,
    )
    assert (after.name, after.email, after.is_staff, after.is_superuser) == (
        "Rob",
        "rob@example.org",
        False,
        False,
    )
    assert access_of(after).roles == {"reporter"}


def test_times_are_shown_in_ones_own_zone(ann, rob, client):
    User.objects.filter(pk=rob.pk).update(last_login="2026-03-02T23:30Z")
    sign_in(client, ann)
    assert "2 March 2026, 23:30" in client.get(f"/people/{rob.pk}/").content.decode()

    User.objects.filter(pk=ann.pk).update(time_zone="Asia/Tokyo")

    assert "3 March 2026, 08:30" in client.get(f"/people/{rob.pk}/").content.decode()


def test_an_unknown_zone_is_refused(rob, client):
    sign_in(client, rob)

    page = client.post("/profile/", {"time_zone": "Mars/Olympus", "theme": ""})

    assert page.status_code == 200
    assert fresh(rob).time_zone == ""


def test_names_are_shown_as_text(ann, client):
    """T-XSS-03 for people and parties."""
    bad = '"><img src=x onerror=alert(1)>'
    party = factories.make_party(bad, "team")
    person = factories.make_user("x", "reporter", team=party)
    User.objects.filter(pk=person.pk).update(name=bad, job=bad)
    sign_in(client, ann)

    for url in ("/people/", f"/people/{person.pk}/", "/parties/", "/people/new/"):
        assert "<img src=x" not in client.get(url).content.decode()
