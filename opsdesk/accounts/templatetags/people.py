from typing import Any

from django import template

from opsdesk.accounts.queries import demo_people

register = template.Library()


@register.inclusion_tag("accounts/_demo_logins.html", takes_context=True)
def demo_logins(context: dict[str, Any]) -> dict[str, Any]:
    """One button a demo person, on the sign-in page; nothing outside development."""
    request = context["request"]
    return {
        "people": demo_people(),
        "request": request,
        "next": request.GET.get("next", ""),
        "csrf_token": context.get("csrf_token"),
    }


# What to look for in a user agent, the more particular name first.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


@register.filter
def device(user_agent: str) -> str:
    """“Firefox on Windows”: enough to know one's own devices by."""
    browser = _first(BROWSERS, user_agent) or "Another program"
    system = _first(SYSTEMS, user_agent)
    return f"{browser} on {system}" if system else browser


def _first(names: tuple[tuple[str, str], ...], text: str) -> str:
    return next((name for mark, name in names if mark in text), "")
