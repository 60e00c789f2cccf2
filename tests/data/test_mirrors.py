"""cnn_utils.data.mirrors: several independent servers for each file, over encrypted lines."""

import pytest

from cnn_utils.data import mirrors

FILES = [*mirrors.MNIST.values(), mirrors.CIFAR10]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_each_file_has_mirrors_of_different_people(file):
    hosts = [address.split("/")[2] for address in file.mirrors]
    assert len(set(hosts)) == len(hosts) >= 3
    assert all(address.startswith("https://") for address in file.mirrors)
    assert all(address.endswith(f"/{file.name}") for address in file.mirrors)
    assert len(file.sha256) == 64
    assert int(file.sha256, 16)


def test_files_and_contents_are_those_of_keras_archive():
    assert set(mirrors.MNIST) == set(mirrors.MNIST_CONTENT)
    assert len({file.sha256 for file in FILES} | set(mirrors.MNIST_CONTENT.values())) == 9
