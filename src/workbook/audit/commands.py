"""The commands that a repository's automation runs, read from its files and never run.

A workflow rarely says `pytest`: it says `make test`, and the Makefile says the rest. So a command
is followed a few steps into the files of the repository: a Makefile's target, a shell script, a
package.json script, a Python file or module.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice
from pathlib import PurePosixPath
from typing import Any

from workbook.audit.read import File, Tree

__all__ = ["Command", "Leaf", "Workflows", "does_work", "fires", "leaves"]

CI_FILES = (
    ".github/workflows/*.yml",
    ".github/workflows/*.yaml",
    ".gitlab-ci.yml",
    ".circleci/config.yml",
    "azure-pipelines.yml",
    "bitbucket-pipelines.yml",
    ".travis.yml",
    "buildspec.yml",
    "cloudbuild.yaml",
    ".woodpecker.yml",
    ".forgejo/workflows/*.yml",
    "jenkinsfile",
)
COMMAND_KEYS = frozenset({"run", "script", "bash", "command", "commands", "before_script"})
#: Words in front of a command that change where it runs and not what it is.
WRAPPERS = re.compile(
    r"^(\w+=\S*\s+|sudo\s+|time\s+|env\s+|exec\s+|nice\s+|xvfb-run\s+|"
    r"(uv|poetry|pdm|pipenv|hatch|rye|pixi)\s+run\s+(--?[\w-]+(=\S+)?\s+)*|"
    r"coverage\s+run\s+|timeout\s+\S+\s+|if\s+|then\s+|!\s+|@|-(?=\w))+"
)
#: The failure of such a command is thrown away.
FORGIVEN = re.compile(r"\|\|\s*(true|:|echo\b.*|exit\s+0)\s*$|;\s*(true|exit\s+0)\s*$")
#: A command that says what it would do, or what it is, and does nothing.
DRY = re.compile(
    r"\s--(dry|dry-run|dry_run|just-print|noop)\b(?!-)|\s--(help|version)$|"
    r"^(make|gmake|snakemake|dvc\s+repro)\s(.*\s)?-n(\s|$)"
)
#: Commands that need the code of the repository beside them.
NEEDS_CODE = re.compile(
    r"(\S*/)?(python[\d.]*|py|pytest|py\.test|tox|nox|nose2|make|gmake|just|dvc|snakemake|kedro|"
    r"npm|npx|yarn|pnpm|jest|vitest|mocha|ctest|go|cargo|mvn|gradle|dotnet|Rscript|bash|sh)\s|"
    r"(pytest|tox|nox|make)$|\./|mlflow\s+run"
)
#: Commands that print, wait or succeed, and do nothing else.
IDLE = frozenset({"echo", "printf", "cat", "true", ":", "exit", "sleep", "date", "pwd"})
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
LAST_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
LARGEST_YAML = 200_000
MOST_LEAVES = 20_000
STEPS = 4
MOST_COMMANDS = 5_000
#: Longer lines are data, not commands.
LONGEST_LINE = 2_000


@dataclass(frozen=True)
class Leaf:
    """A plain value in a YAML file: where it stands, as keys, its text and its line."""

    path: tuple[str, ...]
    value: str
    line: int


@dataclass(frozen=True)
class Command:
    """A command, where it stands, what starts it, and the way that led to it."""

    text: str
    path: str
    line: int
    events: tuple[str, ...] = ()
    way: tuple[str, ...] = ()


def leaves(file: File) -> list[Leaf]:
    """Return the plain values of a YAML file, in order; none where it isn't YAML.

    Nothing is constructed: texts stay texts, and a file that refers to itself is cut off.
    """
    import yaml

    if len(file.text) > LARGEST_YAML:
        return []
    found: list[Leaf] = []
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        for document in yaml.compose_all(file.text, Loader=loader):
            _gather(document, found)
    except (yaml.YAMLError, RecursionError, ValueError):
        return []
    return sorted(found, key=lambda leaf: leaf.line)


def _gather(document: Any, found: list[Leaf]) -> None:
    import yaml

    waiting: list[tuple[Any, tuple[str, ...]]] = [(document, ())]
    visited = 0
    while waiting and visited < MOST_LEAVES:
        node, path = waiting.pop()
        visited += 1
        if len(path) > 30:
            continue
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                waiting.append((value, (*path, str(getattr(key, "value", ""))[:80])))
        elif isinstance(node, yaml.SequenceNode):
            waiting.extend((value, (*path, str(at))) for at, value in enumerate(node.value))
        elif isinstance(node, yaml.ScalarNode):
            line = node.start_mark.line + (2 if node.style in ("|", ">") else 1)
            found.append(Leaf(path, str(node.value), line))


@dataclass
class Workflows:
    """All commands that automation runs in a tree."""

    tree: Tree

    @cached_property
    def direct(self) -> list[Command]:
        """The commands that stand in CI files, those that can't fail a run left out."""
        found = []
        for file in self.tree.named(*CI_FILES):
            if file.name.lower() == "jenkinsfile":
                found += list(_jenkins(file))
            else:
                found += list(_from_yaml(file))
        return [command for command in found if self.can_run(command.text)]

    @cached_property
    def all(self) -> list[Command]:
        """The commands in CI files and those that they lead to."""
        ways = (chain([command], self.follow(command, STEPS)) for command in self.direct)
        return list(islice(chain.from_iterable(ways), MOST_COMMANDS))

    def can_run(self, text: str) -> bool:
        """Tell whether what a command names is there, as far as that can be told from files.

        A target needs a Makefile that has it, `dvc repro` a `dvc.yaml`, and `python -m` a module,
        if its package is one of the repository.
        """
        words = text.split()
        first = PurePosixPath(words[0]).name if words else ""
        if first in ("make", "gmake", "just"):
            targets = [w for w in words[1:] if not w.startswith("-") and "=" not in w]
            files = list(self.tree.named("makefile", "gnumakefile", "justfile", "*.mk"))
            return bool(files) and (
                not targets
                or any("$" in t or "/" in t for t in targets)
                or any(_has_target(file, target) for file in files for target in targets)
            )
        if words[:2] == ["dvc", "repro"]:
            return any(self.tree.named("dvc.yaml"))
        match = re.match(r"(?:\S*/)?python[\d.]*\s+-m\s+([\w.]+)", text)
        return not match or not self.tree.lacks(match[1])

    def follow(self, command: Command, steps: int) -> Iterator[Command]:
        """Yield the commands that a command leads to within the tree."""
        if steps == 0:
            return
        for text, file, line in self._inside(command.text):
            start = command.text[:60]
            if not command.way:
                start = f"{command.path}:{command.line}: {start}"
            way = (*command.way, start)
            inner = Command(text, file.path, line, command.events, way)
            if text == command.text or len(way) > STEPS:
                continue
            yield inner
            yield from self.follow(inner, steps - 1)

    def _inside(self, text: str) -> Iterator[tuple[str, File, int]]:
        words = text.split()
        if not words:
            return
        first = words[0].removeprefix("./")
        if first in ("make", "gmake", "just"):
            yield from self._target(words[1:])
        elif first in ("npm", "yarn", "pnpm") and len(words) > 1:
            name = words[2] if words[1] == "run" and len(words) > 2 else words[1]
            yield from self._package_script(name)
        elif first in ("bash", "sh", "source", ".") and len(words) > 1:
            yield from self._script(words[1])
        elif re.fullmatch(r"(\S*/)?python[\d.]*|py|\$\(\w+\)/python", first) and len(words) > 1:
            yield from self._python(words[1:])
        else:
            yield from self._script(words[0])

    def _target(self, words: list[str]) -> Iterator[tuple[str, File, int]]:
        targets = [word for word in words if not word.startswith("-") and "=" not in word]
        for file in self.tree.named("makefile", "gnumakefile", "justfile"):
            if "/" in file.path:
                continue
            waiting, done = list(targets), set()
            while waiting:
                target = waiting.pop(0)
                done.add(target)
                for needed, recipe in _recipe(file, target):
                    waiting += [name for name in needed if name not in done]
                    for line, text in recipe:
                        for command in _split(text):
                            yield command, file, line

    def _package_script(self, name: str) -> Iterator[tuple[str, File, int]]:
        file = self.tree.by_path.get("package.json")
        if file is None:
            return
        try:
            scripts = json.loads(file.text).get("scripts", {})
        except (ValueError, AttributeError, RecursionError):
            return
        if isinstance(scripts, dict) and isinstance(scripts.get(name), str):
            line = next((n for n, t in enumerate(file.lines, 1) if f'"{name}"' in t), 1)
            for command in _split(scripts[name]):
                yield command, file, line

    def _script(self, name: str) -> Iterator[tuple[str, File, int]]:
        file = self.tree.by_path.get(name.removeprefix("./").strip("\"'"))
        if file is None:
            return
        if file.suffix == ".py":
            yield from _texts_of(file)
        elif file.suffix in ("", ".sh", ".bash"):
            for line, text in _shell_lines(file.text, 1):
                for command in _split(text):
                    yield command, file, line

    def _python(self, words: list[str]) -> Iterator[tuple[str, File, int]]:
        if words[0] == "-m" and len(words) > 1:
            places = words[1].replace(".", "/")
            for path in (f"{places}.py", f"{places}/__main__.py", f"src/{places}.py"):
                if path in self.tree.by_path:
                    yield from _texts_of(self.tree.by_path[path])
        elif words[0].endswith(".py"):
            yield from self._script(words[0])


def _texts_of(file: File) -> Iterator[tuple[str, File, int]]:
    """Yield the lists and texts of a Python file that look like commands, as one text each."""
    try:
        module = ast.parse(file.text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(module):
        if isinstance(node, ast.List | ast.Tuple):
            texts = [
                item.value if isinstance(item, ast.Constant) else "python"
                for item in node.elts
                if not isinstance(item, ast.Starred)
            ]
            words = [text for text in texts if isinstance(text, str)]
            if len(words) > 1 or words in (["pytest"],):
                yield " ".join(words)[:300], file, node.lineno
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("run", "main"):
            for argument in node.args[:1]:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.value[:300], file, node.lineno


def _has_target(file: File, target: str) -> bool:
    for line in file.lines:
        head, colon, rest = line[:LONGEST_LINE].partition(":")
        names = {name.lstrip("@") for name in head.split()}
        is_head = colon and head[:1] not in ("", " ", "\t", "#") and not rest.startswith("=")
        if is_head and (target in names or any("%" in name for name in names)):
            return True
    return False


def _recipe(file: File, target: str) -> Iterator[tuple[list[str], list[tuple[int, str]]]]:
    """Yield a target's prerequisites and the lines of its recipe."""
    head = re.compile(rf"^{re.escape(target)}\s*:(?!=)([^#;]*)")
    for number, line in enumerate(file.lines, start=1):
        match = head.match(line)
        if not match:
            continue
        recipe = []
        for later, text in enumerate(file.lines[number:], start=number + 1):
            if not text.startswith(("\t", "    ")):
                break
            if not text.strip().startswith("#"):
                recipe.append((later, text.strip().lstrip("@-")))
        yield match[1].split(), recipe


def _from_yaml(file: File) -> Iterator[Command]:
    found = leaves(file)
    events = _events(file, found)
    disabled = {
        leaf.path[:-1]
        for leaf in found
        if (leaf.path[-1:] == ("if",) and leaf.value.strip(" ${}").lower() == "false")
        or (leaf.path[-1:] == ("continue-on-error",) and leaf.value.lower() == "true")
        or (leaf.path[-1:] == ("allow_failure",) and leaf.value.lower() == "true")
    }
    checks_out = _jobs_with_code(found)
    on_github = _is_github(file)
    for leaf in found:
        if any(leaf.path[: len(off)] == off for off in disabled if off):
            continue
        lacks_code = on_github and leaf.path[:2] not in checks_out
        keys = [key for key in leaf.path if not key.isdigit()]
        if keys and keys[-1] in COMMAND_KEYS and not leaf.path[0].startswith("."):
            for line, text in _shell_lines(leaf.value, leaf.line):
                for command in _split(text):
                    if not (lacks_code and NEEDS_CODE.match(command)):
                        yield Command(command, file.path, line, events)


def _is_github(file: File) -> bool:
    return ".github/" in file.path or ".forgejo/" in file.path


def _jobs_with_code(found: list[Leaf]) -> set[tuple[str, ...]]:
    """Return the jobs of a workflow that check the repository out, or run in an image."""
    return {
        leaf.path[:2]
        for leaf in found
        if (leaf.path[-1:] == ("uses",) and re.search(r"(?i)checkout", leaf.value))
        or (leaf.path[-1:] == ("run",) and re.search(r"\b(clone|git\s+fetch)\s", leaf.value))
        or leaf.path[2:3] == ("container",)
    }


def _events(file: File, found: list[Leaf]) -> tuple[str, ...]:
    """Return what starts a workflow; other services than GitHub's start on every push."""
    if not _is_github(file):
        return ("push",)
    names = set()
    for leaf in found:
        if leaf.path[:1] == ("on",):
            is_name = len(leaf.path) == 1 or (len(leaf.path) == 2 and leaf.path[1].isdigit())
            is_timed = leaf.path[1:2] == ("schedule",)
            if not is_timed or (leaf.path[-1] == "cron" and fires(leaf.value)):
                names.add(leaf.value if is_name else leaf.path[1])
    return tuple(sorted(names))


def fires(schedule: str) -> bool:
    """Tell whether a cron expression ever comes due; the 30th of February doesn't.

    Parameters
    ----------
    schedule : str
        Five fields (minute, hour, day, month, weekday), or a name such as ``@daily``.
    """
    fields = schedule.split()
    if len(fields) != 5:
        return schedule.startswith("@") and schedule != "@reboot"
    days, months, weekdays = fields[2:]
    if weekdays not in ("*", "?"):
        return True
    return any(
        day <= LAST_DAYS[month - 1] for month in _numbers(months, 12) for day in _numbers(days, 31)
    )


def _numbers(text: str, last: int) -> set[int]:
    """Return the numbers that a field of a cron expression names, of 1 to `last`."""
    found: set[int] = set()
    for part in text.lower().split(","):
        span, _, step = part.partition("/")
        first, dash, end = span.partition("-")
        if span in ("*", "?"):
            first, dash, end = "1", "-", str(last)
        elif step and not dash:
            dash, end = "-", str(last)
        try:
            low = _month(first)
            high = _month(end) if dash else low
            found |= set(range(low, min(high, last) + 1, int(step or 1)))
        except ValueError:
            continue
    return {number for number in found if 1 <= number <= last}


def _month(word: str) -> int:
    return MONTHS.index(word) + 1 if word in MONTHS else int(word)


def _jenkins(file: File) -> Iterator[Command]:
    for number, line in enumerate(file.lines, start=1):
        code = line.split("//")[0]
        for match in re.finditer(r"""\b(?:sh|bat)\s*\(?\s*['"]+([^'"]+)""", code):
            for command in _split(match[1]):
                yield Command(command, file.path, number, ("push",))


def _shell_lines(text: str, first: int) -> Iterator[tuple[int, str]]:
    """Yield the lines of a script with their numbers, comments gone, continuations joined."""
    kept, started = "", first
    for number, line in enumerate(text.splitlines(), start=first):
        bare = re.sub(r"(^|\s)#.*$", "", line[: LONGEST_LINE + 1]).strip()
        if not kept:
            started = number
        joined = kept + bare
        if len(joined) > LONGEST_LINE:
            kept = ""
        elif bare.endswith("\\"):
            kept = joined[:-1] + " "
        else:
            kept = ""
            if joined:
                yield started, joined
    if kept:
        yield started, kept


def does_work(script: str) -> bool:
    """Tell whether a script has a command that does more than print, wait or succeed."""
    return any(True for _, line in _shell_lines(script, 1) for _ in _split(line))


def _split(line: str) -> Iterator[str]:
    """Yield the commands of one line that do something, without what only wraps them."""
    if len(line) > LONGEST_LINE or FORGIVEN.search(line):
        return
    # What follows an `exit` is never reached.
    line = re.split(r"(?:^|;)\s*exit(?:\s+\d+)?\s*;", line)[0]
    for part in re.split(r"\s*(?:&&|\|\||;|\|)\s*", line):
        command = WRAPPERS.sub("", part.strip().strip("'\"").strip())
        is_idle = not command or PurePosixPath(command.split()[0]).name in IDLE
        if not is_idle and not DRY.search(command):
            yield command.strip()
