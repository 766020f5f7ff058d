"""What goes wrong in a sandbox, and when."""
