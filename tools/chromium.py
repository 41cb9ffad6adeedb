"""Where Chromium is: for handouts, benchmarks and tests."""

import shutil


def find_chromium():
    """The path of Chromium or Chrome; None where neither can be found."""
    return next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None)
