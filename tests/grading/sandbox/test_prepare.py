from cnn_utils.data.formats import read_cifar10, read_mnist
from cnn_utils.grading.sandbox.prepare import Settings, prepared, version_of
from cnn_utils.grading.sandbox.run_part import Limits
from cnn_utils.grading.verify.reference_data import SAMPLE
from tests.grading.small_lab import needs_sandbox


def test_a_result_depends_on_the_labels_as_well(lab, tmp_path):
    without = version_of(Settings(lab, tmp_path))
    assert version_of(Settings(lab)) == without
    assert version_of(Settings(lab, SAMPLE)) != without
    (tmp_path / "mnist.npz").write_text("x")
    assert version_of(Settings(lab, tmp_path)) != without


@needs_sandbox
def test_hand_ins_meet_the_package_without_grading_and_answers(lab, tmp_path):
    with prepared(Settings(lab, sandbox="bwrap", limits=Limits(cell=5)), tmp_path) as context:
        kit = context.run_config.kit
        assert (kit / "nbval_grade.py").is_file()
        assert (kit / "without_training.py").is_file()
        assert list((kit / "cnn_utils" / "__pycache__").glob("metrics.*.pyc"))  # compiled once
        assert (kit / "cnn_utils" / "metrics.py").is_file()
        assert not (kit / "cnn_utils" / "grading").exists()
        assert "BEGIN SOLUTION" not in (kit / "cnn_utils" / "metrics.py").read_text()
        assert (context.run_config.limits.cell, list(context.source_notebooks)) == (
            5,
            ["lab.ipynb"],
        )
    assert not kit.exists()


@needs_sandbox
def test_of_the_cache_they_see_a_small_sample_alone(lab, tmp_path):
    limits = Limits(images=500)
    with prepared(Settings(lab, sandbox="bwrap", limits=limits), tmp_path) as context:
        cache = context.run_config.cache
        names = ["sample_cifar10_v2.h5", "sample_mnist_v2.npz"]
        assert sorted(path.name for path in cache.iterdir()) == names
        photos, is_sample = read_cifar10(cache / names[0])
        shapes = {name: array.shape[0] for name, array in photos.items()}
        assert (shapes, is_sample) == ({"X_train": 500, "y_train": 500, "X_test": 100}, True)
        assert read_mnist(cache / names[1])["X_train"].shape == (50_000, 28, 28)


@needs_sandbox
def test_limits_alone_are_warned_about(lab, tmp_path, capsys):
    with prepared(Settings(lab, sandbox="rlimits"), tmp_path) as context:
        assert context.run_config.sandbox.name == "rlimits"
    assert "student code can read your files" in capsys.readouterr().out
