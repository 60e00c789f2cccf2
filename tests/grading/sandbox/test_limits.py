import subprocess
import sys
from shutil import which

import pytest

from cnn_utils.grading.sandbox.limits import limited, user_of


@pytest.mark.skipif(not which("prlimit"), reason="prlimit is not installed")
def test_a_command_gets_its_bounds():
    code = "import resource as r; print(*(r.getrlimit(x)[0] for x in "
    code += "(r.RLIMIT_DATA, r.RLIMIT_FSIZE, r.RLIMIT_NPROC, r.RLIMIT_CORE, r.RLIMIT_NOFILE)))"
    done = subprocess.run(limited([sys.executable, "-c", code]), capture_output=True, text=True)
    assert done.stdout.split() == ["3000000000", "50000000", "256", "0", "1024"]


def test_each_box_has_a_user_of_its_own(tmp_path):
    users = {user_of(tmp_path / str(i)) for i in range(50)}
    assert len(users) > 45
    assert all(300_000 <= user < 1_300_000 for user in users)
    assert user_of(tmp_path) == user_of(tmp_path)
