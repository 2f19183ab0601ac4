"""Executes a lesson where it can do no harm, and sees what it leaves behind."""

from __future__ import annotations

import os
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from uuid import uuid4

MARK = "WORKBOOK_EXECUTION"
# Git stops at a configuration that it can't parse: a lesson that reads somebody's own is found.
UNREADABLE = "[this configuration must not be read"
PATIENCE = 5.0


class Surroundings:
    """A home and a temporary folder of its own for one execution.

    Attributes
    ----------
    variables : dict of str to str
        The environment that leads a kernel there.
    """

    def __init__(self) -> None:
        self._folder = TemporaryDirectory(prefix="workbook-", ignore_cleanup_errors=True)
        root = Path(self._folder.name)
        self._home, self._temporary, self._kernel = root / "home", root / "tmp", root / "kernel"
        for folder in (self._home, self._temporary, self._kernel):
            folder.mkdir()
        self._git_configuration = self._home / ".gitconfig"
        self._git_configuration.write_text(UNREADABLE, encoding="utf-8")
        self._mark = uuid4().hex
        self.variables = {
            MARK: self._mark,
            "HOME": str(self._home),
            "USERPROFILE": str(self._home),
            "TMPDIR": str(self._temporary),
            "TEMP": str(self._temporary),
            "TMP": str(self._temporary),
            "GIT_CONFIG_SYSTEM": str(self._git_configuration),
            # What the kernel itself writes, and what is found once for all: the fonts, and the
            # Rust toolchain, whose version pip asks for.
            "IPYTHONDIR": str(self._kernel),
            "RUSTUP_HOME": os.environ.get("RUSTUP_HOME", str(Path.home() / ".rustup")),
            "MPLCONFIGDIR": os.environ.get("MPLCONFIGDIR", str(_matplotlib_folder())),
        }

    def __enter__(self) -> Surroundings:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._folder.cleanup()

    def left_behind(self) -> list[str]:
        """Name the files and the running processes that the execution left.

        Returns
        -------
        list of str
            Empty where it left nothing. A process that is about to end is waited for.
        """
        until = time.monotonic() + PATIENCE
        processes = self._processes()
        while processes and time.monotonic() < until:
            time.sleep(0.1)
            processes = self._processes()
        files = [
            f"the file {path.relative_to(folder).as_posix()} in the {name}"
            for name, folder in (("home folder", self._home), ("temporary folder", self._temporary))
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path != self._git_configuration
        ]
        if self._git_configuration.read_text(encoding="utf-8") != UNREADABLE:
            files.append("a change of the global git configuration")
        return files[:5] + [f"the process {name}" for name in processes]

    def _processes(self) -> list[str]:
        import psutil

        found = []
        for process in psutil.process_iter():
            try:
                if (
                    process.environ().get(MARK) == self._mark
                    and process.status() != psutil.STATUS_ZOMBIE
                ):
                    found.append(process.name())
            except (psutil.Error, OSError):
                continue
        return found


def _matplotlib_folder() -> Path:
    from matplotlib import get_cachedir

    return Path(get_cachedir())
