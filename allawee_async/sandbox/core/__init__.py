"""The state of a sandbox: documents, the ledger, ids, time. Pure."""
