"""The counting itself: raw rows to days, days to weeks, weeks to four weeks.

Each statement replaces what is stored for some spans by what is true now, and writes
only rows that differ, so that recounting an unchanged day costs no dead rows.
"""

# ruff: noqa: S608 - the texts are put together from this module's own constants.

from snags.buckets import COUNT

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
_VALUES = (*SUMS, "first_bucket", "buckets")
_SAME_KEY = " AND ".join(f"f.{name} = r.{name}" for name in _KEY)

# One row a fact: something that happened on a day and is counted there. A clock counts
# where it stopped: met if it never went past its deadline. A breach counts where the
# deadline fell, whatever became of the clock.
_FACTS = """
    SELECT d.day, s.id AS snag_id, s.priority, 'opened' AS fact, NULL::int AS bucket
    FROM days d JOIN snags_snag s
      ON s.reported_at >= d.begins AND s.reported_at < d.ends
  UNION ALL
    SELECT d.day, s.id, s.priority, 'resolved', width_bucket(
        (extract(epoch FROM s.resolved_at - s.reported_at) / 60)::float8,
        %(edges)s::float8[])
    FROM days d JOIN snags_snag s
      ON s.resolved_at >= d.begins AND s.resolved_at < d.ends
  UNION ALL
    SELECT d.day, s.id, s.priority, 'closed', NULL
    FROM days d JOIN snags_snag s
      ON s.closed_at >= d.begins AND s.closed_at < d.ends
  UNION ALL
    SELECT d.day, c.snag_id, c.priority, c.kind || CASE
        WHEN c.breached_at IS NULL AND c.stopped_at <= c.due_at THEN '_met'
        ELSE '_missed' END, NULL
    FROM days d JOIN snags_clock c
      ON c.stopped_at >= d.begins AND c.stopped_at < d.ends
    JOIN sla_versions v ON v.id = c.contract_version_id
  UNION ALL
    SELECT d.day, c.snag_id, c.priority, 'breached', NULL
    FROM days d JOIN snags_clock c
      ON c.breached_at >= d.begins AND c.breached_at < d.ends
    JOIN sla_versions v ON v.id = c.contract_version_id
"""

_FACT_SUMS = ",\n        ".join(
    f"count(*) FILTER (WHERE fact = '{name}') AS {name}" for name in SUMS
)
_BUCKET_COUNTS = ", ".join(
    f"count(*) FILTER (WHERE bucket = {bucket})::int" for bucket in range(COUNT)
)

_DAY_CELLS = f"""
days AS (
    SELECT * FROM unnest(%(days)s::date[], %(begins)s::timestamptz[],
                         %(ends)s::timestamptz[]) AS d(day, begins, ends)
),
sla_versions AS (
    SELECT v.id FROM sla_contractversion v JOIN sla_contract k ON k.id = v.contract_id
    WHERE k.kind = 'sla'
),
facts AS ({_FACTS}),
wide AS (
    SELECT f.day, f.priority, f.fact, f.bucket, p.scope, k.dimension, k.key
    FROM facts f
    JOIN snags_snag s ON s.id = f.snag_id
    JOIN snags_snaglist l ON l.id = s.snaglist_id
    CROSS JOIN LATERAL (
        SELECT 0::bigint AS scope
        UNION ALL
        SELECT s.department_id WHERE s.department_id IS NOT NULL
    ) p
    CROSS JOIN LATERAL (VALUES
        ('all', ''),
        ('golive', l.golive_id::text),
        ('team', coalesce(s.team_id::text, '')),
        ('owner', coalesce(s.owner_id::text, '')),
        ('process', coalesce(s.process_id::text, '')),
        ('cause', s.cause)
    ) k(dimension, key)
),
cells AS (
    SELECT day, scope, dimension, key, priority,
        {_FACT_SUMS}
    FROM wide GROUP BY day, scope, dimension, key, priority
),
times AS (
    SELECT day, scope, dimension, key, priority,
        min(bucket) AS first_bucket, max(bucket) AS last_bucket,
        ARRAY[{_BUCKET_COUNTS}] AS counts
    FROM wide WHERE bucket IS NOT NULL
    GROUP BY day, scope, dimension, key, priority
),
fresh AS (
    SELECT 1 AS span, day AS start, scope, dimension, key, priority,
        {", ".join(SUMS)},
        coalesce(first_bucket, 0) AS first_bucket,
        coalesce(counts[first_bucket + 1 : last_bucket + 1], '{{}}') AS buckets
    FROM cells LEFT JOIN times USING (day, scope, dimension, key, priority)
)
"""

BUCKET_SUMS = ", ".join(
    f"coalesce(sum(r.buckets[{bucket + 1} - r.first_bucket]), 0)::int"
    for bucket in range(COUNT)
)

# Larger spans are sums of the next smaller ones, counted in the same transaction.
_SPAN_CELLS = f"""
sums AS (
    SELECT p.start, r.scope, r.dimension, r.key, r.priority,
        {", ".join(f"sum(r.{name})::int AS {name}" for name in SUMS)},
        min(r.first_bucket) FILTER (WHERE r.resolved > 0) AS first_bucket,
        max(r.first_bucket + cardinality(r.buckets) - 1)
            FILTER (WHERE r.resolved > 0) AS last_bucket,
        ARRAY[{BUCKET_SUMS}] AS counts
    FROM unnest(%(starts)s::date[]) AS p(start)
    JOIN snags_rollup r ON r.span = %(part)s
        AND r.start >= p.start AND r.start < p.start + %(span)s
    GROUP BY p.start, r.scope, r.dimension, r.key, r.priority
),
fresh AS (
    SELECT %(span)s AS span, start, scope, dimension, key, priority,
        {", ".join(SUMS)},
        coalesce(first_bucket, 0) AS first_bucket,
        coalesce(counts[first_bucket + 1 : last_bucket + 1], '{{}}') AS buckets
    FROM sums
)
"""

_REPLACE = f"""
, gone AS (
    DELETE FROM snags_rollup r WHERE r.span = %(span)s AND r.start = ANY(%(starts)s)
    AND NOT EXISTS (
        SELECT FROM fresh f WHERE {_SAME_KEY}
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

COUNT_DAYS = f"WITH {_DAY_CELLS}{_REPLACE}"
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
        (SELECT min(start) FROM snags_rollup),
        (SELECT min(reported_at)::date - 1 FROM snags_snag)
    ) AS day
) first, (
    SELECT greatest(
        (SELECT max(start) FROM snags_rollup),
        clock_timestamp()::date + 1
    ) AS day
) last
"""
