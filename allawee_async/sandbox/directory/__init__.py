"""What exists in the world: banks, bills, merchants."""
