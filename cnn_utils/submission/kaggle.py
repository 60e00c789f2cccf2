"""Send a submission to a competition on Kaggle, by Kaggle's own client."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

from cnn_utils.errors import SubmissionError
from cnn_utils.submission.validate import validate_submission, warning_of

SECONDS = 300
# What the client says when something is wrong, and what that means in plain words.
MEANINGS = {
    r"Authentication required|\b401\b|Unauthorized": (
        "Kaggle does not know who you are. Sign in once: `kaggle auth login`, or make a token in "
        "your account's settings and save it where that page says."
    ),
    r"\b403\b|Forbidden": (
        "Kaggle knows you, but does not let you submit. Open the competition's page and accept "
        "its rules; and look whether it is still open."
    ),
    r"\b404\b|Could not find competition": (
        "Kaggle has no competition '{competition}'. Copy the last part of its page's address."
    ),
    r"\b429\b|Too Many Requests": "Too many submissions in a short time. Try again later.",
    r"Max retries|Failed to resolve|Connection|timed out": (
        "Kaggle can't be reached from here. Look at the network; your file is as it was."
    ),
}


def upload(path: Path, competition: str, message: str = "") -> str:
    """Send a submission; return what Kaggle said.

    Parameters
    ----------
    path : Path
    competition : str
        The last part of its page's address, or all of it.
    message : str, default=""
        By which you tell your submissions apart.

    Raises
    ------
    SubmissionError
        If the file can't be scored or was made on the built-in sample, Kaggle's client is not
        installed, or Kaggle did not take the file.
    """
    validate_submission(path)
    if warning := warning_of(path):
        raise SubmissionError(f"'{path}' was {warning} Nothing was sent.")
    competition = _name_of(competition)
    if importlib.util.find_spec("kaggle") is None:
        install = f"Install it: {sys.executable} -m pip install kaggle six"
        raise SubmissionError.about("Kaggle's client", "be installed", "none", install)
    said = _submit(path, competition, message or path.name)
    if re.search(r"Successfully submitted", said):
        return said
    for pattern, meaning in MEANINGS.items():
        if re.search(pattern, said):
            raise SubmissionError(meaning.format(competition=competition))
    raise SubmissionError(f"Kaggle did not say that it took the file. Its client said:\n{said}")


def _submit(path: Path, competition: str, message: str) -> str:
    command = [sys.executable, "-m", "kaggle", "competitions", "submit", competition]
    command += ["--file", str(path), f"--message={message}"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=SECONDS, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        return "timed out"
    # Its exit status is 0 also where nothing was sent.
    return "\n".join([done.stdout.strip(), done.stderr.strip()]).strip()[-2_000:]


def _name_of(competition: str) -> str:
    name = competition.split("?")[0].rstrip("/").rpartition("/")[2]
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]*", name):
        told = "be the last part of the competition's address, such as my-course-cifar10"
        raise SubmissionError.about("--competition", told, competition)
    return name
