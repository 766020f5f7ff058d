"""`allawee demo`."""
