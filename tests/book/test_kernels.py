import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import nbformat
import psutil
import pytest
from jupyter_client.manager import start_new_kernel
from jupyter_client.provisioning import KernelProvisionerFactory

from almanac.book import kernels, pipeline, settings
from almanac.book.kernels import Fork, KernelError, ZygoteGone, kernels_from, zygote

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")


@contextlib.contextmanager
def kernel(address, **options):
    """A kernel that is a fork, and a function that gives what code prints in it."""
    with kernels_from(address):
        manager, client = start_new_kernel(**options)
    try:
        is_fork = isinstance(manager.provisioner.process, Fork)
        assert is_fork == os.path.exists(address)

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


def ends(manager):
    """Whether a kernel ends, once it should."""
    deadline = time.monotonic() + 20
    while manager.is_alive() and time.monotonic() < deadline:
        time.sleep(0.01)
    return not manager.is_alive()


@pytest.fixture(scope="module")
def address():
    with zygote("numpy.random", "no_such_module") as address:
        yield address


@pytest.fixture(scope="module", params=["forked", "plain"])
def either(request, address):
    """Kernels of either kind."""
    if request.param == "forked":
        yield address
        return
    with contextlib.ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:  # which only their start reads
            patch.setenv(settings.KERNELS, "plain")
            plain = stack.enter_context(zygote("numpy.random"))
        yield plain


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
        psutil.Process(manager.provisioner.pid).kill()
        assert ends(manager)


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


def test_a_kernel_says_how_it_ended(either):
    for code, how in {
        "import os; os._exit(3)": "ended itself with status 3",
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)": "was ended by signal 9 "
        "(SIGKILL), as systems do that run out of memory",
        "import ctypes; ctypes.string_at(0)": "was ended by signal 11 (SIGSEGV); the last it said:"
        "\n    Fatal Python error: Segmentation fault",
    }.items():
        with kernel(either) as (manager, ask):
            assert kernels.last_words() == ""
            ask.client.execute(code)
            assert ends(manager)
            assert kernels.last_words().startswith(how)
            assert kernels.last_words().count("\n") <= kernels.TRACE + 1


def test_a_kernel_that_cannot_start_says_why(address, tmp_path):
    with pytest.raises(KernelError) as caught:
        Fork(address, argv=["--no-such-option"], env={}, cwd="/no/such", log=f"{tmp_path}/log")
    said = str(caught.value)
    assert said.startswith("the kernel ended itself with status 1 before it could start; ")
    assert said.endswith("No such file or directory: '/no/such'")


def test_a_kernel_has_no_network(either):
    with kernel(either) as (_, ask):
        ask("import urllib.request, socket, subprocess, sys")
        for code in (
            "urllib.request.urlopen('https://example.org')",
            "socket.create_connection(('192.0.2.1', 80), timeout=5)",
            "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'', ('192.0.2.1', 53))",
        ):
            said = ask(f"try: {code}\nexcept OSError as error: print(error)")
            assert "notebooks run without a network in the build" in said
            assert "allow it with BOOK_NETWORK=on" in said
        assert ask("a, b = socket.socketpair(); a.send(b'x'); print(b.recv(1))") == "b'x'"
        assert ask("print(socket.gethostbyname('localhost'))") == "127.0.0.1"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has networks of processes")
def test_what_a_kernel_starts_has_no_network_either(either):
    if not confined_by_the_system():
        pytest.skip("this system lets no process leave its network: only Python refuses")
    with kernel(either) as (_, ask):
        devices = ask("print(open('/proc/net/dev').read())").splitlines()[2:]
        assert [line.split(":")[0].strip() for line in devices] == ["lo"]
        code = "import socket; socket.create_connection(('127.0.0.1', 9), 5)"
        said = ask(
            "import subprocess, sys\n"
            f"code = {code!r}\n"
            "print(subprocess.run([sys.executable, '-c', code], capture_output=True).stderr)"
        )
        assert "Network is unreachable" in said


def confined_by_the_system():
    code = "from almanac.book import confine; raise SystemExit(not confine._leave())"
    return subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_the_network_can_be_allowed(monkeypatch):
    monkeypatch.setenv(settings.NETWORK, "on")
    with socket.create_server(("127.0.0.1", 0)) as server, zygote() as address:
        port = server.getsockname()[1]
        with kernel(address) as (_, ask):
            ask(f"import socket; socket.create_connection(('127.0.0.1', {port}), 5).send(b'x')")
            assert server.accept()[0].recv(1) == b"x"


@pytest.mark.skipif(sys.platform != "linux", reason="limits to memory are Linux's")
@pytest.mark.parametrize("kind", ["forked", "plain"])
def test_a_kernel_that_takes_too_much_memory_gets_an_error(kind, monkeypatch):
    monkeypatch.setenv(settings.MEMORY_GB, "1")
    monkeypatch.setenv(settings.KERNELS, kind)
    with zygote("numpy") as address, kernel(address) as (_, ask):
        ask("import numpy; some = numpy.ones(10**7)")
        code = "try: numpy.ones(10**9)\nexcept MemoryError as error: print(error)"
        assert ask(code).startswith("Unable to allocate 7.45 GiB")
        assert ask("print(some.sum())") == "10000000.0"


def test_settings_of_the_user_have_no_say(tmp_path, monkeypatch, either):
    startup = tmp_path / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "own.py").write_text("own = 1")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    with kernel(either) as (_, ask):
        assert ask("print('own' in globals())") == "False"
    assert not list(tmp_path.rglob("history.sqlite"))


def test_kernels_are_plain_where_the_zygote_has_died_and_say_so_once(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(kernels, "ONE_THREAD", {"PYTHONHOME": "/no/such"})  # Python cannot start
    with zygote("numpy") as address:
        monkeypatch.undo()
        deadline = time.monotonic() + 20
        while "No module" not in open(kernels._log(address)).read():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        for _ in range(2):
            with kernels_from(address):
                manager, client = start_new_kernel()
                client.stop_channels()
                assert isinstance(manager.provisioner.process, subprocess.Popen)
                manager.shutdown_kernel(now=True)
    said = capfd.readouterr().err
    assert said.count("Kernels cannot be forked and start anew each, which takes longer") == 1
    assert "the process to fork has died, " in said and "No module named 'encodings'" in said


def test_a_long_name_of_the_temporary_folder_is_no_hindrance(tmp_path, monkeypatch, capfd):
    deep = tmp_path / ("x" * 100)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    with zygote() as address, kernel(address) as (_, ask):
        assert ask("print(1)") == "1"
    assert capfd.readouterr().err == ""


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
        assert os.listdir(folder) == []


@pytest.mark.soak
def test_five_hundred_kernels_several_at_once():
    """As the build has them: workers that each start one kernel after the other."""
    with (
        zygote("pandas", "altair") as address,
        ProcessPoolExecutor(6, get_context("spawn")) as pool,
    ):
        said = list(pool.map(_work, [address] * 500))
    assert len({pid for pid, _ in said}) == 500
    assert {shown for _, shown in said} == {"{'text/html': '<b>3</b>'}"}
    assert not any(psutil.pid_exists(pid) for pid, _ in said)


def _work(address):
    """A kernel that is asked for what notebooks are: output, a frame, and its own process."""
    with kernel(address) as (manager, ask):
        assert isinstance(manager.provisioner.process, Fork)
        ask("import os, pandas, altair; frame = pandas.DataFrame({'x': [1, 2]})")
        pid = int(ask("print(os.getpid())"))
        return pid, ask("print({'text/html': f'<b>{frame.x.sum()}</b>'})")


@pytest.mark.soak
def test_five_hundred_notebooks_executed_and_checked(tmp_path, write, monkeypatch):
    """250 notebooks, each by papermill in one kernel and by nbval in another."""
    monkeypatch.setattr(pipeline, "PRELOAD", ("pandas",))
    cells = ["import pandas\nframe = pandas.DataFrame({'x': range(9)})", "frame.describe()"]
    sources = [write(tmp_path / f"n{number}.ipynb", *cells) for number in range(250)]
    told = []
    jobs = [pipeline.Job(source, {}, tmp_path / "out" / source.name) for source in sources]
    pipeline.run(jobs, told.append)
    assert len(told) == 250 and all(job.is_done() for job in jobs)
    outputs = {
        str([cell.get("outputs") for cell in nbformat.read(job.target, as_version=4).cells])
        for job in jobs
    }
    assert len(outputs) == 1
