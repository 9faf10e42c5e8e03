"""A snag shows the changes that are to fix it."""

from tests.accounts import sign_in
from tests.changes.drafts import make_change
from tests.factories import make_snag, make_user


def test_the_page_of_a_snag_lists_the_changes_that_fix_it_to_who_may_see_them(
    client, live, sam, sue, rob
):
    snag = make_snag(live, rob, title="Invoices print twice")
    other = make_change(live, sam, sue, make_user("ana", "support"), label="9.9")
    change = make_change(
        live, sam, sue, other.package.author, package=other.package, snags=[snag]
    )

    sign_in(client, sam)
    page = client.get(snag.get_absolute_url()).content.decode()
    sign_in(client, rob)
    own = client.get(snag.get_absolute_url()).content.decode()

    assert change.get_absolute_url() in page
    assert other.get_absolute_url() not in page
    assert "Changes that fix it" not in own
