"""Execute a notebook in a fresh kernel, with a progress bar, and write .ipynb and HTML."""

from __future__ import annotations

import os
import re
import sys
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from tqdm import tqdm

from cnn_utils.errors import KitError
from cnn_utils.files import atomic_path
from cnn_utils.notebook.web_page import write_page


@dataclass
class Run:
    """What came of executing one notebook.

    Attributes
    ----------
    notebook, html : Path
        The executed notebook and its HTML page.
    error : str or None
        Which cell failed and why; None if all went well.
    """

    notebook: Path
    html: Path
    error: str | None = None


class ProgressClient(NotebookClient):
    """A notebook client with a bar over the cells; beside it, what the running cell prints last."""

    def __init__(self, notebook, title: str, **options):
        # Without their state, widgets show their static picture on the web page, instead of
        # asking the network for the programs that would bring them to life.
        options = {"coalesce_streams": True, "store_widget_state": False, **options}
        super().__init__(notebook, timeout=None, **options)
        n_code = sum(cell.cell_type == "code" for cell in notebook.cells)
        self.bar = tqdm(
            total=n_code,
            desc=title,
            unit="cell",
            file=sys.stdout,
            dynamic_ncols=True,
            bar_format="{desc} {bar:20} cell {n_fmt}/{total_fmt} {elapsed}{postfix}",
        )
        self.on_cell_execute = lambda **_: self.bar.set_postfix_str("")
        self.on_cell_executed = lambda **_: self.bar.update()

    def process_message(self, msg, cell, cell_index):
        """Store the message in the notebook as usual; show notes, and a stream's last line."""
        output = super().process_message(msg, cell, cell_index)
        if msg["msg_type"] == "stream" and (text := msg["content"]["text"].strip()):
            if text.startswith("NOTE:"):
                self.bar.write(text, file=sys.stdout)
            last = text.replace("\r", "\n").splitlines()[-1]
            # A bar within a bar says nothing: keep the numbers on its sides.
            self.bar.set_postfix_str(" ".join(re.sub(r"\|.*\|", " ", last).split())[:70])
        return output


def run_notebook(source: Path, out: Path, profile: str, data: Path | None = None) -> Run:
    """Execute `source` with `out` as its working folder, and write the results there.

    What a cell writes (such as ``submission.csv``) lands in `out`, too. If a cell fails, the
    notebook stops there, and what was done until then is written.

    Parameters
    ----------
    source : Path
        An .ipynb.
    out : Path
        Folder for the executed notebook and its HTML; made if missing.
    profile : {"full", "quick"}
        See `cnn_utils.training.profile.profile`.
    data : Path, optional
        Folder of the data files; see `cnn_utils.data.loaders`.

    Returns
    -------
    run : Run

    Raises
    ------
    KitError
        If `source` is not a notebook, or `out` can't be made.
    """
    notebook = read_notebook(source)
    try:
        out.mkdir(parents=True, exist_ok=True)
        # Now, not after an hour of training.
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        raise KitError.about(f"'{out}'", "be a folder to write to", f"{error.strerror}") from None
    environment = {
        **os.environ,
        "CNN_UTILS_PROFILE": profile,
        # This environment's kernel, not one of the same name in the user's home.
        "JUPYTER_PREFER_ENV_PATH": "1",
    }
    if data is not None or "CNN_UTILS_DATA" in environment:
        # Absolute, because the kernel works in another folder.
        folder = data or Path(os.path.expanduser(environment["CNN_UTILS_DATA"]))
        environment["CNN_UTILS_DATA"] = str(folder.resolve())
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"
    client = ProgressClient(
        notebook,
        title=source.stem.split("_")[0],
        kernel_name="python3",
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(out)}},
    )
    error = None
    try:
        with client.bar:
            client.execute(env=environment)
    except CellExecutionError as failure:
        error = f"{failure.ename}: {failure.evalue}"
    except DeadKernelError:
        error = "the kernel died, often for want of memory"
    except RuntimeError as failure:
        error = f"the kernel did not start ({failure})"
    finally:  # also when interrupted: hours of training may have gone into the cells before
        written = _write(notebook, source, out)
    return Run(*written, error)


def read_notebook(source: Path):
    """Return the notebook in a file; KitError if it holds none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about ids that older front ends don't give
            notebook = nbformat.read(source, as_version=4)
            nbformat.validate(notebook)
    except Exception as error:  # of many kinds, since any file may bear the name .ipynb
        raise KitError.about(
            f"'{source}'",
            "be a notebook",
            type(error).__name__,
            "Open it in JupyterLab to see whether it is damaged.",
        ) from None
    return notebook


def _write(notebook, source: Path, out: Path) -> tuple[Path, Path]:
    executed, page = out / source.name, out / f"{source.stem}.html"
    with atomic_path(executed) as part:
        nbformat.write(notebook, part)
    write_page(notebook, page)
    return executed, page
