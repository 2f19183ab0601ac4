"""Reading a folder that nobody vouches for."""

import os
import subprocess
import sys
import time
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
    started = time.monotonic()
    assert read_tree(tmp_path).notes == ("Not read: 1 no regular files.",)
    assert time.monotonic() - started < 5


def test_what_is_too_large_is_left_out_and_said(tmp_path: Path) -> None:
    write(tmp_path, "small.py")
    write(tmp_path, "large.py", text="x = 1\n" * 50)
    tree = read_tree(tmp_path, Limits(file_bytes=100))
    assert [file.path for file in tree.files] == ["small.py"]
    assert tree.notes == ("Not read: 1 larger than 100 bytes or beyond the total.",)
    assert tree.seen == 2


def test_too_many_files_are_cut_off_in_the_order_of_their_names(tmp_path: Path) -> None:
    write(tmp_path, *(f"f{number:03}.py" for number in range(50)))
    tree = read_tree(tmp_path, Limits(entries=3))
    assert [file.path for file in tree.files] == ["f000.py", "f001.py", "f002.py"]
    assert tree.notes == ("Stopped after 3 files and folders: the rest wasn't looked at.",)


def test_the_total_is_bounded(tmp_path: Path) -> None:
    write(tmp_path, *(f"f{number}.py" for number in range(5)))
    assert len(paths(tmp_path, total_bytes=20)) == 3


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


def test_a_virtual_environment_is_known_by_its_file(tmp_path: Path) -> None:
    write(tmp_path, "myenv/pyvenv.cfg", "myenv/lib/test_theirs.py", "ours.py")
    assert paths(tmp_path) == ["ours.py"]


def test_simple_lines_of_gitignore_count(tmp_path: Path) -> None:
    names = ("out/a.py", "b.tmp.py", "secret/c.py", "d.py", "sub/local/e.py")
    write(tmp_path, *names)
    write(tmp_path, ".gitignore", text="# generated\nout/\n*.tmp.py\n/secret\nlocal/\n\n")
    assert paths(tmp_path) == ["d.py"]


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
    started = time.process_time()
    audit(str(tmp_path))
    assert time.process_time() - started < 5


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
    started = time.process_time()
    audit(str(tmp_path))
    assert time.process_time() - started < 5


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
    started = time.process_time()
    audit(str(tmp_path))
    assert time.process_time() - started < 5


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


def test_a_thousand_files_take_little_time(tmp_path: Path) -> None:
    body = "import mlflow\n\n\ndef f(x):\n    if x > 3:\n        mlflow.log_metric('a', x)\n" * 5
    write(tmp_path, *(f"p{n % 20}/m{n}.py" for n in range(1000)), text=body)
    started = time.process_time()
    audit(str(tmp_path))
    assert time.process_time() - started < 8
