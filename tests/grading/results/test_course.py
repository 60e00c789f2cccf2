from datetime import datetime

import pytest

from cnn_utils.errors import KitError
from cnn_utils.grading.results.course import Course, read_course

NOON = datetime(2026, 11, 20, 12)


def read(tmp_path, text):
    (tmp_path / "course.toml").write_text(text)
    return read_course(tmp_path)


def test_without_a_file_nothing_is_late(tmp_path):
    assert read_course(tmp_path) == Course()
    assert Course().days_late(NOON) is None


def test_all_settings_are_read(tmp_path):
    course = read(
        tmp_path,
        'title = "Lab 3"\ndue = 2026-11-20T12:00:00\nfree_days = 1\npercent_per_day = 10\n'
        '[extensions]\n7 = 2\n"jane" = 2026-11-25\n',
    )
    assert course.title == "Lab 3"
    assert course.due == NOON
    assert course.extensions == {"7": 2, "jane": datetime(2026, 11, 25, 23, 59, 59)}


@pytest.mark.parametrize(
    ("handed_in", "days"),
    [
        ("20 12:00:00", 0),
        ("20 12:00:01", 1),
        ("21 12:00:00", 1),
        ("21 12:00:01", 2),
        ("1 0:0:0", 0),
    ],
)
def test_a_day_begun_counts(handed_in, days):
    when = datetime.strptime(f"2026-11-{handed_in}", "%Y-%m-%d %H:%M:%S")
    assert Course(due=NOON).days_late(when) == days


def test_free_days_and_extensions_cost_nothing():
    course = Course(due=NOON, free_days=1, percent_per_day=30)
    assert [course.counted(days) for days in (0, 1, 2, 5)] == [0, 0, 1, 4]
    assert course.counted(5, 2) == 2
    assert course.counted(5, datetime(2026, 11, 22, 12)) == 2
    assert [course.percent(days) for days in (0, 1, 3, 4)] == [0, 30, 90, 100]


def test_a_day_is_over_at_midnight_and_zones_become_local(tmp_path):
    assert read(tmp_path, "due = 2026-11-20").due == datetime(2026, 11, 20, 23, 59, 59)
    expected = datetime.fromisoformat("2026-11-20T12:00:00+00:00").astimezone()
    assert read(tmp_path, "due = 2026-11-20T12:00:00Z").due == expected.replace(tzinfo=None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("percent = 10", "A setting of .* must be one of title, due, free_days, .*'percent'"),
        ("free_day = 1", "Did you mean 'free_days'?"),
        ("title = 3", "'title' .* must be a text in quotes; received 3"),
        (
            'due = "20.11."',
            "'due' .* must be a date, such as 2026-11-20T23:59:00; received '20.11.'",
        ),
        ("free_days = -1", "'free_days' .* must be a whole number of days, such as 2; received -1"),
        ("free_days = true", "'free_days' .* received True"),
        ("percent_per_day = 110", "must be a number from 0 to 100; received 110"),
        ("extensions = 3", r"'extensions' .* must be a table, \[extensions\]"),
        ("[extensions]\n7 = 2026-11-25", "extension of '7' .* a date if 'due' is given"),
        ("[extensions]\n7 = 1.5", "extension of '7' .* must be a whole number of days"),
        ("title =", "must be a TOML file in UTF-8"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, text, message):
    with pytest.raises(KitError, match=message):
        read(tmp_path, text)
