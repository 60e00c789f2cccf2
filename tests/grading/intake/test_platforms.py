import pytest

from cnn_utils.grading.intake.platforms import group_label, in_order, read_name, without_copy

NAMES = {
    "doejane_101_9001_group7-1.zip": ("doejane_101", "group7.zip", "9001".zfill(20)),
    "doejane_LATE_101_9001_a_b.ipynb": ("doejane_101", "a_b.ipynb", "9001".zfill(20)),
    "doejane_101_text.html": ("doejane_101", "text.html", "0" * 20),
    "Jane Doe_11_assignsubmission_file_a_b.zip": ("Jane Doe_11", "a_b.zip", ""),
    "Jane Doe_11_assignsubmission_onlinetext_": ("Jane Doe_11", "", ""),
    "Participant_11_assignsubmission_file_": ("Participant_11", "", ""),
    "HW_1_jd_attempt_2026-11-20-10-00-00_a.zip": ("HW_1_jd", "a.zip", "2026-11-20-10-00-00"),
    "HW_1_jd_attempt_2026-11-20-10-00-00.txt": ("HW_1_jd", "", "2026-11-20-10-00-00"),
    "1-2 - Jane Doe - Nov 9, 2026 1000 AM - a - b.zip": (
        "1-2 - Jane Doe",
        "a - b.zip",
        "2026-11-09T10:00:00",
    ),
    "1-2 - Jean-Paul Doe- 20 November, 2026 0330 PM - a.zip": (
        "1-2 - Jean-Paul Doe",
        "a.zip",
        "2026-11-20T15:30:00",
    ),
    "10012_group7.zip": ("10012", "group7.zip", ""),
}


@pytest.mark.parametrize(("name", "expected"), NAMES.items(), ids=NAMES)
def test_platforms_name_the_person_the_file_and_the_time(name, expected):
    upload = read_name(name)
    assert (upload.person, upload.file, upload.when) == expected
    assert upload.is_known


def test_lateness_is_read():
    assert read_name("doejane_LATE_101_9001_a.zip").is_late
    assert not read_name("doejane_101_9001_a.zip").is_late
    times = [upload.time for upload in map(read_name, NAMES)]
    assert [time and f"{time:%d %H:%M}" for time in times] == [
        *[None] * 6,
        *["20 10:00"] * 2,
        "09 10:00",
        "20 15:30",
        None,
    ]


@pytest.mark.parametrize(
    "name", ["group7.zip", "20261120_a.zip", "2026_a.zip", "part1_lenet.ipynb"]
)
def test_other_names_are_the_person_s_own(name):
    upload = read_name(name)
    assert not upload.is_known
    assert (upload.person, upload.file) == (name.rpartition(".")[0], name)


def test_a_team_stands_before_the_name():
    upload = read_name("Group A-Jane Doe_11_assignsubmission_file_", is_folder=True)
    assert (upload.person, upload.team) == ("Group A-Jane Doe_11", "Group A")
    assert upload.member == "Group A-Jane Doe_11_assignsubmission_file_"
    assert read_name("Jane_1_assignsubmission_file_").team == ""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a (12)", ("a", 12)),
        ("a-Copy2", ("a", 2)),
        ("a copy", ("a", 1)),
        ("a - Kopie (3)", ("a", 3)),
        ("a-1", ("a-1", 0)),
        ("photocopy", ("photocopy", 0)),
    ],
)
def test_what_makes_a_copy_s_name(name, expected):
    assert without_copy(name) == expected


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("group7", "7"),
        ("group7 (1)", "7"),
        ("jane_Gruppe 07_final", "7"),
        ("Team-A", "a"),
        ("group1-2", "1-2"),
        ("group71", "71"),
        ("group_final", ""),
        ("group_unknown", ""),
        ("jane", ""),
    ],
)
def test_a_group_s_label(name, label):
    assert group_label(name) == label


def test_names_are_in_the_order_of_people():
    names = ["group10", "group2", "Ada", "group1", "group2 (1)"]
    assert sorted(names, key=in_order) == [
        "Ada",
        "group1",
        "group2",
        "group2 (1)",
        "group10",
    ]
