"""`allawee sandbox`."""
