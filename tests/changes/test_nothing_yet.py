"""What the pages of changes say where there is nothing yet."""

from django.urls import reverse

from tests.factories import make_user


def test_before_there_is_an_erp_no_change_is_begun(client, db):
    ada = make_user("ada", "administrator")
    client.force_login(ada)

    empty = client.get(reverse("changes:list")).content.decode()
    answer = client.get(reverse("changes:new"), follow=True)

    assert "No change is open" in empty
    assert answer.redirect_chain == [(reverse("environments:list"), 302)]
    assert "First name the ERP" in answer.content.decode()


def test_a_search_that_finds_nothing_leads_back_to_all(client, db):
    client.force_login(make_user("ada", "administrator"))

    page = client.get(reverse("changes:list"), {"q": "nonsense"}).content.decode()

    assert "Nothing fits what you ask for." in page
