"""A million snags in a minute: generated inside the database, indexes built after."""

from typing import Any

VERSION = "3"
DEPARTMENTS, OWNERS, REPORTERS, WORDS = 40, 40, 2_000, 3_000

PEOPLE = """
INSERT INTO accounts_party (kind, name, email, is_active, version)
VALUES ('organisation', 'Bench', '', true, 1);
INSERT INTO accounts_party (kind, name, email, is_active, version)
SELECT 'department', 'Department ' || n, '', true, 1
FROM generate_series(1, {departments}) n;
INSERT INTO accounts_party (kind, name, email, is_active, version)
SELECT 'team', 'Team ' || n, '', true, 1 FROM generate_series(1, 10) n;
INSERT INTO accounts_user (password, is_superuser, email, name, job, department_id,
    team_id, time_zone, theme, shortcuts, mail_me, is_active, is_staff, is_service,
    is_demo, date_joined, version)
SELECT '!', false, 'person' || n || '@bench.example', 'Person ' || n, '',
    (SELECT min(id) FROM accounts_party WHERE kind = 'department')
        + n % {departments},
    CASE WHEN n <= {owners} THEN
        (SELECT min(id) FROM accounts_party WHERE kind = 'team') + n % 10 END,
    '', '', true, true, true, false, false, false, now(), 1
FROM generate_series(1, {people}) n;
INSERT INTO accounts_membership (user_id, role, emergency_approver)
SELECT id, CASE WHEN id <= {owners} THEN 'support' ELSE 'reporter' END, false
FROM accounts_user;
INSERT INTO accounts_membership (user_id, role, emergency_approver)
SELECT min(id), 'manager', false FROM accounts_user;
-- The last one sees a single department.
UPDATE accounts_membership SET role = 'support', department_id =
    (SELECT min(id) FROM accounts_party WHERE kind = 'department')
WHERE user_id = (SELECT max(id) FROM accounts_user);
"""

PLACES = """
INSERT INTO environments_landscape (name, product, edition, implementation_model,
    support, version) VALUES ('ERP', '', '', '', 'centralised', 1);
INSERT INTO environments_environment (landscape_id, kind, name, url, app_version,
    is_serving, version)
SELECT 1, kind, kind, '', '', kind = 'production', 1
FROM unnest(ARRAY['production', 'failover', 'dev_test', 'training']) kind;
INSERT INTO environments_module (landscape_id, name)
SELECT 1, 'Module ' || n FROM generate_series(1, 15) n;
INSERT INTO snags_golive (landscape_id, name, went_live_on, version)
VALUES (1, 'Go-live', current_date - 730, 1);
INSERT INTO snags_snaglist (golive_id, name, phase, is_open, version)
SELECT 1, 'List ' || n, '', true, 1 FROM generate_series(1, 12) n;
INSERT INTO snags_businessprocess (landscape_id, name, steps, is_active, version)
SELECT 1, 'Process ' || n, ARRAY[]::varchar[], true, 1 FROM generate_series(1, 12) n;
"""

# Zipf: the first words are in most texts, the last in hardly any.
VOCABULARY = """
CREATE TEMP TABLE word AS
SELECT n, CASE WHEN n <= array_length(w, 1) THEN w[n] ELSE
    'term' || substr(md5(n::text), 1, 5) END AS word
FROM generate_series(1, {words}) n,
    (SELECT ARRAY['invoice', 'order', 'posting', 'report', 'stock', 'price', 'customer',
    'payment', 'printer', 'ledger', 'screen', 'receipt', 'batch', 'period', 'approval',
    'delivery', 'label', 'supplier', 'import', 'password'] AS w) AS known;
CREATE FUNCTION pg_temp.some_words(seed bigint, how_many int) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT string_agg(word.word, ' ' ORDER BY k)
    FROM generate_series(1, how_many) k
    JOIN word ON word.n = 1 + floor(power({words}::float, (
        abs(hashint8(seed * 64 + k)::bigint) % 100000) / 100000.0))::int
$$;
CREATE TEMP TABLE text_of AS
SELECT n, initcap(pg_temp.some_words(n, 6)) AS title,
    pg_temp.some_words(n + 7000000, 22) AS detail
FROM generate_series(1, 20000) n;
CREATE UNIQUE INDEX ON text_of (n);
"""

SNAGS = """
INSERT INTO snags_snag (kind, title, detail, snaglist_id, environment_id, module_id,
    process_id, step, designed_step, actual_step, cause, original_decision, addition,
    sensitivity, impact, urgency, priority, priority_reason, reported_by_id, channel,
    department_id, owner_id, team_id, is_shared, status, waiting_for, workaround,
    resolution, resolution_note, reported_at, resolved_at, closed_at, updated_at,
    next_due_at, at_risk_from, comment_count, reopen_count, version)
SELECT 'fault', t.title || ' ' || made.n, t.detail,
    1 + made.n % 12, 1, 1 + made.n % 15, 1 + (made.n / 7) % 12, '', '', '',
    (ARRAY['data', 'habit', 'legacy', 'defect', 'configuration', 'design_gap'])[
        1 + made.n % 6],
    '', '', 'normal', 2, 2,
    CASE WHEN made.n % 100 < 2 THEN 1 WHEN made.n % 100 < 10 THEN 2 WHEN made.n % 100 < 75 THEN 3
        ELSE 4 END,
    '', {owners} + 1 + made.n % ({reporters} - 1), 'web',
    (SELECT min(id) FROM accounts_party WHERE kind = 'department') + made.n % {departments},
    1 + made.n % {owners},
    (SELECT min(id) FROM accounts_party WHERE kind = 'team') + made.n % 10,
    false,
    CASE WHEN open THEN 'in_progress' ELSE 'closed' END, '', '',
    CASE WHEN open THEN '' ELSE 'configuration' END, '',
    at, CASE WHEN NOT open THEN at + took END,
    CASE WHEN NOT open THEN at + took + interval '5 days' END,
    CASE WHEN open THEN at + took ELSE at + took + interval '5 days' END,
    CASE WHEN open THEN now() + ((made.n * 7919) % 20160 - 400) * interval '1 minute' END,
    CASE WHEN open THEN now() + ((made.n * 7919) % 20160 - 800) * interval '1 minute' END,
    made.n % 7, 0, 1
FROM (
    SELECT n, n > {snags} * 0.95 AS open,
        now() - interval '725 days' + (n::float / {snags}) * interval '719 days' AS at,
        ((n * 104729) % 4000 + 30) * interval '1 minute' AS took
    FROM generate_series(1, {snags}::bigint) n
) AS made JOIN text_of t ON t.n = 1 + made.n % 20000;
"""

TERMS = """
INSERT INTO sla_servicecalendar (name, description, is_active)
VALUES ('Office', '', true);
INSERT INTO sla_calendarversion (calendar_id, number, hours, holiday_region,
    holiday_names, reason) VALUES (1, 1, %s, 'GB-ENG', '{{}}', '');
INSERT INTO sla_contract (kind, name, party_id, landscape_id, is_active)
VALUES ('sla', 'Support', 1, 1, true);
INSERT INTO sla_contractversion (contract_id, number, effective_from, reopen_mode,
    reopen_window_days, pause_response, warn_percents, late_minutes, compliance_percent,
    auto_close_days, reason)
VALUES (1, 1, '2015-01-01', 'resume', 5, false, '{{75}}', '{{}}', 95, 5, '');
INSERT INTO sla_target (version_id, kind, priority, minutes, calendar_id)
SELECT 1, kind, p, p * CASE kind WHEN 'response' THEN 60 ELSE 480 END, 1
FROM generate_series(1, 4) p, unnest(ARRAY['response', 'resolution']) kind;
"""

CLOCKS = """
INSERT INTO snags_clock (snag_id, kind, party_id, cycle, contract_version_id, priority,
    started_at, target_seconds, timeline, is_pausable, state, due_at, stopped_at,
    elapsed_seconds, breached_at, breach_cause, next_event_at, next_level, revision)
SELECT s.id, promised, 1, 1, 1, s.priority, s.reported_at,
    s.priority * CASE promised WHEN 'response' THEN 3600 ELSE 28800 END,
    '[[null, 1]]', promised = 'resolution',
    CASE WHEN ends IS NULL THEN 'running' ELSE 'stopped' END, due, ends,
    CASE WHEN ends IS NOT NULL THEN extract(epoch FROM ends - s.reported_at) END,
    CASE WHEN coalesce(ends, now()) > due THEN due END, '',
    CASE WHEN ends IS NULL AND due > now() + interval '1 hour' THEN due END,
    CASE WHEN ends IS NULL AND due > now() + interval '1 hour' THEN 'breach'
        ELSE '' END, 1
FROM snags_snag s, unnest(ARRAY['response', 'resolution']) AS promise(promised),
LATERAL (SELECT
    coalesce(s.next_due_at, s.reported_at + s.priority *
        CASE promised WHEN 'response' THEN 1 ELSE 8 END * interval '1 hour'
        + (s.id %% 5) * interval '1 day') AS due,
    CASE WHEN promised = 'response' AND s.resolved_at IS NOT NULL
        THEN least(s.reported_at + (s.id %% 90) * interval '1 minute', s.resolved_at)
        ELSE s.resolved_at END AS ends) AS told;
"""

MORE_CLOCKS = """
INSERT INTO snags_clock (snag_id, kind, party_id, cycle, contract_version_id, priority,
    started_at, target_seconds, timeline, is_pausable, state, due_at, breach_cause,
    next_event_at, next_level, revision)
SELECT s.id, 'resolution', 1, 1 + cycle, 1, s.priority, now(), 28800, '[[null, 1]]',
    true, 'running', now() + interval '40 days', '', now() + interval '30 days',
    'warn75', 1
FROM (SELECT id, priority FROM snags_snag WHERE status = 'in_progress') s,
    generate_series(1, {cycles}) cycle;
"""


def seed(connection: Any, snags: int, *, clocks: int = 0) -> None:
    """Fill an empty, migrated database; about `clocks` running clocks on top."""
    sizes = {
        "snags": snags,
        "departments": DEPARTMENTS,
        "owners": OWNERS,
        "reporters": REPORTERS,
        "people": OWNERS + REPORTERS,
        "words": WORDS,
        "cycles": max(1, clocks // max(1, snags // 20)),
    }
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off; SET statement_timeout = 0")
        later = _without_indexes(cursor, "snags_snag", "snags_clock")
        for part in (PEOPLE, PLACES, VOCABULARY, SNAGS):
            cursor.execute(part.format(**sizes))
        cursor.execute(TERMS.format(), [_office()])
        cursor.execute(CLOCKS.replace("%%", "%"))
        if clocks:
            cursor.execute(MORE_CLOCKS.format(**sizes))
        connection.commit()  # the foreign keys are checked here
        cursor.execute("SET maintenance_work_mem = '1GB'")
        for definition in later:
            cursor.execute(definition)
    connection.commit()


def _office() -> str:
    import json  # noqa: PLC0415 - only the seeder needs Django-free imports

    from sla.calendars import Hours  # noqa: PLC0415

    return json.dumps(Hours.parse("Mon-Fri 09:00-17:30", "Europe/London").to_json())


def _without_indexes(cursor: Any, *tables: str) -> list[str]:
    """Drop indexes no constraint needs and return how to build them again."""
    cursor.execute(
        "SELECT indexdef, indexname FROM pg_indexes WHERE tablename = ANY(%s)"
        " AND indexname NOT IN (SELECT conname FROM pg_constraint)",
        [list(tables)],
    )
    found = cursor.fetchall()
    for _, name in found:
        cursor.execute(f'DROP INDEX "{name}"')
    return [definition for definition, _ in found]
