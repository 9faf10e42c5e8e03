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
