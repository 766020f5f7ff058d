"""One delivery at work: its claim, its handlers, its deadline."""
