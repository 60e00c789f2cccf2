"""Read and splice in a process of its own: bytes in, plain JSON out, with limits on both.

``python -m cnn_utils.grading.untrusted MASTERS < request``: a notebook may be made to be slow, or
to fill the memory, and the batch must go on.
"""

from __future__ import annotations

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


def read_and_splice(masters: Path, notebook: str, name: str, data: bytes) -> dict:
    """Return a hand-in's answers, helpers and repairs, and the notebook to run.

    Parameters
    ----------
    masters : Path
        Folder of the worked notebooks.
    notebook : str
        Which of them.
    name : str
        The handed-in file's name.
    data : bytes
        Its content.

    Raises
    ------
    KitError
        If no cells could be read; the text says why.
    """
    request = {"notebook": notebook, "name": name, "data": base64.b64encode(data).decode()}
    command = [sys.executable, "-m", __name__, str(masters)]
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
    from cnn_utils.grading.assemble import assemble
    from cnn_utils.grading.reading import read_cells
    from cnn_utils.grading.spec import read_master
    from cnn_utils.grading.splice import splice

    request = json.load(sys.stdin)
    try:
        source = Path(sys.argv[1]) / request["notebook"]
        master = read_master(source.with_suffix(".py"))
        cells = read_cells(base64.b64decode(request["data"]), request["name"])
        spliced = splice(master, cells)
        answers = {f"{kind}:{name}": asdict(a) for (name, kind), a in spliced.answers.items()}
        reply = {"answers": answers, "helpers": spliced.helpers}
        reply["notebook"] = assemble(master, spliced)
    except KitError as error:
        reply = {"error": str(error)}
    json.dump(reply, sys.stdout)


if __name__ == "__main__":
    main()
