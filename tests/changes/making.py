"""Ready-made rows of changes; anything with rules is made by its service."""

from django.core.files.uploadedfile import SimpleUploadedFile

from changes.services import files, packages
from environments.models import Component


def make_component(landscape, code="APP", **extra):
    defaults = {"name": f"{code} of the ERP", "kind": "application", **extra}
    return Component.objects.get_or_create(
        landscape=landscape, code=code, defaults=defaults
    )[0]


def make_draft(component, author, label="1.1", **extra):
    fields = {"package_class": "patch", **extra}
    return packages.draft(actor=author, component=component, label=label, **fields)


def make_file(name="run.sql", content=b"select 1;\n"):
    return SimpleUploadedFile(name, content)


def make_package(component, author, label="1.1", content=b"select 1;\n", **extra):
    """A sealed package of two files."""
    package = make_draft(component, author, label, **extra)
    pair = [make_file("run.sql", content), make_file("undo.sql", b"select 0;\n")]
    files.upload(package, actor=author, uploads=pair, folder="sql")
    return packages.seal(package, actor=author)
