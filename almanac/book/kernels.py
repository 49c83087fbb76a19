"""Jupyter kernels forked from a process that has already imported the libraries.

A kernel that starts from nothing spends over a second on imports, for every notebook and
twice (papermill runs it, nbval runs it again). Here one process imports them once and each
kernel is a fork of it:

    with zygote("pandas", "altair") as address:
        with kernels_from(address):
            ...  # papermill, nbval, nbclient: each kernel they start is a fork

This is a kernel provisioner of jupyter_client, named in pyproject.toml. Outside the `with`
kernels start as usual. Only Unix can fork; elsewhere both are empty and all still works.
"""

import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager, suppress

from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner

ADDRESS = "_ALMANAC_ZYGOTE"  # environment variable: the socket of the process to fork
START_SECONDS = 120  # for the imports and the fork


@contextmanager
def zygote(*modules):
    """Run a process that has imported `modules` and forks itself.

    Parameters
    ----------
    modules : names; one written ``MODULE:FUNCTION:ARGUMENT`` has its function called too, for
        what it keeps

    Yields
    ------
    str or None
        Its address, for `kernels_from`; None where processes cannot fork.
    """
    if not hasattr(os, "fork"):
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="zygote-") as folder:
        address = f"{folder}/z"  # short, since the path of a socket has about a hundred bytes
        server = _start(address, modules)
        try:
            yield address
        finally:
            server.terminate()
            server.wait()


def _start(address, modules):
    # Our end is closed at once, so that whoever asks a dead process is refused, not kept waiting.
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen(1024)  # early clients queue until the imports are done
        environment = {
            **os.environ,
            "OPENBLAS_NUM_THREADS": "1",  # a thread would not survive the fork
            "OMP_NUM_THREADS": "1",
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        }
        # or two of these would share the order of their sets, and nbval would not see it vary
        environment.pop("PYTHONHASHSEED", None)
        return subprocess.Popen(
            # -P: no module of the folder that the build was started in
            [sys.executable, "-P", "-m", __name__, str(os.getpid()), *modules],
            stdin=listener,
            env=environment,
            start_new_session=True,  # Ctrl-C is for the build, which then ends this
        )


@contextmanager
def kernels_from(address):
    """Make the kernels that this process starts meanwhile forks of the one at `address`."""
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

    The kernel holds the other end of the connection, so the end of one side tells the other.

    Parameters
    ----------
    address : of the process to fork
    job : `argv` of the kernel, its `env` and its `cwd`

    Raises
    ------
    RuntimeError
        If that process or the new kernel dies.
    """

    stdin = stdout = stderr = None

    def __init__(self, address, **job):
        self.connection = socket.socket(socket.AF_UNIX)
        self.connection.settimeout(START_SECONDS)
        try:
            self.connection.connect(address)
            self.connection.sendall(json.dumps(job).encode() + b"\n")
            self.pid = int(self.connection.recv(20))
        except (OSError, ValueError) as error:
            self.connection.close()
            raise RuntimeError(
                "the kernel, or the process it is forked from, died before it could start; "
                "what it said stands above"
            ) from error

    def poll(self):
        """0 if the kernel has ended, else None."""
        return 0 if select.select([self.connection], [], [], 0)[0] else None

    def wait(self):
        """Let go of a kernel that has ended."""
        self.connection.close()
        return 0

    def send_signal(self, number):
        """Send a signal; as in Popen, a kernel that has ended gets none."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)


class Provisioner(LocalProvisioner):
    """Start a kernel by fork where a zygote runs, else as LocalProvisioner does."""

    async def pre_launch(self, **kwargs):
        """Use sockets that are files: kernels that start together take each other's ports."""
        if address := os.environ.get(ADDRESS):
            self.parent.transport, self.parent.ip = "ipc", f"{address}{self.kernel_id[:8]}"
        return await super().pre_launch(**kwargs)

    async def launch_kernel(self, cmd, env=None, cwd=None, **kwargs):
        """Fork a kernel with the arguments, environment and folder that it would start with."""
        if ADDRESS not in os.environ:
            return await super().launch_kernel(cmd, env=env, cwd=cwd, **kwargs)
        argv = cmd[cmd.index("ipykernel_launcher") + 1 :]
        self.process = Fork(os.environ[ADDRESS], argv=argv, env=env, cwd=cwd or os.getcwd())
        self.pid = self.pgid = self.process.pid
        return self.connection_info

    async def kill(self, restart=False):
        """Kill the kernel and wait until it has ended."""
        await super().kill(restart)
        if isinstance(self.process, Fork):
            # or jupyter_client sleeps 0.1 s
            select.select([self.process.connection], [], [], 1)


def serve(parent, modules):
    """Import `modules`, then fork a kernel for each connection to the socket at stdin.

    Parameters
    ----------
    parent : process id of the build; this ends with it, however that ends
    modules : as `zygote` takes them; one that fails here does so in the notebook that needs it
    """
    for name in ("ipykernel.ipkernel", "ipykernel.debugger", "ipykernel.zmqshell"):
        importlib.import_module(name)
    for name in modules:
        with suppress(Exception):
            module, *call = name.split(":", 2)
            found = importlib.import_module(module)
            if call:
                getattr(found, call[0])(call[1])
    from ipykernel.kernelapp import IPKernelApp

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # no zombies
    server = socket.socket(fileno=0)
    server.settimeout(1)
    while os.getppid() == parent:
        try:
            connection, _ = server.accept()
        except TimeoutError:
            continue
        if os.fork() == 0:
            break
        connection.close()
    else:
        return
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    os.dup2(os.open(os.devnull, os.O_RDONLY), server.detach())
    connection.setblocking(True)
    job = json.loads(connection.makefile().readline() or os._exit(0))  # its client has gone
    os.environ.clear()
    os.environ.update(job["env"])
    os.chdir(job["cwd"])
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed()  # `random` does so itself
    kernel = IPKernelApp.instance()
    kernel.initialize([*job["argv"], "--IPKernelApp.parent_handle=1", "--log-level=ERROR"])
    # only now that it listens: a client that comes too early waits 0.2 s longer
    with suppress(BrokenPipeError):
        connection.sendall(str(os.getpid()).encode())
    threading.Thread(target=_end_with, args=(connection,), daemon=True).start()
    kernel.start()


def _end_with(connection):
    """End the kernel, and what it has started, with its client."""
    with suppress(OSError):
        connection.recv(1)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    serve(int(sys.argv[1]), sys.argv[2:])
