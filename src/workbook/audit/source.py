"""Python as text: parsed, never run. Says which functions there are and what they call."""

from __future__ import annotations

import ast
import gc
import json
import re
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from workbook.audit.read import File, Tree

__all__ = ["Call", "Function", "Source", "parse", "sources"]

ASSERTING = re.compile(r"(^|\.)(assert\w*|raises|warns|fail)$")
SKIPPING = re.compile(r"(^|\.)(skip|skipIf|skipUnless|skipif|xfail|expectedFailure)$")
SKIPPING_CALLS = re.compile(r"^pytest\.(skip|xfail)$|\.skipTest$")
#: What a module or class may say that switches its tests off.
SWITCHES = frozenset({"pytestmark", "__test__"})
#: Assertions of unittest that compare what they are given.
COMPARING = re.compile(r"(^|\.)assert(True|False|Equal|Equals|Is|AlmostEqual|_equal)$")
SWALLOWING = frozenset({"AssertionError", "Exception", "BaseException"})
#: Calls that only tell.
TELLING = frozenset({"print", "debug", "info", "warning", "error", "log"})
#: Longer names are cut off: patterns would take long on them.
LONGEST_NAME = 200
#: Names with so many dots in them that Python takes minutes to parse them, if they are imported.
CHAIN = re.compile(r"(?<![\w.])\w++(?:[\s\\]*+\.[\s\\]*+\w++){300}")
#: A body that only says that nothing is there yet.
EMPTY = (ast.Pass, ast.Raise)


@dataclass(frozen=True)
class Call:
    """A call: the dotted name with imports resolved, its line, its keywords, its texts.

    `target` is the name that its value is given, if it is given one. A keyword that is given `None`
    isn't among the keywords.
    """

    name: str
    line: int
    inside: str
    keywords: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    target: str = ""


@dataclass(frozen=True)
class Function:
    """A function or method that does something.

    `compares` says whether its body compares anything, `compared` what, `names` are all names and
    attributes in it, `called` those that it calls, `asserts` whether it can fail as a test,
    `skipped` whether it is marked not to run or out of a runner's reach, `raises` whether it may
    raise. What is `hollow` only prints, raises or returns a constant; what is `fixed` compares and
    comes to the same end anyway.
    """

    name: str
    line: int
    compares: bool
    asserts: bool
    skipped: bool
    returns: bool
    names: frozenset[str] = field(repr=False)
    compared: frozenset[str] = field(repr=False)
    called: frozenset[str] = field(repr=False)
    raises: bool = False
    hollow: bool = False
    fixed: bool = False


@dataclass
class Source:
    """One Python file or the code of one notebook. Lines of a notebook are numbers of cells."""

    file: File
    unit: str = "line"
    calls: list[Call] = field(default_factory=list)
    functions: list[Function] = field(default_factory=list)
    bases: list[tuple[str, str, int]] = field(default_factory=list)
    decorators: list[tuple[str, int]] = field(default_factory=list)
    imports: dict[str, str] = field(default_factory=dict)
    import_lines: dict[str, int] = field(default_factory=dict)
    #: What is imported outside `try`: the file can't run without it.
    needed: set[str] = field(default_factory=set)
    #: Whether it imports a module of its own repository that isn't there.
    broken: bool = False
    #: Names that are read or imported anywhere, and functions that a framework calls.
    used: set[str] = field(default_factory=set)

    @cached_property
    def is_test(self) -> bool:
        """Whether a test runner would collect it."""
        name = self.file.name
        is_named = name.startswith("test_") or name.endswith("_test.py") or name == "tests.py"
        return name.endswith(".py") and is_named

    @cached_property
    def tests(self) -> tuple[Function, ...]:
        """The tests that can fail, aren't skipped, and don't lack a module of the repository."""
        return tuple(
            function
            for function in self.functions
            if self.is_test
            and not self.broken
            and function.name.startswith("test")
            and function.asserts
            and not function.skipped
        )


def sources(tree: Tree) -> list[Source]:
    """Parse every Python file and notebook of a tree; what isn't Python gives no evidence."""
    # A syntax tree is a hundred thousand objects without cycles: collecting among them is waste.
    collects = gc.isenabled()
    gc.disable()
    try:
        found = [source for file in tree.files if (source := _source(file)) is not None]
    finally:
        if collects:
            gc.enable()
    for source in found:
        # `a.b.c` may be the name `c` in the module `a.b`; of `a.b` alone the same can't be told.
        source.broken = any(name.count(".") > 1 and tree.lacks(name) for name in source.needed)
    return found


def _source(file: File) -> Source | None:
    if file.suffix == ".py":
        return parse(file, [(file.text, 0)])
    if file.suffix == ".ipynb":
        return parse(file, list(_cells(file)), unit="cell")
    return None


def parse(file: File, pieces: list[tuple[str, int]], unit: str = "line") -> Source | None:
    """Parse pieces of code, each with the number of its cell (0 where lines are counted)."""
    source = Source(file, unit)
    parsed_any = False
    for text, cell in pieces:
        if CHAIN.search(text):
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                _collect(ast.parse(text), source, cell)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        parsed_any = True
    return source if parsed_any else None


def _cells(file: File) -> Iterator[tuple[str, int]]:
    try:
        cells = json.loads(file.text)["cells"]
        for number, cell in enumerate(cells, start=1):
            if cell.get("cell_type") == "code":
                text = cell.get("source", "")
                text = "".join(text) if isinstance(text, list) else str(text)
                yield re.sub(r"(?m)^([ \t]*)[%!].*$", r"\1pass", text), number
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return


@dataclass
class _Body:
    """What is gathered of one function while its module is walked."""

    node: ast.FunctionDef | ast.AsyncFunctionDef
    line: int
    outer: _Body | None
    names: set[str] = field(default_factory=set)
    compared: set[str] = field(default_factory=set)
    called: set[str] = field(default_factory=set)
    returned: set[str] = field(default_factory=set)
    #: The names that are given a value, each as often as it is, and those given a constant.
    stored: list[str] = field(default_factory=list)
    constants: set[str] = field(default_factory=set)
    #: The conditions and calls that may fail as assertions.
    checks: list[ast.expr] = field(default_factory=list)
    skipped: bool = False
    asserts: bool = False
    returns: bool = False
    compares: bool = False
    raises: bool = False
    acts: bool = False


#: Nodes that hold nothing to look at.
_PLAIN = (ast.expr_context, ast.operator, ast.unaryop, ast.cmpop, ast.boolop)
_ASSIGNING = (ast.Assign, ast.AnnAssign, ast.AugAssign)
_IMPORTS = (ast.Import, ast.ImportFrom)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
#: Statements after which nothing else of their block is run.
_ENDING = (ast.Return, ast.Raise, ast.Continue, ast.Break)
_YIELDING = (ast.Yield, ast.YieldFrom)
_Waiting = tuple[ast.AST, "_Body | None", bool]


def _collect(module: ast.Module, source: Source, cell: int) -> None:
    """Walk a module once, without recursion, leaving out what stands under `if False`."""
    waiting: list[_Waiting] = [(module, None, False)]
    calls: list[tuple[ast.Call, str]] = []
    bodies: list[_Body] = []
    targets: dict[int, str] = {}
    swallowed: set[int] = set()
    optional: set[int] = set()
    skipped = _switched_off(module)
    while waiting:
        node, body, comparing = waiting.pop()
        kind = type(node)
        if kind is ast.Name or kind is ast.Attribute:
            name = node.id if kind is ast.Name else node.attr  # type: ignore[attr-defined]
            source.used.add(name)
            _note_name(name, body, comparing)
            if body and type(node.ctx) is ast.Store:  # type: ignore[attr-defined]
                body.stored.append(name)
        elif kind is ast.Constant:
            _note_text(node, body, comparing)  # type: ignore[arg-type]
            continue
        elif kind is ast.Call:
            calls.append((node, body.node.name if body else ""))  # type: ignore[arg-type]
            if body:
                dotted = _dotted(node)
                body.called.add(dotted.rpartition(".")[2])
                if ASSERTING.search(dotted) and id(node) not in swallowed:
                    body.checks.append(node)  # type: ignore[arg-type]
        elif kind is ast.Compare and body:
            comparing = body.compares = True
        elif kind is ast.Return and body:
            body.returns = True
            body.returned.add(_constant(node.value))  # type: ignore[attr-defined]
        elif kind is ast.Raise and body:
            body.raises = True
        elif kind is ast.Assert and body:
            if id(node) not in swallowed:
                body.checks.append(node.test)  # type: ignore[attr-defined]
        elif kind in _ASSIGNING:
            _note_target(node, body, targets)  # type: ignore[arg-type]
        elif kind in _YIELDING and body:
            body.acts = True
        elif kind is ast.Try or kind is ast.With:
            swallowed |= _swallowed(node)  # type: ignore[arg-type]
            optional |= {id(part) for part in node.body if isinstance(part, _IMPORTS)}  # type: ignore[attr-defined]
        elif kind is ast.Import or kind is ast.ImportFrom:
            _note_imports(node, source, cell or node.lineno, id(node) in optional)  # type: ignore[arg-type, attr-defined]
            continue
        elif kind is ast.FunctionDef or kind is ast.AsyncFunctionDef:
            line = cell or node.lineno  # type: ignore[attr-defined]
            for decorator in node.decorator_list:  # type: ignore[attr-defined]
                source.decorators.append((_dotted(decorator), line))
                source.used.add(node.name)  # type: ignore[attr-defined]
            body = _Body(node, line, body, skipped=id(node) in skipped)  # type: ignore[arg-type]
            bodies.append(body)
        elif kind is ast.ClassDef:
            skipped |= _switched_off(node)  # type: ignore[arg-type]
            for base in node.bases:  # type: ignore[attr-defined]
                source.bases.append((node.name, _dotted(base), cell or node.lineno))  # type: ignore[attr-defined]
                source.used.update(getattr(part, "name", "") for part in node.body)  # type: ignore[attr-defined]
        elif kind is ast.Expr and type(node.value) is ast.Constant:  # type: ignore[attr-defined]
            continue
        elif kind is ast.If and type(node.test) is ast.Constant:  # type: ignore[attr-defined]
            kept = node.body if node.test.value else node.orelse  # type: ignore[attr-defined]
            waiting.extend((child, body, comparing) for child in kept)
            continue
        for part in node._fields:
            value = getattr(node, part, None)
            if isinstance(value, list):
                waiting.extend(
                    (child, body, comparing) for child in _live(value) if isinstance(child, ast.AST)
                )
            elif isinstance(value, ast.AST) and not isinstance(value, _PLAIN):
                waiting.append((value, body, comparing))
    source.calls += [
        _call(node, inside, source, cell, targets.get(id(node), "")) for node, inside in calls
    ]
    _finish(source, bodies)


def _finish(source: Source, bodies: list[_Body]) -> None:
    for body in reversed(bodies):
        times = Counter(body.stored)
        once = {name for name in body.constants if times[name] == 1}
        body.asserts = body.asserts or any(_can_fail(check, once) for check in body.checks)
        source.functions.append(_function(body))
        if body.outer:
            body.outer.names |= body.names
            body.outer.compared |= body.compared
            body.outer.called |= body.called
            body.outer.stored += body.stored
            body.outer.compares |= body.compares
            body.outer.asserts |= body.asserts
            body.outer.raises |= body.raises
            body.outer.acts |= body.acts
    source.functions.sort(key=lambda function: function.line)
    source.calls.sort(key=lambda call: (call.line, call.name))
    source.bases = [(name, _resolve(base, source), at) for name, base, at in source.bases]
    source.decorators = [(_resolve(name, source), at) for name, at in source.decorators]


def _note_name(name: str, body: _Body | None, comparing: bool) -> None:
    if body:
        body.names.add(name)
        if comparing:
            body.compared.add(name)


def _note_text(node: ast.Constant, body: _Body | None, comparing: bool) -> None:
    if body and comparing and isinstance(node.value, str):
        body.compared.add(node.value[:80])


def _note_target(
    node: ast.Assign | ast.AnnAssign | ast.AugAssign, body: _Body | None, targets: dict[int, str]
) -> None:
    """Note which name a call's value gets, and whether a function changes something outside."""
    places: Sequence[ast.expr] = node.targets if isinstance(node, ast.Assign) else [node.target]
    if body and any(isinstance(place, ast.Attribute | ast.Subscript) for place in places):
        body.acts = True
    if body and isinstance(node.value, ast.Constant):
        body.constants |= {place.id for place in places if isinstance(place, ast.Name)}
    if isinstance(node.value, ast.Call):
        targets[id(node.value)] = _dotted(places[0]).rpartition(".")[2]


def _constant(value: ast.expr | None) -> str:
    """Return a text for what is always the same, and none for what isn't."""
    if value is None:
        return "None"
    ends: list[ast.expr] = []
    while isinstance(value, ast.IfExp):
        ends.append(value.body)
        value = value.orelse
    texts = {repr(e.value) if isinstance(e, ast.Constant) else "" for e in (*ends, value)}
    return texts.pop() if len(texts) == 1 else ""


def _live(block: list[ast.stmt]) -> list[ast.stmt]:
    """Leave out what stands after a statement that ends its block."""
    for at, part in enumerate(block, start=1):
        if isinstance(part, _ENDING):
            return block[:at]
    return block


def _switched_off(node: ast.Module | ast.ClassDef) -> set[int]:
    """Return the functions of a module or class whose tests are all skipped."""
    decorators = getattr(node, "decorator_list", [])
    if not any(map(_skips, decorators)) and not any(map(_switches_off, _live(node.body))):
        return set()
    return {id(part) for part in ast.walk(node) if isinstance(part, _FUNCTIONS)}


def _switches_off(part: ast.stmt) -> bool:
    """Tell whether a statement skips all tests around it."""
    if isinstance(part, ast.Assign) and SWITCHES & {_dotted(place) for place in part.targets}:
        marks = part.value.elts if isinstance(part.value, ast.List | ast.Tuple) else [part.value]
        return any(_skips(mark) or getattr(mark, "value", None) is False for mark in marks)
    return isinstance(part, ast.Expr) and SKIPPING_CALLS.search(_dotted(part.value)) is not None


def _skips(mark: ast.expr) -> bool:
    """Tell whether a mark always skips; one with a condition does if that is a constant."""
    match = SKIPPING.search(_dotted(mark))
    if not match or match[2] in ("skip", "expectedFailure"):
        return match is not None
    words = mark.keywords if isinstance(mark, ast.Call) else []
    given = mark.args if isinstance(mark, ast.Call) else []
    conditions = [*given[:1], *(word.value for word in words if word.arg == "condition")]
    if not conditions or not isinstance(conditions[0], ast.Constant):
        return not conditions
    # pytest evaluates a text.
    value = conditions[0].value
    holds = value in ("True", "1") if isinstance(value, str) else bool(value)
    return holds != (match[2] == "skipUnless")


def _swallowed(node: ast.Try | ast.With) -> set[int]:
    """Return the nodes that may fail as assertions while the failure is thrown away."""
    if isinstance(node, ast.Try):
        thrown_away = any(
            (handler.type is None or _words(handler.type) & SWALLOWING)
            and not any(_passes_on(part) for part in ast.walk(handler))
            for handler in node.handlers
        )
    else:
        thrown_away = any(
            _dotted(item.context_expr).endswith("suppress")
            and _words(item.context_expr) & SWALLOWING
            for item in node.items
        )
    if not thrown_away:
        return set()
    return {id(inner) for part in node.body for inner in ast.walk(part)}


def _passes_on(node: ast.AST) -> bool:
    is_call = isinstance(node, ast.Call) and bool(ASSERTING.search(_dotted(node)))
    return is_call or isinstance(node, ast.Raise | ast.Assert)


def _words(node: ast.AST) -> set[str]:
    return {getattr(part, "id", getattr(part, "attr", "")) for part in ast.walk(node)}


def _can_fail(check: ast.expr, constants: set[str]) -> bool:
    """Tell whether an assertion depends on anything; some names are known to be constants."""
    match = COMPARING.search(_dotted(check)) if isinstance(check, ast.Call) else None
    if not isinstance(check, ast.Call):
        return not _is_settled(check, constants)
    if not match:
        return True
    if match[2] in ("True", "False"):
        return not check.args or not _is_settled(check.args[0], constants)
    if len(check.args) < 2:
        return True
    first, second = check.args[:2]
    both = ast.Compare(left=first, ops=[ast.Eq()], comparators=[second])
    return not _is_settled(both, constants)


def _is_settled(test: ast.expr, constants: set[str]) -> bool:
    """Tell whether a condition holds whatever the code does: constants, a value and itself."""
    if isinstance(test, ast.BoolOp):
        settled = [_is_settled(value, constants) for value in test.values]
        return any(settled) if isinstance(test.op, ast.Or) else all(settled)
    parts = list(ast.walk(test))
    calls = any(isinstance(part, ast.Call) for part in parts)
    if isinstance(test, ast.Compare) and not calls:
        first = _shape(test.left)
        if all(_shape(side) == first for side in test.comparators):
            return True
    if isinstance(test, ast.Tuple) and test.elts:
        return True
    return not calls and {part.id for part in parts if isinstance(part, ast.Name)} <= constants


def _shape(node: ast.expr) -> list[tuple[str, str, str, str]]:
    """Return what distinguishes one expression from another, without recursion."""
    return [
        (
            type(part).__name__,
            getattr(part, "id", ""),
            getattr(part, "attr", ""),
            _constant(part) if isinstance(part, ast.Constant) else "",
        )
        for part in ast.walk(node)
    ]


def _note_imports(
    node: ast.Import | ast.ImportFrom, source: Source, line: int, optional: bool
) -> None:
    for alias in node.names:
        if isinstance(node, ast.Import):
            local = alias.asname or alias.name.partition(".")[0]
            whole = alias.name if alias.asname else local
            full = alias.name
        else:
            local = alias.asname or alias.name
            whole = full = f"{'.' * node.level}{node.module or ''}.{alias.name}".lstrip(".")
        full = full[:LONGEST_NAME]
        source.imports[local] = whole[:LONGEST_NAME]
        source.used.add(alias.name)
        source.import_lines.setdefault(full, line)
        if not optional and not getattr(node, "level", 0):
            source.needed.add(full)


def _dotted(node: ast.AST) -> str:
    parts: list[str] = []
    while True:
        if isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        elif isinstance(node, ast.Subscript):
            node = node.value
        else:
            break
    parts.append(node.id if isinstance(node, ast.Name) else "")
    return ".".join(reversed(parts[-20:]))[:LONGEST_NAME]


def _resolve(dotted: str, source: Source) -> str:
    first, dot, rest = dotted.partition(".")
    return (source.imports.get(first, first) + dot + rest)[:LONGEST_NAME]


def _call(node: ast.Call, inside: str, source: Source, cell: int, target: str) -> Call:
    texts = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    keywords = tuple(w.arg[:LONGEST_NAME] for w in node.keywords if w.arg and not _is_none(w.value))
    name = _resolve(_dotted(node.func), source)
    return Call(name, cell or node.lineno, inside, keywords, tuple(t[:200] for t in texts), target)


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _function(body: _Body) -> Function:
    node = body.node
    hollow = all(map(_is_idle, node.body))
    says_so = any(
        isinstance(part, ast.Expr) and SKIPPING_CALLS.search(_dotted(part.value))
        for part in _live(node.body)
    )
    # No runner looks for tests inside of a function.
    skipped = says_so or body.skipped or body.outer is not None
    return Function(
        name=node.name[:LONGEST_NAME],
        line=body.line,
        compares=body.compares and not hollow,
        asserts=body.asserts,
        skipped=skipped or any(map(_skips, node.decorator_list)),
        returns=body.returns,
        names=frozenset() if hollow else frozenset(body.names),
        compared=frozenset(body.compared),
        called=frozenset(body.called),
        raises=body.raises,
        hollow=hollow,
        fixed=_is_fixed(body),
    )


def _is_idle(part: ast.stmt) -> bool:
    """Tell whether a statement only says, prints, raises or returns what is always the same."""
    if isinstance(part, ast.Return):
        return bool(_constant(part.value))
    if isinstance(part, ast.Expr) and isinstance(part.value, ast.Call):
        return _dotted(part.value).rpartition(".")[2] in TELLING
    return isinstance(part, EMPTY) or _is_text(part)


def _is_fixed(body: _Body) -> bool:
    """Tell whether a function comes to the same end, whatever it compares."""
    if body.raises or body.asserts or body.acts:
        return False
    values = body.returned - {"None"}
    if not values:
        return body.called <= TELLING
    return values == body.returned and len(values) == 1 and "" not in values and _ends(body.node)


def _ends(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Tell whether each way through a function ends at a `return` of its own."""
    waiting = [node.body]
    while waiting:
        block = waiting.pop()
        last = block[-1] if block else None
        if isinstance(last, ast.If):
            waiting += [last.body, last.orelse]
        elif isinstance(last, ast.With):
            waiting.append(last.body)
        elif not isinstance(last, ast.Return | ast.Raise):
            return False
    return True


def _is_text(part: ast.stmt) -> bool:
    """Tell whether a statement is a docstring or a bare `...`."""
    return isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant)
