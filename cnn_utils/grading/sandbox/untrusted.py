"""Read and splice a hand-in in a separate process with limited time and memory.

``python -m cnn_utils.grading.sandbox.untrusted`` reads the assignment (a pickle) and the hand-in's
bytes, and writes JSON. A notebook may be made to be slow or to fill the memory; the batch must
continue.
"""

import json
import pickle
import shutil
import subprocess
import sys
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from cnn_utils.errors import KitError
from cnn_utils.files import KIT

if TYPE_CHECKING:  # it imports nbformat: see `main`
    from cnn_utils.grading.intake.assignment import SourceNotebook

SECONDS, MEMORY = 40, 2_000_000_000
MAX_LETTERS = 2_000_000
MAX_FIGURES, MAX_FIGURE_LETTERS = 20, 2_800_000  # 2 MB in base64


def read_and_splice(source_notebook: "SourceNotebook", data: bytes) -> dict:
    """Return a hand-in's answers and own cells, and the notebook to run.

    Parameters
    ----------
    source_notebook : SourceNotebook
    data : bytes
        Content of the handed-in file.

    Returns
    -------
    reply : dict
        ``answers`` by keys such as "code:lenet": the attributes of `Answer`, ``has_figure``, and
        ``ids``, the names of its cells in the run; ``helpers``, lists of sources by names in the
        run; ``notebook``, the one to run; ``group``, the header's table; ``notes``.

    Raises
    ------
    KitError
        If no cells could be read.
    """
    command = [sys.executable, "-m", __name__]
    if shutil.which("prlimit"):  # of Linux
        command = ["prlimit", f"--data={MEMORY}", f"--cpu={SECONDS}", "--core=0", "--", *command]
    try:
        done = subprocess.run(
            command,
            input=pickle.dumps(source_notebook) + data,
            capture_output=True,
            timeout=SECONDS,
            cwd=KIT,
        )
        reply = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        raise KitError("The notebook could not be read in time or memory.") from None
    if "error" in reply:
        raise KitError(reply["error"])
    return reply


def main() -> None:
    """Answer one request from standard input."""
    # jsonschema, which nbformat uses, would take three seconds to build a grammar not needed here.
    sys.modules["rfc3987_syntax"] = None
    from cnn_utils.grading.intake.assemble import assemble
    from cnn_utils.grading.intake.splice import splice
    from cnn_utils.notebook.reader import MAX_BYTES, read

    source_notebook = pickle.load(sys.stdin.buffer)  # from our own process
    try:
        handed_in = read(sys.stdin.buffer.read(MAX_BYTES + 1), source_notebook.name)
        spliced = splice(source_notebook, handed_in)
        ids = spliced.ids
        reply = {
            "answers": {key: _plain(a, ids) for key, a in spliced.answers.items()},
            "helpers": spliced.helpers,
            "notebook": assemble(source_notebook, spliced),
            "group": {key: value[:200] for key, value in handed_in.group.items()},
            "notes": [note for answer in spliced.answers.values() for note in answer.notes],
        }
    except KitError as error:
        reply = {"error": str(error)}
    json.dump(reply, sys.stdout)


def _plain(answer, ids: dict[int, str]) -> dict:
    """Return an answer as plain data of bounded size."""
    small = [figure for figure in answer.figures if len(figure[1]) <= MAX_FIGURE_LETTERS]
    return {
        **asdict(replace(answer, figures=[])),
        "has_figure": bool(answer.figures),
        "figures": small[:MAX_FIGURES],
        "output_text": answer.output_text[-MAX_LETTERS:],
        "ids": [ids[number] for number in answer.cells if number in ids],
    }


if __name__ == "__main__":
    main()
