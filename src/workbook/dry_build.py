"""Follow a Containerfile without an engine: what is where in the last stage, and what it starts.

`COPY`, `WORKDIR`, `ENV`, `ARG` and `USER` act as in a build. Of `RUN` it follows what decides
whether a Python service starts: pip and uv, virtual environments, users, and files that are
copied, moved or removed. All other commands are taken to work and to change nothing.
"""

import copy
import json
import posixpath
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from flightline.containers import (
    PATH,
    Instruction,
    below,
    expand,
    expanded,
    is_excluded,
    mounts,
    options,
    paths,
    variables,
)

#: What stands in an image for the packages of a requirements file, for their wheels, and for the
#: interpreter of a virtual environment.
PACKAGES, WHEELS, PYTHON = "<packages>", "<wheels>", "<python>"
REQUIREMENTS = "requirements.txt"
#: The users of Debian's base system and their home folders.
DEBIAN = {
    "root": (0, "/root"),
    "daemon": (1, "/usr/sbin"),
    "bin": (2, "/bin"),
    "sys": (3, "/dev"),
    "sync": (4, "/bin"),
    "games": (5, "/usr/games"),
    "man": (6, "/var/cache/man"),
    "lp": (7, "/var/spool/lpd"),
    "mail": (8, "/var/mail"),
    "news": (9, "/var/spool/news"),
    "uucp": (10, "/var/spool/uucp"),
    "proxy": (13, "/bin"),
    "www-data": (33, "/var/www"),
    "backup": (34, "/var/backups"),
    "list": (38, "/var/list"),
    "irc": (39, "/run/ircd"),
    "_apt": (42, "/nonexistent"),
    "nobody": (65534, "/nonexistent"),
}
FOLDERS = ("/", "/bin", "/etc", "/home", "/mnt", "/opt", "/root", "/run", "/srv", "/tmp", "/usr",
           "/usr/local", "/usr/local/bin", "/usr/local/lib", "/var", "/var/www")  # fmt: skip
TAKES_VALUE = {
    "pip": {"-r": "requirement", "-t": "target", "-c": "constraint", "-w": "wheel-dir",
            "-d": "dest", "-f": "find-links", "-i": "index-url", "-e": "editable", "-p": "python",
            "--extra-index-url": "extra-index-url", "--root": "root", "--prefix": "prefix",
            "--cache-dir": "cache-dir", "--timeout": "timeout", "--retries": "retries",
            "--requirements": "requirement", "--progress-bar": "progress-bar"},
    "user": {"-u": "uid", "-g": "gid", "-G": "groups", "-s": "shell", "-d": "home-dir",
             "-c": "comment", "-b": "base-dir", "-k": "skel", "--home": "home-dir",
             "--ingroup": "ingroup", "--gecos": "gecos"},
    "install": {"-o": "owner", "-g": "group", "-m": "mode"},
}  # fmt: skip


class BuildError(ValueError):
    """A build that stops; `kind` names why, for who has to tell the reasons apart."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True)
class Image:
    """What the last stage of a build is.

    Attributes
    ----------
    base
        The image that its first parent starts from.
    files
        For each path the file of the build context that it comes from, or what stands for it.
    layers, all_layers
        The files of the build context that some layer of this image, or of any stage, holds, be
        it hidden by a later one.
    command, in_shell
        What a container starts, and whether through a shell.
    user, uid
        As named; uid is None for a name that the image doesn't have.
    workdir
        Where the command starts.
    search_path
        Where Python looks for modules, in order; empty if the command starts no Python.
    installs
        The numbers of the instructions that install the packages or build their wheels.
    """

    base: str
    files: Mapping[str, str]
    layers: frozenset[str]
    all_layers: frozenset[str]
    command: tuple[str, ...]
    in_shell: bool
    user: str
    uid: int | None
    workdir: str
    search_path: tuple[str, ...]
    installs: tuple[int, ...]


def dry_build(instructions: Sequence[Instruction], context: Iterable[str]) -> Image:
    """Follow a Containerfile to its last stage.

    Parameters
    ----------
    instructions
        As parsed.
    context
        The paths of the files in the build context, with ``/``.

    Raises
    ------
    BuildError
        When the build would stop: ``missing-file``, ``no-requirements``, ``no-program``,
        ``not-writable``, ``unknown-user``, ``no-stage``.
    ValueError
        When quotes don't match.
    """
    files = {file: file for file in context}
    stages: dict[str, _Stage] = {}
    installs: list[int] = []
    all_layers: set[str] = set()
    stage: _Stage | None = None
    for at, one in enumerate(expanded(instructions)):
        if one.keyword == "FROM":
            words = _words(one)
            parent = stages.get(words[0].casefold())
            stage = parent.child() if parent else _Stage(base=words[0])
            stages[str(one.stage)] = stage
            if len(words) > 2:
                stages[words[2].casefold()] = stage
        elif stage is not None:
            if stage.follow(one, files, stages):
                installs.append(at)
            stage.layers |= set(stage.files.values()) & set(files)
            all_layers |= stage.layers
    if stage is None:
        raise BuildError("no-stage", "Nothing says which image to start from.")
    return stage.image(all_layers, installs)


def _words(one: Instruction) -> list[str]:
    return [word for word in one.arguments.split() if not word.startswith("--")]


@dataclass
class _User:
    uid: int
    home: str
    has_home: bool


@dataclass
class _Shell:
    """What one RUN knows: its variables and where it stands."""

    names: dict[str, str]
    folder: str


@dataclass
class _Stage:
    """A stage while it is built."""

    base: str
    files: dict[str, str] = field(default_factory=dict)
    folders: set[str] = field(default_factory=lambda: set(FOLDERS))
    environment: dict[str, str] = field(default_factory=lambda: {"PATH": PATH})
    arguments: dict[str, str] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    users: dict[str, _User] = field(
        default_factory=lambda: {
            name: _User(uid, home, name == "root") for name, (uid, home) in DEBIAN.items()
        }
    )
    layers: set[str] = field(default_factory=set)
    workdir: str = "/"
    user: str = "root"
    entrypoint: str = ""
    command: str = ""
    has_own_command: bool = False

    def child(self) -> "_Stage":
        """Return a stage that starts from this one."""
        stage = copy.deepcopy(self)
        stage.has_own_command = False
        return stage

    @property
    def packages(self) -> str:
        """Where pip puts packages, below the root of a Python."""
        found = re.search(r"python:(3\.\d+)", self.base)
        return f"lib/python{found[1] if found else '3.12'}/site-packages"

    # --- instructions ---

    def follow(
        self, one: Instruction, context: Mapping[str, str], stages: Mapping[str, "_Stage"]
    ) -> bool:
        """Take over what an instruction does; tell whether it installs the packages."""
        if one.keyword == "ARG":
            self.arguments |= variables(one.arguments)
        elif one.keyword == "ENV":
            self.environment |= variables(one.arguments)
        elif one.keyword == "WORKDIR":
            self.workdir = _absolute(one.arguments.strip("\"'"), self.workdir)
            self.folders.add(self.workdir)
        elif one.keyword == "USER":
            name = one.arguments.strip("\"'").split(":")[0].strip()
            self.user = name or "root"
        elif one.keyword == "ENTRYPOINT":
            self.entrypoint = "" if one.arguments == "[]" else one.arguments
            self.command = self.command if self.has_own_command else ""
        elif one.keyword == "CMD":
            self.command, self.has_own_command = one.arguments, True
        elif one.keyword in ("COPY", "ADD"):
            self._copy(one, context, stages)
        elif one.keyword == "RUN":
            return self._run(one, context, stages)
        return False

    def _copy(
        self, one: Instruction, context: Mapping[str, str], stages: Mapping[str, "_Stage"]
    ) -> None:
        flags = options(one)
        *sources, destination = paths(re.sub(r"^(?:--\S+\s+)*", "", one.arguments)) or [""]
        sources = [path for path in sources if "://" not in path]
        origin: Mapping[str, str] = context
        if "from" in flags:
            known = stages.get(flags["from"][0].casefold())
            origin = known.files if known else {}
        for path in sources:
            if "from" not in flags and not any(below(path, file) is not None for file in origin):
                raise BuildError("missing-file", f"`{one}`: the folder holds no `{path}`.")
        excluded = flags.get("exclude", [])
        self._place(origin, sources, destination, self.workdir, excluded, "parents" in flags)
        if "chown" in flags:
            self.owners[_absolute(destination, self.workdir)] = flags["chown"][0].split(":")[0]

    def _place(
        self,
        origin: Mapping[str, str],
        sources: Sequence[str],
        destination: str,
        folder: str,
        excluded: Sequence[str] = (),
        with_parents: bool = False,
    ) -> None:
        target = _absolute(destination, folder)
        is_folder = destination.endswith(("/", ".")) or len(sources) > 1 or target in self.folders
        for pattern in sources:
            for path, content in list(origin.items()):
                file = path.strip("/")
                inside = below(pattern, file)
                name = posixpath.basename(file)
                if inside is None or is_excluded(inside or name, excluded):
                    continue
                if with_parents:
                    inside, is_folder = file, True
                elif not inside and is_folder:
                    inside = name
                self._put(posixpath.join(target, inside) if inside else target, content)

    def _put(self, path: str, content: str) -> None:
        self.files[path] = content
        while path != "/":
            path = posixpath.dirname(path)
            self.folders.add(path)

    # --- commands of RUN ---

    def _run(
        self, one: Instruction, context: Mapping[str, str], stages: Mapping[str, "_Stage"]
    ) -> bool:
        mounted: set[str] = set()
        for mount in mounts(one):
            known = stages.get(mount.get("from", "").casefold())
            bound = known.files if known else {} if "from" in mount else context
            target = _absolute(mount.get("target", ""), self.workdir)
            for path, content in bound.items() if mount.get("type", "bind") == "bind" else ():
                inside = below(mount.get("source", "."), path.strip("/"))
                if inside is not None:
                    place = posixpath.join(target, inside) if inside else target
                    mounted |= set() if place in self.files else {place}
                    self.files[place] = content
        text = re.sub(r"^(?:--\S+\s+)*", "", one.arguments)
        self._require_user()
        names = {"HOME": self._home()} | self.arguments | self.environment
        shell = _Shell(names, self.workdir)
        exec_form = _exec_form(text)
        commands = [exec_form] if exec_form else list(_commands(text))
        # A list, since any() would skip what follows the first install.
        installs = any([self._command(words, shell, bool(exec_form)) for words in commands])
        for place in mounted:
            self.files.pop(place, None)
        return installs

    def _command(self, words: Sequence[str], shell: _Shell, is_plain: bool = False) -> bool:
        words = [word if is_plain else expand(word, shell.names) for word in words]
        while words and (re.match(r"\w+=", words[0]) or words[0] in ("exec", "sudo", "then")):
            shell.names |= variables(words[0]) if "=" in words[0] else {}
            words = words[1:]
        if not words:
            return False
        program, rest = posixpath.basename(words[0]), list(words[1:])
        if program in ("sh", "bash", "dash") and len(rest) > 1 and rest[0].endswith("c"):
            return any([self._command(inner, shell) for inner in _commands(rest[1])])
        if program == "cd" and rest:
            shell.folder = _absolute(rest[0], shell.folder)
        elif program == "export":
            for word in rest:
                shell.names |= variables(word) if "=" in word else {}
        elif words[0] in (".", "source") and rest and rest[0].endswith("/bin/activate"):
            root = _absolute(rest[0], shell.folder).removesuffix("/bin/activate")
            shell.names |= {"VIRTUAL_ENV": root, "PATH": f"{root}/bin:{shell.names['PATH']}"}
        elif program in ("useradd", "adduser"):
            self._add_user(program, rest)
        elif program in ("chown", "install", "mkdir", "cp", "mv", "rm"):
            self._file_command(program, rest, shell)
        elif program == "virtualenv" or (program == "uv" and rest[:1] == ["venv"]):
            self._make_environment(rest[program == "uv" :] or [".venv"], shell)
        elif re.fullmatch(r"python(3(\.\d+)?)?", program):
            return self._python(words[0], rest, shell)
        elif re.fullmatch(r"pip(3(\.\d+)?)?", program):
            return self._pip(rest, self._root(words[0], shell), shell)
        elif program == "uv" and rest[:1] == ["pip"]:
            return self._uv_pip(rest[1:], shell)
        return False

    def _python(self, program: str, rest: Sequence[str], shell: _Shell) -> bool:
        root = self._root(program, shell)
        if "-m" not in rest[:-1]:
            return False
        module, *rest = rest[rest.index("-m") + 1 :]
        if module in ("venv", "virtualenv"):
            self._make_environment(rest, shell)
        return module == "pip" and self._pip(rest, root, shell)

    def _root(self, program: str, shell: _Shell) -> str:
        """Return the root of the Python that a program belongs to, such as ``/usr/local``."""
        if "/" in program:
            folders = [posixpath.dirname(_absolute(program, shell.folder))]
        else:
            folders = shell.names.get("PATH", "").split(":")
        for folder in folders:
            if folder == "/usr/local/bin" or self.files.get(f"{folder}/python") == PYTHON:
                return posixpath.dirname(folder)
        raise BuildError("no-program", f"There is no `{program}` in the image at that point.")

    def _make_environment(self, rest: Sequence[str], shell: _Shell) -> None:
        for word in rest:
            if not word.startswith("-"):
                root = _absolute(word, shell.folder)
                self._require_writable(root)
                self._put(f"{root}/bin/python", PYTHON)

    def _uv_pip(self, rest: list[str], shell: _Shell) -> bool:
        flags, _ = _arguments(rest, "pip")
        nearest = posixpath.join(shell.folder, ".venv")
        if "system" in flags or shell.names.get("UV_SYSTEM_PYTHON"):
            root = "/usr/local"
        elif "python" in flags:
            path = _absolute(flags["python"][-1], shell.folder)
            is_program = "/bin/python" in path
            root = path.partition("/bin/python")[0] if is_program else path
        else:
            root = shell.names.get("VIRTUAL_ENV", nearest)
        if root != "/usr/local" and f"{root}/bin/python" not in self.files:
            raise BuildError(
                "no-program", "`uv pip` finds no virtual environment there; `--system` needs none."
            )
        if rest[:1] == ["sync"]:
            rest = ["install", "--requirement", *rest[1:]]
        return self._pip(rest, root, shell)

    def _pip(self, rest: Sequence[str], root: str, shell: _Shell) -> bool:
        flags, words = _arguments(rest, "pip")
        action = words[0] if words else ""
        if action not in ("install", "wheel", "download"):
            return False
        wanted = False
        for name in flags.get("requirement", []):
            path = _absolute(name, shell.folder)
            if path not in self.files:
                elsewhere = [at for at, file in self.files.items() if file == REQUIREMENTS]
                where = f"the file is at `{elsewhere[0]}`" if elsewhere else "no such file is there"
                raise BuildError(
                    "requirements-elsewhere" if elsewhere else "no-requirements",
                    f"pip looks for `{path}`, and at that point {where}. The build stops.",
                )
            wanted = wanted or self.files[path] == REQUIREMENTS
        wheels = [path for path, content in self.files.items() if content == WHEELS]
        for word in words[1:]:
            given = _absolute(word, shell.folder)
            folder = posixpath.dirname(given)
            wanted = wanted or any(posixpath.dirname(path) in (given, folder) for path in wheels)
        if not wanted:
            return False
        if action != "install":
            kind = "wheel-dir" if action == "wheel" else "dest"
            folder = flags.get(kind, flags.get("wheel-dir", ["."]))[-1]
            self._put(posixpath.join(_absolute(folder, shell.folder), "packages.whl"), WHEELS)
            return True
        self._put(posixpath.join(self._site(flags, root, shell), "packages"), PACKAGES)
        return True

    def _site(self, flags: Mapping[str, list[str]], root: str, shell: _Shell) -> str:
        """Return the folder that pip installs into."""
        own = shell.names.get("PYTHONUSERBASE", posixpath.join(shell.names["HOME"], ".local"))
        if "target" in flags:
            site = _absolute(flags["target"][-1], shell.folder)
        elif "prefix" in flags:
            site = posixpath.join(_absolute(flags["prefix"][-1], shell.folder), self.packages)
        elif "root" in flags:
            top = _absolute(flags["root"][-1], shell.folder)
            site = posixpath.join(f"{top.rstrip('/')}{root}", self.packages)
        elif "user" in flags or (root == "/usr/local" and not self._is_writable(root)):
            # What a user may not write goes into the user's own folder, as pip does it.
            site = posixpath.join(own, self.packages)
        else:
            site = posixpath.join(root, self.packages)
        self._require_writable(site)
        return site

    def _add_user(self, program: str, rest: Sequence[str]) -> None:
        flags, words = _arguments(rest, "user")
        if not words:
            return
        is_system = program == "adduser" and "system" in flags
        home = flags.get("home-dir", ["/nonexistent" if is_system else f"/home/{words[0]}"])[-1]
        if program == "useradd":
            has_home = any(flag in flags for flag in ("create-home", "m", "rm", "mr"))
        else:
            has_home = "no-create-home" not in flags and home != "/nonexistent"
        given = flags.get("uid", [""])[-1]
        uid = int(given) if given.isdecimal() else 1000 + len(self.users)
        self.users[words[0]] = _User(uid, home, has_home)
        if has_home:
            self.folders.add(home)

    def _file_command(self, program: str, rest: Sequence[str], shell: _Shell) -> None:
        flags, words = _arguments(rest, "install")
        full = [_absolute(word, shell.folder) for word in words]
        if program == "chown":
            self.owners |= {path: words[0].split(":")[0] for path in full[1:]}
        elif program == "install" and "d" in flags:
            self.folders |= set(full)
            self.owners |= {path: flags["owner"][-1] for path in full if "owner" in flags}
        elif program == "mkdir":
            self.folders |= set(full)
            if self._uid() != 0:
                self.owners |= {path: self.user for path in full if self._is_writable(path)}
        elif program == "rm":
            for path in [at for at in self.files if _any_below(full, at)]:
                del self.files[path]
        elif len(full) > 1 and program in ("cp", "mv"):
            self._copy_inside(words[:-1], words[-1], shell)
            gone = [at for at in self.files if program == "mv" and _any_below(full[:-1], at)]
            for path in gone:
                del self.files[path]

    def _copy_inside(self, sources: Sequence[str], destination: str, shell: _Shell) -> None:
        """Copy as cp does: unlike COPY it keeps a folder's name if the target exists."""
        target = _absolute(destination, shell.folder)
        for word in sources:
            source = _absolute(word, shell.folder)
            keeps_name = source in self.folders and target in self.folders
            place = destination
            if keeps_name and not word.endswith("/."):
                place = posixpath.join(target, posixpath.basename(source))
            self._place(dict(self.files), [source], place, shell.folder)

    # --- users and rights ---

    def _uid(self) -> int | None:
        if re.fullmatch(r"\+?\d+", self.user):
            return int(self.user)
        return self.users[self.user].uid if self.user in self.users else None

    def _account(self) -> _User | None:
        uid = self._uid()
        return next((one for one in self.users.values() if one.uid == uid), None)

    def _home(self) -> str:
        account = self._account()
        return self.environment.get("HOME", account.home if account else "/")

    def _require_user(self) -> None:
        if self._uid() is None:
            raise BuildError(
                "unknown-user",
                f"There is no user `{self.user}` in the image, so nothing can run as that user.",
            )

    def _is_writable(self, path: str) -> bool:
        account = self._account()
        if self._uid() == 0 or _any_below(["/tmp"], path):
            return True
        if account and account.has_home and _any_below([account.home], path):
            return True
        own = {name for name, user in self.users.items() if user.uid == self._uid()}
        own |= {str(self._uid())}
        return _any_below([at for at, owner in self.owners.items() if owner in own], path)

    def _require_writable(self, path: str) -> None:
        if not self._is_writable(path):
            raise BuildError(
                "not-writable",
                f"The packages are installed as user `{self.user}`, who may not write where they "
                f"would go, to `{path}`.",
            )

    # --- the result ---

    def image(self, all_layers: set[str], installs: Sequence[int]) -> Image:
        """Return what this stage is when it is done."""
        entrypoint, command = _exec_form(self.entrypoint), _exec_form(self.command)
        in_shell = bool(self.entrypoint or self.command) and not (
            entrypoint if self.entrypoint else command
        )
        if in_shell:
            words = (self.entrypoint or self.command).split()
        else:
            words = [*(entrypoint or []), *(command or [])]
        return Image(
            base=self.base,
            files=dict(self.files),
            layers=frozenset(self.layers),
            all_layers=frozenset(all_layers),
            command=tuple(words),
            in_shell=in_shell,
            user=self.user,
            uid=self._uid(),
            workdir=self.workdir,
            search_path=tuple(self._search_path(words)),
            installs=tuple(installs),
        )

    def _search_path(self, words: Sequence[str]) -> Iterator[str]:
        shell = _Shell({"HOME": self._home()} | self.environment, self.workdir)
        try:
            root = self._root(words[0], shell) if words else ""
        except BuildError:
            root = ""
        if not root:
            return
        named = [path for path in shell.names.get("PYTHONPATH", "").split(":") if path]
        found = [self.workdir, *(_absolute(path, self.workdir) for path in named)]
        if root == "/usr/local":
            own = shell.names.get("PYTHONUSERBASE", posixpath.join(shell.names["HOME"], ".local"))
            found.append(posixpath.join(own, self.packages))
        found.append(posixpath.join(root, self.packages))
        # Debian closes root's home folder to everybody else.
        yield from (at for at in found if self._uid() == 0 or not _any_below(["/root"], at))


def _absolute(path: str, folder: str) -> str:
    joined = posixpath.normpath(posixpath.join(folder, path))
    return "/" + joined.lstrip("/")


def _any_below(folders: Iterable[str], path: str) -> bool:
    return any(below(folder, path.strip("/")) is not None for folder in folders if folder != "/")


def _exec_form(arguments: str) -> list[str]:
    """Return the words of an exec form; an empty list for what a shell will read."""
    try:
        words = json.loads(arguments)
    except ValueError:
        return []
    is_list = isinstance(words, list) and all(isinstance(word, str) for word in words)
    return words if is_list else []


def _commands(text: str) -> Iterator[list[str]]:
    """Split what a shell reads into simple commands, without what is redirected."""
    lexer = shlex.shlex(text, posix=True, punctuation_chars="&|;()<>")
    lexer.whitespace_split = True
    lexer.commenters = ""
    words: list[str] = []
    skips = False
    for token in lexer:
        if skips:
            skips = False
        elif set(token) <= set("<>&") and set(token) & set("<>"):
            skips = True
        elif set(token) <= set("&|;()"):
            yield words
            words = []
        else:
            words.append(token)
    yield words


def _arguments(rest: Sequence[str], program: str) -> tuple[dict[str, list[str]], list[str]]:
    """Tell the options of a command, by their long names, from its other words."""
    takes = TAKES_VALUE[program]
    long = set(takes.values())
    flags: dict[str, list[str]] = {}
    words: list[str] = []
    left = list(rest)
    while left:
        word = left.pop(0)
        name, equals, value = word.partition("=")
        plain = name.lstrip("-")
        if not word.startswith("-"):
            words.append(word)
        elif equals:
            flags.setdefault(takes.get(name, plain), []).append(value)
        elif word in takes or (word.startswith("--") and plain in long):
            flags.setdefault(takes.get(word, plain), []).append(left.pop(0) if left else "")
        elif not word.startswith("--") and word[:2] in takes and len(word) > 2:
            flags.setdefault(takes[word[:2]], []).append(word[2:])
        else:
            flags.setdefault(plain, []).append("")
    return flags, words
