"""The packages of the demo's changes: small real files, sealed as they would be."""

import hashlib
from datetime import timedelta

from django.core.files.base import ContentFile

from changes import manifest
from changes.models import Package, PackageEvent, PackageFile
from opsdesk.site.demo.change_lives import Life


def seal_all(lives: list[Life]) -> None:
    """Drafted with their files, then sealed: the database checks each digest."""
    Package.objects.bulk_create(life.package for life in lives)
    files = [row for life in lives for row in _files(life)]
    PackageFile.objects.bulk_create(files)
    for life in lives:
        package = life.package
        mine = [row for row in files if row.package is package]
        entries = [manifest.Entry(row.path, row.size, row.sha256) for row in mine]
        package.sha256 = manifest.digest(entries)
        package.state = Package.State.SEALED
        package.sealed_at = life.drafted_at - timedelta(minutes=20)
        package.sealed_by = package.author
    packages = [life.package for life in lives]
    columns = ["state", "sha256", "sealed_at", "sealed_by"]
    Package.objects.bulk_update(packages, columns)
    for life in lives:
        Package.history.bulk_history_create(
            [life.package], default_user=life.author, default_date=life.drafted_at
        )
    PackageEvent.objects.bulk_create(
        event for life in lives for event in _events(life, files)
    )


def _files(life: Life) -> list[PackageFile]:
    """What is run, how it is undone, and a word to whoever does it."""
    told = life.told
    name = f"{told.component.lower()}-{told.label}"
    comment = f"-- {told.component} {told.label}: {told.title}\n"
    step = "update ad_sysconfig set value = '{}' where name = '{}';\n"
    key = told.component.replace("-", "_")
    texts = {
        f"sql/{name}.sql": comment + step.format(told.label, key),
        f"sql/{name}-undo.sql": comment + step.format("before", key),
        "README.txt": f"{told.title}.\n\nRun the script, then ask {told.area}.\n",
    }
    return [_keep(life.package, path, text.encode()) for path, text in texts.items()]


def _keep(package: Package, path: str, body: bytes) -> PackageFile:
    """Stored under its digest, so that loading again stores nothing again."""
    digest = hashlib.sha256(body).hexdigest()
    row = PackageFile(package=package, path=path, size=len(body), sha256=digest)
    name, storage = f"{digest[:2]}/{digest[:32]}", row.file.storage
    if not storage.exists(name):
        storage.save(name, ContentFile(body))
    row.file.name = name
    return row


def _events(life: Life, files: list[PackageFile]) -> list[PackageEvent]:
    package, author = life.package, life.author
    assert package.sealed_at is not None
    paths = [row.path for row in files if row.package is package]
    lines = (
        (50, "draft", {"supersedes": ""}),
        (30, "upload", {"paths": paths}),
        (0, "seal", {"sha256": package.sha256, "files": len(paths)}),
    )
    return [
        PackageEvent(
            package=package,
            verb=verb,
            params=params,
            actor=author,
            at=package.sealed_at - timedelta(minutes=minutes),
        )
        for minutes, verb, params in lines
    ]
