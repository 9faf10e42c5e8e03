"""What the demo's promotions installed: spliced into the versions already there."""

from collections import defaultdict
from itertools import pairwise

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from environments.models import Installation
from opsdesk.site.demo.change_lives import LASTED, Life, Run

Source = Installation.Source


def install(lives: list[Life]) -> None:
    """Each run points at what it installed; one version ends as the next begins."""
    wanted: dict[tuple[int, int], list[tuple[Life, Run]]] = defaultdict(list)
    for life in lives:
        for run in life.runs:
            if run.state != "failed":
                key = (run.environment.pk, life.package.component_id)
                wanted[key].append((life, run))
    known: dict[tuple[int, int], list[Installation]] = defaultdict(list)
    for row in Installation.objects.order_by("during", "pk"):
        known[row.environment_id, row.component_id].append(row)
    old, new = [], []
    for key, runs in wanted.items():
        rows = _spliced(known[key], sorted(runs, key=lambda pair: pair[1].at))
        stored = set(map(id, known[key]))
        old += [row for row in rows if id(row) in stored]
        new += [row for row in rows if id(row) not in stored]
    Installation.objects.bulk_update(old, ["during", "sha256"])
    Installation.objects.bulk_create(new)


def _spliced(
    rows: list[Installation], runs: list[tuple[Life, Run]]
) -> list[Installation]:
    """The stays of one component in one environment, in order, without a gap."""
    rows = list(rows)
    for life, run in runs:
        same = [row for row in rows if row.label == life.told.label]
        if run.undoes is not None:
            run.back_to = _before(rows, run.undoes)
            run.installation = _made(life, run, run.back_to)
        elif same:
            run.installation = same[0]
            run.at = same[0].during.lower - LASTED
        else:
            run.installation = _made(life, run, None)
        if run.undoes is None:
            run.installation.sha256 = life.package.sha256
        if run.installation not in rows:
            rows.append(run.installation)
            rows.sort(key=lambda row: row.during.lower)
    for row, following in pairwise(rows):
        row.during = DateTimeTZRange(row.during.lower, following.during.lower)
    rows[-1].during = DateTimeTZRange(rows[-1].during.lower, None)
    return rows


def _before(rows: list[Installation], undone: Run) -> Installation:
    """What ran there before the run that is undone."""
    assert undone.installation is not None
    return rows[rows.index(undone.installation) - 1]


def _made(life: Life, run: Run, back_to: Installation | None) -> Installation:
    return Installation(
        environment=run.environment,
        component_id=life.package.component_id,
        label=back_to.label if back_to else life.told.label,
        sha256=back_to.sha256 if back_to else life.package.sha256,
        during=DateTimeTZRange(run.ended_at, None),
        source=Source.ROLLBACK if back_to else Source.PROMOTION,
        recorded_by=run.by,
    )
