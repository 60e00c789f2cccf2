"""Students receive a small package."""

from cnn_utils.grading.release.student_release import package_for_students


def test_the_student_release_is_small(tmp_path):
    package_for_students(tmp_path / "cnn_utils")
    modules = list(tmp_path.rglob("*.py"))
    assert len(modules) <= 95
    assert sum(len(path.read_text(encoding="utf-8").splitlines()) for path in modules) <= 11_220
