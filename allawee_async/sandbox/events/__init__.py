"""Webhooks, and the events that are sent to them."""
