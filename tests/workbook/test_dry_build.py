import pytest

from flightline.containers import BASE, expanded, parse
from workbook.dry_build import PACKAGES, WHEELS, BuildError, Image, dry_build

CONTEXT = (".env", "requirements.txt", "src/app/__init__.py", "src/app/deep/model.json")
SITE = "/usr/local/lib/python3.12/site-packages"


def built(*lines: str) -> Image:
    return dry_build(parse("\n".join([f"FROM {BASE}", *lines])), CONTEXT)


def where(image: Image, what: str) -> set[str]:
    return {path for path, content in image.files.items() if content == what}


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("COPY requirements.txt ./", "/app/requirements.txt"),
        ("COPY requirements.txt wanted.txt", "/app/wanted.txt"),
        ("COPY requirements.txt /app", "/app/requirements.txt"),
        ("COPY requirements.txt /new", "/new"),
        ("COPY requirements.txt .env deep/", "/app/deep/requirements.txt"),
        ("COPY . /srv", "/srv/requirements.txt"),
        ("ARG TO=/srv\nCOPY requirements.txt $TO/", "/srv/requirements.txt"),
        ("ENV TO=/a\nENV TO=${TO}/b\nCOPY requirements.txt ${TO}/", "/a/b/requirements.txt"),
        ('COPY ["requirements.txt", "/x y/"]', "/x y/requirements.txt"),
        ("COPY requirements.txt /a/\nRUN mv /a/requirements.txt /b.txt", "/b.txt"),
        ("COPY requirements.txt /a/\nRUN cd / && cp -r a c && rm -r a", "/c/requirements.txt"),
    ],
)
def test_a_file_arrives_where_a_build_puts_it(line: str, path: str) -> None:
    assert where(built("WORKDIR /app", *line.splitlines()), "requirements.txt") == {path}


def test_a_folder_arrives_without_its_own_name() -> None:
    image = built("COPY src /app")
    assert set(image.files) == {"/app/app/__init__.py", "/app/app/deep/model.json"}


def test_excluded_files_get_into_no_layer() -> None:
    assert built("COPY --exclude=.env --exclude=**/*.json . /x").layers == {
        "requirements.txt",
        "src/app/__init__.py",
    }


def test_a_removed_file_stays_in_its_layer() -> None:
    image = built("COPY .env /x/", "RUN rm /x/.env")
    assert where(image, ".env") == set()
    assert image.layers == {".env"}


def test_a_layer_of_an_earlier_stage_is_none_of_the_last() -> None:
    image = built("COPY .env /x/", f"FROM {BASE}")
    assert (image.layers, image.all_layers) == (set(), {".env"})


@pytest.mark.parametrize(
    ("run", "place"),
    [
        ("pip install -r requirements.txt", SITE),
        ("pip3 install --no-cache-dir --requirement=/requirements.txt > /dev/null", SITE),
        ('["pip", "install", "-r", "requirements.txt"]', SITE),
        ("set -e; python -m pip install -rrequirements.txt", SITE),
        ("pip install --target /lib -r requirements.txt", "/lib"),
        ("pip install --prefix=/x -r requirements.txt", "/x/lib/python3.12/site-packages"),
        (
            "pip install --user -r requirements.txt",
            "/" + "root/.local/lib/python3.12/site-packages",
        ),
        (
            "python -m venv /v && /v/bin/pip install -r requirements.txt",
            "/v/lib/python3.12/site-packages",
        ),
        (
            "python -m venv v && . v/bin/activate && pip install -r requirements.txt",
            "/v/lib/python3.12/site-packages",
        ),
        ("pip install uv && uv pip install --system -r requirements.txt", SITE),
        ("sh -c 'pip wheel -r requirements.txt -w /w && pip install /w/*.whl'", SITE),
    ],
)
def test_packages_arrive_where_pip_puts_them(run: str, place: str) -> None:
    image = built("COPY requirements.txt /", f"RUN {run}")
    assert where(image, PACKAGES) == {f"{place}/packages"}
    assert image.installs == (2,)


@pytest.mark.parametrize("run", ["pip install pandas", "echo pip install -r requirements.txt"])
def test_what_installs_no_requirements_installs_no_packages(run: str) -> None:
    assert built("COPY requirements.txt /", f"RUN {run}").installs == ()


def test_a_bound_file_is_there_for_one_command_only() -> None:
    mount = "--mount=type=bind,source=requirements.txt,target=/r.txt"
    image = built(f"RUN {mount} pip install -r /r.txt")
    assert image.installs == (1,)
    assert image.layers == set()


def test_another_stage_gives_what_is_copied_from_it_and_nothing_else() -> None:
    first = ("COPY requirements.txt /", "RUN pip wheel -r requirements.txt -w /w")
    assert where(built(*first, f"FROM {BASE}"), WHEELS) == set()
    assert where(built(*first, f"FROM {BASE}", "COPY --from=0 /w /y"), WHEELS) == {
        "/y/packages.whl"
    }


@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        (["COPY nowhere /"], "missing-file"),
        (["RUN pip install -r requirements.txt"], "no-requirements"),
        (["COPY requirements.txt /a/", "RUN pip install -r r.txt"], "requirements-elsewhere"),
        (["RUN /v/bin/pip install x"], "no-program"),
        (["USER app", "RUN true"], "unknown-user"),
        (
            ["COPY requirements.txt /", "USER 7", "RUN pip install -r /requirements.txt"],
            "not-writable",
        ),
    ],
)
def test_a_build_that_stops_says_why(lines: list[str], kind: str) -> None:
    with pytest.raises(BuildError) as caught:
        built(*lines)
    assert caught.value.kind == kind


def test_a_user_with_a_home_may_install_there() -> None:
    lines = ("COPY requirements.txt /", "RUN useradd -m app", "USER app")
    image = built(*lines, "RUN pip install -r requirements.txt", 'CMD ["python"]')
    own = "/" + "home/app/.local/lib/python3.12/site-packages"
    assert where(image, PACKAGES) == {f"{own}/packages"}
    assert own in image.search_path


@pytest.mark.parametrize(
    ("lines", "uid"),
    [
        ([], 0),
        (["USER 00"], 0),
        (["USER ${U:-0}"], 0),
        (["USER $U"], 0),
        (["ARG U=0", "USER $U"], 0),
        (["ARG U=0", "ENV U=7", "USER $U"], 7),
        (["USER nobody:nogroup"], 65534),
        (["RUN useradd --uid 5 app", "USER app"], 5),
        (["USER app"], None),
        (["USER 7", f"FROM {BASE}"], 0),
    ],
)
def test_the_user_at_the_end(lines: list[str], uid: int | None) -> None:
    assert built(*lines).uid == uid


def test_an_arg_before_the_first_from_is_known_where_it_is_named_again() -> None:
    text = "ARG A=1\nFROM x:$A AS one\nUSER ${A:-2}\nFROM one\nARG A\nUSER $A\n"
    assert [one.arguments for one in expanded(parse(text)) if one.keyword in ("FROM", "USER")] == [
        "x:1 AS one", "2", "one", "1",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "command", "in_shell"),
    [
        (['CMD ["a", "b"]'], ("a", "b"), False),
        (["CMD a b"], ("a", "b"), True),
        (["CMD ['a']"], ("['a']",), True),
        (['ENTRYPOINT ["a"]', 'CMD ["b"]'], ("a", "b"), False),
        (['CMD ["b"]', "FROM 0", 'ENTRYPOINT ["a"]'], ("a",), False),
        (['ENTRYPOINT ["a"]', "ENTRYPOINT []", 'CMD ["b"]'], ("b",), False),
        ([], (), False),
    ],
)
def test_what_a_container_starts(lines: list[str], command: tuple, in_shell: bool) -> None:
    image = built(*lines)
    assert (image.command, image.in_shell) == (command, in_shell)


def test_python_looks_in_its_folder_then_in_pythonpath_then_where_packages_are() -> None:
    image = built("WORKDIR /app", "ENV PYTHONPATH=src:/more", "USER 7", 'CMD ["python"]')
    assert [path for path in image.search_path if ".local" not in path] == [
        "/app",
        "/app/src",
        "/more",
        SITE,
    ]
    assert built('CMD ["/v/bin/python"]').search_path == ()
    closed = built("WORKDIR /root", "USER 7", 'CMD ["python"]')
    assert "/root" not in closed.search_path


def test_a_file_without_a_base_builds_nothing() -> None:
    with pytest.raises(BuildError, match="which image"):
        dry_build(parse("ARG A=1\n"), CONTEXT)
