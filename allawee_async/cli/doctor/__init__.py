"""`allawee doctor`."""
