"""What the database's refusals about promises mean, in words."""

_DATE = ("bad_time", "A date must lie between the years 2000 and 2100.")

SENTENCES: dict[str, tuple[str, str]] = {
    "sla_servicecalendar_name_key": (
        "name_taken",
        "There is already a calendar of this name.",
    ),
    "calendar_name_is_not_empty": ("name_missing", "Give the calendar a name."),
    "calendar_version_numbered_once": (
        "stale",
        "Somebody else changed this while you were writing.",
    ),
    "one_calendar_version_from_an_instant": (
        "same_instant",
        "A version counts from that very instant already; correct it instead.",
    ),
    "calendar_version_effective_from_is_sane": _DATE,
    "sla_contract_name_key": (
        "name_taken",
        "There is already a contract of this name.",
    ),
    "contract_name_is_not_empty": ("name_missing", "Give the contract a name."),
    "one_active_sla_per_landscape": (
        "one_agreement",
        "Another agreement with the business covers this landscape already.",
    ),
    "contract_version_numbered_once": (
        "stale",
        "Somebody else changed this while you were writing.",
    ),
    "one_contract_version_from_an_instant": (
        "same_instant",
        "A version counts from that very instant already; correct it instead.",
    ),
    "contract_compliance_is_a_share": (
        "bad_share",
        "The share to be met is 1 to 100 percent.",
    ),
    "contract_auto_close_is_bounded": (
        "bad_days",
        "Silence closes a snag after 1 to 60 working days.",
    ),
    "contract_version_effective_from_is_sane": _DATE,
    "one_target_per_kind_and_priority": (
        "target_twice",
        "A priority has one target of a kind.",
    ),
    "target_is_minutes_or_days": (
        "bad_target",
        "A target is in minutes or in working days, above zero.",
    ),
    "target_is_bounded": ("bad_target", "A target is at most ten years."),
    "target_priority_is_known": ("bad_priority", "Priorities are P1 to P4."),
    "sla_holidayfeed_name_key": ("name_taken", "There is already a file of this name."),
}
