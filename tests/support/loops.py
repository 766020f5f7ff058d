"""Programs in a process of their own, in which every warning is an error, in every kind of loop."""

from __future__ import annotations

import subprocess
import sys

_RUN = """
import asyncio, gc, importlib, importlib.util, sys
asyncio.run(main())
if importlib.util.find_spec("uvloop"):
    importlib.import_module("uvloop").run(main())
if sys.version_info >= (3, 12):
    loop = asyncio.new_event_loop()
    loop.set_task_factory(asyncio.eager_task_factory)
    loop.run_until_complete(main())
    loop.close()
gc.collect()
print("done")
"""


def told_in_developers_mode(program: str) -> tuple[int, str]:
    """Run a program's `main()`, and return its status and all that was told: `done`, if well."""
    command = [sys.executable, "-X", "dev", "-W", "error", "-c", program + _RUN]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, done.stdout + done.stderr
