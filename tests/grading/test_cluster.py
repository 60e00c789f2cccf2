import json

import pytest

from cnn_utils.__main__ import main
from cnn_utils.errors import KitError
from cnn_utils.grading import cluster
from cnn_utils.grading.batch import grade
from cnn_utils.grading.intake.assignment import read_source_notebooks
from cnn_utils.grading.intake.submissions import find_submissions
from cnn_utils.grading.sandbox.prepare import Settings
from tests.grading.small_lab import F1, TEN, needs_sandbox, notebook

distributed = pytest.importorskip("distributed", reason="Dask is not installed")


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory):
    """Start a cluster of one worker on this machine, with certificates made for it."""
    import dask
    import trustme

    folder = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    mine = authority.issue_cert("127.0.0.1", "localhost")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    mine.private_key_and_cert_chain_pem.write_to_path(folder / "mine.pem")
    roles = {f"distributed.comm.tls.{role}.cert": str(folder / "mine.pem") for role in ROLES}
    places = {"distributed.comm.tls.ca-file": str(folder / "ca.pem"), **roles}
    places["temporary-directory"] = str(folder)
    with (
        dask.config.set(places),
        distributed.LocalCluster(
            n_workers=1,
            threads_per_worker=2,
            dashboard_address=None,
            protocol="tls",
            security=distributed.Security(require_encryption=True),
        ) as running,
    ):
        yield running.scheduler_address


ROLES = ("client", "scheduler", "worker")


@pytest.fixture
def handins(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "ann.ipynb").write_bytes(notebook(F1, TEN))
    (folder / "bo.ipynb").write_bytes(b"")
    return folder


def points(rows):
    return {row["name"]: [mark["points"] for mark in row["marks"]] for row in rows}


@needs_sandbox
def test_a_cluster_gives_the_rows_of_one_machine(scheduler, lab, handins, tmp_path):
    options = ["--notebooks", str(lab), "--out", str(tmp_path / "out"), "--sandbox", "bwrap"]
    assert main(["grade", str(handins), *options, "--dask", scheduler]) == 0
    files = (tmp_path / "out" / "results").glob("*.json")
    rows = [json.loads(path.read_text()) for path in files]
    assert points(rows) == {"ann": [10, 20, 0], "bo": [0, 0, 0]}
    assert {row["sandbox"] for row in rows} == {"bwrap"}
    # and here nothing is left to be graded
    again = grade(handins, Settings(lab, sandbox="bwrap"), tmp_path / "out")
    assert sorted(map(str, again)) == sorted(map(str, rows))


@needs_sandbox
def test_a_worker_with_another_kit_is_refused(scheduler, lab, handins, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "version_of", lambda settings: "newer")
    with pytest.raises(KitError, match=r"The worker tls://.* can't grade: its kit, .* differ"):
        grade(handins, Settings(lab, sandbox="bwrap"), tmp_path / "out", dask=scheduler)


def test_a_worker_without_a_sandbox_says_so(scheduler, lab, handins, tmp_path):
    settings = Settings(lab, sandbox="container")
    with pytest.raises(KitError, match=r"can't grade: No sandbox works on this machine"):
        grade(handins, settings, tmp_path / "out", dask=scheduler)


def test_a_hand_in_whose_worker_dies_is_a_row(scheduler, lab, handins, monkeypatch):
    monkeypatch.setattr(cluster, "_check_workers", lambda *arguments: None)
    # no such folder: stands for whatever Dask gives up on
    settings = Settings(lab, labels=lab / "gone", sandbox="bwrap")
    ann = find_submissions(handins, read_source_notebooks(lab))[:1]
    rows = list(cluster.graded(ann, settings, scheduler))
    assert [(row["name"], row["status"], len(row["marks"])) for row in rows] == [
        ("ann", "failed", 3)
    ]
    assert rows[0]["notes"][0].startswith("The worker that graded it was lost:")


@pytest.mark.parametrize(
    ("address", "sandbox", "message"),
    [
        ("tcp://127.0.0.1:8786", "bwrap", r"--dask must be the address of a scheduler with TLS"),
        ("tls://127.0.0.1:8786", "rlimits", r"--sandbox must be a sandbox with --dask"),
        ("tls://127.0.0.1:9", "bwrap", r"--dask must reach a scheduler with Dask's TLS settings"),
    ],
)
def test_what_is_not_safe_or_not_there_is_refused(
    address, sandbox, message, lab, handins, tmp_path, monkeypatch
):
    monkeypatch.setattr(cluster, "SECONDS", 2)
    with pytest.raises(KitError, match=message):
        grade(handins, Settings(lab, sandbox=sandbox), tmp_path / "out", dask=address)


def test_dask_may_be_missing(lab, handins, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with pytest.raises(KitError, match="Install it: pip install distributed"):
        grade(handins, Settings(lab), tmp_path / "out", dask="tls://127.0.0.1:8786")
