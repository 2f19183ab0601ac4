"""Prove the course: the layers of `make test`, in order, up to the first that fails."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from workbook.build import ENVIRONMENT

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = Path(sys.executable).parent


@dataclass(frozen=True)
class Layer:
    """One thing that is proved, and the commands that prove it."""

    name: str
    title: str
    commands: tuple[tuple[str, ...], ...]
    environment: dict[str, str] = field(default_factory=dict)


PYTEST = ("pytest", "-q", "-n", "auto")
NBVAL = (
    *PYTEST,
    "--nbval",
    "--nbval-current-env",
    "--nbval-sanitize-with=tests/nbval.cfg",
    "--nbval-cell-timeout=120",
    "--dist=loadfile",
    "notebooks",
)

LAYERS = (
    Layer(
        "style",
        "style and types",
        (("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",)),
    ),
    Layer(
        "code",
        "packages, exercises, lessons and command lines",
        ((*PYTEST, "tests", "--ignore=tests/book", "--ignore=tests/lab"),),
    ),
    Layer(
        "drift",
        "notebooks/ and book/solutions/ come from lessons/ as they stand",
        (("workbook", "build", "--check"),),
    ),
    Layer("notebooks", "notebooks, every cell run again and compared", (NBVAL,), ENVIRONMENT),
    Layer("solved", "solved notebooks, every check green", (("workbook", "build", "--solved"),)),
    Layer(
        "book",
        "book and JupyterLab, opened in a browser",
        (
            ("jupyter-book", "build", ".", "-W", "-n", "--keep-going", "-q"),
            (*PYTEST, "--dist=worksteal", "tests/book"),
            ("pytest", "-q", "tests/lab"),
        ),
        {"WORKBOOK_HTML": str(ROOT / "_build" / "html")},
    ),
)


def run(command: tuple[str, ...], variables: dict[str, str]) -> bool:
    """Run a program of this environment in the repository; True if it succeeds."""
    print(f"$ {' '.join(command)}", flush=True)
    program = shutil.which(command[0], path=str(SCRIPTS))
    if program is None:
        print(f"{command[0]} is missing from the environment.", file=sys.stderr)
        return False
    path = os.pathsep.join([str(SCRIPTS), os.environ.get("PATH", "")])
    environment = {**os.environ, **variables, "PATH": path}
    return subprocess.run([program, *command[1:]], cwd=ROOT, env=environment).returncode == 0


def verify(layers: tuple[Layer, ...]) -> int:
    """Run the layers in order and stop at the first failure; the exit code is 0 if all hold."""
    started = time.monotonic()
    for number, layer in enumerate(layers, start=1):
        print(f"\n== {number}/{len(layers)} {layer.name}: {layer.title}", flush=True)
        begun = time.monotonic()
        for command in layer.commands:
            if not run(command, layer.environment):
                print(
                    f"\nFAILED: {layer.name} ({layer.title}), in `{' '.join(command)}`.\n"
                    f"To see it alone: make test ONLY={layer.name}",
                    file=sys.stderr,
                )
                return 1
        print(f"{layer.name} holds ({time.monotonic() - begun:.0f} s)", flush=True)
    names = ", ".join(layer.name for layer in layers)
    print(f"\nVERIFIED: {names} ({time.monotonic() - started:.0f} s)", flush=True)
    return 0


def main(names: list[str]) -> int:
    """Verify the named layers, or all of them."""
    known = {layer.name: layer for layer in LAYERS}
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"There is no layer {unknown[0]}; there are {', '.join(known)}.", file=sys.stderr)
        return 2
    return verify(tuple(known[name] for name in names) or LAYERS)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
