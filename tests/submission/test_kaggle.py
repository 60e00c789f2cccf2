import sys

import numpy as np
import pytest

from cnn_utils.__main__ import main
from cnn_utils.data import data_source
from cnn_utils.errors import SubmissionError
from cnn_utils.submission import export_submission, kaggle

TAKEN = "Successfully submitted to My Course"


@pytest.fixture
def submission(tmp_path):
    return export_submission(np.arange(10_000) % 10, tmp_path / "submission.csv")


@pytest.fixture
def client(tmp_path, monkeypatch):
    """Stand in for Kaggle's client: a module that writes down how it was called."""

    def answer(said, status=0):
        (tmp_path / "kaggle.py").write_text(
            f"import sys\nopen({str(tmp_path / 'called')!r}, 'w').write('|'.join(sys.argv[1:]))\n"
            f"print({said!r})\nsys.exit({status})\n"
        )
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        monkeypatch.syspath_prepend(tmp_path)
        return tmp_path / "called"

    yield answer
    sys.modules.pop("kaggle", None)


def test_a_valid_file_is_sent(submission, client, capsys):
    called = client(f"2 submissions remaining today.\n{TAKEN}")
    options = ["--competition", "https://kaggle.example/competitions/my-course/", "--message=-b"]
    assert main(["kaggle", str(submission), *options]) == 0
    assert TAKEN in capsys.readouterr().out
    assert called.read_text() == f"competitions|submit|my-course|--file|{submission}|--message=-b"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Authentication required to call the Kaggle API.", "You are not signed in"),
        ("401 Client Error: Unauthorized for url", "You are not signed in"),
        ("403 Client Error: Forbidden for url", "accept its rules"),
        ("Could not find competition - please verify", "no competition 'my-course'"),
        ("429 Client Error: Too Many Requests", "Try again later"),
        ("HTTPSConnectionPool: Max retries exceeded", "can't be reached"),
        ("ModuleNotFoundError: No module named 'six'", "client said:\nModuleNotFoundError"),
    ],
)
@pytest.mark.parametrize("status", [0, 1])
def test_what_went_wrong_is_said_in_plain_words(submission, client, said, told, status):
    client(said, status)
    with pytest.raises(SubmissionError, match=told):
        kaggle.upload(submission, "my-course")


def test_a_client_that_hangs_is_given_up(submission, client, tmp_path, monkeypatch):
    client("")
    (tmp_path / "kaggle.py").write_text("import time\ntime.sleep(60)\n")
    monkeypatch.setattr(kaggle, "SECONDS", 1)
    with pytest.raises(SubmissionError, match="can't be reached"):
        kaggle.upload(submission, "my-course")


def test_nothing_is_sent_that_can_t_be_scored(tmp_path, client):
    called = client(TAKEN)
    (tmp_path / "submission.csv").write_text("ID,Prediction\n0,1\n")
    with pytest.raises(SubmissionError, match="must hold 10,000 predictions; received 1"):
        kaggle.upload(tmp_path / "submission.csv", "my-course")
    assert not called.exists()


def test_nothing_is_sent_that_was_made_on_the_sample(tmp_path, client):
    called = client(TAKEN)
    data_source.record("CIFAR-10", "sample")
    path = export_submission(np.arange(10_000) % 10, tmp_path / "submission.csv")
    with pytest.raises(SubmissionError, match=r"drawn sample.*Nothing was sent"):
        kaggle.upload(path, "my-course")
    assert not called.exists()


def test_the_client_may_be_missing(submission, monkeypatch):
    monkeypatch.setattr(kaggle.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SubmissionError, match=r"Install it: .* -m pip install kaggle six"):
        kaggle.upload(submission, "my-course")
