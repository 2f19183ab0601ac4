"""The first chapter in a real JupyterLab: run it, answer an exercise, move the map, do the quiz."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.browser import open_browser
from workbook.explorers import find as find_explorer
from workbook.lessons import solved_source
from workbook.quizzes import find as find_quiz

ROOT = Path(__file__).parents[2]
NOTEBOOK = "00_start_here.ipynb"
TOKEN = "workbook-test"
STARTS_WITHIN = 90
RUNS_WITHIN = 120_000
KERNEL_IS_READY = """async () => {
  const context = jupyterapp.shell.currentWidget.sessionContext;
  await context.ready;
  await context.session.kernel.info;
}"""
# Cells out of sight are not drawn by default, and news are fetched from elsewhere.
SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def jupyterlab(folder: Path) -> Iterator[str]:
    """Start JupyterLab on a copy of the notebooks and yield its address."""
    shutil.copytree(ROOT / "notebooks", folder / "course/notebooks")
    for name, setting in SETTINGS.items():
        path = folder / f"settings/@jupyterlab/{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(setting))
    port = free_port()
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "src"),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        "IPYTHONDIR": str(folder / "ipython"),
        "WORKBOOK_PROGRESS": str(folder / "progress.sqlite3"),
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1"]
    command += [f"--port={port}", "--ServerApp.port_retries=0", "--allow-root"]
    command += [f"--IdentityProvider.token={TOKEN}", f"--notebook-dir={folder / 'course'}"]
    command += ["--LabApp.expose_app_in_browser=True"]
    with (
        (folder / "jupyterlab.log").open("w") as log,
        subprocess.Popen(command, env=environment, stdout=log, stderr=log) as server,
    ):
        address = f"http://127.0.0.1:{port}"
        try:
            wait_for(address, server, folder / "jupyterlab.log")
            yield address
        finally:
            ask(f"{address}/api/shutdown", "POST")
            server.wait(30)


def wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while not ask(f"{address}/api/status"):
        alive = server.poll() is None and time.monotonic() < deadline
        assert alive, f"JupyterLab doesn't start:\n{log.read_text()[-3000:]}"
        time.sleep(0.3)


def ask(address: str, method: str = "GET") -> bool:
    headers = {"Authorization": f"token {TOKEN}"}
    request = urllib.request.Request(address, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status == 200
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def cell_that_holds(text: str) -> int:
    cells = json.loads((ROOT / "notebooks" / NOTEBOOK).read_text(encoding="utf-8"))["cells"]
    return next(at for at, cell in enumerate(cells) if text in "".join(cell["source"]))


def run_cell(page: Any, cell: Any, source: str = "") -> None:
    cell.locator(".cm-content").click()
    if source:
        page.keyboard.press("ControlOrMeta+A")
        page.keyboard.insert_text(source)
    page.keyboard.press("Shift+Enter")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The first chapter, open in JupyterLab, every cell run as it stands."""
    with open_browser() as browser, jupyterlab(tmp_path_factory.mktemp("lab")) as address:
        opened = browser.new_page(viewport={"width": 1400, "height": 1000})
        opened.set_default_timeout(60_000)
        opened.complaints = []
        opened.on("pageerror", lambda error: opened.complaints.append(str(error)))
        opened.on(
            "console",
            lambda said: opened.complaints.append(said.text) if said.type == "error" else None,
        )
        opened.goto(f"{address}/lab/tree/notebooks/{NOTEBOOK}?token={TOKEN}", wait_until="commit")
        opened.locator(".jp-Notebook .jp-Cell").first.wait_for()
        opened.evaluate(KERNEL_IS_READY)
        opened.get_by_role("menuitem", name="Run", exact=True).click()
        opened.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        opened.locator(".wbq").wait_for(timeout=RUNS_WITHIN)
        yield opened
        opened.close()


def cell(page: Any, text: str) -> Any:
    return page.locator(".jp-Notebook .jp-Cell").nth(cell_that_holds(text))


def test_the_notebook_runs_to_its_end_without_an_answer(page: Any) -> None:
    assert page.locator("[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
    assert page.locator(".jp-OutputArea-output.jp-mod-error").count() == 0


def test_an_answer_turns_the_card_green(page: Any) -> None:
    check = cell(page, 'check("0.1"')
    assert check.locator(".workbook-open").count() == 1
    run_cell(page, cell(page, "flights_in_2013 ="), solved_source("0.1"))
    run_cell(page, check)
    check.locator(".workbook-passed").wait_for()


def test_the_map_shows_what_was_passed(page: Any) -> None:
    shown = cell(page, 'explore("0.map")')
    run_cell(page, shown)
    shown.locator(".wbx-state-passed").filter(has_text="0.1").wait_for()


def test_the_map_moves_by_keyboard(page: Any) -> None:
    shown = cell(page, 'explore("0.map")')
    shown.locator("select").focus()
    page.keyboard.press("ArrowDown")
    wanted = find_explorer("0.map").function(chapter=1).headline
    shown.locator(".wbx-headline").filter(has_text=wanted).wait_for()


def test_the_quiz_answers_by_keyboard(page: Any) -> None:
    question = find_quiz("0").questions[0]
    right = [option.right for option in question.options].index(True)
    asked = page.locator(".wbq fieldset").first
    asked.get_by_role("radio").first.focus()
    page.keyboard.press("Space")
    for _ in range(right):
        page.keyboard.press("ArrowDown")
    asked.get_by_role("button").press("Enter")
    assert question.options[right].feedback.replace("`", "") in asked.inner_text()


def test_nothing_of_ours_complains(page: Any) -> None:
    ours = ("workbook", "wbx", "wbq", "anywidget", "explorer", "quiz")
    assert not [said for said in page.complaints if any(word in said.lower() for word in ours)]
