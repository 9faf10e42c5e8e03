"""Running opsdesk on one machine: its own PostgreSQL and Valkey, and a supervisor."""
