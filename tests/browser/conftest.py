"""JupyterLab servers, and a headless Chromium that looks at them.

`CNN_UTILS_SCREENSHOTS=FOLDER make browser` stores a picture of each step of `test_afternoon.py`.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

from cnn_utils.grading.release.student_release import release

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
# The open notebook's kernel, in the browser.
KERNEL = "window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel"
START_SECONDS = 60
STOP_SECONDS = 20


@pytest.fixture(scope="session")
def browser():
    """Return a headless Chromium, or skip."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed (Debian: apt install chromium)")
    api = pytest.importorskip("playwright.sync_api", reason="Playwright: run `make browser`")
    with api.sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """Serve a copy of the notebooks; return the server's address and the folder."""
    folder = tmp_path_factory.mktemp("lab")
    for notebook in NOTEBOOKS.glob("*.ipynb"):
        shutil.copy(notebook, folder)
    with _served("jupyterlab", folder, tmp_path_factory) as address:
        yield address, folder


@pytest.fixture(scope="session")
def student(tmp_path_factory):
    """Serve the student release, as JupyterLab and as Notebook 7; return address and folder."""
    pytest.importorskip("notebook", reason="Notebook 7: run `make browser`")
    kit = tmp_path_factory.mktemp("student") / "kit"
    release(kit, NOTEBOOKS)
    folder = kit / "notebooks"
    # The kernels import the students' package, whose checks and texts are those of the release.
    with _served("notebook", folder, tmp_path_factory, PYTHONPATH=str(kit)) as address:
        yield address, folder


@contextmanager
def _served(application, folder, tmp_path_factory, **environment):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = {
        "ServerApp.root_dir": folder,
        "ServerApp.port": port,
        "ServerApp.port_retries": 0,
        "IdentityProvider.token": "",
        "ServerApp.password": "",
        "LabApp.expose_app_in_browser": True,
        "JupyterNotebookApp.expose_app_in_browser": True,
    }
    # Nothing of the user's: neither settings nor open tabs of an earlier run.
    environment = {**os.environ, "JUPYTER_PREFER_ENV_PATH": "1", **environment}
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR"):
        environment[name] = str(tmp_path_factory.mktemp(name.lower()))
    settings = Path(environment["JUPYTERLAB_SETTINGS_DIR"], "@jupyterlab", "apputils-extension")
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text('{"fetchNews": "false"}')
    command = [sys.executable, "-m", application, "--no-browser", "--allow-root"]
    command += [f"--{name}={value}" for name, value in options.items()]
    log = tmp_path_factory.mktemp("log") / "server.log"
    with log.open("w") as file:
        server = subprocess.Popen(command, env=environment, stdout=file, stderr=file)
    try:
        yield _wait_for(server, f"http://127.0.0.1:{port}", log)
    finally:
        server.terminate()
        try:
            server.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:  # now and then, a thread of its own keeps it from ending
            server.kill()
            server.wait()


def _wait_for(server, address: str, log: Path) -> str:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/api", timeout=5):
                return address
        except OSError:
            time.sleep(0.3)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()}")


@pytest.fixture(scope="module")
def open_notebook(browser, lab):
    """Return a function that opens a notebook in JupyterLab and gives the page."""
    with closing_pages(browser) as opened:
        yield lambda name, size=(1500, 1300): opened(lab[0], name, size)


@contextmanager
def closing_pages(browser):
    """Yield a function that opens a notebook of a server; close the pages at the end."""
    pages = []

    def opened(address: str, name: str, size: tuple[int, int], path: str = ""):
        page = browser.new_page(viewport={"width": size[0], "height": size[1]})
        page.set_default_timeout(60_000)
        pages.append(page)
        page.goto(f"{address}/{path or f'lab/workspaces/{Path(name).stem}/tree'}/{name}")
        _wait_for_kernel(page)
        if not path:
            page.keyboard.press("Control+b")  # hides the file browser
        return page

    yield opened
    for page in pages:
        page.close()


def _wait_for_kernel(page, loads: int = 3) -> None:
    from playwright.sync_api import TimeoutError

    # JupyterLab misses a new kernel's first answer once in a while (its issue 7392) and then
    # waits for ever; a person reloads the page.
    for _ in range(loads):
        page.wait_for_selector(".jp-Notebook .jp-Cell")
        try:
            page.wait_for_function(f"{KERNEL}?.status === 'idle'", timeout=START_SECONDS * 1000)
            return
        except TimeoutError:
            status = page.evaluate(f"{KERNEL}?.status")
            page.reload()
    pytest.fail(f"No kernel after {loads} loads of the page: {status!r}")


@pytest.fixture(scope="session")
def run_all():
    """Return a function that runs all cells of the open notebook."""

    def run(page):
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_text("Run All Cells", exact=True).click()

    return run


@pytest.fixture(scope="session")
def output_of():
    """Return a function that finds the output area of the code cell that contains a text."""

    def output(page, text):
        return page.locator(".jp-CodeCell", has_text=text).locator(".jp-Cell-outputArea")

    return output
