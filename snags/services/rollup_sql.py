"""The counting itself: raw rows to days, days to weeks, weeks to four weeks.

Each statement replaces what is stored for some spans by what is true now, and writes
only rows that differ, so that recounting an unchanged day costs no dead rows.
"""

# ruff: noqa: S608 - the texts are put together from this module's own constants.

from snags.buckets import DIGITS

SUMS = (
    "opened",
    "resolved",
    "closed",
    "response_met",
    "response_missed",
    "resolution_met",
    "resolution_missed",
    "breached",
)
_KEY = ("span", "start", "scope", "dimension", "key", "priority")
_VALUES = (*SUMS, "times")

# One row a fact: something that happened that day and is counted there. A clock counts
# where it stopped: met if it never went past its deadline. A breach counts where the
# deadline fell, whatever became of the clock. One day a statement: with its bounds as
# constants the planner knows that they are few rows of an index.
_SNAG = "s.department_id, s.team_id, s.owner_id, s.process_id, s.cause, s.snaglist_id"
_FACTS = f"""
    SELECT s.priority, 'opened' AS fact, NULL::numeric AS time, {_SNAG}
    FROM snags_snag s
    WHERE s.reported_at >= %(begins)s AND s.reported_at < %(ends)s
  UNION ALL
    SELECT s.priority, 'resolved', ('1' || repeat('0', {DIGITS} * width_bucket(
        (extract(epoch FROM s.resolved_at - s.reported_at) / 60)::float8,
        %(edges)s::float8[])))::numeric, {_SNAG}
    FROM snags_snag s
    WHERE s.resolved_at >= %(begins)s AND s.resolved_at < %(ends)s
  UNION ALL
    SELECT s.priority, 'closed', NULL, {_SNAG}
    FROM snags_snag s
    WHERE s.closed_at >= %(begins)s AND s.closed_at < %(ends)s
  UNION ALL
    SELECT c.priority, c.kind || CASE
        WHEN c.breached_at IS NULL AND c.stopped_at <= c.due_at THEN '_met'
        ELSE '_missed' END, NULL, {_SNAG}
    FROM snags_clock c
    JOIN sla_versions v ON v.id = c.contract_version_id
    JOIN snags_snag s ON s.id = c.snag_id
    WHERE c.stopped_at >= %(begins)s AND c.stopped_at < %(ends)s
  UNION ALL
    SELECT c.priority, 'breached', NULL, {_SNAG}
    FROM snags_clock c
    JOIN sla_versions v ON v.id = c.contract_version_id
    JOIN snags_snag s ON s.id = c.snag_id
    WHERE c.breached_at >= %(begins)s AND c.breached_at < %(ends)s
"""

_FACT_SUMS = ",\n        ".join(
    f"count(*) FILTER (WHERE fact = '{name}') AS {name}" for name in SUMS
)
_DAY_CELLS = f"""
sla_versions AS (
    SELECT v.id FROM sla_contractversion v JOIN sla_contract k ON k.id = v.contract_id
    WHERE k.kind = 'sla'
),
facts AS ({_FACTS}),
wide AS (
    SELECT f.priority, f.fact, f.time, p.scope, k.dimension, k.key
    FROM facts f
    JOIN snags_snaglist l ON l.id = f.snaglist_id
    CROSS JOIN LATERAL (
        SELECT 0::bigint AS scope
        UNION ALL
        SELECT f.department_id WHERE f.department_id IS NOT NULL
    ) p
    CROSS JOIN LATERAL (VALUES
        ('all', ''),
        ('golive', l.golive_id::text),
        ('team', coalesce(f.team_id::text, '')),
        ('owner', coalesce(f.owner_id::text, '')),
        ('process', coalesce(f.process_id::text, '')),
        ('cause', f.cause)
    ) k(dimension, key)
),
fresh AS (
    SELECT 1 AS span, %(day)s::date AS start, scope, dimension, key, priority,
        {_FACT_SUMS},
        coalesce(sum(time), 0) AS times
    FROM wide GROUP BY scope, dimension, key, priority
)
"""

# Larger spans are sums of the next smaller ones, counted in the same transaction.
_SPAN_CELLS = f"""
fresh AS (
    SELECT %(span)s AS span, p.start, r.scope, r.dimension, r.key, r.priority,
        {", ".join(f"sum(r.{name})::int AS {name}" for name in SUMS)},
        sum(r.times) AS times
    FROM unnest(%(starts)s::date[]) AS p(start)
    JOIN snags_rollup r ON r.span = %(part)s
        AND r.start >= p.start AND r.start < p.start + %(span)s
    GROUP BY p.start, r.scope, r.dimension, r.key, r.priority
)
"""

_REPLACE = f"""
, gone AS (
    DELETE FROM snags_rollup r WHERE r.span = %(span)s
    -- As sets: anti join and NOT IN go quadratic, the size of fresh being unknown.
    AND (r.start, r.scope, r.dimension, r.key, r.priority) IN (
        SELECT start, scope, dimension, key, priority FROM snags_rollup
        WHERE span = %(span)s AND start = ANY(%(starts)s)
        EXCEPT SELECT start, scope, dimension, key, priority FROM fresh
    )
)
INSERT INTO snags_rollup AS r ({", ".join((*_KEY, *_VALUES))})
SELECT {", ".join((*_KEY, *_VALUES))} FROM fresh
ORDER BY scope, dimension, start, key, priority
ON CONFLICT (scope, dimension, span, start, key, priority) DO UPDATE SET
    {", ".join(f"{name} = excluded.{name}" for name in _VALUES)}
WHERE ({", ".join(f"r.{name}" for name in _VALUES)})
    IS DISTINCT FROM ({", ".join(f"excluded.{name}" for name in _VALUES)})
"""

COUNT_DAY = f"WITH {_DAY_CELLS}{_REPLACE}"
ADD_UP = f"WITH {_SPAN_CELLS}{_REPLACE}"

# The days of the oldest notes, and every note of those days with them.
TAKE_NOTES = """
DELETE FROM snags_rollupnote WHERE day IN (
    SELECT day FROM snags_rollupnote GROUP BY day ORDER BY min(id) LIMIT %s
) RETURNING day
"""

# Every day on which anything was ever counted or could be counted now.
NOTE_ALL_DAYS = """
INSERT INTO snags_rollupnote (day)
SELECT generate_series(first.day, last.day, interval '1 day')::date
FROM (
    SELECT least(
        (SELECT min(start) FROM snags_rollup WHERE span = 1),
        (SELECT min(reported_at)::date - 1 FROM snags_snag)
    ) AS day
) first, (
    SELECT greatest(
        (SELECT max(start) FROM snags_rollup WHERE span = 1),
        clock_timestamp()::date + 1
    ) AS day
) last
"""
