"""What the database's refusals about people mean, in words."""

SENTENCES: dict[str, tuple[str, str]] = {
    "one_organisation": (
        "organisation_exists",
        "There is already an organisation; one installation serves one.",
    ),
    "party_is_not_its_own_parent": (
        "party_in_itself",
        "Nothing can be part of itself.",
    ),
    "party_name_is_not_empty": ("name_missing", "Give it a name."),
    "accounts_party_name_key": ("name_taken", "There is already one of this name."),
    "one_user_per_email": (
        "email_taken",
        "Somebody already signs in with this e-mail address.",
    ),
    "accounts_user_email_key": (
        "email_taken",
        "Somebody already signs in with this e-mail address.",
    ),
    "user_name_is_not_empty": ("name_missing", "Everybody has a name."),
    "membership_supplier_iff_contact": (
        "supplier_missing",
        "Name the supplier for a supplier contact, and only for one.",
    ),
    "membership_ends_after_start": (
        "ends_before_start",
        "The last day comes before the first.",
    ),
    "one_membership_per_role_and_scope": (
        "role_held",
        "They already hold this role there.",
    ),
    "membership_starts_on_is_sane": ("bad_date", "Choose a day between 2000 and 2100."),
    "membership_ends_on_is_sane": ("bad_date", "Choose a day between 2000 and 2100."),
    "role_request_is_not_for_oneself": (
        "own_role",
        "You cannot change your own roles; ask another access administrator.",
    ),
    "role_request_takes_a_second_person": (
        "second_person_missing",
        "A second access administrator decides this.",
    ),
    "role_request_is_decided_or_pending": (
        "request_decided",
        "This request has already been decided.",
    ),
    "one_pending_request_per_role_and_scope": (
        "request_pending",
        "This role has been asked for already and waits for a second person.",
    ),
    "role_request_reason_is_not_empty": (
        "reason_missing",
        "Say why: somebody else has to confirm this role.",
    ),
    "role_request_starts_on_is_sane": (
        "bad_date",
        "Choose a day between 2000 and 2100.",
    ),
    "role_request_ends_on_is_sane": ("bad_date", "Choose a day between 2000 and 2100."),
    "token_expires_after_creation": (
        "bad_expiry",
        "The token would be over before it began.",
    ),
    "token_expires_at_is_sane": ("bad_expiry", "Choose a shorter life."),
}
