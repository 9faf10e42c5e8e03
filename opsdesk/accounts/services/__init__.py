"""Every write about people: who they are, what they may do, where they belong."""
