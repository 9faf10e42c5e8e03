"""What the database's refusals about snags mean, in words."""

_DATE = ("bad_time", "A date must lie between the years 2000 and 2100.")

SENTENCES: dict[str, tuple[str, str]] = {
    "import_profile_name_is_not_empty": ("name_missing", "Give the profile a name."),
    "one_golive_per_name": ("name_taken", "There is already a go-live of this name."),
    "golive_name_is_not_empty": ("name_missing", "Give the go-live a name."),
    "golive_went_live_on_is_sane": _DATE,
    "one_snaglist_per_name": ("name_taken", "There is already a list of this name."),
    "snaglist_name_is_not_empty": ("name_missing", "Give the list a name."),
    "one_process_per_name": ("name_taken", "There is already a process of this name."),
    "process_name_is_not_empty": ("name_missing", "Give the process a name."),
    "snag_title_is_not_empty": ("title_missing", "Say in one line what is wrong."),
    "snag_has_an_owner_once_triaged": (
        "owner_missing",
        "Somebody must answer for it once it is triaged.",
    ),
    "snag_waiting_says_for_whom": ("waiting_for", "Say for whom it waits."),
    "snag_handed_to_iff_waiting_for_supplier": (
        "supplier_missing",
        "A supplier has it exactly while it waits for that supplier.",
    ),
    "snag_resolved_at_iff_finished": (
        "bad_state",
        "A snag has a time of resolution exactly when it is finished.",
    ),
    "snag_closed_at_iff_closed": (
        "bad_state",
        "A snag has a time of closing exactly when it is closed.",
    ),
    "snag_resolution_iff_finished": (
        "resolution_missing",
        "Say how it was resolved; an open snag has no resolution.",
    ),
    "snag_process_is_settled_in_the_system": (
        "resolution_not_allowed",
        "A process is put right in the system: an answer alone does not settle it.",
    ),
    "snag_duplicate_names_the_original": (
        "bad_merge",
        "A merged snag is closed as a duplicate.",
    ),
    "snag_is_not_its_own_duplicate": (
        "same_snag",
        "A snag cannot be merged into itself.",
    ),
    "snag_finished_has_nothing_due": (
        "bad_state",
        "A finished snag has nothing due any more.",
    ),
    "snag_auto_close_only_while_resolved": (
        "bad_state",
        "Only a resolved snag closes by itself.",
    ),
    "snag_sensitive_is_not_shared": (
        "sensitive",
        "It holds sensitive data; it stays private.",
    ),
    "snag_priority_is_known": (
        "bad_priority",
        "Priority is 1 to 4; impact and urgency are 1 to 3.",
    ),
    "snag_revisit_names_the_decision": (
        "decision_missing",
        "Say which decision should be revisited.",
    ),
    "snag_extend_says_what_is_added": (
        "addition_missing",
        "Say what should be added.",
    ),
    "snag_unforeseen_says_when_first_seen": (
        "first_seen_missing",
        "Say when it was first seen.",
    ),
    "snag_data_enquiry_says_by_when": (
        "needed_by_missing",
        "Say by when the data are needed.",
    ),
    "snag_times_in_order": (
        "bad_time",
        "It is reported first, then resolved, then closed.",
    ),
    **{
        f"snag_{name}_is_sane": _DATE
        for name in (
            "reported_at",
            "resolved_at",
            "closed_at",
            "auto_close_at",
            "next_due_at",
            "at_risk_from",
            "updated_at",
            "event_at",
            "observed_on",
            "first_seen_on",
            "needed_by_on",
        )
    },
    "one_open_handover": ("already_there", "A supplier has it already."),
    "handover_ends_after_start": (
        "bad_time",
        "A hand-over cannot end before it began.",
    ),
    "one_open_pause": ("already_waiting", "It is on hold already."),
    "pause_ends_after_start": ("bad_time", "A wait cannot end before it began."),
    **{
        f"{name}_is_sane": _DATE
        for name in (
            "handover_from_at",
            "handover_to_at",
            "handover_end_recorded_at",
            "handover_acknowledged_at",
            "pause_from_at",
            "pause_to_at",
            "snag_comment_at",
            "effort_spent_on",
        )
    },
    "snag_comment_supplier_only_for_supplier": (
        "no_supplier",
        "Only a word to a supplier names one.",
    ),
    "snag_comment_body_is_not_empty": ("no_text", "Write something first."),
    "snag_attachment_name_is_not_empty": ("name_missing", "The file needs a name."),
    "effort_fits_in_a_day": (
        "bad_minutes",
        "Time spent is 1 to 1,440 minutes: at most a day.",
    ),
}
