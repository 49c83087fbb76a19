"""Documents from their public addresses, side by side, whatever the upstream does.

An upstream can be offline, slow, cut short, busy or hostile. Each document has a total deadline
and a size cap that also holds for what it unpacks to, and is tried again only where that can help.
A source all of whose documents arrive is whole; of one that fails nothing is used.
"""

import datetime as dt
import os
import socket
import ssl
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import cache
from importlib.metadata import version
from threading import Event, Timer
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    stop_before_delay,
    stop_when_event_set,
)

from almanac.sources.source import Source, Wanted
from almanac.sources.statements import (
    Document,
    Dropped,
    SourceError,
    decoded,
    quoted,
    refuse_html,
    unexpected,
)

MIRROR = "REFRESH_MIRROR"  # an address under which each host stands as a folder, instead of hosts
USER_AGENT = (
    f"open-weights-almanac/{version('open-weights-almanac')}"
    " (weekly data refresh)"
)
BUSY = {429, 500, 502, 503, 504}
CLOSED = {401, 403, 404, 410}
MOVED = {301, 302, 303, 307, 308}


@dataclass(frozen=True)
class Limits:
    """How long, how much and how often.

    Attributes
    ----------
    connect, read : seconds to wait for a connection and for the next bytes
    deadline : seconds for one document, all tries together
    size : bytes of one document, as sent and unpacked
    total : bytes of all documents of one source, unpacked
    redirects : redirects of one document
    tries : tries of one document
    pause : seconds before the second try; each further wait is twice as long
    patience : longest wait, in seconds, an upstream may ask for
    documents : documents of one source
    side_by_side : documents under way at once
    """

    connect: float = 10
    read: float = 30
    deadline: float = 300
    size: int = 64 * 2**20
    total: int = 256 * 2**20
    redirects: int = 5
    tries: int = 4
    pause: float = 1
    patience: float = 120
    documents: int = 4000
    side_by_side: int = 8


LIMITS = Limits()


class Passing(SourceError):
    """A fault that may be gone when tried again; `after` is what the upstream asks to wait."""

    def __init__(self, message: str, after: float | None = None):
        super().__init__(message)
        self.after = after


class Closed(SourceError):
    """The document does not exist, or may not be read."""


@dataclass
class Fetched:
    """What came of one source: its documents by file name, or why there are none."""

    documents: dict[str, Document] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    data: dict[str, bytes] = field(default_factory=dict)
    dropped: list[Dropped] = field(default_factory=list)
    failure: str = ""
    size: int = 0


Progress = Callable[[str, int, int], None]  # source, documents that are done, documents known


class Line:
    """The connections of one document, which can be cut from outside, whatever they wait for.

    httpx limits the wait for the next bytes, so an upstream that drips its headers holds it for
    ever. Each try opens a connection of its own, as only opening one is told.
    """

    def __init__(self):
        self.is_cut = Event()
        self._sockets: list[socket.socket] = []

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """Note a connection that httpx opens."""
        if event == "connection.connect_tcp.complete":
            # a duplicate stays good when TLS takes the socket over
            self._sockets.append(info["return_value"].get_extra_info("socket").dup())
            if self.is_cut.is_set():
                self.cut()

    def wait(self, seconds: float) -> None:
        """Wait before another try, unless the line is cut."""
        self.is_cut.wait(seconds)

    def cut(self) -> None:
        """End whatever is under way."""
        self.is_cut.set()
        for one in list(self._sockets):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Let go of the connections."""
        for one in self._sockets:
            one.close()


def fetch(
    sources: Iterable[Source],
    wanted: Wanted,
    day: dt.date,
    limits: Limits = LIMITS,
    progress: Progress = lambda source, done, known: None,
) -> dict[str, Fetched]:
    """Read the documents of several sources side by side.

    Parameters
    ----------
    sources : the sources
    wanted : what of the record decides which documents are worth reading
    day : today, the day the documents are dated
    limits : how long, how much and how often
    progress : called as documents arrive
    """
    byname = {source.name: source for source in sources}
    fetched = {name: Fetched() for name in byname}
    pool = ThreadPoolExecutor(limits.side_by_side, thread_name_prefix="fetch")
    waiting: dict[Future, tuple[str, str, bool]] = {}
    lines: dict[Future, Line] = {}
    with client_of(limits) as client, pool:

        def ask(name: str, addresses: Mapping[str, str], first: bool) -> None:
            for file, address in addresses.items():
                known = fetched[name].addresses
                if file in known or address in known.values():
                    continue
                if len(known) >= limits.documents:
                    raise SourceError(
                        f"{byname[name].title}: leads to more than {limits.documents} documents"
                    )
                known[file] = address
                line = Line()
                given = (byname[name], file, address, day, limits, line)
                task = pool.submit(_document, client, *given)
                waiting[task], lines[task] = (name, file, first), line

        def take(task: Future, name: str, file: str, first: bool) -> None:
            into = fetched[name]
            try:
                document, data, link = task.result()
                into.size += len(data)
                if into.size > limits.total:
                    raise SourceError(
                        f"{byname[name].title}: its documents together are larger than"
                        f" {limits.total / 2**20:g} MB"
                    )
                into.documents[file], into.data[file] = document, data
                ask(name, byname[name].more(document, link, wanted), False)
            except Closed as error:
                if first:
                    into.failure = str(error)
                else:
                    dropped = Dropped(name, file, "file", str(error), "a document to read")
                    into.dropped.append(dropped)
            except SourceError as error:
                into.failure = str(error)
            except Exception as error:  # what nobody thought of ends one source, not all
                address = into.addresses[file]
                into.failure = f"{byname[name].title}: {address}: {unexpected(error)}"

        try:
            for name, source in byname.items():
                ask(name, source.addresses(wanted), True)
                progress(name, 0, len(fetched[name].addresses))
            while waiting:
                done, _ = wait(waiting, return_when=FIRST_COMPLETED)
                for task in done:
                    name, file, first = waiting.pop(task)
                    del lines[task]
                    into = fetched[name]
                    if into.failure or task.cancelled():
                        continue
                    take(task, name, file, first)
                    if into.failure:
                        for other, (of, _, _) in waiting.items():
                            if of == name:
                                other.cancel()
                                lines[other].cut()
                    settled = len(into.documents) + len(into.dropped)
                    known = settled if into.failure else len(into.addresses)
                    progress(name, settled, known)
        except BaseException:  # Ctrl-C above all: leaving the pool waits for what is under way
            pool.shutdown(wait=False, cancel_futures=True)
            for line in lines.values():
                line.cut()
            raise
    return fetched


def client_of(limits: Limits) -> httpx.Client:
    """A client that says who asks, and keeps no connection for another document."""
    return httpx.Client(
        timeout=httpx.Timeout(limits.read, connect=limits.connect),
        headers={"User-Agent": USER_AGENT, "Accept-Encoding": "gzip"},
        limits=httpx.Limits(max_keepalive_connections=0),
        verify=_trusted(),
    )


@cache
def _trusted() -> ssl.SSLContext:
    """Whom to trust, as httpx has it by itself, but read once: it takes 50 ms."""
    return httpx.create_ssl_context()


def _document(
    client: httpx.Client,
    source: Source,
    file: str,
    address: str,
    day: dt.date,
    limits: Limits,
    line: Line,
) -> tuple[Document, bytes, str]:
    """One document, checked for what it should look like, its bytes, and its Link header."""
    data, link = get(client, source.title, address, limits, line)
    try:
        document = Document(source.name, file, decoded(source.name, file, data), day.isoformat())
        shape = source.shape(file)
        if shape and shape.media != "html":
            refuse_html(document, {"json": "JSON", "csv": "CSV"}.get(shape.media, "source code"))
    except SourceError as error:
        raise SourceError(f"{source.title}: {address}: {_without_name(error, source)}") from None
    return document, data, link


def _without_name(error: SourceError, source: Source) -> str:
    return str(error).removeprefix(f"{source.name}: ")


def get(
    client: httpx.Client, title: str, address: str, limits: Limits, line: Line
) -> tuple[bytes, str]:
    """The bytes at an address and its Link header, tried again where that can help.

    Parameters
    ----------
    client : of `client_of`
    title : what readers call the source
    address : the address
    limits : how long, how much and how often
    line : a new one; once it is cut, the document fails

    Raises
    ------
    SourceError
        In one line, what happened at which address; `Closed` if there is nothing to be read.
    """

    def pause(state: RetryCallState) -> float:
        error = state.outcome.exception()
        asked = error.after if isinstance(error, Passing) else None
        return limits.pause * 2 ** (state.attempt_number - 1) if asked is None else asked

    tries = Retrying(
        stop=stop_after_attempt(limits.tries)
        | stop_before_delay(limits.deadline)
        | stop_when_event_set(line.is_cut),
        wait=pause,
        retry=retry_if_exception_type(Passing),
        sleep=line.wait,
        reraise=True,
    )
    timer = Timer(limits.deadline, line.cut)
    timer.daemon = True
    timer.start()
    failure: Exception | None = None
    try:
        answer = tries(_try, client, title, address, limits, line)
    except Passing as error:
        tried = tries.statistics["attempt_number"]
        times = "" if tried == 1 else f", also when tried {tried} times"
        failure = SourceError(f"{error}{times}")
    except SourceError as error:
        failure = error
    finally:
        timer.cancel()
        line.close()
    if line.is_cut.is_set():  # what came of it may look whole
        raise SourceError(f"{title}: {address} did not end within {limits.deadline:g} s")
    if failure is not None:
        raise failure
    return answer


def _try(
    client: httpx.Client, title: str, address: str, limits: Limits, line: Line
) -> tuple[bytes, str]:
    target = _mirrored(address)
    where = f"{title}: {address}"
    try:
        for _ in range(limits.redirects + 1):
            traced = {"trace": line.trace}
            with client.stream("GET", target, extensions=traced) as response:
                if response.status_code in MOVED and "location" in response.headers:
                    target = _next(where, target, response)
                    continue
                _check_status(where, response, limits)
                data = b"".join(_body(where, response, limits))
                return data, response.headers.get("link", "")
    except httpx.TimeoutException as error:
        what = "connect" if isinstance(error, httpx.ConnectTimeout) else "answer"
        seconds = limits.connect if what == "connect" else limits.read
        raise Passing(f"{where} did not {what} within {seconds:g} s") from None
    except httpx.RemoteProtocolError as error:
        raise Passing(f"{where} was cut short ({_reason(error)})") from None
    except httpx.TransportError as error:
        raise Passing(f"{where} cannot be reached ({_reason(error)})") from None
    except (httpx.InvalidURL, httpx.HTTPError, UnicodeError, ValueError) as error:
        raise SourceError(f"{where} gave no proper answer ({_reason(error)})") from None
    raise SourceError(f"{where} redirects more than {limits.redirects} times")


def _mirrored(address: str) -> str:
    """Where an address is read: itself, or below the mirror that the environment names."""
    mirror = os.environ.get(MIRROR, "").rstrip("/")
    return f"{mirror}/{address.partition('://')[2]}" if mirror else address


def _next(where: str, target: str, response: httpx.Response) -> str:
    """Where a redirect leads, if it is a place a document may come from."""
    location = response.headers["location"]
    joined = urljoin(target, location)
    scheme, before = urlsplit(joined).scheme, urlsplit(target).scheme
    if scheme not in ("http", "https") or (before == "https" and scheme == "http"):
        raise SourceError(f"{where} redirects to {quoted(location)}, which is not https")
    return joined


def _check_status(where: str, response: httpx.Response, limits: Limits) -> None:
    reason = quoted(response.reason_phrase, 60)[1:-1]  # it can hold anything
    status = f"{response.status_code} {reason}".strip()
    if response.status_code in BUSY:
        after = _retry_after(response.headers.get("retry-after", ""))
        if after is not None and after > limits.patience:
            raise SourceError(f"{where} answered {status} and asks to wait {after:.0f} s")
        raise Passing(f"{where} answered {status}", after)
    if response.status_code in CLOSED:
        raise Closed(f"{where} answered {status}")
    if response.status_code != 200:
        raise SourceError(f"{where} answered {status}")


def _retry_after(text: str) -> float | None:
    """Seconds that a Retry-After header asks to wait: a number or a date."""
    if text.strip().isdecimal():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=dt.UTC)
        return max(0.0, (moment - dt.datetime.now(dt.UTC)).total_seconds())
    except (ValueError, OverflowError):
        return None


def _body(where: str, response: httpx.Response, limits: Limits) -> Iterator[bytes]:
    """The body, unpacked in pieces, so that neither a flood nor a bomb fills the memory."""
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding not in ("", "identity", "gzip"):
        raise SourceError(f"{where} is packed as {quoted(encoding)}, which was not asked for")
    unpack = zlib.decompressobj(31) if encoding == "gzip" else None
    too_large = SourceError(f"{where} is larger than {limits.size / 2**20:g} MB")
    sent = size = 0
    for chunk in response.iter_raw():
        sent += len(chunk)
        if sent > limits.size:
            raise too_large
        if unpack is None:
            yield chunk
            continue
        while chunk:
            if unpack.eof:  # gzip may follow gzip
                unpack = zlib.decompressobj(31)
            try:
                piece = unpack.decompress(chunk, limits.size - size + 1)
            except zlib.error:
                raise Passing(f"{where} is not the gzip it says it is") from None
            size += len(piece)
            if size > limits.size:
                raise too_large
            yield piece
            chunk = unpack.unused_data
    if unpack is not None and not unpack.eof:
        raise Passing(f"{where} was cut short (its gzip does not end)")


def _reason(error: Exception) -> str:
    return quoted(" ".join(str(error).split()) or type(error).__name__, 120)[1:-1]
