"""Students receive a small package: the budget of DESIGN, section 3."""

from cnn_utils.grading.release.student_release import package_for_students

MAX_MODULES, MAX_LINES = 95, 11_000


def test_the_student_release_is_small(tmp_path):
    package_for_students(tmp_path / "cnn_utils")
    modules = list(tmp_path.rglob("*.py"))
    n_lines = sum(path.read_text(encoding="utf-8").count("\n") for path in modules)
    assert (len(modules) <= MAX_MODULES, n_lines <= MAX_LINES) == (True, True), (
        f"{len(modules)} modules (at most {MAX_MODULES}), {n_lines} lines (at most {MAX_LINES})"
    )
