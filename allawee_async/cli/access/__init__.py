"""With what key, to which host, and whether a person agrees."""
