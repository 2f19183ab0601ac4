import pytest

from flightline import containers
from flightline.containers import copied, expanded, lineage, parse, rebuilt, sources, user

STAGES = """
# comment
ARG VERSION=3.12
FROM python:3.12 AS build
WORKDIR /src
COPY requirements.txt ./
RUN pip install \\
    # a comment between two lines
    -r requirements.txt
FROM build AS tool
COPY tools/ tools/
FROM python:3.12 AS final
COPY --from=build /venv /venv
COPY ["src/flightline", "/app"]
USER 10001:10001
CMD ["python"]
"""


def runs(changed: list[str], **options: bool) -> list[str]:
    instructions = parse(STAGES)
    again = rebuilt(instructions, changed, **options)
    return [str(one) for one, dirty in zip(instructions, again, strict=True) if dirty]


def test_lines_are_joined_and_comments_dropped() -> None:
    instructions = parse(STAGES)
    assert [one.stage for one in instructions] == [-1, 0, 0, 0, 0, 1, 1, 2, 2, 2, 2, 2]
    assert str(instructions[4]) == "RUN pip install -r requirements.txt"


@pytest.mark.parametrize("line", ["cd /app", "FROM", "COPYSRC a b"])
def test_a_line_that_is_no_instruction_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="no instruction"):
        parse(f"FROM python\n{line}\n")


def test_what_follows_a_changed_copy_runs_again_in_its_stage_and_in_those_that_use_it() -> None:
    assert runs(["requirements.txt"]) == [
        "COPY requirements.txt ./",
        "RUN pip install -r requirements.txt",
        "FROM build AS tool",
        "COPY tools/ tools/",
        "COPY --from=build /venv /venv",
        'COPY ["src/flightline", "/app"]',
        "USER 10001:10001",
        'CMD ["python"]',
    ]
    assert runs(["src/flightline/service.py"]) == [
        'COPY ["src/flightline", "/app"]',
        "USER 10001:10001",
        'CMD ["python"]',
    ]


def test_what_isnt_copied_changes_nothing_and_another_base_everything() -> None:
    assert runs(["README.md", "src/other.py"]) == []
    assert len(runs([], base_changed=True)) == 11


@pytest.mark.parametrize(
    ("line", "files"),
    [
        ("COPY . /app", {"a.py", "src/b.py", "src/deep/c.py", ".env"}),
        ("COPY ./src/ /app", {"src/b.py", "src/deep/c.py"}),
        ("COPY *.py /app/", {"a.py"}),
        ("COPY src/*.py /app/", {"src/b.py"}),
        ("COPY --chown=1:1 a.py src/b.py /app/", {"a.py", "src/b.py"}),
        ("COPY --exclude=.env --exclude=**/c.py . /app", {"a.py", "src/b.py"}),
        ("COPY --exclude=deep src /app", {"src/b.py"}),
        ("COPY --from=other /src /app", set()),
        ("RUN --mount=type=bind,source=a.py,target=/a.py python /a.py", set()),
    ],
)
def test_what_a_copy_takes_along(line: str, files: set[str]) -> None:
    context = ["a.py", "src/b.py", "src/deep/c.py", ".env"]
    assert copied(parse(f"FROM x\n{line}\n"), context) == files


def test_a_bind_mount_reads_and_keeps_nothing() -> None:
    mounted = parse("FROM x\nRUN --mount=type=bind,source=a.py,target=/a python /a\n")
    assert sources(mounted[1]) == ["a.py"]
    assert rebuilt(mounted, ["a.py"]) == [False, True]


def test_a_mount_from_another_stage_runs_again_with_that_stage() -> None:
    text = "FROM x AS a\nCOPY a.py /\nFROM y\nRUN --mount=type=bind,from=a,target=/a true\n"
    assert rebuilt(parse(text), ["a.py"]) == [False, True, False, True]


def test_a_here_document_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="here-document"):
        parse("FROM x\nRUN <<EOF\ntrue\nEOF\n")


def test_a_base_that_no_arg_defines_is_refused() -> None:
    with pytest.raises(ValueError, match="names no image"):
        expanded(parse("FROM $BASE\n"))


def test_the_user_is_the_last_one_named_on_the_way_to_the_last_stage() -> None:
    assert user(parse(STAGES)) == "10001"
    assert user(parse("FROM x\n")) == user(parse("FROM x\nUSER 0:0\n")) == "root"
    assert user(parse("FROM x\nUSER 00\n")) == "root"
    assert user(parse("FROM x AS a\nUSER 7\nFROM y AS b\nUSER 8\nFROM a\n")) == "7"


def test_the_last_stage_descends_from_what_it_starts_from() -> None:
    stages = {one.stage for one in lineage(parse("FROM x AS a\nFROM y AS b\nFROM a AS c\n"))}
    assert stages == {0, 2}


def test_a_client_without_an_engine_is_no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*args: object, **kwargs: object) -> None:
        raise containers.subprocess.CalledProcessError(1, "docker info")

    monkeypatch.setattr(containers.shutil, "which", lambda name: f"/bin/{name}")
    monkeypatch.setattr(containers.subprocess, "run", refuses)
    assert containers.working_engine() is None


def test_without_hadolint_there_are_no_findings_to_speak_of(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(containers.shutil, "which", lambda name, path=None: None)
    assert containers.lint("FROM x\n") is None
