"""Input no honest form sends: a clear refusal, nothing changed, never a crash."""

import json
from urllib.parse import urlencode

import pytest

from tests.proof import asking
from tests.proof.rights import ANONYMOUS, lines

pytestmark = pytest.mark.usefixtures("db")
LONG = "9" * 5000
PAGES = [line for line in lines() if line.method == "GET" and not line.is_api]
LISTS = [line for line in PAGES if not line.on]
# Each parameter is read by itself, so one address asks for many kinds of nonsense.
NONSENSE = {
    "long": {
        **dict.fromkeys(("page", "per_page", "cursor", "at", "owner", "year"), LONG),
        "first": "0001-01-01",
        "last": "9999-12-31",
        "period": "custom",
        "sort": "owner__password",
        "by": "owner__email",
        "status": "__all__",
        "view": "../../etc",
        "q": "%' OR 1=1 --",
        "title": "\U0001f600" * 300,
        "who": "%",
        "owner__password__startswith": "a",
        "pk": "abc",
    },
    "odd": {
        "page": "-1",
        "first": "0000-01-01",
        "q": "\ufffe\u202e",
        "seen": "1.2.3",
        "since": "x" * 3000,
        "show": "nothing",
        "kind": "\u202e",
        "module": "\u0663",
        "team": "1e400",
    },
    "no number": {"page": "abc"},
}
FORMS = [line for line in lines() if line.method == "POST" and not line.is_api]
TEXT = {
    "a NUL": "a\x00b",
    "a lone surrogate": "a\ud800b",
}


def _somebody(line):
    return next((name for name in sorted(line.may) if name != ANONYMOUS), "rob")


@pytest.mark.parametrize("kind", NONSENSE)
def test_a_page_asked_nonsense_is_still_a_page(kind, world, looks, at_rest):
    query, bad = NONSENSE[kind], []
    for line in PAGES if len(query) > 1 else LISTS:
        if _fails(line, query, world, looks):
            each = ({name: value} for name, value in query.items())
            guilty = [str(q)[:99] for q in each if _fails(line, q, world, looks)]
            bad.append(f"{line}: {guilty or query}")
    assert bad == []
    assert at_rest.changed() == []


def _fails(line, query, world, looks):
    name = _somebody(line)
    url = asking.address(line, world, name, "ours")
    mark = "&" if "?" in url else "?"
    code = looks.ask(name, "get", f"{url}{mark}{urlencode(query)}").code
    own = line.route.startswith(("health", "mfa_"))
    return code >= 500 or (code >= 400 and not line.on and not own)


@pytest.mark.parametrize("kind", TEXT)
def test_text_that_cannot_be_stored_is_refused_everywhere(kind, world, doors, at_rest):
    text = TEXT[kind].encode("utf-8", "surrogatepass")
    body = b"title=" + text + b"&body=" + text + b"&name=" + text
    kept = "application/x-www-form-urlencoded"
    for line in FORMS:
        name = _somebody(line)
        url = asking.address(line, world, name, "ours")
        cookies = doors[name].cookies.copy()
        answer = doors[name].generic("POST", url, body, content_type=kept)
        doors[name].cookies = cookies
        assert answer.status_code < 500, url
        if kind == "a NUL":
            assert answer.status_code == 400, url
            assert at_rest.changed() == [], url


@pytest.mark.parametrize(
    "path", ["/snags/%00/", "/snags/?q=%00", "/%ff%fe", "/snags/?q=%ff"]
)
def test_addresses_no_page_can_read(path, doors):
    assert doors["sam"].get(path).status_code in {200, 400, 404}


@pytest.mark.parametrize(
    ("content_type", "body", "code"),
    [
        ("application/x-www-form-urlencoded; charset=bogus", b"title=x", 415),
        ("multipart/form-data", b"no boundary", 400),
        ("multipart/form-data; boundary=x", b"--x\r\nbroken", 400),
        ("application/x-www-form-urlencoded", b"&".join([b"a=1"] * 1001), 400),
        ("application/x-www-form-urlencoded", b"title=" + b"x" * 1_100_000, 413),
    ],
    ids=["charset", "no boundary", "cut off", "1001 fields", "over 1 MB"],
)
def test_bodies_no_form_sends(content_type, body, code, doors, at_rest):
    answer = doors["rob"].generic(
        "POST", "/snags/report/", body, content_type=content_type
    )

    # A cut-off upload may also be read as an empty form: 422 says what is missing.
    assert answer.status_code in {code, 422 if code == 400 else code}
    assert at_rest.changed() == []


DAYS = ("0001-01-01", "9999-12-31", "1999-12-31", "2100-01-01", "x" * 5000)


@pytest.mark.parametrize("day", DAYS, ids=lambda day: day[:12])
def test_days_nobody_means_are_refused(day, world, doors, at_rest):
    back = world.ours["back"].pk
    asked = {
        f"/snags/{back}/workaround/": {"workaround": "x", "review_on": day},
        f"/snags/{back}/follow-up/": {"follow_up_on": day},
        f"/snags/{back}/effort/": {"minutes": 5, "kind": "fix", "spent_on": day},
        f"/snags/{back}/wait/": {"waiting_for": "change", "follow_up_at": day},
        "/inbox/duties/new/": {
            "title": "x",
            "owner": world.sam.pk,
            "due_at": f"{day}T00:00",
        },
        "/snags/new/": {
            **asking.form(_line("snags:new"), world),
            "at": f"{day}T00:00",
        },
    }
    for url, data in asked.items():
        answer = doors["sam"].post(url, data)
        assert answer.status_code in {200, 422}, url
    assert at_rest.changed() == []


def _line(route):
    return next(line for line in lines() if line.route == route)


JSON = {
    "a NUL": b'{"title": "a\\u0000b"}',
    "a lone surrogate": b'{"title": "a\\ud800b"}',
    "deep": b"[" * 100_000,
    "NaN": b'{"title": NaN}',
    "infinite": b'{"impact": 1e400}',
    "a 5000-digit number": b'{"impact": ' + LONG.encode() + b"}",
    "no JSON": b"<xml/>",
    "not UTF-8": b'{"title": "\xff"}',
    "a list": b"[]",
    "more than asked": json.dumps({"status": "closed", "id": 1}).encode(),
}


@pytest.mark.parametrize("kind", JSON)
def test_the_api_refuses_what_no_client_means(kind, doors, at_rest):
    answer = doors["sam"].generic(
        "POST", "/api/v1/snags/", JSON[kind], content_type="application/json"
    )

    assert answer.status_code == 400, answer.content[:300]
    assert answer.json()["detail"]
    assert at_rest.changed() == []


def test_the_api_takes_json_of_a_known_charset_and_bounded_size(doors, at_rest):
    ask = doors["sam"].generic
    assert (
        ask("POST", "/api/v1/snags/", b"{}", content_type="text/plain").status_code
        == 415
    )
    bogus = "application/json; charset=bogus"
    assert ask("POST", "/api/v1/snags/", b"{}", content_type=bogus).status_code == 415
    large = b'{"title": "' + b"x" * 1_100_000 + b'"}'
    kind = "application/json"
    assert ask("POST", "/api/v1/snags/", large, content_type=kind).status_code == 413
    assert at_rest.changed() == []
