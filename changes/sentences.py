"""What the database's refusals about changes mean, in words."""

_DATE = ("bad_time", "A date must lie between the years 2000 and 2100.")

PACKAGES: dict[str, tuple[str, str]] = {
    "one_package_per_label": (
        "label_taken",
        "There is a package of this component with this version already.",
    ),
    "package_label_is_not_empty": ("label_missing", "Say which version it is."),
    "sealed_package_has_a_digest": (
        "not_sealed",
        "A package has a digest exactly once it is sealed.",
    ),
    "one_file_per_path": (
        "path_taken",
        "The package holds a file of this path; some hosts do not tell a from A.",
    ),
    "package_file_path_is_not_empty": ("bad_path", "A file needs a path."),
    "sealed_package_stays": (
        "sealed",
        "The package is sealed: nothing in it changes any more.",
    ),
    "digest_is_of_the_files": (
        "bad_digest",
        "The digest is not that of the files; nothing was sealed.",
    ),
    "one_live_block": ("already_blocked", "The package is blocked already."),
    "package_block_reason_is_not_empty": ("reason_missing", "Say why it is blocked."),
    "package_sealed_at_is_sane": _DATE,
    "package_block_at_is_sane": _DATE,
    "package_block_lifted_at_is_sane": _DATE,
    "package_event_at_is_sane": _DATE,
}
SENTENCES = {**PACKAGES}
