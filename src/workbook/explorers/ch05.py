"""Chapter 05: which checks notice which faults."""

from flightline.experiments.fault_matrix import findings_by_family, stories
from workbook.explorer import Choice, Explorer, Table, View

NONE = ""
ASKED = {
    "columns": "Are the promised columns there, with their types?",
    "range": "Can each value be true, by itself?",
    "key": "Is there one row for each key?",
    "relation": "Do the columns of a row agree with each other?",
    "reference": "Do the other tables know this airport, this airline?",
    "completeness": "Is every hour and every day there?",
    "history": "Does the sensor move at all?",
}
CONTRACTS = {
    "rows": ("columns", "range"),
    "table": ("columns", "range", "key", "relation"),
    "whole": tuple(ASKED),
}
NAMES = {
    "rows": "Columns and single values",
    "table": "Also keys and relations between columns",
    "whole": "All seven families",
}


def faults(first: str, second: str, contract: str) -> View:
    """Show what a contract finds with up to two faults in the data of May."""
    injected = [name for name in dict.fromkeys((first, second)) if name != NONE]
    counts = findings_by_family(*injected)
    active = CONTRACTS[contract]
    seeing = [family for family in active if counts[family]]
    rows = tuple(
        (family, question, _cell(family, counts, active)) for family, question in ASKED.items()
    )
    return View(
        headline=_headline(injected, seeing, counts, active),
        parts=(Table("What the contract finds", ("Checks", "They ask", "Findings"), rows),),
        note=" ".join(stories()[name] for name in injected),
    )


def _cell(family: str, counts: dict[str, int], active: tuple[str, ...]) -> str:
    return f"{counts[family]:,}" if family in active else "not checked"


def _headline(
    injected: list[str], seeing: list[str], counts: dict[str, int], active: tuple[str, ...]
) -> str:
    """Say who noticed, or that it went through."""
    if not injected:
        return "No fault, and no finding: nobody is called in vain."
    if seeing:
        return f"Noticed by: {', '.join(seeing)}."
    unused = [family for family, count in counts.items() if count and family not in active]
    if unused:
        return f"Nothing is noticed. It would take: {', '.join(unused)}."
    return "Nothing is noticed, and no check of this contract could."


FAULT_OPTIONS = ((NONE, "none"), *((name, name.replace("_", " ")) for name in stories()))

EXPLORERS = (
    Explorer(
        id="5.faults",
        title="Faults in the data of May 2013",
        question="How far must the contract go until it notices? Which fault gets past all of it?",
        parameters=(
            Choice("first", "Fault", FAULT_OPTIONS),
            Choice("second", "And another", FAULT_OPTIONS),
            Choice("contract", "Contract", tuple(NAMES.items())),
        ),
        function=faults,
        key_states=(
            {"first": "celsius", "second": NONE, "contract": "rows"},
            {"first": "celsius", "second": NONE, "contract": "table"},
            {"first": "missing_day", "second": NONE, "contract": "table"},
            {"first": "renamed_column", "second": "celsius", "contract": "whole"},
            {"first": "knots", "second": NONE, "contract": "whole"},
        ),
    ),
)
