"""The commands that a repository's automation runs, read from its files and never run.

A workflow rarely says `pytest`: it says `make test`, and the Makefile says the rest. So a command
is followed a few steps into the files of the repository: a Makefile's target, a shell script, a
package.json script, a Python file or module.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, islice
from pathlib import PurePosixPath
from typing import Any

from workbook.audit.read import File, Tree
from workbook.audit.source import CHAIN

__all__ = ["Command", "Leaf", "Workflows", "does_work", "fires", "leaves"]

#: Services read these at the top of a repository and nowhere else.
CI_FILES = re.compile(
    r"\.(github|forgejo|gitea)/workflows/[^/]+\.ya?ml|\.gitlab-ci\.yml|\.circleci/config\.yml|"
    r"azure-pipelines\.ya?ml|bitbucket-pipelines\.yml|\.travis\.yml|buildspec\.yml|"
    r"cloudbuild\.ya?ml|\.woodpecker\.yml|\.drone\.yml|\.buildkite/pipeline\.yml|(?i:jenkinsfile)"
)
COMMAND_KEYS = frozenset({"run", "script", "bash", "command", "commands", "before_script"})
#: A word of a shell; quoted texts and GitHub's expressions belong to it.
WORD = r"""(?:"(?:[^"\\]|\\.)*+"|'[^']*+'|\$\{\{[^}]*+\}\}|[^\s"'])++"""
OPTION = (
    r"(?:--(?:extra|group|only-group|python|with|with-editable|with-requirements|env-file|from|"
    r"project|directory|package|spec|name|prefix|cwd|source|rcfile|omit|include|data-file)"
    rf"\s+{WORD}\s+|--?(?!m\s)[\w-]+(?:=(?:{WORD})?)?\s+)"
)
#: Words in front of a command that change where it runs and not what it is.
WRAPPERS = re.compile(
    rf"^(?:\w+=(?:{WORD})?\s+|(?:sudo|time|env|exec|nice|xvfb-run)\s+|timeout\s+\S+\s+|"
    r"(?:(?:uv|poetry|pdm|pipenv|hatch|rye|pixi|pipx|conda|mamba|micromamba)\s+run|uvx|"
    rf"uv\s+tool\s+run)\s+(?:-[np]\s+{WORD}\s+|{OPTION})*+|"
    rf"(?:python[\d.]*\s+-m\s+)?coverage\s+run\s+{OPTION}*+|"
    r"(?:docker|podman)(?:\s+compose|-compose)?(?:\s+-[fp]\s+\S+)*\s+(?:run|exec)\s+"
    r"(?:-[itT]+\s+|--(?:rm|init|tty|interactive|no-deps|privileged|read-only)\s+|"
    rf"(?!-d\s|--detach)(?:--[\w-]+=|--?[\w-]+\s+){WORD}\s+)*+[^-\s]\S*\s+)+"
)
#: A variable that names the interpreter.
ITS_PYTHON = re.compile(r"""(?<!\S)"?\$[({]?PY(?:THON)?3?[)}]?"?(?=\s)""")
PYTHON = re.compile(
    r"(?:(?:\S*/)?python[\d.]*|py)\s+(?:-[XW]\s*\S+\s+|-(?![mc]\s)\w+\s+)*+"
    r"(?:-m\s+(?P<module>[\w.]+)|(?P<file>\S+\.py)(?!\S))"
)
INNER_SHELL = re.compile(rf"(?:\S*/)?(?:ba|da|z)?sh\s+(?:-\w+\s+)*?-\w*c\s+({WORD})")
#: What ends the commands of a shell, and what hides such ends: quotes, comments, expressions.
SHELL = re.compile(
    r"""
    (?P<joined>\\\r?\n) | \\. | '[^']*+' | "(?:[^"\\]|\\.)*+" | \$\{\{[^}]{0,500}\}\}
    | (?<!<)<<(?P<tabs>-?)[ \t]*(?P<quote>['"]?)(?P<mark>[A-Za-z_]\w*)(?P=quote)
    | (?<![^\s;&|()])(?P<comment>\#[^\n]*+)
    | (?<![<>])(?P<end>&&|\|\||;;?|\|&?|\n|&(?![>\d&]))
    """,
    re.VERBOSE | re.DOTALL,
)
BLANK = re.compile(r"(?:\s|\\\r?\n)*+")
#: Words that open or close blocks of a shell, and heads of functions.
KEYWORD = re.compile(
    r"(?:function\s+)?[\w-]+\s*\(\)\s*|"
    r"(if|elif|while|until|then|else|do|fi|done|for|case|select|esac|!|\{|\})(?=\s|$)\s*"
)
#: Behind `||`, and at the end of a script that goes on after failures, this throws them away.
FORGIVES = re.compile(r"true|:|echo\b.*|exit\s+0", re.DOTALL)
SUCCEEDS = re.compile(r"true|:|exit\s+0")
STOPS = re.compile(r"set\s(?:.*\s)?-(?:\w*e|o\s+errexit)")
GOES_ON = re.compile(r"set\s(?:.*\s)?\+(?:\w*e|o\s+errexit)")
#: Comments and texts of a Jenkinsfile; those that nothing closes go to its end.
GROOVY = re.compile(
    r"/\*.*?(?:\*/|\Z)|//[^\n]*|"
    r"'''(?P<lines>.*?)(?:'''|\Z)|\"\"\"(?P<open_lines>.*?)(?:\"\"\"|\Z)|"
    r"'(?P<text>(?:[^'\\\n]|\\[^\n])*+)'|\"(?P<open_text>(?:[^\"\\\n]|\\[^\n])*+)\"",
    re.DOTALL,
)
#: A command that says what it would do, or what it is, and does nothing.
DRY = re.compile(
    r"\s--(dry|dry-run|dry_run|just-print|noop)\b(?!-)|\s--(help|version)$|"
    r"^(make|gmake|snakemake|dvc\s+repro)\s(.*\s)?-n(\s|$)"
)
#: Commands that need the code of the repository beside them.
NEEDS_CODE = re.compile(
    r"(\S*/)?(python[\d.]*|py|pytest|py\.test|tox|nox|nose2|make|gmake|just|dvc|snakemake|kedro|"
    r"npm|npx|yarn|pnpm|jest|vitest|mocha|ctest|go|cargo|mvn|gradle|dotnet|Rscript|bash|sh)\s|"
    r"(pytest|tox|nox|make)$|\./|-m\s|mlflow\s+run"
)
#: Commands that print, wait or succeed, and do nothing else.
IDLE = frozenset({"echo", "printf", "cat", "true", ":", "exit", "sleep", "date", "pwd"})
VARIABLE = re.compile(r"(?:export[ \t]+)?([\w.-]+)[ \t]*([:?]{0,2})=[ \t]*(.{0,200})")
#: What starts a job of GitLab, in the words of GitHub, if it isn't a change.
ONLY = {"schedules": "schedule", "tags": "tag"} | dict.fromkeys(
    ("api", "chat", "pipelines", "triggers", "web"), "workflow_dispatch"
)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
LAST_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
LARGEST_YAML = 200_000
DEEPEST_YAML = 50
MOST_LEAVES = 20_000
#: How many characters of CI files are read in all.
MOST_CI = 5_000_000
STEPS = 4
MOST_COMMANDS = 5_000
MOST_TARGETS = 1_000
#: How many prerequisites in Makefiles are looked at in all.
MOST_NEEDED = 500_000
#: Longer lines are data, not commands.
LONGEST_LINE = 2_000

#: A command in a file that another command leads to: its text, its path and its line.
Found = tuple[str, str, int]


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

    Nothing is constructed: texts stay texts, and a file that refers to itself is cut off. One
    that is nested deeply isn't composed: the C library would overflow the interpreter's stack.
    """
    import yaml

    if len(file.text) > LARGEST_YAML:
        return []
    found: list[Leaf] = []
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        if _is_deep(yaml.parse(file.text, Loader=loader)):
            return []
        for document in yaml.compose_all(file.text, Loader=loader):
            _gather(document, found)
    except (yaml.YAMLError, RecursionError, ValueError):
        return []
    return sorted(found, key=lambda leaf: leaf.line)


def _is_deep(events: Iterable[Any]) -> bool:
    import yaml

    depth = 0
    for event in events:
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST_YAML:
            return True
    return False


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
                name = key.value if isinstance(key, yaml.ScalarNode) else ""
                waiting.append((value, (*path, name[:80])))
        elif isinstance(node, yaml.SequenceNode):
            waiting.extend((value, (*path, str(at))) for at, value in enumerate(node.value))
        elif isinstance(node, yaml.ScalarNode):
            line = node.start_mark.line + (2 if node.style in ("|", ">") else 1)
            found.append(Leaf(path, str(node.value), line))


@dataclass
class Makefile:
    """The rules of a Makefile or justfile: by target, the prerequisites and commands of each."""

    path: str
    rules: dict[str, list[tuple[list[str], list[Found]]]] = field(default_factory=dict)
    default: str = ""

    @cached_property
    def folder(self) -> str:
        """The folder that it stands in."""
        return str(PurePosixPath(self.path).parent)

    @cached_property
    def has_pattern(self) -> bool:
        """Whether a rule makes more than the targets that it names."""
        return any("%" in name for name in self.rules)


@dataclass
class Workflows:
    """All commands that automation runs in a tree, each file read once."""

    tree: Tree
    kept: dict[str, tuple[Found, ...]] = field(default_factory=dict)
    runnable: dict[str, bool] = field(default_factory=dict)
    needed: int = 0

    @cached_property
    def direct(self) -> list[Command]:
        """The commands that stand in CI files, those that can't fail a run left out."""
        return list(islice(filter(self._is_runnable, self._written()), MOST_COMMANDS))

    @cached_property
    def all(self) -> list[Command]:
        """The commands in CI files and those that they lead to."""
        ways = (chain([command], self.follow(command, STEPS)) for command in self.direct)
        return list(islice(chain.from_iterable(ways), MOST_COMMANDS))

    def _written(self) -> Iterator[Command]:
        files = list(_ci_files(self.tree))
        read = {file.path: leaves(file) for file in files if file.suffix in (".yml", ".yaml")}
        callers = _callers(read)
        for file in files:
            if file.path in read:
                yield from _from_yaml(file, read[file.path], callers.get(file.path, set()))
            else:
                yield from _jenkins(file)

    def _is_runnable(self, command: Command) -> bool:
        if command.text not in self.runnable:
            self.runnable[command.text] = self.can_run(command.text)
        return self.runnable[command.text]

    def can_run(self, text: str) -> bool:
        """Tell whether what a command names is there, as far as that can be told from files.

        A target needs a Makefile that has it, `dvc repro` a `dvc.yaml`, and `python -m` a module,
        if its package is one of the repository.
        """
        words = text.split()
        first = PurePosixPath(words[0]).name if words else ""
        if first in ("make", "gmake", "just"):
            targets = _make_arguments(words[1:])[1]
            return bool(self.makefiles) and (
                not targets
                or any("$" in t or "/" in t for t in targets)
                or any(m.has_pattern or m.rules.keys() & {*targets} for m in self.makefiles)
            )
        if words[:2] == ["dvc", "repro"]:
            return self.has_stages
        match = PYTHON.match(text)
        return not match or not match["module"] or not self.tree.lacks(match["module"])

    @cached_property
    def makefiles(self) -> list[Makefile]:
        """The Makefiles and justfiles, and the files that these may include."""
        files = self.tree.named("makefile", "gnumakefile", "justfile", "*.mk")
        return [_makefile(file) for file in files]

    @cached_property
    def has_stages(self) -> bool:
        """Whether there is a file of stages for DVC."""
        return any(self.tree.named("dvc.yaml"))

    def follow(self, command: Command, steps: int) -> Iterator[Command]:
        """Yield the commands that a command leads to within the tree."""
        if steps == 0:
            return
        for text, path, line in self._inside(command.text):
            start = command.text[:60]
            if not command.way:
                start = f"{command.path}:{command.line}: {start}"
            way = (*command.way, start)
            inner = Command(text, path, line, command.events, way)
            if text == command.text or len(way) > STEPS:
                continue
            yield inner
            yield from self.follow(inner, steps - 1)

    def _inside(self, text: str) -> Iterable[Found]:
        words = text.split()
        if not words:
            return ()
        first = words[0].removeprefix("./")
        if first in ("make", "gmake", "just"):
            return self._target(words[1:])
        if first in ("npm", "yarn", "pnpm") and len(words) > 1:
            name = words[2] if words[1] == "run" and len(words) > 2 else words[1]
            return self._package_script(name)
        if first in ("bash", "sh", "source", "."):
            return self._script(next((w for w in words[1:] if not w.startswith("-")), ""))
        if match := PYTHON.match(text):
            return self._python(match)
        return self._script(words[0])

    def _target(self, words: list[str]) -> Iterator[Found]:
        place, targets = _make_arguments(words)
        for file in self.makefiles:
            if place != file.path and (place != file.folder or file.path.endswith(".mk")):
                continue
            queue = [*targets] or [file.default]
            seen = set(queue)
            for target in queue:
                for needed, recipe in file.rules.get(target, ()):
                    yield from recipe
                    self.needed += 1 + len(needed)
                    if self.needed > MOST_NEEDED:
                        return
                    new = [name for name in dict.fromkeys(needed) if name not in seen]
                    queue += new[: max(0, MOST_TARGETS - len(queue))]
                    seen.update(new)

    def _package_script(self, name: str) -> tuple[Found, ...]:
        key = f"npm run {name}"
        if key not in self.kept and name in self._scripts:
            file = self.tree.by_path["package.json"]
            line = next((n for n, t in enumerate(file.lines, 1) if f'"{name}"' in t), 1)
            found = ((text, file.path, line) for _, text in _commands(self._scripts[name]))
            self.kept[key] = tuple(islice(found, MOST_COMMANDS))
        return self.kept.get(key, ())

    @cached_property
    def _scripts(self) -> dict[str, str]:
        file = self.tree.by_path.get("package.json")
        try:
            scripts = json.loads(file.text).get("scripts", {}) if file else {}
            return {name: text for name, text in scripts.items() if isinstance(text, str)}
        except (ValueError, AttributeError, RecursionError):
            return {}

    def _script(self, name: str) -> tuple[Found, ...]:
        path = name.removeprefix("./").strip("\"'")
        file = self.tree.by_path.get(path)
        if file is not None and path not in self.kept:
            found: Iterator[Found] = iter(())
            if file.suffix == ".py":
                found = _texts_of(file)
            elif file.suffix in ("", ".sh", ".bash"):
                stops = re.match(r"#!.*\s-\w*e", file.text[:200]) is not None
                found = ((text, path, line) for line, text in _commands(file.text, 1, stops))
            self.kept[path] = tuple(islice(found, MOST_COMMANDS))
        return self.kept.get(path, ())

    def _python(self, match: re.Match[str]) -> Iterator[Found]:
        if match["file"]:
            yield from self._script(match["file"])
        else:
            places = match["module"].replace(".", "/")
            for path in (f"{places}.py", f"{places}/__main__.py", f"src/{places}.py"):
                yield from self._script(path)


def _texts_of(file: File) -> Iterator[Found]:
    """Yield the lists and texts of a Python file that look like commands, as one text each."""
    if CHAIN.search(file.text):
        return
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
                yield " ".join(words)[:300], file.path, node.lineno
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("run", "main"):
            for argument in node.args[:1]:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.value[:300], file.path, node.lineno


def _make_arguments(words: list[str]) -> tuple[str, list[str]]:
    """Return the folder or the Makefile that `make` is told to read, and its targets."""
    place, targets = ".", []
    waiting = iter(words)
    for word in waiting:
        if word in ("-C", "--directory", "-f", "--file"):
            place = next(waiting, ".")
        elif word.startswith(("-C", "--directory=")):
            place = word.removeprefix("-C").removeprefix("--directory=")
        elif not word.startswith("-") and "=" not in word:
            targets.append(word)
    return str(PurePosixPath(place)), targets


def _makefile(file: File) -> Makefile:
    """Read a Makefile in one pass, however many of its targets are asked for."""
    made = Makefile(file.path)
    variables = _variables(file)
    recipe: list[Found] | None = None
    for number, text in _joined(file.lines):
        if text.startswith(("\t", "    ")):
            if recipe is not None and len(recipe) < MOST_COMMANDS:
                recipe += ((t, file.path, n) for n, t in _recipe(text, number, variables))
        elif text.strip() and not text.startswith("#"):
            names, needed, command = _head(text)
            recipe = [(t, file.path, n) for n, t in _recipe(command, number, variables)]
            for name in names:
                made.rules.setdefault(name, []).append((needed, recipe))
    first = (name for name in made.rules if name[0] != "." and "%" not in name)
    made.default = variables.get(".DEFAULT_GOAL") or next(first, "")
    return made


def _joined(lines: list[str]) -> Iterator[tuple[int, str]]:
    """Yield lines with their numbers, those that end with a backslash with what follows."""
    kept: list[str] = []
    for number, line in enumerate(lines, start=1):
        kept.append(line)
        if not line.endswith("\\") or number == len(lines):
            yield number - len(kept) + 1, "\n".join(kept)
            kept = []


def _variables(file: File) -> dict[str, str]:
    found = {"MAKE": "make"}
    for line in file.lines:
        match = VARIABLE.match(line)
        if match and not (match[2] == "?" and match[1] in found):
            found[match[1]] = match[3].partition(" #")[0].strip()
    return found


def _head(text: str) -> tuple[list[str], list[str], str]:
    """Return the targets, the prerequisites and the first command that the head of a rule names."""
    head, colon, rest = text[:LONGEST_LINE].replace("\\\n", " ").partition(":")
    if not colon or "=" in head or rest.lstrip(":").startswith("="):
        return [], [], ""
    needed, _, command = rest.lstrip(":").partition("#")[0].partition(";")
    # A variable for one target isn't a prerequisite.
    names = [] if "=" in needed else needed.split()
    return [name.lstrip("@") or name for name in head.split()], names, command


def _recipe(text: str, number: int, variables: dict[str, str]) -> Iterator[tuple[int, str]]:
    """Yield the commands of a line of a recipe, unless its failure is thrown away by a `-`."""
    bare = text.strip()
    marks = re.match(r"[@+-]*", bare)
    if not marks or "-" in marks[0] or bare.startswith("#"):
        return
    bare = bare[marks.end() :]
    if len(bare) <= LONGEST_LINE:
        for _ in range(3):
            bare = re.sub(
                r"\$[({]([\w.-]+)[)}]", lambda name: variables.get(name[1], name[0]), bare
            )[:LONGEST_LINE]
    yield from _commands(bare.replace("$$", "$"), number)


def _ci_files(tree: Tree) -> Iterator[File]:
    size = 0
    for file in tree.files:
        if CI_FILES.fullmatch(file.path):
            size += len(file.text)
            if size > MOST_CI:
                return
            yield file


def _from_yaml(file: File, found: list[Leaf], callers: set[str]) -> Iterator[Command]:
    starts = _starts(file, found, callers)
    disabled = _disabled(found)
    checks_out = _jobs_with_code(found)
    on_github = _is_github(file.path)
    for leaf in found:
        tops = [leaf.path[:end] for end in range(len(leaf.path), -1, -1)]
        events = next(starts[top] for top in tops if top in starts)
        if not events or any(top in disabled for top in tops):
            continue
        lacks_code = on_github and leaf.path[:2] not in checks_out
        keys = [key for key in leaf.path if not key.isdigit()]
        if keys and keys[-1] in COMMAND_KEYS and not leaf.path[0].startswith("."):
            for line, command in _commands(leaf.value, leaf.line):
                if not (lacks_code and NEEDS_CODE.match(command)):
                    yield Command(command, file.path, line, events)


def _disabled(found: list[Leaf]) -> set[tuple[str, ...]]:
    """Return the places of jobs and steps that never run, or can't fail."""
    return {
        leaf.path[:-1]
        for leaf in found
        if (leaf.path[1:] and leaf.path[-1] in ("if", "condition") and _is_false(leaf.value))
        or (
            leaf.path[-1:] in (("continue-on-error",), ("continueOnError",), ("allow_failure",))
            and leaf.value.lower() == "true"
        )
    }


def _is_false(condition: str) -> bool:
    bare = condition.strip(" ${}").lower()
    return "||" not in bare and "false" in (part.strip() for part in bare.split("&&"))


def _is_github(path: str) -> bool:
    return path.startswith((".github/", ".forgejo/", ".gitea/"))


def _jobs_with_code(found: list[Leaf]) -> set[tuple[str, ...]]:
    """Return the jobs of a workflow that check the repository out, or run in an image."""
    return {
        leaf.path[:2]
        for leaf in found
        if (leaf.path[-1:] == ("uses",) and re.search(r"(?i)checkout", leaf.value))
        or (leaf.path[-1:] == ("run",) and re.search(r"\b(clone|git\s+fetch)\s", leaf.value))
        or leaf.path[2:3] == ("container",)
    }


def _starts(
    file: File, found: list[Leaf], callers: set[str]
) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Return what starts a file's commands, by the place below which it does.

    Other services than GitHub's start on every push, if a file doesn't say otherwise.
    """
    starts: dict[tuple[str, ...], tuple[str, ...]] = {(): ("push",)}
    if _is_github(file.path):
        starts[()] = tuple(sorted(_events(found) | callers))
    elif file.name == ".gitlab-ci.yml":
        jobs: dict[str, list[Leaf]] = {}
        for leaf in found:
            if len(leaf.path) > 1:
                jobs.setdefault(leaf.path[0], []).append(leaf)
        starts |= {(name,): _of_gitlab(job) for name, job in jobs.items()}
    elif file.name == "bitbucket-pipelines.yml":
        starts[("pipelines", "custom")] = ("workflow_dispatch",)
        starts[("pipelines", "tags")] = ("tag",)
    elif file.name.startswith("azure-pipelines"):
        off = {leaf.path[0] for leaf in found if len(leaf.path) == 1 and leaf.value == "none"}
        if {"trigger", "pr"} <= off:
            timed = any(leaf.path[:1] == ("schedules",) for leaf in found)
            starts[()] = ("schedule",) if timed else ()
    return starts


def _events(found: list[Leaf]) -> set[str]:
    """Return what starts a workflow of GitHub; a push of nothing but tags is a `tag`."""
    names = set()
    pushes = {leaf.path[2] for leaf in found if leaf.path[:2] == ("on", "push") and leaf.path[2:]}
    only_tags = "tags" in pushes and not pushes & {"branches", "branches-ignore"}
    for leaf in found:
        if leaf.path[:1] == ("on",):
            is_name = len(leaf.path) == 1 or (len(leaf.path) == 2 and leaf.path[1].isdigit())
            is_timed = leaf.path[1:2] == ("schedule",)
            if not is_timed or (leaf.path[-1] == "cron" and fires(leaf.value)):
                name = leaf.value if is_name else leaf.path[1]
                names.add("tag" if name == "push" and only_tags else name)
    return names


def _callers(read: dict[str, list[Leaf]]) -> dict[str, set[str]]:
    """Return what starts the workflows that other workflows of the repository call."""
    callers: dict[str, set[str]] = {}
    for path, found in read.items():
        if _is_github(path):
            events, disabled = _events(found), _disabled(found)
            for leaf in found:
                is_call = leaf.path[:1] == ("jobs",) and leaf.path[2:] == ("uses",)
                if is_call and leaf.path[:2] not in disabled:
                    callers.setdefault(leaf.value.removeprefix("./"), set()).update(events)
    return callers


def _of_gitlab(job: list[Leaf]) -> tuple[str, ...]:
    """Return what starts a job of GitLab, in the words of GitHub."""
    when = {leaf.path[1:-1]: leaf.value for leaf in job if leaf.path[-1] == "when"}
    condition = {leaf.path[1:-1]: leaf.value for leaf in job if leaf.path[-1] == "if"}
    rules = {leaf.path[1:3] for leaf in job if leaf.path[1] == "rules" and len(leaf.path) > 3}
    only = {
        ONLY.get(leaf.value, "push")
        for leaf in job
        if leaf.path[1] == "only" and leaf.path[2:3] not in (("changes",), ("variables",))
    }
    names = set()
    for rule in rules or {()}:
        how = when.get(rule, when.get((), ""))
        if how == "manual":
            names.add("workflow_dispatch")
        elif how != "never":
            names |= {_source(condition.get(rule, ""))} if rules else only or {"push"}
    return tuple(sorted(names))


def _source(condition: str) -> str:
    if "||" in condition or "!=" in condition:
        return "push"
    if re.search(r"schedule", condition):
        return "schedule"
    is_tag = "CI_COMMIT_TAG" in condition and "null" not in condition
    return "tag" if is_tag else "push"


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
    """Yield the commands of the texts that a Jenkinsfile hands to `sh` or `bat`."""
    line, counted, last = 1, 0, 0
    for match in GROOVY.finditer(file.text):
        before = file.text[max(last, match.start() - 80) : match.start()]
        behind = file.text[match.end() : match.end() + 80].partition(")")[0]
        last = match.end()
        is_step = re.search(r"(\b(sh|bat)\s*\(?|\bscript\s*:)\s*\Z", before)
        # With `returnStatus` a failure is a number, and the run goes on.
        if not match.lastgroup or not is_step or "returnStatus" in before + behind:
            continue
        start = match.start(match.lastgroup)
        line += file.text.count("\n", counted, start)
        counted = start
        for number, command in _commands(match[match.lastgroup], line):
            yield Command(command, file.path, number, ("push",))


def does_work(script: str) -> bool:
    """Tell whether a script has a command that does more than print, wait or succeed."""
    return any(True for _ in _commands(script))


def _commands(script: str, first: int = 1, stops: bool = True) -> Iterator[tuple[int, str]]:
    """Yield the commands of a script that do something and whose failure counts, with lines.

    `stops` tells whether the shell stops where a command fails, as that of a CI service does;
    the script may change it. Where it goes on, the end of the script decides.
    """
    waiting: list[tuple[int, str]] = []
    dead = [False]
    operator, last, listed = "\n", "", 0
    for line, part, after in _parts(script, first):
        text = _enter(part, after, dead)
        before, operator = operator, after
        if dead[-1]:
            continue
        is_alone = before not in ("&&", "||", "|", "|&")
        listed = len(waiting) if is_alone else listed
        last = text if is_alone else ""
        if before == "||" and FORGIVES.fullmatch(part):
            del waiting[listed:]
        elif not stops and STOPS.match(text):
            waiting, stops = [], True
        elif stops and GOES_ON.match(text):
            stops = False
        waiting += ((line, command) for command in _bare(text))
        # What follows an `exit` is never reached.
        is_over = is_alone and len(dead) == 1 and re.match(r"exit\b", text)
        if "$?" in part or "PIPESTATUS" in part or (stops and after == "\n"):
            yield from _settled(waiting, last, stops)
            waiting, listed = [], 0
        if is_over:
            break
    yield from _settled(waiting, last, stops)


def _settled(waiting: list[tuple[int, str]], last: str, stops: bool) -> list[tuple[int, str]]:
    """Return the commands that wait, or none if the last one before the end succeeds anyway."""
    return [] if (SUCCEEDS if stops else FORGIVES).fullmatch(last) else waiting


def _parts(script: str, first: int) -> Iterator[tuple[int, str, str]]:
    """Yield the simple commands of a script, with their lines and the operators behind them.

    Quoted texts stay whole; comments and here-documents are left out.
    """
    kept: list[str] = []
    marks: list[tuple[str, str]] = []
    start = at = counted = 0
    while at <= len(script):
        match = SHELL.search(script, at)
        kept.append(script[at : match.start() if match else len(script)])
        at = match.end() if match else len(script) + 1
        kind = match.lastgroup if match else "end"
        if kind == "joined":
            kept.append(" ")
        elif kind == "end":
            text, kept = "".join(kept).strip(), []
            operator = match["end"] if match else "\n"
            if text and len(text) <= LONGEST_LINE:
                begin = BLANK.match(script, start)
                first += script.count("\n", counted, begin.end()) if begin else 0
                counted = begin.end() if begin else counted
                yield first, text, operator
            if operator == "\n":
                at, marks = _behind(script, at, marks), []
            start = at
        elif match and kind != "comment":
            kept.append(match[0])
            if kind == "mark":
                marks.append((match["mark"], match["tabs"]))


def _behind(script: str, at: int, marks: list[tuple[str, str]]) -> int:
    """Return the place behind the here-documents that begin at a place."""
    for mark, tabs in marks:
        line = None
        while line != mark and at < len(script):
            end = script.find("\n", at) % (len(script) + 1)
            line = script[at:end].removesuffix("\r")
            line = line.lstrip("\t") if tabs else line
            at = end + 1
    return at


def _enter(text: str, after: str, dead: list[bool]) -> str:
    """Return a command without words that open and close blocks, and note which blocks are dead.

    `dead` has a value for each open block, the script itself included.
    """
    while match := KEYWORD.match(text):
        word, text = match[1], text[match.end() :]
        never = text == "false" and after in (";", "\n")
        if word in ("if", "while", "until", "for", "case", "select", "{"):
            dead.append(dead[-1] or (never and word in ("if", "while")))
        elif word in ("elif", "else") and len(dead) > 1:
            dead[-1] = dead[-2] or (never and word == "elif")
        elif word in ("fi", "done", "esac", "}") and len(dead) > 1:
            dead.pop()
        if word in ("for", "case", "select"):
            return ""
    return text


def _bare(text: str) -> Iterator[str]:
    """Yield a command that does something, without what wraps it, or those of a shell in it."""
    text = text.lstrip("( ")
    if text.count(")") > text.count("("):
        text = text.rstrip(") ")
    command = WRAPPERS.sub("", ITS_PYTHON.sub("python", text))
    if match := INNER_SHELL.match(command):
        inner = match[1]
        script = inner[1:-1] if inner[0] in "'\"" else inner
        yield from (each for _, each in _commands(script))
        return
    words = command.split()
    command = " ".join(words)
    if words and PurePosixPath(words[0]).name not in IDLE and not DRY.search(command):
        yield command
