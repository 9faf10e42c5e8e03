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
CHANGES: dict[str, tuple[str, str]] = {
    "change_title_is_not_empty": ("title_missing", "Say in one line what changes."),
    "change_with_a_package_once_submitted": (
        "package_missing",
        "Nothing is changed without a package.",
    ),
    "change_envelope_in_order": (
        "bad_envelope",
        "It must end after it begins at the earliest.",
    ),
    "statutory_change_names_the_law": (
        "law_missing",
        "Name the law or authority, and from when it is in force.",
    ),
    "standard_change_has_a_template": (
        "template_missing",
        "A standard change is made from a template.",
    ),
    "held_change_says_why": ("reason_missing", "Say why it is on hold."),
    "closed_change_says_how": ("closure_missing", "Say how it ended."),
    "one_target_per_environment": (
        "target_twice",
        "It goes to this environment already.",
    ),
    "slot_lasts": ("bad_slot", "A slot must end after it begins."),
    "exclusive_slots_do_not_overlap": (
        "slot_taken",
        "Another change has just booked that environment for that time."
        " Choose another slot.",
    ),
    "one_revision_per_number": (
        "stale",
        "Somebody else changed this while you were writing.",
    ),
    "change_comment_body_is_not_empty": ("no_text", "Write something first."),
    "one_template_per_number": (
        "template_taken",
        "Somebody has just proposed this template. Look at theirs first.",
    ),
    "one_live_template_per_code": (
        "template_in_force",
        "A template of this code is in force already.",
    ),
    "template_title_is_not_empty": ("title_missing", "Give the template a title."),
    **{
        f"{name}_is_sane": _DATE
        for name in (
            "change_earliest_start",
            "change_latest_end",
            "change_legal_on",
            "change_closed_at",
            "change_comment_at",
            "template_expires_on",
            "review_at",
        )
    },
}
SENTENCES = {**PACKAGES, **CHANGES}
