import nbformat
import nbformat.v4 as v4
import pytest

from cnn_utils.errors import KitError
from cnn_utils.grading.release.run import run_notebook

new_cell = v4.new_code_cell


@pytest.fixture
def run(tmp_path):
    def run_cells(*sources, **options):
        source = tmp_path / "part9_small.ipynb"
        nbformat.write(v4.new_notebook(cells=[new_cell(text) for text in sources]), source)
        return run_notebook(source, tmp_path / "out", "quick", **options)

    return run_cells


def outputs(result):
    cells = nbformat.read(result.notebook, as_version=4).cells
    return ["".join(output.get("text", "") for output in cell.outputs) for cell in cells]


def test_the_notebook_and_its_page_are_written(run):
    result = run("6 * 7", "print('hello')")
    assert result.error is None
    assert result.notebook.name == "part9_small.ipynb"
    assert outputs(result)[1] == "hello\n"
    page = result.html.read_text(encoding="utf-8")
    assert "42" in page
    assert "hello" in page


def test_cells_see_profile_data_and_the_output_folder(run, tmp_path):
    result = run(
        "import os; from pathlib import Path",
        "print(os.environ['CNN_UTILS_PROFILE'], os.environ['CNN_UTILS_DATA'])",
        "Path('submission.csv').write_text('x'); print(Path.cwd())",
        data=tmp_path,
    )
    assert outputs(result)[1:] == [f"quick {tmp_path}\n", f"{tmp_path / 'out'}\n"]
    assert (tmp_path / "out" / "submission.csv").exists()


def test_a_relative_data_folder_is_that_of_the_caller(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CNN_UTILS_DATA", "mydata")
    result = run("import os; print(os.environ['CNN_UTILS_DATA'])")
    assert outputs(result) == [f"{tmp_path / 'mydata'}\n"]


def test_notes_are_shown_in_full_and_the_kernel_says_nothing_of_its_own(run, capfd):
    run("print('NOTE: drawn by a program,\\nnot the real thing')", "1")
    said = capfd.readouterr()
    assert "NOTE: drawn by a program,\nnot the real thing\n" in said.out
    assert "WARNING" not in said.out + said.err


def test_a_bar_within_the_bar_is_left_out(run, capsys):
    run("print('epoch 3/10  25%|████      | 00:12<01:02, loss 0.5')")
    assert "epoch 3/10 25% 00:12<01:02, loss 0.5" in capsys.readouterr().out


def test_line_magics_are_run(run):
    result = run("%load_ext cnn_utils\n%time x = 6 * 7", "x")
    assert result.error is None
    assert "42" in result.html.read_text(encoding="utf-8")


def test_a_progress_bar_leaves_its_last_state_only(run):
    result = run("import sys\nfor i in range(5):\n    print(f'\\r{i} of 4', end='', flush=True)")
    assert outputs(result)[0].strip() == "4 of 4"


def test_the_page_describes_its_figures(run):
    result = run(
        "from cnn_utils import plot_class_distribution",
        "plot_class_distribution([0, 1, 1], ['cat', '<dog>'], title='Pets')",
    )
    page = result.html.read_text(encoding="utf-8")
    assert 'alt="Pets: cat 1, &lt;dog&gt; 2."' in page
    assert "No description" not in page


def test_a_failing_cell_ends_the_run_but_keeps_what_was_done(run):
    result = run("print('before')", "1 / 0", "print('after')")
    assert result.error == "ZeroDivisionError: division by zero"
    assert outputs(result)[0] == "before\n"
    assert outputs(result)[2] == ""
    assert "ZeroDivisionError" in result.html.read_text(encoding="utf-8")


def test_a_dead_kernel_is_said_in_words(run):
    assert "the kernel died" in run("import os; os._exit(1)").error


def test_the_bar_shows_the_cells_and_the_last_line_printed(run, capsys):
    run("print('training epoch 3')", "1", "2")
    bar = capsys.readouterr().out
    assert "part9" in bar
    assert "cell 3/3" in bar
    assert "training epoch 3" in bar


def test_a_missing_or_broken_notebook(tmp_path):
    with pytest.raises(
        KitError, match=r"be a readable file; received No such file.* Check its name"
    ):
        run_notebook(tmp_path / "none.ipynb", tmp_path, "quick")
    (tmp_path / "bad.ipynb").write_text("{")
    with pytest.raises(KitError, match="JSON is damaged in line 1"):
        run_notebook(tmp_path / "bad.ipynb", tmp_path, "quick")


def test_a_folder_that_cannot_be_written_to_is_noticed_before_the_run(run, monkeypatch):
    def refuse(**_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("cnn_utils.grading.release.run.tempfile.TemporaryFile", refuse)
    with pytest.raises(KitError, match="be a folder to write to; received Permission denied"):
        run("print('trained for an hour')")


def test_a_place_that_cannot_be_written_to(run, tmp_path):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(KitError, match="be a folder to write to"):
        run("1")


def test_an_interrupted_run_is_written_too(run, tmp_path, monkeypatch):
    def interrupt(self, **_):
        raise KeyboardInterrupt

    monkeypatch.setattr("cnn_utils.grading.release.run.ProgressClient.execute", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run("1")
    assert (tmp_path / "out" / "part9_small.ipynb").exists()
    assert (tmp_path / "out" / "part9_small.html").exists()
