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
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
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
        When a line is no instruction, or starts a here-document.
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
        if keyword in ("RUN", "COPY", "ADD") and re.search(r"<<-?[\"']?[A-Za-z_]", match[2]):
            raise ValueError(f"`{line.strip()}` starts a here-document: write it as one line.")
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


#: What Docker replaces variables in; a shell does it for RUN, and nobody for an exec form.
EXPANDED = KEYWORDS - {"RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK", "SHELL"}
#: Where the programs of our base image are looked for.
PATH = "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"


def expanded(instructions: Sequence[Instruction]) -> list[Instruction]:
    """Replace the variables that ARG and ENV define, as a build without `--build-arg` does.

    Parameters
    ----------
    instructions
        As parsed. An ARG before the first FROM is known to every FROM, and to a stage that names
        it again; a stage that starts from an earlier one knows what that one knows.

    Raises
    ------
    ValueError
        When nothing is left of a FROM, or when quotes don't match.
    """
    outside: dict[str, str] = {}
    scopes: dict[int, dict[str, str]] = {-1: outside}
    fixed: dict[int, set[str]] = {}
    stages: dict[str, int] = {}
    found: list[Instruction] = []
    for one in instructions:
        if one.keyword == "FROM":
            one = replace(one, arguments=expand(one.arguments, outside))
            image, name = _stage(one)
            parent = stages.get(image, -2)
            scopes[one.stage] = dict(scopes.get(parent, {"PATH": PATH}))
            fixed[one.stage] = set(fixed.get(parent, ()))
            stages[name or str(one.stage)] = one.stage
        elif one.keyword in EXPANDED:
            one = replace(one, arguments=expand(one.arguments, scopes[one.stage]))
        scope, environment = scopes[one.stage], fixed.setdefault(one.stage, set())
        if one.keyword == "ARG":
            named = {name: outside.get(name) for name in shlex.split(one.arguments)}
            given = variables(one.arguments)
            values = given | {name: value for name, value in named.items() if value is not None}
            words = [f"{name}={shlex.quote(value)}" for name, value in values.items()]
            one = replace(one, arguments=" ".join(words) or one.arguments)
            scope |= {name: values[name] for name in values if name not in environment}
        elif one.keyword == "ENV":
            scope |= variables(one.arguments)
            environment |= set(variables(one.arguments))
        found.append(one)
    return found


def expand(text: str, values: Mapping[str, str]) -> str:
    """Replace `$NAME`, `${NAME}`, `${NAME:-default}` and `${NAME:+other}` in a text."""

    def value(match: re.Match[str]) -> str:
        if match[0] == r"\$":
            return "$"
        known = values.get(match[1] or match[2], "")
        if match[3] == "-":
            return known or expand(match[4], values)
        if match[3] == "+":
            return expand(match[4], values) if known else ""
        return known

    return re.sub(r"\\\$|\$(\w+)|\$\{(\w+)(?::?([-+])([^}]*))?\}", value, text)


def variables(arguments: str) -> dict[str, str]:
    """Return what an ENV or an ARG defines: `A=1 B=2`, or the older `A 1` of ENV."""
    words = shlex.split(arguments)
    if words and "=" not in words[0]:
        return {words[0]: " ".join(words[1:])} if len(words) > 1 else {}
    return dict(word.split("=", 1) for word in words if "=" in word)


def sources(instruction: Instruction) -> list[str]:
    """Return the paths of the build context that a COPY, an ADD or a bind mount reads."""
    flags, rest = _flags(instruction.arguments)
    if instruction.keyword == "RUN":
        return [
            mount.get("source", ".")
            for mount in mounts(instruction)
            if mount.get("type", "bind") == "bind" and "from" not in mount
        ]
    if instruction.keyword not in ("COPY", "ADD") or any("--from=" in flag for flag in flags):
        return []
    return paths(rest)[:-1]


def copied(instructions: Sequence[Instruction], context: Iterable[str]) -> set[str]:
    """Return the files of the build context that some COPY or ADD puts into a layer.

    Parameters
    ----------
    instructions
        As parsed.
    context
        The paths of the files in the context, with ``/``.
    """
    files = list(context)
    return {file for one in instructions if one.keyword != "RUN" for file in taken(one, files)}


def taken(instruction: Instruction, context: Iterable[str]) -> dict[str, str]:
    """Return the files of the build context that one instruction reads.

    Returns
    -------
    dict
        For each file its path below the folder that the instruction names; empty if it names the
        file itself.
    """
    excluded = options(instruction).get("exclude", [])
    found: dict[str, str] = {}
    for file in context:
        for pattern in sources(instruction):
            inside = below(pattern, file)
            if inside is not None and not is_excluded(inside or file.split("/")[-1], excluded):
                found[file] = inside
    return found


def options(instruction: Instruction) -> dict[str, list[str]]:
    """Return the options before an instruction's arguments: `--from=build` gives `from`."""
    found: dict[str, list[str]] = {}
    for flag in _flags(instruction.arguments)[0]:
        name, _, value = flag.removeprefix("--").partition("=")
        found.setdefault(name, []).append(value)
    return found


def mounts(instruction: Instruction) -> list[dict[str, str]]:
    """Return the mounts of a RUN as dictionaries with `type`, `from`, `source`, `target`."""
    short = {"src": "source", "dst": "target", "destination": "target"}
    return [
        {short.get(key, key): value for key, value in re.findall(r"(\w+)=([^,]+)", mount)}
        for mount in options(instruction).get("mount", [])
    ]


def is_excluded(file: str, patterns: Iterable[str]) -> bool:
    """Tell whether a pattern of an ignore file covers a path or a folder on the way to it."""
    parents = ["/".join(file.split("/")[:depth]) for depth in range(1, file.count("/") + 2)]
    for pattern in patterns:
        wanted = re.escape(pattern.strip("/").removeprefix("./"))
        for glob, regex in ((r"\*\*/", "(?:.*/)?"), (r"\*\*", ".*"), (r"\*", "[^/]*")):
            wanted = wanted.replace(glob, regex)
        if any(re.fullmatch(wanted.replace(r"\?", "[^/]"), parent) for parent in parents):
            return True
    return False


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
        origins = [*options(one).get("from", []), *(mount.get("from", "") for mount in mounts(one))]
        dirty = dirty or any(stages.get(origin.casefold(), False) for origin in origins if origin)
        dirty = dirty or bool(taken(one, files))
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
    name = named[-1].split(":")[0].strip() if named else ""
    return "root" if re.fullmatch(r"\+?0*", name) else name


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
    if not words:
        raise ValueError("a FROM names no image.")
    return words[0], words[2] if len(words) > 2 else ""


def _flags(arguments: str) -> tuple[list[str], str]:
    flags = re.match(r"(?:--\S+\s+)*", arguments)
    end = flags.end() if flags else 0
    return arguments[:end].split(), arguments[end:]


def paths(text: str) -> list[str]:
    """Return the sources and the destination of a COPY, in either of its two forms."""
    try:
        return [str(path) for path in json.loads(text)] if text.startswith("[") else text.split()
    except ValueError:
        return shlex.split(text)


def below(pattern: str, file: str) -> str | None:
    """Return a file's path below what a copied path, folder or pattern matches.

    Returns
    -------
    str or None
        Empty if the pattern matches the file itself, None if it doesn't cover it.
    """
    wanted = re.sub(r"^(\./)+|^/+", "", pattern).rstrip("/")
    if wanted in ("", "."):
        return file
    parts = file.split("/")
    depth = wanted.count("/") + 1
    if not fnmatchcase("/".join(parts[:depth]), wanted) or depth > len(parts):
        return None
    return "/".join(parts[depth:])
