"""Where each person's day starts, and the palette's search."""

import pytest
from django.urls import reverse

from snags.services import lifecycle
from tests.factories import make_contract, make_snag, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def settled(live, rob, sam, mia, ada):
    """An installation that needs nothing any more: people, a promise, a snag."""
    make_contract(live.landscape, p3_response=60)
    make_snag(live, rob)


@pytest.mark.parametrize(
    ("who", "page"),
    [
        ("sam", "snags:list"),
        ("mia", "sla:dashboard"),
        ("ada", "changes:board"),
        ("ann", "accounts:people"),
        ("tim", "changes:approvals"),
        ("bea", "changes:approvals"),
        ("amy", "sla:dashboard"),
        ("vic", "snags:handed"),
        ("rob", "snags:mine"),
    ],
)
def test_each_role_starts_where_its_work_is(client, settled, request, who, page):
    client.force_login(request.getfixturevalue(who))

    answer = client.get("/")

    assert answer["Location"] == reverse(page)
    assert client.get(answer["Location"]).status_code == 200


def test_who_holds_several_roles_starts_with_the_most_pressing(client, settled):
    client.force_login(make_user("max", "reporter", "manager", "support"))

    assert client.get("/")["Location"] == reverse("snags:list")


def test_who_holds_none_finds_their_profile(client):
    client.force_login(make_user("new"))

    answer = client.get("/")

    assert answer["Location"] == reverse("accounts:profile")
    assert client.get(answer["Location"]).status_code == 200


def test_strangers_are_asked_to_log_in(client, db):
    assert client.get("/")["Location"].startswith(reverse("account_login"))


def hits(client, person, text):
    client.force_login(person)
    answer = client.get(reverse("search"), {"q": text})
    assert answer.status_code == 200
    return [hit["label"] for hit in answer.json()["hits"]]


def test_a_number_finds_its_snag_however_it_is_typed(client, live, rob, sam):
    snag = make_snag(live, rob)

    for text in (snag.ref, snag.ref.lower(), f" sn{snag.pk} ", str(snag.pk)):
        assert hits(client, sam, text) == [f"{snag.ref} Invoices print twice"], text


def test_words_find_snags_half_typed_too(client, live, rob, sam):
    snag = make_snag(live, rob)
    make_snag(live, rob, title="The scanner is slow")

    assert hits(client, sam, "invoic") == [f"{snag.ref} Invoices print twice"]
    assert hits(client, sam, "zebra") == []


def test_a_hit_leads_there_and_shows_whether_it_is_finished(client, live, rob, sam):
    snag = make_snag(live, rob)
    client.force_login(sam)
    url = f"{reverse('search')}?q=invoices"

    (hit,) = client.get(url).json()["hits"]
    assert (hit["url"], hit["icon"]) == (snag.get_absolute_url(), "list-checks")
    lifecycle.resolve(
        snag, actor=sam, resolution="configuration", resolution_note="Set."
    )
    assert client.get(url).json()["hits"][0]["icon"] == "circle-check"


def test_others_snags_are_not_found_by_word_or_number(client, live, rob, vic):
    snag = make_snag(live, rob)
    stranger = make_user("zoe", "reporter")

    for person in (stranger, vic):
        for text in ("invoices", snag.ref, str(snag.pk)):
            assert hits(client, person, text) == []


@pytest.mark.parametrize(
    "text",
    ["", " ", "a", "%", "'", "SN-0", "9" * 18, "9" * 400, "x" * 5000, "& | !", "𒀀𒀀"],
)
def test_nonsense_finds_nothing_and_breaks_nothing(client, live, rob, sam, text):
    make_snag(live, rob)

    assert hits(client, sam, text) == []
