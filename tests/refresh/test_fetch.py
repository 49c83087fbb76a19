"""Upstreams that are offline, slow, cut short, busy, changed or hostile, from a local server."""

import datetime as dt
import json
from dataclasses import replace

import httpx
import pytest

from almanac.refresh import fetch
from almanac.sources import SOURCES
from almanac.sources.source import Wanted
from almanac.sources.statements import SourceError

DAY = dt.date(2026, 11, 25)
API = "https://models.dev/api.json"
PATH = "/models.dev/api.json"
GOOD = json.dumps({"acme": {"id": "acme", "models": {}}})


@pytest.fixture
def get(upstream, quick):
    """The bytes at the address of models.dev, and its Link header."""

    def ask(**limits):
        limits = replace(quick, **limits)
        with fetch.client_of(limits) as client:
            return fetch.get(client, "models.dev", API, limits, fetch.Line())

    return ask


def fetched(names, quick, wanted=None):
    sources = [SOURCES[name] for name in names]
    return fetch.fetch(sources, wanted or Wanted(), DAY, quick)


def test_a_good_answer_and_who_asked(get, upstream):
    upstream.reply(PATH, GOOD)
    assert get() == (GOOD.encode(), "")


def test_the_user_agent_says_who_asks_and_how_often(upstream, quick):
    upstream.reply(PATH, GOOD)
    assert fetched(["modelsdev"], quick)["modelsdev"].failure == ""
    ((_, headers),) = upstream.asked
    assert headers["User-Agent"].startswith("open-weights-almanac/")
    assert "weekly" in headers["User-Agent"]


def test_offline(get, upstream):
    upstream.server_close()
    with pytest.raises(
        SourceError, match=rf"^models.dev: {API} cannot be reached .*tried 3 times$"
    ):
        get()


# What never ends does so whatever the limits, so that even a slow machine need not wait long.
SOON, AT_ONCE = {"deadline": 0.4}, {"read": 0.1}


@pytest.mark.parametrize(
    "name, said, limits",
    [
        ("truncated", "was cut short", {}),
        ("drip", "did not end within 0.4 s", SOON),
        ("drip_headers", "did not end within 0.4 s", SOON),
        ("keep_waiting", "did not end within 0.4 s", SOON),
        ("drip_to_the_end", "did not end within 0.4 s", SOON),
        ("silent", "did not answer within 0.1 s", AT_ONCE),
        ("endless", "is larger than", {}),
        ("bomb", "is larger than", {}),
        ("bomb_behind", "is larger than", {}),
        ("half_packed", "was cut short", {}),
    ],
)
def test_an_answer_that_does_not_end_well(get, upstream, replies, stopwatch, name, said, limits):
    upstream.reply(PATH, replies[name])
    with pytest.raises(SourceError) as caught:
        get(**limits)
    assert said in str(caught.value)
    assert str(caught.value).startswith(f"models.dev: {API} ")
    assert "\n" not in str(caught.value)
    assert stopwatch() < 3


def test_a_packed_answer(get, upstream, replies):
    upstream.reply(PATH, replies["packed"](GOOD.encode()))
    assert get()[0] == GOOD.encode()


def test_an_answer_packed_in_two_pieces(get, upstream, replies):
    upstream.reply(PATH, replies["packed_twice"](GOOD[:9].encode(), GOOD[9:].encode()))
    assert get()[0] == GOOD.encode()


@pytest.mark.parametrize("encoding", ["br", "gzip, gzip", "odd\tone"])
def test_a_packing_that_was_not_asked_for(get, upstream, replies, encoding):
    upstream.reply(PATH, lambda h: replies["answer"](h, b"x", Content_Encoding=encoding))
    with pytest.raises(SourceError, match="which was not asked for"):
        get()


def test_gzip_that_is_none(get, upstream, replies):
    upstream.reply(PATH, lambda h: replies["answer"](h, b"plain", Content_Encoding="gzip"))
    with pytest.raises(SourceError, match="not the gzip it says"):
        get()


def test_busy_then_good(get, upstream, replies):
    upstream.reply(PATH, replies["status"](503), replies["truncated"], GOOD)
    assert get()[0] == GOOD.encode()
    assert len(upstream.asked) == 3


FAR_AWAY = "Wed, 21 Oct 99999999999999999999 07:28:00 GMT"


@pytest.mark.parametrize("asks", ["0", "Wed, 25 Nov 2020 00:00:00 GMT", "soon", FAR_AWAY, "\xb2"])
def test_retry_after_is_heeded(get, upstream, replies, asks):
    upstream.reply(PATH, replies["status"](429, Retry_After=asks), GOOD)
    assert get()[0] == GOOD.encode()


def test_a_wait_is_as_long_as_it_is_asked_for(get, upstream, replies, monkeypatch):
    waits = []
    monkeypatch.setattr(fetch.Line, "wait", lambda line, seconds: waits.append(seconds))
    upstream.reply(PATH, replies["status"](429, Retry_After="0"), replies["status"](503), GOOD)
    get()
    assert waits == [0, 0.02], "as asked, then the second pause of its own"


def test_a_wait_that_is_too_long_is_no_wait(get, upstream, replies):
    upstream.reply(PATH, replies["status"](429, Retry_After="3600"))
    with pytest.raises(SourceError, match="429 .*asks to wait 3600 s"):
        get()
    assert len(upstream.asked) == 1


def test_no_wait_goes_beyond_the_deadline(upstream, replies, quick, stopwatch):
    upstream.reply(PATH, replies["status"](429, Retry_After="3"))
    limits = replace(quick, patience=10)
    with fetch.client_of(limits) as client:
        with pytest.raises(SourceError, match="answered 429 Too Many Requests$"):
            fetch.get(client, "models.dev", API, limits, fetch.Line())
    assert stopwatch() < 1.1


def test_no_reason_of_an_answer_steers_a_terminal(get, upstream):
    upstream.reply(PATH, lambda h: h.wfile.write(b"HTTP/1.1 418 \x1b[31m\r\n\r\n"))
    with pytest.raises(SourceError) as caught:
        get()
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "code, kind", [(404, fetch.Closed), (403, fetch.Closed), (418, SourceError)]
)
def test_a_refusal_is_not_tried_again(get, upstream, replies, code, kind):
    upstream.reply(PATH, replies["status"](code))
    with pytest.raises(kind, match=f"answered {code}"):
        get()
    assert len(upstream.asked) == 1


def test_redirects_are_followed(get, upstream, replies):
    upstream.reply(PATH, replies["redirect"]("/elsewhere"))
    upstream.reply("/elsewhere", GOOD)
    assert get()[0] == GOOD.encode()


def test_a_redirect_loop(get, upstream, replies):
    upstream.reply(PATH, replies["redirect"](PATH))
    with pytest.raises(SourceError, match="redirects more than 3 times"):
        get()
    assert len(upstream.asked) == 4


@pytest.mark.parametrize(
    "location, said",
    [
        ("file:///etc/passwd", "which is not https"),
        ("ftp://example.org/x", "which is not https"),
        ("javascript:alert(1)", "gave no proper answer"),
        ("data:,x", "gave no proper answer"),
    ],
)
def test_a_redirect_to_another_scheme(get, upstream, replies, location, said):
    upstream.reply(PATH, replies["redirect"](location))
    with pytest.raises(SourceError, match=said):
        get()


def test_no_redirect_leaves_https():
    response = httpx.Response(302, headers={"location": "http://example.org/"})
    with pytest.raises(SourceError, match="which is not https"):
        fetch._next("x", "https://example.org/", response)
    assert fetch._next("x", "http://127.0.0.1/", response) == "http://example.org/"


@pytest.mark.parametrize(
    "body, said",
    [
        (b"<!doctype html><title>Just a moment</title>", "is HTML, not JSON"),
        (b"{\xff}", "is not text in UTF-8"),
    ],
)
def test_what_is_no_data(upstream, quick, body, said):
    upstream.reply(PATH, body)
    failure = fetched(["modelsdev"], quick)["modelsdev"].failure
    assert failure.startswith(f"models.dev: {API}: api.json {said}")


def test_one_failure_leaves_the_others_alone(upstream, quick, replies):
    upstream.reply(PATH, GOOD)
    got = fetched(["modelsdev", "ollama"], quick)
    assert got["modelsdev"].failure == ""
    assert got["modelsdev"].documents["api.json"].day == "2026-11-25"
    assert got["ollama"].failure == "Ollama: https://ollama.com/library answered 404 Not Found"


def page(*ids):
    return json.dumps([{"id": hub_id, "tags": []} for hub_id in ids])


HUB = "/huggingface.co/api/models"


def hub_path(namespace):
    from almanac.sources.hub import list_address

    return "/" + list_address(namespace).partition("://")[2]


def test_pages_and_configurations_are_followed(upstream, quick, replies):
    link = '<https://huggingface.co/api/models?author=acme&cursor=2>; rel="next"'
    upstream.reply(hub_path("acme"), replies["linked"](page("acme/A"), link))
    upstream.reply(f"{HUB}?author=acme&cursor=2", page("acme/B"))
    upstream.reply("/huggingface.co/acme/A/resolve/main/config.json", '{"num_experts": 8}')
    wanted = Wanted(("acme",), ("acme/A", "acme/Gated"))
    got = fetched(["hub"], quick, wanted)["hub"]
    assert got.failure == ""
    assert set(got.documents) == {
        *("models-acme-1.json", "models-acme-2.json", "config-acme--A.json"),
    }
    (dropped,) = got.dropped
    assert dropped.file == "config-acme--Gated.json", "a gated repository fails no source"


def test_pages_that_never_end(upstream, quick, replies):
    counter = iter(range(2, 10**6))

    def again(handler):
        link = f'<https://huggingface.co/api/models?author=acme&cursor={next(counter)}>; rel="next"'
        replies["answer"](handler, page("acme/A"), Link=link)

    upstream.replies = _Always(again)
    got = fetched(["hub"], replace(quick, documents=20), Wanted(("acme",)))["hub"]
    assert got.failure == "Hugging Face Hub: leads to more than 20 documents"


class _Always(dict):
    def __init__(self, reply):
        self.reply = reply

    def get(self, path):
        return [self.reply]


def test_a_page_that_is_its_own_next_is_read_once(upstream, quick, replies):
    from almanac.sources.hub import list_address

    link = f'<{list_address("acme")}>; rel="next"'
    upstream.reply(hub_path("acme"), replies["linked"](page("acme/A"), link))
    got = fetched(["hub"], quick, Wanted(("acme",)))["hub"]
    assert (got.failure, set(got.documents)) == ("", {"models-acme-1.json"})


def test_progress_is_told(upstream, quick):
    upstream.reply(PATH, GOOD)
    told = []
    fetch.fetch([SOURCES["modelsdev"]], Wanted(), DAY, quick, lambda *news: told.append(news))
    assert told == [("modelsdev", 0, 1), ("modelsdev", 1, 1)]


def test_all_documents_of_a_source_have_one_cap(upstream, quick, replies):
    link = '<https://huggingface.co/api/models?author=acme&cursor=2>; rel="next"'
    upstream.reply(hub_path("acme"), replies["linked"](page("acme/A"), link))
    upstream.reply(f"{HUB}?author=acme&cursor=2", page("acme/B"))
    size = len(page("acme/A"))
    limits = replace(quick, total=2 * size - 1)
    failure = fetched(["hub"], limits, Wanted(("acme",)))["hub"].failure
    assert failure.startswith("Hugging Face Hub: its documents together are larger than")
    assert fetched(["hub"], replace(quick, total=2 * size), Wanted(("acme",)))["hub"].failure == ""


def test_a_fault_of_our_own_ends_one_source_only(upstream, quick):
    def stumble(document, link, wanted):
        raise ZeroDivisionError("one\nline")

    upstream.reply(PATH, GOOD)
    upstream.reply("/ollama.com/library", "<p>")
    broken = replace(SOURCES["modelsdev"], more=stumble)
    got = fetch.fetch([broken, SOURCES["ollama"]], Wanted(), DAY, quick)
    assert got["ollama"].failure == ""
    assert "ZeroDivisionError one\\nline" in got["modelsdev"].failure


def test_ctrl_c_ends_what_is_under_way(upstream, quick, replies, stopwatch):
    upstream.reply(PATH, GOOD)
    upstream.reply(hub_path("acme"), replies["silent"])

    def interrupt(source, done, known):
        if done:
            raise KeyboardInterrupt

    patient = replace(quick, read=20, deadline=30)
    sources = [SOURCES["hub"], SOURCES["modelsdev"]]
    with pytest.raises(KeyboardInterrupt):
        fetch.fetch(sources, Wanted(("acme",)), DAY, patient, interrupt)
    assert stopwatch() < 3
