import subprocess
import sys
from shutil import which

import pytest

from cnn_utils.grading.limits import limited


@pytest.mark.skipif(not which("prlimit"), reason="prlimit is not installed")
def test_a_command_gets_its_bounds():
    code = "import resource as r; print(*(r.getrlimit(x)[0] for x in "
    code += "(r.RLIMIT_DATA, r.RLIMIT_FSIZE, r.RLIMIT_NPROC, r.RLIMIT_CORE, r.RLIMIT_NOFILE)))"
    done = subprocess.run(limited([sys.executable, "-c", code]), capture_output=True, text=True)
    assert done.stdout.split() == ["3000000000", "50000000", "256", "0", "1024"]
