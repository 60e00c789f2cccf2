"""Small hand-ins of an assignment with two notebooks."""

import hashlib
import io
import json
import zipfile

ONE, TWO = "part1_lenet_mnist.ipynb", "part2_cnn_cifar10.ipynb"
NETWORKS = {ONE: "lenet", TWO: "cnn"}
SOURCES = {
    "part1_lenet_mnist.py": """\
# %% [markdown] task="group" kind="header"
# | | |
# |---|---|
# | **Group number** | 1 |
# | **Members** | The teaching staff |

# %%
from cnn_utils import load_mnist
import keras
digits = load_mnist(verbose=0)

# %% task="lenet" points=10 defines=["build_lenet"]
# task: lenet
def build_lenet():
    ### BEGIN SOLUTION
    return 1
    ### END SOLUTION

# %% task="f1" points=10 defines=["F1Score"]
# task: f1
### BEGIN SOLUTION
F1Score = 1
### END SOLUTION

# %% saves="lenet"
save_for_grading("lenet", model, history, predictions)

# %% [markdown] task="overfitting" kind="answer" points=10
# <!-- ### BEGIN SOLUTION -->
# Yes.
# <!-- ### END SOLUTION -->
""",
    "part2_cnn_cifar10.py": """\
# %% [markdown] task="group" kind="header"
# | | |
# |---|---|
# | **Group number** | 1 |
# | **Members** | The teaching staff |

# %%
from cnn_utils import load_cifar10
import keras
photographs = load_cifar10(verbose=0)

# %% task="cnn" points=10 defines=["build_cnn"]
# task: cnn
def build_cnn():
    ### BEGIN SOLUTION
    return 1
    ### END SOLUTION

# %% saves="cnn"
save_for_grading("cnn", model, history, predictions)
""",
}


def _cell(kind: str, source: str) -> dict:
    lines = source.splitlines(keepends=True)
    cell = {"cell_type": kind, "metadata": {}, "source": lines}
    return cell if kind == "markdown" else {**cell, "execution_count": None, "outputs": []}


def _notebook(name: str, group: str, people: str, code: dict[str, list[str]], text: str) -> bytes:
    data = "mnist" if name == ONE else "cifar10"
    table = f"| | |\n|---|---|\n| **Group number** | {group} |\n| **Members** | {people} |"
    table = table.replace("|  |", "| |")
    given = "digits" if name == ONE else "photographs"
    cells = [_cell("markdown", table)]
    load = f"from cnn_utils import load_{data}\nimport keras\n{given} = load_{data}(verbose=0)"
    cells.append(_cell("code", load))
    cells += [_cell("code", source) for sources in code.values() for source in sources]
    network = NETWORKS[name]
    cells.append(_cell("code", f'save_for_grading("{network}", model, history, predictions)'))
    if name == ONE:
        cells.append(_cell("markdown", text))
    book = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(book, indent=1, ensure_ascii=False).encode()


def _stubs(name: str) -> dict[str, list[str]]:
    network = NETWORKS[name]
    what = f"task {network}: write `build_{network}`, then run this cell again"
    stubs = {
        network: [
            f"# task: {network}\ndef build_{network}():\n    # YOUR CODE HERE\n"
            f'    raise NotImplementedError("{what}")'
        ]
    }
    if name == ONE:
        what = "task f1: define `F1Score`, then run this cell again"
        stubs["f1"] = [f'# task: f1\n# YOUR CODE HERE\nraise NotImplementedError("{what}")']
    return stubs


def stub(name: str) -> bytes:
    """Return a notebook as it is handed out."""
    return _notebook(name, "", "", _stubs(name), "*YOUR ANSWER HERE*")


def filled(name: str, group: int, how: str = "as asked") -> bytes:
    """Return a notebook as students fill it in."""
    code, text, network = _stubs(name), "It does, from epoch 7 on.", NETWORKS[name]
    answer = f"def build_{network}():\n    return {group}"
    if how == "below the stub":
        code[network].append(answer)
    elif how != "texts alone":
        code[network] = [f"# task: {network}\n{answer}"]
        if name == ONE and how != "shorter":
            code["f1"] = [f"# task: f1\nF1Score = {group}"]
    if how == "f1 alone":
        code[network] = _stubs(name)[network]
    return _notebook(name, str(group), "Ann and Bo", code, text)


def files_of_group(group: int) -> dict[str, bytes]:
    """Return the files of a complete hand-in, as `hand_in` zips them."""
    files = {ONE: filled(ONE, group), TWO: filled(TWO, group)}
    files["submission.csv"] = f"ID,Prediction\n0,{group}\n".encode()
    for network in NETWORKS.values():
        saved = {
            "weights.npz": f"{network} weights {group}".encode(),
            "architecture.json": f'{{"class_name": "{network}", "group": {group}}}'.encode(),
            "history.json": f'{{"{network}": {group}}}'.encode(),
        }
        hashes = {name: hashlib.sha256(data).hexdigest() for name, data in saved.items()}
        record = {"network": network, "sha256": hashes}
        saved["record.json"] = json.dumps(record, indent=1).encode()
        files |= {f"artifacts/{network}/{name}": data for name, data in saved.items()}
    return files


def zipped(files: dict[str, bytes]) -> bytes:
    """Return a zip of files."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()
