"""Input of the inventory and of its windows."""
