"""nbval, as the course calls it, passes what agrees and fails on what doesn't."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from nbformat import from_dict
from nbformat.v4 import new_code_cell, new_notebook, new_output

from workbook.build import as_text

ROOT = Path(__file__).resolve().parents[2]


def stream(text: str):
    return new_output("stream", name="stdout", text=text)


def nbval(folder: Path, *cells) -> subprocess.CompletedProcess:
    """Run nbval strictly on a notebook of (source, outputs) cells."""
    notebook = new_notebook(metadata={"kernelspec": {"name": "python3", "display_name": "P"}})
    for count, (source, outputs) in enumerate(cells, 1):
        notebook.cells.append(new_code_cell(source, execution_count=count, outputs=outputs))
    path = folder / "toy.ipynb"
    path.write_text(as_text(from_dict(json.loads(json.dumps(notebook)))), encoding="utf-8")
    options = [
        "--nbval",
        "--nbval-current-env",
        "--nbval-cell-timeout=60",
        "-p",
        "no:cacheprovider",
    ]
    sanitizer = f"--nbval-sanitize-with={ROOT / 'tests' / 'nbval.cfg'}"
    command = [sys.executable, "-m", "pytest", "-q", *options, sanitizer, "--rootdir", str(folder)]
    return subprocess.run(
        [*command, str(path)], cwd=folder, env=dict(os.environ), capture_output=True, text=True
    )


def test_equal_outputs_pass_and_addresses_may_differ(tmp_path):
    printed = "import sys\nprint(6 * 7)"
    address = "print(object())"
    done = nbval(
        tmp_path,
        (printed, [stream("42\n")]),
        (address, [stream("<object object at 0x7f0000000000>\n")]),
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("source", "outputs"),
    [
        ("print(6 * 7)", [stream("41\n")]),
        ("print(6 * 7)", [stream("42\n"), stream("more\n")]),
        ("raise ValueError('now it fails')", []),
        ("import warnings\nwarnings.warn('new')", []),
    ],
    ids=["another number", "an output that is gone", "an error", "a new warning"],
)
def test_what_differs_fails_and_names_the_cell(tmp_path, source, outputs):
    done = nbval(tmp_path, ("x = 1", []), (source, outputs))
    assert done.returncode == 1, done.stdout
    assert "Cell 1" in done.stdout
