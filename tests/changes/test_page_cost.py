"""The page of a change costs the same however much hangs on it."""

from changes.services import submitting, talk
from tests.accounts import sign_in
from tests.changes.drafts import make_asked, make_change
from tests.factories import make_snag, make_user


def test_the_page_of_a_change_costs_the_same_for_many_comments_and_snags(
    client, live, sam, sue, mia, rob, same_queries
):
    ana = make_user("ana", "support")
    change = make_asked(live, mia, sam, ana, sue)
    sign_in(client, sam)

    def add(count):
        for _ in range(count):
            change.snags.add(make_snag(live, rob))
            talk.comment(change, actor=sue, body="A word.")

    same_queries(change.get_absolute_url(), add, budget=32)


def test_it_costs_the_same_for_many_changes_in_the_way(
    client, live, sam, sue, mia, same_queries
):
    ana = make_user("ana", "support")
    change = make_asked(live, mia, sam, ana, sue)
    sign_in(client, sam)
    labels = iter(range(100))

    def add(count):
        for _ in range(count):
            made = make_change(live, sam, sue, ana, label=f"3.{next(labels)}")
            submitting.submit(made, actor=sam)

    same_queries(change.get_absolute_url(), add, budget=32)
