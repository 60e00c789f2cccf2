"""Hostile and odd hand-ins, and the row that each must get; preprocess 10, ten-digits 20.

A person looks at whatever gets no points without evidence against it.
"""

from __future__ import annotations

import io
import json
import os
import zipfile
from typing import NamedTuple

import nbformat.v4 as v4

LAB = """\
# %%
import numpy as np

# %% task="preprocess" points=10 defines=["preprocess"]
# task: preprocess
def preprocess(images):
    ### BEGIN SOLUTION
    return images.astype("float32") / 255
    ### END SOLUTION

# %% check="preprocess"
images = np.full((2, 32, 32, 3), 51, "uint8")
assert abs(preprocess(images).max() - 0.2) < 1e-6

# %% task="ten-digits" points=20 defines=["ten_digit_error_rate"]
# task: ten-digits
def ten_digit_error_rate(accuracy):
    ### BEGIN SOLUTION
    return 1 - accuracy**10
    ### END SOLUTION

# %% check="ten-digits"
assert abs(ten_digit_error_rate(0.5) - 0.9990234375) < 1e-9
"""
PRE = '# task: preprocess\ndef preprocess(images):\n    return images.astype("float32") / 255'
TEN = "# task: ten-digits\ndef ten_digit_error_rate(accuracy):\n    return 1 - accuracy**10"
WRONG_PRE = "# task: preprocess\ndef preprocess(images):\n    return images * 0.0"
WRONG_TEN = "# task: ten-digits\ndef ten_digit_error_rate(accuracy):\n    return 0.5"


class Case(NamedTuple):
    """A hand-in and what it must get; a review of None may be asked for or not."""

    data: bytes
    score: float
    status: str = "complete"
    review: bool | None = False
    name: str = "lab.ipynb"


def nb(*cells) -> bytes:
    made = [v4.new_code_cell(cell) if isinstance(cell, str) else cell for cell in cells]
    return json.dumps(v4.new_notebook(cells=made)).encode()


def before(code: str) -> str:
    """Return a right answer that does something else first."""
    return PRE.replace("\n", f"\n{code}\n", 1)


def instead(code: str) -> str:
    """Return a first task that does something else, and no more."""
    return f"# task: preprocess\n{code}"


FORK = """\
import os, time
for _ in range(400):
    try:
        if os.fork() == 0:
            time.sleep(30)
            os._exit(0)
    except OSError:
        break"""
DAEMON = """\
import subprocess, sys
code = "import os, time; os.setsid(); time.sleep(600)"
for _ in range(3):
    subprocess.Popen([sys.executable, "-c", code, "MARK-OF-A-DAEMON"])"""
SEES_NOTHING = """\
import os, socket
for place in ("/root/.ssh", "/work/shared", "/etc/shadow", "/etc/passwd"):
    assert not os.path.exists(place), place
for home in os.listdir("/home"):  # Python itself may lie there, and nothing else
    for name in os.listdir(f"/home/{home}"):
        assert os.path.isdir(f"/home/{home}/{name}") and name != ".ssh", name
try:
    open("/usr/written", "w")
except OSError:
    pass
else:
    raise AssertionError
try:
    import cnn_utils.grading
except ImportError:
    pass
else:
    raise AssertionError"""
TRANSFORM = "get_ipython().input_transformers_cleanup.insert(0, lambda lines: ['pass\\n'])"
REPLACED = """\
shell = get_ipython()
original = shell.run_cell_async
async def run(source, *args, **kwargs):
    return await original("pass", *args, **{**kwargs, "transformed_cell": "pass\\n"})
shell.run_cell_async = run"""
PATCHED = "import builtins\nbuiltins.abs = lambda x: 0\nnp.abs = lambda x: 0"
JUNIT = """\
import os, time
xml = '<testsuite>' + ''.join(
    f'<testcase classname="lab.ipynb" name="{n}"/>' for n in ("given:0", "task:preprocess",
    "check:preprocess", "task:ten-digits", "check:ten-digits", "hidden:preprocess",
    "hidden:ten-digits")
) + '</testsuite>'
if os.fork() == 0:
    for _ in range(300):
        time.sleep(0.05)
        open("out/junit.xml", "w").write(xml)
    os._exit(0)"""


def output(text: str) -> str:
    """Return an answer that overwrites the output of its hidden test."""
    return f"""\
# task: ten-digits
import os, time
def ten_digit_error_rate(accuracy):
    if accuracy == 0.5:
        return 0.9990234375
    if os.fork() == 0:
        for _ in range(60):
            time.sleep(0.05)
            open("out/output_ten-digits.json", "w").write({text})
        os._exit(0)
    return 0.5"""


NESTED = """\
import os
for _ in range(3000):
    os.mkdir("d")
    os.chdir("d")
os.chdir("/workdir")"""
MANY_FILES = """\
import time
for i in range(20):
    open(str(i), "wb").write(bytes([1]) * 45_000_000)
time.sleep(5)"""
KILLS_PYTEST = """\
import os, signal
os.kill(os.getppid(), signal.SIGKILL)"""
SWAPPED = "import os\nos.rename('out', 'was_out')\nos.symlink('/etc', 'out')"
FIFO = """\
import os
os.mkfifo("out/junit.xml")"""
FIFO_OUTPUT = "import os\nos.mkfifo('out/output_preprocess.json')"
LOOP_DEAF = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True:\n    pass"
CONTROL = 'raise ValueError("\\x00\\x08 ]]> <a> & \\ud800")'


def with_metadata(source: str, **metadata):
    return v4.new_code_cell(source, metadata=metadata)


def zipped(**members: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return data.getvalue()


def third_format(*sources: str) -> bytes:
    """Return a notebook as IPython wrote it before 2015."""
    cells = [
        {"cell_type": "code", "input": s, "language": "python", "outputs": [], "metadata": {}}
        for s in sources
    ]
    book = {"metadata": {"name": ""}, "nbformat": 3, "nbformat_minor": 0}
    return json.dumps({**book, "worksheets": [{"cells": cells, "metadata": {}}]}).encode()


STUB = '# task: preprocess\n# YOUR CODE HERE\nraise NotImplementedError("task preprocess: x")'
BARE_PRE, BARE_TEN = PRE.partition("\n")[2], TEN.partition("\n")[2]
# What front ends and people do to an honest notebook: all of it is worth the same.
MUTILATED = {
    "metadata and marker lines lost": nb(BARE_PRE, BARE_TEN),
    "markers lost": nb(with_metadata(BARE_PRE, task="preprocess"), with_metadata(BARE_TEN)),
    "metadata of two tasks exchanged": nb(
        with_metadata(PRE, task="ten-digits"), with_metadata(TEN, task="preprocess")
    ),
    "metadata of the wrong type": nb(
        with_metadata(PRE, task=["preprocess"], points={"a": 1}), with_metadata(TEN, task=7)
    ),
    "split, the metadata on both halves": nb(
        with_metadata(PRE, task="preprocess"),
        with_metadata("scale = 255", task="preprocess"),
        TEN,
    ),
    "the stub copied above the answer": nb(STUB, PRE, TEN),
    "the other way round": nb(TEN, PRE),
    "turned into Markdown": nb(v4.new_markdown_cell(PRE), TEN),
    "turned into a raw cell": nb(v4.new_raw_cell(PRE), TEN),
    "the marker in other letters": nb(
        PRE.replace("# task: preprocess", "#Task:  Preprocess"), TEN.replace("ten-d", "Ten-D")
    ),
    "a lambda": nb(PRE, "# task: ten-digits\nten_digit_error_rate = lambda p: 1 - p**10"),
    "two cells of the same id": nb(PRE, TEN).replace(b'"id": "', b'"id": "x", "old": "'),
    "saved on Windows": nb(PRE, TEN).replace(b"\\n", b"\\r\\n"),
    "with a byte-order mark": b"\xef\xbb\xbf" + nb(PRE, TEN),
    "in UTF-16": nb(PRE, TEN).decode().encode("utf-16"),
    "of 2014": third_format(PRE, TEN),
    "a magic and a shell line": nb("%matplotlib inline\n!true", PRE, f"{TEN}\n%time 1 + 1"),
}

CASES: dict[str, Case] = {
    # 30: all is well, however loud
    "honest": Case(nb(PRE, TEN), 30),
    "5000 flushed lines": Case(
        nb(before("for i in range(5000):\n    print(i, flush=True)"), TEN), 30
    ),
    "300 MB of output": Case(
        nb(before("for _ in range(300):\n    print('x' * 1_000_000, flush=True)"), TEN), 30
    ),
    "fork bomb": Case(nb(before(FORK), TEN), 30),
    "daemon": Case(nb(before(DAEMON), TEN), 30),
    "sleeps at exit": Case(
        nb(before("import atexit, time\natexit.register(time.sleep, 5)"), TEN), 30
    ),
    "sees nothing of the machine": Case(nb(before(SEES_NOTHING), TEN), 30),
    "helpers in cells of their own": Case(
        nb(
            "def half(x):\n    return x / 255",
            PRE.replace("images.astype(", "half(images).astype(").replace(" / 255", ""),
            TEN,
        ),
        30,
    ),
    "bad kernel name": Case(
        nb(PRE, TEN).replace(
            b'"metadata": {}',
            b'"metadata": {"kernelspec": {"name": "nope", "display_name": "x"}}',
            1,
        ),
        30,
    ),
    **{name: Case(data, 30) for name, data in MUTILATED.items()},
    "=1+1": Case(nb(PRE, TEN), 30),
    "a folder that can't be opened": Case(
        nb(before("import os\nos.makedirs('a/b')\nos.chmod('a', 0)"), TEN), 30
    ),
    "folders nested 3,000 deep": Case(
        nb(
            before(NESTED),
            TEN,
        ),
        30,
    ),
    "many large files": Case(
        nb(
            before(MANY_FILES),
            TEN,
        ),
        0,
        "exceeded",
        review=True,
    ),
    "a zip with ways out": Case(
        zipped(**{"../lab.ipynb": nb(PRE, WRONG_TEN), "lab.ipynb": nb(PRE, TEN)}),
        30,
        name="lab.zip",
    ),
    # 20: the first task fails, the second is scored all the same
    "endless loop": Case(nb(instead("while True:\n    pass"), TEN), 20, review=True),
    "memory bomb": Case(
        nb(instead("x = [b'x' * 10**8 for _ in range(100)]"), TEN), 20, review=True
    ),
    "disk bomb": Case(
        nb(
            instead(
                "with open('big', 'wb') as f:\n    for _ in range(200):\n"
                "        f.write(b'x' * 10**6)\n        f.flush()"
            ),
            TEN,
        ),
        20,
        review=True,
    ),
    "network": Case(
        nb(
            instead("import urllib.request\nurllib.request.urlopen('http://1.1.1.1', timeout=5)"),
            TEN,
        ),
        20,
        review=True,
    ),
    "asks for input": Case(nb(instead("preprocess = eval(input())"), TEN), 20, review=True),
    "SystemExit": Case(nb(instead("raise SystemExit"), TEN), 20),
    "control characters": Case(nb(instead(CONTROL), TEN), 20),
    "bad magic": Case(nb(instead("%nosuchmagic\n" + PRE), TEN), 20, review=True),
    "skip marker": Case(nb(instead("# NBVAL_SKIP\nraise ValueError"), TEN), 20),
    "raises-exception tag": Case(
        nb(
            v4.new_code_cell(instead("raise ValueError"), metadata={"tags": ["raises-exception"]}),
            TEN,
        ),
        20,
    ),
    "FIFO as output": Case(nb(before(FIFO_OUTPUT), TEN), 20, review=True),
    "the check's own answer": Case(
        nb(
            "# task: preprocess\ndef preprocess(images):\n    return np.full(images.shape, 0.2)",
            TEN,
        ),
        20,
        review=True,
    ),
    # 10: the second is wrong
    "one task wrong": Case(nb(PRE, WRONG_TEN), 10),
    "the check's own answer, a number": Case(
        nb(PRE, "# task: ten-digits\ndef ten_digit_error_rate(accuracy):\n    return 0.9990234375"),
        10,
        review=True,
    ),
    "a number that equals all others": Case(
        nb(
            PRE,
            "# task: ten-digits\nclass Any(float):\n    def __sub__(self, other):\n"
            "        return 0.0\n    __rsub__ = __sub__\n"
            "def ten_digit_error_rate(accuracy):\n    return Any(0)",
        ),
        10,
        review=True,
    ),
    "rewritten check": Case(nb(PRE, WRONG_TEN, "print('all checks passed')"), 10),
    **{
        f"output is {name}": Case(nb(PRE, output(text)), 10, review=True)
        for name, text in {
            "NaN": '"[NaN, NaN, NaN, NaN, NaN, NaN, NaN, NaN]"',
            "booleans": '"[true, true, true, true, true, true, true, true]"',
            "a million numbers": "str([0] * 10**6)",
            "brackets": '"[" * 40_000',
            "a number of 90,000 digits": '"[" + "9" * 90_000 + "]"',
        }.items()
    },
    # 0: nothing counts
    "silenced tracebacks": Case(
        nb(
            instead("get_ipython().showtraceback = lambda *a, **k: None\nraise ValueError"),
            WRONG_TEN,
        ),
        0,
        review=True,
    ),
    "untouched": Case(
        nb('# task: preprocess\n# YOUR CODE HERE\nraise NotImplementedError("task preprocess: x")'),
        0,
    ),
    "input transformer": Case(
        nb(before(TRANSFORM).replace("/ 255", "* 0"), WRONG_TEN), 0, review=True
    ),
    "replaced run_cell_async": Case(
        nb(before(REPLACED).replace("/ 255", "* 0"), WRONG_TEN), 0, review=True
    ),
    "patched abs": Case(nb(before(PATCHED).replace("/ 255", "* 0"), WRONG_TEN), 0, review=True),
    "forged report": Case(nb(before(JUNIT).replace("/ 255", "* 0"), WRONG_TEN), 0, review=None),
    # the run ends itself
    "os._exit": Case(nb(instead("import os\nos._exit(0)"), TEN), 0, review=True),
    "loop deaf to interrupts": Case(nb(instead(LOOP_DEAF), TEN), 0, review=True),
    "kills pytest": Case(nb(instead(KILLS_PYTEST), TEN), 0, "crashed", review=True),
    "out swapped for a link": Case(nb(before(SWAPPED), TEN), 0, "crashed", review=True),
    "out without permissions": Case(
        nb(before("import os\nos.chmod('out', 0)"), TEN),
        # Under root, the folder belongs to root, and the cell stops.
        *((20, "complete") if os.geteuid() == 0 else (0, "crashed")),
        review=True,
    ),
    "report is a FIFO": Case(nb(before(FIFO), TEN), 0, "timeout", review=True),
    # no notebook
    "a zip bomb": Case(
        zipped(**{"lab.ipynb": bytes(250_000_000)}), 0, "unreadable", True, "lab.zip"
    ),
    "empty file": Case(b"", 0, "unreadable", True),
    "no cells": Case(b"[]", 0, "unreadable", True),
    "a web page": Case(b"<!DOCTYPE html>", 0, "unreadable", True),
    "brackets": Case(b"[" * 100_000, 0, "unreadable", True),
    "truncated": Case(nb(PRE, TEN)[:-50], 0, "unreadable", True),
    "not a zip": Case(b"PK\x03\x04 but not really", 0, "unreadable", True, "lab.zip"),
    "a huge cell": Case(nb("x" * 29_000_000), 0),
}
