"""A tiny invented record, and a local server that plays upstreams, good and bad."""

import csv
import gzip
import json
import shutil
import threading
import time
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from almanac.record import validate
from almanac.refresh import fetch, tables, write
from almanac.sources.statements import Said, Statement

DATA = Path(__file__).parents[2] / "data"
VENDOR = "https://acme.example/1"
RELEASE = dict(organisation_id="acme", date_precision="day", status="released", family="Acme")
MODEL = dict(architecture="dense", modality="text", reasoning="undisclosed")
ROWS = {
    "organisations": [
        dict(organisation_id="acme", name="Acme", country="US", region="us", hub_namespaces="acme"),
    ],
    "releases": [
        RELEASE | dict(release_id="acme-1", name="Acme 1", released_on="2025-01-10"),
        RELEASE | dict(release_id="acme-2", name="Acme 2", released_on="2025-06-01"),
    ],
    "models": [
        MODEL
        | dict(model_id="acme-1", release_id="acme-1", name="Acme 1", hub_id="acme/Acme-1",
               role="flagship", total_params_b="100", licence="MIT", licence_class="4",
               listed_in="hub"),
        MODEL
        | dict(model_id="acme-1-mini", release_id="acme-1", name="Acme 1 Mini",
               hub_id="acme/Acme-1-Mini", role="size", total_params_b="7.24",
               licence="undisclosed", licence_class="0"),
        MODEL
        | dict(model_id="acme-2", release_id="acme-2", name="Acme 2", hub_id="acme/Acme-2",
               role="flagship", architecture="moe", licence="undisclosed", licence_class="0",
               base_model_id="acme-1"),
    ],
    "engine_support": [
        dict(engine="transformers", kind="architecture", name="acme", moe="false",
             first_on="2025-01-09", bound="exact"),
        dict(engine="vllm", kind="architecture", name="AcmeForCausalLM", first_on="2025-02-01",
             bound="latest"),
    ],
    "adoption": [
        dict(model_id="acme-1", metric="likes", value="70", measured_on="2026-04-22"),
    ],
    "aliases": [
        dict(list="epoch", listed_id="Acme 1", model_id="acme-1"),
        dict(list="hub", listed_id="acme/Acme-1-Copy", model_id="acme-1"),
        dict(list="hub", listed_id="acme/Left-Out", reason="quantisation"),
        dict(list="ollama", listed_id="acme1", model_id="acme-1-mini"),
        dict(list="ollama", listed_id="acme1-big", model_id="acme-1"),
        dict(list="ollama", listed_id="acme1-old", model_id="acme-1-mini"),
    ],
    "evidence": [],
}  # fmt: skip
EPOCH, HUB = "https://epoch.ai/data/ai-models", "https://huggingface.co"
EVIDENCE = [
    ("releases", "acme-1", "released_on", "2025-01-10", VENDOR, "vendor", "B"),
    ("releases", "acme-2", "released_on", "2025-06-01", EPOCH, "aggregator", "C"),
    ("models", "acme-1", "total_params_b", "100", VENDOR, "vendor", "A"),
    ("models", "acme-1", "licence", "MIT", VENDOR, "vendor", "B"),
    ("models", "acme-1-mini", "total_params_b", "7.24", f"{HUB}/acme/Acme-1-Mini", "hub", "C"),
    ("engine_support", "vllm/architecture/AcmeForCausalLM", "first_on", "2025-02-01",
     "https://github.com/vllm-project/vllm", "vendor", "C"),
]  # fmt: skip
for cell in EVIDENCE:
    names = ("table", "row", "column", "value", "source_url", "source_kind", "confidence")
    ROWS["evidence"].append(dict(zip(names, cell, strict=True)) | dict(accessed_on="2026-11-20"))


@pytest.fixture(scope="session")
def _written(tmp_path_factory):
    """The tiny record, written once."""
    folder = tmp_path_factory.mktemp("tiny") / "data"
    folder.mkdir()
    package = json.loads((DATA / "datapackage.json").read_text("utf-8"))
    package["updated"] = "2026-11-20"
    (folder / "datapackage.json").write_text(json.dumps(package, indent=2) + "\n", "utf-8")
    for resource in package["resources"]:
        columns = [field["name"] for field in resource["schema"]["fields"]]
        key = resource["schema"]["primaryKey"]
        with (folder / resource["path"]).open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
            writer.writeheader()
            rows = ROWS.get(resource["name"], ())
            writer.writerows(sorted(rows, key=lambda row: [row[part] for part in key]))
    assert validate(folder) == []
    return folder


@pytest.fixture(scope="session")
def _judged_once():
    """Validates a folder, unless the same files have been validated before."""
    verdicts = {}

    def judge(folder):
        files = tuple((path.name, path.read_bytes()) for path in sorted(folder.iterdir()))
        if files not in verdicts:
            verdicts[files] = validate(folder)
        return [*verdicts[files]]

    return judge


@pytest.fixture
def record(_written, _judged_once, tmp_path, monkeypatch):
    """Folder of a tiny record that a test may change."""
    monkeypatch.setattr(write, "validate", _judged_once)  # nearly all tests write the same
    return shutil.copytree(_written, tmp_path / "data")


@pytest.fixture
def read_record(record):
    """The tiny record as text, read anew at each call."""
    return lambda: tables.read(record)


@pytest.fixture
def says():
    """A statement, with what a test does not care about filled in."""

    def make(source, hub_id, column, value, **other):
        addresses = {
            "hub": f"{HUB}/{hub_id}",
            "epoch": EPOCH,
            "atom": "https://github.com/Interconnects-AI/tracked-models",
            "modelsdev": "https://models.dev",
        }
        usual = dict(
            listed_id=hub_id,
            source_url=addresses.get(source, f"https://{source}.example"),
            source_kind="hub" if source == "hub" else "aggregator",
            stated_on="2026-11-25",
        )
        given = {**usual, **other}
        return Statement(source=source, hub_id=hub_id, column=column, value=value, **given)

    return make


@pytest.fixture
def said():
    """All that is said, from statements and engine names."""
    return lambda statements=(), engines=(): Said(list(statements), list(engines))


# Upstreams


class Upstream(ThreadingHTTPServer):
    """Answers each path with the replies set for it, the last one again and again."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.replies = defaultdict(list)
        self.asked = []
        self.ended = threading.Event()

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request, client_address):
        """Say nothing of a client that has heard enough."""

    def reply(self, path, *replies):
        """Set what a path answers: text, or a function of the handler."""
        self.replies[path] = list(replies)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.asked.append((self.path, dict(self.headers)))
        replies = self.server.replies.get(self.path) or [not_found]
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        try:
            if callable(reply):
                reply(self)
            else:
                answer(self, reply)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def log_message(self, *arguments):
        """Say nothing."""


def answer(handler, body=b"", status=200, **headers):
    """A plain answer; underscores in names of headers stand for hyphens."""
    body = body.encode() if isinstance(body, str) else body
    handler.send_response(status)
    for name, value in {"Content_Length": str(len(body)), **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def not_found(handler):
    answer(handler, b"no", 404)


def status(code, **headers):
    return lambda handler: answer(handler, b"busy", code, **headers)


def redirect(location):
    return lambda handler: answer(handler, b"", 302, Location=location)


def linked(body, link):
    return lambda handler: answer(handler, body, Link=link)


def truncated(handler):
    """Promises more than it sends."""
    answer(handler, b'{"a": 1', Content_Length="5000")
    handler.close_connection = True


def drip(handler):
    """Sends a byte at a time, for as long as anybody listens."""
    answer(handler, b"", Content_Length="100000")
    while not handler.server.ended.wait(0.01):
        handler.wfile.write(b" ")
        handler.wfile.flush()


def drip_headers(handler):
    """Sends its headers a byte at a time."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while not handler.server.ended.wait(0.01):
        handler.wfile.write(b"x")


def keep_waiting(handler):
    """Says again and again that the answer is to come."""
    while not handler.server.ended.wait(0.01):
        handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")


def drip_to_the_end(handler):
    """Sends a byte at a time of a body that ends where the connection does."""
    handler.send_response(200)
    handler.end_headers()
    while not handler.server.ended.wait(0.01):
        handler.wfile.write(b" ")


def silent(handler):
    """Sends nothing."""
    handler.server.ended.wait(5)
    handler.close_connection = True


def endless(handler):
    """Sends without an end."""
    handler.send_response(200)
    handler.end_headers()
    while not handler.server.ended.is_set():
        handler.wfile.write(b"x" * 65536)


def bomb(handler):
    """A little that unpacks to a lot."""
    answer(handler, gzip.compress(b"0" * 20_000_000), Content_Encoding="gzip")


def packed(body):
    return lambda handler: answer(handler, gzip.compress(body), Content_Encoding="gzip")


def packed_twice(one, other):
    body = gzip.compress(one) + gzip.compress(other)
    return lambda handler: answer(handler, body, Content_Encoding="gzip")


def bomb_behind(handler):
    """A little, and behind it a little that unpacks to a lot."""
    packed_twice(b"0", b"0" * 20_000_000)(handler)


def half_packed(handler):
    answer(handler, gzip.compress(b"0" * 1000)[:-12], Content_Encoding="gzip")


REPLIES = {
    reply.__name__: reply
    for reply in (
        *(status, redirect, linked, truncated, drip, silent, endless, bomb, packed, half_packed),
        *(drip_headers, keep_waiting, drip_to_the_end, packed_twice, bomb_behind),
        *(answer, not_found),
    )
}


@pytest.fixture
def upstream(monkeypatch):
    """A server that stands in for all upstreams."""
    server = Upstream()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    monkeypatch.setenv(fetch.MIRROR, server.address)
    monkeypatch.setattr(fetch, "LIMITS", QUICK)
    yield server
    server.ended.set()
    server.shutdown()
    server.server_close()


QUICK = fetch.Limits(
    connect=2,
    read=0.3,
    deadline=1.2,
    size=1_000_000,
    redirects=3,
    tries=3,
    pause=0.01,
    patience=0.2,
)


@pytest.fixture
def quick():
    """Limits that a test can wait for."""
    return QUICK


@pytest.fixture
def replies():
    """What an upstream can do, by name."""
    return REPLIES


@pytest.fixture
def stopwatch():
    """Seconds since the test began."""
    start = time.monotonic()
    return lambda: time.monotonic() - start
