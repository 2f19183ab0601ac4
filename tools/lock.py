"""Pin requirements.txt from the loose bounds in pyproject.toml."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEADER = """\
# Every package of the course, pinned and hashed for all supported Pythons and systems.
# Made from pyproject.toml by `make lock`. Do not edit it: change the bounds and run that again.
"""
OPTIONS = [
    "--extra=maintain",
    "--universal",
    "--python-version=3.11",
    "--generate-hashes",
    "--no-header",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--quiet",
]


def pins(lock: str) -> set[str]:
    """List the `name==version` pins of a lock."""
    return set(re.findall(r"^\S+==\S+", lock, re.M))


def main() -> int:
    """Rewrite requirements.txt; UPGRADE=1 moves every pin to the newest that the bounds allow."""
    lock = ROOT / "requirements.txt"
    before = lock.read_text(encoding="utf-8") if lock.is_file() else ""
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or "uv"
    upgrade = ["--upgrade"] if os.environ.get("UPGRADE") else []
    with tempfile.TemporaryDirectory() as folder:
        # Resolved beside the lock, so that a failure leaves the lock as it was.
        resolved = Path(folder) / "requirements.txt"
        resolved.write_text(before, encoding="utf-8")
        command = [uv, "pip", "compile", "pyproject.toml", *OPTIONS, *upgrade, "-o", str(resolved)]
        outcome = subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL)
        if outcome.returncode != 0:
            print("requirements.txt is unchanged; uv says above why.", file=sys.stderr)
            return 1
        after = resolved.read_text(encoding="utf-8")
    lock.write_text(HEADER + after, encoding="utf-8", newline="\n")
    moved = sorted(pins(after) - pins(before))
    print(f"{len(pins(after))} packages pinned, {len(moved)} of them new or moved.")
    for pin in moved:
        print(f"  {pin}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
