"""The event log in PostgreSQL: the record, and the only writer of it."""
