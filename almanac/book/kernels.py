"""Jupyter kernels forked from a process that has already imported the libraries.

A kernel that starts from nothing spends over a second on imports, for every notebook and
twice (papermill runs it, nbval runs it again). Here one process imports them once and each
kernel is a fork of it:

    with zygote("pandas", "altair") as address:
        with kernels_from(address):
            ...  # papermill, nbval, nbclient: each kernel they start is a fork

This is a kernel provisioner of jupyter_client, named in pyproject.toml. Where nothing can be
forked, where that process has died, or where BOOK_KERNELS says `plain`, each kernel is a new
process; either way it has no network, a limit to its memory (`confine`), none of the user's own
settings of IPython, and what it says as it dies is kept. Outside of the `with` kernels start as
usual.
"""

import faulthandler
import importlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager, suppress
from pathlib import Path

from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner

from almanac.book import confine, settings

ADDRESS = "_ALMANAC_ZYGOTE"  # environment variable: the socket of the process to fork
START_SECONDS = 120  # for the imports and the fork
LAST_WORDS = 10_000  # the most that is read of what a process said as it died, in bytes
TRACE = 12  # lines of the trace of a crash
LONGEST_FOLDER = 70  # in bytes; the path of a socket may have a hundred
# one thread, which would not survive a fork and may change last digits
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


class KernelError(RuntimeError):
    """A kernel could not start; the message says why."""


class ZygoteGone(Exception):
    """The process to fork does not answer."""


@contextmanager
def zygote(*modules):
    """Run a process that has imported `modules` and forks itself.

    Parameters
    ----------
    modules : names; one written ``MODULE:FUNCTION:ARGUMENT`` has its function called too, for
        what it keeps

    Yields
    ------
    str
        Its address, for `kernels_from`. Where there is no such process, kernels are plain.

    Raises
    ------
    BuildError
        If a setting makes no sense.
    """
    settings.check()
    with tempfile.TemporaryDirectory(
        prefix="zygote-", dir=_short(), ignore_cleanup_errors=True
    ) as folder:
        address = f"{folder}/z"
        _ipython(address).mkdir()
        server = None
        if settings.forked() and hasattr(os, "fork"):
            try:
                server = _start(address, modules)
            except OSError as error:
                _tell(address, str(error))
        try:
            yield address
        finally:
            if server:
                server.terminate()
                server.wait()


def _short():
    """A folder for temporary files in which sockets can be; None for the usual one."""
    usual = len(os.fsencode(tempfile.gettempdir()))
    return "/tmp" if usual > LONGEST_FOLDER and os.path.isdir("/tmp") else None


def _start(address, modules):
    # Our end is closed at once, so that whoever asks a dead process is refused, not kept waiting.
    with socket.socket(socket.AF_UNIX) as listener, open(_log(address), "ab") as log:
        listener.bind(address)
        listener.listen(1024)  # early clients queue until the imports are done
        environment = {
            **os.environ,
            **ONE_THREAD,
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        }
        # or two of these would share the order of their sets, and nbval would not see it vary
        environment.pop("PYTHONHASHSEED", None)
        return subprocess.Popen(
            # -P: no module of the folder that the build was started in
            [sys.executable, "-P", "-m", __name__, "serve", str(os.getpid()), *modules],
            stdin=listener,
            stdout=log,
            stderr=log,
            env=environment,
            start_new_session=True,  # Ctrl-C is for the build, which then ends this
        )


def _log(address):
    """The file that keeps what a process says."""
    return f"{address}.log"


def _ipython(address):
    """Settings of IPython for these kernels: none, whatever the user's own are."""
    return Path(address).with_name("ipython")


def _tell(address, why):
    """Say once that kernels are plain, and why; several processes may find it out at once."""
    with suppress(OSError):
        os.close(os.open(f"{address}.told", os.O_CREAT | os.O_EXCL))
        print(
            "Kernels cannot be forked and start anew each, which takes longer "
            f"({settings.KERNELS}=plain does so from the start): {why}",
            file=sys.stderr,
        )


@contextmanager
def kernels_from(address):
    """Make the kernels that this process starts meanwhile those of the zygote at `address`;
    where it is None, they start as usual."""
    if address is None:
        yield
        return
    factory = KernelProvisionerFactory.instance()
    usual = factory.default_provisioner_name
    os.environ[ADDRESS], factory.default_provisioner_name = address, "almanac"
    try:
        yield
    finally:
        factory.default_provisioner_name = usual
        del os.environ[ADDRESS]


class Fork:
    """What LocalProvisioner needs of a Popen.

    The kernel and the process it is forked from hold the other end of the connection: its end
    tells the kernel that its client has gone, and the client how the kernel has ended.

    Parameters
    ----------
    address : of the process to fork
    job : `argv` of the kernel, its `env`, its `cwd` and the file `log` for what it says

    Raises
    ------
    ZygoteGone
        If that process does not answer.
    KernelError
        If the new kernel dies.
    """

    stdin = stdout = stderr = None
    returncode = None

    def __init__(self, address, **job):
        self.connection = socket.socket(socket.AF_UNIX)
        self.connection.settimeout(START_SECONDS)
        try:
            self.connection.connect(address)
            self.connection.sendall(json.dumps(job).encode() + b"\n")
            told = self._hear()
        except TimeoutError as error:
            self.connection.close()
            raise KernelError(
                f"no kernel could be forked within {START_SECONDS} s; try {settings.KERNELS}=plain"
            ) from error
        except OSError as error:
            self.connection.close()
            raise ZygoteGone(str(error)) from error
        if "pid" not in told:
            self.connection.close()
            if not told:
                raise ZygoteGone("it ended without a word")
            how = told.get("error") or _ended(told.get("status"))
            raise KernelError(f"the kernel {how} before it could start{_said(job.get('log'))}")
        self.pid = told["pid"]

    def _hear(self):
        """The next line of the other end; none if that has gone."""
        line = b""
        while not line.endswith(b"\n"):
            part = self.connection.recv(1)  # no further, as more may follow
            if not part:
                return {}
            line += part
        return json.loads(line)

    def poll(self):
        """As in Popen: None while the kernel runs, else its status, 1 if that is not known."""
        if self.returncode is None and select.select([self.connection], [], [], 0)[0]:
            try:
                self.returncode = self._hear().get("status", 1)
            except OSError:
                self.returncode = 1
        return self.returncode

    def wait(self):
        """Let go of a kernel that has ended."""
        self.poll()
        self.connection.close()
        return self.returncode

    def send_signal(self, number):
        """Send a signal; as in Popen, a kernel that has ended gets none."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)


class Provisioner(LocalProvisioner):
    """Start a kernel by fork where a zygote runs, else as a process of its own."""

    async def pre_launch(self, **kwargs):
        """Use sockets that are files: kernels that start together take each other's ports."""
        if address := os.environ.get(ADDRESS):
            own = f"{address}{self.kernel_id[:8]}"
            if hasattr(socket, "AF_UNIX"):
                self.parent.transport, self.parent.ip = "ipc", own
            self.parent.connection_file = f"{own}.json"  # the user's folder may not be writable
        return await super().pre_launch(**kwargs)

    async def launch_kernel(self, cmd, env=None, cwd=None, **kwargs):
        """Start a kernel with the arguments, environment and folder that are given."""
        global _latest
        address = os.environ.get(ADDRESS)
        if not address:
            return await super().launch_kernel(cmd, env=env, cwd=cwd, **kwargs)
        argv = [
            *cmd[cmd.index("ipykernel_launcher") + 1 :],
            f"--ipython-dir={_ipython(address)}",
            "--HistoryManager.enabled=False",
        ]
        log = _log(f"{address}{self.kernel_id[:8]}")
        if os.path.exists(address):
            try:
                self.process = Fork(address, argv=argv, env=env, cwd=cwd or os.getcwd(), log=log)
                self.pid = self.pgid = self.process.pid
            except ZygoteGone as error:
                _tell(address, f"the process to fork has died, {error}{_said(_log(address))}")
        if self.process is None:
            plain = [sys.executable, "-P", "-m", __name__, "plain", *argv]
            env = {**(env or os.environ), **ONE_THREAD}
            env.pop("PYTHONHASHSEED", None)  # as in _start
            with open(log, "ab") as file:
                kwargs.update(stdout=file, stderr=file)
                await super().launch_kernel(plain, env=env, cwd=cwd, **kwargs)
        _latest = self.process, log
        return self.connection_info

    async def kill(self, restart=False):
        """Kill the kernel and wait until it has ended."""
        await super().kill(restart)
        if isinstance(self.process, Fork):
            # or jupyter_client sleeps 0.1 s
            select.select([self.process.connection], [], [], 1)


_latest = None  # the kernel that this process has started last, and its log


def last_words():
    """How the kernel that this process has started last has ended, and the last it said.

    Returns
    -------
    str
        As the rest of a sentence about it; empty if it runs, or started as usual.
    """
    if _latest is None or (status := _latest[0].poll()) is None:
        return ""
    return _ended(status) + _said(_latest[1])


def _ended(status):
    if status is None or status >= 0:
        return f"ended itself with status {status}" if status is not None else "died"
    with suppress(ValueError):
        name = signal.Signals(-status).name
        why = ", as systems do that run out of memory" if name == "SIGKILL" else ""
        return f"was ended by signal {-status} ({name}){why}"
    return f"was ended by signal {-status}"


def _said(log):
    """The end of what a process said, or where it crashed; indented, empty if it was silent."""
    try:
        with open(log, "rb") as file:
            file.seek(max(0, os.path.getsize(log) - LAST_WORDS))
            text = file.read().decode("utf-8", "replace").strip()
    except (OSError, TypeError):
        return ""
    # a trace of a crash begins with where it was
    _, crash, trace = text.rpartition("Fatal Python error")
    lines = (crash + trace).splitlines()[:TRACE] if crash else text.splitlines()
    lines = [f"    {line}" for line in lines if line.strip()]
    return "\n".join(["; the last it said:", *lines]) if lines else ""


def serve(parent, *modules):
    """Import `modules`, then fork a kernel for each connection to the socket at stdin.

    Parameters
    ----------
    parent : process id of the build; this ends with it, however that ends
    modules : as `zygote` takes them; one that fails here does so in the notebook that needs it
    """
    faulthandler.enable(all_threads=False)
    confine.without_network()  # before the libraries start threads
    for name in ("ipykernel.ipkernel", "ipykernel.debugger", "ipykernel.zmqshell"):
        importlib.import_module(name)
    for name in modules:
        with suppress(Exception):
            module, *call = name.split(":", 2)
            found = importlib.import_module(module)
            if call:
                getattr(found, call[0])(call[1])
    from ipykernel.kernelapp import IPKernelApp

    server = socket.socket(fileno=0)
    connection = _await_client(server, int(parent))
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, server.detach())
    os.close(nothing)
    connection.setblocking(True)
    job = json.loads(connection.makefile().readline() or os._exit(0))  # its client has gone
    _speak_to(job["log"])
    os.environ.clear()
    os.environ.update(job["env"])
    os.chdir(job["cwd"])
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed()  # `random` does so itself
    confine.limit_memory()
    kernel = IPKernelApp.instance()
    kernel.initialize([*job["argv"], "--IPKernelApp.parent_handle=1", "--log-level=ERROR"])
    # only now that it listens: a client that comes too early waits 0.2 s longer
    with suppress(BrokenPipeError):
        _say(connection, pid=os.getpid())
    threading.Thread(target=_end_with, args=(connection,), daemon=True).start()
    kernel.start()


def _await_client(server, parent):
    """Fork for every client: in the fork, the connection to its client.

    Here, tell clients how their kernels end, and end with the process `parent`.
    """
    bell, rope = os.pipe()
    for file in (bell, rope):
        os.set_blocking(file, False)
    signal.set_wakeup_fd(rope, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    clients = {}
    while os.getppid() == parent:
        ready, _, _ = select.select([server, bell], [], [], 1)
        if bell in ready:
            os.read(bell, 4096)
            _tell_ends(clients)
        if server not in ready:
            continue
        connection, _ = server.accept()
        try:
            pid = os.fork()
        except OSError as error:
            with connection, suppress(OSError):
                _say(connection, error=f"could not be forked ({error.strerror})")
            continue
        if pid == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for file in (bell, rope):
                os.close(file)
            for other in clients.values():  # or it would keep up the connection of another kernel
                other.close()
            return connection
        clients[pid] = connection
    # the build was killed, and cannot tidy up itself
    shutil.rmtree(Path(server.getsockname()).parent, ignore_errors=True)
    sys.exit()


def _tell_ends(clients):
    """Tell the clients of kernels that have ended with which status."""
    with suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            with clients.pop(pid) as connection, suppress(OSError):
                _say(connection, status=os.waitstatus_to_exitcode(status))


def _say(connection, **facts):
    connection.sendall(json.dumps(facts).encode() + b"\n")


def _speak_to(log):
    """Send what this process says, and where it crashes, to a file."""
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for output in (1, 2):
        os.dup2(file, output)
    # the file itself, as the kernel takes the outputs for its cells
    faulthandler.enable(file, all_threads=False)


def _end_with(connection):
    """End the kernel, and what it has started, with its client."""
    with suppress(OSError):
        connection.recv(1)
    os.killpg(0, signal.SIGKILL)


def plain(*argv):
    """Be a kernel that is no fork."""
    confine.without_network()
    confine.limit_memory()
    faulthandler.enable(os.dup(2), all_threads=False)
    from ipykernel.kernelapp import launch_new_instance

    launch_new_instance([*argv, "--log-level=ERROR"])


if __name__ == "__main__":
    {"serve": serve, "plain": plain}[sys.argv[1]](*sys.argv[2:])
