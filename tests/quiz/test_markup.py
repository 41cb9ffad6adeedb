"""Our Markdown as HTML."""

import re

from neuralode_lib.quiz.markup import details, html, scripted, unwrapped


def test_html_leaves_mathematics_alone():
    text = "**A** is *less*: $a < b * c * d$ and `x<y * 2`\n\n**two**"
    first, second = re.findall("<p.*?>(.*?)</p>", html(text))
    assert first == "<b>A</b> is <i>less</i>: $a &lt; b * c * d$ and <code>x&lt;y * 2</code>"
    assert second == "<b>two</b>"


def test_unwrapped():
    assert unwrapped("\n  one\n  line\n\n  another\n") == "one line\n\nanother"


def test_names_are_escaped(tmp_path):
    (tmp_path / "form.css").write_text("p { }\n")
    (tmp_path / "form.js").write_text("1 < 2;\n")
    shown = scripted("kind", tmp_path / "form", details("<a>", "<p>b</p>"), name='"<')
    assert "<details><summary>&lt;a&gt;</summary><p>b</p></details>" in shown
    assert '<div class="kind" data-name="&quot;&lt;">' in shown
    assert "<style>\np { }\n</style>" in shown and "<script>\n1 < 2;\n</script>" in shown
