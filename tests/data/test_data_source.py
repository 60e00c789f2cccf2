from cnn_utils.data import data_source


def test_no_note_while_all_data_is_real():
    assert data_source.sample_note() == ""
    data_source.record("MNIST", "official")
    assert data_source.sample_note() == ""
    assert data_source.sources() == {"MNIST": "official"}


def test_the_note_names_every_sample():
    data_source.record("MNIST", "sample")
    assert data_source.sample_note() == "drawn sample, not MNIST"
    data_source.record("CIFAR-10", "sample")
    assert data_source.sample_note() == "drawn sample, not CIFAR-10 or MNIST"


def test_loading_the_real_data_afterwards_takes_the_note_back():
    data_source.record("MNIST", "sample")
    data_source.record("MNIST", "official")
    assert data_source.sample_note() == ""
