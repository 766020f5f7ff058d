"""The client in the life of an application: `integrations.aiohttp`, `integrations.fastapi`."""
