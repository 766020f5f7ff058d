"""The jobs that CI runs, each in an environment of its own: `nox -l` lists them."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import nox

PYTHONS = ["3.11", "3.12", "3.13", "3.14"]
EXTRAS = ".[cli,export,fastapi,mcp,opentelemetry,redis]"
PARALLEL = ("-n", "auto", "--dist", "loadfile")

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.sessions = [
    "tests",
    "lint",
    "types",
    "docs",
    "lowest",
    "wheel",
    "engines",
    "schemathesis",
]
nox.options.error_on_missing_interpreters = False


def _group(name: str) -> tuple[str, ...]:
    return nox.project.dependency_groups(nox.project.load_toml("pyproject.toml"), name)


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run the tests on each Python that is at hand; the coverage counts on the oldest."""
    session.install("-e", EXTRAS, *_group("test"))
    coverage = ["--cov"] if session.python == PYTHONS[0] else []
    session.run("pytest", *PARALLEL, *coverage, *session.posargs)


@nox.session(python=PYTHONS[0])
def properties(session: nox.Session) -> None:
    """Run the property tests long and at random. What they find becomes an `@example`."""
    session.install("-e", EXTRAS, *_group("test"))
    session.env["HYPOTHESIS_PROFILE"] = "long"
    marked = ["-m", "hypothesis or long", "--timeout", "3600"]
    session.run("pytest", *PARALLEL, *marked, *(session.posargs or ["tests"]))


@nox.session(python=PYTHONS[0])
def lint(session: nox.Session) -> None:
    """Look at style and formatting."""
    session.install(*_group("lint"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session(python=PYTHONS[0])
def types(session: nox.Session) -> None:
    """Check the types of the package, the tests, the benchmarks and the examples."""
    session.install("-e", EXTRAS, *_group("test"), *_group("types"), *_group("nox"))
    session.run("mypy")
    session.run("pyright", "--pythonpath", str(Path(session.bin) / "python"))


@nox.session(python=PYTHONS[0])
def docs(session: nox.Session) -> None:
    """Build the documentation, and check every link of it."""
    session.install("-e", EXTRAS, *_group("docs"))
    site = tempfile.mkdtemp()
    session.run("mkdocs", "build", "--strict", "--quiet", "--site-dir", site)
    session.run("python", "docs/check_site.py", site)


@nox.session(python=PYTHONS[0], venv_backend="uv")
def lowest(session: nox.Session) -> None:
    """Run the tests with the lowest versions that `pyproject.toml` allows of what users install."""
    session.install("--resolution", "lowest-direct", EXTRAS)
    lowest_ones = session.run("uv", "pip", "freeze", "--exclude-editable", silent=True, log=False)
    pins = Path(tempfile.mkdtemp()) / "lowest.txt"
    pins.write_text("\n".join(x for x in str(lowest_ones).splitlines() if "==" in x), "utf-8")
    session.install("-e", EXTRAS, *_group("test"), "--constraint", str(pins))
    session.run("pytest", *PARALLEL, *(session.posargs or ["tests"]))


@nox.session(python=PYTHONS[0])
def wheel(session: nox.Session) -> None:
    """Run the tests of the source distribution against the wheel, without the package's source."""
    dist, place = Path(tempfile.mkdtemp()), Path(tempfile.mkdtemp())
    session.install("build")
    session.run("python", "-m", "build", "--outdir", str(dist), silent=True)
    (built,), (source,) = dist.glob("*.whl"), dist.glob("*.tar.gz")
    session.install(f"{built}[cli,export,fastapi,mcp,opentelemetry,redis]", *_group("test"))
    shutil.unpack_archive(source, place, filter="data")
    (tree,) = place.iterdir()
    shutil.rmtree(tree / "allawee_async")
    with session.chdir(tree):
        session.run("pytest", *PARALLEL, *(session.posargs or ["tests"]))


@nox.session(python=PYTHONS[0])
def engines(session: nox.Session) -> None:
    """Run the tests of Dask on processes, and of dlt into DuckDB; other sessions skip them."""
    session.install("-e", ".[cli,dask,dlt,redis]", *_group("engines"))
    tested = ["tests/integrations/test_dask.py", "tests/integrations/test_dlt.py"]
    session.run("pytest", *(session.posargs or tested))


@nox.session(python=PYTHONS[0])
def schemathesis(session: nox.Session) -> None:
    """Send a sandbox what its description allows, and what not; long with `--max-examples 100`."""
    session.install("-e", ".[cli]", "schemathesis>=4.32", "openapi-spec-validator>=0.9")
    quick = ("--max-examples", "3", "--phases", "fuzzing,stateful", "--generation-deterministic")
    session.run("python", "scripts/fuzz_sandbox.py", *(session.posargs or quick))


@nox.session(python=PYTHONS[0])
def mutants(session: nox.Session) -> None:
    """Plant mistakes where money is at stake; at least 85 % of them must be noticed."""
    session.install("-e", EXTRAS, *_group("test"))
    session.run("python", "scripts/mutants.py", *session.posargs)


@nox.session(python=PYTHONS[0])
def benchmarks(session: nox.Session) -> None:
    """Measure, as ratios in one run; pass `--quick` for a first look."""
    session.install("-e", EXTRAS, *_group("test"))
    session.run("python", "-m", "benchmarks", *session.posargs)


if os.environ.get("CI"):
    nox.options.reuse_existing_virtualenvs = False
