"""`allawee webhooks listen`, `sign` and `verify`."""
