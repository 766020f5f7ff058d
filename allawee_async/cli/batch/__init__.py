"""`--from FILE`: one call for each row of a file."""
