import pytest

from cnn_utils.errors import KitError
from cnn_utils.grading.results.adjustments import (
    Adjustment,
    adjusted,
    adjustment_sentences,
    read_adjustments,
)
from cnn_utils.grading.results.course import Course
from cnn_utils.grading.results.points import total
from tests.grading.results.test_gradebook import result

HEADS = "submission,task,points,days_late,excused,reason\n"
COURSE = Course(percent_per_day=10)


@pytest.fixture
def books(source_notebook):
    return {"lab.ipynb": source_notebook}


@pytest.fixture
def file(tmp_path):
    return tmp_path / "adjustments.csv"


def read(file, books, *rows):
    file.write_text(HEADS + "\n".join(rows), encoding="utf-8")
    return read_adjustments(file, books)


def test_a_missing_file_is_written_with_its_heads_and_never_again(file, books):
    assert read_adjustments(file, books) == []
    assert file.read_text("utf-8-sig") == HEADS
    before = HEADS + "ann,f1,7,,,\r\n"
    file.write_text(before, newline="")
    read_adjustments(file, books)
    assert file.read_bytes() == before.encode()


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("ann,f1,7,,,why", Adjustment(2, "ann", "f1", points=7, reason="why")),
        ("ann,,+2.5,,,", Adjustment(2, "ann", change=2.5)),
        ("ann,whole,'-2,,,", Adjustment(2, "ann", change=-2)),
        ("ann,whole,−2,,,", Adjustment(2, "ann", change=-2)),
        ('ann,why (text),"4,5",,,', Adjustment(2, "ann", "why (text)", points=4.5)),
        ("ann,,,3,,ill", Adjustment(2, "ann", days_late=3, reason="ill")),
        ("ann,,,0,,", Adjustment(2, "ann", days_late=0)),
        ("ann,,,,Yes,", Adjustment(2, "ann", excused=True)),
        ("ann,f1,,,x,", Adjustment(2, "ann", "f1", excused=True)),
    ],
)
def test_a_row_is_read(file, books, row, expected):
    assert read(file, books, row) == [expected]


def test_semicolons_and_empty_rows_are_read(file, books):
    text = (HEADS + ",,,,,\nann,f1,7,,,\n").replace(",", ";")
    file.write_text(text, encoding="cp1252")
    assert read_adjustments(file, books) == [Adjustment(3, "ann", "f1", points=7)]


TASK = "'task' must be empty, 'whole' or a task's column in the gradebook; received"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("ann,ten_digits,7,,,", f"{TASK} 'ten_digits'. Did you mean 'ten-digits'?"),
        ("ann,x,7,,,", f"{TASK} 'x'. The tasks are f1, ten-digits, why (text)."),
        (",f1,7,,,", "'submission' must be a name in the gradebook; received an empty cell."),
        (
            "ann,f1,seven,,,",
            "'points' must be a number such as 7, or a change such as +2 or -2; received 'seven'.",
        ),
        ("ann,,,1.5,,", "'days_late' must be a whole number of days; received '1.5'."),
        ("ann,f1,,1,,", "'days_late' must belong to the whole hand-in; received the task 'f1'."),
        ("ann,,,,maybe,", "'excused' must be yes, no or empty; received 'maybe'."),
        ("ann,,,,no,so", "It must hold points, days_late or excused; received none of them."),
    ],
)
def test_an_invalid_row_has_its_sentence(file, books, row, message):
    with pytest.raises(KitError) as error:
        read(file, books, row)
    assert str(error.value) == f"'{file}' can't be applied:\n  Line 2: {message}"


def test_all_invalid_rows_are_told_at_once(file, books):
    with pytest.raises(KitError, match=r"(?s)Line 2: 'task'.*Line 4: 'points'"):
        read(file, books, "ann,x,7,,,", "ann,f1,7,,,", "ann,f1,x,,,")


def test_other_columns_are_refused(file, books):
    file.write_text("name,points\nann,7\n")
    with pytest.raises(KitError, match="have the columns submission, task, points, days_late"):
        read_adjustments(file, books)


def apply(file, results, *adjustments, course=COURSE):
    return adjusted(results, list(adjustments), course, file)


def scores(results):
    return {row["name"]: total(row).score for row in results}


def test_points_of_tasks_and_of_the_whole_change(file):
    people = [result("ann"), result("bo"), result("cy"), result("dan")]
    found = apply(
        file,
        people,
        Adjustment(2, "ann", "ten-digits", points=20, reason="a typo of ours"),
        Adjustment(3, "bo", "f1", change=-4),
        Adjustment(4, "cy", change=2.5, reason="a talk"),
        Adjustment(5, "dan", points=33),
    )
    assert scores(found) == {"ann": 30, "bo": 6, "cy": 12.5, "dan": 33}
    assert [adjustment_sentences(row) for row in found] == [
        ["ten-digits changed from 0 to 20 points: a typo of ours"],
        ["f1 changed from 10 to 6 points"],
        ["whole +2.5 points: a talk"],
        ["whole set to 33 points"],
    ]
    assert scores(people)["ann"] == 10  # the results themselves stay
    assert found[0]["marks"][1]["review"] == ""  # a person has decided


def test_changes_of_one_task_add_up(file):
    rows = [Adjustment(2, "ann", "f1", change=-4, reason="a"), Adjustment(3, "ann", "f1", change=1)]
    (row,) = apply(file, [result("ann")], *rows)
    assert adjustment_sentences(row) == ["f1 changed from 10 to 7 points: a"]


def test_a_text_is_marked_here_as_well(file):
    ann = result("ann")
    ann["marks"][2]["reason"] = "A person will mark this."
    (row,) = apply(file, [ann], Adjustment(2, "ann", "why (text)", points=4))
    assert total(row) == (14, 35, 0)
    assert row["marks"][2]["reason"] == ""


def test_who_may_be_meant_is_told(file, capsys):
    people = [result("smithzoe_105")]
    apply(
        file,
        people,
        Adjustment(2, "Smith Zoe", excused=True),
        course=Course(extensions={"99": 1, "x": 2}),
    )
    assert capsys.readouterr().out.splitlines() == [
        "NOTE: adjustments.csv, line 2: 'Smith Zoe' is excused and has no hand-in. "
        "Did you mean 'smithzoe_105'?",
        "NOTE: extensions in course.toml fit no hand-in: '99', 'x'",
    ]


def test_who_is_excused_keeps_the_row_and_may_have_handed_in_nothing(file):
    found = apply(
        file,
        [result("ann"), result("bo")],
        Adjustment(2, "ann", excused=True, reason="ill"),
        Adjustment(3, "bo", "ten-digits", excused=True),
        Adjustment(4, "eve", excused=True),
    )
    assert [row.get("is_excused", False) for row in found] == [True, False, True]
    assert (found[2]["name"], found[2]["status"], found[2]["marks"]) == ("eve", "excused", [])
    assert total(found[1]) == (10, 15, 5)
    assert adjustment_sentences(found[0]) == ["whole excused: ill"]


def test_names_are_found_by_group_too_and_a_person_is_last(file):
    people = [
        result("Ann_101", group={"group number": "Gruppe 07"}, is_late=True),
        result("bo", members=["jané_5", "bo"]),
    ]
    found = apply(
        file,
        people,
        Adjustment(2, "group 7", days_late=2),
        Adjustment(3, "JANÉ_5", days_late=1),  # decomposed
    )
    assert [row["late"]["days"] for row in found] == [2, 1]
    assert scores(found) == {"Ann_101": 8, "bo": 9}


def test_extensions_are_by_group_or_name(file):
    people = [result("a", group={"group number": 7}), result("b"), result("c")]
    course = Course(percent_per_day=10, extensions={"7": 1, "b": 2, "nobody yet": 3})
    rows = [Adjustment(i, name, days_late=2) for i, name in enumerate("abc", start=2)]
    assert scores(apply(file, people, *rows, course=course)) == {"a": 9, "b": 10, "c": 8}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            [Adjustment(2, "an", points=7)],
            "Line 2: 'submission' must be a name in the gradebook, or a group's number; received"
            " 'an', which fits none. Did you mean 'ann'?",
        ),
        ([Adjustment(2, "7", points=7)], "which fits 'bo' and 'cy'"),
        (
            [Adjustment(2, "ann", "f1", points=11)],
            "Line 2: f1 must get 0 to 10 points; it would get 11.",
        ),
        ([Adjustment(2, "ann", "f1", change=-11)], "it would get -1."),
        (
            [Adjustment(2, "ann", points=36)],
            "Line 2: 'points' must be at most 35; received 36.",
        ),
        (
            [Adjustment(2, "ann", "why (text)", change=1)],
            "Line 2: why (text) has no points yet, so nothing can be added. Set them.",
        ),
        (
            [Adjustment(2, "ann", points=7), Adjustment(4, "ann", points=8)],
            "Lines 2 and 4: they give 'points' of whole twice. Keep one.",
        ),
    ],
)
def test_what_can_not_be_applied_is_said_and_nothing_is_written(file, rows, message):
    people = [result("ann"), *(result(n, group={"group number": "7"}) for n in ("bo", "cy"))]
    with pytest.raises(KitError) as error:
        apply(file, people, *rows)
    assert message in str(error.value)


def test_an_extension_for_two_is_refused(file):
    people = [result(n, group={"group number": "7"}) for n in ("bo", "cy")]
    with pytest.raises(KitError, match=r"course\.toml must name one group .* fits 'bo' and 'cy'"):
        apply(file, people, course=Course(extensions={"7": 1}))
