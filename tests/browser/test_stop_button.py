"""Students may stop a long training."""

import re

import pytest
from lab import uses
from playwright.sync_api import expect

LONG = [pytest.param(path, number, id=path.stem) for path, number, _ in uses(r"^result = node\.train\(problem, (.*)")]


@pytest.mark.parametrize("book, number", LONG, indirect=["book"])
def test_stop_button_keeps_the_result(book, number):
    cell = book.cells.nth(book.new_cell("run = node.train(problem, iterations=10_000_000)\nrun"))
    prompt, outputs = cell.locator(".jp-InputPrompt"), cell.locator(".jp-OutputArea-output")
    try:
        expect(outputs).to_contain_text(re.compile(r"J\s?="))  # the progress bar
        expect(prompt).to_have_text("[*]:")
    finally:
        book.page.locator("[data-jp-item-name=interrupt] jp-button").click()
    expect(prompt).not_to_have_text("[*]:")
    expect(outputs.last).to_have_text(re.compile(r"J [\d.]+ -> [\d.]+; interrupted after iteration [1-9]"))
    book.screenshot("interrupted", cell)
