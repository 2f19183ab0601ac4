"""A small pipeline runner, and the git hooks that start it.

A pipeline is a list of steps that need one another. It is read from ``pipeline.toml`` in the very
commit that it judges, runs in a fresh copy of that commit, and keeps every log and artifact.
"""

import io
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from flightline import releases

Status = Literal["passed", "failed", "skipped"]

BRANCH = "refs/heads/main"
#: What the hooks say when a step fails: this many lines of its log.
SHOWN = 2


class PipelineError(ValueError):
    """The steps can't be put in an order; the message names the step."""


@dataclass(frozen=True)
class Step:
    """One step of a pipeline.

    Attributes
    ----------
    name
        Unique in the pipeline.
    run
        The command; ``python`` stands for the interpreter that runs the pipeline.
    needs
        Steps that have to pass first.
    artifacts
        Files that it leaves behind, from the project's folder.
    """

    name: str
    run: str
    needs: tuple[str, ...] = ()
    artifacts: tuple[str, ...] = ()


def read_pipeline(project: Path) -> list[Step]:
    """Read ``pipeline.toml`` of a project.

    Raises
    ------
    PipelineError
        If the steps can't be put in an order.
    """
    declared = tomllib.loads((project / "pipeline.toml").read_text(encoding="utf-8"))["step"]
    steps = [
        Step(d["name"], d["run"], tuple(d.get("needs", ())), tuple(d.get("artifacts", ())))
        for d in declared
    ]
    in_order({step.name: step.needs for step in steps})
    return steps


def in_order(needs: Mapping[str, Collection[str]]) -> list[str]:
    """Return the steps so that each comes after all that it needs, else as they are written.

    Parameters
    ----------
    needs : mapping of str to collection of str
        For each step the steps that have to pass first.

    Raises
    ------
    PipelineError
        If a step needs one that doesn't exist, or itself in the end.
    """
    for step, needed in needs.items():
        for name in needed:
            if name not in needs:
                raise PipelineError(f"`{step}` needs `{name}`, and there is no such step.")
    done: list[str] = []
    while len(done) < len(needs):
        ready = [step for step in needs if step not in done and set(needs[step]) <= set(done)]
        if not ready:
            waiting = ", ".join(f"`{step}`" for step in needs if step not in done)
            raise PipelineError(f"These steps wait for one another: {waiting}.")
        done.append(ready[0])
    return done


def dry_run(needs: Mapping[str, Collection[str]], failing: Collection[str]) -> dict[str, Status]:
    """Tell what would become of each step, without running any.

    Parameters
    ----------
    needs : mapping of str to collection of str
        For each step the steps that have to pass first.
    failing : collection of str
        The steps that fail when they are run.

    Returns
    -------
    dict of str to {"passed", "failed", "skipped"}
        In the order in which they run. A step is skipped if one that it needs hasn't passed.
    """
    outcome: dict[str, Status] = {}
    for step in in_order(needs):
        if any(outcome[name] != "passed" for name in needs[step]):
            outcome[step] = "skipped"
        else:
            outcome[step] = "failed" if step in failing else "passed"
    return outcome


def run_pipeline(
    project: Path,
    record: Path,
    only: Collection[str] | None = None,
    environment: Mapping[str, str] | None = None,
) -> dict[str, Status]:
    """Run a project's pipeline in its folder, and say how each step went.

    Parameters
    ----------
    project : pathlib.Path
        Holds ``pipeline.toml``; the commands run here.
    record : pathlib.Path
        Gets ``NAME.log`` of every step that ran, ``artifacts/`` and ``outcome.json``.
    only : collection of str, optional
        Run these steps, whatever else they need.
    environment : mapping, optional
        Added to the commands' environment.

    Returns
    -------
    dict of str to {"passed", "failed", "skipped"}
        As `dry_run`.
    """
    steps = {step.name: step for step in read_pipeline(project)}
    chosen = {name: step for name, step in steps.items() if only is None or name in only}
    needs = {name: [n for n in step.needs if n in chosen] for name, step in chosen.items()}
    (record / "artifacts").mkdir(parents=True, exist_ok=True)
    outcome: dict[str, Status] = {}
    for name in in_order(needs):
        if any(outcome[needed] != "passed" for needed in needs[name]):
            outcome[name] = "skipped"
            continue
        code, log = run_command(chosen[name].run, project, environment)
        (record / f"{name}.log").write_text(log, encoding="utf-8")
        outcome[name] = "passed" if code == 0 else "failed"
        for artifact in chosen[name].artifacts:
            if (project / artifact).is_file():
                shutil.copy(project / artifact, record / "artifacts")
    (record / "outcome.json").write_text(json.dumps(outcome), encoding="utf-8")
    return outcome


def run_command(
    command: str, folder: Path, environment: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """Run one command of a pipeline; return its exit status and all that it printed."""
    words = shlex.split(command)
    if words[0] == "python":
        words[0] = sys.executable
    # A hook is started with the server's repository in GIT_DIR; a step must not work on that.
    # pytest prints another summary where it finds CI or BUILD_NUMBER.
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") and name not in ("CI", "BUILD_NUMBER")
    }
    fixed = {
        "COLUMNS": "80",
        "NO_COLOR": "1",
        "PYTEST_ADDOPTS": "",
        # A pipeline's pytest loads the plugins that it names, not all that happen to be installed.
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONUTF8": "1",
    }
    done = subprocess.run(
        words,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        encoding="utf-8",
        errors="replace",
        env={**clean, **fixed, **(environment or {})},
    )
    return done.returncode, done.stdout


def repeat(command: str, folder: Path, times: int) -> list[bool]:
    """Run a command again and again on the same files, and tell each time whether it passed.

    Each run is a new process with another order of its sets (`PYTHONHASHSEED` 0, 1, ...), so that
    the series itself can be repeated: the same seed gives the same hashes on every 64-bit CPython
    from 3.11 on that was built with its default algorithm, SipHash-1-3.
    """
    seeds = ({"PYTHONHASHSEED": str(seed)} for seed in range(times))
    return [run_command(command, folder, seed)[0] == 0 for seed in seeds]


# --- git ----------------------------------------------------------------------------------------


def git_environment() -> dict[str, str]:
    """Return an environment in which git reads nobody's configuration and commits alike."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    people = {
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in {
            "NAME": "Flightline",
            "EMAIL": "team@flightline.example",
            "DATE": "2013-09-06T16:00:00-04:00",
        }.items()
    }
    isolated = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C"}
    return {**clean, **people, **isolated, "GIT_TERMINAL_PROMPT": "0"}


def git(folder: Path, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run git in a folder, with `git_environment`.

    Raises
    ------
    subprocess.CalledProcessError
        If git fails and `check` is true.
    """
    return subprocess.run(
        ["git", *arguments],
        cwd=folder,
        check=check,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        env=git_environment(),
    )


@dataclass(frozen=True)
class Server:
    """The machine that everybody pushes to.

    Attributes
    ----------
    folder
        Holds the bare repository ``late.git``, a folder in ``runs`` for each commit that was
        judged, and the ``releases``.
    """

    folder: Path

    @property
    def repository(self) -> Path:
        """The bare repository."""
        return self.folder / "late.git"

    @property
    def releases(self) -> Path:
        """The store of `flightline.releases`."""
        return self.folder / "releases"

    def record(self, commit: str) -> Path:
        """Return the folder that keeps what a commit's pipeline left behind."""
        return self.folder / "runs" / commit

    def champion(self) -> Path:
        """Return the model that serves; before the first release there is no such file."""
        return self.releases / str(releases.current(self.releases)) / "model.json"


def start_server(folder: Path) -> Server:
    """Make a bare repository whose hooks judge every push to main and release what passes."""
    server = Server(folder)
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet", "--bare", "--initial-branch=main", server.repository.name)
    for name in ("pre-receive", "post-receive"):
        write_hook(server.repository / "hooks", name, [name, str(folder)])
    return server


def start_work(folder: Path, server: Server) -> None:
    """Make a developer's repository of the files in a folder."""
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "remote", "add", "origin", str(server.repository))


def check_before_push(folder: Path) -> None:
    """Give a developer's repository a hook that runs the quick steps before each push."""
    write_hook(folder / ".git" / "hooks", "pre-push", ["run", str(folder), "lint", "unit"])


def write_hook(folder: Path, name: str, arguments: Sequence[str]) -> None:
    """Write a hook of two lines for sh that starts this module.

    git starts a hook by its ``#!`` line. On Windows the sh is the one that Git for Windows brings
    along, so the paths are written with forward slashes.
    """
    program = Path(sys.executable).as_posix()
    words = [program, "-m", "flightline.ci", *(word.replace("\\", "/") for word in arguments)]
    folder.mkdir(exist_ok=True)
    hook = folder / name
    hook.write_text(f"#!/bin/sh\nexec {shlex.join(words)}\n", encoding="utf-8", newline="\n")
    hook.chmod(0o755)


def commit(work: Path, message: str) -> None:
    """Commit everything in a developer's repository."""
    git(work, "add", "--all")
    git(work, "commit", "--quiet", "--message", message)


def edit(work: Path, name: str, old: str, new: str) -> None:
    """Replace a piece of text in a file.

    Raises
    ------
    ValueError
        If the file doesn't hold it exactly once.
    """
    path = work / name
    text = path.read_text(encoding="utf-8")
    if text.count(old) != 1:
        raise ValueError(f"{name} holds {old!r} {text.count(old)} times; once is needed.")
    path.write_text(text.replace(old, new), encoding="utf-8", newline="\n")


def push(work: Path, *options: str) -> list[str]:
    """Push main, and return what the hooks said and whether the server took it."""
    done = git(work, "push", "--quiet", *options, "origin", "main", check=False)
    lines = [line.rstrip() for line in done.stderr.splitlines()]
    remote = [line.removeprefix("remote: ") for line in lines if line.startswith("remote: ")]
    here = [line for line in lines if line.startswith(("    ", "here "))]
    verdict = "accepted" if done.returncode == 0 else "refused"
    return [*here, *remote, f"the push was {verdict}"]


# --- what the hooks run --------------------------------------------------------------------------


def report(outcome: Mapping[str, Status], record: Path, prefix: str = "") -> list[str]:
    """Return a line for the steps of each status, and the end of each failed step's log."""
    lines = []
    for status in ("passed", "failed", "skipped"):
        steps = [step for step, found in outcome.items() if found == status]
        if steps:
            lines.append(f"{prefix}{status}: {', '.join(steps)}")
        for step in steps if status == "failed" else ():
            log = (record / f"{step}.log").read_text(encoding="utf-8").splitlines()
            lines += [f"    {line.strip()[:76]}" for line in log if line.strip()][-SHOWN:]
    return lines


def judge_push(server: Server, updates: str) -> tuple[bool, list[str]]:
    """Run the pipeline of each commit that is to become main.

    Parameters
    ----------
    server : Server
        Where it was pushed to.
    updates : str
        What git tells a pre-receive hook: a line ``OLD NEW REF`` for each ref.

    Returns
    -------
    tuple of bool and list of str
        Whether git may take the push, and what to tell who pushed.
    """
    lines: list[str] = []
    for new in pushed_to_main(updates):
        if set(new) == {"0"}:
            return False, ["main can't be deleted"]
        with tempfile.TemporaryDirectory() as folder:
            check_out(server.repository, new, Path(folder))
            outcome = run_pipeline(
                Path(folder), server.record(new), environment={"CHAMPION": str(server.champion())}
            )
        lines += report(outcome, server.record(new))
        if set(outcome.values()) != {"passed"}:
            return False, lines
    return True, lines


def release_push(server: Server, updates: str) -> list[str]:
    """Release what the pipeline packaged for each commit that became main: built once."""
    lines = []
    for new in pushed_to_main(updates):
        artifacts = sorted((server.record(new) / "artifacts").iterdir())
        number = releases.publish(server.releases, artifacts, new)
        releases.point(server.releases, number)
        lines.append(f"release {number} serves")
    return lines


def pushed_to_main(updates: str) -> list[str]:
    """Return the new commit of main, as a list of one or none."""
    words = [line.split() for line in updates.splitlines()]
    return [new for _, new, ref in words if ref == BRANCH]


def check_out(repository: Path, commit: str, folder: Path) -> None:
    """Write the files of a commit into a folder, without touching a branch or an index."""
    # In a hook the new objects lie in quarantine, where only git's own environment finds them.
    archive = subprocess.run(
        ["git", "archive", "--format=zip", commit], cwd=repository, check=True, capture_output=True
    )
    with zipfile.ZipFile(io.BytesIO(archive.stdout)) as files:
        files.extractall(folder)


def main(arguments: Sequence[str]) -> int:
    """Run one of ``run FOLDER [STEP ...]``, ``pre-receive SERVER`` and ``post-receive SERVER``."""
    command, folder, *steps = arguments
    if command == "run":
        with tempfile.TemporaryDirectory() as record:
            outcome = run_pipeline(Path(folder), Path(record), steps or None)
            print(*report(outcome, Path(record), "here "), sep="\n", file=sys.stderr)
        return 0 if set(outcome.values()) == {"passed"} else 1
    server, updates = Server(Path(folder)), sys.stdin.read()
    if command == "pre-receive":
        accepted, lines = judge_push(server, updates)
        print(*lines, sep="\n")
        return 0 if accepted else 1
    print(*release_push(server, updates), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
