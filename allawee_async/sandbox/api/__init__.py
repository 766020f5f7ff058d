"""The API as one pure step: routing, validation, pages, scopes."""
