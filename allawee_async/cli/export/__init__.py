"""`allawee <noun> export`."""
