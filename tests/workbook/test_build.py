"""The builder: what it makes, what it doesn't make again, and that every gate can fail."""

import json
import re
import shutil
from pathlib import Path

import pytest

from workbook import build, course
from workbook.build import BuildError, Project
from workbook.cli import main
from workbook.template import new_lesson

ROOT = Path(__file__).resolve().parents[2]

LESSON = """---
workbook:
  part: Why
  minutes: 5
---

# How many?

Text before.

```{code-cell} ipython3
import math
```

```{code-cell} ipython3
:exercise: "0.1"
### BEGIN SOLUTION
flights_in_2013 = 336_776
### END SOLUTION
```

```{code-cell} ipython3
from workbook import check
check("0.1", flights_in_2013)
```

```{code-cell} ipython3
:exercise: "0.2"
def share_late(arr_delay):
    ### BEGIN SOLUTION
    return (arr_delay.dropna() >= 30).mean()
    ### STARTER
    # return (arr_delay >= 30).mean()
    ### END SOLUTION
```

```{code-cell} ipython3
check("0.2", share_late)
```
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Project:
    """One small course, built: chapter 0's exercises in a lesson that takes a second."""
    root = tmp_path_factory.mktemp("course")
    (root / "lessons").mkdir()
    (root / "lessons" / "00_toy.md").write_text(LESSON, encoding="utf-8")
    (root / "requirements.txt").write_text("nothing==1\n", encoding="utf-8")
    shutil.copytree(ROOT / "src", root / "src", ignore=shutil.ignore_patterns("__pycache__"))
    project = Project(root)
    build.build(project, lambda line: None)
    return project


@pytest.fixture
def project(built, tmp_path) -> Project:
    """Return a copy of the built course, to break."""
    shutil.copytree(built.root, tmp_path / "course")
    return Project(tmp_path / "course")


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def rebuilt(project: Project) -> list[str]:
    said: list[str] = []
    build.build(project, said.append)
    return said


def notebook(project: Project) -> dict:
    return json.loads((project.notebooks / "00_toy.ipynb").read_text("utf-8"))


def test_a_notebook_has_starters_and_outputs_and_no_solution(built):
    text = (built.notebooks / "00_toy.ipynb").read_text("utf-8")
    assert "SOLUTION" not in text
    assert "dropna" not in text
    cells = notebook(built)["cells"]
    assert cells[2]["source"] == "flights_in_2013 = ..."
    assert cells[3]["outputs"][0]["metadata"]["workbook"]["outcome"] == "not attempted"
    assert cells[3]["execution_count"] == 3


def test_a_notebook_stores_nothing_that_varies(built):
    text = (built.notebooks / "00_toy.ipynb").read_text("utf-8")
    assert str(built.root) not in text
    assert not re.search(r"iopub|/tmp/|ipykernel_|\"version\"", text)


def test_building_again_gives_the_same_bytes(built, tmp_path):
    again = Project(tmp_path / "again")
    shutil.copytree(built.root, again.root, ignore=shutil.ignore_patterns("notebooks", "book"))
    build.build(again, lambda line: None)
    for made in ("notebooks/00_toy.ipynb", "book/solutions/00_toy.md"):
        assert (again.root / made).read_bytes() == (built.root / made).read_bytes()


def test_nothing_changed_nothing_is_done(project):
    assert rebuilt(project) == []
    assert build.drift(project) == []


def test_what_is_current_is_found_without_reading_a_lesson(project, monkeypatch):
    monkeypatch.setattr(build, "read_all", None)
    assert rebuilt(project) == []


@pytest.mark.parametrize(
    "file", ["notebooks/00_toy.ipynb", "book/solutions/00_toy.md", "lessons/00_toy.md"]
)
def test_a_byte_more_is_not_current(project, file):
    with (project.root / file).open("a") as changed:
        changed.write("\n")
    assert not build._is_current(project)


def test_a_build_that_fails_is_not_current(project):
    change(project.lessons / "00_toy.md", "import math", "import maths")
    with pytest.raises(BuildError):
        rebuilt(project)
    assert not build._is_current(project)


def test_changed_prose_is_written_without_executing(project, monkeypatch):
    change(project.lessons / "00_toy.md", "Text before.", "Other text.")
    monkeypatch.setattr(build, "execute", None)
    assert rebuilt(project) == ["wrote notebooks/00_toy.ipynb"]
    assert "Other text." in (project.notebooks / "00_toy.ipynb").read_text("utf-8")


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("lessons/00_toy.md", "import math", "import cmath"),
        ("src/workbook/engine.py", "PRINTED_LINES = 8", "PRINTED_LINES = 9"),
        ("src/workbook/checks/ch00.py", "LATE_MINUTES", "LATE"),
        ("requirements.txt", "==1", "==2"),
    ],
)
def test_changed_inputs_are_executed_again(project, file, old, new):
    change(project.root / file, old, new)
    assert any("doesn't come from lessons/00_toy.md" in line for line in build.drift(project))
    lesson = build.read_all(project)[0]
    made = build.notebook_of(project, lesson, build.starter)
    assert not build.reuse_outputs(made, build._stored(project.notebooks / "00_toy.ipynb"))


def test_a_template_that_an_imported_package_carries_is_an_input(project):
    template = project.root / "src" / "flightline" / "kit" / "project" / "settings.toml"
    template.parent.mkdir(parents=True)
    (template.parents[1] / "__init__.py").write_text("", encoding="utf-8")
    template.write_text("margin = 1\n", encoding="utf-8")
    change(project.lessons / "00_toy.md", "import math", "import math\n\nimport flightline.kit")
    lesson = build.read_all(project)[0]
    before = build.inputs_digest(project, lesson)
    template.write_text("margin = 2\n", encoding="utf-8")
    assert build.inputs_digest(project, lesson) != before


@pytest.mark.parametrize("folder", ["data", "src/flightline/kit"])
def test_bytecode_beside_an_input_changes_nothing(project, folder):
    kit = project.root / "src" / "flightline" / "kit"
    kit.mkdir()
    (kit / "__init__.py").write_text("", encoding="utf-8")
    change(project.lessons / "00_toy.md", "import math", "import math\n\nimport flightline.kit")
    lesson = build.read_all(project)[0]
    before = build.inputs_digest(project, lesson)
    compiled = project.root / folder / "__pycache__" / "build.cpython-311.pyc"
    compiled.parent.mkdir(parents=True, exist_ok=True)
    compiled.write_bytes(b"compiled")
    assert build.inputs_digest(project, lesson) == before


def test_a_module_that_the_lesson_does_not_import_changes_nothing(project):
    (project.root / "src" / "flightline" / "another.py").write_text("x = 1\n", encoding="utf-8")
    assert build.drift(project) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "finding"),
    [
        ("notebooks/00_toy.ipynb", "not attempted", "passed", "was changed by hand"),
        ("notebooks/00_toy.ipynb", "flights_in_2013 = ...", "flights_in_2013 = 3", "cell at line"),
        ("book/solutions/00_toy.md", "dropna", "fillna", "book/solutions/00_toy.md doesn't come"),
        ("lessons/00_toy.md", ">= 30", "> 30", "book/solutions/00_toy.md doesn't come from"),
    ],
)
def test_drift_is_found_and_says_what_to_do(project, file, old, new, finding):
    if "by hand" in finding:
        change(project.root / file, '"cell_type": "markdown",', '"cell_type":  "markdown",')
    else:
        change(project.root / file, old, new)
    findings = build.drift(project)
    assert any(finding in line for line in findings), findings
    assert all("run `make notebooks`" in line for line in findings)


def test_a_file_that_no_lesson_makes_is_found_and_removed(project):
    orphan = project.notebooks / "77_gone.ipynb"
    orphan.write_text("{}", encoding="utf-8")
    assert build.drift(project) == [
        "notebooks/77_gone.ipynb: no lesson makes it; run `make notebooks` and commit what it "
        "changes."
    ]
    rebuilt(project)
    assert not orphan.exists()


def test_a_missing_notebook_is_found(project):
    (project.notebooks / "00_toy.ipynb").unlink()
    assert "notebooks/00_toy.ipynb is missing" in build.drift(project)[0]


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        (
            "import math",
            "import math\nmath.sqrt(-1)",
            r"lessons/00_toy.md:13: cell 2 raises ValueError: .* \(math.sqrt\(-1\)\)",
        ),
        (
            "import math",
            "import warnings\nwarnings.warn('old')",
            r"lessons/00_toy.md:12: cell 2 writes to the error stream: .*UserWarning: old",
        ),
        (
            "# return (arr_delay >= 30).mean()",
            "# return ...",
            r"the untouched starter of exercise 0.2 gives 'not attempted', expected 'wrong:missing",
        ),
        (
            'check("0.2", share_late)',
            "share_late",
            r"exercise 0.2 gives 'no verdict: no cell checks it'",
        ),
    ],
)
def test_a_lesson_that_does_not_run_is_named_with_its_line(project, old, new, finding):
    change(project.lessons / "00_toy.md", old, new)
    before = (project.notebooks / "00_toy.ipynb").read_bytes()
    with pytest.raises(BuildError, match=finding):
        rebuilt(project)
    assert (project.notebooks / "00_toy.ipynb").read_bytes() == before


def test_solutions_that_pass_are_built(project):
    build.build_solved(project, lambda line: None)
    assert "336_776" in (project.solved / "00_toy.ipynb").read_text("utf-8")


def test_a_solution_that_fails_its_check_is_named(project):
    change(project.lessons / "00_toy.md", "336_776", "336_777")
    with pytest.raises(
        BuildError, match=r"00_toy.md:17: the solution of exercise 0.1 gives 'wrong"
    ):
        build.build_solved(project, lambda line: None)


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        (':exercise: "0.2"', ':exercise: "0.7"', "no cell holds exercise 0.2"),
        (':exercise: "0.2"', ':exercise: "0.7"', "exercise 0.7 has no check in"),
        (
            "### END SOLUTION\n```\n\n```{code-cell} ipython3\nfrom",
            "```\n\n```{code-cell}\nfrom",
            "a solution isn't closed",
        ),
    ],
)
def test_a_lesson_that_does_not_fit_its_checks_is_named(project, old, new, finding):
    change(project.lessons / "00_toy.md", old, new)
    with pytest.raises(BuildError, match=finding):
        build.read_all(project)


def test_a_lesson_with_a_wrong_name_is_named(project):
    (project.lessons / "Lesson two.md").write_text("---\n---\n", encoding="utf-8")
    with pytest.raises(BuildError, match=r"named NN_slug\.md"):
        build.read_all(project)


def test_an_unknown_lesson_is_told_with_the_known_ones(project):
    with pytest.raises(BuildError, match=r"There is no lesson `42`\. There are: 00_toy\."):
        build.build(project, lambda line: None, ["42"])


def test_the_command_line_checks_the_course_as_it_stands(capsys):
    assert main(["build", "--check"]) == 0
    assert "come from lessons/ as they stand" in capsys.readouterr().out


def test_the_command_line_tells_an_error_in_a_sentence(capsys):
    assert main(["build", "42"]) == 1
    assert capsys.readouterr().err.startswith("There is no lesson `42`.")


def test_a_new_lesson_starts_from_the_template(tmp_path):
    project = Project(tmp_path)
    (tmp_path / "lessons").mkdir()
    files = new_lesson(project, "55_new", "What is new?")
    assert len(files) == 5
    assert "# What is new?" in (tmp_path / "lessons" / "55_new.md").read_text("utf-8")
    with pytest.raises(BuildError, match="exists already"):
        new_lesson(project, "55_new", "What is new?")
    with pytest.raises(BuildError, match="isn't a lesson's name"):
        new_lesson(project, "New Lesson", "What is new?")


def test_the_course_is_known_by_its_lessons():
    chapters = course.chapters()
    assert [chapter.name for chapter in chapters][:2] == ["00_start_here", "01_why_models_fail"]
    assert chapters[0].exercises[0] == ("0.1", "How many flights?")


@pytest.mark.parametrize(
    ("code", "left"),
    [
        ("from pathlib import Path\nPath.home().joinpath('.rc').write_text('x')",
         "the file .rc in the home folder"),
        ("import tempfile\ntempfile.NamedTemporaryFile(delete=False, suffix='.csv').close()",
         r"\.csv in the temporary folder"),
        ("import subprocess, sys\nsleep = 'import time; time.sleep(60)'\n"
         "subprocess.Popen([sys.executable, '-c', sleep], start_new_session=True) and None",
         "the process python"),
        ("import subprocess\nsubprocess.run(['git', 'config', 'user.name'], check=True)",
         "raises CalledProcessError"),
    ],
    ids=["home", "temporary folder", "process", "somebody's git configuration"],
)  # fmt: skip
def test_a_lesson_that_leaves_something_behind_is_named(project, code, left):
    change(project.lessons / "00_toy.md", "import math", code)
    with pytest.raises(BuildError, match=left):
        rebuilt(project)
