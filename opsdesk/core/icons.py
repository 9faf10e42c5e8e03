"""Every icon a page may use; a name that is not listed is a bug and raises.

Shapes come from the installed `lucide` wheel when assets are built, except the few
glyphs drawn here: priority bars, the rings of a snag's progress, the logo.
"""

FROM_LUCIDE = """
activity alarm-clock arrow-down arrow-left arrow-right arrow-up ban bell bookmark
building-2 calendar calendar-clock calendar-days check check-check chevron-down
chevron-left chevron-right chevrons-up-down circle-alert circle-check circle-dot
clipboard-check clock corner-down-left database download ellipsis eye eye-off file-text
flag gauge git-merge graduation-cap handshake history hourglass house image inbox info
key key-round keyboard life-buoy link list-checks list-filter lock log-out mail menu
message-square minus monitor moon octagon-alert paperclip pause pencil phone play plus
printer radio refresh-cw rocket rotate-ccw rows-3 save search send server settings
shield-check sun tag target timer trash-2 triangle-alert undo-2 upload user user-check
users wrench x
"""
LUCIDE = frozenset(FROM_LUCIDE.split())


def _bars(lit: int) -> str:
    """Three bars, the first so many lit: how pressing, at a glance."""
    sizes = ((4, 6), (10, 10), (16, 14))
    return "".join(
        f'<rect x="{x}" y="{18 - height}" width="4" height="{height}" rx="1"'
        ' fill="currentColor" stroke="none"'
        + ("/>" if number < lit else ' opacity=".28"/>')
        for number, (x, height) in enumerate(sizes)
    )


def _ring(inner: str = "", dash: str = "") -> str:
    return f'<circle cx="12" cy="12" r="8.5" stroke-width="2.4"{dash}/>{inner}'


HALF = (
    '<circle cx="12" cy="12" r="3.1" stroke-width="6.2" pathLength="100"'
    ' stroke-dasharray="50 100" stroke-linecap="butt" transform="rotate(-90 12 12)"/>'
)
TICK = '<path d="m8 12.3 2.8 2.7 5.2-5.6" stroke="var(--surface)" stroke-width="2.4"/>'

# Drawn here: priorities, states of a snag, the mark.
OWN = {
    "p1": (
        '<rect x="3" y="3" width="18" height="18" rx="4.5" fill="currentColor"'
        ' stroke="none"/><path d="M12 7.5v5.5" stroke="var(--surface)"'
        ' stroke-width="2.6"/><path d="M12 16.6v.1" stroke="var(--surface)"'
        ' stroke-width="2.8"/>'
    ),
    "p2": _bars(3),
    "p3": _bars(2),
    "p4": _bars(1),
    "st-new": _ring(dash=' stroke-dasharray="2.2 3.14"'),
    "st-triaged": _ring(),
    "st-in_progress": _ring(HALF),
    "st-waiting": _ring('<path d="M10 9v6M14 9v6" stroke-width="2.2"/>'),
    "st-resolved": (
        f'<circle cx="12" cy="12" r="9.7" fill="currentColor" stroke="none"/>{TICK}'
    ),
    "st-closed": _ring('<path d="m8.4 12.2 2.5 2.4 4.7-5" stroke-width="2.2"/>'),
    "logo": (
        '<path d="M12 3.2a8.8 8.8 0 1 1-7.6 4.4" stroke-width="2.6"/>'
        '<path d="m8 11.8 3 3 5.6-6.4" stroke-width="2.6"/>'
    ),
}
KNOWN = LUCIDE | OWN.keys()


def known(name: str) -> str:
    """The name itself, if it can be drawn; an unknown one raises."""
    if name not in KNOWN:
        raise LookupError(f"Icon {name!r} is not listed in opsdesk/core/icons.py.")
    return name
