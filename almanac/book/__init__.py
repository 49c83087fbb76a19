"""The book: what turns notebooks and pages into the site.

As a Sphinx extension, listed in `_config.yml`, it makes plain `jupyter-book build .` validate
the record, execute and check the notebooks, and put the finished site in place.
"""


def setup(app):
    """Entry point of Sphinx."""
    from almanac.book import extension

    return extension.setup(app)
