from cnn_utils.grading.results.pages import render


def test_values_are_shown_as_text():
    page = render("leaderboard", {"lines": [], "n_refused": 0, "title": "<i>&"})
    assert "<h1>&lt;i&gt;&amp;</h1>" in page


def test_values_control_nothing():
    page = render(
        "leaderboard", {"lines": [], "n_refused": 0, "title": "a\x1b[2J\u202eb\u200bc\nd"}
    )
    assert "<h1>a?[2Jbc\nd</h1>" in page
