"""Accounts, payments and everything that moves money."""
