import pytest

from cnn_utils.grading.sandbox import container
from cnn_utils.grading.sandbox.limits import user_of


@pytest.fixture
def workdir(tmp_path):
    return tmp_path / "tmpx_1" / "workdir"


def words(workdir, **environment):
    return container.command_line(
        workdir, [workdir.parent / "kit"], ["python3", "-V"], environment, "kit"
    )


def test_it_is_shut_off_and_bounded(workdir):
    line = words(workdir)
    assert {"--network=none", "--read-only", "--cap-drop=ALL", "--pull=never", "--rm"} <= set(line)
    assert {"--memory=3000000000", "--pids-limit=256", "--ulimit=fsize=50000000"} <= set(line)
    assert "--security-opt=no-new-privileges" in line
    assert line[-3:] == ["kit", "python3", "-V"]


def test_it_sees_the_box_and_may_read_what_it_must(workdir):
    kit = workdir.parent / "kit"
    line = words(workdir, PYTHONPATH=str(kit))
    assert f"{kit}:{kit}:ro" in line
    assert f"{workdir}:/workdir:rw" in line
    assert f"--env=PYTHONPATH={kit}" in line


def test_each_box_has_a_container_of_its_own_name(workdir):
    assert "--name=cnn-utils-tmpx-1-workdir" in words(workdir)


@pytest.mark.parametrize(
    ("uid", "program", "expected"),
    [
        (0, "/usr/bin/podman", ["--user=USER:USER", "--ulimit=nproc=256"]),
        (1000, "/usr/bin/podman", ["--user=0:0"]),
        (1000, "/usr/bin/docker", ["--user=1000:1000"]),
    ],
)
def test_whoever_grades_the_hand_in_has_no_rights_and_its_files_can_be_removed(
    monkeypatch, workdir, uid, program, expected
):
    monkeypatch.setattr(container.os, "geteuid", lambda: uid)
    monkeypatch.setattr(container.os, "getegid", lambda: uid)
    words = [word.replace("USER", str(user_of(workdir))) for word in expected]
    assert container._user(program, workdir) == words


def test_a_container_is_killed_by_its_name(workdir, monkeypatch):
    said = []
    monkeypatch.setattr(container, "engine", lambda: "podman")
    monkeypatch.setattr(container.subprocess, "run", lambda line, **options: said.append(line))
    container.stop(workdir)
    assert said == [["podman", "kill", "cnn-utils-tmpx-1-workdir"]]


def test_podman_is_preferred(monkeypatch):
    monkeypatch.setattr(container.shutil, "which", lambda name: f"/usr/bin/{name}")
    assert container.engine() == "/usr/bin/podman"
    monkeypatch.setattr(container.shutil, "which", lambda name: None)
    assert container.engine() is None
