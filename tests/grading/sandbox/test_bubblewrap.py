from cnn_utils.grading.sandbox import bubblewrap
from cnn_utils.grading.sandbox.limits import user_of


def test_root_becomes_nobody_and_others_get_a_user_namespace(tmp_path, monkeypatch):
    monkeypatch.setattr(bubblewrap.os, "geteuid", lambda: 0)
    root = bubblewrap.command_line(tmp_path, [], ["python"])
    assert f"--reuid={user_of(tmp_path)}" in root[root.index("setpriv") :]
    assert "--unshare-user" not in root
    monkeypatch.setattr(bubblewrap.os, "geteuid", lambda: 1000)
    other = bubblewrap.command_line(tmp_path, [], ["python"])
    assert {"--unshare-user", "--disable-userns"} <= set(other)
    assert "setpriv" not in other


def test_only_the_box_is_writable(tmp_path):
    words = bubblewrap.command_line(tmp_path, [tmp_path / "kit"], ["python"])
    assert words.count("--bind") == 1
    assert words[words.index("--bind") + 1 :][:2] == [str(tmp_path), "/workdir"]
    place = words.index(str(tmp_path / "kit"))
    assert words[place - 1] == "--ro-bind"
    assert {"--unshare-net", "--unshare-pid", "--die-with-parent"} <= set(words)
    assert words[-1] == "python"
