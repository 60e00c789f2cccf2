"""Execute a notebook in a fresh kernel, and write it as .ipynb and HTML."""

import os
import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from tqdm import tqdm

from cnn_utils.errors import KitError
from cnn_utils.files import write_whole
from cnn_utils.notebook.reader import read_file
from cnn_utils.notebook.scripts import as_ipynb
from cnn_utils.pdf.exporter import write_page


@dataclass
class Run:
    """The executed notebook, its HTML page, and why it stopped early (None if it did not)."""

    notebook: Path
    html: Path
    error: str | None = None


class ProgressClient(NotebookClient):
    """Show a bar over the cells while they run, and the last line that the running cell printed."""

    def __init__(self, notebook, title: str, **options):
        # Without their state, widgets show their static picture on the web page and load no
        # programs from the network.
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
        """Store the message in the notebook; show notes and a stream's last line."""
        output = super().process_message(msg, cell, cell_index)
        if msg["msg_type"] == "stream" and (text := msg["content"]["text"].strip()):
            if text.startswith("NOTE:"):
                self.bar.write(text, file=sys.stdout)
            last = text.replace("\r", "\n").splitlines()[-1]
            # Of a bar within the bar, only the numbers on its sides are shown.
            self.bar.set_postfix_str(" ".join(re.sub(r"\|.*\|", " ", last).split())[:70])
        return output


def run_notebook(source: Path, out: Path, profile: str, data: Path | None = None) -> Run:
    """Execute `source` with `out` as its working folder, and write the results there.

    Files that a cell writes (such as ``submission.csv``) land in `out`, too. If a cell fails, the
    notebook stops there; the cells before it are written.

    Parameters
    ----------
    source : Path
        An .ipynb, or a .py in percent format.
    out : Path
        Folder for the executed notebook and its HTML; made if missing.
    profile : {"full", "quick"}
        Passed to the kernel as ``CNN_UTILS_PROFILE``.
    data : Path, optional
        Folder of the data files, passed as ``CNN_UTILS_DATA``.

    Raises
    ------
    KitError
        If `source` is not a notebook, or `out` can't be made.
    """
    notebook = read_file(source).node()
    try:
        out.mkdir(parents=True, exist_ok=True)
        # Now, not after an hour of training.
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        raise KitError.about(f"'{out}'", "be a folder to write to", f"{error.strerror}") from None
    # This environment's kernel, not one of the same name in the user's home.
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"
    environment = {**os.environ, "CNN_UTILS_PROFILE": profile}
    if data is not None or "CNN_UTILS_DATA" in environment:
        # Absolute, because the kernel works in another folder.
        folder = data or Path(os.path.expanduser(environment["CNN_UTILS_DATA"]))
        environment["CNN_UTILS_DATA"] = str(folder.resolve())
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
        error = "the kernel died, usually because the machine ran out of memory"
    except RuntimeError as failure:
        error = f"the kernel did not start ({failure})"
    finally:  # also when interrupted: hours of training may have gone into the cells before
        executed, page = out / f"{source.stem}.ipynb", out / f"{source.stem}.html"
        write_whole(executed, as_ipynb(notebook))
        write_page(notebook, page)
    return Run(executed, page, error)
