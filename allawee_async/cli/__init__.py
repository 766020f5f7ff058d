"""The command line `allawee` (extra `cli`): a folder or a file for each command.

A command imports what it works with when it runs, so that `allawee --help` stays quick.
"""
