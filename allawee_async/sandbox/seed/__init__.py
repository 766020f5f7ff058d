"""What a new sandbox holds."""
