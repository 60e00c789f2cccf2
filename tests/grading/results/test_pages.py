from cnn_utils.grading.results.pages import render


def test_values_are_shown_as_text():
    page = render("leaderboard", {"lines": [], "refused": {"<b>": "&"}, "title": "<i>"})
    assert "<h1>&lt;i&gt;</h1>" in page
    assert "<li>&lt;b&gt;: &amp;</li>" in page
