"""Our Markdown as HTML."""

import re

from neuralode_lib.quiz.markup import html


def test_html_leaves_mathematics_alone():
    text = "**A** is *less*: $a < b * c * d$ and `x<y * 2`\n\n**two**"
    first, second = re.findall("<p.*?>(.*?)</p>", html(text))
    assert first == "<b>A</b> is <i>less</i>: $a &lt; b * c * d$ and <code>x&lt;y * 2</code>"
    assert second == "<b>two</b>"
