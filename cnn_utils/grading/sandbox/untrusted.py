"""Read and splice a hand-in in a separate process with limited time and memory.

``python -m cnn_utils.grading.sandbox.untrusted NOTEBOOKS < request``: bytes in, JSON out. A
notebook may be made to be slow or to fill the memory; the batch must continue.
"""

import base64
import json
import shutil
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from cnn_utils.errors import KitError
from cnn_utils.files import KIT

SECONDS, MEMORY = 40, 2_000_000_000


def read_and_splice(folder: Path, notebook: str, name: str, data: bytes) -> dict:
    """Return a hand-in's answers and helper cells, and the notebook to run.

    Parameters
    ----------
    folder : Path
        Folder of the worked notebooks.
    notebook : str
        Name of one of them.
    name : str
        Name of the handed-in file.
    data : bytes
        Content of the handed-in file.

    Raises
    ------
    KitError
        If no cells could be read.
    """
    request = {"notebook": notebook, "name": name, "data": base64.b64encode(data).decode()}
    command = [sys.executable, "-m", __name__, str(folder)]
    if shutil.which("prlimit"):  # of Linux
        command = ["prlimit", f"--data={MEMORY}", f"--cpu={SECONDS}", "--core=0", "--", *command]
    try:
        done = subprocess.run(
            command,
            input=json.dumps(request),
            capture_output=True,
            text=True,
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
    from cnn_utils.grading.intake.assignment import read_source_notebook
    from cnn_utils.grading.intake.reader import read_cells
    from cnn_utils.grading.intake.splice import splice

    request = json.load(sys.stdin)
    try:
        source = Path(sys.argv[1]) / request["notebook"]
        source_notebook = read_source_notebook(source.with_suffix(".py"))
        cells = read_cells(base64.b64decode(request["data"]), request["name"])
        spliced = splice(source_notebook, cells)
        answers = {f"{kind}:{name}": asdict(a) for (name, kind), a in spliced.answers.items()}
        reply = {"answers": answers, "helpers": spliced.helpers}
        reply["notebook"] = assemble(source_notebook, spliced)
    except KitError as error:
        reply = {"error": str(error)}
    json.dump(reply, sys.stdout)


if __name__ == "__main__":
    main()
