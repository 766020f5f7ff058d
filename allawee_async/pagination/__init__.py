"""Lists: page after page, or item after item."""
