"""A DVC project in a Git repository of its own, sealed off from the machine's configuration.

DVC and Git read no configuration outside the project, DVC sends nothing, and commits carry a fixed
name and date. The commands of DVC run in one child process: starting DVC takes over a second.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType

# Reads a command a line and answers with its exit code and everything it wrote, programs it started
# included.
_SESSION = """
import json, os, sys, tempfile
reply = os.fdopen(os.dup(1), "w", encoding="utf-8")
screen = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")
os.dup2(screen.fileno(), 1)
os.dup2(screen.fileno(), 2)
from dvc.cli import main
for line in sys.stdin:
    start = screen.seek(0, os.SEEK_END)
    code = main(json.loads(line))
    sys.stdout.flush()
    sys.stderr.flush()
    screen.seek(start)
    print(json.dumps([code, screen.read()]), file=reply, flush=True)
"""
_CONFIG = "[core]\n    analytics = false\n    check_update = false\n"
_WHO = {"NAME": "Flightline", "EMAIL": "team@flightline.example", "DATE": "2013-04-01T06:00:00Z"}


class DvcProject:
    """A project under Git and DVC; use it in a ``with`` statement, which ends its process.

    Parameters
    ----------
    folder
        Becomes a Git repository with DVC in it.
    private
        A folder for what DVC would otherwise keep in the home folder.
    """

    def __init__(self, folder: Path, private: Path) -> None:
        self.folder = Path(folder)
        self._environment = _environment(Path(private))

    def __enter__(self) -> DvcProject:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=main")
        self._session = subprocess.Popen(
            [sys.executable, "-c", _SESSION],
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        try:
            self.dvc("init", "--quiet")
        except BaseException:
            self._end()
            raise
        (self.folder / ".dvc" / "config").write_text(_CONFIG, encoding="utf-8")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def dvc(self, *arguments: str) -> list[str]:
        """Run a command of DVC and return the lines that it printed.

        Raises
        ------
        RuntimeError
            When the command fails; the message is what it printed.
        """
        assert self._session.stdin
        assert self._session.stdout
        self._session.stdin.write(json.dumps(arguments) + "\n")
        self._session.stdin.flush()
        answer = self._session.stdout.readline()
        if not answer:
            raise RuntimeError(f"DVC ended during `dvc {' '.join(arguments)}`.")
        code, printed = json.loads(answer)
        if code:
            raise RuntimeError(f"`dvc {' '.join(arguments)}` failed: {printed.strip()}")
        return [line for line in printed.splitlines() if line.strip()]

    def git(self, *arguments: str) -> list[str]:
        """Run a command of Git and return the lines that it printed.

        Raises
        ------
        RuntimeError
            When the command fails; the message is what it printed.
        """
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
        )
        if done.returncode:
            raise RuntimeError(f"`git {' '.join(arguments)}` failed: {done.stderr.strip()}")
        return done.stdout.splitlines()

    def commit(self, message: str) -> None:
        """Commit everything that changed."""
        self.git("add", "--all")
        self.git("commit", "--quiet", f"--message={message}")

    def _end(self) -> None:
        assert self._session.stdin
        assert self._session.stdout
        self._session.stdin.close()
        try:
            self._session.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._session.kill()
            self._session.wait()
        self._session.stdout.close()


def what_ran(printed: list[str]) -> dict[str, list[str]]:
    """Return which stages `dvc repro` ran and which it skipped, by their names."""
    named = [line.split("'")[1] for line in printed if line.startswith("Running stage")]
    skipped = [
        line.split("'")[1]
        for line in printed
        if line.startswith("Stage '") and "didn't change" in line
    ]
    return {"ran": named, "skipped": skipped}


def _environment(private: Path) -> dict[str, str]:
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "DVC_"))
    }
    identity = {
        f"GIT_{role}_{what}": value
        for role in ("AUTHOR", "COMMITTER")
        for what, value in _WHO.items()
    }
    return {
        **kept,
        **identity,
        # Some of DVC's Git libraries look into the home folder whatever Git's variables say.
        "HOME": str(private),
        "USERPROFILE": str(private),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "DVC_NO_ANALYTICS": "1",
        "DVC_GLOBAL_CONFIG_DIR": str(private / "global"),
        "DVC_SYSTEM_CONFIG_DIR": str(private / "system"),
        "DVC_SITE_CACHE_DIR": str(private / "cache"),
        # The stages say `python`, and mean this one.
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
