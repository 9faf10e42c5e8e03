"""Files over HTTP: said with words, read by whoever may read those, downloaded only."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from snags.models import SnagAttachment, SnagComment
from snags.services import talk
from tests.api.asking import SNAGS, make_token
from tests.factories import make_snag

PROBLEM = "application/problem+json"


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def snag(live, rob):
    return make_snag(live, rob)


@pytest.fixture
def as_sam(sam):
    return make_token(sam, "snags:read", "snags:write")


def url(snag, *rest):
    return f"{SNAGS}{snag.pk}/attachments/" + "".join(f"{part}/" for part in rest)


def upload(name="log.txt", content=b"Printed twice."):
    return SimpleUploadedFile(name, content)


def send(client, snag, headers, *files, **fields):
    data = {"body": "Here.", **fields, "files": files}
    return client.post(url(snag), data, headers=headers)


def stored(folder):
    return [path for path in Path(folder).rglob("*") if path.is_file()]


def test_files_are_said_with_words_and_come_back_as_they_were(
    client, snag, sam, as_sam
):
    answer = send(client, snag, as_sam, upload(), upload("b.html", b"<script>"))

    assert answer.status_code == 201, answer.content
    said = answer.json()
    assert (said["body"], said["audience"]) == ("Here.", "everyone")
    assert {file["name"] for file in said["attachments"]} == {"log.txt", "b.html"}
    listed = client.get(url(snag), headers=as_sam).json()["results"]
    assert [file["name"] for file in listed] == ["b.html", "log.txt"]
    assert listed[0]["comment"] == said["id"]
    page = client.get(url(snag, listed[0]["id"], "download"), headers=as_sam)
    assert b"".join(page) == b"<script>"
    assert page["Content-Disposition"] == 'attachment; filename="b.html"'
    assert page["Content-Type"] == "application/octet-stream"
    assert page["X-Content-Type-Options"] == "nosniff"
    assert page["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_a_client_may_ask_for_bytes_by_name(client, snag, as_sam):
    send(client, snag, as_sam, upload())
    headers = {**as_sam, "accept": "application/octet-stream"}

    found = client.get(
        url(snag, snag.attachments.get().pk, "download"), headers=headers
    )
    absent = client.get(url(snag, 999_999, "download"), headers=headers)

    assert b"".join(found) == b"Printed twice."
    assert (absent.status_code, absent.json()["code"]) == (404, "not_found")
    assert absent["Content-Type"] == PROBLEM


@pytest.mark.parametrize(
    ("files", "refusal"),
    [
        ([upload(content=b"")], (409, "file_empty")),
        ([upload(content=b"x" * 101)], (409, "file_too_large")),
        ([upload(), upload(), upload()], (409, "too_many_files")),
        ([], (400, "bad_input")),
        ([upload()] * 21, (400, "bad_input")),
    ],
)
def test_the_limits_are_those_of_the_page(
    client, settings, snag, as_sam, folder, files, refusal
):
    settings.ATTACHMENT_MAX_BYTES, settings.ATTACHMENTS_PER_POST = 100, 2

    answer = send(client, snag, as_sam, *files)

    assert (answer.status_code, answer.json()["code"]) == refusal
    assert answer["Content-Type"] == PROBLEM
    assert not SnagComment.objects.exists()
    assert stored(folder) == []


def test_the_same_key_with_another_content_is_another_request(client, snag, as_sam):
    headers = {**as_sam, "idempotency-key": "k1"}
    first = send(client, snag, headers, upload(content=b"a"))
    again = send(client, snag, headers, upload(content=b"a"))
    other = send(client, snag, headers, upload(content=b"b"))

    assert first.status_code == 201, first.content
    assert (again.json(), again["Idempotent-Replayed"]) == (first.json(), "true")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert SnagAttachment.objects.count() == 1


def test_a_reporter_gets_no_file_of_an_internal_note(client, snag, rob, sam, as_sam):
    send(client, snag, as_sam, upload(), audience="internal")
    file = snag.attachments.get()
    headers = make_token(rob, "snags:read")

    assert client.get(url(snag), headers=headers).json()["results"] == []
    for rest in ((file.pk,), (file.pk, "download")):
        assert client.get(url(snag, *rest), headers=headers).status_code == 404


def test_a_file_is_reached_through_its_own_snag_only(client, live, rob, snag, as_sam):
    send(client, snag, as_sam, upload())
    other = make_snag(live, rob)

    answer = client.get(
        url(other, snag.attachments.get().pk, "download"), headers=as_sam
    )

    assert answer.status_code == 404


def test_a_reading_token_adds_no_file(client, snag, sam, folder):
    answer = send(client, snag, make_token(sam, "snags:read"), upload())

    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
    assert not SnagAttachment.objects.exists()
    assert stored(folder) == []


def test_the_lists_cost_the_same_for_any_number_of_files(
    client, snag, sam, same_queries
):
    client.force_login(sam)

    def add(number):
        for _ in range(number):
            talk.comment(snag, actor=sam, body="x", files_added=[upload(), upload()])

    same_queries(url(snag), add, budget=6)
    same_queries(f"{SNAGS}{snag.pk}/comments/", add, budget=8)
