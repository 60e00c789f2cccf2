"""Damaged files of every kind: a reader takes them or says a sentence, soon, in little memory.

2,800 of them, the same in every run. `make fuzz` tries a hundred thousand that atheris makes, led
by what of the program they reach.
"""

import resource
import time
from contextlib import suppress
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cnn_utils.errors import KitError
from tests.fuzz.damage import mutated
from tests.fuzz.readers import READERS

N_EACH, KILOBYTES = 200, 10**6
# Of the processor, and as the clock shows them: a shared machine may stand still for a while.
SECONDS, AT_MOST = 5, 60


@pytest.fixture(scope="module", params=READERS)
def reader(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    found = READERS[request.param]
    (folder / "seeds").mkdir()
    return found, folder, found.seeds(folder / "seeds")


def read(reader, folder, data):
    """Read the data; fail if it takes long, needs much memory, or ends in any other error."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start, busy = time.monotonic(), time.process_time()
    with suppress(KitError):
        reader(data, folder)
    assert time.process_time() - busy < SECONDS
    assert time.monotonic() - start < AT_MOST
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < KILOBYTES


def test_good_files_are_read(reader):
    """Else the damaged ones would only be refused at the door."""
    found, folder, seeds = reader
    if found is READERS["mnist"]:  # a good one is 70,000 images
        pytest.skip("its seeds are good archives of too few images")
    found(seeds[0], folder)


def test_damaged_files_end_in_a_sentence(reader):
    found, folder, seeds = reader

    @settings(max_examples=N_EACH)
    @given(seed=st.integers(0, 2**32))
    def check(seed):
        random = Random(seed)
        read(found, folder, mutated(random.choice(seeds), random))

    check()


def test_any_bytes_end_in_a_sentence(reader):
    found, folder, _ = reader

    @settings(max_examples=20)
    @example(b"")
    @example(b"[" * 100_000)
    @example(b"\xff\xfe" + b"a" * 9)
    @given(st.binary(max_size=300))
    def check(data):
        read(found, folder, data)

    check()
