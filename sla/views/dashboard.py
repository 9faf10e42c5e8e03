from django.core.cache import cache
from django.http import Http404, HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from opsdesk.accounts.access import INTERNAL
from opsdesk.core.exports import export_table
from opsdesk.core.http import UserRequest
from opsdesk.core.policy import policy
from sla.forms.period import PERIODS
from sla.views.asking import Asked, asked
from sla.views.plots import plots
from sla.views.tables import LINES, TITLES, table
from sla.views.tiles import tiles
from sla.views.words import head, notes, waiting

# As long as the rollup's own interval; a new count has a new key at once.
KEEP_SECONDS = 60


@policy(*INTERNAL)
def dashboard(request: UserRequest) -> HttpResponseBase:
    what = asked(request)
    context = {
        **head(what),
        "form": what.form,
        "chosen": what.chosen,
        "periods": PERIODS,
        "dates_shown": what.chosen.period == "custom" or bool(what.form.errors),
        "body": _body(request, what),
    }
    return render(request, "sla/dashboard.html", context)


@policy(*INTERNAL)
def board_table(request: UserRequest, name: str, fmt: str = "") -> HttpResponseBase:
    what = asked(request)
    if name not in TITLES or (name in LINES and what.chosen.team):
        raise Http404("There is no such table for this choice.")
    shown = table(what.board(request.user), name)
    if fmt:
        return export_table(shown.title, shown.file_header, shown.as_rows(), fmt)
    context = {"table": shown, "query": what.query}
    return render(request, "sla/table.html", context | head(what))


def _body(request: UserRequest, what: Asked) -> SafeString:
    """The page's figures, drawn once a minute for all who see the same rows."""
    key = f"board:{what.key}"
    body: str | None = cache.get(key)
    if body is None:
        body = str(render_to_string("sla/_board.html", _figures(request, what)))
        cache.set(key, body, KEEP_SECONDS)
    return SafeString(body)


def _figures(request: UserRequest, what: Asked) -> dict[str, object]:
    board = what.board(request.user)
    everybody = request.GET.copy()
    everybody.pop("team", None)
    return {
        **notes(board, what),
        "board": board,
        "chosen": what.chosen,
        "query": what.query,
        "all_teams": everybody.urlencode(),
        "tiles": tiles(board),
        "plots": plots(board),
        "decisions": waiting(board, what.fresh.now),
        "tables": [table(board, name) for name in LINES if board.tables],
    }
