"""`python benchmarks/run.py`: the same as `python -m benchmarks`, from anywhere."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.command import main

sys.exit(main())
