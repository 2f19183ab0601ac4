"""Reads a folder that nobody vouches for: bounded, without running or importing anything of it.

What is read are regular files below the folder in which evidence can stand: code and configuration
first, then notebooks, then kinds of file that are mostly data, what is near the top before what is
deep. No link is followed, no pipe or device is opened, git isn't asked. Folders that hold other
people's code or generated files are left out by name, repositories inside this one by their `.git`;
`.gitignore` counts where its lines are simple.
"""

from __future__ import annotations

import fnmatch
import os
import re
import stat
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path, PurePosixPath

__all__ = ["AuditError", "File", "Limits", "Tree", "printable", "read_tree"]

#: Folders left out by name: installed packages, generated files, caches, git's own store.
SKIPPED = frozenset(
    """
    .git .hg .svn .venv venv env .env node_modules site-packages __pycache__ _build build dist
    .tox .nox .eggs .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis
    .ipynb_checkpoints .jupyter_cache .dvc .terraform .idea .vscode mlruns target
    """.split()  # noqa: SIM905
)
#: Folders that hold other people's code; a note says so, for the names prove little.
FOREIGN = frozenset(
    """
    vendor _vendor third_party third-party thirdparty 3rdparty external externals extern submodules
    """.split()  # noqa: SIM905
)
#: Kinds of file in which evidence can stand. Prose isn't among them: a promise is no evidence.
SUFFIXES = frozenset(
    """
    .py .ipynb .yml .yaml .toml .txt .lock .json .cfg .ini .sh .bash .r .dvc .js .ts .mjs .go
    .dockerfile .tf .smk .gitattributes .mk .sha256 .jinja .in
    """.split()  # noqa: SIM905
)
#: How many lines of a `.gitignore` count.
MOST_PATTERNS = 1_000
#: Kinds that are mostly data below the top folder, the one without a suffix too.
BULKY = frozenset({".txt", ".json", ""})
NAMES = frozenset(
    """
    makefile gnumakefile justfile dockerfile containerfile jenkinsfile snakefile codeowners
    sha256sums md5sums pipfile procfile
    """.split()  # noqa: SIM905
)


class AuditError(Exception):
    """An audit can't be made or handed over; the message says what is wrong and what to do."""


@dataclass(frozen=True)
class Limits:
    """How much is read at most.

    Attributes
    ----------
    entries
        Files read, and folders entered.
    names
        Names of files and folders looked at.
    siblings
        Folders entered of one folder.
    file_bytes, long_bytes, total_bytes
        Bytes of a file, of a notebook or lock, and of all files.
    depth
        Folders in each other.
    """

    entries: int = 20_000
    names: int = 500_000
    siblings: int = 1_000
    file_bytes: int = 1_000_000
    long_bytes: int = 10_000_000
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
    name
        The folder's name.
    unread
        The paths of folders and files that were left out although they may hold evidence.
    """

    files: tuple[File, ...]
    seen: int = 0
    notes: tuple[str, ...] = ()
    name: str = "repository"
    unread: frozenset[str] = frozenset()

    @cached_property
    def by_path(self) -> dict[str, File]:
        """The files by their paths."""
        return {file.path: file for file in self.files}

    def lacks(self, module: str) -> bool:
        """Tell whether a module's package stands in the tree, at its top or in `src`, without it.

        A name without a dot, a package from elsewhere and a private or generated module lack
        nothing here; nor does a module that wasn't read, nor anything where extensions are
        compiled. At the top, a folder is a package if it says so: `airflow/` may hold DAGs.
        """
        top, _, rest = module.partition(".")
        part = rest.partition(".")[0]
        if not part or part.startswith("_") or part.endswith("_pb2") or self._compiles:
            return False
        homes = [f"{top}/"] if f"{top}/__init__.py" in self.by_path else []
        homes += [f"src/{top}/"] if f"src/{top}/" in self._packages else []
        return bool(homes) and not any(
            f"{home}{part}.py" in self.by_path
            or f"{home}{part}/" in self._packages
            or {f"{home}{part}.py", f"{home}{part}"} & self.unread
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


#: Why things are left out, for the notes; generated files aren't worth one. `{}` names the first.
REASONS = {
    "foreign": "folders with other people's code ({})",
    "large": "too large ({})",
    "beyond": "beyond {limits.entries:,} files or {limits.total_bytes:,} bytes in all",
    "crowded": "folders beyond the first {limits.siblings:,} of a folder",
    "binary": "binary, not text",
    "links": "links, which aren't followed",
    "special": "no regular files",
    "unreadable": "that can't be opened",
    "deep": "folders more than {limits.depth} levels deep",
}


@dataclass
class _Reading:
    """The state of one walk: what was found and what was left out, by its reason."""

    limits: Limits
    waiting: list[tuple[str, os.DirEntry[str]]] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    left: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    names: int = 0
    folders: int = 0
    seen: int = 0
    bytes: int = 0

    @property
    def stopped(self) -> bool:
        return self.names >= self.limits.names or self.folders >= self.limits.entries


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
    shown = printable(os.fspath(path))
    if not shown:
        raise AuditError("The path is empty: give the folder of a repository, or . for this one.")
    reading = _Reading(limits or Limits())
    try:
        root = os.path.realpath(path)
        _refuse_files(root, shown)
        _walk(root, _simple_ignores(Path(root)), reading)
    except (FileNotFoundError, NotADirectoryError):
        raise AuditError(f"{shown} doesn't exist: give the folder of a repository.") from None
    except PermissionError:
        raise AuditError(f"{shown} can't be opened: you may not read this folder.") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise AuditError(f"{shown} can't be opened ({why}): give another path.") from None
    for place, entry in sorted(reading.waiting, key=lambda found: _turn(found[0])):
        _read(entry, place, reading)
    return Tree(
        files=tuple(sorted(reading.files, key=lambda file: PurePosixPath(file.path).parts)),
        seen=reading.seen,
        notes=tuple(_notes(reading)),
        name=printable(os.path.basename(root)) or shown,
        unread=frozenset(place for places in reading.left.values() for place in places),
    )


def _refuse_files(root: str, shown: str) -> None:
    mode = os.stat(root).st_mode
    if stat.S_ISREG(mode):
        raise AuditError(f"{shown} is a file: give the folder that holds it.")
    if not stat.S_ISDIR(mode):
        raise AuditError(f"{shown} is no folder: give the folder of a repository.")


def printable(text: str) -> str:
    """Return a text that can be printed on one line, whatever characters it holds."""
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)


def _walk(root: str, ignores: _Ignores, reading: _Reading) -> None:
    """Look at one level of folders after the other, so that a deep one can't hide the rest."""
    level = [(root, "")]
    for _ in range(reading.limits.depth + 1):
        below: list[tuple[str, str]] = []
        for folder, prefix in level:
            if reading.stopped:
                return
            below += _enter(folder, prefix, ignores, reading)
        level = below
    reading.left["deep"] += [prefix.rstrip("/") for _, prefix in level]


def _enter(folder: str, prefix: str, ignores: _Ignores, reading: _Reading) -> list[tuple[str, str]]:
    """Note the files of a folder that may be read; return the folders in it to look at next."""
    reading.folders += 1
    here = prefix.rstrip("/")
    try:
        entries, plain = _listed(folder, reading)
    except OSError:
        if not here:
            raise
        reading.left["unreadable"].append(here)
        return []
    names = {entry.name for entry, _ in entries}
    if here and ".git" in names:
        reading.left["foreign"].append(here)
        return []
    if here and "pyvenv.cfg" in names:
        return []
    reading.seen += plain
    below = []
    for entry, kind in entries:
        place = prefix + printable(os.fsencode(entry.name).decode("utf-8", "replace"))
        reading.seen += kind == "file"
        if ignores.has(f"{place}/" if kind == "folder" else place):
            continue
        if reason := _reason(entry.name.lower(), kind, place):
            reading.left[reason].append(place)
        elif kind == "folder":
            below.append((entry.path, f"{place}/"))
        else:
            reading.waiting.append((place, entry))
    most = reading.limits.siblings
    reading.left["crowded"] += [place.rstrip("/") for _, place in below[most:]]
    return below[:most]


def _listed(folder: str, reading: _Reading) -> tuple[list[tuple[os.DirEntry[str], str]], int]:
    """Return what may matter of a folder, by name and with its kind, and how many files don't."""
    found = []
    plain = 0
    with os.scandir(folder) as listing:
        for entry in islice(listing, reading.limits.names - reading.names):
            reading.names += 1
            kind = _kind(entry)
            if kind != "file" or _is_interesting(entry.name):
                found.append((entry, kind))
            else:
                plain += 1
    return sorted(found, key=lambda each: each[0].name), plain


def _kind(entry: os.DirEntry[str]) -> str:
    """Return whether it is a folder or a file, or the reason why it is left out."""
    try:
        if entry.is_symlink() or getattr(entry, "is_junction", bool)():
            return "links"
        return "folder" if entry.is_dir(follow_symlinks=False) else "file"
    except OSError:
        return "unreadable"


def _reason(name: str, kind: str, place: str) -> str:
    """Return why something is left out by its kind or name, or nothing."""
    if kind != "folder":
        return "" if kind == "file" else kind
    # `data/external` holds data from elsewhere, by the habit of many projects.
    if name in FOREIGN and not place.lower().endswith("data/external"):
        return "foreign"
    return "generated" if name in SKIPPED or name.endswith(".egg-info") else ""


def _is_interesting(name: str) -> bool:
    suffix = PurePosixPath(name.lower()).suffix
    return suffix in SUFFIXES or not suffix or _says_what_it_is(name)


def _says_what_it_is(name: str) -> bool:
    lowered = name.lower()
    return lowered in SUFFIXES or lowered.partition(".")[0] in NAMES


def _turn(path: str) -> tuple[int, int, str]:
    """Return when a file is read: code first, then notebooks, then what is mostly data."""
    depth = path.count("/")
    name = path.rpartition("/")[2]
    suffix = PurePosixPath(name.lower()).suffix
    if suffix == ".ipynb":
        return 1, depth, path
    is_data = depth > 0 and suffix in BULKY and not _says_what_it_is(name)
    return 2 if is_data else 0, depth, path


def _read(entry: os.DirEntry[str], path: str, reading: _Reading) -> None:
    try:
        reason = _try_to_read(entry, path, reading)
    except OSError:
        reason = "unreadable"
    if reason:
        reading.left[reason].append(path)


def _try_to_read(entry: os.DirEntry[str], path: str, reading: _Reading) -> str:
    """Read a file, or return the reason why not."""
    limits = reading.limits
    status = entry.stat(follow_symlinks=False)
    if not stat.S_ISREG(status.st_mode):
        return "special"
    is_long = path.lower().endswith((".ipynb", ".lock", "package-lock.json"))
    most = limits.long_bytes if is_long else limits.file_bytes
    if status.st_size > most:
        return "large"
    full = reading.bytes + status.st_size > limits.total_bytes
    if full or len(reading.files) >= limits.entries:
        return "beyond"
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    handle = os.open(entry.path, flags | getattr(os, "O_BINARY", 0))
    with os.fdopen(handle, "rb") as opened:
        raw = opened.read(most + 1)
    reading.bytes += len(raw)
    if b"\0" in raw[:8192]:
        return "binary"
    reading.files.append(File(path, raw.decode("utf-8-sig", "replace")))
    return ""


class _Ignores:
    """The patterns of a `.gitignore`: those without a slash match names, the others paths.

    They are asked with a slash at the end of a folder, and each is one part of one expression.
    """

    def __init__(self, patterns: list[str]) -> None:
        paths = [_expression(p) for p in patterns if "/" in p.rstrip("/")]
        names = [_expression(p) for p in patterns if "/" not in p.rstrip("/")]
        self.paths, self.names = re.compile("|".join(paths)), re.compile("|".join(names))

    def has(self, place: str) -> bool:
        """Tell whether a file, or a folder with a slash at its end, is to be ignored."""
        start = place.rstrip("/").rfind("/") + 1
        return bool(self.paths.fullmatch(place) or self.names.fullmatch(place, start))


def _expression(pattern: str) -> str:
    """Translate a pattern of git: a star ends at a slash, two stars cross it."""
    parts = [part for part in pattern.split("/") if part]
    found = "".join("(?:[^/]+/)*" if part == "**" else f"{_segment(part)}/" for part in parts)
    if parts[-1:] == ["**"]:
        return f"{found}[^/]+/?"
    return found if pattern.endswith("/") else f"{found}?"


def _segment(pattern: str) -> str:
    # What stands between stars is taken where it comes first, and never tried again elsewhere:
    # a pattern of many stars would take for ever.
    first, *rest = map(re.escape, re.split(r"\*+", pattern))
    if not rest:
        return first
    middle = "".join(f"(?>[^/]*?{text})" for text in rest[:-1])
    return f"{first}{middle}[^/]*{rest[-1]}"


def _simple_ignores(root: Path) -> _Ignores:
    """Read the patterns of `.gitignore`; none if a line takes an exclusion back."""
    place = root / ".gitignore"
    try:
        if place.is_symlink() or not place.is_file() or place.stat().st_size > 100_000:
            return _Ignores([])
        lines = place.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return _Ignores([])
    patterns = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    if any(pattern.startswith("!") for pattern in patterns):
        return _Ignores([])
    return _Ignores([p for p in patterns if _is_simple(p)][:MOST_PATTERNS])


def _is_simple(pattern: str) -> bool:
    odd = any(mark in pattern for mark in ("[", "?", "\\"))
    return not odd and pattern.count("**") <= 2 and pattern.strip("/") != ""


def _notes(reading: _Reading) -> Iterator[str]:
    if reading.stopped:
        yield f"Stopped after {reading.names:,} files and folders: the rest wasn't looked at."
    for reason, what in REASONS.items():
        if places := reading.left[reason]:
            first = ", ".join(places[:3]) + (", …" if len(places) > 3 else "")
            yield f"Not read: {len(places):,} {what.format(first, limits=reading.limits)}."
