"""Chapter 14."""

import ast
import contextlib
import re
from itertools import chain, combinations

LEVELS = {"google": 1, "microsoft": 0, "aws": 1, "ml_test_score": 0.5}


# 14.2
def required(items):
    return [item for item in items if not item["optional"]]


def by_missing(items, held):
    missing = [item["level"] for item in required(items) if item["key"] not in held]
    top = max((item["level"] for item in items), default=0)
    return min(missing) - 1 if missing else top


def upwards(items, held):
    level = 0
    for step in range(1, max(item["level"] for item in items) + 1):
        wanted = {i["key"] for i in required(items) if i["level"] == step}
        if not wanted <= set(held):
            break
        level = step
    return level


def all_levels(items, held):
    complete = [
        all(i["key"] in held for i in required(items) if i["level"] <= level)
        for level in range(1, max(i["level"] for i in items) + 1)
    ]
    return sum(complete)


def with_optional(items, held):
    missing = [item["level"] for item in items if item["key"] not in held]
    return min(missing) - 1 if missing else max(item["level"] for item in items)


def lowest_gap(items, held):
    missing = [item["level"] for item in required(items) if item["key"] not in held]
    return min(missing) if missing else max(item["level"] for item in items)


def highest_complete(items, held):
    levels = {item["level"] for item in items}
    complete = [
        level
        for level in levels
        if all(i["key"] in held for i in required(items) if i["level"] == level)
    ]
    return max(complete, default=0)


def highest_held(items, held):
    return max((i["level"] for i in items if i["key"] in held), default=0)


def mostly(items, held):
    level = 0
    for step in range(1, max(item["level"] for item in items) + 1):
        wanted = [i["key"] in held for i in required(items) if i["level"] == step]
        if not wanted or sum(wanted) / len(wanted) < 0.5:
            break
        if level == step - 1 and (step > 1 or all(wanted)):
            level = step
    return level


def stops_at_empty_level(items, held):
    level = 0
    for step in range(1, max(item["level"] for item in items) + 1):
        wanted = [i["key"] in held for i in required(items) if i["level"] == step]
        if not wanted or not all(wanted):
            break
        level = step
    return level


def level_that_has_items(items, held):
    missing = [item["level"] for item in required(items) if item["key"] not in held]
    if not missing:
        return max(item["level"] for item in items)
    return max((i["level"] for i in items if i["level"] < min(missing)), default=0)


def top_of_required(items, held):
    missing = [item["level"] for item in required(items) if item["key"] not in held]
    return min(missing) - 1 if missing else max(item["level"] for item in required(items))


def top_of_held(items, held):
    missing = [item["level"] for item in required(items) if item["key"] not in held]
    if missing:
        return min(missing) - 1
    return max((item["level"] for item in items if item["key"] in held), default=0)


def assumes_order(items, held):
    for item in required(items):
        if item["key"] not in held and item["level"] > 1 and not held:
            return item["level"] - 1
    return by_missing(items, held)


def never_the_top(items, held):
    missing = [item["level"] for item in required(items) if item["key"] not in held]
    return min(missing) - 1 if missing else max(item["level"] for item in items) - 1


def level_of_the_last(items, held):
    missing = [item["level"] for item in required(items) if item["key"] not in held]
    return min(missing) - 1 if missing else items[-1]["level"]


def sorts_in_place(items, held):
    items.sort(key=lambda item: item["level"])
    missing = [item["level"] for item in required(items) if item["key"] not in held]
    return min(missing) - 1 if missing else items[-1]["level"]


def adds_to_held(items, held):
    held.extend(item["key"] for item in items if item["optional"])
    return by_missing(items, held)


def sorted_by_level(items, held):
    ordered = sorted(items, key=lambda item: item["level"])
    for item in ordered:
        if not item["optional"] and item["key"] not in held:
            return item["level"] - 1
    return ordered[-1]["level"]


# 14.3
def package(line):
    match = re.match(r"[A-Za-z0-9._-]+", line.strip())
    return match[0].lower().replace("_", "-") if match else ""


def bought(lines, tools, evidence):
    named = {package(line) for line in lines}
    return [t for t in tools if t in named and not any(evidence.get(r) for r in tools[t])]


def bought_by_splitting(lines, tools, evidence):
    found = set()
    for line in lines:
        name = line.split("#")[0].strip()
        for sign in "[=<>~!;@ ":
            name = name.split(sign)[0]
        name = name.strip().lower().replace("_", "-")
        if name in tools and sum(len(evidence.get(rule, [])) for rule in tools[name]) == 0:
            found.add(name)
    return found


def in_use(lines, tools, evidence):
    named = {package(line) for line in lines}
    return [t for t in tools if t in named and any(evidence.get(r) for r in tools[t])]


def needs_every_use(lines, tools, evidence):
    named = {package(line) for line in lines}
    return [t for t in tools if t in named and not all(evidence.get(r) for r in tools[t])]


def only_empty_lists(lines, tools, evidence):
    named = {package(line) for line in lines}
    return [
        t
        for t in tools
        if t in named
        and any(r in evidence for r in tools[t])
        and not any(evidence.get(r) for r in tools[t])
    ]


def a_key_is_enough(lines, tools, evidence):
    named = {package(line) for line in lines}
    return [t for t in tools if t in named and not any(r in evidence for r in tools[t])]


def first_kind_only(lines, tools, evidence):
    named = {package(line) for line in lines}
    return [t for t in tools if t in named and not evidence.get(tools[t][0])]


def deletes_tools(lines, tools, evidence):
    named = {package(line) for line in lines}
    for tool, kinds in list(tools.items()):
        if tool not in named or any(evidence.get(kind) for kind in kinds):
            del tools[tool]
    return list(tools)


def adds_kinds(lines, tools, evidence):
    named = {package(line) for line in lines}
    return [
        tool
        for tool in tools
        if tool in named and not any([evidence.setdefault(kind, []) for kind in tools[tool]])
    ]


def begins_with_the_tool(lines, tools, evidence):
    return [
        tool
        for tool in tools
        if any(package(line).startswith(tool) for line in lines)
        and not any(evidence.get(kind) for kind in tools[tool])
    ]


def few_signs(signs):
    def answer(lines, tools, evidence):
        named = {re.split(signs, line)[0].lower().replace("_", "-") for line in lines}
        return [t for t in tools if t in named and not any(evidence.get(r) for r in tools[t])]

    return answer


def one_for_each_line(lines, tools, evidence):
    named = [package(line) for line in lines]
    return [n for n in named if n in tools and not any(evidence.get(r) for r in tools[n])]


def plain_names(lines, tools, evidence):
    return [t for t in tools if t in lines and not any(evidence.get(r) for r in tools[t])]


def without_versions(lines, tools, evidence):
    return plain_names([re.split(r"\s*[=<>~!]", line)[0] for line in lines], tools, evidence)


def without_extras(lines, tools, evidence):
    return plain_names([re.split(r"\s*[\[=<>~!]", line)[0] for line in lines], tools, evidence)


def anywhere_in_the_line(lines, tools, evidence):
    text = "\n".join(lines).lower().replace("_", "-")
    return [t for t in tools if t in text and not any(evidence.get(r) for r in tools[t])]


# 14.5
def best(missing, days):
    lists = [set(lacking) for lacking in missing.values() if lacking]
    groups = chain.from_iterable(combinations(lists, n) for n in range(1, len(lists) + 1))
    sets = {frozenset().union(*group) for group in groups}

    def rank(steps):
        moved = sum(lacking <= steps for lacking in lists)
        cost = sum(days[step] for step in steps)
        return -moved / cost, cost, sorted(steps)

    return sorted(min(sets, key=rank)) if sets else []


def best_of_all_subsets(missing, days):
    lists = [set(lacking) for lacking in missing.values() if lacking]
    names = sorted({step for lacking in lists for step in lacking})
    ranked = []
    for size in range(1, len(names) + 1):
        for steps in combinations(names, size):
            cost = sum(days[step] for step in steps)
            moved = sum(lacking <= set(steps) for lacking in lists)
            ranked.append((-moved / cost, cost, steps))
    return min(ranked)[2] if ranked else ()


def cheapest(missing, days):
    return [min({s for lacking in missing.values() for s in lacking}, key=days.get)]


def everything(missing, days):
    return sorted({s for lacking in missing.values() for s in lacking})


def one_model(missing, days):
    lists = [lacking for lacking in missing.values() if lacking]
    return min(lists, key=lambda lacking: (sum(map(days.get, lacking)), lacking), default=[])


def without_unions(missing, days):
    lists = [set(lacking) for lacking in missing.values() if lacking]

    def rank(steps):
        cost = sum(days[step] for step in steps)
        return -sum(other <= steps for other in lists) / cost, cost, sorted(steps)

    return min(lists, key=rank, default=[])


def paid_twice(missing, days):
    lists = [lacking for lacking in missing.values() if lacking]
    groups = [g for n in range(1, len(lists) + 1) for g in combinations(lists, n)]

    def rank(group):
        steps = {step for lacking in group for step in lacking}
        cost = sum(days[step] for lacking in group for step in lacking)
        return -sum(set(other) <= steps for other in lists) / cost, cost, sorted(steps)

    chosen = min(groups, key=rank, default=())
    return sorted({step for lacking in chosen for step in lacking})


def at_most(most):
    def answer(missing, days):
        lists = [set(lacking) for lacking in missing.values() if lacking]
        groups = chain.from_iterable(combinations(lists, n) for n in range(1, most + 1))

        def returned(steps):
            return sum(lacking <= steps for lacking in lists) / sum(days[s] for s in steps)

        return max((set().union(*group) for group in groups), key=returned, default=[])

    return answer


def a_model_at_its_top_counts(missing, days):
    lists = [set(lacking) for lacking in missing.values()]
    open_lists = [lacking for lacking in lists if lacking]
    groups = [g for n in range(1, len(open_lists) + 1) for g in combinations(open_lists, n)]

    def returned(steps):
        return sum(lacking <= steps for lacking in lists) / sum(days[s] for s in steps)

    return max((set().union(*group) for group in groups), key=returned, default=[])


def greedy(missing, days):
    lists = [set(lacking) for lacking in missing.values() if lacking]

    def returned(steps):
        return sum(lacking <= steps for lacking in lists) / sum(days[s] for s in steps)

    chosen = max(lists, key=returned, default=set())
    for _ in lists:
        chosen = max([chosen, *(chosen | other for other in lists)], key=returned, default=chosen)
    return chosen


def largest_of_ties(missing, days):
    sets = [set(best(missing, days))]
    lists = [set(lacking) for lacking in missing.values() if lacking]
    for size in range(1, len(lists) + 1):
        sets += [set().union(*group) for group in combinations(lists, size)]

    def returned(steps):
        moved = sum(lacking <= steps for lacking in lists)
        return moved / sum(days[s] for s in steps), len(steps)

    return max(filter(None, sets), key=returned, default=[])


def counts_complete_models(missing, days):
    lists = [set(lacking) for lacking in missing.values()]
    groups = chain.from_iterable(combinations(lists, n) for n in range(1, len(lists) + 1))
    sets = {frozenset().union(*group) for group in groups}

    def rank(steps):
        cost = sum(days[step] for step in steps) or 1e-9
        return -sum(lacking <= steps for lacking in lists) / cost, cost, sorted(steps)

    return sorted(min(sets, key=rank)) if sets else []


def nothing_left_is_none(missing, days):
    return best(missing, days) or ["ci"]


# 14.4
EMPTY = (ast.Pass, ast.Raise)


def acts(part):
    if isinstance(part, (ast.Expr, ast.Return)):
        return part.value is not None and not isinstance(part.value, ast.Constant)
    return not isinstance(part, EMPTY)


def does_something(body):
    return any(acts(part) for part in body)


FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def rule(
    files,
    kinds=FUNCTIONS,
    pattern="roll_?back",
    works=does_something,
    is_code=lambda path: path.endswith(".py") and not path.split("/")[-1].startswith("test_"),
):
    found = []
    for path, text in sorted(files.items()):
        if not is_code(path):
            continue
        try:
            tree = ast.parse(text)
        except SyntaxError:
            continue
        for node in ast.walk(tree):
            named = isinstance(node, kinds) and re.search(pattern, node.name.lower())
            if named and works(node.body):
                found.append((path, node.lineno))
    return sorted(found)


class Visitor(ast.NodeVisitor):
    def __init__(self):
        self.lines = []

    def visit_FunctionDef(self, node):
        name = node.name.casefold().replace("_", "")
        if "rollback" in name and does_something(node.body):
            self.lines.append(node.lineno)
        self.generic_visit(node)

    def visit_AsyncFunctionDef(self, node):
        self.visit_FunctionDef(node)


def with_a_visitor(files):
    found = set()
    for path, text in files.items():
        if path.endswith(".py") and not path.rpartition("/")[2].startswith("test_"):
            visitor = Visitor()
            try:
                visitor.visit(ast.parse(text))
            except SyntaxError:
                continue
            found |= {(path, line) for line in visitor.lines}
    return [list(pair) for pair in sorted(found)]


def by_word(files):
    return [
        (path, number)
        for path, text in files.items()
        for number, line in enumerate(text.splitlines(), 1)
        if re.search(r"(?i)def \w*roll_?back", line)
    ]


def by_word_in_code(files):
    return by_word({path: text for path, text in files.items() if path.endswith(".py")})


def by_word_without_comments(files):
    kept = {p: re.sub(r"(?m)^#.*$", "", t) for p, t in files.items() if p.endswith(".py")}
    return by_word(kept)


def only_the_first_line(files):
    return [(path, 1) for path, line in rule(files)]


def only_exact_names(files):
    return rule(files, pattern="^rollback$")


def only_plain_functions(files):
    return rule(files, kinds=ast.FunctionDef)


def only_top_level(files):
    found = []
    for path, text in sorted(files.items()):
        for node in ast.parse(text).body:
            if isinstance(node, FUNCTIONS) and re.search("(?i)roll_?back", node.name):
                found.append((path, node.lineno))
    return found


def any_raise_is_empty(files):
    def works(body):
        inside = [inner for part in body for inner in ast.walk(part)]
        return does_something(body) and not any(isinstance(i, ast.Raise) for i in inside)

    return rule(files, works=works)


def any_body(files):
    return rule(files, works=lambda body: True)


def no_pass(files):
    return rule(files, works=lambda body: not isinstance(body[0], ast.Pass))


def docstring_is_empty(files):
    def works(body):
        texts = [ast.Expr]
        return any(
            not isinstance(part, ast.Pass)
            and not (type(part) in texts and isinstance(getattr(part.value, "value", 0), str))
            for part in body
        )

    return rule(files, works=works)


def ellipsis_counts(files):
    def works(body):
        return any(
            not isinstance(part, EMPTY)
            and not (
                isinstance(part, ast.Expr) and isinstance(getattr(part.value, "value", 0), str)
            )
            for part in body
        )

    return rule(files, works=works)


def tests_too(files):
    return rule(files, is_code=lambda path: path.endswith(".py"))


def classes_too(files):
    return rule(files, kinds=(*FUNCTIONS, ast.ClassDef))


def calls_too(files):
    found = rule(files)
    for path, text in files.items():
        if path.endswith(".py"):
            try:
                tree = ast.parse(text)
            except SyntaxError:
                continue
            for node in ast.walk(tree):
                if isinstance(node, ast.Attribute) and node.attr == "rollback":
                    found.append((path, node.lineno))
    return found


def small_letters_only(files):
    return [
        (path, line)
        for path, line in rule(files)
        if re.search("roll_?back", files[path].splitlines()[line - 1])
    ]


def test_anywhere_in_the_path(files):
    return rule({path: text for path, text in files.items() if "test_" not in path})


def no_folder_of_tests(files):
    return rule({path: text for path, text in files.items() if not path.startswith("tests/")})


def no_path_of_tests(files):
    return rule({path: text for path, text in files.items() if not path.startswith("test_")})


def first_of_each_file(files):
    found = []
    for path, text in sorted(files.items()):
        if path.endswith(".py") and not path.split("/")[-1].startswith("test_"):
            try:
                nodes = ast.walk(ast.parse(text))
            except SyntaxError:
                continue
            first = next((node for node in nodes if isinstance(node, FUNCTIONS)), None)
            named = first and re.search("roll_?back", first.name.lower())
            if named and does_something(first.body):
                found.append((path, first.lineno))
    return found


def first_way_back_of_each_file(files):
    found = {}
    for path, line in rule(files):
        found.setdefault(path, line)
    return list(found.items())


def one_level_down(files):
    found = []
    for path, text in sorted(files.items()):
        try:
            top = ast.parse(text if path.endswith(".py") else "").body
        except SyntaxError:
            continue
        inner = [part for node in top if isinstance(node, ast.ClassDef) for part in node.body]
        lines = [node.lineno for node in [*top, *inner] if isinstance(node, FUNCTIONS)]
        found += [(p, line) for p, line in rule({path: text}) if line in lines]
    return found


def runs_first(files):
    found = []
    for path, text in files.items():
        with contextlib.suppress(Exception):
            exec(compile(text, path, "exec"), {})
        found += rule({path: text})
    return sorted(found)


def runs_plainly(files):
    for path, text in files.items():
        if path.endswith(".py"):
            exec(text, {})
    return rule(files)


def last_statement_only(files):
    return rule(files, works=lambda body: acts(body[-1]))


def line_of_the_decorator(files):
    found = []
    for path, line in rule(files):
        for node in ast.walk(ast.parse(files[path])):
            if isinstance(node, FUNCTIONS) and node.lineno == line:
                found.append((path, min([line, *(d.lineno for d in node.decorator_list)])))
    return found


def stops_at_a_match(files):
    found = []
    for path, text in sorted(files.items()):
        lines = {line for _, line in rule({path: text})}
        waiting = [ast.parse(text)] if lines else []
        while waiting:
            node = waiting.pop()
            if isinstance(node, FUNCTIONS) and node.lineno in lines:
                found.append((path, node.lineno))
            else:
                waiting += ast.iter_child_nodes(node)
    return sorted(found)


def not_under_conditions(files):
    found = []
    for path, text in sorted(files.items()):
        lines = {line for _, line in rule({path: text})}
        waiting = [ast.parse(text)] if lines else []
        while waiting:
            node = waiting.pop()
            if isinstance(node, FUNCTIONS) and node.lineno in lines:
                found.append((path, node.lineno))
            if isinstance(node, (*FUNCTIONS, ast.ClassDef, ast.Module)):
                waiting += node.body
    return sorted(found)


def no_name_that_begins_with_test(files):
    kept = {p: t for p, t in files.items() if not p.split("/")[-1].startswith("test")}
    return rule(kept)


def py_anywhere(files):
    def is_code(path):
        return ".py" in path and not path.split("/")[-1].startswith("test_")

    return rule(files, is_code=is_code)


def a_return_does_something(files):
    def works(body):
        return any(acts(part) or isinstance(part, ast.Return) for part in body)

    return rule(files, works=works)


def return_of_none_only(files):
    def works(body):
        return any(
            acts(part) or (isinstance(part, ast.Return) and getattr(part.value, "value", None))
            for part in body
        )

    return rule(files, works=works)


def gives_up(files):
    try:
        for path, text in files.items():
            if path.endswith(".py"):
                ast.parse(text)
    except SyntaxError:
        return []
    return rule(files)


def any_roll(files):
    return rule(files, pattern="roll")


def begins_with_it(files):
    return rule(files, pattern="^roll_?back")


def after_the_docstring(files):
    return rule(files, works=lambda body: does_something(body[1:]))


def py_without_dot(files):
    def is_code(path):
        return path.endswith("py") and not path.split("/")[-1].startswith("test_")

    return rule(files, is_code=is_code)


def by_line(files):
    return sorted(rule(files), key=lambda pair: (pair[1], pair[0]))


def by_text(files):
    return sorted(rule(files), key=lambda pair: f"{pair[0]}:{pair[1]}")


def unsorted(files):
    return [place for path in files for place in rule({path: files[path]})]


NEAR_MISSES = {
    "14.1": [
        ("google-too-low", LEVELS | {"google": 0}),
        ("google-too-high", LEVELS | {"google": 2}),
        ("microsoft-without-tests", LEVELS | {"microsoft": 1}),
        ("microsoft-skips-a-level", LEVELS | {"microsoft": 2}),
        ("other-level", LEVELS | {"microsoft": 3}),
        ("aws-too-low", LEVELS | {"aws": 0}),
        ("aws-without-registry", LEVELS | {"aws": 2}),
        ("aws-skips-a-phase", LEVELS | {"aws": 3}),
        ("mean-of-sections", LEVELS | {"ml_test_score": 1.375}),
        ("sum-of-sections", LEVELS | {"ml_test_score": 5.5}),
        ("best-section", LEVELS | {"ml_test_score": 2.5}),
        ("band-not-score", LEVELS | {"ml_test_score": 1}),
        ("other-score", LEVELS | {"ml_test_score": 1.5}),
        ("no-such-level", LEVELS | {"google": 3}),
        ("not-numbers", LEVELS | {"aws": "Initial"}),
        ("model-missing", {"google": 1}),
        ("wrong-type", [1, 0, 1, 0.5]),
    ],
    "14.2": [
        ("optional-counts", with_optional),
        ("first-gap", lowest_gap),
        ("gap-below", highest_complete),
        ("gap-below", lambda items, held: 1 if "contract" not in held else by_missing(items, held)),
        ("other-level", lambda items, held: 3),
        ("gap-below", highest_held),
        ("half-a-level", mostly),
        ("empty-level", stops_at_empty_level),
        ("level-without-items", level_that_has_items),
        ("optional-top", top_of_required),
        ("optional-top-missing", top_of_held),
        ("nothing", assumes_order),
        ("first-gap", lambda items, held: len(held)),
        ("never-the-top", never_the_top),
        ("last-item", level_of_the_last),
        ("changes-its-input", sorts_in_place),
        ("changes-its-input", adds_to_held),
        ("nothing", lambda items, held: by_missing(items, held) if held else 1),
        ("wrong-type", lambda items, held: f"level {by_missing(items, held)}"),
    ],
    "14.3": [
        ("inverted", in_use),
        ("other-tools", lambda lines, tools, evidence: list(tools)),
        ("needs-every-use", needs_every_use),
        ("first-use-only", first_kind_only),
        ("longer-name", begins_with_the_tool),
        ("no-key", only_empty_lists),
        ("empty-list", a_key_is_enough),
        ("other-signs", few_signs(r"[\[=>~ ]")),
        ("other-signs", few_signs(r"[\[=<>~! ]")),
        ("other-signs", few_signs(r"[\[=<>~!; ]")),
        ("other-signs", few_signs(r"[\[=<>~!;@ ]")),
        ("twice", one_for_each_line),
        ("changes-its-input", deletes_tools),
        ("changes-its-input", adds_kinds),
        ("version-in-name", plain_names),
        ("extras-in-name", without_versions),
        ("spelling", without_extras),
        ("not-installed", anywhere_in_the_line),
        ("raises", lambda lines, tools, evidence: [t for t in tools if not evidence[tools[t][0]]]),
        ("wrong-type", lambda lines, tools, evidence: len(bought(lines, tools, evidence))),
    ],
    "14.5": [
        ("cheapest-step", cheapest),
        ("other-steps", everything),
        ("one-model-at-a-time", one_model),
        ("no-unions", without_unions),
        ("no-unions", paid_twice),
        ("counts-twice", lambda m, d: best(m, d)[:2] if len(d) == 4 else best(m, d)),
        ("too-few-models", at_most(2)),
        ("too-few-models", at_most(3)),
        ("no-unions", greedy),
        ("complete-model", a_model_at_its_top_counts),
        ("complete-model", counts_complete_models),
        ("nothing-left", nothing_left_is_none),
        ("wrong-type", lambda missing, days: 2),
    ],
    "14.4": [
        ("prose", by_word),
        ("comment", by_word_in_code),
        ("docstring", by_word_without_comments),
        ("other-line", only_the_first_line),
        ("misses-function", lambda files: []),
        ("other-names", only_exact_names),
        ("async-functions", only_plain_functions),
        ("methods", only_top_level),
        ("capitals", small_letters_only),
        ("own-name", test_anywhere_in_the_path),
        ("folder-of-tests", no_folder_of_tests),
        ("folder-of-tests", no_path_of_tests),
        ("only-first", first_of_each_file),
        ("only-first", first_way_back_of_each_file),
        ("nested", one_level_down),
        ("refuses-after-checking", any_raise_is_empty),
        ("empty-body", any_body),
        ("only-docstring", no_pass),
        ("not-implemented", docstring_is_empty),
        ("ellipsis", ellipsis_counts),
        ("call", calls_too),
        ("class", classes_too),
        ("test-file", tests_too),
        ("runs-code", runs_first),
        ("runs-code", runs_plainly),
        ("last-statement", last_statement_only),
        ("decorator-line", line_of_the_decorator),
        ("nested-in-match", stops_at_a_match),
        ("under-a-condition", not_under_conditions),
        ("begins-with-test", no_name_that_begins_with_test),
        ("py-in-path", py_anywhere),
        ("returns-a-constant", a_return_does_something),
        ("returns-a-constant", return_of_none_only),
        ("gives-up", gives_up),
        ("order", unsorted),
        ("order", by_line),
        ("order", by_text),
        ("roll-alone", any_roll),
        ("begins-with-rollback", begins_with_it),
        ("one-statement", after_the_docstring),
        ("py-without-dot", py_without_dot),
        ("wrong-type", lambda files: [f"{path}:{line}" for path, line in rule(files)]),
        ("wrong-type", lambda files: [path for path, _ in rule(files)]),
    ],
}  # fmt: skip

ALTERNATIVES = {
    "14.1": [LEVELS | {"google": 1.0}, {key: LEVELS[key] for key in reversed(LEVELS)}],
    "14.2": [by_missing, upwards, all_levels, sorted_by_level],
    "14.3": [bought, bought_by_splitting],
    "14.5": [best, best_of_all_subsets, largest_of_ties],
    "14.4": [rule, with_a_visitor],
}
