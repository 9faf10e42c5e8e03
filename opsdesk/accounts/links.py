"""Addresses that leave the house in a mail: below SITE_URL, whatever was asked."""

from allauth.account import app_settings
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.urls import reverse

from opsdesk.accounts.models import User


def absolute(path: str) -> str:
    return f"{settings.SITE_URL}{path}"


def set_password_link(person: User) -> str:
    """Lets its bearer choose the person's password once, for PASSWORD_RESET_TIMEOUT."""
    key = app_settings.PASSWORD_RESET_TOKEN_GENERATOR().make_token(person)
    return reset_link(f"{user_pk_to_url_str(person)}-{key}")


def reset_link(key: str) -> str:
    path = reverse("account_reset_password_from_key", args=["UID", "KEY"])
    return absolute(path.replace("UID-KEY", key))
