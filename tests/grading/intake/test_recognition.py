import json
import time

import pytest

from cnn_utils.grading.intake.archives import Found
from cnn_utils.grading.intake.recognition import Recognition
from tests.grading.intake.small_submissions import ONE, TWO, filled, stub


@pytest.fixture(scope="module")
def read(parts):
    """Return a function that recognises one file."""
    recognition = Recognition(parts)

    def read(data, name="a.ipynb"):
        return recognition._read(Found("", (), name, len(data), ()), data)

    return read


def test_an_untouched_notebook_has_no_answers(read):
    for name in (ONE, TWO):
        found = read(stub(name))
        assert (found.part, found.touched, found.solved) == (name, set(), set())
    executed = json.loads(stub(ONE))
    executed["cells"][1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["x\n"]}]
    assert read(json.dumps(executed).encode()).touched == set()


@pytest.mark.parametrize(
    ("how", "solved"),
    [
        ("as asked", {"lenet", "f1"}),
        ("shorter", {"lenet"}),
        ("f1 alone", {"f1"}),
        ("below the stub", set()),
        ("texts alone", set()),
    ],
)
def test_a_task_is_solved_if_it_has_lines_and_no_placeholder(read, how, solved):
    found = read(filled(ONE, 7, how))
    assert found.solved == solved
    assert found.touched


FORMS = {
    "as Jupyter writes it": lambda b: json.dumps(b, indent=1, ensure_ascii=False).encode(),
    "in one line": lambda b: json.dumps(b).encode(),
    "sources as one text": lambda b: json.dumps(
        {**b, "cells": [{**c, "source": "".join(c["source"])} for c in b["cells"]]}
    ).encode(),
    "of Windows": lambda b: json.dumps(b).replace("\\n", "\\r\\n").encode(),
    "with a byte-order mark": lambda b: b"\xef\xbb\xbf" + json.dumps(b).encode(),
    "in UTF-16": lambda b: json.dumps(b).encode("utf-16"),
    "not in UTF-8": lambda b: json.dumps(b).encode() + b" \xff",
    "truncated": lambda b: json.dumps(b).encode()[:-40],
    "a script": lambda b: "\n\n".join("".join(c["source"]) for c in b["cells"]).encode(),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_however_it_is_saved_the_answers_are_counted(read, form):
    assert read(form(json.loads(stub(ONE)))).touched == set()
    found = read(form(json.loads(filled(ONE, 7))))
    assert (found.part, found.solved, found.group) == (ONE, {"lenet", "f1"}, "7")
    assert found.people == "Ann and Bo"


@pytest.mark.parametrize(
    ("number", "group"), [("07", "7"), ("Group 7", "7"), ("A", "a"), ("", ""), ("**x", "x")]
)
def test_the_header_s_group(read, number, group):
    row = f"| **Group number** | {number} |".encode()
    assert read(filled(ONE, 7).replace(b"| **Group number** | 7 |", row)).group == group


HOSTILE = {
    "escapes": b'{"source":["' + b'\\"' * 1_000_000,
    "sources": b'{"source":"' * 200_000,
    "empty strings": b'{"source":' + b'""' * 1_000_000,
    "blanks": b'{"source":' + b" " * 2_000_000,
    "newlines": b'{"source":["' + b"\\n" * 1_000_000,
    "hashes": b"#" * 2_000_000,
    "bars": b'{"source":["' + b"| **" * 500_000 + b'"]}',
    "half characters": b"\xff\xfe" + b"\x00\xd8" * 1_000_000,
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_takes_linear_time(read, data):
    start = time.monotonic()
    read(data)
    assert time.monotonic() - start < 10  # 0.1 to 1 s; quadratic would be hours
