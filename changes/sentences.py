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
PROMOTIONS: dict[str, tuple[str, str]] = {
    "one_promotion_per_attempt": ("replay", "That attempt is planned already."),
    "one_live_promotion_per_change": ("replay", "It is scheduled there already."),
    "promoted_once_per_revision": ("replay", "It was promoted there before."),
    "promotion_started_by_somebody": ("not_now", "Somebody must start it."),
    "promotion_succeeds_with_its_own_digest": (
        "digest_mismatch",
        "Only what was approved can succeed.",
    ),
    "promotion_finished_iff_over": ("not_now", "It has not ended."),
    "rollback_undoes_something": ("not_now", "A roll-back undoes a promotion."),
    "one_step_per_place": ("bad_step", "The run sheet holds that step already."),
    "step_done_by_somebody": ("bad_step", "Somebody must have done it."),
    "promotion_step_title_is_not_empty": ("bad_step", "A step needs words."),
    "waived_once": ("waived", "That gate was waived already."),
    "waiver_reason_is_not_empty": ("reason_missing", "Say why it may be passed."),
    "one_override_per_freeze": ("asked", "Leave was asked for already."),
    "override_reason_is_not_empty": ("reason_missing", "Say why it cannot wait."),
    "owed_once": ("owed", "That is owed already."),
    "one_unreviewed_break_glass": (
        "break_glass",
        "The glass was broken there before and nobody has judged it.",
    ),
    "waived_duty_says_why": ("reason_missing", "Say why it need not be done."),
    "one_test_per_area_and_person": (
        "asked",
        "That person is asked to test this there already.",
    ),
    "user_test_area_is_not_empty": ("area_missing", "Name the business area."),
    "one_live_verdict_per_area": (
        "stale",
        "Somebody else has just given a verdict for this area. Look at it first.",
    ),
    "conditions_are_named": ("conditions_missing", "Name the conditions."),
    "failed_cases_were_run": ("bad_cases", "More failed than were tried."),
    "revoked_sign_off_says_why": ("reason_missing", "Say why it is taken back."),
    "sign_off_area_is_not_empty": ("area_missing", "Name the business area."),
    **{
        f"{name}_is_sane": _DATE
        for name in (
            "promotion_created_at",
            "promotion_started_at",
            "promotion_finished_at",
            "promotion_step_done_at",
            "waiver_at",
            "waiver_until",
            "sign_off_at",
            "sign_off_superseded_at",
            "sign_off_revoked_at",
        )
    },
}
SENTENCES = {**PACKAGES, **CHANGES, **PROMOTIONS}
