import io
import zipfile

import pytest

from cnn_utils.errors import KitError
from cnn_utils.grading.intake.submissions import HandedIn, content_hash, find_handins, take
from tests.grading.small_lab import F1, TEN, notebook

PARTS = {"part1_lenet_mnist.ipynb": ["lenet", "f1"], "part2_cnn_cifar10.ipynb": ["cnn"]}
ONE, TWO = PARTS
NETWORKS = ["lenet", "cnn"]


def files_in(folder, names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return {k: v.decode() for k, v in take(HandedIn("x", folder), PARTS, NETWORKS).items()}


def zipped(path, members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return HandedIn("x", path)


@pytest.mark.parametrize("folder", ["artifacts", "evidence", "group1/evidence"])
def test_the_kit_s_own_zip_of_this_and_last_year(tmp_path, folder):
    members = dict.fromkeys([ONE, TWO, "submission.csv", f"{folder}/lenet/weights.npz"], "a")
    found = take(zipped(tmp_path / "a.zip", {**members, "x.pdf": "b"}), PARTS, NETWORKS)
    assert set(found) == {ONE, TWO, "submission.csv", "lenet/weights.npz"}


@pytest.mark.parametrize(
    "name",
    [
        "part1_lenet_mnist.ipynb",
        "deep/er/part1_lenet_mnist.ipynb",
        "Part1_LeNet_MNIST.ipynb",
        "part1_lenet_mnist-Copy1.ipynb",
        "part1_lenet_mnist (2).ipynb",
        "part1_lenet_mnist.py",
        "group 7 part1 final.ipynb",
    ],
)
def test_a_notebook_may_be_renamed_and_lie_deeper(tmp_path, name):
    assert files_in(tmp_path, [name, "artifacts/cnn/weights.npz"])[ONE] == name


def test_artifacts_of_this_year_come_first(tmp_path):
    names = ["evidence/cnn/weights.npz", "deep/er/artifacts/cnn/weights.npz", "my-artifacts/cnn/x"]
    assert files_in(tmp_path, names) == {"cnn/weights.npz": "deep/er/artifacts/cnn/weights.npz"}


def test_the_only_one_left_is_the_one_that_is_missing(tmp_path):
    assert files_in(tmp_path, [ONE, "mine.ipynb"])[TWO] == "mine.ipynb"


def test_checkpoints_and_what_macs_leave_behind_are_passed_over(tmp_path):
    names = [f".ipynb_checkpoints/{ONE}", f"__MACOSX/._{ONE}", "a/" + ONE]
    assert files_in(tmp_path, names)[ONE] == f"a/{ONE}"


def test_links_are_not_followed(tmp_path):
    (tmp_path / ONE).symlink_to("/etc/passwd")
    (tmp_path / "folder").symlink_to("/etc")
    assert files_in(tmp_path, []) == {}


def test_a_bare_notebook_is_known_by_its_name_or_its_tasks(tmp_path):
    path = tmp_path / "whatever.ipynb"
    path.write_bytes(notebook(F1, TEN))
    assert set(take(HandedIn("x", path), PARTS, NETWORKS)) == {ONE}
    path.write_bytes(notebook("# task: cnn\nx = 1"))
    assert set(take(HandedIn("x", path), PARTS, NETWORKS)) == {TWO}


@pytest.mark.parametrize(
    ("data", "message"), [(b"", "can't be read"), (b"PK\x03\x04 no", "can't be read")]
)
def test_an_invalid_zip_gets_a_sentence(tmp_path, data, message):
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(KitError, match=message):
        take(HandedIn("x", tmp_path / "a.zip"), PARTS, NETWORKS)


def test_traversal_bombs_and_crowds_are_refused(tmp_path):
    assert take(zipped(tmp_path / "a.zip", {f"../../{ONE}": "x"}), PARTS, NETWORKS) == {}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(ONE, b"\0" * 250_000_000)
    (tmp_path / "bomb.zip").write_bytes(buffer.getvalue())
    with pytest.raises(KitError, match="larger than 200 MB"):
        take(HandedIn("x", tmp_path / "bomb.zip"), PARTS, NETWORKS)
    crowd = {f"{i}.txt": "" for i in range(2_001)}
    with pytest.raises(KitError, match="holds 2001 files"):
        take(zipped(tmp_path / "b.zip", crowd), PARTS, NETWORKS)


def test_handins_are_zips_folders_and_notebooks(tmp_path):
    (tmp_path / "ann").mkdir()
    for name in ("bo.zip", "cy.ipynb", "ann.zip", "notes.txt", ".hidden.zip"):
        (tmp_path / name).write_text("x")
    (tmp_path / "link.zip").symlink_to(tmp_path / "bo.zip")
    assert [h.name for h in find_handins(tmp_path)] == ["ann", "ann.zip", "bo", "cy"]


def test_a_folder_without_hand_ins_is_an_error(tmp_path):
    with pytest.raises(KitError, match=r"hold hand-ins .* received none"):
        find_handins(tmp_path)
    with pytest.raises(KitError, match="be a folder of hand-ins"):
        find_handins(tmp_path / "none")


def test_the_hash_is_that_of_names_and_contents():
    one = content_hash({"a": b"1", "b": b"2"})
    assert one == content_hash({"b": b"2", "a": b"1"})
    assert len({one, content_hash({"a": b"12", "b": b""}), content_hash({"a": b"1"})}) == 3


@pytest.mark.parametrize("folder", ["artifacts", "mine/artifacts", "evidence"])
def test_weights_are_found_in_the_folder_of_this_and_of_earlier_releases(tmp_path, folder):
    found = files_in(tmp_path, [ONE, f"{folder}/lenet/weights.npz"])
    assert found["lenet/weights.npz"] == f"{folder}/lenet/weights.npz"
