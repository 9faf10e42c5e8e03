"""Every way the inventory, its windows and its leases can change, one idea a module."""
