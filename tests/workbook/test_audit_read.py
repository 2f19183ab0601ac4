"""Reading a folder that nobody vouches for."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from workbook.audit import AuditError, Limits, as_text, audit, main_audit, read_tree

needs_links = pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")


def paths(folder: Path, **limits: int) -> list[str]:
    files = read_tree(folder, Limits(**limits)).files
    return [file.path for file in files if file.name != ".gitignore"]


def write(folder: Path, *names: str, text: str = "x = 1\n") -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def assert_ends(folder: Path) -> None:
    """Fail where the audit hangs, which it would do for hours; how fast it is, isn't asked."""
    command = [sys.executable, "-m", "workbook.cli", "audit", str(folder)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)


def test_an_empty_folder_is_at_the_bottom_of_every_model(tmp_path: Path) -> None:
    found = audit(str(tmp_path))
    assert [result.value for result in found.models] == [0, 0, 0, 0]
    assert found.read == found.seen == 0


def test_a_path_that_does_not_exist_gets_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main_audit(str(tmp_path / "nowhere")) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.endswith("nowhere doesn't exist: give the folder of a repository.\n")
    assert said.err.count("\n") == 1


def test_a_file_is_no_repository(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, "train.py")
    assert main_audit(str(tmp_path / "train.py")) == 1
    assert "train.py is a file: give the folder that holds it." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("", "The path is empty"),
        ("a" * 300, "can't be opened (File name too long)"),
        ("a\0b", "can't be opened ("),
        (os.devnull, "is no folder"),
    ],
    ids=["empty", "long", "null", "device"],
)
@pytest.mark.skipif(sys.platform == "win32", reason="the words are those of Linux and macOS")
def test_a_path_that_cannot_be_a_folder_gets_one_sentence(
    path: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main_audit(path) == 1
    said = capsys.readouterr().err
    assert told in said
    assert said.count("\n") == 1


def test_a_folder_below_one_that_may_not_be_entered_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: object, **_: object) -> os.stat_result:
        raise PermissionError(13, "Permission denied", path)

    with monkeypatch.context() as patch:
        patch.setattr(os, "stat", refuse)
        with pytest.raises(AuditError, match="you may not read"):
            read_tree(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps the folder one stands in")
def test_a_folder_that_is_gone_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(AuditError, match="doesn't exist"):
        audit(".")


def test_a_report_that_cannot_be_written_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main_audit(str(tmp_path), "json", str(tmp_path / "no" / "report.json")) == 1
    assert "can't be written to" in capsys.readouterr().err


def test_nothing_is_run_and_nothing_imported(tmp_path: Path) -> None:
    trap = "import pathlib\npathlib.Path(__file__).with_name('ran').touch()\n"
    names = ("conftest.py", "setup.py", "test_it.py", "sitecustomize.py", "pkg/__init__.py")
    write(tmp_path, *names, text=trap)
    write(tmp_path, "a.yml", text="!!python/object/apply:os.system ['touch ran']\n")
    modules = set(sys.modules)
    audit(str(tmp_path))
    assert not list(tmp_path.rglob("ran"))
    assert not {"conftest", "setup", "test_it", "pkg"} & (set(sys.modules) - modules)


@needs_links
def test_no_link_is_followed_and_loops_end(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    write(outside, "secret.py")
    inside = tmp_path / "inside"
    write(inside, "a.py")
    (inside / "loop").symlink_to(inside, target_is_directory=True)
    (inside / "out").symlink_to(outside, target_is_directory=True)
    (inside / "secret.py").symlink_to(outside / "secret.py")
    (inside / "gone.py").symlink_to(inside / "nothing")
    tree = read_tree(inside)
    assert [file.path for file in tree.files] == ["a.py"]
    assert "Not read: 4 links, which aren't followed." in tree.notes


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on this system")
def test_a_pipe_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "test_pipe.py")
    assert read_tree(tmp_path).notes == ("Not read: 1 no regular files.",)


def test_what_is_too_large_is_left_out_and_said(tmp_path: Path) -> None:
    write(tmp_path, "small.py")
    write(tmp_path, "large.py", text="x = 1\n" * 50)
    tree = read_tree(tmp_path, Limits(file_bytes=100))
    assert [file.path for file in tree.files] == ["small.py"]
    assert tree.notes == ("Not read: 1 too large (large.py).",)
    assert tree.seen == 2


def test_notebooks_with_pictures_and_locks_may_be_longer(tmp_path: Path) -> None:
    names = ("a.ipynb", "package-lock.json", "sub/uv.lock")
    write(tmp_path, *names, text="x" * 1_100_000)
    assert paths(tmp_path) == [*names]
    assert paths(tmp_path, long_bytes=1_000_000) == []


def test_too_many_files_are_cut_off_in_the_order_of_their_names(tmp_path: Path) -> None:
    write(tmp_path, *(f"f{number:03}.py" for number in range(50)))
    tree = read_tree(tmp_path, Limits(entries=3))
    assert [file.path for file in tree.files] == ["f000.py", "f001.py", "f002.py"]
    assert tree.notes == ("Not read: 47 beyond 3 files or 40,000,000 bytes in all.",)


@pytest.mark.parametrize("limits", [Limits(names=30), Limits(entries=3)])
def test_a_walk_without_end_is_cut_off_and_said(tmp_path: Path, limits: Limits) -> None:
    write(tmp_path, *(f"d{number:02}/a.png" for number in range(40)))
    assert any("the rest wasn't looked at" in note for note in read_tree(tmp_path, limits).notes)


@pytest.mark.parametrize(
    "data",
    ["data/images/{}.png", "data/labels/{}.txt", "data/raw/{}", "data/{}.json", "data/{}/a.png"],
)
def test_much_data_hides_no_code(tmp_path: Path, data: str) -> None:
    code = ["requirements.txt", "src/app/part/a.py", "tests/test_a.py"]
    write(tmp_path, *code, *(data.format(number) for number in range(40)))
    assert set(code) <= set(paths(tmp_path, entries=12, siblings=5))


def test_notebooks_come_after_code_and_before_data(tmp_path: Path) -> None:
    write(tmp_path, "a.ipynb", "b/c.json", "d/e/f.py")
    assert paths(tmp_path, total_bytes=7) == ["d/e/f.py"]
    assert paths(tmp_path, total_bytes=13) == ["a.ipynb", "d/e/f.py"]


def test_the_total_is_bounded(tmp_path: Path) -> None:
    write(tmp_path, *(f"f{number}.py" for number in range(5)))
    assert len(paths(tmp_path, total_bytes=20)) == 3


def test_all_kinds_that_a_rule_knows_are_read(tmp_path: Path) -> None:
    names = ["data.csv.sha256", "requirements-dev.in", "{{project}}/train.py.jinja"]
    write(tmp_path, *names)
    assert paths(tmp_path) == names


def test_a_deep_folder_is_cut_off(tmp_path: Path) -> None:
    write(tmp_path, "/".join("d" * 40) + "/deep.py", "d/near.py")
    tree = read_tree(tmp_path)
    assert [file.path for file in tree.files] == ["d/near.py"]
    assert any("levels deep" in note for note in tree.notes)


def test_binary_and_odd_encodings_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "test_binary.py").write_bytes(b"\0\1\2def test(): assert x\n")
    (tmp_path / "latin.py").write_bytes("# Zürich\nx = 1\n".encode("latin-1"))
    (tmp_path / "mark.py").write_bytes(b"\xef\xbb\xbfx = 1\n")
    (tmp_path / "utf16.yml").write_bytes("on: push\n".encode("utf-16"))
    tree = read_tree(tmp_path)
    assert [file.path for file in tree.files] == ["latin.py", "mark.py"]
    assert tree.files[1].text == "x = 1\n"
    assert tree.notes == ("Not read: 2 binary, not text.",)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux takes any bytes as a name")
def test_odd_names_are_printed_on_one_line(tmp_path: Path) -> None:
    for name in (b"test_\xff.py", b"test_\n\x1b[31m.py", "test_ü.py".encode()):
        with open(os.path.join(os.fsencode(tmp_path), name), "wb") as file:
            file.write(b"def test_it():\n    assert 1 + 1 == 2 * one\n")
    report = as_text(audit(str(tmp_path)))
    assert "\x1b" not in report
    assert "test_\\x0a\\x1b[31m.py" in [f.path for f in read_tree(tmp_path).files]
    report.encode("utf-8")


@pytest.mark.parametrize(
    "folder", [".git", ".venv", "node_modules", "_build", "__pycache__", "x.egg-info"]
)
def test_other_peoples_code_is_left_out(tmp_path: Path, folder: str) -> None:
    write(tmp_path, f"{folder}/test_theirs.py", "ours.py")
    assert paths(tmp_path) == ["ours.py"]


@pytest.mark.parametrize("folder", ["vendor", "third_party", "src/external", "extern", "libs/own"])
def test_folders_of_other_projects_are_left_out_and_named(tmp_path: Path, folder: str) -> None:
    write(tmp_path, f"{folder}/test_theirs.py", "ours.py")
    if folder == "libs/own":
        write(tmp_path, f"{folder}/.git", text="gitdir: ../../.git/modules/own\n")
    tree = read_tree(tmp_path)
    assert [file.path for file in tree.files] == ["ours.py"]
    assert tree.notes == (f"Not read: 1 folders with other people's code ({folder}).",)


def test_data_from_elsewhere_is_no_code_from_elsewhere(tmp_path: Path) -> None:
    write(tmp_path, "data/external/a.csv.dvc")
    assert paths(tmp_path) == ["data/external/a.csv.dvc"]


@pytest.mark.parametrize(
    ("files", "module", "counts"),
    [
        (["airflow/dags/d.py"], "airflow.models.dagbag", True),
        (["app/__init__.py", "app/vendor/part.py"], "app.vendor.part", True),
        (["app/__init__.py", "app/env/part.py"], "app.env.part", True),
        (["app/__init__.py"], "app.gone.part", False),
        (["src/app/a.py"], "app.gone.part", False),
    ],
)
def test_a_test_lacks_what_a_package_of_the_repository_lacks(
    tmp_path: Path, files: list[str], module: str, counts: bool
) -> None:
    write(tmp_path, *files)
    text = f"from {module} import f\n\n\ndef test_it():\n    assert f(1) == 2\n"
    write(tmp_path, "tests/test_it.py", text=text)
    assert bool(audit(str(tmp_path)).evidence["tests"]) == counts


def test_a_virtual_environment_is_known_by_its_file(tmp_path: Path) -> None:
    write(tmp_path, "myenv/pyvenv.cfg", "myenv/lib/test_theirs.py", "ours.py")
    assert paths(tmp_path) == ["ours.py"]


def test_simple_lines_of_gitignore_count(tmp_path: Path) -> None:
    names = ("out/a.py", "b.tmp.py", "secret/c.py", "d.py", "sub/local/e.py")
    write(tmp_path, *names)
    write(tmp_path, ".gitignore", text="# generated\nout/\n*.tmp.py\n/secret\nlocal/\n\n")
    assert paths(tmp_path) == ["d.py"]


@pytest.mark.parametrize(
    ("pattern", "kept"),
    [
        ("/*.py", ["src/b.py", "src/pkg/c.py", "src/pkg/test_c.py"]),
        ("src/*.py", ["a.py", "src/pkg/c.py", "src/pkg/test_c.py"]),
        ("src/*", ["a.py"]),
        ("src/**", ["a.py"]),
        ("src/**/c.py", ["a.py", "src/b.py", "src/pkg/test_c.py"]),
        ("**/pkg/", ["a.py", "src/b.py"]),
        ("*_*.py", ["a.py", "src/b.py", "src/pkg/c.py"]),
        ("/pkg", ["a.py", "src/b.py", "src/pkg/c.py", "src/pkg/test_c.py"]),
        ("a.py/", ["a.py", "src/b.py", "src/pkg/c.py", "src/pkg/test_c.py"]),
    ],
)
def test_a_star_of_gitignore_ends_at_a_slash(tmp_path: Path, pattern: str, kept: list[str]) -> None:
    write(tmp_path, "a.py", "src/b.py", "src/pkg/c.py", "src/pkg/test_c.py")
    write(tmp_path, ".gitignore", text=f"{pattern}\n")
    assert paths(tmp_path) == kept


@pytest.mark.parametrize(
    ("name", "files", "text"),
    [
        ("a{}.py", 6_000, "\n".join(f"a*b{n}" for n in range(10_000))),
        ("a" * 200 + "{}.py", 10, "*a" * 40 + "*b"),
        ("a" * 200 + "/a{}.py", 10, "a*/**/" * 2 + "b"),
    ],
    ids=["many", "stars", "folders"],
)
def test_no_gitignore_takes_for_ever(tmp_path: Path, name: str, files: int, text: str) -> None:
    write(tmp_path, *(name.format(number) for number in range(files)), text="")
    write(tmp_path, ".gitignore", text=text)
    assert_ends(tmp_path)


def test_a_gitignore_that_takes_something_back_is_not_half_understood(tmp_path: Path) -> None:
    write(tmp_path, "out/a.py", "d.py")
    write(tmp_path, ".gitignore", text="out/\n!out/a.py\n")
    assert paths(tmp_path) == ["d.py", "out/a.py"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("deep.py", "(" * 5000 + ")" * 5000),
        ("long.py", "x = " + "+".join(["1"] * 30_000)),
        ("null.py", "x = 1\x0c\n\\"),
        ("broken.py", "def f(:\n"),
        ("broken.ipynb", '{"cells": [{"cell_type": "code", "source": 3}, 7]}'),
        ("other.ipynb", "[]"),
        ("deep.json", "[" * 100_000),
        ("deep.ipynb", "[" * 100_000),
        (".github/workflows/deep.yml", "a: " + "[" * 3000),
        (".github/workflows/tab.yml", "a:\n\t- b\n"),
        (".github/workflows/key.yml", "? [a, b]\n: c\n"),
        ("pyproject.toml", "[project]\ndependencies = 3\n"),
        ("pyproject.toml", f"[project]\na = {'1' * 5_000}\n"),
        ("pyproject.toml", f"[project]\ndependencies = [0x{'1' * 5_000}]\n"),
        ("package.json", '{"scripts": ["test"]}'),
        ("Pipfile.lock", '{"default": {"a": "*"}}'),
        ("Makefile", "test: test\n\tmake test\n"),
        ("dvc.yaml", "stages: null\n"),
    ],
    ids=lambda value: value if len(value) < 40 else "",
)
def test_files_that_break_parsers_break_nothing(tmp_path: Path, name: str, text: str) -> None:
    write(tmp_path, name, text=text)
    write(tmp_path, "test_it.py", text="def test_it():\n    assert add(1, 1) == 2\n")
    assert [e.place for e in audit(str(tmp_path)).evidence["tests"]] == ["test_it.py:1"]


def test_a_yaml_file_that_grows_without_end_is_cut_off(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    write(tmp_path, ".github/workflows/bomb.yml", text="\n".join(lines))
    write(tmp_path, ".github/workflows/self.yml", text="a: &a\n  b: *a\n")
    write(tmp_path, "test_it.py", text="def test_it():\n    assert add(1, 1) == 2\n")
    assert_ends(tmp_path)


def test_scripts_that_call_each_other_end(tmp_path: Path) -> None:
    write(
        tmp_path, ".github/workflows/ci.yml", text="on: push\njobs: {a: {steps: [{run: ./a.sh}]}}"
    )
    write(tmp_path, "a.sh", text="./b.sh\n./b.sh\n")
    write(tmp_path, "b.sh", text="./a.sh\n./a.sh\nmake test\n")
    write(tmp_path, "Makefile", text="test: test2\n\t./a.sh\ntest2: test\n\t./b.sh\n")
    write(tmp_path, "test_it.py", text="def test_it():\n    assert add(1, 1) == 2\n")
    assert audit(str(tmp_path)).evidence["ci_tests"] == ()


def test_scripts_that_multiply_are_cut_off(tmp_path: Path) -> None:
    workflow = "on: push\njobs: {a: {steps: [{run: ./s0.sh}]}}"
    write(tmp_path, ".github/workflows/ci.yml", text=workflow)
    for number in range(5):
        write(tmp_path, f"s{number}.sh", text=f"./s{number + 1}.sh\n" * 200)
    write(tmp_path, "test_it.py", text="def test_it():\n    assert add(1, 1) == 2\n")
    assert_ends(tmp_path)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("requirements.txt", "a==1; " + "--hash=x " * 50_000),
        (".github/workflows/a.yml", "on: push\nrun: " + "|| echo a " * 15_000),
        ("alerts.yml", "\n" * 190_000 + "-" * 1_000),
        ("a.sh", "\\\n" * 200_000),
        ("Makefile", "test:\n" + "\techo a\n" * 50_000),
        ("b.py", "a" + ".b()" * 900),
        ("c.ipynb", '{"cells": [{"cell_type": "code", "source": "' + "\\n" * 200_000 + '"}]}'),
    ],
    ids=["pins", "forgiven", "blank", "continued", "recipe", "chain", "cell"],
)
def test_no_pattern_takes_for_ever(tmp_path: Path, name: str, text: str) -> None:
    write(tmp_path, name, text=text)
    write(tmp_path, ".github/workflows/ci.yml", text="on: push\nrun: |\n  ./a.sh\n  make test\n")
    write(tmp_path, "test_it.py", text="def test_it():\n    assert add(1, 1) == 2\n")
    assert_ends(tmp_path)


def test_the_report_is_the_same_every_time(tmp_path: Path) -> None:
    write(tmp_path, "b.py", "a/z.py", "a/b/c.py", "Z.py")
    script = "import sys; from workbook.audit import *; print(as_json(audit(sys.argv[1])))"
    reports = {
        subprocess.run(
            [sys.executable, "-c", script, str(tmp_path)],
            check=True,
            capture_output=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(reports) == 1


@pytest.mark.skipif(
    sys.platform == "win32" or os.name != "posix" or os.geteuid() == 0, reason="root reads all"
)
def test_a_folder_that_may_not_be_read_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0)
    try:
        with pytest.raises(AuditError, match="you may not read this folder"):
            read_tree(tmp_path)
    finally:
        tmp_path.chmod(0o700)
