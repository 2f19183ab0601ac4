"""Reads a folder that nobody vouches for: bounded, without running or importing anything of it.

What is read are regular files below the folder, in the order of their names. No link is followed,
no pipe or device is opened, git isn't asked. Folders that hold other people's code or generated
files are left out by name; `.gitignore` counts where its lines are simple.
"""

from __future__ import annotations

import fnmatch
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath

__all__ = ["AuditError", "File", "Limits", "Tree", "read_tree"]

#: Folders left out by name: installed packages, generated files, caches, git's own store.
SKIPPED = frozenset(
    """
    .git .hg .svn .venv venv env .env node_modules site-packages __pycache__ _build build dist
    .tox .nox .eggs .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis
    .ipynb_checkpoints .jupyter_cache .dvc .terraform .idea .vscode mlruns target vendor
    """.split()  # noqa: SIM905
)
#: Kinds of file in which evidence can stand. Prose isn't among them: a promise is no evidence.
SUFFIXES = frozenset(
    """
    .py .ipynb .yml .yaml .toml .txt .lock .json .cfg .ini .sh .bash .r .dvc .js .ts .mjs .go
    .dockerfile .tf .smk .gitattributes .mk
    """.split()  # noqa: SIM905
)
NAMES = frozenset(
    """
    makefile gnumakefile justfile dockerfile containerfile jenkinsfile snakefile codeowners
    sha256sums md5sums pipfile procfile
    """.split()  # noqa: SIM905
)


class AuditError(Exception):
    """A folder can't be audited; the message says what is wrong and what to do."""


@dataclass(frozen=True)
class Limits:
    """How much is read at most: files and folders seen, bytes a file, bytes in all, depth."""

    entries: int = 20_000
    file_bytes: int = 1_000_000
    total_bytes: int = 40_000_000
    depth: int = 30


@dataclass(frozen=True)
class File:
    """A file that was read: its path below the folder, with slashes, and its text."""

    path: str
    text: str = field(repr=False)

    @cached_property
    def lines(self) -> list[str]:
        """The lines of the text; the first is line 1."""
        return self.text.splitlines()

    @cached_property
    def name(self) -> str:
        """The last part of the path."""
        return PurePosixPath(self.path).name

    @cached_property
    def stem(self) -> str:
        """The name without its suffix."""
        return PurePosixPath(self.path).stem

    @cached_property
    def suffix(self) -> str:
        """The suffix in small letters, with its dot."""
        return PurePosixPath(self.path).suffix.lower()


@dataclass(frozen=True)
class Tree:
    """What was read of a folder.

    Attributes
    ----------
    files
        The files whose text was read, in the order of their paths.
    seen
        How many files there were, read or not.
    notes
        What was left out and why, a sentence each.
    """

    files: tuple[File, ...]
    seen: int = 0
    notes: tuple[str, ...] = ()

    @cached_property
    def by_path(self) -> dict[str, File]:
        """The files by their paths."""
        return {file.path: file for file in self.files}

    def lacks(self, module: str) -> bool:
        """Tell whether a module's package stands in the tree, at its top or in `src`, without it.

        A name without a dot, a package from elsewhere and a private or generated module lack
        nothing here; nor does anything where extensions are compiled.
        """
        top, _, rest = module.partition(".")
        part = rest.partition(".")[0]
        if not part or part.startswith("_") or part.endswith("_pb2") or self._compiles:
            return False
        homes = [home for home in (f"{top}/", f"src/{top}/") if home in self._packages]
        return bool(homes) and not any(
            f"{home}{part}.py" in self.by_path or f"{home}{part}/" in self._packages
            for home in homes
        )

    @cached_property
    def _packages(self) -> frozenset[str]:
        """The folders with Python files in them or below, each with a slash at its end."""
        found: set[str] = set()
        for file in self.files:
            if file.suffix == ".py":
                parts = file.path.split("/")
                found.update("/".join(parts[:end]) + "/" for end in range(1, len(parts)))
        return frozenset(found)

    @cached_property
    def _compiles(self) -> bool:
        words = ("ext_modules", "cython", "pybind11", "maturin", "scikit-build", "mesonpy")
        files = self.named("pyproject.toml", "setup.py", "setup.cfg")
        return any(word in file.text.lower() for file in files for word in words)

    def named(self, *patterns: str) -> Iterator[File]:
        """Yield the files whose name, or path if a pattern has a slash, matches a pattern."""
        for file in self.files:
            for pattern in patterns:
                place = file.path if "/" in pattern else file.name
                if fnmatch.fnmatchcase(place.lower(), pattern.lower()):
                    yield file
                    break


@dataclass
class _Reading:
    """The state of one walk."""

    limits: Limits
    files: list[File] = field(default_factory=list)
    entries: int = 0
    seen: int = 0
    bytes: int = 0
    links: int = 0
    special: int = 0
    large: int = 0
    binary: int = 0
    unreadable: int = 0
    deep: int = 0
    stopped: bool = False


def read_tree(path: str | os.PathLike[str], limits: Limits | None = None) -> Tree:
    """Read a folder.

    Parameters
    ----------
    path : str or path
        The folder. It may be a link itself; none below it is followed.
    limits : Limits, optional
        How much to read at most.

    Raises
    ------
    AuditError
        If the path doesn't exist, isn't a folder, or can't be opened.
    """
    root = Path(path)
    shown = printable(os.fspath(path))
    if not root.exists():
        raise AuditError(f"{shown} doesn't exist: give the folder of a repository.")
    if not root.is_dir():
        raise AuditError(f"{shown} is a file: give the folder that holds it.")
    reading = _Reading(limits or Limits())
    try:
        ignored = _simple_ignores(root)
        _walk(root, "", ignored, 0, reading)
    except PermissionError:
        raise AuditError(f"{shown} can't be opened: you may not read this folder.") from None
    return Tree(tuple(sorted(reading.files, key=_place)), reading.seen, tuple(_notes(reading)))


def _place(file: File) -> tuple[str, ...]:
    return PurePosixPath(file.path).parts


def printable(text: str) -> str:
    """Return a name that can be printed on one line, whatever bytes it holds."""
    decoded = os.fsencode(text).decode("utf-8", "replace")
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in decoded)


def _walk(folder: Path, prefix: str, ignored: list[str], depth: int, reading: _Reading) -> None:
    if depth > reading.limits.depth:
        reading.deep += 1
        return
    try:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except OSError:
        if depth == 0:
            raise
        reading.unreadable += 1
        return
    if depth and any(entry.name == "pyvenv.cfg" for entry in entries):
        return
    for entry in entries:
        if reading.stopped:
            return
        reading.entries += 1
        if reading.entries > reading.limits.entries:
            reading.stopped = True
            return
        _take(entry, prefix + printable(entry.name), ignored, depth, reading)


def _take(
    entry: os.DirEntry[str], path: str, ignored: list[str], depth: int, reading: _Reading
) -> None:
    try:
        if entry.is_symlink() or getattr(entry, "is_junction", bool)():
            reading.links += 1
            return
        is_folder = entry.is_dir(follow_symlinks=False)
        if is_folder:
            skipped = entry.name.lower() in SKIPPED or entry.name.endswith(".egg-info")
            if not skipped and not _is_ignored(path, True, ignored):
                _walk(Path(entry.path), f"{path}/", ignored, depth + 1, reading)
            return
        reading.seen += 1
        if not stat.S_ISREG(entry.stat(follow_symlinks=False).st_mode):
            reading.special += 1
        elif _is_interesting(entry.name) and not _is_ignored(path, False, ignored):
            _read(entry, path, reading)
    except OSError:
        reading.unreadable += 1


def _is_interesting(name: str) -> bool:
    lowered = name.lower()
    suffix = PurePosixPath(lowered).suffix
    stem = lowered.partition(".")[0]
    return suffix in SUFFIXES or lowered in SUFFIXES or stem in NAMES or not suffix


def _read(entry: os.DirEntry[str], path: str, reading: _Reading) -> None:
    limits = reading.limits
    size = entry.stat(follow_symlinks=False).st_size
    if size > limits.file_bytes or reading.bytes + size > limits.total_bytes:
        reading.large += 1
        return
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    handle = os.open(entry.path, flags | getattr(os, "O_BINARY", 0))
    with os.fdopen(handle, "rb") as opened:
        raw = opened.read(limits.file_bytes + 1)
    reading.bytes += len(raw)
    if b"\0" in raw[:8192]:
        reading.binary += 1
        return
    text = raw.decode("utf-8-sig", "replace")
    reading.files.append(File(path, text))


def _simple_ignores(root: Path) -> list[str]:
    """Read the patterns of `.gitignore`; none if a line takes an exclusion back."""
    place = root / ".gitignore"
    try:
        if place.is_symlink() or not place.is_file() or place.stat().st_size > 100_000:
            return []
        lines = place.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    patterns = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    if any(pattern.startswith("!") for pattern in patterns):
        return []
    return [p for p in patterns if not any(mark in p for mark in ("**", "[", "?", "\\"))]


def _is_ignored(path: str, is_folder: bool, patterns: list[str]) -> bool:
    name = path.rpartition("/")[2]
    for pattern in patterns:
        if pattern.endswith("/") and not is_folder:
            continue
        bare = pattern.rstrip("/")
        place = path if "/" in bare else name
        if fnmatch.fnmatchcase(place, bare.lstrip("/")):
            return True
    return False


def _notes(reading: _Reading) -> Iterator[str]:
    limits = reading.limits
    if reading.stopped:
        yield f"Stopped after {limits.entries:,} files and folders: the rest wasn't looked at."
    counts = (
        (reading.large, f"larger than {limits.file_bytes:,} bytes or beyond the total"),
        (reading.binary, "binary, not text"),
        (reading.links, "links, which aren't followed"),
        (reading.special, "no regular files"),
        (reading.unreadable, "that can't be opened"),
        (reading.deep, f"folders more than {limits.depth} levels deep"),
    )
    for count, what in counts:
        if count:
            yield f"Not read: {count:,} {what}."
