from cnn_utils import provenance


def test_no_note_while_all_data_is_real():
    assert provenance.stand_in_note() == ""
    provenance.record("MNIST", "official")
    assert provenance.stand_in_note() == ""
    assert provenance.source_of("MNIST") == "official"
    assert provenance.source_of("CIFAR-10") is None


def test_the_note_names_every_stand_in():
    provenance.record("MNIST", "sample")
    assert provenance.stand_in_note() == "synthetic sample, not MNIST"
    provenance.record("CIFAR-10", "sample")
    assert provenance.stand_in_note() == "synthetic sample, not CIFAR-10 or MNIST"


def test_loading_the_real_data_afterwards_takes_the_note_back():
    provenance.record("MNIST", "sample")
    provenance.record("MNIST", "official")
    assert provenance.stand_in_note() == ""
