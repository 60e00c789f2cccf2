import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from cnn_utils.errors import KitError
from cnn_utils.files import KIT
from cnn_utils.grading.intake.submissions import content_hash, find_submissions, printable
from tests.grading.intake.small_submissions import ONE, TWO, files_of_group, filled, stub, zipped

LAYOUTS = KIT.parent / "shared" / "cases" / "layouts.py"
JANE = "Group A-Jane Doe_11_assignsubmission_file_"
MAX = "Group A-Max Roe_12_assignsubmission_file_"


@pytest.fixture
def find(parts, tmp_path):
    """Return a function that writes files, folders and zips, and finds the submissions."""

    def find(files, folder="in"):
        for name, data in files.items():
            path = tmp_path / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(zipped(data) if isinstance(data, dict) else data)
        return find_submissions(tmp_path / folder, parts)

    return find


def asked(found):
    return [submission.name for submission in found if submission.review]


def test_the_zip_of_hand_in(find):
    (one,) = find({"group7.zip": files_of_group(7)})
    assert (one.name, one.members, one.problem, one.notes, one.review) == (
        "group7",
        ["group7"],
        "",
        [],
        [],
    )
    assert one.files()[ONE] == filled(ONE, 7)
    assert set(one.files()) == {
        ONE,
        TWO,
        "submission.csv",
        *(f"{n}/{f}" for n in ("lenet", "cnn") for f in ("weights.npz", "history.json")),
        *(f"{n}/architecture.json" for n in ("lenet", "cnn")),
    }


LOOSE = {
    "canvas": "doejane_101_900{i}_{name}",
    "canvas, late": "doejane_LATE_101_900{i}_{name}",
    "canvas, again": "doejane_101_900{i}_{stem}-2{suffix}",
    "canvas, anonymous": "anon_x7_101_900{i}_{name}",
    "moodle, flat": "Jane Doe_11_assignsubmission_file_{name}",
    "moodle, folders": "Jane Doe_11_assignsubmission_file_/{name}",
    "moodle, blind": "Participant_11_assignsubmission_file_/{name}",
    "blackboard": "HW_1_jdoe_attempt_2026-11-20-10-00-00_{name}",
    "brightspace": "12345-67890 - Jane Doe - Nov 20, 2026 1000 AM - {name}",
    "brightspace, folders": "12345-67890 - Jean-Paul Doe - Nov 20, 2026 1000 AM/{name}",
    "inspera": "10012_{name}",
    "classroom": "{stem} - Jane Doe{suffix}",
    "plain": "jane_{name}",
    "a folder": "jane/{name}",
    "one hand-in alone": "{name}",
    "saved as text": "jane_{name}.txt",
}


@pytest.mark.parametrize("pattern", LOOSE.values(), ids=LOOSE)
def test_the_loose_files_of_one_person_are_one_submission(find, pattern):
    names = [ONE, TWO, "submission.csv"]
    files = {
        pattern.format(i=i, name=n, stem=Path(n).stem, suffix=Path(n).suffix): files_of_group(7)[n]
        for i, n in enumerate(names)
    }
    (one,) = find(files)
    assert one.files() == {n: files_of_group(7)[n] for n in names}
    assert (one.problem, one.review, len(one.members), len(one.paths)) == (
        "",
        [],
        1,
        1 if "/" in pattern else 3,
    )


def test_a_folder_of_one_hand_in_is_one_hand_in(find):
    (one,) = find({**files_of_group(7), "submission.csv.json": b"{}"})
    assert len(one.files()) == 9
    assert (one.name, one.review) == ("part1_lenet_mnist", [])


def test_what_comes_beside_a_submission_is_no_hand_in_of_its_own(find, capsys):
    jane = "Jane Doe_11_assignsubmission_"
    bo = "HW1_bo_attempt_2026-11-20-10-00-00"
    found = find(
        {
            f"{jane}file_/group7.zip": files_of_group(7),
            f"{jane}onlinetext_/onlinetext.html": b"<p>Hi",
            f"{bo}_group8.zip": files_of_group(8),
            f"{bo}.txt": b"Name: Bo",
            "index.html": b"<p>",
            "grades.csv": b"Student,ID\n",
            ".DS_Store": b"x",
        }
    )
    assert [s.name for s in found] == ["HW1_bo", "Jane Doe_11"]
    assert asked(found) == []
    assert "NOTE: ignored: grades.csv, index.html" in capsys.readouterr().out


PACKED = {
    "a zip in a zip": {"group7.zip": {"group7.zip": zipped(files_of_group(7))}},
    "a zip in a folder": {"group7/group7.zip": files_of_group(7)},
    "several levels": {"jane/a/b.zip": {"c/d.zip": zipped({"e/f.zip": zipped(files_of_group(7))})}},
    "backslashes": {"group7.zip": {n.replace("/", "\\"): d for n, d in files_of_group(7).items()}},
    "a folder in the zip": {"g.zip": {f"group 7/{n}": d for n, d in files_of_group(7).items()}},
    "a zip for each part": {
        "group7/part1.zip": {n: d for n, d in files_of_group(7).items() if n != TWO},
        "group7/part2.zip": {n: d for n, d in files_of_group(7).items() if n != ONE},
    },
    "a zip for each part, in Canvas": {
        "doe_101_9001_part1.zip": {n: d for n, d in files_of_group(7).items() if n != TWO},
        "doe_101_9002_part2.zip": {TWO: filled(TWO, 7)},
    },
    "a dot in front": {"g.zip": {f"./{n}": d for n, d in files_of_group(7).items()}},
    "leftovers": {
        "g.zip": {
            **files_of_group(7),
            f"__MACOSX/._{ONE}": b"x",
            f".ipynb_checkpoints/{ONE}": stub(ONE),
            f"sub/._{TWO}": b"x",
            "Thumbs.db": b"x",
        }
    },
    "2,001 files": {"g.zip": {**{f"a/{i}.txt": b"" for i in range(2_001)}, **files_of_group(7)}},
    "the whole kit": {
        "g.zip": {
            **files_of_group(7),
            "cnn_utils/x.py": b"# task: lenet",
            "README.md": b"",
            "Makefile": b"",
        }
    },
    "last year's folder": {
        "g.zip": {n.replace("artifacts/", "evidence/"): d for n, d in files_of_group(7).items()}
    },
    "artifacts without their folder": {
        "g.zip": {n.replace("artifacts/", ""): d for n, d in files_of_group(7).items()}
    },
    "artifacts in a folder of each part": {
        "g.zip": {
            ("part1_lenet_mnist/" if "lenet" in n else "part2_cnn_cifar10/") + n: d
            for n, d in files_of_group(7).items()
        }
    },
    "a folder around the class": {
        f"all/{JANE}/g.zip": files_of_group(7),
        f"all/{MAX}/g.zip": files_of_group(7),
    },
}


@pytest.mark.parametrize("files", PACKED.values(), ids=PACKED)
def test_however_it_is_packed_all_is_found(find, files):
    (one,) = find(files)
    wanted = {n.replace("artifacts/", ""): d for n, d in files_of_group(7).items()}
    assert {n: d for n, d in one.files().items() if not n.startswith("beside/")} == {
        n: d for n, d in wanted.items() if "record" not in n and "predictions" not in n
    }
    assert (one.problem, one.review) == ("", [])


@pytest.mark.parametrize("numbers", [("", ""), ("", "-1")])
def test_flattened_artifacts_are_told_apart_by_their_records(find, numbers):
    files = {}
    for i, (name, data) in enumerate(files_of_group(7).items()):
        path = Path(name)
        number = numbers[1] if "cnn/" in name else numbers[0]
        # a zip may hold two files of one name; Canvas numbers them
        files[f"doe_101_90{i:02}_{path.stem}{number}{path.suffix}"] = data
    (one,) = find(files)
    assert one.files()["lenet/weights.npz"] == b"lenet weights 7"
    assert one.files()["cnn/weights.npz"] == b"cnn weights 7"
    assert one.files()["cnn/history.json"] == b'{"cnn": 7}'


RENAMED = [
    "LeNet_final.ipynb",
    "Untitled.ipynb",
    "part2_old.ipynb",
    f"{ONE}.txt",
    f"{ONE}.json",
    "Part1_LeNet_MNIST (2).ipynb",
    "part1_lenet_mnist-Copy1.ipynb",
    "part1.ipnb",
    "notebook.json",
]


@pytest.mark.parametrize("name", RENAMED)
def test_a_notebook_is_found_by_its_contents(find, name):
    (one,) = find({"group7.zip": {name: filled(ONE, 7), TWO: filled(TWO, 7)}})
    assert one.files() == {ONE: filled(ONE, 7), TWO: filled(TWO, 7)}
    assert (one.problem, one.review) == ("", [])
    assert one.notes == [f"{ONE}: found as 'group7.zip/{name}'."]


def test_notebooks_that_lost_markers_and_metadata_are_found(find):
    bare = filled(ONE, 7).replace(b"# task: lenet", b"").replace(b'"task": "lenet"', b'"a": 1')
    (one,) = find(
        {"group7.zip": {"a.ipynb": bare, "b.ipynb": filled(TWO, 7).decode().encode("utf-16")}}
    )
    assert one.files() == {ONE: bare, TWO: filled(TWO, 7).decode().encode("utf-16")}


def test_scripts_are_found_by_their_marker_lines(find):
    script = b"import keras\n\n# task: lenet\ndef build_lenet():\n    return 1\n"
    (one,) = find({"group7.zip": {"part1_lenet_mnist.py": script, "helpers.py": b"x = 1\n"}})
    assert one.files() == {ONE: script, "beside/helpers.py": b"x = 1\n"}


@pytest.mark.parametrize("suffix", [" (1)", "-Copy1", "_solved", " copy", " - Kopie"])
@pytest.mark.parametrize("how", ["as asked", "below the stub", "texts alone"])
def test_the_answered_copy_beside_the_original_is_taken(find, suffix, how):
    name, solved = ONE.replace(".ipynb", f"{suffix}.ipynb"), filled(ONE, 7, how)
    for files in ({ONE: stub(ONE), name: solved}, {name: solved, ONE: stub(ONE)}):
        (one,) = find({"group7.zip": {**files_of_group(7), **files}})
        assert one.files()[ONE] == solved
        assert one.review == []
        assert f"'group7.zip/{name}' is graded, not 'group7.zip/{ONE}'" in one.notes[0]


def test_the_newest_of_equally_many_answers_is_taken(find, tmp_path):
    path = tmp_path / "in" / "group7.zip"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as archive:
        for name, year in ((ONE, 2025), ("a.ipynb", 2026), ("b.ipynb", 2024)):
            data = filled(ONE, 7).replace(b"return 7", f"return {year}".encode())
            archive.writestr(zipfile.ZipInfo(name, (year, 1, 1, 0, 0, 0)), data)
    (one,) = find({})
    assert b"return 2026" in one.files()[ONE]
    assert len(one.notes) == 2


def test_the_last_of_equal_versions_is_taken(find, tmp_path):
    new = filled(ONE, 7).replace(b"return 7", b"return 2026")
    files = {f"Jane/HW/Version {i}/{ONE}": filled(ONE, 7) for i in (1, 2, 9)}
    find({**files, f"Jane/HW/Version 10/{ONE}": new})
    for path in (tmp_path / "in").rglob("*.ipynb"):
        os.utime(path, (0, 0))
    (one,) = find({})
    assert one.files() == {ONE: new}


def test_answers_in_the_other_copy_are_looked_at(find):
    files = {ONE: filled(ONE, 7, "shorter"), "b.ipynb": filled(ONE, 7, "f1 alone")}
    (one,) = find({"group7.zip": files})
    assert one.files()[ONE] == files[ONE]
    assert one.review == [
        f"{ONE}: 'group7.zip/{ONE}' is graded; 'group7.zip/b.ipynb' also answers f1."
    ]


def test_another_group_in_the_same_zip_is_looked_at(find):
    files = {f"{n}/{name}": data for n in (7, 8) for name, data in files_of_group(n).items()}
    (one,) = find({"group7.zip": files})
    assert len(one.review) == 2
    assert all("is another group's (" in told for told in one.review)


def test_one_notebook_may_hold_both_parts(find):
    one, two = json.loads(filled(ONE, 7)), json.loads(filled(TWO, 7))
    both = json.dumps({**one, "cells": one["cells"] + two["cells"]}).encode()
    (found,) = find({"group7.zip": {"all.ipynb": both}})
    assert found.files() == {ONE: both, TWO: both}


def test_members_of_a_group_with_the_same_files_are_one_submission(find):
    names = [f"{JANE}/group7.zip", f"{MAX}/group7.zip"]
    (one,) = find(dict.fromkeys(names, files_of_group(7)))
    assert (one.name, one.members, one.review) == ("Group A-Jane Doe_11", [JANE, MAX], [])
    assert one.notes == [f"Handed in by {JANE}, {MAX}: the files are the same."]
    assert len(one.paths) == 2


@pytest.mark.parametrize(
    "names",
    [
        ("doejane_101_9001_group7.zip", "roemax_102_9002_group7-1.zip"),
        ("jane.zip", "max.zip"),
        ("jane_group7.zip", "max_Gruppe 07.zip"),
        ("HW_jd_attempt_2026-11-20-10-00-00_a.zip", "HW_mr_attempt_2026-11-20-10-00-00_b.zip"),
    ],
)
def test_the_group_stands_in_the_name_or_in_the_header(find, names):
    (one,) = find(dict.fromkeys(names, files_of_group(7)))
    assert len(one.members) == 2
    assert one.review == []


def test_equal_files_of_two_groups_are_two_submissions(find):
    found = find({"group7.zip": files_of_group(7), "group8.zip": files_of_group(7)})
    assert [s.name for s in found] == ["group7", "group8"]
    told = ["Its header names group 7, which has its own hand-in."]
    assert [s.review for s in found] == [[], told]
    nobody = {n: d.replace(b"| 7 |", b"| |") for n, d in files_of_group(7).items()}
    assert len(find({"ann.zip": nobody, "bo.zip": nobody}, "other")) == 2


def test_a_copy_by_someone_whom_the_header_does_not_name_is_looked_at(find):
    files = {
        n: d.replace(b"Ann and Bo", b"Jane D\\u00f6e, Max Roe")
        for n, d in files_of_group(7).items()
    }
    names = ["doejane_101_9001_g.zip", "roemax_102_9002_g.zip", "evil_103_9003_g.zip"]
    (one,) = find(dict.fromkeys(names, files))
    assert one.review == [
        "'evil_103' handed in the same files, but their header does not name this person."
    ]


def test_a_short_name_is_known_in_both_orders(find):
    files = {n: d.replace(b"Ann and Bo", b"Anna M, Bo Li") for n, d in files_of_group(7).items()}
    names = ["manna_101_9001_g.zip", "libo_102_9002_g.zip"]
    (one,) = find(dict.fromkeys(names, files))
    assert one.review == []


def test_a_member_with_a_part_of_the_files_is_a_member(find):
    part = {ONE: filled(ONE, 7)}
    (one,) = find({"doe_101_9001_g.zip": part, "roe_102_9002_g.zip": files_of_group(7)})
    assert one.members == ["roe_102_9002_g", "doe_101_9001_g"]
    assert TWO in one.files()


def test_two_different_zips_of_one_group_are_kept_apart_and_told(find):
    late = {**files_of_group(7), ONE: filled(ONE, 7, "shorter")}
    found = find({"doe_101_9001_g.zip": files_of_group(7), "roe_102_9002_g.zip": late})
    assert asked(found) == ["doe_101", "roe_102"]
    assert found[0].review == [
        "Group 7 has handed in other files, too: 'roe_102_9002_g.zip'. Keep one."
    ]


LATER = {
    "canvas": ("doe_101_9001_g.zip", "doe_LATE_101_10050_g-1.zip"),
    "blackboard": (
        "HW_jd_attempt_2026-11-20-10-00-00_g.zip",
        "HW_jd_attempt_2026-11-21-09-00-00_g.zip",
    ),
    "brightspace": (
        "1-2 - Jane - Nov 9, 2026 1000 AM - g.zip",
        "1-2 - Jane - Nov 20, 2026 0900 AM - g.zip",
    ),
    "brightspace, the day first": (
        "1-2 - Jane - 9 May 2026 1000 AM - g.zip",
        "1-2 - Jane - 20 May 2026 0900 AM - g.zip",
    ),
    "brightspace, 24 hours": (
        "1-2 - Jane - 9 May 2026 1300 - g.zip",
        "1-2 - Jane - 20 May 2026 0900 - g.zip",
    ),
    "browser": ("group7.zip", "group7 (1).zip"),
    "browser, the header tells": ("jane.zip", "jane (1).zip"),
}


@pytest.mark.parametrize("names", LATER.values(), ids=LATER)
def test_a_later_upload_of_one_person_replaces_the_earlier(find, names):
    first, later = names
    new = {**files_of_group(7), ONE: filled(ONE, 7, "shorter")}
    (one,) = find({later: new, first: files_of_group(7)})
    assert one.files()[ONE] == new[ONE]
    assert "replaces" in one.notes[0]
    assert one.review == []


@pytest.mark.parametrize("names", LATER.values(), ids=LATER)
def test_a_later_upload_without_answers_replaces_nothing(find, names):
    first, later = names
    empty = {ONE: stub(ONE).replace(b"**Group number** | |", b"**Group number** | 7 |")}
    (one,) = find({later: empty, first: files_of_group(7)})
    assert one.files()[ONE] == filled(ONE, 7)
    assert "has no answers" in one.review[0]


@pytest.mark.parametrize("names", LATER.values(), ids=LATER)
def test_a_later_upload_of_one_part_leaves_the_other(find, names):
    first, later = names
    new = filled(ONE, 7, "shorter")
    (one,) = find({later: {ONE: new}, first: files_of_group(7)})
    assert (one.files()[ONE], one.files()[TWO]) == (new, filled(TWO, 7))
    assert one.files()["cnn/weights.npz"] == b"cnn weights 7"


@pytest.mark.parametrize("names", list(LATER.values())[:-1], ids=list(LATER)[:-1])
def test_a_later_upload_that_can_not_be_read_is_looked_at(find, names):
    first, later = names
    (one,) = find({first: files_of_group(7), later: b"PK\x03\x04 no"})
    assert one.files()[ONE] == filled(ONE, 7)
    assert "can't be read" in one.review[0]


def test_group_7_is_never_group_71(find):
    found = find({"group7 (1).zip": files_of_group(7), "group71.zip": files_of_group(71)})
    assert [s.name for s in found] == ["group7 (1)", "group71"]
    assert asked(found) == []


def test_downloads_of_one_name_by_several_people_are_not_one(find):
    names = ["submission.zip", "submission (1).zip", "submission (2).zip"]
    found = find({name: files_of_group(i) for i, name in enumerate(names, 1)})
    assert len(found) == 3
    assert asked(found) == []
    nobody = {
        name: {n: d.replace(f"| {i} |".encode(), b"| |") for n, d in files_of_group(i).items()}
        for i, name in enumerate(names, 1)
    }
    assert len(asked(find(nobody, "without a header"))) == 3


def test_loose_notebooks_of_one_name_by_several_people_are_not_one(find):
    names = [ONE, ONE.replace(".ipynb", " (1).ipynb"), ONE.replace(".ipynb", " (2).ipynb")]
    found = find({name: filled(ONE, i) for i, name in enumerate(names, 1)})
    assert [s.name for s in found] == [Path(name).stem for name in names]


PROBLEMS = {
    "doe_1_2_group7.rar": (b"Rar!\x1a\x07\x01\x00" + bytes(200), "is a RAR archive"),
    "group8.7z": (b"7z\xbc\xaf'\x1c" + bytes(200), "is a 7z archive"),
    "group9.tar": (b"x" * 600, "is a tar archive"),
    "group9.tar.gz": (b"\x1f\x8b" + bytes(200), "is a gzip archive"),
    "disguised.zip": (b"Rar!\x1a\x07\x01\x00" + bytes(200), "is a RAR archive"),
    "zoe_5_6_report.pdf": (b"%PDF-1.7\n" + bytes(200), "a PDF"),
    "zoe.docx": (zipped({"word/document.xml": b"x"}), "a text document"),
    "empty.zip": (b"", "is empty (0 bytes)"),
    "empty.ipynb": (b"", "is empty (0 bytes)"),
    "truncated.zip": (zipped(files_of_group(7))[:-300], "damaged or incomplete"),
    "none.zip": (b"PK\x03\x04 but not really", "damaged or incomplete"),
    "of_nothing.zip": (zipped({}), "no files"),
    "of_texts.zip": (zipped({"a.txt": b"a", "b.md": b"b"}), "only 'of_texts.zip/a.txt', "),
    "rar_in_a.zip": (zipped({"group7.rar": b"Rar!"}), "is a RAR archive"),
    "doe_101_text.html": (b"<p>see my drive", "a web page"),
}


@pytest.mark.parametrize(("name", "case"), PROBLEMS.items(), ids=PROBLEMS)
def test_what_grading_cannot_open_gets_a_row_with_the_true_reason(find, name, case):
    data, reason = case
    (one,) = find({name: data})
    if name == "empty.ipynb":  # the reader of notebooks tells
        assert one.files() == {ONE: b""}
        return
    assert reason in one.problem
    assert one.files() == {}


def test_an_encrypted_zip_says_so(find):
    data = bytearray(zipped({ONE: filled(ONE, 7)}))
    data[6] |= 1
    data[data.index(b"PK\1\2") + 8] |= 1
    (one,) = find({"group7.zip": bytes(data)})
    assert "is encrypted" in one.problem


def damaged(files, name):
    """Return a zip in which a file's bytes are damaged."""
    data = bytearray(zipped(files))
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as archive:
        start = archive.getinfo(name).header_offset + 30 + len(name)
    data[start : start + 8] = bytes(8)
    return bytes(data)


@pytest.mark.parametrize("name", [TWO, "submission.csv", "artifacts/cnn/weights.npz", "mine.py"])
def test_a_damaged_file_is_left_out_and_a_person_is_asked(find, name):
    files = {**files_of_group(7), "mine.py": b"x = 1\n" * 99}
    (one,) = find({"group7.zip": damaged(files, name)})
    (whole,) = find({"group7.zip": files}, "whole")
    lacking = set(whole.files()) - set(one.files())
    assert lacking == {f"beside/{name}" if name == "mine.py" else name.removeprefix("artifacts/")}
    assert one.problem == ""
    assert one.review == one.notes
    assert f"'group7.zip/{name}' can't be read. It is damaged" in one.review[0]


def test_a_damaged_zip_in_a_zip_leaves_the_files_behind_it(find):
    inner = zipped({"a.zip": zipped({TWO: filled(TWO, 7)}), ONE: filled(ONE, 7)})
    data = bytearray(inner)
    data[data.index(b"PK\3\4")] = 0
    (one,) = find({"group7.zip": bytes(data)})
    assert set(one.files()) == {ONE}
    assert "a.zip' can't be read" in one.review[0]


def test_if_all_is_damaged_nothing_is_left(find):
    (one,) = find({"group7.zip": damaged({ONE: filled(ONE, 7)}, ONE)})
    assert "It is damaged or incomplete" in one.problem
    assert one.files() == {}


def test_an_encrypted_file_among_others_is_looked_at(find):
    data = bytearray(zipped(files_of_group(7)))
    data[6] |= 1
    data[data.index(b"PK\1\2") + 8] |= 1
    (one,) = find({"group7.zip": bytes(data)})
    assert ONE not in one.files()
    assert TWO in one.files()
    assert "is encrypted" in one.review[0]


@pytest.mark.parametrize("name", ["part1_lenet_mnist.html", "report.pdf", "report.docx"])
def test_what_may_stand_for_a_missing_notebook_is_looked_at(find, name):
    document = {name: b"<html>"}
    (one,) = find({"group7.zip": {TWO: filled(TWO, 7), **document}})
    assert f"A notebook is missing, but 'group7.zip/{name}' is a" in one.review[0]
    (two,) = find({"group7.zip": {**files_of_group(7), **document}}, "complete")
    assert two.review == []
    pdf = {TWO.replace("ipynb", "pdf"): b"%PDF", "figure.png": b""}
    (three,) = find({"group7.zip": {TWO: filled(TWO, 7), **pdf}}, "its own PDF")
    assert three.review == []


def test_bombs_and_ways_out_are_refused(find):
    (one,) = find({"bomb.zip": {ONE: b"\0" * 250_000_000}})
    assert "larger than 200 MB" in one.problem
    assert one.files() == {}
    (two,) = find({"out.zip": {f"../../{ONE}": filled(ONE, 7)}}, "ways out")
    assert two.problem == "It holds no files."
    inner = zipped(files_of_group(7))
    for _ in range(6):
        inner = zipped({"a.zip": inner})
    (three,) = find({"deep.zip": inner}, "deep")
    assert "lies in too many zips in zips" in three.problem


def test_people_without_a_team_and_double_names_are_not_told_apart_as_a_team(find):
    def files(i):
        return {n: d.replace(f"| {i} |".encode(), b"| |") for n, d in files_of_group(i).items()}

    names = ["Anne-Marie Doe_1", "Anne-Lise Roe_2", "Default group-Bo_3", "Default group-Cy_4"]
    found = find({f"{n}_assignsubmission_file_/a.zip": files(i) for i, n in enumerate(names, 1)})
    assert len(found) == 4
    assert asked(found) == []


def test_a_whole_class_in_one_folder_or_zip_is_not_one_hand_in(find, tmp_path):
    found = find({f"all/group{i}.zip": files_of_group(i) for i in (1, 2)})
    assert [s.name for s in found] == ["group1", "group2"]
    wrappers = {
        "teams": "Submitted files/{person}/Lab 1/Version 1/{name}",
        "nbgrader": "submitted/{person}/lab/{name}",
        "gradescope": "assignment_5_export/submission_{person}/{name}",
        "sakai": "Lab 1/Doe, {person}(x)/Submission attachment(s)/{name}",
        "two folders around it": "a/b/{person}/{name}",
        "loose files": "Lab 1/{person}_{name}",
    }
    for folder, pattern in wrappers.items():
        people = {"Jane": 1, "Max": 2}
        files = {
            pattern.format(person=person, name=name): filled(name, number)
            for person, number in people.items()
            for name in (ONE, TWO)
        }
        extra = {"submission_metadata.yml": b"---", "index.html": b"<html>"}
        found = find({**files, **extra}, folder)
        assert [set(s.files()) for s in found] == [{ONE, TWO}] * 2, folder
        assert asked(found) == []
    with pytest.raises(KitError, match="unzipped once; received a zip of several people's"):
        find({"download.zip": {f"{JANE}/{ONE}": b"{}", f"{MAX}/{ONE}": b"{}"}}, "zip")


def test_people_s_folders_are_a_class_also_without_a_group(find):
    def nobody(i):
        return {n: filled(n, i).replace(f"| {i} |".encode(), b"| |") for n in (ONE, TWO)}

    files = {
        f"all/{who}/{n}": d for i, who in enumerate(("ann", "bo")) for n, d in nobody(i).items()
    }
    assert [s.name for s in find(files)] == ["ann", "bo"]


def test_versions_of_one_hand_in_are_no_class(find):
    versions = {
        f"jane/Lab/Version {i}/{ONE}": filled(ONE, 7, how)
        for i, how in ((1, "shorter"), (2, "as asked"))
    }
    (one,) = find(versions)
    assert (one.name, one.files()) == ("jane", {ONE: filled(ONE, 7)})


def test_another_group_s_notebook_in_a_hand_in_is_looked_at(find):
    (one,) = find(
        {"group7.zip": {**files_of_group(7), f"friend/{ONE}": filled(ONE, 8)}, "b.zip": {}}
    )[1:]
    assert "'group7.zip/friend/part1_lenet_mnist.ipynb' is another group's (8)." in one.review[0]


ONE_PERSONS = {
    "copies of": {f"Copy of {n}": filled(n, 7) for n in (ONE, TWO)},
    "one copy of": {ONE: filled(ONE, 7), f"Kopie von {TWO}": filled(TWO, 7)},
    "zips of the parts": {
        "jane_part1.zip": {ONE: filled(ONE, 7)},
        "jane_part2.zip": {TWO: filled(TWO, 7)},
    },
    "a zip of the artifacts": {
        f"jane_{ONE}": filled(ONE, 7),
        f"jane_{TWO}": filled(TWO, 7),
        "jane_artifacts.zip": {
            n: d for n, d in files_of_group(7).items() if n.startswith("artifacts")
        },
    },
}


@pytest.mark.parametrize("files", ONE_PERSONS.values(), ids=ONE_PERSONS)
def test_loose_files_and_zips_of_one_person_are_one_submission(find, files):
    (one,) = find(files)
    assert {n: d for n, d in one.files().items() if n in (ONE, TWO)} == {
        n: filled(n, 7) for n in (ONE, TWO)
    }
    assert ("cnn/weights.npz" in one.files()) == ("jane_artifacts.zip" in files)
    assert one.review == []


def test_a_loose_notebook_or_web_page_of_any_name_gets_a_row(find, capsys):
    found = find({"jane.json": filled(ONE, 7), "max.html": b"<html>", "list.json": b"[]"})
    assert len(find({"index.zip": {ONE: filled(ONE, 7)}, "index.html": b""}, "index")) == 1
    assert found[0].files() == {ONE: filled(ONE, 7)}
    assert "(a web page)" in found[1].problem
    assert "NOTE: ignored: list.json" in capsys.readouterr().out


def test_an_unreadable_folder_is_told(find, tmp_path, monkeypatch):
    def walk(path, onerror):
        onerror(PermissionError(13, "Permission denied", f"{path}/private"))
        return iter(())

    monkeypatch.setattr(os, "walk", walk)
    (one,) = find({f"jane/{ONE}": filled(ONE, 7)})
    assert one.problem == "'private' can't be opened: Permission denied."


def test_links_and_special_files_are_not_followed(find, tmp_path):
    (tmp_path / "in" / "jane").mkdir(parents=True)
    (tmp_path / ONE).write_bytes(filled(ONE, 7))
    (tmp_path / "in" / "jane" / ONE).symlink_to(tmp_path / ONE)
    (tmp_path / "in" / "jane" / "folder").symlink_to("/etc")
    os.mkfifo(tmp_path / "in" / "jane" / TWO)
    os.mkfifo(tmp_path / "in" / "fifo.ipynb")
    (tmp_path / "in" / "link.zip").symlink_to(tmp_path / ONE)
    info = zipfile.ZipInfo(ONE)
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "in" / "zip.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    assert [(s.name, s.problem) for s in find({})] == [
        ("jane", "It holds no files."),
        ("zip", "It holds no files."),
    ]


def test_names_are_printable_and_differ(find, tmp_path):
    names = [
        "a\x1b[31m.zip",
        "b\u202efdp.zip",
        "M\udcfcller.zip",
        "M\udcfdller.zip",
        "Mu\u0308.zip",
    ]
    found = find({name: {ONE: filled(ONE, i)} for i, name in enumerate(names)})
    assert [s.name for s in found] == ["M?ller.zip", "M?ller.zip~2", "Mü", "a?[31m", "bfdp"]
    assert all(printable(text) == text for s in found for text in (*s.notes, *s.members))


def test_the_student_s_own_modules_and_data_come_along(find):
    own = {"helpers.py": b"h = 1", "pkg/a.py": b"a = 1", "table.csv": b"1", "notes.pdf": b"%PDF"}
    ours = {
        "assignment.json": b"{}",
        "README.md": b"",
        "cnn_utils/errors.py": b"",
        f"{ONE[:-6]}.html": b"",
    }
    (one,) = find({"g.zip": {f"g/{n}": d for n, d in {**files_of_group(7), **own, **ours}.items()}})
    beside = {n: d for n, d in one.files().items() if n.startswith("beside/")}
    assert beside == {
        "beside/helpers.py": b"h = 1",
        "beside/pkg/a.py": b"a = 1",
        "beside/table.csv": b"1",
    }


def test_at_most_50_files_and_10_megabytes_come_along(find):
    many = {f"m{i:03}.py": b"x" for i in range(60)}
    (one,) = find({"g.zip": {**files_of_group(7), **many, "big.npy": bytes(11_000_000)}})
    assert sum(name.startswith("beside/") for name in one.files()) == 50


def test_a_person_s_archive_beside_a_missing_part_is_looked_at(find):
    files = {f"doe_1_2_{ONE}": filled(ONE, 7), "doe_1_3_part2.rar": b"Rar!"}
    (one,) = find(files)
    assert one.review == ["'part2.rar' is a RAR archive, which grading does not open."]


def test_without_notebooks_the_submission_alone_is_found(find, tmp_path):
    find({"group7.zip": files_of_group(7), "ann_submission.csv": b"ID,Prediction\n0,1\n"})
    found = find_submissions(tmp_path / "in", {})
    assert [set(s.files()) for s in found] == [{"submission.csv"}] * 2


def test_a_submission_of_another_name_is_known_by_its_first_line(find):
    (one,) = find({"group7.zip": {ONE: filled(ONE, 7), "mine.csv": b"ID;Prediction\n0;1\n"}})
    assert one.files()["submission.csv"] == b"ID;Prediction\n0;1\n"


def test_a_network_s_predictions_are_no_submission(find):
    table = {"group7/artifacts/lenet/predictions.csv": b"ID,Prediction\n0,1\n"}
    (one,) = find({f"group7/{ONE}": filled(ONE, 7), **table})
    assert set(one.files()) == {ONE}


def test_a_folder_without_hand_ins_is_an_error(tmp_path, parts):
    with pytest.raises(KitError, match=r"hold hand-ins .* received none"):
        find_submissions(tmp_path, parts)
    with pytest.raises(KitError, match="be a folder of hand-ins"):
        find_submissions(tmp_path / "none", parts)


def test_the_hash_is_that_of_names_contents_and_members(find):
    one = content_hash({"a": b"1", "b": b"2"})
    assert one == content_hash({"b": b"2", "a": b"1"})
    assert len({one, content_hash({"a": b"12", "b": b""}), content_hash({"a": b"1"})}) == 3
    (alone,) = find({f"{JANE}/g.zip": files_of_group(7)})
    (both,) = find({f"{MAX}/g.zip": files_of_group(7)})
    assert alone.files() == both.files()
    assert alone.hash_of(alone.files()) != both.hash_of(both.files())


@pytest.mark.skipif(not LAYOUTS.is_file(), reason="shared/cases/layouts.py is not there")
def test_the_layouts_of_platforms_browsers_and_front_ends(parts, tmp_path):
    build, release = tmp_path / "build", tmp_path / "release" / "notebooks"
    for folder, make in ((build, lambda name: filled(name, 1)), (release, stub)):
        folder.mkdir(parents=True)
        for name in (ONE, TWO):
            (folder / name).write_bytes(make(name))
    for name, data in files_of_group(1).items():
        path = build / name.replace("artifacts", "evidence")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    command = [sys.executable, LAYOUTS, build, release.parent, tmp_path / "out"]
    subprocess.run(command, check=True, capture_output=True)
    found = {case.name: find_submissions(case, parts) for case in (tmp_path / "out").iterdir()}
    assert {name: len(s) for name, s in found.items()} == {
        "backslashes": 1,
        "canvas_loose_files": 1,
        "copy_beside_original": 3,
        "moodle_group_copies": 1,
        "only_a_script": 1,
        "other_archives": 3,
        "renamed_in_a_zip": 1,
        "text_suffix": 1,
        "two_zips_in_a_folder": 1,
        "zip_in_zip": 1,
    }
    for name, submissions in found.items():
        for submission in submissions:
            assert submission.review == []
            assert bool(submission.problem) == (name == "other_archives")
            if name not in ("other_archives", "only_a_script"):
                assert submission.files()[ONE] == filled(ONE, 1)
                assert submission.files()[TWO] == filled(TWO, 1)
    assert len(found["moodle_group_copies"][0].members) == 2
    assert list(found["only_a_script"][0].files()) == [ONE]
