"""The files of a draft: uploaded, declared by their digest, taken out again."""

import hashlib
import unicodedata
import uuid
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from django.db import transaction

from changes import manifest
from changes.models import Package, PackageFile
from changes.services.packages import editable, log
from opsdesk.accounts.models import User
from opsdesk.core import clock
from opsdesk.core.errors import RuleError
from snags.services.files import Upload, check_uploads

MOST_FILES = 2_000


@transaction.atomic
def upload(
    package: Package, *, actor: User, uploads: Iterable[Upload], folder: str = ""
) -> list[PackageFile]:
    """Keep files under `folder` and their own names; the server computes the digests.

    A file of a path that is there is replaced. Stored under a random name.
    """
    package = editable(package, actor)
    kept = check_uploads(uploads)
    prefix = f"{folder.strip('/')}/" if folder.strip("/") else ""
    paths = [_path(prefix, upload) for upload in kept]
    _make_room(package, paths)
    rows = [
        _keep(package, path, upload) for path, upload in zip(paths, kept, strict=True)
    ]
    log(package, "upload", actor=actor, at=clock.now(), paths=paths)
    return rows


@transaction.atomic
def declare(
    package: Package, *, actor: User, entries: Sequence[manifest.Entry]
) -> list[PackageFile]:
    """Name files that stay where they are by size and SHA-256; nothing is stored."""
    package = editable(package, actor)
    paths = [entry.path for entry in entries]
    _make_room(package, paths)
    rows = PackageFile.objects.bulk_create(
        PackageFile(
            package=package, path=entry.path, size=entry.size, sha256=entry.sha256
        )
        for entry in entries
    )
    log(package, "declare", actor=actor, at=clock.now(), paths=paths)
    return rows


@transaction.atomic
def remove(package: Package, row: PackageFile, *, actor: User) -> Package:
    """Take one file out of a draft."""
    package = editable(package, actor)
    package.files.filter(pk=row.pk).delete()
    _forget([row])
    log(package, "remove", actor=actor, at=clock.now(), paths=[row.path])
    return package


def _path(prefix: str, upload: Upload) -> str:
    return unicodedata.normalize("NFC", prefix + (upload.name or ""))


def _make_room(package: Package, paths: Sequence[str]) -> None:
    """Judge the paths together with those that stay, and drop what they replace."""
    rows, named = list(package.files.order_by("path")), set(paths)
    kept = [row for row in rows if row.path not in named]
    _checked(lambda: [manifest.check_path(path) for path in paths])
    _checked(lambda: manifest.check_unique([*(row.path for row in kept), *paths]))
    if len(kept) + len(paths) > MOST_FILES:
        raise RuleError(
            f"A package has at most {MOST_FILES:,} files.", code="too_many_files"
        )
    if replaced := [row for row in rows if row.path in named]:
        package.files.filter(pk__in=[row.pk for row in replaced]).delete()
        _forget(replaced)


def _checked(check: Callable[[], object]) -> None:
    try:
        check()
    except manifest.ManifestError as error:
        raise RuleError(str(error), code="bad_path") from error


def _keep(package: Package, path: str, upload: Upload) -> PackageFile:
    digest, size = hashlib.sha256(), 0
    for chunk in upload.chunks():
        digest.update(chunk)
        size += len(chunk)
    upload.seek(0)
    row = PackageFile(package=package, path=path, size=size, sha256=digest.hexdigest())
    stored = uuid.uuid4().hex
    row.file.save(f"{stored[:2]}/{stored}", upload, save=False)
    row.save()
    return row


def _forget(rows: Sequence[PackageFile]) -> None:
    """Delete stored copies once it is sure that nothing names them any more."""
    for row in rows:
        if row.file:
            transaction.on_commit(partial(row.file.storage.delete, str(row.file.name)))
