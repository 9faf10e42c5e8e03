"""Every route, every role, every object: the answer is the one in permissions.csv.

Routes come from the resolver, so a new one fails here until somebody has written down
whom it admits. Whom the gate refuses never gets as far as the view. Whoever may do a
thing succeeds, and the database shows it; whoever may not changes nothing; and what one
may not know of answers as what does not exist, nor is it in any other answer. Every
post names another site in all the ways it can, and no answer leads there.
"""

from urllib.parse import urlsplit

import pytest
from django.db import transaction

from opsdesk.core.policy import routes
from tests.proof import asking
from tests.proof.rights import ANONYMOUS, lines
from tests.proof.secrets import told
from tests.proof.world import CAST

pytestmark = pytest.mark.usefixtures("db")
LINES = lines()
PEOPLE = (ANONYMOUS, *CAST)
ANSWERED = {200, 201, 204, 302}
# Forms that need a code from a phone, a mailed key or several steps: asked empty, they
# answer; that is all this test wants of them.
NEEDS_MORE = (
    "account_",
    "mfa_",
    "usersessions_",
    "sla:calendar",
    "sla:contract",
    "snags:snaglist_new",
    "snags:snaglist_edit",
    "snags:golive",
    "api:change-",
    "api:promotion-",
    "api:sign-off-accept",
    "changes:promotion_",
    "changes:sign_off",
)
# Nobody here has the second factor those pages are about; a change is in one state.
STEPS = {404, 405, 409, 422}
# Posts that are right to leave everything as it is.
KEEPS = {
    "core:read_all",
    "snags:move_list",
    "api:freeze-preview",
    "api:maintenance-preview",
}
ELSEWHERE = dict.fromkeys(("next", "back"), "//evil.example")
FROM_ELSEWHERE = {"referer": "https:evil.example"}
SEE_ALL = {"sam", "ann", "amy"}  # enough of those to whom ours and theirs are alike
OTHERS_TOKENS = {"mia", "ann", "amy"}  # who may list, but only Ann may revoke


def test_every_route_is_in_the_table_and_every_line_names_a_route():
    known = {name for name, _pattern in routes()}
    written = {line.route for line in LINES}

    assert known - written == set(), "Write down in permissions.csv whom these admit."
    assert written - known == set(), "These lines of permissions.csv name no route."


@pytest.mark.parametrize("line", LINES, ids=str)
def test_the_answer_is_the_one_in_the_table(line, world, looks, at_rest):
    def ask(name, whose):
        answer = _ask(line, world, looks, name, whose)
        stray = _stray(line, name, entered=line.route in answer.entered)
        wrong.extend(_complaints((name, whose), stray))
        return answer

    cells = [(name, whose) for name in PEOPLE for whose in _objects(line, name)]
    acts = [c for c in cells if line.method != "GET" and _wanted(line, *c) == "yes"]
    answers, wrong = {}, []
    # Nothing but a successful post may leave a trace, so all others share one look.
    for cell in (cell for cell in cells if cell not in acts):
        answers[cell] = ask(*cell)
        wrong += _complaints(cell, _fault(line, answers[cell], _wanted(line, *cell)))
        wrong += _complaints(cell, ", ".join(told(cell[0], answers[cell])))
    if tables := at_rest.changed():
        wrong.append(f"changed {tables}, by a read or by somebody refused")
    for cell in acts:
        with transaction.atomic():
            answer = ask(*cell)
            wrong += _complaints(cell, _undone(line, answer, at_rest))
            transaction.set_rollback(True)
    for name in PEOPLE:
        wrong += _complaints((name, "theirs"), _tells(line, name, answers))
    assert wrong == []


def _stray(line, name, *, entered):
    """The gate alone says who gets to the view; who is nobody, the API sees there."""
    if name == ANONYMOUS and line.is_api:
        return ""
    if entered == (name in line.gate):
        return ""
    return "came past the gate" if entered else "was kept from the view"


def _objects(line, name):
    """Whose object to ask for; what the route's gate refuses, it refuses for all."""
    if not line.on or line.on in asking.FIXED or name not in line.gate:
        return ("ours",)
    if not asking.has_rival(line):
        # That nothing is there is the same for whoever gets so far.
        return ("ours", "nobody") if name == min(line.gate) else ("ours",)
    if _wanted(line, name, "theirs") == "hidden":
        return ("ours", "theirs", "nobody")
    return ("ours", "theirs") if name in SEE_ALL else ("ours",)


def _ask(line, world, looks, name, whose):
    url = asking.address(line, world, name, whose)
    if line.method == "GET":
        return looks.at(name, url)
    if line.is_api:
        said = asking.payload(line, world, asking.seen(looks, url))
    else:
        said = {**asking.payload(line, world, **ELSEWHERE), "headers": FROM_ELSEWHERE}
    return looks.ask(name, line.method.lower(), url, **said)


def _complaints(cell, fault):
    return [f"{', '.join(cell)}: {fault}"] if fault else []


def _wanted(line, name, whose):
    """ "yes", "login", "no" (403) or "hidden" (404)."""
    if name not in line.gate:
        return "login" if name == ANONYMOUS else "no"
    if whose == "nobody" or (whose == "theirs" and not _sees_theirs(line, name)):
        return "hidden"
    if whose == "theirs" and line.on == "token":
        return "yes" if name == "ann" else "no"
    if not _sees_ours(line, name):
        return "hidden"
    return "yes" if name in line.may else "no"


def _sees_theirs(line, name):
    if line.on in asking.OWN:
        return line.on == "token" and name in OTHERS_TOKENS
    return name not in {"rob", "vic", "dee"}


def _sees_ours(line, name):
    """Vic has not been handed what is new; parts of a snag have their own readers."""
    if line.on.startswith("change."):
        return name not in {"rob", "vic"}  # neither asked for one nor has a part in it
    if line.on in {"clock", "file.inside", "demo"}:
        return name in line.may
    if line.on.startswith(("package", "change")):
        return name not in {"vic", "rob"}  # they have no part in them
    return not (line.on == "snag.new" and name == "vic")


def _fault(line, answer, wanted):
    code = answer.code
    if code >= 500:
        return f"{code}: {answer.start}"
    if urlsplit(answer.location.strip()).netloc not in {"", "testserver"}:
        return f"leads to {answer.location}"
    if wanted == "login":
        ok = code == 401 if line.is_api else _to_login(answer)
        return "" if ok else f"{code} instead of the log-in"
    if wanted == "yes" and line.route.startswith(NEEDS_MORE):
        return "" if code in ANSWERED | STEPS else f"{code} instead of an answer"
    if wanted == "yes":
        ok = code in ANSWERED and not _to_login(answer)
        return "" if ok else f"{code} instead of an answer"
    expected = {"no": 403, "hidden": 404}[wanted]
    return "" if code == expected else f"{code} instead of {expected}"


def _undone(line, answer, at_rest):
    """A post by somebody who may: has it been done?"""
    if fault := _fault(line, answer, "yes"):
        return f"{fault}: {answer.start}"
    if line.route.startswith(NEEDS_MORE) or line.route in KEEPS:
        return ""
    return "" if at_rest.changed() else f"{answer.code}, but nothing changed"


def _to_login(answer):
    return answer.code == 302 and urlsplit(answer.location).path == "/account/login/"


def _tells(line, name, answers):
    """Does the refusal say that something is there?"""
    if not {(name, "theirs"), (name, "nobody")} <= set(answers):
        return ""
    there, not_there = answers[name, "theirs"], answers[name, "nobody"]
    if (there.code, there.digest) != (not_there.code, not_there.digest):
        return "the refusal tells apart what is hidden and what does not exist"
    return ""
