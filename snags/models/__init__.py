"""The tables of snags, one idea a module."""

from snags.models.clocks import Clock, ClockEvent, ClockRevision
from snags.models.imports import ImportProfile, SourceRecord
from snags.models.lists import BusinessProcess, GoLive, Snaglist
from snags.models.pauses import Pause
from snags.models.rollups import Rollup, RollupNote
from snags.models.snag import Handover, Snag, SnagQuerySet
from snags.models.talk import Effort, SnagAttachment, SnagComment, SnagEvent

__all__ = [
    "BusinessProcess",
    "Clock",
    "ClockEvent",
    "ClockRevision",
    "Effort",
    "GoLive",
    "Handover",
    "ImportProfile",
    "Pause",
    "Rollup",
    "RollupNote",
    "Snag",
    "SnagAttachment",
    "SnagComment",
    "SnagEvent",
    "SnagQuerySet",
    "Snaglist",
    "SourceRecord",
]
