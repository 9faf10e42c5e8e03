"""Files: kept under a random name, reached through their snag, never shown inline."""

import hashlib
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from opsdesk.core.errors import NotAllowedError, RuleError
from snags.models import Snag, SnagAttachment, SnagComment
from snags.services import files, lifecycle, talk
from tests.factories import make_party, make_snag, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def upload(name="log.txt", content=b"Printed twice."):
    return SimpleUploadedFile(name, content)


def url_of(file, snag=None):
    return reverse("snags:attachment", args=[(snag or file.snag).pk, file.pk])


def fetch(client, url):
    """(status, content); reading to the end closes the file."""
    answer = client.get(url)
    return answer.status_code, b"".join(answer)


def stored(folder):
    return [path for path in Path(folder).rglob("*") if path.is_file()]


def test_a_file_is_stored_under_a_random_name_with_its_digest(live, rob, folder):
    snag = make_snag(live, rob, files_added=[upload("../../etc/cron.d/log.txt")])

    file = snag.attachments.get()
    [path] = stored(folder)
    assert (file.name, file.size) == ("log.txt", 14)
    assert file.sha256 == hashlib.sha256(b"Printed twice.").hexdigest()
    assert len(path.name) == 32
    assert path.suffix == ""
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/cron.d/x", "x"),
        ("..\\..\\x.txt", "x.txt"),
        ("%2e%2e/passwd", "passwd"),
        ("a\r\nSet-Cookie: b.txt", "aSet-Cookie: b.txt"),
        ("gnp\u202egpj.exe", "gnpgpj.exe"),
        ("x" * 300 + ".txt", "x" * 246 + ".txt"),
        ("a\x00b.txt", "ab.txt"),
        ("...", "file"),
        ("", "file"),
    ],
)
def test_a_name_is_only_a_name(name, kept):
    assert files.clean_name(name) == kept


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("evil.svg", b"<svg onload=alert(1)>"),
        ("evil.html", b"<script>alert(1)</script>"),
        ("pixel.gif", b"GIF89a=1;alert(1)//"),
    ],
)
def test_a_file_is_downloaded_never_shown(client, live, rob, name, content):
    snag = make_snag(live, rob, files_added=[upload(name, content)])
    client.force_login(rob)

    answer = client.get(url_of(snag.attachments.get()))

    assert b"".join(answer.streaming_content) == content
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["Content-Type"] == "application/octet-stream"


def test_a_name_beyond_ascii_travels_encoded(client, live, rob):
    snag = make_snag(live, rob, files_added=[upload("Müller “Ü”.txt")])
    client.force_login(rob)

    answer = client.get(url_of(snag.attachments.get()))
    disposition = answer["Content-Disposition"]

    assert disposition.startswith("attachment; filename*=utf-8''M%C3%BCller")
    assert "\n" not in disposition
    assert b"".join(answer) == b"Printed twice."


def test_a_file_of_another_snag_does_not_exist(client, live, rob):
    snag = make_snag(live, rob, files_added=[upload()])
    other = make_snag(live, rob)
    client.force_login(rob)

    file = snag.attachments.get()

    nowhere = reverse("snags:attachment", args=[snag.pk, 10**12])
    assert fetch(client, url_of(file)) == (200, b"Printed twice.")
    assert fetch(client, url_of(file, other))[0] == 404
    assert fetch(client, nowhere)[0] == 404


def test_a_file_is_read_by_whoever_may_read_its_words(
    client, live, rob, sam, vic, northgate, amy
):
    snag = make_snag(live, rob)
    lifecycle.triage(snag, actor=sam, owner=sam, impact=2, urgency=2)
    lifecycle.hand_over(snag, supplier=northgate, actor=sam)
    wile = make_user("wile", "supplier", supplier=make_party("Acme", "supplier"))
    readers = {
        "everyone": {rob, sam, vic, amy},
        "internal": {sam, amy},
        "supplier": {sam, vic, amy},
    }

    for audience, may in readers.items():
        said = talk.comment(
            snag, body="File.", actor=sam, audience=audience, files_added=[upload()]
        )
        for person in (rob, sam, vic, amy, wile):
            client.force_login(person)
            status, _ = fetch(client, url_of(said.attachments.get()))
            assert status == (200 if person in may else 404), (audience, person)


def test_the_next_supplier_does_not_get_the_last_ones_files(
    client, live, rob, sam, northgate, vic
):
    snag = make_snag(live, rob)
    lifecycle.triage(snag, actor=sam, owner=sam, impact=2, urgency=2)
    lifecycle.hand_over(snag, supplier=northgate, actor=sam)
    said = talk.comment(
        snag, body="Ours.", actor=vic, audience="supplier", files_added=[upload()]
    )
    rival = make_party("Acme", "supplier")
    wile = make_user("wile", "supplier", supplier=rival)
    lifecycle.hand_over(snag, supplier=rival, actor=sam)
    client.force_login(wile)

    assert client.get(snag.get_absolute_url()).status_code == 200
    assert client.get(url_of(said.attachments.get())).status_code == 404


@pytest.mark.parametrize(
    ("uploads", "sentence"),
    [
        ([upload(), upload("none.txt", b"")], "“none.txt” is empty."),
        ([upload(str(n)) for n in range(11)], "At most 10 files at once."),
    ],
)
def test_files_that_may_not_be_kept_leave_nothing(live, rob, folder, uploads, sentence):
    with pytest.raises(RuleError, match=sentence):
        make_snag(live, rob, files_added=uploads)

    assert not Snag.objects.exists()
    assert stored(folder) == []


def test_a_file_over_the_limit_leaves_nothing(live, rob, folder, settings):
    settings.ATTACHMENT_MAX_BYTES = 1024 * 1024
    big = upload("big.bin", b"x" * (1024 * 1024 + 1))

    with pytest.raises(RuleError, match=r"“big.bin” is larger than 1 MB\."):
        make_snag(live, rob, files_added=[upload(), big])

    assert not Snag.objects.exists()
    assert stored(folder) == []


def test_the_limits_are_those_that_were_promised():
    assert settings.ATTACHMENT_MAX_BYTES == 25 * 1024 * 1024
    assert settings.ATTACHMENTS_PER_POST == 10


def test_a_form_says_which_file_is_too_much(client, live, rob, sam, folder):
    snag = make_snag(live, rob)
    client.force_login(sam)
    url = reverse("snags:comment", args=[snag.pk])

    eleven = {"body": "x", "files_added": [upload(str(n)) for n in range(11)]}
    refused = client.post(url, eleven)

    assert refused.status_code == 422
    assert "At most 10 files at once." in refused.content.decode()
    assert not SnagComment.objects.exists()
    assert stored(folder) == []


def test_strangers_attach_nothing(live, rob, amy, folder):
    snag = make_snag(live, rob)

    with pytest.raises(NotAllowedError):
        files.attach(snag, upload(), actor=amy)

    assert not SnagAttachment.objects.exists()
    assert stored(folder) == []


def test_a_file_gone_from_the_disk_is_not_a_crash(client, live, rob, folder):
    snag = make_snag(live, rob, files_added=[upload()])
    stored(folder)[0].unlink()
    client.force_login(rob)

    assert client.get(url_of(snag.attachments.get())).status_code == 404
