"""Reads of the inventory, its windows and its leases, one screen's worth a module."""
