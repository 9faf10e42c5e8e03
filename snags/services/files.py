"""Files on snags: a random stored name, a digest, and hard limits."""

import hashlib
import unicodedata
import uuid
from collections.abc import Iterable
from pathlib import PurePath
from typing import TypeAlias

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from opsdesk.accounts.models import User
from opsdesk.core.errors import RuleError, require
from opsdesk.core.models import Comment
from snags import permissions
from snags.models import Snag, SnagAttachment, SnagComment

Upload: TypeAlias = "UploadedFile[bytes]"


def check_uploads(uploads: Iterable[Upload]) -> tuple[Upload, ...]:
    """Refuse what may not be kept before any of it is: nothing is left half stored."""
    found = tuple(uploads)
    if len(found) > settings.ATTACHMENTS_PER_POST:
        raise RuleError(
            f"At most {settings.ATTACHMENTS_PER_POST} files at once.",
            code="too_many_files",
        )
    for upload in found:
        _check(upload)
    return found


@transaction.atomic
def attach(
    snag: Snag,
    upload: Upload,
    *,
    actor: User,
    comment: SnagComment | None = None,
) -> SnagAttachment:
    """Keep a file with the snag, readable by whoever may read the comment it came with.

    Stored under a random name without an extension; the original name is only text.
    """
    require(permissions.can_answer(actor, snag))
    size = _check(upload)
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    upload.seek(0)
    name = clean_name(upload.name)
    stored = uuid.uuid4().hex
    attachment = SnagAttachment(
        snag=snag,
        comment=comment,
        audience=comment.audience if comment else Comment.Audience.EVERYONE,
        name=name,
        size=size,
        sha256=digest.hexdigest(),
        added_by=actor,
    )
    attachment.file.save(f"{stored[:2]}/{stored}", upload, save=False)
    attachment.save()
    return attachment


def _check(upload: Upload) -> int:
    size = upload.size or 0
    if not size:
        raise RuleError(f"“{clean_name(upload.name)}” is empty.", code="file_empty")
    if size > settings.ATTACHMENT_MAX_BYTES:
        limit = settings.ATTACHMENT_MAX_BYTES // (1024 * 1024)
        raise RuleError(
            f"“{clean_name(upload.name)}” is larger than {limit} MB.",
            code="file_too_large",
        )
    return size


def clean_name(name: str | None) -> str:
    """The file's own name without folders, control or direction-changing characters."""
    base = PurePath((name or "").replace("\\", "/")).name
    kept = "".join(c for c in base if unicodedata.category(c) not in {"Cc", "Cf", "Cs"})
    if len(kept) > 255:
        path = PurePath(kept)
        kept = path.stem[: 250 - len(path.suffix[:20])] + path.suffix[:20]
    return kept.strip(" .") or "file"
