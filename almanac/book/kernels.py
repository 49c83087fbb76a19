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
from contextlib import contextmanager

from jupyter_client.provisioning import LocalProvisioner

ADDRESS = "_ALMANAC_ZYGOTE"  # environment variable: the socket of the process to fork
IMPORT_SECONDS = 120


@contextmanager
def zygote(*modules):
    """Run a process that has imported `modules` and forks itself; give its address."""
    if not hasattr(os, "fork"):
        yield None
        return
    with (
        tempfile.TemporaryDirectory(prefix="zygote-") as folder,
        socket.socket(socket.AF_UNIX) as listener,
    ):
        address = f"{folder}/socket"
        listener.bind(address)
        listener.listen(64)  # at once: early clients queue until the imports are done
        server = subprocess.Popen(
            [sys.executable, "-m", __name__, *modules],
            stdin=listener,
            env={
                **os.environ,
                "OPENBLAS_NUM_THREADS": "1",  # a thread would not survive the fork
                "OMP_NUM_THREADS": "1",
                "PYDEVD_DISABLE_FILE_VALIDATION": "1",
            },
        )
        try:
            yield address
        finally:
            server.terminate()
            server.wait()


@contextmanager
def kernels_from(address):
    """Make the kernels that this process starts meanwhile forks of the one at `address`."""
    if address is None:
        yield
        return
    os.environ[ADDRESS] = address
    # jupyter_client reads this once in a process, so it stays; without ADDRESS it does nothing
    os.environ["JUPYTER_DEFAULT_PROVISIONER_NAME"] = "almanac"
    try:
        yield
    finally:
        os.environ.pop(ADDRESS, None)


class Fork:
    """What LocalProvisioner needs of a Popen. The kernel holds the other end of the
    connection, so the end of one side tells the other."""

    stdin = stdout = stderr = None

    def __init__(self, address, **job):
        self.connection = socket.socket(socket.AF_UNIX)
        self.connection.settimeout(IMPORT_SECONDS)
        self.connection.connect(address)
        self.connection.sendall(json.dumps(job).encode() + b"\n")
        answer = self.connection.recv(20)
        if not answer:
            raise RuntimeError("a forked kernel died before it listened")
        self.pid = int(answer)

    def poll(self):
        return 0 if select.select([self.connection], [], [], 0)[0] else None

    def wait(self):
        self.connection.close()
        return 0

    def send_signal(self, number):
        os.kill(self.pid, number)


class Provisioner(LocalProvisioner):
    """Start a kernel by fork where a zygote runs, else as LocalProvisioner does."""

    async def pre_launch(self, **kwargs):
        if address := os.environ.get(ADDRESS):
            # files, not ports: kernels that start together take each other's ports
            self.parent.transport, self.parent.ip = "ipc", f"{address}-{self.kernel_id}"
        return await super().pre_launch(**kwargs)

    async def launch_kernel(self, cmd, env=None, cwd=None, **kwargs):
        if ADDRESS not in os.environ:
            return await super().launch_kernel(cmd, env=env, cwd=cwd, **kwargs)
        argv = cmd[cmd.index("ipykernel_launcher") + 1 :]
        self.process = Fork(os.environ[ADDRESS], argv=argv, env=env, cwd=cwd or os.getcwd())
        self.pid = self.pgid = self.process.pid
        return self.connection_info

    async def kill(self, restart=False):
        await super().kill(restart)
        if isinstance(self.process, Fork):
            # or jupyter_client sleeps 0.1 s
            select.select([self.process.connection], [], [], 1)


def serve(modules):
    """Import `modules`, then fork a kernel for each connection to the socket at stdin."""
    for name in ("ipykernel.ipkernel", "ipykernel.debugger", "ipykernel.zmqshell", *modules):
        importlib.import_module(name)
    from ipykernel.kernelapp import IPKernelApp

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # no zombies
    server, parent = socket.socket(fileno=0), os.getppid()
    server.settimeout(1)
    while os.getppid() == parent:  # end with the build, however it ends
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
    job = json.loads(connection.makefile().readline())
    os.environ.clear()
    os.environ.update(job["env"])
    os.chdir(job["cwd"])
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed()  # `random` does so itself
    kernel = IPKernelApp.instance()
    kernel.initialize([*job["argv"], "--IPKernelApp.parent_handle=1", "--log-level=ERROR"])
    # only now that it listens: a client that comes too early waits 0.2 s longer
    connection.sendall(str(os.getpid()).encode())
    threading.Thread(
        target=lambda: connection.recv(1) or os.killpg(0, signal.SIGKILL), daemon=True
    ).start()
    kernel.start()


if __name__ == "__main__":
    serve(sys.argv[1:])
