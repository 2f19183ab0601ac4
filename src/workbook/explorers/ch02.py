"""Chapter 02: what a build runs again after a change."""

from flightline.containers import BASE, parse, rebuilt
from workbook.explorer import Bar, Bars, Choice, Explorer, Slider, Step, Steps, View

LAYOUTS = {
    "all": f"""
FROM {BASE}
ENV PYTHONPATH=/app/src
COPY . /app
WORKDIR /app
RUN pip install --no-cache-dir -r requirements.txt
CMD ["python", "-m", "flightline.service", "--host", "0.0.0.0"]
""",
    "packages": f"""
FROM {BASE}
ENV PYTHONPATH=/app/src
WORKDIR /app
COPY requirements.txt ./
RUN pip install --no-cache-dir -r requirements.txt
COPY . ./
CMD ["python", "-m", "flightline.service", "--host", "0.0.0.0"]
""",
    "named": f"""
FROM {BASE}
ENV PYTHONPATH=/app/src
WORKDIR /app
COPY requirements.txt ./
RUN pip install --no-cache-dir -r requirements.txt
COPY src/ src/
CMD ["python", "-m", "flightline.service", "--host", "0.0.0.0"]
""",
}
CHANGES = {
    "code": ["src/flightline/service.py"],
    "packages": ["requirements.txt"],
    "notebook": ["notebooks/02_it_works_on_my_notebook.ipynb"],
    "base": [],
}
#: The stated model: what an instruction takes when it is run, in seconds.
SECONDS = {"FROM": 20, "RUN": 90}
OTHERWISE = 1


def layers(layout: str, change: str, builds: int) -> View:
    """Show which instructions are run again, and the time that a week of builds takes."""
    instructions = parse(LAYOUTS[layout])
    again = rebuilt(instructions, CHANGES[change], base_changed=change == "base")
    costs = [SECONDS.get(one.keyword, OTHERWISE) for one in instructions]
    seconds = sum(cost for cost, runs in zip(costs, again, strict=True) if runs)
    minutes = builds * seconds / 60
    slowest = builds * sum(costs) / 60
    return View(
        headline=f"{sum(again)} of {len(again)} instructions run again: {seconds} s for a build, "
        f"{minutes:.0f} min in a week.",
        parts=(
            Steps(
                "The instructions, in order",
                tuple(
                    Step(
                        str(one).replace(BASE, BASE[:7] + "…"),
                        "active" if runs else "skipped",
                        f"runs again, {cost} s" if runs else "from the cache",
                    )
                    for one, cost, runs in zip(instructions, costs, again, strict=True)
                ),
            ),
            Bars(
                "Minutes of building in a week",
                (
                    Bar("This change, this order", minutes, f"{minutes:.0f}"),
                    Bar("Without any cache", slowest, f"{slowest:.0f}"),
                ),
                largest=100,
            ),
        ),
        note="Stated, not measured: installing the packages takes 90 s, fetching another base 20 s "
        "and every other instruction 1 s.",
    )


EXPLORERS = (
    Explorer(
        id="2.layers",
        title="What a build runs again",
        question="Which order makes a change of code cheap, and which change is dear in any order?",
        parameters=(
            Choice(
                "layout",
                "Order",
                (
                    ("all", "Everything at once"),
                    ("packages", "Packages first, then everything"),
                    ("named", "Packages first, then src by name"),
                ),
            ),
            Choice(
                "change",
                "What changed",
                (
                    ("code", "A line of code"),
                    ("packages", "A pinned version"),
                    ("notebook", "A notebook"),
                    ("base", "The base image"),
                ),
            ),
            Slider("builds", "Builds", start=5, stop=50, step=5, unit="a week"),
        ),
        function=layers,
        key_states=(
            {"layout": "all", "change": "code", "builds": 30},
            {"layout": "named", "change": "code", "builds": 30},
            {"layout": "packages", "change": "notebook", "builds": 30},
            {"layout": "named", "change": "notebook", "builds": 30},
            {"layout": "named", "change": "packages", "builds": 30},
        ),
    ),
)
