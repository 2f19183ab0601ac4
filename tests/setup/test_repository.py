"""Nothing in the repository names the machine or the network that it was written on."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Spelt in pieces, so that this file passes its own test.
PRIVATE = {
    "a home or machine path": r"(?<![\w./])/(?:" + "work/|root/|home/|Users/)" + r"[\w.]+",
    "a package index": r"files\.python" + r"hosted|(?<![\w.])pypi\." + r"org",
    "an unfinished remark": r"\b(?:TO" + "DO|FIX" + r"ME|X" + r"XX)\b",
}


def tracked_files() -> list[Path]:
    """List the files that git has or would add."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def findings(name: str, text: str) -> list[str]:
    """List what the text should not say, with its line."""
    return [
        f"{name}:{number}: {what}: {match[0]}"
        for number, line in enumerate(text.splitlines(), start=1)
        for what, pattern in PRIVATE.items()
        for match in re.finditer(pattern, line)
    ]


def test_no_file_names_a_machine_or_an_index() -> None:
    found: list[str] = []
    for path in tracked_files():
        content = path.read_bytes()
        if b"\0" not in content[:8192]:
            found += findings(str(path.relative_to(ROOT)), content.decode("utf-8"))
    assert found == []


@pytest.mark.parametrize(
    "planted", ["see /ro" + "ot/data.csv", "# TO" + "DO later", "https://pypi." + "org/simple"]
)
def test_a_planted_remark_is_found(planted: str) -> None:
    assert len(findings("planted", planted)) == 1


def test_no_file_is_larger_than_the_largest_table() -> None:
    assert [str(path) for path in tracked_files() if path.stat().st_size > 8_000_000] == []
