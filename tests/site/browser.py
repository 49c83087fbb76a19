"""The finished site over http, and a real browser to read it with."""

import functools
import http.server
import os
import shutil
import subprocess
import sys
import threading
from contextlib import contextmanager

from playwright.sync_api import Error, sync_playwright

# What a careful host sends with the site: nothing inline, and nothing of another host.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
INSTALLED = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--no-sandbox",  # or it does not start for root, as in containers
    "--disable-gpu",
    "--no-first-run",
    # or it asks hosts of its maker, which a test of the site's requests must not see
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serve files without a line to the terminal for each, under a strict policy."""

    policy = POLICY
    protocol_version = "HTTP/1.1"  # keeps connections, as hosts do

    def log_message(self, *_):
        pass

    def end_headers(self):
        self.send_header("Cache-Control", "max-age=600")  # most files are those of every page
        if self.policy:
            self.send_header("Content-Security-Policy", self.policy)  # what breaks it is an error
        super().end_headers()


class Server(http.server.ThreadingHTTPServer):
    """A server that says nothing of readers who leave before they have everything."""

    def handle_error(self, request, client_address):
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def served(site, policy=POLICY):
    """Serve a folder on a free port of this machine; give its address."""
    kind = type("Served", (Quiet,), {"policy": policy})
    handler = functools.partial(kind, directory=str(site))
    with Server(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@contextmanager
def launched():
    """Run one Chromium.

    Raises
    ------
    RuntimeError
        If none starts and none can be installed, saying what to do.
    """
    with sync_playwright() as playwright:
        running = _launch(playwright.chromium)
        yield running
        running.close()


def _launch(chromium):
    """Start an installed Chromium or Chrome, else Playwright's own, else install one."""
    faults = []
    for path in filter(None, map(shutil.which, INSTALLED)):
        try:
            return chromium.launch(executable_path=path, args=ARGUMENTS)
        except Error as error:  # the next one may start: Ubuntu's is an empty shell for snap
            faults.append(f"{path}: {error}")
    try:
        return chromium.launch(args=ARGUMENTS)
    except Error as error:
        faults.append(f"Playwright's own: {error}")
    faults += _install()
    try:
        return chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
    except Error as error:
        faults.append(str(error))
    raise RuntimeError(
        "No browser starts, and these tests need one. Install one and run them again:\n"
        "    apt-get install chromium    (Debian, as root)\n"
        "    .venv/bin/playwright install --with-deps chromium    (elsewhere)\n\n"
        + "\n\n".join(faults)
    )


def _install() -> list[str]:
    """Install Chromium from Debian for root, else from Playwright; what went wrong, if so."""
    if shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        commands = [
            ["apt-get", "update", "-qq"],
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"],
        ]
    else:
        commands = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    faults = []
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            faults.append(f"{' '.join(command)}: {done.stderr.strip()[-1000:]}")
    return faults
