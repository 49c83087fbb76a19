"""What a kernel of the build cannot do: ask other hosts, and take all memory.

Both keep mistakes from doing harm; they are no prison for code that wants out.
"""

import ctypes
import ipaddress
import os
import socket
import sys
from contextlib import suppress
from pathlib import Path

from almanac.book import settings

NEW_USER, NEW_NET = 0x10000000, 0x40000000  # of Linux, sched.h; `os` has them from Python 3.12
INTERNET = {socket.AF_INET, socket.AF_INET6}


def without_network() -> None:
    """Cut this process, and those it starts, off from other hosts, unless the settings allow them.

    On Linux it gets a network of its own, with nothing in it, where the system allows that; only
    while it has one thread. Everywhere, Python refuses to connect, with a sentence that says why.
    Sockets that are files still work.
    """
    if settings.networked():
        return
    if sys.platform == "linux":
        _leave()
    sys.addaudithook(_refuse)


def limit_memory() -> None:
    """Let this process take no more than the settings say: what asks for more gets a MemoryError.

    Counted is what it may write to, as Linux does; elsewhere the limit may have no effect.
    """
    try:
        import resource
    except ImportError:  # not on Windows
        return
    most = settings.memory()
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard) or hard
    if most:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_DATA, (most, hard))


def _leave() -> bool:
    """Go into a network namespace: as root, or else as oneself in a user namespace."""
    unshare = getattr(ctypes.CDLL(None), "unshare", None)
    if unshare is None:
        return False
    if unshare(NEW_NET) == 0:
        return True
    user, group = os.getuid(), os.getgid()
    if unshare(NEW_USER | NEW_NET) != 0:
        return False
    with suppress(OSError):  # or its files would seem to be nobody's
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    return True


def _refuse(event: str, arguments: tuple) -> None:
    """An audit hook that stops what asks other hosts."""
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        asking, address = arguments
        if asking.family not in INTERNET or not address:
            return
        host = address[0]
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = arguments[0]
    else:
        return
    if not _here(host):
        raise ConnectionError(
            f"notebooks run without a network in the build, and this one asks for {_text(host)}: "
            f"put what it needs into the record, or allow it with {settings.NETWORK}=on"
        )


def _here(host: object) -> bool:
    """Whether a host is this one, so that nothing is asked of the network."""
    name = _text(host)
    if name in ("", "localhost"):
        return True
    try:
        return ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _text(host: object) -> str:
    if isinstance(host, bytes | bytearray):
        return host.decode("utf-8", "replace")
    return "" if host is None else str(host)
