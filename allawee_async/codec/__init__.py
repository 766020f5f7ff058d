"""From JSON to models and back."""
