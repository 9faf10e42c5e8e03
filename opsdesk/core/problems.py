"""What the API says when it says no, wherever that is decided (RFC 9457)."""

from typing import Any

from django.http import HttpRequest, JsonResponse

DATABASE_AWAY = "The database cannot be reached just now."


def problem(status: int, code: str, detail: str, **more: Any) -> JsonResponse:
    """Every refusal in one shape: type, title, status, code, detail."""
    body = {
        "type": f"urn:opsdesk:problem:{code}",
        "title": code.replace("_", " ").capitalize(),
        "status": status,
        "code": code,
        "detail": detail,
        **more,
    }
    return JsonResponse(body, status=status, content_type="application/problem+json")


def is_for_api(request: HttpRequest) -> bool:
    """Is a program asking, which cannot read a page?"""
    return request.path.startswith("/api/")
