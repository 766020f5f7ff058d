"""One request and its answer: the session, the pool, retries, files."""
