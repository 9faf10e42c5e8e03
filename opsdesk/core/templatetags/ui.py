"""The tags every template has without loading them; docs/ui.md shows each in use."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django import forms, template
from django.core.paginator import Page
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from opsdesk.core import assets, clock, markup, text, wording
from opsdesk.core import forms as ours
from opsdesk.core.gates import Finding

register = template.Library()

for tag in (
    markup.icon,
    markup.avatar,
    markup.prio,
    markup.status,
    markup.pill,
    markup.sla,
    markup.kbd,
):
    register.simple_tag(tag)

register.filter("minutes", wording.minutes)
register.filter("file_size", wording.file_size)
register.filter("capped", wording.capped)
register.filter("markdown", text.to_html)
register.filter("full_moment", wording.full_moment)


@register.simple_tag(takes_context=True)
def ago(context: template.Context, at: datetime) -> str:
    """How long ago, by the page's `now`."""
    return wording.ago(at, _now(context))


@register.simple_tag(takes_context=True)
def moment(
    context: template.Context, at: datetime | None, extra: str = ""
) -> SafeString:
    """An instant in the reader's zone, by the page's `now`."""
    return markup.clock_time(at, _now(context), extra)


@register.filter
def several(count: int, noun: str) -> str:
    """{{ 4|several:"snag" }} is 4 snags; {{ n|several:"duty,duties" }} for the odd."""
    one, _, many = noun.partition(",")
    return wording.several(count, one, many)


@register.filter
def toast_icon(level: str) -> str:
    return TOAST_ICONS.get(level, "info")


TOAST_ICONS = {
    "error": "octagon-alert",
    "warning": "triangle-alert",
    "success": "circle-check",
}


@register.filter
def get(mapping: Mapping[str, Any], key: str) -> Any:
    return mapping.get(key)


@register.filter
def standing(findings: Iterable[Finding] | None, wanted: str) -> list[Finding]:
    """The gates that are unmet, waived or met, in their order."""
    return [found for found in findings or () if found.standing == wanted]


@register.simple_tag(takes_context=True)
def qs(context: template.Context, **changes: object) -> str:
    """The page's address with some parameters changed; None or "" drops one."""
    query = context["request"].GET.copy()
    for name, value in changes.items():
        if value is None or value == "":
            query.pop(name, None)
        else:
            query[name] = str(value)
    return f"?{query.urlencode()}" if query else "?"


@register.simple_tag
def route(name: str, *args: object) -> str:
    """A page's address, or nothing while that page does not exist yet."""
    return address(name, *args) or ""


def address(name: str, *args: object) -> str | None:
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return None


@register.simple_tag
def form_token() -> SafeString:
    """A fresh key: the same form sent twice is done once (core.http.once)."""
    return format_html(
        '<input type="hidden" name="form_token" value="{}">', ours.new_token()
    )


@register.simple_tag
def font_preload() -> SafeString | str:
    """Ask for the font early, where there is one."""
    if not assets.has_font():
        return ""
    return format_html(
        '<link rel="preload" href="{}" as="font" type="font/woff2" crossorigin>',
        static(assets.FONT),
    )


@register.simple_tag
def field(bound: forms.BoundField, extra: str = "") -> SafeString:
    """One field with label, help and errors; `extra` may be "wide"."""
    bound.extra = extra  # type: ignore[attr-defined]
    return bound.as_field_group()


@register.inclusion_tag("ui/_pager.html", takes_context=True)
def pager(
    context: template.Context, page: Page[Any] | None, name: str = "page"
) -> dict[str, Any]:
    """Older, newer and where one is; nothing when it all fits on one page.

    `name` is the parameter of the address, for a page with several lists.
    """
    before = after = ""
    if page and page.has_previous():
        before = qs(context, **{name: page.previous_page_number()})
    if page and page.has_next():
        after = qs(context, **{name: page.next_page_number()})
    return {"page": page, "before": before, "after": after, "name": name}


@register.inclusion_tag("ui/_steps_pager.html")
def older_newer(newer: str = "", older: str = "", note: str = "") -> dict[str, str]:
    """For lists that are walked, not counted: two addresses, either may be empty."""
    return {"newer": newer, "older": older, "note": note}


@register.inclusion_tag("ui/_empty.html")
def empty(sign: str, title: str, why: str = "", *actions: str) -> dict[str, Any]:
    """Nothing here: what is true and what to do next, as label and address in turn."""
    pairs = list(zip(actions[::2], actions[1::2], strict=True))
    return {"sign": sign, "title": title, "why": why, "actions": pairs}


def _now(context: template.Context) -> datetime:
    """The instant the page was made, the same for every row of it.

    A view may set `now`; else the frame has read the database clock already.
    """
    frame = context.get("frame")
    return context.get("now") or (frame.now if frame else clock.now())
