"""Where it is kept which events are done: memory, SQLite, Redis."""
