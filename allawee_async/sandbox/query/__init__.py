"""Allawee's query language, read the way the server reads it: pure, no I/O, no state."""
