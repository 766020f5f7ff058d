"""The client in applications, and its lists in engines.

`integrations.aiohttp` and `integrations.fastapi` keep one for the life of an application;
`integrations.dask` and `integrations.dlt` read lists.
"""
