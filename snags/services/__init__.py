"""Every way a snag can change, one idea a module. Nothing else writes its tables."""
