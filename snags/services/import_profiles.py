"""Saving what another layout's columns mean."""

import json
from pathlib import Path
from typing import Any

import yaml
from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import transaction

from opsdesk.core.errors import RuleError
from snags.importing.profile import ProfileError, parse_profile
from snags.models import ImportProfile

LARGEST = 1_000_000


@transaction.atomic
def save_profile(
    name: str, *, mapping: dict[str, Any], description: str = ""
) -> ImportProfile:
    """Check a mapping and keep it under a name, replacing what had that name."""
    try:
        validate_slug(name)
        parse_profile(name, mapping)
    except ValidationError as error:
        raise RuleError(
            "A profile's name has letters, digits, hyphens and underscores only.",
            code="bad_name",
        ) from error
    except ProfileError as error:
        raise RuleError(str(error), code="bad_profile") from error
    described = description or str(mapping.get("description") or "")
    if len(name) > 60 or len(described) > 200:
        raise RuleError(
            "A profile's name has at most 60 characters, its description 200.",
            code="too_long",
        )
    row = ImportProfile.objects.select_for_update(no_key=True).filter(name=name).first()
    if row is None:
        row = ImportProfile(name=name, version=0)
    row.mapping = mapping
    row.description = described or row.description
    row.version += 1
    row.save()
    return row


def read_mapping(path: Path) -> dict[str, Any]:
    """The mapping in a JSON or YAML file; raises RuleError."""
    try:
        if path.stat().st_size > LARGEST:
            raise RuleError(f"{path} is too large for a profile.", code="bad_file")
        text = path.read_text(encoding="utf-8-sig")
        mapping = (
            yaml.safe_load(text)
            if path.suffix in {".yaml", ".yml"}
            else json.loads(text)
        )
    except OSError as error:
        raise RuleError(
            f"{path} cannot be read: {error.strerror}.", code="bad_file"
        ) from error
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        raise RuleError(
            f"{path} is not JSON or YAML: {error}", code="bad_file"
        ) from error
    if not isinstance(mapping, dict):
        raise RuleError(f"{path} is not an object with keys.", code="bad_file")
    return mapping
