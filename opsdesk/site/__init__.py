"""What sees every app: the shell, home, search, the tick, the demo company."""
