"""One measurement in a process of its own; prints one line of JSON.

`python -m benchmarks.worker CONTESTANT TASK --url http://127.0.0.1:PORT --total 20000 ...`
"""

import argparse
import asyncio
import json

from benchmarks.contestants import CONTESTANTS, load
from benchmarks.tasks import TASKS, Figures, Job


def main() -> None:
    arguments = _arguments()
    try:
        kind = load(arguments.contestant)
    except ImportError as missing:
        print(json.dumps({"unavailable": str(missing)}))
        return
    job = Job(
        url=arguments.url,
        total=arguments.total,
        repeats=arguments.repeats,
        calls=arguments.calls,
        in_flight=arguments.in_flight,
        rest=arguments.rest_ms / 1000,
    )
    print(json.dumps(asyncio.run(_measured(arguments.task, kind, job))))


async def _measured(task: str, kind: type, job: Job) -> Figures:
    return await TASKS[task](kind, job)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.worker")
    parser.add_argument("contestant", choices=CONTESTANTS)
    parser.add_argument("task", choices=sorted(TASKS))
    parser.add_argument("--url", default="")
    parser.add_argument("--total", type=int, default=20_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--calls", type=int, default=5_000)
    parser.add_argument("--in-flight", type=int, default=64)
    parser.add_argument("--rest-ms", type=float, default=20)
    return parser.parse_args()


if __name__ == "__main__":
    main()
