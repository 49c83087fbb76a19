import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import psutil
import pytest
from jupyter_client.manager import start_new_kernel
from jupyter_client.provisioning import KernelProvisionerFactory

from almanac.book import kernels
from almanac.book.kernels import Fork, ZygoteGone, kernels_from, zygote

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")


@contextlib.contextmanager
def kernel(address, **options):
    """A kernel that is a fork, and a function that gives what code prints in it."""
    with kernels_from(address):
        manager, client = start_new_kernel(**options)
    try:
        assert isinstance(manager.provisioner.process, Fork)

        def ask(code):
            said = []
            reply = client.execute_interactive(
                code,
                timeout=60,
                output_hook=lambda message: said.append(message["content"].get("text", "")),
            )
            assert reply["content"]["status"] == "ok", reply["content"]
            return "".join(said).strip()

        ask.client = client
        yield manager, ask
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


@pytest.fixture(scope="module")
def address():
    with zygote("numpy.random", "no_such_module") as address:
        yield address


def test_a_kernel_starts_with_the_record(frozen_record):
    with zygote(f"almanac.notebook:read_record:{frozen_record}") as address:
        with kernel(address) as (_, ask):
            ask("from almanac import notebook")
            assert ask("print(notebook._read.cache_info().misses)") == "1"
            ask(f"read = notebook.read_record({str(frozen_record)!r})")
            assert ask("print(notebook._read.cache_info().misses, len(read.models) > 0)") == "1 True"


def test_a_kernel_has_the_libraries_and_a_folder_and_environment_of_its_own(
    address, tmp_path, monkeypatch
):
    monkeypatch.setenv("ALMANAC_TEST", "here")
    with kernel(address, cwd=str(tmp_path)) as (_, ask):
        assert ask("import sys; print('numpy' in sys.modules)") == "True"
        assert ask("import os; print(os.getcwd())") == str(tmp_path.resolve())
        assert ask("print(os.environ.get('ALMANAC_TEST'))") == "here"
        assert ask("print(os.environ.get('OPENBLAS_NUM_THREADS'))") == str(
            os.environ.get("OPENBLAS_NUM_THREADS")
        )
        pid = int(ask("print(os.getpid())"))
    assert not psutil.pid_exists(pid)


def test_kernels_share_no_random_numbers(address):
    draw = "import numpy, random; print(numpy.random.rand(), random.random())"
    with kernel(address) as (_, first), kernel(address) as (_, second):
        drawn = {*first(draw).split(), *second(draw).split()}
    assert len(drawn) == 4


def test_two_zygotes_order_sets_differently(address, monkeypatch):
    monkeypatch.setenv("PYTHONHASHSEED", "0")
    with zygote() as first, zygote() as second:
        with kernel(first) as (_, one), kernel(second) as (_, other):
            code = "print(hash('almanac'))"
            assert one(code) != other(code)


def test_outside_kernels_start_as_usual(address):
    usual = KernelProvisionerFactory.instance().default_provisioner_name
    with kernels_from(address):
        pass
    with kernels_from(None):
        assert kernels.ADDRESS not in os.environ
    assert KernelProvisionerFactory.instance().default_provisioner_name == usual
    manager, client = start_new_kernel()
    client.stop_channels()
    process = manager.provisioner.process
    manager.shutdown_kernel(now=True)
    assert isinstance(process, subprocess.Popen)


def test_a_kernel_that_has_died_is_noticed_and_can_be_shut_down(address):
    with kernel(address) as (manager, _):
        process = psutil.Process(manager.provisioner.pid)
        process.kill()
        process.wait(timeout=20)
        assert not manager.is_alive()


def test_a_kernel_can_be_interrupted(address):
    with kernel(address) as (manager, ask):
        client = ask.client
        client.execute(
            # not one long sleep: Python notes a signal that comes just before the call, and sleeps
            "import time\nprint('started', flush=True)\nwhile True: time.sleep(0.1)",
            stop_on_error=False,  # or what is asked at once afterwards is not run
        )
        while client.get_iopub_msg(timeout=20)["msg_type"] != "stream":
            pass
        manager.interrupt_kernel()
        assert client.get_shell_msg(timeout=20)["content"]["ename"] == "KeyboardInterrupt"
        assert ask("print('alive')") == "alive"


def test_a_kernel_ends_with_its_client_and_takes_what_it_started_along(address):
    with kernel(address) as (manager, ask):
        started = int(ask("import subprocess; print(subprocess.Popen(['sleep', '60']).pid)"))
        processes = [psutil.Process(manager.provisioner.pid), psutil.Process(started)]
        manager.provisioner.process.connection.shutdown(2)
        assert psutil.wait_procs(processes, timeout=20)[1] == []


@pytest.mark.parametrize("when", ["at once", "asked before"])
def test_a_dead_zygote_gives_an_error_and_no_hang(tmp_path, when):
    server = kernels._start(f"{tmp_path}/z", ())
    os.kill(server.pid, signal.SIGSTOP)  # still importing
    with ThreadPoolExecutor() as pool:
        if when == "asked before":
            asked = pool.submit(Fork, f"{tmp_path}/z", argv=[], env={}, cwd="/")
        server.kill()
        server.wait()
        if when == "at once":
            asked = pool.submit(Fork, f"{tmp_path}/z", argv=[], env={}, cwd="/")
        with pytest.raises(ZygoteGone):
            asked.result()


BUILD = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where a shell left tests behind
from jupyter_client.manager import start_new_kernel
from almanac.book.kernels import kernels_from, zygote
with zygote() as address, kernels_from(address):
    manager, client = start_new_kernel()
    print(manager.provisioner.pid, flush=True)
    input()
    raise SystemExit(1)
"""


@pytest.mark.parametrize("end", ["fail", "interrupt", "kill"])
def test_no_process_outlives_a_build(end):
    with (
        tempfile.TemporaryDirectory() as folder,  # which a killed build cannot tidy up itself
        subprocess.Popen(
            [sys.executable, "-c", BUILD],
            env={**os.environ, "TMPDIR": folder},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as build,
    ):
        kernel = psutil.Process(int(build.stdout.readline()))
        family = [kernel, kernel.parent()]
        if end == "fail":
            build.stdin.write("\n")
            build.stdin.flush()
        else:
            os.kill(build.pid, signal.SIGINT if end == "interrupt" else signal.SIGKILL)
        build.wait(timeout=60)
        assert psutil.wait_procs(family, timeout=20)[1] == []


@pytest.mark.soak
def test_many_kernels_at_once():
    with (
        zygote("pandas", "altair") as address,
        ProcessPoolExecutor(6, get_context("spawn")) as pool,
    ):
        pids = list(pool.map(_pid, [address] * 200))
    assert len(set(pids)) == 200
    assert not any(map(psutil.pid_exists, pids))


def _pid(address):
    with kernel(address) as (_, ask):
        return int(ask("import os; print(os.getpid())"))
