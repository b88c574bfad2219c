"""Set up ganviz and start it: the two commands a bare machine needs.

    python3 packaging/run.py [ganviz arguments ...]                set up, then run ganviz
    python3 packaging/run.py test [--long] [pytest arguments ...]  set up, then run the tests
    python3 packaging/run.py --prepare                             set up everything, then check it
    python3 packaging/run.py --check                               prove that it works offline
    python3 packaging/run.py bundle [FOLDER]                       set up, then make a folder of it
                                                                   that needs no Python, and try it

The set-up is a virtual environment, `.venv` beside pyproject.toml or where the environment
variable GANVIZ_VENV says, holding exactly the releases of packaging/constraints.txt, the system
libraries Qt needs (apt installs them where it may, otherwise they are named), and ganviz's kernel,
compiled for this machine. A stamp in the environment says what it was made from, so a warm start
reads three small files and no more.

Standard library only, and written to parse on Python 3.6, so that an old Python gets a sentence.
"""

import errno
import hashlib
import os
import sys
import time
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONSTRAINTS = ROOT / "packaging" / "constraints.txt"
CHECK = ROOT / "packaging" / "check.py"
BUNDLE = ROOT / "packaging" / "bundle.py"
VENV = Path(os.path.abspath(os.path.expanduser(os.environ.get("GANVIZ_VENV") or ROOT / ".venv")))
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "ganviz-stamp"  # "TAG FINGERPRINT EXTRA..." once set up, "unfinished" before
LOG = VENV / "ganviz-pip.log"

OLDEST, TOO_NEW = (3, 11), (3, 15)
SPACE = 2_000_000_000  # bytes that a first set-up takes: 1.6 GB of packages, and room to unpack

# What Qt's libraries and its offscreen and xcb plugins load, and Debian's package with it.
LIBRARIES = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libgssapi_krb5.so.2": "libgssapi-krb5-2",
    "libX11.so.6": "libx11-6",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-glx.so.0": "libxcb-glx0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
}
TEST_PROGRAMS = {"Xvfb": "xvfb", "xauth": "xauth"}  # for tests of real windows


class Stop(Exception):
    """The set-up cannot go on; the message says why and what to do."""


def say(message: str) -> None:
    """Tell the person at the terminal, leaving standard output to ganviz."""
    print("ganviz: " + message, file=sys.stderr, flush=True)


def main(argv: list) -> int:
    """Set up what is not set up yet, then become ganviz, pytest or what makes a bundle."""
    extras, command = plan(argv)
    try:
        check_python(sys.version_info[:2])
        if argv[:1] == ["--check"]:
            check_prepared()
        elif not ready(extras):
            set_up(extras)
        elif argv[:1] == ["--prepare"]:
            complete()
    except Stop as stop:
        say(str(stop))
        return 1
    except KeyboardInterrupt:
        say("interrupted; the same command goes on from here.")
        return 130
    return become(command, testing="test" in extras)


def plan(argv: list) -> tuple:
    """Split the command line into the extras to install and the arguments for Python."""
    if argv[:1] in (["--prepare"], ["--check"]):
        return [], [str(CHECK)]
    if argv[:1] == ["bundle"]:
        return ["packaging"], [str(BUNDLE), *argv[1:]]
    if argv[:1] != ["test"]:
        return [], ["-m", "ganviz", *argv]
    rest = [word for word in argv[1:] if word != "--long"]
    if "--long" in argv:  # measurements: nothing else may run beside them
        return ["test"], ["-m", "pytest", *rest]
    chosen = ["-m", "not long"]
    if all(word.startswith("--") for word in rest):  # nobody chose some, or wants to see them speak
        chosen += ["-n", "2", "--dist", "loadfile"]
    return ["test"], ["-m", "pytest", *chosen, *rest]


def check_python(version: tuple) -> None:
    """Refuse a Python for which the packages do not exist."""
    if not OLDEST <= version < TOO_NEW:
        raise Stop(
            "this is Python %d.%d, and ganviz needs Python 3.11, 3.12, 3.13 or 3.14: "
            "start packaging/run.py with one of these." % version
        )


def become(command: list, testing: bool) -> int:
    """Hand over to the environment's Python; returns only on Windows."""
    if testing:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        os.chdir(str(ROOT))
    arguments = [str(PYTHON), *command]
    if os.name != "nt":
        os.execv(arguments[0], arguments)
    import subprocess

    try:
        return subprocess.call(arguments)
    except KeyboardInterrupt:
        return 130


# The stamp ---------------------------------------------------------------------------------------


def tag() -> str:
    """Name the Python and system an environment belongs to."""
    return "%s-%s" % (sys.implementation.cache_tag, sys.platform)


def fingerprint() -> str:
    """Digest what an environment is made from; the editable install holds the checkout's path."""
    made_from = [(ROOT / "pyproject.toml").read_bytes(), CONSTRAINTS.read_bytes(), bytes(ROOT)]
    return hashlib.sha256(b"\0".join(made_from)).hexdigest()


def read_stamp() -> list:
    """Return the words of the stamp, none if there is no environment of ours."""
    try:
        return STAMP.read_text().split()
    except OSError:
        return []


def write_stamp(words: list) -> None:
    """Replace the stamp in one go."""
    new = STAMP.with_name(STAMP.name + ".new")
    new.write_text(" ".join(words) + "\n")
    os.replace(str(new), str(STAMP))


def ready(extras: list) -> bool:
    """Say whether the environment is what it should be."""
    stamp = read_stamp()
    return stamp[:2] == [tag(), fingerprint()] and set(extras) <= set(stamp) and PYTHON.exists()


def check_prepared() -> None:
    """Refuse to check what is not there: without a network it could not be fetched."""
    if not ready([]):
        raise Stop(
            "nothing is prepared in %s: run `python3 packaging/run.py --prepare` where there is a "
            "network." % VENV
        )


# The set-up --------------------------------------------------------------------------------------


def set_up(extras: list) -> None:
    """Make or mend the environment, one process at a time."""
    started = time.monotonic()
    try:
        with alone():
            if ready(extras):  # another start has done it meanwhile
                return
            system_packages(testing="test" in extras)
            environment(extras)
            compile_pages()
            compile_kernel()
    except OSError as error:
        if isinstance(error, PermissionError) or error.errno == errno.EROFS:
            cure = "set GANVIZ_VENV to a folder that you may write to"
        else:
            cure = "make room, or set GANVIZ_VENV to another folder"
        raise Stop(
            "the environment cannot be made, %s: %s; %s, and run the same command again."
            % (error.filename or VENV, error.strerror, cure)
        ) from None
    say("ready after %.0f s." % (time.monotonic() - started))


def complete() -> None:
    """See to what may be missing in an environment that is ready: libraries, and the kernel."""
    with alone():
        system_packages(testing=False)
        compile_pages()
        if not has_kernel():
            compile_kernel()


@contextmanager
def alone() -> object:
    """Hold the set-up lock, waiting for another start that holds it; it dies with its holder."""
    VENV.parent.mkdir(parents=True, exist_ok=True)
    with open(str(VENV) + ".lock", "a") as file:
        if not try_lock(file):
            say("another start is setting up %s; waiting for it." % VENV)
            while not try_lock(file):
                time.sleep(0.5)
        yield


def try_lock(file: object) -> bool:
    """Lock an open file unless another process holds it."""
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:  # a file system without locks
        return True
    return True


def environment(extras: list) -> None:
    """Create the environment if need be, and let pip fill it."""
    import shutil
    import subprocess

    stamp = read_stamp()
    if not stamp and VENV.exists() and any(VENV.iterdir()):
        raise Stop(
            "%s exists but was not made by packaging/run.py: move it away, or set GANVIZ_VENV to "
            "another folder." % VENV
        )
    if stamp[:1] == [tag()] and PYTHON.exists():
        say("bringing %s up to date." % VENV)
        extras = extras + [each for each in stamp[2:] if each not in extras]  # none is lost
        write_stamp(["unfinished"])
    else:
        if VENV.exists():
            say("making %s anew: it was not finished or is of another Python." % VENV)
            shutil.rmtree(str(VENV))
        free = shutil.disk_usage(str(VENV.parent)).free
        if free < SPACE:
            raise Stop(
                "the disk of %s has %.1f GB free, and the packages take about %.0f GB: make room, "
                "or set GANVIZ_VENV to a folder on another disk."
                % (VENV.parent, free / 1e9, SPACE / 1e9)
            )
        say("first set-up in %s: some minutes, about %.0f GB." % (VENV, SPACE / 1e9))
        VENV.mkdir()
        write_stamp(["unfinished"])
        base = getattr(sys, "_base_executable", None) or sys.executable
        made = subprocess.run(
            [base, "-m", "venv", str(VENV)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        if made.returncode != 0:
            raise Stop(
                "Python could not make a virtual environment: %s"
                % (made.stdout.decode(errors="replace").strip() or "no reason given")
            )
    wanted = "." if not extras else ".[%s]" % ",".join(extras)
    installed = pip("install", "--constraint", str(CONSTRAINTS), "--editable", wanted)
    if installed != 0:
        if stamp[:2] == [tag(), fingerprint()]:  # what was there is complete, only extras failed
            write_stamp(stamp)
        raise Stop(pip_failure())
    write_stamp([tag(), fingerprint(), *extras])


def compile_pages() -> None:
    """Compile Python's pages, as pip does where it copies them: the first start need not then."""
    import compileall

    compileall.compile_dir(str(ROOT / "ganviz"), quiet=2)


def compile_kernel() -> None:
    """Compile what makes most steps fast; ganviz runs without, and would try it again itself."""
    import subprocess

    say("compiling the fast kernel: about a minute.")
    build = [str(PYTHON), "-m", "ganviz.engine.kernels.compiled"]
    if subprocess.call(build, cwd=str(ROOT), stdout=sys.stderr) != 0:
        say("it could not be compiled, for the reason above; ganviz goes on without it, slower.")


def has_kernel() -> bool:
    """Say whether ganviz's kernel is there, as its sources and this machine want it."""
    import subprocess

    asks = "from ganviz.engine.kernels.compiled.store import find, fingerprint, level; import sys"
    answer = "sys.exit(find(fingerprint(level())) is None)"
    return subprocess.call([str(PYTHON), "-c", asks + "; " + answer], cwd=str(ROOT)) == 0


def pip(*arguments: str) -> int:
    """Run the environment's pip in the checkout, its full log kept, and return its exit code."""
    import subprocess

    if LOG.exists():
        LOG.unlink()
    settings = dict(os.environ, PIP_USER="0", PIP_DISABLE_PIP_VERSION_CHECK="1")
    pins = CONSTRAINTS.as_uri()  # for the build backend's environment: newer pips, then older ones
    settings["PIP_BUILD_CONSTRAINT"] = pins
    settings["PIP_CONSTRAINT"] = " ".join([settings.get("PIP_CONSTRAINT", ""), pins]).strip()
    command = [str(PYTHON), "-m", "pip", "--log", str(LOG), *arguments]
    if not sys.stderr.isatty():
        command += ["--quiet", "--progress-bar", "off"]
    return subprocess.call(command, cwd=str(ROOT), env=settings, stdout=sys.stderr)


def pip_failure() -> str:
    """Explain pip's failure from its log."""
    log = LOG.read_text(errors="replace") if LOG.exists() else ""
    errors = [line.partition("ERROR: ")[2] for line in log.splitlines() if "ERROR: " in line]
    if "No space left on device" in log or "Errno 28" in log:
        why = "the disk is full: make room, or set GANVIZ_VENV and TMPDIR to another disk"
    elif "connection broken by" in log or "Max retries exceeded" in log:
        why = (
            "the package index could not be reached: check the network and pip's proxy settings, "
            "and run the same command again"
        )
    elif errors:
        why = errors[-1].rstrip(".")
    else:
        why = "see its words above"
    return "pip could not install the packages: %s. (Log: %s)" % (why, LOG)


# System packages: Linux only ---------------------------------------------------------------------


def system_packages(testing: bool) -> None:
    """See to the libraries that Qt loads and to Python's own venv package."""
    if not sys.platform.startswith("linux"):
        if not has_ensurepip():
            raise Stop("this Python has no ensurepip module: use a complete Python.")
        return
    least = (2, 39) if os.uname().machine == "aarch64" else (2, 34)
    if glibc() < least:
        raise Stop(
            "Qt's wheels for this machine need glibc %d.%d or newer, which this system does not "
            "have: use a newer release of it (Debian 12, Ubuntu 22.04 and Fedora 35 are new "
            "enough; on ARM Debian 13, Ubuntu 24.04 and Fedora 40)." % least
        )
    missing, needed = wanted_packages(testing)
    if not needed:
        return
    if not has_apt():
        report_without_apt(missing)
    elif os.geteuid() == 0:
        apt_install(needed)
        missing, needed = wanted_packages(testing)
        if needed:
            report_without_apt(missing)
    elif set(needed) <= set(TEST_PROGRAMS.values()):
        say(
            "tests of real windows are left out, as %s is missing: %s"
            % (" and ".join(needed), apt_command(needed))
        )
    else:
        raise Stop(
            "these system packages are missing, and installing them takes an administrator: %s. "
            "Run this, then the same command again:\n    %s"
            % (", ".join(needed), apt_command(needed))
        )


def wanted_packages(testing: bool) -> tuple:
    """Return the libraries that are missing, and every Debian package that is."""
    missing = missing_libraries()
    packages = [LIBRARIES[library] for library in missing]
    if not has_ensurepip():
        packages.append("python%d.%d-venv" % sys.version_info[:2])
    if testing:
        packages += missing_programs()
    if glibc() >= (2, 39):  # Debian 13, Ubuntu 24.04: renamed for 64-bit time
        packages = ["libglib2.0-0t64" if it == "libglib2.0-0" else it for it in packages]
    return missing, packages


def missing_libraries() -> list:
    """Return the shared libraries of LIBRARIES that the loader does not find."""
    import ctypes

    def found(library: str) -> bool:
        try:
            ctypes.CDLL(library)
        except OSError:
            return False
        return True

    return [library for library in LIBRARIES if not found(library)]


def missing_programs() -> list:
    """Return the packages of the programs that only tests use and that are missing."""
    import shutil

    return [package for program, package in TEST_PROGRAMS.items() if not shutil.which(program)]


def has_ensurepip() -> bool:
    """Say whether this Python can put pip into a virtual environment (Debian splits that off)."""
    import importlib
    import importlib.util

    importlib.invalidate_caches()
    return importlib.util.find_spec("ensurepip") is not None


def has_apt() -> bool:
    """Say whether this is a system of apt packages."""
    import shutil

    return shutil.which("apt-get") is not None


def glibc() -> tuple:
    """Return the C library's version, (0,) where it is not glibc."""
    try:
        name, _, version = os.confstr("CS_GNU_LIBC_VERSION").partition(" ")
        return tuple(int(part) for part in version.split(".")[:2]) if name == "glibc" else (0,)
    except (AttributeError, OSError, ValueError):
        return (0,)


def apt_command(packages: list) -> str:
    """Return the line that installs the packages."""
    return "sudo apt-get update && sudo apt-get install --no-install-recommends " + " ".join(
        packages
    )


def apt_install(packages: list) -> None:
    """Install Debian packages without a question; the caller is root."""
    import subprocess

    say("installing system packages, a few hundred MB at most: %s." % ", ".join(packages))
    settings = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    apt = ["apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=300"]
    for words in (["update"], ["install", "--no-install-recommends", *packages]):
        done = subprocess.run(
            [*apt, *words],
            env=settings,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
    if done.returncode != 0:  # of the install; the lists there may do even if updating failed
        output = done.stdout.decode(errors="replace").splitlines()
        errors = [line for line in output if line.startswith("E:")] or output[-3:]
        raise Stop(
            "apt-get could not install %s: %s; if the network or the package lists are at fault, "
            "mend that and run the same command again." % (", ".join(packages), " ".join(errors))
        )


def report_without_apt(missing: list) -> None:
    """Say what apt cannot install here, and go on where that is possible."""
    if not has_ensurepip():
        raise Stop(
            "this Python has no ensurepip module: install this system's package for Python's venv."
        )
    if missing:
        say(
            "Qt may not start, as the loader does not find %s: install them with this system's "
            "package manager." % ", ".join(missing)
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
