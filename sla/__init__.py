"""Promises and their clocks: calendars, targets, pauses, deadlines and breaches.

The time engine is pure: `hours`, `walltime`, `schedule`, `calendars`, `terms`,
`explain` and `clocks` import nothing but the standard library and each other, know no
database and take every instant as an argument.
"""
