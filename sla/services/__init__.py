"""Every write of what was promised; versions are written once and never changed."""
