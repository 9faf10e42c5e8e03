"""The statements that fill a benchmark database, in the order they run.

Names in braces are sizes of the shape; `{first}` and `{last}` cut the snags into parts
that are written side by side.
"""

PEOPLE = """
INSERT INTO accounts_party (kind, name, email, is_active, version)
VALUES ('organisation', 'Bench', '', true, 1);
INSERT INTO accounts_party (kind, name, email, is_active, version)
SELECT 'department', 'Department ' || n, '', true, 1
FROM generate_series(1, {departments}) n;
INSERT INTO accounts_party (kind, name, email, is_active, version)
SELECT 'team', 'Team ' || n, '', true, 1 FROM generate_series(1, 10) n;
INSERT INTO accounts_party (kind, name, email, is_active, version)
VALUES ('supplier', 'Supplier', '', true, 1);
INSERT INTO accounts_user (password, is_superuser, email, name, job, department_id,
    team_id, time_zone, theme, shortcuts, mail_me, is_active, is_staff, is_service,
    is_demo, date_joined, version)
SELECT '!', false, 'person' || n || '@bench.example', 'Person ' || n, '',
    2 + n % {departments},
    CASE WHEN n <= {owners} THEN 2 + {departments} + n % 10 END,
    '', '', true, true, true, false, false, false, now(), 1
FROM generate_series(1, {people}) n;
INSERT INTO accounts_membership (user_id, role, emergency_approver)
SELECT id, CASE WHEN id <= {owners} THEN 'support' ELSE 'reporter' END, false
FROM accounts_user;
-- The first one is the manager; the last one sees the first department alone.
UPDATE accounts_membership SET role = 'manager' WHERE user_id = 1;
UPDATE accounts_membership SET role = 'support', department_id = 2
WHERE user_id = {people};
"""

PLACES = """
INSERT INTO environments_landscape (name, product, edition, implementation_model,
    support, time_zone, failover_sync_hours, training_sync_days, version)
VALUES ('ERP', '', '', '', 'centralised', 'Europe/London', 24, 7, 1);
INSERT INTO environments_environment (landscape_id, kind, name, code, status, url,
    app_version, is_serving, hosting, data, needs_window, needs_backup, pause_reason,
    version)
SELECT 1, kind, kind, '', 'active', '', '', kind = 'production', 'in_house', 'made_up',
    false, false, '', 1
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

# Calendar 1 is the office's, calendar 2 the desk's: longer days. P4 runs by calendar 1,
# the rest by 2. Contract 1 is the SLA, 2 the team's promise (OLA), 3 the supplier's.
# `stretch` makes promises longer where nothing may fall due by itself.
TERMS = """
INSERT INTO sla_servicecalendar (name, description, is_active, version)
VALUES ('Office', '', true, 1), ('Desk', '', true, 1);
INSERT INTO sla_calendarversion (calendar_id, number, hours, holiday_region,
    holiday_names, reason)
VALUES (1, 1, %(office)s, 'GB-ENG', '{}', ''), (2, 1, %(desk)s, 'GB-ENG', '{}', '');
INSERT INTO sla_contract (kind, name, party_id, landscape_id, is_active)
VALUES ('sla', 'Support', 1, 1, true), ('ola', 'First line', 42, NULL, true),
    ('supplier', 'Supplier', 52, NULL, true);
INSERT INTO sla_contractversion (contract_id, number, effective_from, reopen_mode,
    reopen_window_days, pause_response, warn_percents, late_minutes, compliance_percent,
    auto_close_days, reason)
SELECT n, 1, '2015-01-01', 'resume', 5, false, '{75}', '{}', 95, 5, ''
FROM generate_series(1, 3) n;
INSERT INTO sla_target (version_id, kind, priority, minutes, calendar_id)
SELECT v, kind, p, %(stretch)s * p * CASE kind WHEN 'response' THEN 60 ELSE 480 END,
    CASE WHEN p = 4 THEN 1 ELSE 2 END
FROM generate_series(1, 3) v, generate_series(1, 4) p,
    unnest(ARRAY['response', 'resolution']) kind;
"""

# The first department and the second owner have 15 % of everything, so that their
# worklists fill a page at either size and the pages compared are equally long. A
# department's snags go to its team, whose people own them, and touch its processes.
SNAGS = """
INSERT INTO snags_snag (id, kind, title, detail, snaglist_id, environment_id, module_id,
    process_id, step, designed_step, actual_step, cause, original_decision, addition,
    sensitivity, impact, urgency, priority, priority_reason, reported_by_id, channel,
    department_id, owner_id, team_id, is_shared, status, waiting_for, workaround,
    resolution, resolution_note, reported_at, resolved_at, closed_at, updated_at,
    next_due_at, at_risk_from, comment_count, reopen_count, version)
SELECT made.n, 'fault', t.title || ' ' || made.n, t.detail,
    1 + n1 % 12, 1, 1 + n2 % 15, 1 + (d + n1 % 2) % 12, '', '', '',
    (ARRAY['data', 'habit', 'legacy', 'defect', 'configuration', 'design_gap'])[
        1 + n4 % 6],
    '', '', 'normal', 2, 2,
    CASE WHEN n1 % 100 < 2 THEN 1 WHEN n1 % 100 < 10 THEN 2
        WHEN n1 % 100 < 69 THEN 3 ELSE 4 END,
    '', {owners} + 1 + n2 % ({reporters} - 1), 'web',
    2 + d,
    CASE WHEN n4 % 100 < 15 THEN 2 ELSE 3 + d % 10 + 10 * (n4 % 3) END,
    2 + {departments} + d % 10,
    false,
    CASE WHEN open THEN 'in_progress' ELSE 'closed' END, '', '',
    CASE WHEN open THEN '' ELSE 'configuration' END, '',
    at, CASE WHEN NOT open THEN at + took END,
    CASE WHEN NOT open THEN at + took + interval '5 days' END,
    CASE WHEN open THEN at + took ELSE at + took + interval '5 days' END,
    CASE WHEN open THEN {due} END,
    CASE WHEN open THEN {due} - interval '400 minutes' END,
    made.n % 7, 0, 1
FROM (
    SELECT n, n > {finished} AS open,
        {reported} AS at,
        ((n * 104729) % 4000 + 30) * interval '1 minute' AS took,
        (n * 7919) % 99991 AS n1, (n * 6007) % 99989 AS n2,
        (n * 3571) % 99971 AS n3, (n * 1237) % 99961 AS n4
    FROM generate_series({first}::bigint, {last}::bigint) n
) AS made CROSS JOIN LATERAL (
    SELECT CASE WHEN n3 % 100 < 15 THEN 0 ELSE 1 + n3 % ({departments} - 1) END AS d
) AS whose JOIN bench.words t ON t.n = made.n % {texts};
"""
# Within 14 days, 2 % of them late already.
SOON = "now() + ((made.n * 7919) % 20160 - 400) * interval '1 minute'"
LONG_AGO = "now() - interval '725 days' + (n::float / {snags}) * interval '719 days'"
# Months away: nothing becomes due by itself while timers are measured.
FAR = "now() + interval '60 days' + ((made.n * 7919) % 20160) * interval '1 minute'"
LATELY = "date_trunc('second', now()) - (n % 4320) * interval '1 minute'"

CLOCKS = """
INSERT INTO snags_clock (snag_id, kind, party_id, cycle, contract_version_id, priority,
    started_at, target_seconds, timeline, is_pausable, state, due_at, stopped_at,
    elapsed_seconds, breached_at, breach_cause, next_event_at, next_level, revision)
SELECT s.id, promised, (ARRAY[1, 42, 52])[promise], 1, promise, s.priority,
    s.reported_at,
    {stretch} * s.priority * CASE promised WHEN 'response' THEN 3600 ELSE 28800 END,
    CASE WHEN s.priority = 4 THEN '[[null, 1]]' ELSE '[[null, 2]]' END::jsonb,
    promised = 'resolution',
    CASE WHEN ends IS NULL THEN 'running' ELSE 'stopped' END, due, ends,
    CASE WHEN ends IS NOT NULL THEN extract(epoch FROM ends - s.reported_at) END,
    CASE WHEN coalesce(ends, now()) > due THEN due END, '',
    CASE WHEN ends IS NULL AND due > now() THEN due END,
    CASE WHEN ends IS NULL AND due > now() THEN 'breach' ELSE '' END, 1
FROM snags_snag s,
    unnest(ARRAY['response', 'resolution']) AS kinds(promised),
    generate_series(1, {promises}) AS promises(promise),
LATERAL (SELECT
    coalesce(s.next_due_at, s.reported_at + s.priority *
        CASE promised WHEN 'response' THEN 1 ELSE 8 END * interval '1 hour'
        + (s.id % 5) * interval '1 day') AS due,
    CASE WHEN promised = 'response' AND s.resolved_at IS NOT NULL
        THEN least(s.reported_at + (s.id % 90) * interval '1 minute', s.resolved_at)
        ELSE s.resolved_at END AS ends) AS told
WHERE s.id BETWEEN {first} AND {last};
"""

SEQUENCE = "SELECT setval(pg_get_serial_sequence('snags_snag', 'id'), {snags})"

INDEXES = """
SELECT indexdef, indexname FROM pg_indexes
WHERE tablename = ANY(%s) AND schemaname = 'public'
AND indexname NOT IN (SELECT conname FROM pg_constraint)
ORDER BY indexdef LIKE '%%USING gin%%', indexname
"""
