"""What a list is asked for: filters, and the parameters of lists."""
