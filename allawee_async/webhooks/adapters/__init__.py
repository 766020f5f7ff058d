"""From a web framework's request to a response."""
