"""The kernel every app shares: errors, clock, timeline, duties, outbox, forms, charts.

Tables: Notification, Message (the outbox), Duty, SavedView, SubmittedForm, Heartbeat.
Anyone may call it; it imports nothing but `opsdesk.accounts`, its equal.
"""
