import numpy as np
import pytest

from cnn_utils.__main__ import main
from cnn_utils.data.download import read_remote_files
from cnn_utils.data.loaders import cifar10_path
from cnn_utils.files import sha256
from cnn_utils.grading.release import run as runner
from cnn_utils.submission import export_submission


@pytest.fixture
def files(tmp_path):
    labels = np.arange(10_000) % 10
    export_submission(labels, tmp_path / "labels.csv")
    predictions = labels.copy()
    predictions[:2_500] = (labels[:2_500] + 1) % 10
    export_submission(predictions, tmp_path / "submission.csv")
    return str(tmp_path / "submission.csv"), str(tmp_path / "labels.csv")


def test_a_submission_is_scored_and_compared(files, capsys):
    submission, labels = files
    assert main(["score", submission, "--labels", labels]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "accuracy  0.7500 (95 % interval 0.7414 to 0.7584)",
        "macro F1  0.7500",
        "BEAT ME (0.7000): beaten",
        "SandvikNet (0.8000): not beaten",
    ]


def test_baselines_are_the_course_s(files, capsys):
    submission, labels = files
    main(["score", submission, "--labels", labels, "--baseline", "A = B=0.75"])
    assert capsys.readouterr().out.splitlines()[2:] == ["A = B (0.7500): not beaten"]


@pytest.mark.parametrize("baseline", ["BEAT ME", "=0.7", "A=x", "A=70", "A=-1", "A=nan"])
def test_an_invalid_baseline_is_refused(files, baseline, capsys):
    with pytest.raises(SystemExit):
        main(["score", files[0], "--labels", files[1], "--baseline", baseline])
    assert "expected NAME=ACCURACY" in capsys.readouterr().err


def test_an_invalid_submission_is_an_error(files, tmp_path, capsys):
    (tmp_path / "bad.csv").write_text("ID,Prediction\n0,1\n")
    assert main(["score", str(tmp_path / "bad.csv"), "--labels", files[1]]) == 2
    assert "must hold 10,000 predictions; received 1" in capsys.readouterr().err


def test_the_release_command_says_what_it_wrote(tmp_path, capsys):
    assert main(["release", "--out", str(tmp_path / "handout")]) == 0
    said = capsys.readouterr().out
    assert "files, without tests, grading and answers" in said
    assert "part1_lenet_mnist.ipynb" in said
    assert not (tmp_path / "handout" / "data").exists()


def test_release_prints_the_sum_of_points(tmp_path, capsys):
    (tmp_path / "in").mkdir()
    for name, points in (("one", "7.5"), ("two", "3")):
        text = f'# %% [markdown] task="{name}" kind="answer" points={points}\n# <!-- ### BEGIN '
        text += "SOLUTION -->\n# x\n# <!-- ### END SOLUTION -->\n"
        (tmp_path / "in" / f"{name}.py").write_text(text)
    options = ["release", "--notebooks", str(tmp_path / "in"), "--out", str(tmp_path / "handout")]
    assert main(options) == 0
    assert capsys.readouterr().out.endswith("\nPoints: 10.5 (7.5 + 3)\n")


def test_release_lists_all_mistakes_and_writes_nothing(tmp_path, capsys):
    (tmp_path / "a.py").write_text('# %% check="lent"\nx\n\n# %% treshold=0.9\ny\n')
    options = ["release", "--notebooks", str(tmp_path), "--out", str(tmp_path / "handout")]
    assert main(options) == 2
    assert capsys.readouterr().err == (
        "Error: 2 problems in the notebooks:\n"
        '  a.py, cell 1: check="lent" must name a code task of this notebook.\n'
        "  a.py, cell 2: unknown key in treshold=0.9; did you mean threshold?\n"
    )
    assert not (tmp_path / "handout").exists()


def test_the_release_says_where_the_courses_file_lies(tmp_path, capsys):
    file = str(cifar10_path(source="sample"))
    address = ["--data-url", "https://a.example/student.h5", "--data-url", "https://b.example/x"]
    out = ["--out", str(tmp_path / "handout")]
    assert main(["release", *out, "--data", file, *address]) == 0
    (remote,) = read_remote_files(tmp_path / "handout" / "data" / "course.json").values()
    assert remote.mirrors == ("https://a.example/student.h5", "https://b.example/x")
    assert remote.sha256 == sha256(file)
    for part in (["--data", file], address):
        assert main(["release", "--out", str(tmp_path / "other"), *part]) == 2
        assert "--data and --data-url must be given together" in capsys.readouterr().err
    assert not (tmp_path / "other").exists()


@pytest.fixture
def runs(monkeypatch, tmp_path):
    """Record what would be run."""
    calls = []

    def pretend(source, out, profile, data):
        calls.append((source.stem, profile, data))
        error = "ValueError: no" if "fails" in str(out) else None
        return runner.Run(out / f"{source.stem}.ipynb", out / f"{source.stem}.html", error)

    monkeypatch.setattr(runner, "run_notebook", pretend)
    monkeypatch.chdir(tmp_path)
    return calls


def test_run_takes_both_parts_quickly_unless_told_otherwise(runs, capsys):
    assert main(["run"]) == 0
    assert runs == [("part1_lenet_mnist", "quick", None), ("part2_cnn_cifar10", "quick", None)]
    said = capsys.readouterr().out
    for name in ("part1_lenet_mnist.ipynb", "part2_cnn_cifar10.html", "submission.csv"):
        assert name in said


def test_run_takes_the_form_that_was_edited(runs, tmp_path, monkeypatch, capsys):
    folder = tmp_path / "notebooks"
    folder.mkdir()
    for name in ("part1_lenet_mnist", "part2_cnn_cifar10"):
        (folder / f"{name}.py").write_text("# %%\nx = 1\n")
    assert main(["pair", "--notebooks", str(folder)]) == 0
    ipynb = folder / "part1_lenet_mnist.ipynb"
    ipynb.write_text(ipynb.read_text().replace("x = 1", "x = 2"))
    sources = []
    monkeypatch.setattr(
        runner,
        "run_notebook",
        lambda path, out, *_: sources.append(path.name) or runner.Run(out, out),
    )
    assert main(["run", "--notebooks", str(folder)]) == 0
    assert sources == ["part1_lenet_mnist.ipynb", "part2_cnn_cifar10.py"]
    (folder / "part1_lenet_mnist.py").unlink()
    ipynb.unlink()
    assert main(["run", "part1", "--notebooks", str(folder)]) == 2
    assert (
        "must hold a notebook 'part1'; received only part2_cnn_cifar10" in capsys.readouterr().err
    )


def test_run_one_part_in_full_on_real_files(runs, tmp_path, capsys):
    (tmp_path / "mnist.npz").touch()
    assert main(["run", "part1", "--profile", "full", "--data", str(tmp_path)]) == 0
    assert runs == [("part1_lenet_mnist", "full", tmp_path)]
    assert "submission" not in capsys.readouterr().out


def test_a_data_folder_without_the_file_stops_before_the_run(runs, tmp_path, capsys):
    (tmp_path / "mnist.npz").touch()
    assert main(["run", "--data", str(tmp_path)]) == 2
    assert runs == []
    error = capsys.readouterr().err
    assert "student_dataset_CIFAR10.h5 (for part2)" in error
    assert "Leave --data out" in error
    assert main(["run", "--data", str(tmp_path / "none")]) == 2
    assert "no such folder" in capsys.readouterr().err


def test_a_failed_notebook_is_named_and_the_other_one_still_runs(runs, capsys):
    assert main(["run", "--out", "fails"]) == 1
    assert len(runs) == 2
    assert "part1 FAILED: ValueError: no" in capsys.readouterr().out


def test_the_profile_may_come_from_the_environment(runs, monkeypatch):
    monkeypatch.setenv("CNN_UTILS_PROFILE", "full")
    assert main(["run", "part1"]) == 0
    assert runs == [("part1_lenet_mnist", "full", None)]


def test_pair_check_tells_and_exits_1(tmp_path, capsys):
    (tmp_path / "a.py").write_text("# %%\n1\n")
    assert main(["pair", "--check", "--notebooks", str(tmp_path)]) == 1
    assert f"{tmp_path / 'a.ipynb'} is out of date: run `make pair`" in capsys.readouterr().out
    assert main(["pair", "--notebooks", str(tmp_path)]) == 0
    assert main(["pair", "--check", "--notebooks", str(tmp_path)]) == 0
    assert "agree" in capsys.readouterr().out


def test_the_folder_of_worked_notebooks_has_one_name_in_all_commands(tmp_path, capsys):
    (tmp_path / "in").mkdir()
    for name in ("--notebooks", "--master"):  # the second is that of earlier releases
        assert main(["grade", str(tmp_path / "in"), name, str(tmp_path / "none")]) == 2
        assert f"--notebooks '{tmp_path / 'none'}' must hold" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["grade", "--help"])
    said = capsys.readouterr().out
    assert "--notebooks" in said
    assert "--master" not in said
    assert "--shard" not in said
