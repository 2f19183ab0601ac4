"""What counts as evidence in a repository, and what only looks like it.

A rule is a question that files can answer. It returns every place that answers it with yes, and
an empty list otherwise: there is no half evidence. Code counts if it is parsed as code; a comment,
a docstring, a name in prose, an empty file, a test that can't fail and a job that is switched off
don't. Rules know Python (files and notebooks), shell, Makefiles, YAML, TOML and JSON; tests and
locks of some other languages count too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Literal

from workbook.audit.commands import Command, Workflows, does_work, fires, leaves
from workbook.audit.read import File, Tree, printable
from workbook.audit.source import Call, Source, sources

__all__ = ["EFFORTS", "RULES", "Evidence", "Repository", "Rule", "find"]

Effort = Literal["hours", "days", "weeks"]
EFFORTS: tuple[Effort, ...] = ("hours", "days", "weeks")
Theme = Literal["DevOps", "Data", "Features", "Models", "Operation"]


@dataclass(frozen=True)
class Evidence:
    """A place in the repository: its path, its line (a cell in a notebook) and what stands there.

    What stands there is shortened to one line that any terminal and file can take. `repeated` says
    whether automation runs it again and again, as far as the files tell.
    """

    path: str
    line: int
    what: str
    repeated: bool = False
    unit: str = "line"

    def __post_init__(self) -> None:
        """Clean what stands there: a file may hold escape characters and half of a pair."""
        line = " ".join(self.what.split()).encode("utf-8", "replace").decode("utf-8")
        object.__setattr__(self, "what", printable(line)[:100])

    @property
    def place(self) -> str:
        """The place as a person writes it."""
        return f"{self.path}:{self.line}" if self.unit == "line" else f"{self.path} [{self.line}]"


@dataclass
class Repository:
    """A tree with what rules ask about it, each computed once."""

    tree: Tree
    found: dict[str, tuple[Evidence, ...]] = field(default_factory=dict)

    @cached_property
    def sources(self) -> list[Source]:
        """The Python files and notebooks."""
        return sources(self.tree)

    @cached_property
    def workflows(self) -> Workflows:
        """What automation runs."""
        return Workflows(self.tree)

    @cached_property
    def tested(self) -> frozenset[str]:
        """The modules that tests import, by their dotted names and all that lies above them."""
        names: set[str] = set()
        for source in self.sources:
            if source.tests:
                for full in source.import_lines:
                    parts = full.split(".")
                    names.update(".".join(parts[:end]) for end in range(1, len(parts) + 1))
        return frozenset(names)

    @cached_property
    def hollow(self) -> frozenset[str]:
        """The names of functions that do nothing, wherever they are defined."""
        functions = [function for source in self.sources for function in source.functions]
        full = {function.name for function in functions if not function.hollow}
        return frozenset({function.name for function in functions} - full)

    @cached_property
    def call_names(self) -> frozenset[str]:
        """The names of all calls and decorators outside tests, imports resolved."""
        names = {call.name for source in _code(self) for call in source.calls}
        return frozenset(names | {name for source in _code(self) for name, _ in source.decorators})

    def is_reached(self, function: str) -> bool:
        """Tell whether anything mentions a function by name: code, or what starts commands.

        Special methods, methods of a class with a base, and decorated functions are called by
        others, so they count as mentioned.
        """
        special = re.fullmatch("__.*__", function) is not None
        return not function or special or function in self.mentioned

    @cached_property
    def mentioned(self) -> frozenset[str]:
        """The names that Python code reads or imports, and the words of what starts commands."""
        names = {name for source in self.sources for name in source.used}
        starting = (
            "*.toml",
            "*.cfg",
            "*.yml",
            "*.yaml",
            "*.sh",
            "makefile",
            "setup.py",
            "procfile",
        )
        for file in self.tree.named(*starting, *IMAGES):
            names.update(re.findall(r"\w+", file.text))
        return frozenset(names)

    def reads(self, source: Source) -> set[str]:
        """Return the paths of a file and of those that it imports, by full names or from beside."""
        own = source.file.path.rpartition("/")[0]
        homes = {"", "src/", *(f"{folder}/" for folder in (own, own.rpartition("/")[0]) if folder)}
        paths = {source.file.path}
        for full in source.import_lines:
            parts = full.split(".")
            for end in range(1, len(parts) + 1):
                place = "/".join(parts[:end])
                paths |= {f"{home}{place}{tail}" for home in homes for tail in TAILS}
        return paths & self.known

    @cached_property
    def known(self) -> frozenset[str]:
        """The paths of the Python files and notebooks."""
        return frozenset(source.file.path for source in self.sources)

    @cached_property
    def predicting(self) -> frozenset[str]:
        """The paths of the files that predict, or get the model that does."""
        return frozenset(
            source.file.path
            for source in self.sources
            if any(PREDICTS.fullmatch(call.name) for call in source.calls)
        )

    @cached_property
    def modelling(self) -> frozenset[str]:
        """The paths of the files that import a library for models."""
        return frozenset(
            source.file.path
            for source in self.sources
            if any(map(LIBRARIES.match, source.imports.values()))
        )

    @cached_property
    def test_texts(self) -> dict[str, str]:
        """The texts of the files with tests that can fail, by their paths, in small letters."""
        paths = {evidence.path for evidence in self.evidence("tests")}
        files = [file for file in self.tree.files if file.path in paths]
        return {file.path: f"{file.path}\n{file.text}".lower() for file in files}

    @cached_property
    def environments(self) -> dict[str, list[dict[str, bool]]]:
        """What tox and nox may be asked for, a table for each file: whether it runs tests."""
        files = self.tree.named("tox.ini", "tox.toml", "setup.cfg", "pyproject.toml")
        return {
            "tox": [_tox_environments(file) for file in files if "tox" in file.name + file.text],
            "nox": [_nox_sessions(s) for s in self.sources if s.file.path == "noxfile.py"],
        }

    def evidence(self, rule: str) -> tuple[Evidence, ...]:
        """Return what a rule finds, computed once."""
        if rule not in self.found:
            self.found[rule] = tuple(RULES[rule].look(self))
        return self.found[rule]


@dataclass(frozen=True)
class Rule:
    """A question that files can answer.

    Attributes
    ----------
    key, title, theme
        Its name, what it finds in a few words, and the part of the work it belongs to.
    step
        What to do where nothing was found.
    effort
        The course's estimate for a small team: hours, days or weeks.
    look
        Returns the evidence, the same for the same files, in order.
    """

    key: str
    title: str
    theme: Theme
    step: str
    effort: Effort
    look: Callable[[Repository], Iterable[Evidence]]


def find(repository: Repository) -> dict[str, tuple[Evidence, ...]]:
    """Apply every rule."""
    return {key: repository.evidence(key) for key in RULES}


# --- how rules look ------------------------------------------------------------------------------

#: Folders that show or check what a project does, and aren't what it does.
ASIDE = frozenset({"test", "tests", "example", "examples", ".devcontainer"})
IMAGES = ("dockerfile", "containerfile", "dockerfile.*", "*.dockerfile", "containerfile.*")
TAILS = (".py", "/__init__.py")


def _at(source: Source, line: int, what: str, repeated: bool = False) -> Evidence:
    return Evidence(source.file.path, line, what, repeated, source.unit)


def _code(repository: Repository) -> Iterator[Source]:
    """Yield the sources that are neither tests nor examples, nor kept beside them."""
    return (
        source
        for source in repository.sources
        if not source.is_test and not _stands_in(source.file, ASIDE)
    )


def _files(repository: Repository, *patterns: str) -> Iterator[File]:
    """Yield the files of some names that are no part of tests and examples."""
    return (file for file in repository.tree.named(*patterns) if not _stands_in(file, ASIDE))


def _stands_in(file: File, folders: frozenset[str]) -> bool:
    return not folders.isdisjoint(file.path.lower().split("/")[:-1])


def _is_repeated(repository: Repository, source: Source) -> bool:
    """Tell whether CI runs tests that import this file."""
    runs = bool(repository.evidence("ci_tests"))
    return runs and (source.is_test or bool(_modules(source.file.path) & repository.tested))


def _modules(path: str) -> set[str]:
    """Return the names by which a file may be imported."""
    parts = path.removesuffix(".py").removesuffix("/__init__").split("/")
    inner = {".".join(parts[start:]) for start in range(len(parts) - 1)}
    return inner | ({parts[-1]} if len(parts) == 1 or parts[:-1] == ["src"] else set())


def _imported(source: Source, modules: set[str]) -> Iterator[tuple[str, int]]:
    """Yield what a file imports of some modules, with the line."""
    for full, line in source.import_lines.items():
        if any(full == module or full.startswith(f"{module}.") for module in modules):
            yield full, line


def calls(pattern: str, only_code: bool = True) -> Callable[[Repository], Iterator[Evidence]]:
    """Look for calls whose name, imports resolved, matches a pattern as a whole.

    A call inside a function that nothing mentions doesn't count: nobody makes it.
    """
    wanted = re.compile(pattern)

    def look(repository: Repository) -> Iterator[Evidence]:
        for source in _code(repository) if only_code else repository.sources:
            for call in source.calls:
                if wanted.fullmatch(call.name) and repository.is_reached(call.inside):
                    repeated = _is_repeated(repository, source)
                    yield _at(source, call.line, f"{call.name}(…)", repeated)

    return look


def functions(
    pattern: str, compares: str = "", names: str = ""
) -> Callable[[Repository], Iterator[Evidence]]:
    """Look for functions that do something, by their name.

    `compares` is what they must compare, `names` what they must name, in their own name at least.
    """
    wanted, named = re.compile(pattern), re.compile(names)
    compared = re.compile(compares) if compares else None

    def look(repository: Repository) -> Iterator[Evidence]:
        for source in _code(repository):
            for function in source.functions:
                if not wanted.search(function.name) or not function.names:
                    continue
                if not any(map(named.search, (function.name, *function.names))):
                    continue
                if compared and function.fixed:
                    continue
                if compared and not any(compared.search(name) for name in function.compared):
                    continue
                repeated = _is_repeated(repository, source)
                yield _at(source, function.line, f"def {function.name}(…)", repeated)

    return look


def in_tests(pattern: str, uses: str = "") -> Callable[[Repository], Iterator[Evidence]]:
    """Look for tests that can fail, by their name; `uses` is what they must call.

    A call of a function that the repository defines and leaves empty doesn't count.
    """
    wanted = re.compile(pattern)
    needed = re.compile(uses) if uses else None

    def look(repository: Repository) -> Iterator[Evidence]:
        runs = bool(repository.evidence("ci_tests"))
        for source in repository.sources:
            for test in source.tests:
                if wanted.search(test.name) and (
                    needed is None
                    or any(needed.search(name) for name in test.called - repository.hollow)
                ):
                    yield _at(source, test.line, f"def {test.name}(…)", runs)

    return look


def commands(
    pattern: str, events: str = "", followed: bool = True
) -> Callable[[Repository], Iterator[Evidence]]:
    """Look for commands that automation runs; `events` is what must start them."""

    def look(repository: Repository) -> Iterator[Evidence]:
        return map(_command, _commands(repository, pattern, events, followed))

    return look


def _commands(
    repository: Repository, pattern: str, events: str = "", followed: bool = True
) -> Iterator[Command]:
    wanted, starts = re.compile(pattern), re.compile(events)
    workflows = repository.workflows
    for command in workflows.all if followed else workflows.direct:
        if wanted.match(command.text) and any(map(starts.search, command.events or ("",))):
            yield command


def _command(command: Command) -> Evidence:
    what = " → ".join((*command.way, command.text))
    return Evidence(command.path, command.line, what[-100:], True)


def either(*looks: Callable[[Repository], Iterable[Evidence]]) -> Callable[..., Iterator[Evidence]]:
    """Take the evidence of several looks."""

    def look(repository: Repository) -> Iterator[Evidence]:
        for one in looks:
            yield from one(repository)

    return look


# --- DevOps --------------------------------------------------------------------------------------

OTHER_TESTS = (
    (r".*\.(test|spec)\.(js|ts|mjs)", r"^\s*(test|it)\s*\(", r"expect\s*\(|assert"),
    (r".*_test\.go", r"^func Test\w+\(", r"\bt\.(Error|Fatal|Fail)|assert|require"),
    (r"test[-_].*\.r", r"^\s*test_that\s*\(", r"expect_\w+\s*\("),
)


def _tests(repository: Repository) -> Iterator[Evidence]:
    for source in repository.sources:
        for test in source.tests:
            yield _at(source, test.line, f"def {test.name}(…)")
    for file in repository.tree.files:
        for name, head, failing in OTHER_TESTS:
            if re.fullmatch(name, file.name.lower()) and re.search(failing, file.text):
                for number, line in enumerate(file.lines, start=1):
                    if re.match(head, line):
                        yield Evidence(file.path, number, line)


#: No more commands that run tests are looked at: each is compared with all tests.
MOST_RUNNERS = 200
TEST_RUNNERS = (
    r"(?!.*\s(--version|--help|-h|--collect-only|--co|--fixtures\S*|--markers|--setup-plan)(\s|$))"
    r"((\S*/)?(pytest|py\.test|tox|nox|nose2|jest|vitest|mocha|ctest)(\s|$)"
    r"|(\S*/)?(python[\d.]*|py|python)\s+((?!-m\s)(-[XW]\s+\S+|-\w+)\s+)*+-m\s+"
    r"(pytest|unittest|tox|nox)(\s|$)"
    r"|(coverage\s+run\s+)?(--?\S+\s+)*-m\s+(pytest|unittest)(\s|$)"
    r"|((\S*/)?python[\d.]*\s+)?(\S*/)?manage\.py\s+test(\s|$)|hatch\s+test(\s|$)"
    r"|(npx|npm|yarn|pnpm)\s+(run\s+)?(test|jest|vitest)(\s|$)"
    r"|(go|cargo|mvn|gradle|\./gradlew|dotnet)\s+test(\s|$)"
    r"|Rscript\s.*(test_dir|testthat|test_local))"
)


def _ci_tests(repository: Repository) -> Iterator[Evidence]:
    if not repository.evidence("tests"):
        return
    seen = set()
    found = _commands(repository, TEST_RUNNERS, r"^(push|pull_request|merge_group|)$")
    for command in islice(found, MOST_RUNNERS):
        evidence = _command(command)
        # `npm test` counts by what the script runs.
        if re.match(r"(npm|yarn|pnpm)\s", command.text) or evidence.place in seen:
            continue
        if not _selects(repository, command.text) or not _has_session(repository, command.text):
            continue
        seen.add(evidence.place)
        yield evidence


def _selects(repository: Repository, command: str) -> bool:
    """Tell whether what `pytest` is asked for, by path or by `-k`, stands in any file of tests."""
    runner = re.search(r"\b(?:pytest|py\.test)\b(.*)", command)
    options = runner[1] if runner else ""
    texts = repository.test_texts
    places = _places(options)[:10]
    if places and not any(f"/{place}/" in f"/{path}/" for place in places for path in texts):
        return False
    match = re.search(r"""\s-k[\s=]*(?:'([^']*)|"([^"]*)|(\S+))""", options)
    if not match:
        return True
    wanted = next(group for group in match.groups() if group is not None)
    words = {*re.findall(r"[A-Za-z_]\w*", wanted.lower())[:10]} - {"and", "or"}
    if "not" in words or wanted.startswith("$"):
        return True
    return any(word in text for text in texts.values() for word in words)


#: Options of pytest that no value follows.
FLAGS = re.compile(r"-[qvxsl]+|-r\w+|--[\w-]+=.*")


def _places(options: str) -> list[str]:
    """Return what can only be a path among the arguments of pytest, and no value of an option."""
    found, before = [], ""
    for word in re.findall(r"""'[^']*(?:'|$)|"[^"]*(?:"|$)|\S+""", options):
        free = FLAGS.fullmatch(before) or not (before.startswith("-") or ">" in before)
        if free and re.fullmatch(r"(\./)?\w[\w./-]*(::\S*)?", word):
            found.append(word.partition("::")[0].removeprefix("./").rstrip("/"))
        before = word
    # A list in a script says `python` where its own words aren't known.
    return [] if "python" in found or "--pyargs" in options else found


RUNS_TESTS = re.compile(r"\b(pytest|py\.test|unittest|nose2|stestr|trial)\b|manage\.py\W+test\b")


def _has_session(repository: Repository, command: str) -> bool:
    """Tell whether what tox or nox is asked for is configured, and runs tests."""
    match = re.match(r"(?:\S*/)?(?:python[\d.]*\s+(?:-\w+\s+)*-m\s+)?(tox|nox)\b(.*)", command)
    if not match:
        return True
    asked = re.search(
        r"\s(?:-e|--env\w*|-s|--sessions?)[\s=]*([^-\s]\S*(?:\s+[^-\s]\S*)*)", match[2]
    )
    names = re.split(r"[,\s]+", asked[1]) if asked else []
    if any(mark in name for name in names for mark in "$*{"):
        names = []
    if match[1] == "nox":
        names = [re.sub(r"-[\d.]+$|\(.*", "", name).replace("-", "_") for name in names]
    return any(
        any(known[name if name in known else SHARED] for name in names or known)
        for known in repository.environments[match[1]]
    )


#: What the environments of tox share where they say nothing else.
SHARED = "testenv"


def _nox_sessions(source: Source) -> dict[str, bool]:
    sessions = {SHARED: False}
    for call in source.calls:
        if call.inside and call.name.endswith((".run", ".run_always")):
            runs = RUNS_TESTS.search(" ".join(call.texts)) is not None
            sessions[call.inside] = sessions.get(call.inside, False) or runs
    return sessions


def _tox_environments(file: File) -> dict[str, bool]:
    """Tell of each section with commands whether one of these runs tests."""
    sections = {SHARED: False}
    title, inside = "", False
    for line in file.lines:
        head = re.match(r"\[([^\[\]\"']+)\]\s*$", line)
        if head:
            title = re.split(r"[:.]", head[1])[-1].strip().replace("env_run_base", SHARED)
        if head or re.match(r"\w", line):
            inside = re.match(r"commands\s*=", line) is not None
        if inside and not line.lstrip().startswith(("#", ";")):
            runs = RUNS_TESTS.search(line) is not None
            sections[title] = sections.get(title, False) or runs
    return sections


#: One package at one version; hashes and conditions are split off before.
PINNED = re.compile(r"[A-Za-z0-9._\[\],-]+\s*===?\s*[\w.!+]+")
#: The same in an environment of conda: with a build, or with a whole version.
PINNED_CONDA = re.compile(
    r"(\S+::)?[\w.-]+(==[\w.]+|=[\w.]+=\w+|=\d+\.\d+\.[\w.]+)|pip|python=3\.\d+"
)
PLAIN = "requirements.txt"
#: Lists for those who work on a project, and not what it runs on.
FOR_WORK = re.compile(r"(?i)(^|[-_.])(dev\w*|docs?|tests?|testing|lint\w*|ci)([-_.]|$)")


def _lock(repository: Repository) -> Iterator[Evidence]:
    yield from _pinned_lists(repository)
    for name in ("uv.lock", "poetry.lock", "pdm.lock", "pylock*.toml", "Cargo.lock"):
        for file in repository.tree.named(name):
            heads = [
                n for n, line in enumerate(file.lines, 1) if re.match(r"\[\[packages?\]\]", line)
            ]
            # A project that stands in its own lock may have no version.
            known = r'version\s*=\s*"|source\s*=\s*\{\s*(editable|virtual|directory)\b'
            versions = sum(bool(re.match(known, line)) for line in file.lines)
            if heads and versions >= len(heads):
                yield Evidence(file.path, heads[0], f"{len(heads)} packages with versions")
    for name, key in (("Pipfile.lock", "default"), ("renv.lock", "Packages")):
        for file in repository.tree.named(name):
            packages = _json_table(file, key)
            if packages and all('"version"' in json.dumps(p).lower() for p in packages.values()):
                yield Evidence(file.path, 1, f"{len(packages)} packages with versions")
    for name, head in (("*conda-lock.yml", r"- name: \S"), ("pixi.lock", r"- (conda|pypi): http")):
        for file in repository.tree.named(name):
            heads = [n for n, line in enumerate(file.lines, 1) if re.match(head, line)]
            hashed = sum(bool(re.match(r"\s+(md5|sha256): \w", line)) for line in file.lines)
            if heads and hashed >= len(heads):
                yield Evidence(file.path, heads[0], f"{len(heads)} packages with hashes")
    for file in repository.tree.named("environment*.yml", "environment*.yaml"):
        listed = [leaf for leaf in leaves(file) if leaf.path[:1] == ("dependencies",)]
        if len(listed) > 1 and all(
            (PINNED if "pip" in leaf.path else PINNED_CONDA).fullmatch(leaf.value)
            for leaf in listed
        ):
            yield Evidence(file.path, listed[0].line, f"{len(listed)} pinned")
    if not any(file.suffix in (".py", ".ipynb") for file in repository.tree.files):
        for file in repository.tree.named("package-lock.json"):
            if packages := _json_table(file, "packages"):
                yield Evidence(file.path, 1, f"{len(packages)} packages with versions")


def _pinned_lists(repository: Repository) -> Iterator[Evidence]:
    """Look for lists of pins, unless the list that is installed is another, without pins."""
    names = (
        "requirements*.txt",
        "requirements*.lock",
        "requirements/*.txt",
        "*/requirements/*.txt",
    )
    files = [
        file
        for file in _files(repository, *names)
        if not FOR_WORK.search(file.stem) and not _stands_in(file, frozenset({"doc", "docs"}))
    ]
    loose = {file.path for file in files if _requirements(file) and not _is_pinned(file)}
    for file in files:
        folder = file.path.rpartition("/")[0]
        included = re.findall(r"(?m)^(?:-r|--requirement)[ =]*(\S+)", file.text)
        others = {PLAIN, *(f"{folder}/{n}".lstrip("/") for n in (*included, PLAIN))}
        is_named = re.search(r"(?i)lock|freeze|frozen|pinned", file.name)
        if _is_pinned(file) and (is_named or not others & loose):
            listed = _requirements(file)
            first, text = listed[0]
            yield Evidence(file.path, first, f"{len(listed)} pinned, first {text.split()[0]}")


def _requirements(file: File) -> list[tuple[int, str]]:
    """Return what a list asks for, with its lines; options of pip are left out."""
    lines = (
        (number, re.sub(r"\s#.*$", "", line[:2_000]).strip())
        for number, line in enumerate(file.lines, start=1)
    )
    return [
        (number, line)
        for number, line in lines
        if line and not line.startswith("#") and (line[0] != "-" or re.match(r"-e.*://", line))
    ]


def _is_pinned(file: File) -> bool:
    listed = [re.split(r"\s--hash=|;|\\$", line)[0].strip() for _, line in _requirements(file)]
    return bool(listed) and all(map(PINNED.fullmatch, listed))


def _json_table(file: File, key: str) -> dict[str, object]:
    try:
        table = json.loads(file.text).get(key, {})
    except (ValueError, AttributeError, RecursionError):
        return {}
    return table if isinstance(table, dict) else {}


def _container(repository: Repository) -> Iterator[Evidence]:
    for file in _files(repository, *IMAGES):
        base = next((n for n, t in enumerate(file.lines, 1) if re.match(r"(?i)FROM\s+\S", t)), 0)
        if base and re.search(r"(?mi)^(RUN|COPY|ADD|CMD|ENTRYPOINT)\s+\S", file.text):
            yield Evidence(file.path, base, file.lines[base - 1])


#: Options between a program and what it is asked to do.
FLAGS_OF = r"(?:\s+-\S+(?:\s+[^-\s]\S*)?)*\s+"
NO_CHANGE = r"(?!.*\s(-h|--?help|--check|--syntax-check|--list-\w+)(\s|$))"
DEPLOYS = NO_CHANGE + (
    r"(kubectl<>(apply|rollout\s+restart|set)\b|helm<>(upgrade|install)|twine\s+upload|uv\s+publish|"
    r"(docker|podman)<>(image\s+)?push|docker<>(buildx\s+)?build\s.*--push(\s|$)|"
    r"terraform<>apply|sam\s+deploy|serverless\s+deploy|cdk\s+deploy|fly(ctl)?<>deploy|"
    r"gcloud<>(run|app|functions)\s+deploy|gcloud<>ai\s+endpoints\s+(create|deploy-model)|"
    r"aws<>(ecs|lambda)\s+(update|create)|aws<>sagemaker\s+(update|create)-endpoint|"
    r"az\s+webapp\s+(up|deploy|create|config\s+container|deployment\s+(source|slot))|"
    r"az\s+containerapp\s+(up|create|update)|az\s+ml\s+(online|batch)-\w+\s+(create|update)|"
    r"heroku\s+(container:(push|release)|builds:create|deploy)|ansible-playbook\s|"
    r"git\s+push\s+\S*(heroku|dokku)|bentoml\s+deploy|databricks<>bundle\s+deploy|"
    r"argocd<>app\s+sync|gh\s+release\s+(create|upload)|mlflow\s+deployments\s+(create|update)|"
    r"(\S*/)?deploy\.(sh|py)|bash\s+\S*deploy\S*\.sh|"
    r"(\S*/)?python[\d.]*\s+(-m\s+)?\S*\bdeploy\S*)"
).replace("<>", FLAGS_OF)  # fmt: skip
MODEL_RELEASES = NO_CHANGE + (
    r"(gh\s+release\s+(create|upload)\s.*\bmodel\b|mlflow\s+deployments\s+(create|update)|"
    r"az\s+ml\s+online-\w+\s+(create|update)|"
    r"aws<>sagemaker\s+(update|create)-(endpoint|model-package)|"
    r"gcloud<>ai\s+endpoints\s+deploy-model|bentoml\s+deploy|"
    r"(\S*/)?python[\d.]*\s+(-m\s+)?\S*(promot|release_model|deploy_model|canary|rollout)\S*|"
    r"(\S*/)?[\w-]+\s+(promote|release-model|deploy-model)(\s|$))"
).replace("<>", FLAGS_OF)


# --- data ----------------------------------------------------------------------------------------


#: What Git LFS keeps of a project's pages, and isn't data.
PICTURES = re.compile(
    r"(?i)(^|/)(docs?|assets)/|\.(md|png|jpe?g|gif|svg|ico|webp|pdf|mp4|mov|webm|psd|ttf|woff2?)$"
)


def _data_versions(repository: Repository) -> Iterator[Evidence]:
    for file in repository.tree.named("*.dvc", "dvc.lock"):
        for leaf in leaves(file):
            if leaf.path and leaf.path[-1] in ("md5", "etag", "checksum") and "outs" in leaf.path:
                yield Evidence(file.path, leaf.line, f"{leaf.path[-1]}: {leaf.value[:40]}")
                break
    for file in repository.tree.named(".gitattributes"):
        for number, line in enumerate(file.lines, start=1):
            pattern, *attributes = line.split() or [""]
            is_data = not pattern.startswith("#") and not PICTURES.search(pattern)
            if "filter=lfs" in attributes and is_data:
                yield Evidence(file.path, number, line)
    for file in repository.tree.named("sha256sums*", "md5sums*", "checksums*", "*.sha256"):
        for number, line in enumerate(file.lines, start=1):
            if re.match(r"^([0-9a-f]{32}|[0-9a-f]{64})\s+\*?\S", line):
                yield Evidence(file.path, number, line)
                break


def _pipeline(repository: Repository) -> Iterator[Evidence]:
    for file in repository.tree.named("dvc.yaml"):
        for leaf in leaves(file):
            # A stage has one command, or a list of them.
            is_stage = leaf.path[:1] == ("stages",) and "cmd" in leaf.path[-2:]
            if is_stage and does_work(leaf.value):
                yield Evidence(file.path, leaf.line, f"stage {leaf.path[1]}: {leaf.value[:60]}")
    for file in repository.tree.named("snakefile", "*.smk"):
        for number, text in enumerate(file.lines, start=1):
            if re.match(r"rule\s+\w+\s*:", text):
                yield Evidence(file.path, number, text)
    for source in _code(repository):
        for name, line in source.decorators:
            if re.fullmatch(
                r"prefect\.(flow|flows\.flow)|dagster\.(job|asset|graph|multi_asset)|"
                r"(kfp|kfp\.dsl|zenml|zenml\.pipelines|airflow\.decorators|airflow\.sdk)\."
                r"(pipeline|dag|dsl\.pipeline)",
                name,
            ):
                yield _at(source, line, f"@{name}")
        for name, base, line in source.bases:
            if base in ("metaflow.FlowSpec", "luigi.Task"):
                yield _at(source, line, f"class {name}({base})")
    look = calls(r"airflow(\.models|\.sdk)?(\.dag)?\.DAG|sagemaker\.workflow\.pipeline\.Pipeline|"
                 r"kedro\.pipeline\.(Pipeline|pipeline)")  # fmt: skip
    yield from look(repository)


CONTRACT_CALLS = (
    r"pandera(\.pandas|\.polars|\.api\.\S+)?\.(DataFrameSchema|SeriesSchema|Column)|"
    r"great_expectations(\.\w+)*\.\w*(Expect\w+|ExpectationSuite)|"
    r"\S*\.expect_column_\w+|tensorflow_data_validation\.(infer_schema|validate_statistics)|"
    r"pointblank\.Validate|patito\.\w+"
)
CONTRACTS = (
    r"(?i)(^|_)contract(_|$)|"
    r"(^|_)(validate|check|verify|enforce)\w*_(data|rows?|columns?|frame|schema)(_|$)"
)


def _data_contract(repository: Repository) -> Iterator[Evidence]:
    """Look for schemas that something is validated against, and for functions that refuse data."""
    # A schema of pandera that no code calls on data is a list of wishes.
    schemas = {
        call.target
        for source in _code(repository)
        for call in source.calls
        if call.target and call.name.endswith(".DataFrameSchema")
    }
    validates = any(
        re.fullmatch(r"\S+\.validate|pandera\S*\.check_(input|output|io|types)", name)
        or name.rpartition(".")[2] in schemas
        for name in repository.call_names
    )
    for evidence in calls(CONTRACT_CALLS)(repository):
        if validates or not evidence.what.startswith("pandera"):
            yield evidence
    for source in _code(repository):
        repeated = _is_repeated(repository, source)
        for name, base, line in source.bases:
            schema = re.fullmatch(r"pandera(\.\S+)?\.(DataFrameModel|SchemaModel)", base)
            if (schema and validates) or base == "patito.Model":
                yield _at(source, line, f"class {name}({base})", repeated)
        stem = re.search(r"(?i)(^|_)contracts?$", source.file.stem)
        for function in source.functions:
            named = re.search(CONTRACTS, function.name)
            if (stem or named) and function.raises and function.compares:
                yield _at(source, function.line, f"def {function.name}(…)", repeated)
    for file in repository.tree.named("schema.yml", "schema.yaml"):
        for leaf in leaves(file):
            if "columns" in leaf.path and {"tests", "data_tests"} & {*leaf.path}:
                yield Evidence(file.path, leaf.line, f"{leaf.path[-2]}: {leaf.value}")


# --- features ------------------------------------------------------------------------------------


def _feature_store(repository: Repository) -> Iterator[Evidence]:
    views = calls(r"feast(\.\w+)*\.(FeatureView|StreamFeatureView|OnDemandFeatureView)|"
                  r"hopsworks\.login|tecton\.\w+|databricks\.feature_\w+\.\w+")  # fmt: skip
    found = list(views(repository))
    configured = [
        Evidence(file.path, leaf.line, f"{leaf.path[-1]}: {leaf.value}")
        for file in repository.tree.named("feature_store*.yaml", "feature_store*.yml")
        for leaf in leaves(file)
        if leaf.path == ("project",)
    ]
    # A configuration without a feature is a tool that was installed; so is the reverse.
    uses_feast = [e for e in found if "feast" in e.what]
    if uses_feast and not configured:
        found = [e for e in found if e not in uses_feast]
    yield from found
    if uses_feast:
        yield from configured


def _feature_tests(repository: Repository) -> Iterator[Evidence]:
    runs = bool(repository.evidence("ci_tests"))
    own = (
        _modules(source.file.path)
        for source in _code(repository)
        if re.search(r"(^|_)(features?|featuri[sz]e\w*|feature_engineering)$", source.file.stem)
    )
    modules = {name for names in own for name in names}
    for source in repository.sources:
        if source.tests:
            for full, line in _imported(source, modules):
                yield _at(source, line, f"imports {full}", runs)


# --- models --------------------------------------------------------------------------------------


LIBRARIES = re.compile(
    r"(sklearn|xgboost|lightgbm|catboost|torch|tensorflow|keras|statsmodels|pytorch_lightning|"
    r"prophet|transformers|jax|lightning|ultralytics|trl)\b"
)


def _training(repository: Repository, notebooks: bool = True) -> Iterator[Evidence]:
    wanted = re.compile(
        r".+\.fit|(xgboost|lightgbm|catboost)\.train|.+\.train_step|.+\.backward|"
        r"(?i:\S*trainer\w*)\.train"
    )
    for source in _code(repository):
        if source.unit == "cell" and not notebooks:
            continue
        # What is called `train` may get its model from another module of the project.
        trains = re.search(r"(^|_)(re)?train(ing|er)?(_|$)", source.file.stem)
        files = repository.reads(source) if trains else {source.file.path}
        if files.isdisjoint(repository.modelling):
            continue
        yolo = any(name.startswith("ultralytics") for name in source.imports.values())
        for call in source.calls:
            fits = wanted.fullmatch(call.name) or (yolo and call.name.endswith(".train"))
            if fits and (notebooks or call.inside):
                where = f"in {call.inside}" if call.inside else "at top level"
                repeated = _is_repeated(repository, source)
                yield _at(source, call.line, f"{call.name}(…) {where}", repeated)


def _modular_training(repository: Repository) -> Iterator[Evidence]:
    return _training(repository, notebooks=False)


TRACKING = (
    r"mlflow(\.\w+)*\.(start_run|log_\w+|autolog)|wandb\.(init|log)|neptune\.init_run|"
    r"(pytorch_lightning|lightning)(\.\w+)*\.loggers\.\w*(MLFlow|Wandb|Neptune|Comet)Logger|"
    r"comet_ml\.(Experiment|start)|aim\.Run|dvclive\.Live|clearml\.Task\.init|"
    r"\S*(client|mlflow)\.(create_run|log_metric|log_param|log_batch)"
)


def _dummy(repository: Repository) -> Iterator[Evidence]:
    """Look for scikit-learn's simplest models in files that also measure something."""
    measured = {
        source.file.path
        for source in repository.sources
        for call in source.calls
        if re.search(r"(^|\.)(score|cross_val_score)$", call.name) or re.search(METRIC, call.name)
    }
    for evidence in calls(r"sklearn\.dummy\.Dummy\w+", only_code=False)(repository):
        if evidence.path in measured:
            yield evidence


def _registry(repository: Repository) -> Iterator[Evidence]:
    named = re.compile(
        r"mlflow(\.\w+)*\.register_model|\S*\.(create_registered_model|create_model_version|"
        r"set_registered_model_alias|transition_model_version_stage)|"
        r"sagemaker(\.\w+)*\.ModelPackage|wandb\S*\.link_artifact|\S*\.create_model_package"
    )
    for source in _code(repository):
        for call in source.calls:
            by_keyword = "registered_model_name" in call.keywords and "log_model" in call.name
            if (named.fullmatch(call.name) or by_keyword) and repository.is_reached(call.inside):
                repeated = _is_repeated(repository, source)
                yield _at(source, call.line, f"{call.name}(…)", repeated)


METRIC = (
    r"(?i)(^|_)(auc|roc|accuracy|precision|recall|f1|brier|log_?loss|rmse|mae|mse|r2|error|loss|"
    r"scores?|metrics?|cost|difference|high|low|interval|margin)(_|$)"
)
STRICT = (
    r"(?i)(^|_)(auc|roc_auc\w*|accuracy\w*|f1|f1_score|brier\w*|rmse|mae|log_?loss|recall|"
    r"precision|squared_error)(_|$)"
)
USES_MODEL = r"(?i)^_?(fit|train|retrain|make|predict)(_\w+)?$"
TRAINS_MODEL = r"(?i)^_?(fit|train|retrain)(_\w+)?$"
GATES = r"(?i)((^|_)(gate|judge|objections?|may_serve|promotable)(_|$)|" \
        r"(validate|check|compare|accept)_(model|candidate|challenger)|" \
        r"quality_gate|is_better|better_than|should_promote|may_promote)"  # fmt: skip


RIVALS = r"|(?i:(^|_)(candidate|challenger|champion|incumbent|baseline)(_|$))"


def _model_gate(repository: Repository) -> Iterator[Evidence]:
    yield from functions(GATES, compares=METRIC + RIVALS)(repository)
    runs = bool(repository.evidence("ci_tests"))
    for source in repository.sources:
        for test in source.tests:
            about = re.search(r"model|champion|baseline|quality|auc|accuracy|brier", test.name)
            uses = any(re.search(USES_MODEL, name) for name in test.called)
            if about and uses and any(re.search(STRICT, name) for name in test.compared):
                yield _at(source, test.line, f"def {test.name}(…)", runs)


def _slices(repository: Repository) -> Iterator[Evidence]:
    yield from calls(r"fairlearn(\.\w+)*\.MetricFrame|slicefinder\.\w+")(repository)
    pattern = r"(?i)(^|_)(slices?|segments?|subgroups?|by_group)(_|$)"
    for source in repository.sources:
        for function in source.functions:
            metric = any(re.search(STRICT, name) for name in function.names)
            if re.search(pattern, function.name) and metric and not function.skipped:
                repeated = _is_repeated(repository, source)
                yield _at(source, function.line, f"def {function.name}(…)", repeated)


# --- operation -----------------------------------------------------------------------------------


KINDS = ("InferenceService", "SeldonDeployment")


#: Calls that predict, or get the model that does.
PREDICTS = re.compile(
    r"(\S+\.)?_?predict\w*(\.\w+)*|(\S+\.)?(load_model|from_pretrained)|transformers\.pipeline|"
    r"(joblib|pickle|torch|torch\.jit|skops\.io|cloudpickle|dill)\.load|\S*InferenceSession|"
    r"(\w+\.)*(m|model|net|classifier|clf|regressor|estimator)"
)
ROUTES = re.compile(r"(?i)(^|_)(predict\w*|infer\w*|score|classify|recommend|forecast)(_|$)")


def _serving(repository: Repository) -> Iterator[Evidence]:
    for source in _code(repository):
        apps = any(
            re.fullmatch(r"fastapi(\.routing)?\.(FastAPI|APIRouter)|flask\.(Flask|Blueprint)|"
                         r"litserve\.\w+|starlette\S*Starlette|bentoml\.Service", call.name)
            for call in source.calls
        )  # fmt: skip
        predicts = apps and not repository.predicting.isdisjoint(repository.reads(source))
        routes = {f.line for f in source.functions if ROUTES.search(f.name) and f.called}
        for name, line in source.decorators:
            routed = apps and re.fullmatch(r"\w+\.(post|get|route|put|api)", name)
            if (routed and (predicts or line in routes)) or re.fullmatch(
                r"bentoml\.(service|api)|ray\.serve\S+", name
            ):
                yield _at(source, line, f"@{name}", _is_repeated(repository, source))
        for name, base, line in source.bases:
            if base == "kserve.Model":
                yield _at(source, line, f"class {name}({base})", _is_repeated(repository, source))
    for file in repository.tree.named("*.yml", "*.yaml"):
        if any(kind in file.text for kind in KINDS):
            for leaf in leaves(file):
                if leaf.path == ("kind",) and leaf.value in KINDS:
                    yield Evidence(file.path, leaf.line, f"kind: {leaf.value}")
    yield from commands(r"mlflow\s+models\s+serve|bentoml\s+serve")(repository)


def _serving_tested(repository: Repository) -> Iterator[Evidence]:
    paths = {e.path for e in repository.evidence("serving") if e.path.endswith(".py")}
    modules = {name for path in paths for name in _modules(path)}
    runs = bool(repository.evidence("ci_tests"))
    for source in repository.sources:
        if source.tests:
            for full, line in _imported(source, modules):
                yield _at(source, line, f"imports {full}", runs)


#: What a function names if it is about the versions of models, or about data.
ABOUT_MODELS = (
    r"(?i)(^|_)(models?|versions?|alias(es)?|champion|challenger|candidate|registry|previous|"
    r"predict\w*|deploy\w*|release\w*|history|served)(_|$)"
)
ABOUT_DATA = (
    r"(?i)(^|_)(data\w*|features?|columns?|frames?|df|train\w*|reference|baseline|psi|ks\w*|"
    r"distributions?|histogram|predict\w*|models?|scores?|quantiles?|wasserstein\w*|live|"
    r"(load|read)_\w+)(_|$)"
)


def _canary(repository: Repository) -> Iterator[Evidence]:
    for source in _code(repository):
        for function in source.functions:
            named = re.search(r"(?i)(^|_)(canary|ab_test)(_|$)", function.name) or (
                re.search(r"(?i)(^|_)shadow(_|$)", function.name)
                and any(re.search(ABOUT_MODELS, name) for name in function.names)
            )
            inside = re.search(r"(?i)^(canary|ab_test|traffic)", source.file.stem)
            decides = function.compares and not function.fixed
            if decides and (named or (inside and function.returns)):
                repeated = _is_repeated(repository, source)
                yield _at(source, function.line, f"def {function.name}(…)", repeated)
    for file in repository.tree.named("*.yml", "*.yaml"):
        if re.search(r"(?m)^kind:\s*(Canary|Rollout)\b|canaryTrafficPercent", file.text):
            for leaf in leaves(file):
                traffic = leaf.path[-1:] == ("canaryTrafficPercent",)
                if traffic or (leaf.path == ("kind",) and leaf.value == "Canary"):
                    yield Evidence(file.path, leaf.line, f"{leaf.path[-1]}: {leaf.value}", True)
                elif leaf.path[:3] == ("spec", "strategy", "canary") and "setWeight" in leaf.path:
                    yield Evidence(file.path, leaf.line, f"setWeight: {leaf.value}", True)


def _rollback(repository: Repository) -> Iterator[Evidence]:
    named = r"(?i)(^|_)(rollback|roll_back|way_back|revert_model)(_|$)"
    yield from functions(named, names=ABOUT_MODELS)(repository)
    look = commands(r".*\b(rollout\s+undo|helm\s+rollback|rollback(\.sh|\.py)?)\b", events=r"")
    yield from look(repository)


METRICS = (
    r"prometheus_client\.(Counter|Gauge|Histogram|Summary)|statsd\.\w+|"
    r"prometheus_fastapi_instrumentator\.Instrumentator|datadog\.statsd\.\w+|"
    r"opentelemetry\.metrics\.get_meter|\S*\.put_metric_data"
)


COUNTS = frozenset({"inc", "dec", "set", "observe", "time", "track_inprogress", "labels"})


def _service_metrics(repository: Repository) -> Iterator[Evidence]:
    """Look for metrics; one of Prometheus that has a name must be counted somewhere."""
    parts = [name.split(".") for name in repository.call_names]
    counted = {word for words in parts if COUNTS & {*words[1:]} for word in words}
    for source in _code(repository):
        repeated = _is_repeated(repository, source)
        for call in source.calls:
            if not re.fullmatch(METRICS, call.name):
                continue
            if call.name.startswith("prometheus_client") and call.target not in {*counted, ""}:
                continue
            yield _at(source, call.line, f"{call.name}(…)", repeated)


def _may_fire(expression: str) -> bool:
    """Tell whether the condition of an alert names a metric: `vector(0) > 1` doesn't."""
    bare = re.sub(r"""'[^']*'|"[^"]*\"""", "", expression)
    words = re.findall(r"(?<![\w.:])[A-Za-z_:][\w:]*+(?!\s*\()", bare)
    return bool({word.lower() for word in words} - NO_METRICS)


NO_METRICS = frozenset(
    """
    and or unless bool on by without ignoring group_left group_right offset inf nan
    """.split()  # noqa: SIM905
)


def _alerts(repository: Repository) -> Iterator[Evidence]:
    for file in _files(repository, "*.yml", "*.yaml"):
        if not re.search(r"(?m)^[ \t]*(-[ \t]*)?(alert|receivers|notifications):", file.text):
            continue
        found = leaves(file)
        conditions = [leaf for leaf in found if leaf.path[-1:] == ("expr",)]
        tops = {leaf.path[:-1] for leaf in conditions if _may_fire(leaf.value)}
        for leaf in found:
            if leaf.path[-1:] == ("alert",) and leaf.path[:-1] in tops:
                yield Evidence(file.path, leaf.line, f"alert: {leaf.value}", True)
    look = calls(r"\S*\.put_metric_alarm|apprise\.\w+|pagerduty\S*|slack_sdk(\.\w+)*\.\w*Client")
    yield from look(repository)


DRIFT = (
    r"evidently(\.\w+)*\.(Report|DataDriftPreset|DataDriftTestPreset|TestSuite)|"
    r"alibi_detect(\.\w+)*\.\w+Drift\w*|nannyml(\.\w+)*\.\w*(Drift|Calculator)\w*|whylogs\.log|"
    r"\S*\.monitor\.create_or_update|sagemaker(\.\w+)*\.\w*Monitor"
)
WATCH = (
    r"nannyml(\.\w+)*\.(CBPE|DLE|PerformanceCalculator)|evidently(\.\w+)*\."
    r"(ClassificationPreset|RegressionPreset|ClassificationPerformance\w*)"
)
TRAINS = (
    r"(dvc\s+repro|(\S*/)?python[\d.]*\s+(-m\s+)?\S*(train|retrain|pipeline|flow)\S*|"
    r"(\S*/)?[\w-]+\s+(train|retrain)(\s|$)|mlflow\s+run|kedro\s+run|snakemake|prefect\s+deployment)"
)


KEYS = frozenset({"command", "args", "source"})
SCHEDULED = frozenset({"schedule", "schedules"})
TIMED = frozenset({"schedule", "schedule_interval", "cron", "interval", "cron_schedule"})
ORCHESTRATED = r"airflow\S*\.(DAG|dag)|\S*\.(serve|deploy)|dagster\.(ScheduleDefinition|schedule)"
TRAINING = re.compile(r"(?i)(?<![a-z])((re)?train(ing|er)?|fit)(?![a-z])")


def _timed(source: Source) -> list[Call]:
    """Return the calls that put something on a schedule."""
    by_timer = any(name.startswith("apscheduler") for name in source.imports.values())
    found = []
    for call in source.calls:
        if re.fullmatch(ORCHESTRATED, call.name):
            timed = bool(TIMED & {*call.keywords})
        elif by_timer and re.fullmatch(r"\S+\.(add_job|scheduled_job)", call.name):
            timed = "trigger" in call.keywords or bool({"cron", "interval"} & {*call.texts})
        else:
            timed = re.fullmatch(r"schedule\.every(\.\w+)*\.do", call.name) is not None
        if timed:
            found.append(call)
    return found


def _names_training(source: Source, schedules: list[Call]) -> bool:
    """Tell whether a file names anything that trains, the titles of its schedules apart."""
    titles = {id(call) for call in schedules}
    texts = {text for call in source.calls if id(call) not in titles for text in call.texts}
    named = {function.name for function in source.functions if not function.hollow}
    return any(map(TRAINING.search, texts | named | source.used))


def _scheduled_training(repository: Repository) -> Iterator[Evidence]:
    yield from commands(TRAINS, events=r"^(schedule|repository_dispatch|workflow_run)$")(repository)
    for source in _code(repository):
        timed = _timed(source)
        for call in timed if timed and _names_training(source, timed) else ():
            yield _at(source, call.line, f"{call.name}({', '.join(call.keywords)})", True)
    for file in repository.tree.named("*.yml", "*.yaml"):
        if re.search(r"(?m)^kind:\s*(CronJob|CronWorkflow)", file.text):
            found = leaves(file)
            text = " ".join(leaf.value for leaf in found if KEYS & {*leaf.path})
            due = any(SCHEDULED & {*leaf.path[-2:]} and fires(leaf.value) for leaf in found)
            line = next((leaf.line for leaf in found if leaf.path == ("kind",)), 0)
            trains = re.search(r"train|pipeline|dvc repro", text)
            if line and due and trains and does_work(text):
                yield Evidence(file.path, line, f"CronJob: {text}", True)
    for file in repository.tree.named("crontab", "cron.d/*", "*/cron.d/*"):
        for number, text in enumerate(file.lines, start=1):
            match = re.match(r"((?:[^#\s]\S*\s+){5}|@\w+\s+)(\S.{0,500})", text.strip())
            if not match or not fires(match[1].strip()) or re.search(r"\becho\b", text):
                continue
            # A system's crontab names a user first, and any may change the folder.
            if does_work(match[2]) and re.search(rf"(^|\s){TRAINS}", match[2]):
                yield Evidence(file.path, number, text, True)


def _performance_watch(repository: Repository) -> Iterator[Evidence]:
    """Look for measures of quality in code that watches, by the names of file or function."""
    yield from calls(WATCH)(repository)
    named = re.compile(
        r"(?i)(live|production|monthly|weekly|daily|delayed|mature)\w*_"
        r"(auc|score|quality|performance|brier|metrics?)"
    )
    for source in _code(repository):
        watches = re.search(r"(?i)(^|_)(monitor(ing)?|watch)(_|$)", source.file.stem)
        for function in source.functions:
            measures = any(re.search(STRICT, name) for name in function.called)
            if (named.search(function.name) and function.names) or (watches and measures):
                repeated = _is_repeated(repository, source)
                yield _at(source, function.line, f"def {function.name}(…)", repeated)


def _template(repository: Repository) -> Iterator[Evidence]:
    for file in repository.tree.named("cookiecutter.json", "copier.yml", "copier.yaml"):
        folders = any("{{" in other.path for other in repository.tree.files)
        jinja = any(other.path.endswith(".jinja") for other in repository.tree.files)
        if file.text.strip() and (folders or jinja or file.name.startswith("copier")):
            yield Evidence(file.path, 1, "a template with its answers")


def _numeric_test(repository: Repository) -> Iterator[Evidence]:
    runs = bool(repository.evidence("ci_tests"))
    for source in repository.sources:
        for test in source.tests:
            about = any(re.search(USES_MODEL, name) for name in test.called)
            if about and {"isfinite", "isnan", "isinf", "assert_all_finite"} & test.called:
                yield _at(source, test.line, f"def {test.name}(…)", runs)


def _performance_test(repository: Repository) -> Iterator[Evidence]:
    yield from calls(r"locust\.(task|HttpUser|between)", only_code=False)(repository)
    for source in repository.sources:
        for name, base, line in source.bases:
            if re.fullmatch(r"locust\.(HttpUser|FastHttpUser|User)", base):
                yield _at(source, line, f"class {name}({base})")
    pattern = r"(?i)(^|_)(latency|p9\d|throughput|load_?test|fast_enough)(_|$)"
    timed = r"^(perf_counter|monotonic|timeit|load_?test\w*|send_load|measure_latency)$"
    yield from in_tests(pattern, uses=timed)(repository)
    yield from in_tests(r"", uses=r"^benchmark$")(repository)


_RULES = (
    Rule("tests", "tests that can fail", "DevOps",
         "Write a test for the function that would hurt most if it were wrong.", "days", _tests),
    Rule("ci_tests", "tests run by CI on every change", "DevOps",
         "Let a workflow run the tests on every push and pull request.", "hours", _ci_tests),
    Rule("lock", "dependencies at one version each", "DevOps",
         "Pin every dependency, indirect ones too, in a lock file.", "hours", _lock),
    Rule("container", "an image that can be built", "DevOps",
         "Write a Containerfile that installs from the lock.", "hours", _container),
    Rule("deploy", "a deployment by CI", "DevOps",
         "Let CI deploy what it has tested.", "days",
         commands(DEPLOYS, events=r"push|release|workflow|tag|schedule|^$")),
    Rule("template", "a template for the next project", "DevOps",
         "Make a template of the project when a second team wants one.", "weeks", _template),
    Rule("integration_test", "a test of the steps together", "DevOps",
         "Test the way from data to prediction as a whole, on few rows.", "days",
         in_tests(r"(?i)pipeline|end_to_end|e2e|integration|whole_way|from_data_to",
                   uses=r"(?i)(^|_)(run|main|fit|train|predict|invoke|pipeline|repro)(_|$)")),
    Rule("data_versions", "data with versions", "Data",
         "Record a checksum of every data set that a model was trained on.", "hours",
         _data_versions),
    Rule("pipeline", "steps in a pipeline", "Data",
         "Write the steps from data to model as a pipeline with inputs and outputs.", "days",
         _pipeline),
    Rule("data_contract", "a contract on incoming data", "Data",
         "State what each column promises, and check it where data comes in.", "days",
         _data_contract),
    Rule("feature_store", "a feature store with features", "Features",
         "Define features once for training and serving, if two models share them.", "weeks",
         _feature_store),
    Rule("feature_tests", "tests of feature code", "Features",
         "Test the code that makes features, ties and gaps included.", "days", _feature_tests),
    Rule("parity_test", "a parity test of training and serving", "Features",
         "Compare the features of training and serving, value by value, in a test.", "days",
         in_tests(r"(?i)parity|skew|train\w*_and_serv|serv\w*_and_train")),
    Rule("training", "code that trains a model", "Models",
         "Commit the code that trains the model.", "hours", _training),
    Rule("training_code", "training as a function in a module", "Models",
         "Move training from the notebook into a function of a module.", "days",
         _modular_training),
    Rule("model_tests", "tests of the model's code", "Models",
         "Test the model's code on a few rows.", "hours",
         in_tests(r"(?i)model|train|predict|rate|forecast", uses=USES_MODEL)),
    Rule("reproducible_test", "a test that training repeats", "Models",
         "Train twice with the same seed in a test, and compare.", "hours",
         in_tests(r"(?i)reproduc|determinis|same_(model|seed)|train\w*_twice|twice\w*_train",
                    uses=TRAINS_MODEL)),
    Rule("tracking", "tracked training runs", "Models",
         "Log parameters, metrics, data and code version of each training run.", "hours",
         calls(TRACKING)),
    Rule("registry", "a registry of models", "Models",
         "Register each model that may serve, and point an alias at the one that does.", "days",
         _registry),
    Rule("tuning", "a search of hyperparameters", "Models",
         "Search the hyperparameters once, and keep the result.", "hours",
         calls(r"optuna\.create_study|sklearn\.model_selection\.(Halving)?(Grid|Randomized?)\w*"
               r"SearchCV|ray\.tune\.\w+|hyperopt\.fmin|keras_tuner\.\w+")),
    Rule("baseline", "a comparison with something simpler", "Models",
         "Compare the model with a rule of thumb, in code.", "hours",
         either(_dummy,
                functions(r"(?i)(^|_)(baseline|majority|rule_of_thumb)(_|$)",
                          compares=METRIC),
                in_tests(r"(?i)baseline|majority|rule_of_thumb|simpler", uses=USES_MODEL))),
    Rule("ablation", "a measure of what features add", "Models",
         "Leave features out, one group at a time, and measure.", "days",
         either(calls(r"sklearn\.inspection\.permutation_importance"),
                functions(r"(?i)(^|_)(ablation|ablate|leave_out)(_|$)"))),
    Rule("slices", "quality on slices", "Models",
         "Measure quality on the slices that matter, and fail on the worst.", "days", _slices),
    Rule("inclusion", "a measure of fairness", "Models",
         "Measure whether mistakes fall on one group of people.", "days",
         calls(r"fairlearn\.\S+|aif360\.\S+|aequitas\.\S+")),
    Rule("model_gate", "a gate for models", "Models",
         "Compare the new model with the one that serves, and stop it if it isn't better.",
         "days", _model_gate),
    Rule("serving", "code that serves predictions", "Operation",
         "Put the model behind a service that refuses bad requests.", "days", _serving),
    Rule("serving_tested", "tests of the service", "Operation",
         "Test the service with good and bad requests.", "hours", _serving_tested),
    Rule("model_release", "models released by automation", "Operation",
         "Let automation promote a model that passed the gate.", "days",
         commands(MODEL_RELEASES)),
    Rule("canary", "a canary, shadow or A/B test", "Operation",
         "Let a new model answer a small share first, with a rule that ends it.", "weeks",
         _canary),
    Rule("rollback", "a way back to the last model", "Operation",
         "Write the way back, and test it.", "days", _rollback),
    Rule("service_metrics", "metrics of the service", "Operation",
         "Count requests, answers and errors by model version.", "hours", _service_metrics),
    Rule("alerts", "alerts with a condition", "Operation",
         "Write an alert for what somebody would act on.", "days", _alerts),
    Rule("drift_watch", "a watch on the inputs", "Operation",
         "Compare incoming data with the training data regularly.", "days",
         either(calls(DRIFT), functions(r"(?i)(^|_)(psi|population_stability)(_|$)"),
                functions(r"(?i)(^|_)drift(_|$)", names=ABOUT_DATA))),
    Rule("performance_watch", "a watch on the quality of predictions", "Operation",
         "Join predictions with their labels when these arrive, and measure.", "days",
         _performance_watch),
    Rule("model_age", "a limit on the age of a model", "Operation",
         "Refuse or report a model that is older than a limit.", "hours",
         either(functions(r"(?i)(^|_)(stale|model_age|is_fresh|objections)(_|$)",
                          compares=r"(?i)age|days|trained|stale|until"),
                in_tests(r"(?i)stale|model_age"))),
    Rule("numeric_test", "a test for NaN and infinity", "Operation",
         "Test that predictions are finite.", "hours", _numeric_test),
    Rule("performance_test", "a test of latency or load", "Operation",
         "Load test the service, and fail on its tail.", "days", _performance_test),
    Rule("scheduled_training", "training on a schedule or trigger", "Operation",
         "Let a schedule or new data start the training pipeline.", "days",
         _scheduled_training),
    Rule("retraining_trigger", "retraining when a metric says so", "Operation",
         "Let a measured drop of quality start the training.", "weeks",
         functions(r"(?i)(should|must|need\w*|when|trigger\w*)_\w*train|retrain\w*_"
                   r"(trigger|policy|due|decision|needed)",
                   compares=METRIC)),
)  # fmt: skip

#: All rules by their keys, in the order of the course.
RULES: dict[str, Rule] = {rule.key: rule for rule in _RULES}
