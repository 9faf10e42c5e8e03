"""Charts drawn on the server as SVG: no script, no inline style, print like text.

Coordinates are percentages, so text never scales; colours are classes (`c-…`), so they
follow the theme. Every chart says its message in words and offers its figures as a
table, and every figure may lead somewhere. Nothing to show is said, never drawn.
"""

from opsdesk.core.charts.columns import Column, Part, Week, combo, stacked
from opsdesk.core.charts.graph import Arrow, Box, graph
from opsdesk.core.charts.lines import Axis, Line, spark, trend
from opsdesk.core.charts.rows import Rank, Row, ageing, ranking
from opsdesk.core.charts.strips import (
    Day,
    Spread,
    Strip,
    distribution,
    heat,
    spread_of,
)

__all__ = [
    "Arrow",
    "Axis",
    "Box",
    "Column",
    "Day",
    "Line",
    "Part",
    "Rank",
    "Row",
    "Spread",
    "Strip",
    "Week",
    "ageing",
    "combo",
    "distribution",
    "graph",
    "heat",
    "ranking",
    "spark",
    "spread_of",
    "stacked",
    "trend",
]
