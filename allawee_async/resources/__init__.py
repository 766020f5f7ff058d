"""The verbs: one file for each noun of the API."""
