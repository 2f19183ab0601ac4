"""A pipeline's order, its dry run and its real run, and the hooks that start it."""

import json
import os
import shlex
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from flightline import ci, releases
from flightline.pipeline_template import project_files, write_project

NEEDS = {"lint": [], "train": ["lint"], "quality": ["train"], "release": ["quality"]}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    write_project(folder)
    return folder


@pytest.fixture
def work(tmp_path: Path, project: Path) -> Path:
    """A developer's repository with the server that it pushes to."""
    folder = tmp_path / "a work folder"
    write_project(folder)
    ci.start_work(folder, ci.start_server(tmp_path / "the server"))
    ci.commit(folder, "First")
    return folder


def server_of(work: Path) -> ci.Server:
    return ci.Server(work.parent / "the server")


def pipeline(folder: Path, *steps: tuple[str, str, list[str]]) -> None:
    """Write a pipeline of Python one-liners: name, code, needs."""
    lines = []
    for name, code, needs in steps:
        command = json.dumps(f"python -c {shlex.quote(code)}")
        lines.append(
            f'[[step]]\nname = "{name}"\nrun = {command}\nneeds = {needs}\n'
            f'artifacts = ["{name}.txt"]\n'
        )
    (folder / "pipeline.toml").write_text("\n".join(lines), encoding="utf-8")


# --- order and dry run ---------------------------------------------------------------------------


def test_each_step_comes_after_all_that_it_needs() -> None:
    backwards = dict(reversed(NEEDS.items()))
    assert ci.in_order(backwards) == ["lint", "train", "quality", "release"]


@given(st.integers(0, 7), st.randoms())
def test_any_pipeline_without_a_circle_has_an_order(size: int, random: object) -> None:
    needs = {
        str(step): [str(n) for n in range(step) if random.random() < 0.4]  # type: ignore[attr-defined]
        for step in range(size)
    }
    shuffled = list(needs.items())
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    order = ci.in_order(dict(shuffled))
    assert sorted(order) == sorted(needs)
    assert all(order.index(n) < order.index(step) for step in needs for n in needs[step])


def test_a_circle_and_an_unknown_step_are_named() -> None:
    with pytest.raises(ci.PipelineError, match=r"wait for one another: `a`, `b`"):
        ci.in_order({"a": ["b"], "b": ["a"]})
    with pytest.raises(ci.PipelineError, match=r"`a` needs `b`, and there is no such step"):
        ci.in_order({"a": ["b"]})


def test_a_failed_step_stops_all_that_need_it_and_nothing_else() -> None:
    needs = NEEDS | {"contract": []}
    assert ci.dry_run(needs, ["train"]) == {
        "lint": "passed",
        "train": "failed",
        "quality": "skipped",
        "release": "skipped",
        "contract": "passed",
    }


def test_a_step_that_is_skipped_cannot_fail() -> None:
    assert ci.dry_run(NEEDS, ["lint", "train"])["train"] == "skipped"


# --- a real run ----------------------------------------------------------------------------------


def test_a_run_keeps_the_logs_and_artifacts_of_what_ran(tmp_path: Path) -> None:
    write = "from pathlib import Path; Path('{0}.txt').write_text('made'); print('{0} ran')"
    pipeline(
        tmp_path,
        ("first", write.format("first"), []),
        ("second", write.format("second") + "; raise SystemExit('no')", ["first"]),
        ("third", write.format("third"), ["second"]),
    )
    record = tmp_path / "record"
    outcome = ci.run_pipeline(tmp_path, record)
    assert outcome == {"first": "passed", "second": "failed", "third": "skipped"}
    assert json.loads((record / "outcome.json").read_text()) == outcome
    assert (record / "second.log").read_text().split() == ["second", "ran", "no"]
    assert not (record / "third.log").exists()
    assert sorted(p.name for p in (record / "artifacts").iterdir()) == ["first.txt", "second.txt"]


def test_a_report_gives_each_failed_steps_last_lines(tmp_path: Path) -> None:
    (tmp_path / "unit.log").write_text("one\ntwo\nthree\n\n", encoding="utf-8")
    outcome: dict[str, ci.Status] = {"lint": "passed", "unit": "failed", "train": "skipped"}
    assert ci.report(outcome, tmp_path) == [
        "passed: lint",
        "failed: unit",
        "    two",
        "    three",
        "skipped: train",
    ]


def test_a_command_does_not_see_the_hooks_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", "the server's")
    code, seen = ci.run_command("python -c \"import os; print('GIT_DIR' in os.environ)\"", tmp_path)
    assert (code, seen.strip()) == (0, "False")


def test_repetition_gives_every_run_another_order_of_sets(tmp_path: Path) -> None:
    command = "python -c \"assert list({'a', 'b'}) == ['a', 'b']\""
    runs = ci.repeat(command, tmp_path, 12)
    assert set(runs) == {True, False}
    assert ci.repeat(command, tmp_path, 3) == runs[:3]


def test_a_seed_gives_a_set_the_same_order_on_every_machine(tmp_path: Path) -> None:
    """The lesson stores which runs failed; a Python that hashes otherwise is found here."""
    command = "python -c \"print(*{f'2013-01-{day:02}' for day in range(1, 32)})\""
    code, printed = ci.run_command(command, tmp_path, {"PYTHONHASHSEED": "7"})
    assert (code, printed.split()[:4]) == (
        0,
        ["2013-01-26", "2013-01-16", "2013-01-05", "2013-01-04"],
    )


# --- the project ---------------------------------------------------------------------------------


def test_the_projects_own_pipeline_passes_and_packages_a_program(
    project: Path, tmp_path: Path
) -> None:
    outcome = ci.run_pipeline(project, tmp_path)
    assert set(outcome.values()) == {"passed"}, ci.report(outcome, tmp_path)
    command = f"python {shlex.quote((tmp_path / 'artifacts' / 'late.pyz').as_posix())} B6 BOS 1830"
    code, answer = ci.run_command(command, tmp_path)
    assert code == 0, answer
    assert 0 < float(answer) < 1


def test_a_broken_promise_of_the_data_stops_the_contract(tmp_path: Path) -> None:
    write_project(tmp_path)
    flights = (tmp_path / "data" / "flights.csv").read_text(encoding="utf-8").splitlines()
    fields = flights[7].split(",")
    flights[7] = ",".join([fields[0], "1875", *fields[2:]])
    (tmp_path / "data" / "flights.csv").write_text("\n".join(flights), encoding="utf-8")
    code, said = ci.run_command("python -m late.contract", tmp_path)
    assert code == 1
    assert "line 8: 1875 isn't a clock time" in said


def test_both_pipelines_of_the_project_run_the_same_commands_in_the_same_order() -> None:
    workflow = yaml.safe_load(
        project_files()[".github/workflows/pipeline.yml"].read_text(encoding="utf-8")
    )
    named = [step for step in workflow["jobs"]["verify"]["steps"] if "name" in step]
    steps = ci.read_pipeline(project_files()["pipeline.toml"].parent)
    commands = [step["run"] for step in named if step["name"] in {s.name for s in steps}]
    assert commands == [step.run for step in steps]
    assert workflow["jobs"]["release"]["needs"] == "verify"


# --- pushes --------------------------------------------------------------------------------------


def test_a_good_push_is_released_and_a_worse_model_is_not(work: Path) -> None:
    assert ci.push(work)[-2:] == ["release 1 serves", "the push was accepted"]
    good = ci.git(work, "rev-parse", "HEAD").stdout.strip()
    ci.edit(work, "late/model.py", '"half_day",)', '"carrier", "dest", "hour")')
    ci.edit(work, "late/model.py", "PRIOR_FLIGHTS = 20", "PRIOR_FLIGHTS = 1")
    ci.commit(work, "Know every flight")
    said = ci.push(work)
    assert "failed: quality" in said
    assert said[-1] == "the push was refused"
    server = server_of(work)
    assert ci.git(server.repository, "rev-parse", "main").stdout.strip() == good
    assert releases.current(server.releases) == 1
    assert (server.releases / "1" / "commit").read_text().strip() == good
    refused = ci.git(work, "rev-parse", "HEAD").stdout.strip()
    assert (server.record(refused) / "artifacts" / "quality.json").is_file()


def test_no_verify_skips_the_hook_here_and_not_the_one_on_the_server(work: Path) -> None:
    ci.check_before_push(work)
    ci.edit(work, "late/model.py", "sched_dep_time // 100", "sched_dep_time // 60")
    ci.commit(work, "Simplify the hour")
    here = ci.push(work)
    assert "here failed: unit" in here
    assert not server_of(work).folder.joinpath("runs").exists()
    skipped = ci.push(work, "--no-verify")
    assert not any(line.startswith("here") for line in skipped)
    assert "failed: unit" in skipped
    assert skipped[-1] == "the push was refused"


def test_main_cannot_be_deleted_and_other_branches_are_not_judged(tmp_path: Path) -> None:
    server = ci.Server(tmp_path)
    assert ci.judge_push(server, f"{'1' * 40} {'0' * 40} refs/heads/main") == (
        False,
        ["main can't be deleted"],
    )
    assert ci.judge_push(server, f"{'0' * 40} {'1' * 40} refs/heads/try") == (True, [])


def test_git_reads_nobodys_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    somebody = tmp_path / "gitconfig"
    somebody.write_text("[user]\n\tname = Somebody\n", encoding="utf-8")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(somebody))
    found = ci.git(tmp_path, "config", "--get", "user.name", check=False)
    assert found.stdout == ""


def test_commits_are_the_same_on_every_machine(tmp_path: Path) -> None:
    hashes = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "file.txt").write_bytes(b"text\n")
        ci.git(folder, "init", "--quiet", "--initial-branch=main")
        ci.commit(folder, "Same")
        hashes.append(ci.git(folder, "rev-parse", "HEAD").stdout)
    assert hashes[0] == hashes[1]


def test_a_hook_is_two_lines_that_start_this_python(tmp_path: Path) -> None:
    ci.write_hook(tmp_path / "hooks", "pre-push", ["run", str(tmp_path / "a b")])
    first, second = (tmp_path / "hooks" / "pre-push").read_text().splitlines()
    assert first == "#!/bin/sh"
    assert shlex.split(second)[:2] == ["exec", Path(sys.executable).as_posix()]
    assert shlex.split(second)[-1] == (tmp_path / "a b").as_posix()
    assert os.name == "nt" or os.access(tmp_path / "hooks" / "pre-push", os.X_OK)


def test_an_edit_replaces_exactly_one_place(tmp_path: Path) -> None:
    (tmp_path / "file.txt").write_text("a a b", encoding="utf-8")
    ci.edit(tmp_path, "file.txt", "b", "c")
    assert (tmp_path / "file.txt").read_text(encoding="utf-8") == "a a c"
    with pytest.raises(ValueError, match="2 times"):
        ci.edit(tmp_path, "file.txt", "a", "c")
