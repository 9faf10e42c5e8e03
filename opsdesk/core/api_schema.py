"""What the schema says of every operation: how a refusal looks (RFC 9457)."""

from typing import Any

PROBLEM = {
    "type": "object",
    "description": "Why it was refused; `code` is for programs, `detail` for people.",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "fields": {
            "type": "object",
            "additionalProperties": True,
            "description": "What is wrong with each field, for bad input.",
        },
        "gates": {
            "type": "array",
            "items": {"type": "object", "additionalProperties": True},
            "description": "What every gate says, when one is not met.",
        },
        "yours": {
            "type": "object",
            "additionalProperties": True,
            "description": "What you sent, when somebody else was faster.",
        },
        "theirs": {
            "type": "object",
            "additionalProperties": True,
            "description": "What is there now, when somebody else was faster.",
        },
    },
    "required": ["code", "detail", "status"],
}
METHODS = {"get", "put", "post", "delete", "patch"}


def describe_refusals(result: dict[str, Any], **_: object) -> dict[str, Any]:
    """Every operation may be refused, always in the one shape."""
    result.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM
    shape = {"schema": {"$ref": "#/components/schemas/Problem"}}
    refusal = {
        "description": "Refused, with the reason.",
        "content": {"application/problem+json": shape},
    }
    for operations in result["paths"].values():
        for method in METHODS & set(operations):
            operations[method]["responses"].setdefault("4XX", refusal)
    return result
