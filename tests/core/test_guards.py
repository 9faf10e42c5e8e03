"""Input nobody can make sense of: turned away with a sentence, and nothing changed."""

import json

import pytest
from django.test import RequestFactory
from django.urls import reverse

from opsdesk.core.guards import MAX_JSON_DEPTH, GuardedHandler, has_junk, too_deep
from opsdesk.core.models import Duty

pytestmark = pytest.mark.django_db
FORM = "application/x-www-form-urlencoded"


def test_a_nul_in_the_path_is_refused(client, sam):
    client.force_login(sam)

    assert client.get("/inbox/%00/").status_code == 400


@pytest.mark.parametrize("query", ["q=%00", "page=1%00", "%00=1", "q=a\x00b"])
def test_a_nul_in_the_query_is_refused(client, sam, query):
    client.force_login(sam)

    answer = client.get("/inbox/", QUERY_STRING=query)

    assert answer.status_code == 400
    assert "characters no page can use" in answer.content.decode()


@pytest.mark.parametrize("query", ["q=%ED%A0%80", "page=%FF", "page=%2500", "q=100%"])
def test_other_odd_queries_are_just_queries(client, sam, query):
    client.force_login(sam)

    assert client.get("/inbox/", QUERY_STRING=query).status_code == 200


@pytest.mark.parametrize("body", ["title=a%00b", "note%00=x"])
def test_a_nul_in_a_form_is_refused_before_anything_reads_it(client, sam, body):
    client.force_login(sam)

    answer = client.post(reverse("core:duty_new"), body, content_type=FORM)

    assert answer.status_code == 400
    assert not Duty.objects.exists()


def test_a_nul_in_an_upload_form_is_refused(client, sam):
    client.force_login(sam)

    assert client.post(reverse("core:duty_new"), {"title": "a\x00"}).status_code == 400


def test_writing_about_percent_signs_is_allowed(client, sam):
    """Only the address is encoded; what people type is theirs."""
    client.force_login(sam)
    fields = {"title": "LIKE '%00'", "owner": sam.pk, "due_at": "2099-01-05T09:00"}

    assert client.post(reverse("core:duty_new"), fields).status_code == 302
    assert Duty.objects.get().title == "LIKE '%00'"


def test_a_cookie_cannot_bring_a_nul_to_the_database(client):
    client.cookies.load("x=1")
    answer = client.get("/", HTTP_COOKIE=r'sessionid="\000abc"')

    assert answer.status_code == 400


@pytest.mark.parametrize(
    "charset",
    ["nonsense", "utf-16", "unicode_escape", "idna", "\u20ac"],
)
def test_a_charset_no_browser_sends_is_refused(client, sam, charset):
    client.force_login(sam)
    kind = f"{FORM}; charset={charset}"

    for answer in (
        client.generic("POST", reverse("core:duty_new"), b"title=x", kind),
        client.get("/inbox/?q=x", CONTENT_TYPE=kind),
    ):
        assert answer.status_code == 415


@pytest.mark.parametrize("charset", ["hex", "rot13", "zlib"])
def test_a_charset_that_encodes_no_text_does_not_break_the_server(charset):
    """Django itself stumbles here, before any middleware."""
    factory = RequestFactory(CONTENT_TYPE=f"{FORM}; charset={charset}")
    environ = factory._base_environ(QUERY_STRING="q=x", PATH_INFO="/inbox/")
    started = []

    GuardedHandler()(environ, lambda status, _headers: started.append(status))

    assert started == ["415 Unsupported Media Type"]


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"utf-8"'])
def test_the_usual_charset_is_understood_however_it_is_written(client, sam, charset):
    client.force_login(sam)
    kind = f"{FORM}; charset={charset}"

    answer = client.post(reverse("core:duty_new"), b"title=x", content_type=kind)

    assert answer.status_code == 422


def test_a_flood_is_refused_unread(client, sam):
    client.force_login(sam)
    big = b"title=" + b"x" * (1024 * 1024)

    answer = client.post(reverse("core:duty_new"), big, content_type=FORM)

    assert answer.status_code == 413
    assert not Duty.objects.exists()


def test_too_many_fields_are_refused(client, sam):
    client.force_login(sam)
    body = "&".join(f"a{n}=1" for n in range(1001))

    answer = client.post(reverse("core:duty_new"), body, content_type=FORM)

    assert answer.status_code == 400


def test_the_api_is_refused_in_its_own_words(client, sam):
    client.force_login(sam)

    answer = client.get("/api/v1/snags/", QUERY_STRING="q=%00")

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert json.loads(answer.content)["code"] == "bad_input"


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ("[" * 40 + "]" * 40, "deep"),
        ('{"title": "\\ud800"}', "store"),
        ('{"title": "\\u0000"}', "store"),
        ('{"title": NaN}', "JSON"),
        ('{"title": 1e999}', "store"),
        ('{"title": ' + "9" * 30 + "}", "JSON"),
        ("{", "JSON"),
        (b"\xff\xfe", "UTF-8"),
    ],
)
def test_a_body_no_client_means_is_refused_with_a_reason(client, sam, body, word):
    client.force_login(sam)

    answer = client.post("/api/v1/snags/", body, content_type="application/json")

    assert answer.status_code == 400
    assert word in answer.json()["detail"]


def test_depth_counts_brackets_outside_of_strings():
    fine = "[" * MAX_JSON_DEPTH + "]" * MAX_JSON_DEPTH

    assert not too_deep(fine)
    assert too_deep(f"[{fine}]")
    assert not too_deep(json.dumps("[" * 99))
    assert not too_deep(json.dumps({"a": '"[\\' * 50, "b": []}))
    assert not too_deep("[]" * 500)


@pytest.mark.parametrize(
    "text", ['\\"' * 500_000, '"' + "\\" * 999_999, '"\\"' * 300_000]
)
def test_a_megabyte_of_quotes_is_read_once(text):
    """Were each quote to start a new search for its end, this would take hours."""
    assert not too_deep(text)


def test_junk_is_a_nul_or_half_a_character():
    assert has_junk("a\x00")
    assert has_junk("a\ud800")
    assert not has_junk("Zoë 👍 \t\r\n %00")
