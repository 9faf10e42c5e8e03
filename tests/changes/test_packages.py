"""Packages: drafted, sealed under one digest, blocked, withdrawn (S08 to S12)."""

import hashlib
import subprocess
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from changes.manifest import Entry
from changes.models import Package, PackageBlock, PackageEvent, PackageFile
from changes.services import files, packages
from environments.models import Installation
from environments.services.installing import record_installation
from opsdesk.accounts.models import Membership
from opsdesk.core.clock import today
from opsdesk.core.errors import NotAllowedError, RuleError, StaleError
from opsdesk.core.models import Notification
from tests.changes.making import make_component, make_draft, make_file, make_package
from tests.factories import make_party, make_user

SHA = "c" * 64


@pytest.fixture
def app(live):
    return make_component(live.landscape)


def traces():
    return (
        Package.history.count(),
        PackageFile.objects.count(),
        PackageBlock.objects.count(),
        PackageEvent.objects.count(),
        Notification.objects.count(),
    )


def refused(error, act, *args, **kwargs):
    """The act is refused and leaves no row; returns the refusal."""
    before = traces()
    with pytest.raises(error) as caught, transaction.atomic():
        act(*args, **kwargs)
    assert traces() == before
    return caught.value


def test_s08_a_sealed_package_has_the_digest_of_its_documented_manifest(app, sam):
    package = make_draft(app, sam)
    pair = [make_file("b.sql", b"two\n"), make_file("a.sql", b"one\n")]
    files.upload(package, actor=sam, uploads=pair, folder="/sql/")

    package = packages.seal(package, actor=sam)

    one, two = hashlib.sha256(b"one\n"), hashlib.sha256(b"two\n")
    text = f"{one.hexdigest()}  4  sql/a.sql\n{two.hexdigest()}  4  sql/b.sql\n"
    assert package.sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert (package.state, package.sealed_by) == ("sealed", sam)
    assert [e.verb for e in package.events.all()] == ["draft", "upload", "seal"]


def pressed(client, person, verb, *args, **said):
    """What a page of packages answers, and whether any row was written."""
    client.force_login(person)
    before = traces()
    url = reverse(f"changes:package_{verb}", args=args)
    answer = client.post(url, said, follow=True)
    return answer, traces() != before


def unwritten(client, person, verb, *args, **said):
    """The page refuses, and leaves no row; returns its words."""
    answer, is_written = pressed(client, person, verb, *args, **said)
    assert not is_written
    return answer.status_code, answer.content.decode()


def test_s09_a_sealed_packages_files_cannot_be_added_replaced_or_removed(
    client, app, sam
):
    package = make_package(app, sam)
    digest, row = package.sha256, package.files.first()

    for verb, args, said in (
        ("upload", [], {"uploads": [make_file()]}),
        ("upload", [], {"uploads": [make_file()], "folder": "sql"}),
        ("declare", [], {"entries": f"{SHA}  1  x\n"}),
        ("remove", [row.pk], {}),
    ):
        _, page = unwritten(client, sam, verb, package.pk, *args, **said)
        assert f"{package} is sealed: nothing in it changes any more." in page

    package.refresh_from_db()
    assert package.sha256 == digest
    assert client.get("/admin/").status_code == 404  # there is no other way in


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO changes_packagefile (package_id, path, size, sha256, file)"
        " VALUES (%s, 'x', 1, repeat('c', 64), '')",
        "UPDATE changes_packagefile SET size = 1 WHERE package_id = %s",
        "DELETE FROM changes_packagefile WHERE package_id = %s",
        "UPDATE changes_package SET sha256 = repeat('c', 64) WHERE id = %s",
        "UPDATE changes_package SET state = 'draft', sha256 = '', sealed_at = NULL"
        " WHERE id = %s",
        "DELETE FROM changes_package WHERE id = %s",
    ],
)
def test_s09_a_sealed_package_cannot_be_changed_by_sql(app, sam, statement):
    package = make_package(app, sam)
    digest = package.sha256

    with (
        pytest.raises(IntegrityError, match="sealed"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement, [package.pk])

    package.refresh_from_db()
    assert (package.state, package.sha256, package.files.count()) == (
        "sealed",
        digest,
        2,
    )


def test_a_digest_that_is_not_that_of_the_files_cannot_be_stored(app, sam):
    package = make_draft(app, sam)
    files.upload(package, actor=sam, uploads=[make_file()])

    with pytest.raises(IntegrityError, match="digest"), transaction.atomic():
        Package.objects.filter(pk=package.pk).update(
            state="sealed", sha256=SHA, sealed_at="2026-03-02T09:00Z", sealed_by=sam
        )

    package.refresh_from_db()
    assert package.is_draft


def test_s10_a_draft_without_files_cannot_be_sealed(client, app, sam):
    package = make_draft(app, sam)

    status, page = unwritten(client, sam, "seal", package.pk)

    assert status == 422
    assert "There is nothing to seal: add a file." in page


@pytest.mark.parametrize("folder", ["a/..", "a\\b", "a//b", "x" * 600])
def test_s11_files_under_a_path_that_leads_elsewhere_are_refused(
    client, app, sam, folder
):
    package = make_draft(app, sam)
    said = {"uploads": [make_file()], "folder": folder}

    status, _ = unwritten(client, sam, "upload", package.pk, **said)

    assert status == 422


def test_s11_a_file_outside_its_folder_is_not_declared(client, app, sam):
    package = make_draft(app, sam)
    said = {"entries": f"{SHA}  5  /etc/x\n"}

    status, _ = unwritten(client, sam, "declare", package.pk, **said)

    assert status == 422


def test_s11_two_files_that_differ_in_case_only_are_refused(client, app, sam):
    package = make_draft(app, sam)
    upper, lower = {"uploads": [make_file("A.sql")]}, {"uploads": [make_file("a.sql")]}
    both = {"uploads": [make_file("A.sql"), make_file("a.sql")]}

    assert unwritten(client, sam, "upload", package.pk, **both)[0] == 422
    assert pressed(client, sam, "upload", package.pk, **upper)[1]
    assert unwritten(client, sam, "upload", package.pk, **lower)[0] == 422


def test_a_file_of_the_same_path_replaces_the_one_that_was_there(
    app, sam, django_capture_on_commit_callbacks
):
    package = make_draft(app, sam)
    (first,) = files.upload(package, actor=sam, uploads=[make_file(content=b"old")])

    with django_capture_on_commit_callbacks(execute=True):
        (row,) = files.upload(package, actor=sam, uploads=[make_file(content=b"new")])

    assert package.files.get() == row
    assert row.sha256 == hashlib.sha256(b"new").hexdigest()
    assert not first.file.storage.exists(first.file.name)
    with row.file.open() as stored:
        assert stored.read() == b"new"
    assert "run" not in row.file.name


def test_a_declared_file_is_sealed_by_its_digest_and_no_copy_is_kept(app, sam):
    package = make_draft(app, sam)
    files.declare(package, actor=sam, entries=[Entry("big.zip", 7_000_000_000, SHA)])

    package = packages.seal(package, actor=sam)

    assert not package.files.get().file
    assert (
        package.sha256
        == hashlib.sha256(f"{SHA}  7000000000  big.zip\n".encode()).hexdigest()
    )


def test_a_second_editor_of_a_draft_is_told_and_overwrites_nothing(app, sam, mia):
    package = make_draft(app, sam)
    fields = {"label": "1.2", "package_class": "minor", "version": package.version}
    packages.edit(package, actor=mia, **fields)

    refused(StaleError, packages.edit, package, actor=sam, **{**fields, "label": "1.3"})

    package.refresh_from_db()
    assert package.label == "1.2"


def test_a_suppliers_contact_delivers_for_their_own_components_in_their_own_name(
    app, live, northgate, vic, sam
):
    theirs = make_component(live.landscape, "RPT", supplier=northgate)
    colleague = make_user("val", "supplier", supplier=northgate)

    package = make_package(theirs, vic)

    assert package.author == vic
    fields = {"actor": vic, "label": "2", "package_class": "patch"}
    refused(NotAllowedError, packages.draft, component=app, **fields)
    refused(NotAllowedError, packages.draft, component=theirs, author=sam, **fields)
    assert Package.objects.visible_to(colleague).get() == package
    assert not Package.objects.visible_to(vic).exclude(pk=package.pk).exists()


def test_a_contact_who_moved_to_another_supplier_shows_the_first_nothing_new(
    live, northgate, vic
):
    paylink = make_party("Paylink Bureau", "supplier")
    val = make_user("val", "supplier", supplier=northgate)
    val.memberships.update(ends_on=today() - timedelta(days=1))
    Membership.objects.create(user=val, role="supplier", supplier=paylink)
    package = make_draft(make_component(live.landscape, "PAY", supplier=paylink), val)

    assert not Package.objects.visible_to(vic).filter(pk=package.pk).exists()


def test_a_suppliers_contact_reads_no_inventory_on_the_page_of_their_package(
    client, app, live, northgate, vic, sam
):
    theirs = make_component(live.landscape, "RPT", supplier=northgate)
    ours = make_package(app, sam, label="hidden")
    package = make_package(theirs, vic, requires=[ours])
    record_installation(
        live,
        theirs,
        label=package.label,
        sha256=package.sha256,
        source="correction",
        actor=None,
    )
    client.force_login(vic)

    page = client.get(package.get_absolute_url()).content.decode()

    assert live.name in page
    assert live.get_absolute_url() not in page
    assert ours.get_absolute_url() not in page
    compare = reverse("changes:package_compare", args=[package.pk, live.pk])
    assert compare not in page
    assert client.get(compare).status_code == 403


def edited(client, package, **data):
    return client.post(
        reverse("changes:package_edit", args=[package.pk]),
        {
            "label": package.label,
            "package_class": package.package_class,
            "version": package.version,
            **data,
        },
    )


def test_an_edit_keeps_a_needed_package_that_was_blocked_since(client, app, sam):
    needed = make_package(app, sam, label="1.0")
    package = make_draft(app, sam, requires=[needed])
    packages.block(needed, actor=sam, reason="Rounds wrongly.")
    client.force_login(sam)

    assert edited(client, package, requires=[needed.pk]).status_code == 302

    assert list(package.requires.all()) == [needed]


def test_the_lists_of_packages_and_of_files_cost_the_same_however_long(
    client, app, live, sam, same_queries
):
    base = make_package(app, sam, label="1.0")

    def add(count):
        for _ in range(count):
            label = f"2.{Package.objects.count()}"
            extra = make_package(app, sam, label, requires=[base])
            base.requires.add(extra)

    client.force_login(sam)
    same_queries(reverse("changes:packages"), add, budget=6)
    same_queries(base.get_absolute_url(), add, budget=20)


def test_a_second_editor_reads_what_the_other_says_is_needed(client, app, sam):
    needed = make_package(app, sam, label="1.0")
    package = make_draft(app, sam)
    packages.edit(
        package,
        actor=sam,
        version=package.version,
        label="1.2",
        package_class="patch",
        requires=[needed],
    )
    client.force_login(sam)

    answer = edited(client, package)

    page = answer.content.decode()
    assert answer.status_code == 422
    assert str(needed) in page
    assert "QuerySet" not in page
    assert "Package.None" not in page


@pytest.mark.parametrize("who", ["rob", "tim", "bea", "amy", "ann"])
def test_others_make_no_packages(app, who, request):
    actor = request.getfixturevalue(who)

    refused(NotAllowedError, make_draft, app, actor)


def test_the_author_or_support_or_an_administrator_seals_but_no_manager(
    app, sam, mia, ada
):
    package = make_draft(app, sam)
    files.upload(package, actor=sam, uploads=[make_file()])

    refused(NotAllowedError, packages.seal, package, actor=mia)

    assert packages.seal(package, actor=ada).sealed_by == ada


def test_a_blocked_package_says_why_and_its_people_are_told(app, sam, sue):
    package = make_package(app, sam)

    package = packages.block(package, actor=sue, reason="Totals are wrong.")

    assert package.state == "blocked"
    assert package.blocks.get().reason == "Totals are wrong."
    assert Notification.objects.get(recipient=sam).title == "APP 1.1 is blocked"
    again = {"actor": sue, "reason": "Again."}
    assert refused(RuleError, packages.block, package, **again).code == "not_now"


def test_a_manager_lifts_a_block_but_not_on_a_package_of_their_own(app, sam, mia):
    package = packages.block(make_package(app, sam), actor=sam, reason="Wrong.")
    own = packages.draft(actor=mia, component=app, label="2", package_class="patch")
    files.upload(own, actor=mia, uploads=[make_file()])
    own = packages.seal(own, actor=mia)
    own = packages.block(own, actor=sam, reason="Wrong.")

    refused(NotAllowedError, packages.unblock, package, actor=sam, reason="Fine.")
    refused(NotAllowedError, packages.unblock, own, actor=mia, reason="Fine.")
    package = packages.unblock(package, actor=mia, reason="Tested again.")

    assert package.state == "sealed"
    assert package.blocks.get().lifted_by == mia


def test_a_package_that_serves_the_business_cannot_be_withdrawn(app, live, sam, mia):
    package = make_package(app, sam)
    row = Installation.objects.create(
        environment=live,
        component=app,
        label=package.label,
        sha256=package.sha256,
        during=("2026-03-02T09:00Z", None),
        source="promotion",
    )
    gone = {"actor": mia, "reason": "Replaced."}

    refused(NotAllowedError, packages.withdraw, package, actor=sam, reason="Old.")
    assert refused(RuleError, packages.withdraw, package, **gone).code == "installed"
    row.during = ("2026-03-02T09:00Z", "2026-03-03T09:00Z")
    row.save()

    assert packages.withdraw(package, **gone).state == "withdrawn"


def test_s08_the_script_and_the_page_give_the_manifest_byte_for_byte(
    app, sam, client, tmp_path
):
    package = make_package(app, sam, content="Größe\n".encode())
    (tmp_path / "sql").mkdir()
    (tmp_path / "sql/run.sql").write_bytes("Größe\n".encode())
    (tmp_path / "sql/undo.sql").write_bytes(b"select 0;\n")
    client.force_login(sam)
    page = client.get(reverse("changes:package_manifest", args=[package.pk]))
    script = client.get(reverse("changes:package_script")).content

    printed = subprocess.run(
        ["sh", "-s", tmp_path], input=script, capture_output=True, check=True
    ).stdout

    assert page["Content-Type"] == "text/plain; charset=utf-8"
    assert printed == page.content
    assert hashlib.sha256(printed).hexdigest() == package.sha256


def test_a_package_is_drafted_filled_and_sealed_on_its_pages(app, sam, client):
    client.force_login(sam)
    sent = {
        "component": app.pk,
        "label": "2.0",
        "package_class": "minor",
        "author": sam.pk,
    }
    client.post(reverse("changes:package_new"), sent)
    package = Package.objects.get()
    upload = reverse("changes:package_upload", args=[package.pk])
    declare = reverse("changes:package_declare", args=[package.pk])
    seal = reverse("changes:package_seal", args=[package.pk])

    pair = [make_file("a.sql"), make_file("b.sql")]
    client.post(upload, {"folder": "sql", "uploads": pair})
    client.post(declare, {"entries": f"{SHA}  5  big.zip\n"})
    client.post(seal)

    package.refresh_from_db()
    assert package.state == "sealed"
    page = client.get(package.get_absolute_url()).content.decode()
    assert all(p in page for p in ("sql/a.sql", "sql/b.sql", "big.zip", package.sha256))
    row = package.files.get(path="sql/a.sql")
    stored = client.get(reverse("changes:package_file", args=[package.pk, row.pk]))
    assert b"".join(stored.streaming_content) == b"select 1;\n"
    assert stored["Content-Disposition"].startswith("attachment")


def test_a_package_is_compared_with_another_and_with_what_is_installed(
    app, live, sam, client
):
    older = make_package(app, sam)
    newer = make_package(app, sam, "1.2", content=b"select 2;\n")
    Installation.objects.create(
        environment=live,
        component=app,
        label=older.label,
        sha256=older.sha256,
        during=("2026-03-02T09:00Z", None),
        source="promotion",
    )
    client.force_login(sam)

    diff = client.get(reverse("changes:package_diff", args=[newer.pk, older.pk]))
    there = client.get(reverse("changes:package_compare", args=[newer.pk, live.pk]))

    for page in (diff, there):
        [one] = page.context["found"].differences
        assert (one.path, one.kind) == ("sql/run.sql", "changed")
    assert "runs APP of the ERP 1.1" in there.content.decode()


def test_a_package_supersedes_one_of_the_same_component_only(app, live, sam):
    package = make_package(app, sam)
    other = make_component(live.landscape, "RPT")

    newer = make_draft(app, sam, "1.2", supersedes=package)

    assert newer.supersedes == package
    refused(RuleError, make_draft, other, sam, "1", supersedes=package)


def test_without_a_component_nobody_fills_in_a_package_of_nothing(
    live, sam, vic, client
):
    ways = {sam: "environments:list", vic: "changes:packages"}
    for person, way in ways.items():
        client.force_login(person)
        answer = client.get(reverse("changes:package_new"), follow=True)
        assert answer.redirect_chain == [(reverse(way), 302)]
        assert "names a component of the ERP" in answer.content.decode()
