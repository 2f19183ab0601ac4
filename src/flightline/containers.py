"""Containerfiles read without an engine: their instructions, their cache, their lint, their user.

What an engine alone can tell (does it build, does it start) is left to an engine;
`working_engine` says whether there is one.
"""

import json
import re
import shlex
import shutil
import subprocess
import sysconfig
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

#: The image that both of ours start from. The tag is for people, the digest decides.
BASE = (
    "python:3.12.14-slim-trixie"
    "@sha256:78387bc3881b8273120a12ebe6c1ab22b018ccc2c9adf565ae1ac9b536e184ea"
)
ENGINES = ("docker", "podman", "buildah")

_CHECKOUT = Path(__file__).resolve().parents[2] / "Containerfile"
_WHEEL = Path(__file__).resolve().parent / "_data" / "Containerfile"


@dataclass(frozen=True)
class Instruction:
    """One instruction of a Containerfile.

    Attributes
    ----------
    keyword, arguments
        ``"COPY"`` and ``"src/ /app/"``: continued lines are joined.
    stage
        The number of its stage, from 0; -1 for an ARG before the first FROM.
    """

    keyword: str
    arguments: str
    stage: int

    def __str__(self) -> str:
        return f"{self.keyword} {self.arguments}"


def containerfile() -> str:
    """Return the Containerfile of this course."""
    path = _CHECKOUT if _CHECKOUT.is_file() else _WHEEL
    return path.read_text(encoding="utf-8")


def parse(text: str) -> list[Instruction]:
    """Read a Containerfile, without running or expanding anything in it.

    Parameters
    ----------
    text
        Its content. Comments and empty lines are dropped, here-documents aren't supported.

    Raises
    ------
    ValueError
        When a line is no instruction.
    """
    kept = [line for line in text.splitlines() if line.strip() and not re.match(r"\s*#", line)]
    joined = re.sub(r"\\\s*\n\s*", "", "\n".join(kept) + "\n")
    instructions: list[Instruction] = []
    stage = -1
    for line in joined.splitlines():
        match = re.fullmatch(r"\s*([A-Za-z]+)\s+(\S.*?)\s*", line)
        if not match or match[1].upper() not in KEYWORDS:
            raise ValueError(f"`{line.strip()}` is no instruction of a Containerfile.")
        keyword = match[1].upper()
        stage += keyword == "FROM"
        instructions.append(Instruction(keyword, match[2], stage))
    return instructions


KEYWORDS = frozenset(
    [
        "ADD",
        "ARG",
        "CMD",
        "COPY",
        "ENTRYPOINT",
        "ENV",
        "EXPOSE",
        "FROM",
        "HEALTHCHECK",
        "LABEL",
        "RUN",
        "SHELL",
        "STOPSIGNAL",
        "USER",
        "VOLUME",
        "WORKDIR",
    ]
)


def sources(instruction: Instruction) -> list[str]:
    """Return the paths of the build context that a COPY, an ADD or a bind mount reads."""
    flags, rest = _flags(instruction.arguments)
    if instruction.keyword == "RUN":
        read: list[str] = []
        for flag in flags:
            mount = dict(re.findall(r"(\w+)=([^,]+)", flag.removeprefix("--mount=")))
            if mount.get("type") == "bind" and "from" not in mount:
                read.append(mount.get("source") or mount.get("src") or ".")
        return read
    if instruction.keyword not in ("COPY", "ADD") or any("--from=" in flag for flag in flags):
        return []
    return _paths(rest)[:-1]


def copied(instructions: Sequence[Instruction], context: Iterable[str]) -> set[str]:
    """Return the files of the build context that some COPY or ADD puts into a layer.

    Parameters
    ----------
    instructions
        As parsed.
    context
        The paths of the files in the context, with ``/``.
    """
    patterns = [path for one in instructions if one.keyword != "RUN" for path in sources(one)]
    return {file for file in context if any(_covers(path, file) for path in patterns)}


def rebuilt(
    instructions: Sequence[Instruction], changed: Iterable[str], base_changed: bool = False
) -> list[bool]:
    """Tell which instructions a build runs again after a change.

    The rules are those of Docker's build cache: an instruction is run again if a file that it
    copies has changed, or if the one before it was run again. What is copied from another stage
    counts as changed if that stage was run again; an engine looks at the files themselves there.

    Parameters
    ----------
    instructions
        As parsed.
    changed
        Paths of the build context whose content has changed.
    base_changed
        Whether the image that the stages start from is another one.

    Returns
    -------
    list of bool
        One for each instruction.
    """
    files = list(changed)
    stages: dict[str, bool] = {}
    names: dict[int, str] = {}
    again: list[bool] = []
    dirty = False
    for one in instructions:
        if one.keyword == "FROM":
            image, name = _stage(one)
            dirty = stages.get(image, base_changed)
            names[one.stage] = name
        elif origin := re.search(r"--from=(\S+)", one.arguments):
            dirty = dirty or stages.get(origin[1].casefold(), False)
        touched = any(_covers(path, file) for path in sources(one) for file in files)
        dirty = dirty or touched
        stages[str(one.stage)] = dirty
        stages[names.get(one.stage, "")] = dirty
        again.append(dirty)
    return again


def lineage(instructions: Sequence[Instruction]) -> list[Instruction]:
    """Return the instructions whose results are the last stage: its own and its parents'."""
    starts = {one.stage: _stage(one) for one in instructions if one.keyword == "FROM"}
    stage = max(starts, default=-1)
    chain = [stage]
    while stage >= 0:
        image = starts[stage][0]
        earlier = [number for number, (_, name) in starts.items() if name == image]
        stage = next((number for number in reversed(earlier) if number < stage), -1)
        chain.append(stage)
    return [one for one in instructions if one.stage in chain]


def user(instructions: Sequence[Instruction]) -> str:
    """Return the user that the last stage's program runs as; ``"root"`` if none is named."""
    named = [one.arguments for one in lineage(instructions) if one.keyword == "USER"]
    name = named[-1].split(":")[0].strip() if named else "root"
    return "root" if name == "0" else name


def lint(text: str) -> list[str] | None:
    """Return what hadolint finds in a Containerfile, as ``line 3: DL3042 message``.

    Returns
    -------
    list of str or None
        None where hadolint isn't installed.
    """
    # Beside this interpreter first: a notebook's kernel may run without its environment on PATH.
    program = shutil.which("hadolint", path=sysconfig.get_path("scripts"))
    program = program or shutil.which("hadolint")
    if program is None:
        return None
    command = [program, "--no-fail", "--no-color", "--format", "json", "-"]
    run = subprocess.run(
        command, input=text, capture_output=True, encoding="utf-8", check=True, timeout=60
    )
    found = sorted(json.loads(run.stdout), key=lambda one: (one["line"], one["code"]))
    return [f"line {one['line']}: {one['code']} {one['message']}" for one in found]


def working_engine() -> str | None:
    """Return the first engine that is installed and answers; None if there is none.

    A client alone isn't enough: `docker` without its daemon is found on many machines.
    """
    for name in ENGINES:
        if program := shutil.which(name):
            try:
                subprocess.run([program, "info"], capture_output=True, check=True, timeout=10)
            except (OSError, subprocess.SubprocessError):
                continue
            return name
    return None


def _stage(one: Instruction) -> tuple[str, str]:
    """Return what a FROM starts from and the name it gives, both in small letters."""
    words = _flags(one.arguments)[1].casefold().split()
    return words[0], words[2] if len(words) > 2 else ""


def _flags(arguments: str) -> tuple[list[str], str]:
    flags = re.match(r"(?:--\S+\s+)*", arguments)
    end = flags.end() if flags else 0
    return arguments[:end].split(), arguments[end:]


def _paths(text: str) -> list[str]:
    try:
        return [str(path) for path in json.loads(text)] if text.startswith("[") else text.split()
    except ValueError:
        return shlex.split(text)


def _covers(pattern: str, file: str) -> bool:
    """Tell whether copying a path, a folder or a pattern takes a file of the context along."""
    wanted = re.sub(r"^(\./)+|^/+", "", pattern).rstrip("/")
    if wanted in ("", "."):
        return True
    parents = ["/".join(file.split("/")[:depth]) for depth in range(1, file.count("/") + 2)]
    return any(
        fnmatchcase(parent, wanted) and parent.count("/") == wanted.count("/") for parent in parents
    )
