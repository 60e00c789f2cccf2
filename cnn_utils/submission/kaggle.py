"""Send a submission to a competition on Kaggle with Kaggle's own client."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

from cnn_utils.errors import SubmissionError
from cnn_utils.submission.validate import FROM_SAMPLE, is_from_sample, validate_submission

SECONDS = 300
# Messages of the client, and what to do about them.
MEANINGS = {
    r"Authentication required|\b401\b|Unauthorized": (
        "You are not signed in to Kaggle. Run `kaggle auth login` once, or create a token in your "
        "account's settings and save it where that page says."
    ),
    r"\b403\b|Forbidden": (
        "Kaggle does not let you submit. Open the competition's page, accept its rules, and check "
        "that it is still open."
    ),
    r"\b404\b|Could not find competition": (
        "Kaggle has no competition '{competition}'. Copy the last part of its page's address."
    ),
    r"\b429\b|Too Many Requests": "Too many submissions in a short time. Try again later.",
    r"Max retries|Failed to resolve|Connection|timed out": (
        "Kaggle can't be reached. Check the internet connection."
    ),
}


def upload(path: Path, competition: str, message: str = "") -> str:
    """Send a submission; return Kaggle's answer.

    Parameters
    ----------
    path : Path
    competition : str
        The last part of its page's address, or all of it.
    message : str, default=""
        To tell your submissions apart.

    Raises
    ------
    SubmissionError
        If the file can't be scored or was made from the drawn sample, Kaggle's client is not
        installed, or Kaggle did not accept the file.
    """
    validate_submission(path)
    if is_from_sample(path):
        raise SubmissionError(f"'{path}' was {FROM_SAMPLE} Nothing was sent.")
    if importlib.util.find_spec("kaggle") is None:
        install = f"{sys.executable} -m pip install kaggle six"
        raise SubmissionError(f"Kaggle's client is not installed. Install it: {install}")
    competition = competition.split("?")[0].rstrip("/").rpartition("/")[2]
    command = [sys.executable, "-m", "kaggle", "competitions", "submit", competition]
    command += ["--file", str(path), f"--message={message or path.name}"]
    options = {"capture_output": True, "text": True, "stdin": subprocess.DEVNULL}
    try:
        done = subprocess.run(command, timeout=SECONDS, **options)
        answer = f"{done.stdout.strip()}\n{done.stderr.strip()}".strip()[-2_000:]
    except subprocess.TimeoutExpired:
        answer = "timed out"
    # The exit status is 0 even if nothing was sent.
    if "Successfully submitted" in answer:
        return answer
    for pattern, meaning in MEANINGS.items():
        if re.search(pattern, answer):
            raise SubmissionError(meaning.format(competition=competition))
    raise SubmissionError(f"Kaggle did not confirm the submission. Its client said:\n{answer}")
