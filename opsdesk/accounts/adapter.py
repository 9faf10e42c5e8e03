"""How log-in behaves here: no sign-up, mail through the outbox, links to SITE_URL."""

import base64
import secrets
from typing import Any

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme

from opsdesk.accounts import links
from opsdesk.accounts.http import proved_identity_recently, too_many_requests
from opsdesk.accounts.models import User
from opsdesk.accounts.permissions import must_carry_second_factor
from opsdesk.accounts.services import mail, people

log = structlog.get_logger()

RESET = "account/email/password_reset_key"
LOCKED_FOR = 300  # seconds; the longest of ACCOUNT_RATE_LIMITS["login_failed"]


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are made by an access administrator; nobody signs up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_safe_url(self, url: str) -> bool:
        """Only addresses of ours, seen from the root: `next` leads nowhere else."""
        inside = url.startswith("/") and not url.startswith(("//", "/\\"))
        return inside and url_has_allowed_host_and_scheme(url, allowed_hosts=None)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Too many wrong passwords are an answer of their own (429), not a typo."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError as error:
            page = too_many_requests(request, retry_after=LOCKED_FOR)
            raise ImmediateHttpResponse(page) from error

    def pre_login(
        self, request: HttpRequest, user: User, **kwargs: Any
    ) -> HttpResponse | None:
        """A service account has tokens; it never signs in."""
        response: HttpResponse | None = (
            self.respond_user_inactive(request, user)
            if user.is_service
            else super().pre_login(request, user, **kwargs)
        )
        return response

    def set_password(self, user: User, password: str) -> None:
        changed = people.set_password(user, password=password)
        user.password = changed.password  # the session that asked is kept by its hash

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """A fresh sign-in is proof enough; allauth alone would ask twice."""
        return not proved_identity_recently(context.request)

    def get_reset_password_from_key_url(self, key: str) -> str:
        return links.reset_link(key)

    def send_password_reset_mail(
        self, user: User, email: str, context: dict[str, Any]
    ) -> None:
        """To the stored address, not to what was typed; a service account has none."""
        if user.is_service or not user.is_active:
            self.send_mail("account/email/unknown_account", email, {})
            return
        super().send_password_reset_mail(user, user.email, context)

    def send_mail(
        self, template_prefix: str, email: str, context: dict[str, Any]
    ) -> None:
        """Owe the mail; a worker sends it, so that an answer takes equally long.

        An address nobody has costs the same work and leaves nothing behind: the form
        cannot be used to find out who is here, nor to send mail to strangers.
        """
        nobody = template_prefix.endswith("unknown_account")
        template_prefix = template_prefix if not nobody else RESET
        values = {"email": email, "site_url": settings.SITE_URL, **context}
        if nobody:
            values["password_reset_url"] = links.set_password_link(User(pk=0))
        post = mail.mail_nobody if nobody else mail.mail
        post(
            to=email,
            subject=render_to_string(f"{template_prefix}_subject.txt", values),
            body=render_to_string(f"{template_prefix}_message.txt", values),
        )


class MfaAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Second factors: secrets encrypted at rest; who owes one cannot drop it."""

    def encrypt(self, text: str) -> str:
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """What no key of ours opens becomes a secret that no code can match."""
        try:
            return _box().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            log.warning("second_factor_unreadable")
            return base64.b32encode(secrets.token_bytes(20)).decode()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        owed = settings.MFA_REQUIRED_FOR_POWER
        return not (owed and must_carry_second_factor(authenticator.user))


def _box() -> MultiFernet:
    """Encrypts with the secret key; still reads what an earlier key wrote."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_derived(key)) for key in keys])


def _derived(secret: str) -> bytes:
    kdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"opsdesk second factor")
    return base64.urlsafe_b64encode(kdf.derive(secret.encode()))
