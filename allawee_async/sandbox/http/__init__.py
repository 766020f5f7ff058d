"""The sandbox over HTTP: ports, the adapter, the log of requests."""
