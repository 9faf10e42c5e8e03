"""The demo company: an invented firm eight weeks after its go-live.

Deterministic, dated relative to today, loaded once into an empty database. Proportions
are those of real incident logs (docs/demo.md says which).
"""
