"""Card programs, cards, and what is paid with them."""
