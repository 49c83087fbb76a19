"""The site and the browser that the tests of this folder share."""

import pytest
from browser import launched, served


@pytest.fixture(scope="package")
def site_url(built_site):
    """Address of the site on a free port of this machine."""
    with served(built_site) as address:
        yield address


@pytest.fixture(scope="package")
def browser():
    """One Chromium for all tests of this folder; closed after them, since Playwright's event
    loop would be in the way of other tests that run one."""
    with launched() as running:
        yield running
