"""What automation runs, and what only stands in its files."""

# The tables of cases read better with one case a line.
# ruff: noqa: E501

import json
from pathlib import Path

import pytest

from tests.workbook.test_audit_read import assert_ends
from workbook.audit import File, Tree, audit_tree
from workbook.audit.commands import Workflows, leaves

Files = dict[str, str]
CI = "on: {}\njobs:\n  a:\n    steps:\n      - uses: actions/checkout@v5\n      - run: {}\n"
WORKFLOW = ".github/workflows/ci.yml"
PUSH = "push"


def ci(run: str, on: str = PUSH) -> Files:
    return {WORKFLOW: CI.format(on, json.dumps(run))}


def makefile(text: str, run: str = "make test") -> Files:
    return ci(run) | {"Makefile": text}


def gitlab(job: str) -> Files:
    return {".gitlab-ci.yml": f"unit:\n  script: [pytest]\n{job}"}


def runs(files: Files, events: tuple[str, ...] = ("push", "pull_request")) -> list[str]:
    """Return what a change starts, the plainest of it."""
    tree = Tree(tuple(File(path, files[path]) for path in sorted(files)))
    found = Workflows(tree).all
    return [command.text for command in found if {*events} & {*(command.events or events)}]


# --- hostile files -------------------------------------------------------------------------------

BOMB = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"] + [
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)
]
DIAMONDS = "".join(f"t{i}: a{i} b{i}\na{i}: t{i + 1}\nb{i}: t{i + 1}\n" for i in range(40))
DENSE = "".join(f"t{i}: {' '.join(f't{j}' for j in range(300))}\n" for i in range(300))
ENDLESS: dict[str, Files] = {
    "sequences": {WORKFLOW: "- " * 40_000 + "x"},
    "brackets": {WORKFLOW: "[" * 190_000},
    "braces": {WORKFLOW: "{a: " * 40_000},
    "keys": {WORKFLOW: "? " * 90_000},
    "a bomb as a key": {WORKFLOW: "\n".join([*BOMB, "? *a11\n: v\n"])},
    "diamonds": ci("make t0") | {"Makefile": DIAMONDS},
    "a dense Makefile": ci("".join(f"make t{i % 300} A={i}\n" for i in range(5_000)))
    | {"Makefile": DENSE},
    "a large program, often": ci("python big.py\n" * 100) | {"big.py": "x = [1, 2]\n" * 33_000},
    "a large Makefile, often": ci("make tt\n" * 1_000)
    | {"Makefile": "".join(f"t{i}: x\n" for i in range(20_000)) + "tt:\n"},
    "many prerequisites": ci("make all\n" * 100)
    | {
        "Makefile": "".join(f"t{i}:\n\techo\n" for i in range(20_000))
        + f"all: {' '.join(f't{i}' for i in range(1_000))}\n"
    },
    "many pipelines": ci("".join(f"dvc repro s{i}\n" for i in range(9_000)))
    | {f"d{i}/a.py": "" for i in range(9_000)},
    "many scripts": ci("".join(f"npm run s{i}\n" for i in range(5_000)))
    | {"package.json": json.dumps({"scripts": {f"s{i}": "a" * 150 for i in range(5_000)}})},
    "spaces": {"Jenkinsfile": "sh" + " " * 900_000},
    "comments": {"Jenkinsfile": "/*" * 400_000},
    "texts": {"Jenkinsfile": "sh ''\n" * 150_000},
    "quotes": ci("./a.sh") | {"a.sh": "\"\\'" * 300_000},
    "here-documents": ci("./a.sh") | {"a.sh": "".join(f"a <<E{i}\n" for i in range(90_000))},
    "blocks": ci("./a.sh") | {"a.sh": "if a\n" * 190_000},
    "blank lines": ci("./a.sh") | {"a.sh": "\n" * 900_000},
    "expressions": ci("./a.sh") | {"a.sh": "${{" * 300_000},
    "wrappers": ci("./a.sh") | {"a.sh": ("A=${{b}}" * 200 + "\n") * 500},
}


@pytest.mark.parametrize("files", ENDLESS.values(), ids=ENDLESS)
def test_no_file_ends_or_stops_the_audit(tmp_path: Path, files: Files) -> None:
    for path, text in files.items():
        place = tmp_path / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    assert_ends(tmp_path)


def test_yaml_of_an_ordinary_depth_is_read() -> None:
    assert len(leaves(File("a.yml", "- " * 25 + "x"))) == 1


# --- what runs -----------------------------------------------------------------------------------

RUNS: dict[str, Files] = {
    "a variable of a Makefile": makefile("PYTHON ?= python3\ntest:\n\t$(PYTHON) -m pytest\n"),
    "a variable of a variable": makefile("UV = uv\nRUN := $(UV) run\ntest:\n\t@${RUN} pytest\n"),
    "a blank line in a recipe": makefile("test:\n\truff .\n\n# tests\n\tpytest\n"),
    "two targets on a line": makefile("lint test:\n\tpytest\n"),
    "the first target": makefile(".PHONY: b\nb: c\nc:\n\tpytest\n", run="make"),
    "the default target": makefile(".DEFAULT_GOAL := b\na:\n\tls\nb:\n\tpytest\n", run="make"),
    "a recipe on the head's line": makefile("test: ; pytest\n"),
    "a prerequisite on the next line": makefile("test: a \\\n    b\n\tls\nb:\n\tpytest\n"),
    "make within make": makefile("test:\n\t$(MAKE) unit\nunit:\n\tpytest\n"),
    "another folder's Makefile": ci("make -C ml test") | {"ml/Makefile": "test:\n\tpytest\n"},
    "another Makefile": ci("make -f ci.mk test") | {"ci.mk": "test:\n\tpytest\n"},
    "an option of a shell": ci("bash -x ci.sh") | {"ci.sh": "pytest\n"},
    "coverage": ci("coverage run --source=src -m pytest"),
    "coverage as a module": ci("python -m coverage run --branch --source src -m pytest"),
    "an extra": ci("uv run --extra dev pytest"),
    "a group": ci("uv run --group dev --frozen -p 3.12 pytest"),
    "a package": ci("uv run --with 'pytest-cov>5' -- pytest"),
    "uvx": ci("uvx --with x pytest"),
    "pipx": ci("pipx run pytest"),
    "conda": ci("conda run --no-capture-output -n env pytest"),
    "micromamba": ci("micromamba run -n env pytest"),
    "an image": ci("docker run --rm -v $PWD:/app -e A='b c' --network=none img:1 pytest"),
    "a service": ci("docker compose -f a.yml run -T app pytest"),
    "a shell": ci("bash -c 'pytest'"),
    "a shell in an image": ci('docker run img sh -ec "cd /app && pytest"'),
    "a quoted variable": ci('OPTS="-a -b" pytest'),
    "a secret": ci("TOKEN=${{ secrets.X || 'a' }} pytest"),
    "a subshell": ci("(cd ml && pytest)"),
    "a variable of the shell": ci("$PYTHON -m pytest"),
    "a block": ci("if [ -d tests ]; then\n  pytest\nfi"),
    "another branch": ci("if false; then\n  ls\nelse\n  pytest\nfi"),
    "a quote with a hash": ci("echo 'a # b' && pytest"),
    "behind a here-document": ci("cat > a <<-'EOF'\n\tx\n\tEOF\npytest"),
    "a status that is kept": ci("set +e\npytest\nstatus=$?\nexit $status"),
    "a script that ends": ci("pytest\nexit 0"),
    "stops again": ci("set +e\nls\nset -e\npytest\necho done"),
    "braces behind a failure": ci("pytest || { echo failed; exit 1; }"),
    "Jenkins, lines": {"Jenkinsfile": "steps {\n  sh '''\n    ls\n    pytest\n  '''\n}\n"},
    "Jenkins, a script": {"Jenkinsfile": "sh(label: 'tests', script: 'pytest')"},
    "Jenkins, an address": {"Jenkinsfile": "sh 'curl https://x && pytest'"},
    "Drone": {".drone.yml": "steps:\n- commands: [pytest]\n"},
    "Buildkite": {".buildkite/pipeline.yml": "steps:\n- command: pytest\n"},
    "Gitea": {".gitea/workflows/ci.yaml": CI.format(PUSH, "pytest")},
    "GitLab, a branch": gitlab("  only: [main, schedules]\n"),
    "GitLab, rules": gitlab("  rules: [{if: $A, when: never}, {if: $B}]\n"),
    "Azure": {"azure-pipelines.yml": "trigger: none\nsteps: [{script: pytest}]\n"},
    "tags and branches": ci("pytest", on="{push: {tags: ['v*'], branches: [main]}}"),
    "a workflow that is called": {
        WORKFLOW: "on: push\njobs:\n  a:\n    uses: ./.github/workflows/test.yml\n",
        ".github/workflows/test.yml": CI.format("workflow_call", "pytest"),
    },
}  # fmt: skip


def test_options_of_python_stand_before_its_module() -> None:
    test = File("test_it.py", "def test_it():\n    assert add(1, 1) == 2\n")
    workflow = File(WORKFLOW, ci("python -X dev -W error -m pytest")[WORKFLOW])
    assert audit_tree(Tree((workflow, test))).evidence["ci_tests"]


@pytest.mark.parametrize("files", RUNS.values(), ids=RUNS)
def test_tests_that_a_change_starts_are_found(files: Files) -> None:
    assert {"pytest", "python3 -m pytest", "python -m pytest", "-m pytest"} & {*runs(files)}


NEVER: dict[str, Files] = {
    "a text": ci('echo "first lint; pytest later"'),
    "a note": ci("echo 'later: ruff && pytest'"),
    "a message": ci("git commit -am 'fix; pytest'"),
    "a text of two lines": ci("git commit -m 'fix\npytest'"),
    "a here-document": ci("cat > notes.txt <<EOF\npytest\nEOF"),
    "an open here-document": ci("cat > notes.txt <<EOF\npytest"),
    "a dead branch": ci("if false; then\npytest\nfi"),
    "a branch in a dead one": ci("if false; then\nif a; then\nls\nelse\npytest\nfi\nfi"),
    "a dead loop": ci("while false\ndo\npytest\ndone"),
    "a script that goes on": ci("set +e\npytest\nexit 0"),
    "a script that starts again": ci("set +e\npytest\nset -e\nls"),
    "a script that never stops": ci("./a.sh") | {"a.sh": "pytest\ntrue\n"},
    "behind the end": ci("exit 0\npytest"),
    "a failure that make ignores": makefile("test:\n\t-pytest\n"),
    "a target of another folder": makefile("test:\n\tpytest\n", run="make -C ml test"),
    "somebody else's": {"third_party/lib/.travis.yml": "script: pytest\n"},
    "an example": {"examples/.gitlab-ci.yml": "unit:\n  script: pytest\n"},
    "documentation": {"docs/Jenkinsfile": "sh 'pytest'"},
    "a folder of workflows": {".github/workflows/disabled/ci.yml": CI.format(PUSH, "pytest")},
    "nothing that starts it": {WORKFLOW: CI.format(PUSH, "pytest").removeprefix("on: push\n")},
    "a condition": {WORKFLOW: CI.format(PUSH, "pytest") + "        if: ${{ false && true }}\n"},
    "a tag": ci("pytest", on="{push: {tags: ['v*']}}"),
    "GitLab, by hand": gitlab("  when: manual\n"),
    "GitLab, at times": gitlab("  only: [schedules]\n"),
    "GitLab, never": gitlab("  rules: [{when: never}]\n"),
    "GitLab, a schedule": gitlab("  rules: [{if: $CI_PIPELINE_SOURCE == 'schedule'}]\n"),
    "Azure": {"azure-pipelines.yml": "trigger: none\npr: none\nsteps: [{script: pytest}]\n"},
    "Bitbucket, by hand": {"bitbucket-pipelines.yml": "pipelines: {custom: {a: [{step: {script: [pytest]}}]}}\n"},
    "Jenkins, a comment": {"Jenkinsfile": "/* sh 'pytest' */"},
    "Jenkins, an address": {"Jenkinsfile": "// sh 'pytest'\necho \"sh 'pytest'\"\n"},
    "Jenkins, a status": {"Jenkinsfile": "sh(script: 'pytest', returnStatus: true)"},
    "a call that is off": {
        WORKFLOW: "on: push\njobs:\n  a:\n    if: false\n    uses: ./.github/workflows/t.yml\n",
        ".github/workflows/t.yml": CI.format("workflow_call", "pytest"),
    },
}  # fmt: skip


@pytest.mark.parametrize("files", NEVER.values(), ids=NEVER)
def test_what_no_change_starts_does_not_count(files: Files) -> None:
    assert not [text for text in runs(files) if text.startswith("pytest")]


@pytest.mark.parametrize(
    ("files", "event"),
    [
        (gitlab("  when: manual\n"), "workflow_dispatch"),
        (gitlab("  only: {refs: [tags]}\n"), "tag"),
        (gitlab("  rules: [{if: $CI_COMMIT_TAG}]\n"), "tag"),
        (ci("pytest", on="{push: {tags: ['v*']}}"), "tag"),
        (
            {
                "azure-pipelines.yml": "trigger: none\npr: none\nschedules: [{cron: '0 5 * * *'}]\n"
                "steps: [{script: pytest}]\n"
            },
            "schedule",
        ),
    ],
    ids=["manual", "only", "rules", "push", "Azure"],
)
def test_what_starts_a_job_instead_is_told(files: Files, event: str) -> None:
    assert runs(files, (event,)) == ["pytest"]
    assert runs(files) == []


def test_a_command_is_told_with_its_own_line() -> None:
    files = {WORKFLOW: CI.format(PUSH, "|\n          cat <<EOF\n          x\n          EOF")}
    files[WORKFLOW] += "          ls \\\n            -a && # all\n            pytest\n"
    tree = Tree(tuple(File(path, text) for path, text in files.items()))
    assert [(c.text, c.line) for c in Workflows(tree).all] == [("ls -a", 10), ("pytest", 12)]
