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
from typing import Literal

from workbook.audit.commands import Command, Workflows, does_work, fires, leaves
from workbook.audit.read import File, Tree
from workbook.audit.source import Source, sources

__all__ = ["EFFORTS", "RULES", "Evidence", "Repository", "Rule", "find"]

Effort = Literal["hours", "days", "weeks"]
EFFORTS: tuple[Effort, ...] = ("hours", "days", "weeks")
Theme = Literal["DevOps", "Data", "Features", "Models", "Operation"]


@dataclass(frozen=True)
class Evidence:
    """A place in the repository: its path, its line (a cell in a notebook) and what stands there.

    `repeated` says whether automation runs it again and again, as far as the files tell.
    """

    path: str
    line: int
    what: str
    repeated: bool = False
    unit: str = "line"

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
        for file in self.tree.named("*.toml", "*.cfg", "*.yml", "*.yaml", "*.sh", "makefile"):
            names.update(re.findall(r"\w+", file.text))
        return frozenset(names)

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


def _at(source: Source, line: int, what: str, repeated: bool = False) -> Evidence:
    return Evidence(source.file.path, line, what[:100], repeated, source.unit)


def _code(repository: Repository) -> Iterator[Source]:
    """Yield the sources that are neither tests nor kept beside them."""
    return (
        source
        for source in repository.sources
        if not source.is_test and not {"test", "tests"} & {*source.file.path.split("/")[:-1]}
    )


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
    pattern: str, compares: str = "", only_code: bool = True
) -> Callable[[Repository], Iterator[Evidence]]:
    """Look for functions that do something, by their name; `compares` is what they must compare."""
    wanted = re.compile(pattern)
    compared = re.compile(compares) if compares else None

    def look(repository: Repository) -> Iterator[Evidence]:
        for source in _code(repository) if only_code else repository.sources:
            for function in source.functions:
                if not wanted.search(function.name) or not function.names:
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
    wanted, starts = re.compile(pattern), re.compile(events)

    def look(repository: Repository) -> Iterator[Evidence]:
        workflows = repository.workflows
        for command in workflows.all if followed else workflows.direct:
            if wanted.match(command.text) and any(map(starts.search, command.events or ("",))):
                yield _command(command)

    return look


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
                        yield Evidence(file.path, number, line.strip()[:100])


TEST_RUNNERS = (
    r"(?!.*(--version|--help|--collect-only|\s--co\b))"
    r"((\S*/)?(pytest|py\.test|tox|nox|nose2|jest|vitest|mocha|ctest)(\s|$)"
    r"|(\S*/)?(python[\d.]*|py|python)\s+(-\w+\s+)*-m\s+(pytest|unittest|tox|nox)(\s|$)"
    r"|-m\s+(pytest|unittest)(\s|$)"
    r"|(npx|npm|yarn|pnpm)\s+(run\s+)?(test|jest|vitest)(\s|$)"
    r"|(go|cargo|mvn|gradle|\./gradlew|dotnet)\s+test(\s|$)"
    r"|Rscript\s.*(test_dir|testthat|test_local))"
)


def _ci_tests(repository: Repository) -> Iterator[Evidence]:
    if not repository.evidence("tests"):
        return
    look = commands(TEST_RUNNERS, events=r"^(push|pull_request|merge_group|)$")
    seen = set()
    for evidence in look(repository):
        # `npm test` counts by what the script runs, and so does a tox.ini that isn't there.
        bare = evidence.what.rpartition(" → ")[2]
        if re.match(r"(npm|yarn|pnpm)\s", bare) or evidence.place in seen:
            continue
        if re.match(r"(tox|nox)\b", bare) and not any(
            repository.tree.named("tox.ini", "noxfile.py", "pyproject.toml")
        ):
            continue
        if not _selects(repository, bare):
            continue
        seen.add(evidence.place)
        yield evidence


def _selects(repository: Repository, command: str) -> bool:
    """Tell whether what `pytest -k` asks for stands in any file of tests."""
    options = command.partition("pytest")[2]
    match = re.search(r"""\s-k[\s=]*(?:'([^']*)|"([^"]*)|(\S+))""", options)
    if not match:
        return True
    wanted = next(group for group in match.groups() if group is not None)
    words = set(re.findall(r"[A-Za-z_]\w*", wanted.lower())) - {"and", "or"}
    if "not" in words or wanted.startswith("$"):
        return True
    paths = {evidence.path for evidence in repository.evidence("tests")}
    files = [file for file in repository.tree.files if file.path in paths]
    return any(word in f"{f.path}\n{f.text}".lower() for f in files for word in words)


PINNED = re.compile(r"^[A-Za-z0-9._\[\],-]+\s*===?\s*[\w.!+]+(\s*;.*?)?(\s+--hash=\S+)*\s*\\?$")


def _lock(repository: Repository) -> Iterator[Evidence]:
    for file in repository.tree.named("requirements*.txt", "*/requirements/*.txt", "*.lock"):
        if file.name.endswith(".txt") or file.name.lower().startswith("requirements"):
            yield from _pins(file)
    for name in ("uv.lock", "poetry.lock", "pdm.lock", "pylock*.toml", "Cargo.lock"):
        for file in repository.tree.named(name):
            heads = [n for n, line in enumerate(file.lines, 1) if "[[package" in line]
            versions = sum(bool(re.match(r'version\s*=\s*"', line)) for line in file.lines)
            if heads and versions >= len(heads):
                yield Evidence(file.path, heads[0], f"{len(heads)} packages with versions")
    for name, key in (("Pipfile.lock", "default"), ("renv.lock", "Packages")):
        for file in repository.tree.named(name):
            packages = _json_table(file, key)
            if packages and all('"version"' in json.dumps(p).lower() for p in packages.values()):
                yield Evidence(file.path, 1, f"{len(packages)} packages with versions")
    if not any(file.suffix in (".py", ".ipynb") for file in repository.tree.files):
        for file in repository.tree.named("package-lock.json"):
            if packages := _json_table(file, "packages"):
                yield Evidence(file.path, 1, f"{len(packages)} packages with versions")


def _pins(file: File) -> Iterator[Evidence]:
    lines = [
        (number, re.sub(r"\s#.*$", "", line[:2_000]).strip())
        for number, line in enumerate(file.lines, start=1)
    ]
    listed = [
        (number, line)
        for number, line in lines
        if line and not line.startswith(("#", "-", "--hash")) and "://" not in line
    ]
    others = [line for _, line in lines if line.startswith(("-e", "git+")) or "://" in line]
    if listed and not others and all(PINNED.match(line) for _, line in listed):
        first, text = listed[0]
        yield Evidence(file.path, first, f"{len(listed)} pinned, first {text.split()[0]}")


def _json_table(file: File, key: str) -> dict[str, object]:
    try:
        table = json.loads(file.text).get(key, {})
    except (ValueError, AttributeError, RecursionError):
        return {}
    return table if isinstance(table, dict) else {}


def _container(repository: Repository) -> Iterator[Evidence]:
    names = ("dockerfile", "containerfile", "dockerfile.*", "*.dockerfile", "containerfile.*")
    for file in repository.tree.named(*names):
        base = next((n for n, t in enumerate(file.lines, 1) if re.match(r"FROM\s+\S", t)), 0)
        if base and re.search(r"(?m)^(RUN|COPY|ADD|CMD|ENTRYPOINT)\s+\S", file.text):
            yield Evidence(file.path, base, file.lines[base - 1].strip()[:100])


DEPLOYS = (
    r"(kubectl\s+(apply|rollout|set)|helm\s+(upgrade|install)|docker\s+push|podman\s+push|"
    r"twine\s+upload|uv\s+publish|terraform\s+apply|sam\s+deploy|serverless\s+deploy|cdk\s+deploy|"
    r"fly(ctl)?\s+deploy|gcloud\s+(run|app|functions)\s+deploy|gcloud\s+ai\s+endpoints|"
    r"aws\s+(ecs|lambda|sagemaker)\s+(update|create)|az\s+(webapp|containerapp|ml)\s|heroku\s|"
    r"ansible-playbook|bentoml\s+deploy|git\s+push\s+\S*(heroku|dokku)|"
    r"gh\s+release\s+(create|upload)|mlflow\s+deployments\s+(create|update)|"
    r"(\S*/)?deploy\.(sh|py)|bash\s+\S*deploy\S*\.sh|"
    r"(\S*/)?python[\d.]*\s+(-m\s+)?\S*\bdeploy\S*)"
)
MODEL_RELEASES = (
    r"(gh\s+release\s+(create|upload)\s.*\bmodel\b|mlflow\s+deployments\s+(create|update)|"
    r"az\s+ml\s+online|aws\s+sagemaker\s+(update|create)|"
    r"gcloud\s+ai\s+endpoints\s+deploy-model|bentoml\s+deploy|"
    r"(\S*/)?python[\d.]*\s+(-m\s+)?\S*(promot|release_model|deploy_model|canary|rollout)\S*|"
    r"(\S*/)?[\w-]+\s+(promote|release-model|deploy-model)(\s|$))"
)


# --- data ----------------------------------------------------------------------------------------


def _data_versions(repository: Repository) -> Iterator[Evidence]:
    for file in repository.tree.named("*.dvc", "dvc.lock"):
        for leaf in leaves(file):
            if leaf.path and leaf.path[-1] in ("md5", "etag", "checksum") and "outs" in leaf.path:
                yield Evidence(file.path, leaf.line, f"{leaf.path[-1]}: {leaf.value[:40]}")
                break
    for file in repository.tree.named(".gitattributes"):
        for number, line in enumerate(file.lines, start=1):
            if "filter=lfs" in line and not line.strip().startswith("#"):
                yield Evidence(file.path, number, line.strip()[:100])
    for file in repository.tree.named("sha256sums*", "md5sums*", "checksums*", "*.sha256"):
        for number, line in enumerate(file.lines, start=1):
            if re.match(r"^([0-9a-f]{32}|[0-9a-f]{64})\s+\*?\S", line):
                yield Evidence(file.path, number, line.strip()[:100])
                break


def _pipeline(repository: Repository) -> Iterator[Evidence]:
    for file in repository.tree.named("dvc.yaml"):
        for leaf in leaves(file):
            is_stage = leaf.path[:1] == ("stages",) and leaf.path[-1] == "cmd"
            if is_stage and does_work(leaf.value):
                yield Evidence(file.path, leaf.line, f"stage {leaf.path[1]}: {leaf.value[:60]}")
    for file in repository.tree.named("snakefile", "*.smk"):
        for number, text in enumerate(file.lines, start=1):
            if re.match(r"rule\s+\w+\s*:", text):
                yield Evidence(file.path, number, text.strip()[:100])
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
    validates = any(
        re.fullmatch(r"\S+\.validate|pandera\S*\.check_(input|output|io|types)", name)
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
                yield Evidence(file.path, leaf.line, f"{leaf.path[-2]}: {leaf.value}"[:100])


# --- features ------------------------------------------------------------------------------------


def _feature_store(repository: Repository) -> Iterator[Evidence]:
    views = calls(r"feast(\.\w+)*\.(FeatureView|StreamFeatureView|OnDemandFeatureView)|"
                  r"hopsworks\.login|tecton\.\w+|databricks\.feature_\w+\.\w+")  # fmt: skip
    found = list(views(repository))
    configured = [
        Evidence(file.path, leaf.line, f"{leaf.path[-1]}: {leaf.value}"[:100])
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


def _training(repository: Repository, notebooks: bool = True) -> Iterator[Evidence]:
    wanted = re.compile(r".+\.fit|(xgboost|lightgbm|catboost)\.train|.+\.train_step|.+\.backward")
    libraries = re.compile(
        r"(sklearn|xgboost|lightgbm|catboost|torch|tensorflow|keras|statsmodels|pytorch_lightning|"
        r"prophet|transformers|jax)\b"
    )
    for source in _code(repository):
        if source.unit == "cell" and not notebooks:
            continue
        if not any(libraries.match(name) for name in source.imports.values()):
            continue
        for call in source.calls:
            if wanted.fullmatch(call.name) and (notebooks or call.inside):
                where = f"in {call.inside}" if call.inside else "at top level"
                repeated = _is_repeated(repository, source)
                yield _at(source, call.line, f"{call.name}(…) {where}", repeated)


def _modular_training(repository: Repository) -> Iterator[Evidence]:
    return _training(repository, notebooks=False)


TRACKING = (
    r"mlflow(\.\w+)*\.(start_run|log_\w+|autolog)|wandb\.(init|log)|neptune\.init_run|"
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


def _serving(repository: Repository) -> Iterator[Evidence]:
    for source in _code(repository):
        apps = any(
            re.fullmatch(r"fastapi\.FastAPI|flask\.Flask|litserve\.\w+|starlette\S*Starlette",
                         call.name)
            for call in source.calls
        )  # fmt: skip
        for name, line in source.decorators:
            routed = re.fullmatch(r"\w+\.(post|get|route|put)", name)
            if (apps and routed) or re.fullmatch(r"bentoml\.(service|api)|ray\.serve\S+", name):
                yield _at(source, line, f"@{name}", _is_repeated(repository, source))
    for file in repository.tree.named("*.yml", "*.yaml"):
        if any(kind in file.text for kind in KINDS):
            for leaf in leaves(file):
                if leaf.path == ("kind",) and leaf.value in (
                    "InferenceService",
                    "SeldonDeployment",
                ):
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


def _canary(repository: Repository) -> Iterator[Evidence]:
    for source in _code(repository):
        for function in source.functions:
            named = re.search(r"(?i)(^|_)(canary|ab_test|shadow)(_|$)", function.name)
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
    yield from functions(r"(?i)(^|_)(rollback|roll_back|way_back|revert_model)(_|$)")(repository)
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
    words = re.findall(r"(?<![\w.])[A-Za-z_:][\w:]*(?!\w*\s*\()", bare)
    return bool({word.lower() for word in words} - NO_METRICS)


NO_METRICS = frozenset(
    """
    and or unless bool on by without ignoring group_left group_right offset inf nan
    """.split()  # noqa: SIM905
)


def _alerts(repository: Repository) -> Iterator[Evidence]:
    for file in repository.tree.named("*.yml", "*.yaml"):
        if not re.search(r"(?m)^[ \t]*(-[ \t]*)?(alert|receivers|notifications):", file.text):
            continue
        found = leaves(file)
        conditions = [leaf for leaf in found if leaf.path[-1:] == ("expr",)]
        tops = {leaf.path[:-1] for leaf in conditions if _may_fire(leaf.value)}
        for leaf in found:
            if leaf.path[-1:] == ("alert",) and leaf.path[:-1] in tops:
                yield Evidence(file.path, leaf.line, f"alert: {leaf.value}"[:100], True)
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


def _scheduled_training(repository: Repository) -> Iterator[Evidence]:
    yield from commands(TRAINS, events=r"^(schedule|repository_dispatch|workflow_run)$")(repository)
    for source in _code(repository):
        for call in source.calls:
            orchestrated = re.fullmatch(
                r"airflow\S*\.(DAG|dag)|\S*\.(serve|deploy)|"
                r"dagster\.ScheduleDefinition|schedule\.every",
                call.name,
            )
            timed = {"schedule", "schedule_interval", "cron", "interval", "cron_schedule"}
            if orchestrated and timed & {*call.keywords}:
                yield _at(source, call.line, f"{call.name}({', '.join(call.keywords)})", True)
    for file in repository.tree.named("*.yml", "*.yaml"):
        if re.search(r"(?m)^kind:\s*CronJob", file.text):
            found = leaves(file)
            text = " ".join(leaf.value for leaf in found if {"command", "args"} & {*leaf.path})
            due = any(leaf.path[-1:] == ("schedule",) and fires(leaf.value) for leaf in found)
            if due and re.search(r"train|pipeline|dvc repro", text) and does_work(text):
                line = next(leaf.line for leaf in found if leaf.path == ("kind",))
                yield Evidence(file.path, line, f"CronJob: {text}"[:100], True)
    for file in repository.tree.named("crontab", "cron.d/*", "*/cron.d/*"):
        for number, text in enumerate(file.lines, start=1):
            match = re.match(r"((?:[^#\s]\S*\s+){5}|@\w+\s+)(\S.{0,500})", text.strip())
            if not match or not fires(match[1].strip()) or re.search(r"\becho\b", text):
                continue
            # A system's crontab names a user first, and any may change the folder.
            if does_work(match[2]) and re.search(rf"(^|\s){TRAINS}", match[2]):
                yield Evidence(file.path, number, text.strip()[:100], True)


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
         either(calls(DRIFT), functions(r"(?i)(^|_)(psi|drift|population_stability)(_|$)"))),
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
