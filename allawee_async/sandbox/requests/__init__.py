"""The log of calls, and requests that are queued for later."""
