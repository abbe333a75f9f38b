# SPDX-License-Identifier: BSD-2-Clause
"""What must be true of the source tree, whatever runs. No root needed; the
built programs are those of $LAB_STAGE."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

SRC = Path(__file__).resolve().parents[2]
STAGE = Path(os.environ.get("LAB_STAGE", SRC / "build-lab" / "stage"))
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.M)

# Directory -> directories whose headers its files may include.
ALLOWED = {
    "common": {"common"},
    "radius": {"common", "radius"},
    "nasd": {"common", "radius", "nasd"},
    "had": {"common", "radius", "had"},
    "fad": {"common", "fad"},
    "pppd-plugin": {"common", "pppd-plugin"},
    "nasctl": {"common", "nasctl"},
}
PURE = ("clock", "dhcp6", "icmp6", "iid", "mip4", "mip4_auth", "mip4_ext", "nd6",
        "plugproto", "rate_limit", "table", "timers", "violations", "wire")
# What pure code has no business with.
IO_HEADERS = re.compile(r"event2/|sys/(socket|epoll|wait|un|ioctl|stat|uio)\.h|"
                        r"fcntl\.h|syslog\.h|unistd\.h|libmnl|confuse\.h")
IO_CALLS = re.compile(r"(?<![>.\w])(f?printf|puts|perror|fopen|open|read|write|socket|"
                      r"send|sendto|sendmsg|recv|recvfrom|recvmsg|ioctl|"
                      r"clock_gettime|time|getenv)\(")


def sources(directory, *suffixes):
    return sorted(p for p in (SRC / directory).rglob("*")
                  if p.suffix in suffixes and "build" not in p.parts[-2])


def includes(path):
    return INCLUDE.findall(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("directory", sorted(ALLOWED))
def test_dependency_direction(directory):
    """common <- radius <- nasd, had; no daemon includes another's header."""
    wrong = []
    for path in sources(directory, ".c", ".h"):
        for kind, name in includes(path):
            first = name.split("/")[0] if "/" in name else None
            if kind == '"' and first in ALLOWED and \
                    first not in ALLOWED[directory]:
                wrong.append(f"{path.relative_to(SRC)} includes {name}")
    assert not wrong, "\n".join(wrong)


def test_pure_code_has_no_io():
    wrong = []
    for name in PURE:
        for suffix in (".c", ".h"):
            path = SRC / "common" / f"{name}{suffix}"
            for _, header in includes(path) if path.exists() else ():
                if IO_HEADERS.search(header):
                    wrong.append(f"common/{name}{suffix} includes {header}")
            # The one clock that is not injected is the one that is.
            if path.exists() and name != "clock":
                text = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"),
                              flags=re.S)
                wrong += [f"common/{name}{suffix} calls {call}()"
                          for call in IO_CALLS.findall(text)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("directory", sorted(ALLOWED))
def test_lines_fit_into_80_columns(directory):
    wrong = [f"{path.relative_to(SRC)}:{n}"
             for path in sources(directory, ".c", ".h")
             for n, line in enumerate(path.read_text("utf-8").splitlines(), 1)
             if len(line.expandtabs(8)) > 80]
    assert not wrong, "\n".join(wrong)


def test_lab_test_can_name_every_test():
    """lab/test reads their names word by word: one with a blank would never
    run."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--collect-only", "-p",
         "no:cacheprovider", "tests/static", "tests/system"], cwd=SRC,
        env={**os.environ, "PYTHONPATH": "lab",
             "PYTHONDONTWRITEBYTECODE": "1"},
        text=True, capture_output=True, check=False)
    names = [line for line in done.stdout.splitlines() if "::" in line]
    assert names, done.stdout + done.stderr
    assert not [name for name in names if " " in name]


def test_every_source_names_its_licence():
    wrong = []
    for suffix in (".c", ".h", ".py", ".sh", ".am"):
        for path in SRC.rglob(f"*{suffix}"):
            parts = path.relative_to(SRC).parts
            if parts[0].startswith(("build", "autom4te", ".")):
                continue
            head = path.read_text(encoding="utf-8").splitlines()[:3]
            if head and not any("SPDX-License-Identifier" in x for x in head):
                wrong.append(str(path.relative_to(SRC)))
    assert not wrong, "\n".join(wrong)


PAGES = ("nasd.8", "nasd.conf.5", "had.8", "had.conf.5", "fad.8",
         "fad.conf.5", "nasctl.8", "hactl.8", "fadctl.8", "pppd-netmip4.8",
         "netmip4.7")


@pytest.mark.parametrize("page", PAGES)
def test_manual_page_is_clean(page):
    path = SRC / "man" / page
    assert path.exists(), f"man/{page} is missing"
    done = subprocess.run(["mandoc", "-Tlint", "-Wstyle", path], text=True,
                          capture_output=True, check=False)
    # What is not installed on this machine is not the page's fault.
    lint = [line for line in done.stdout.splitlines()
            if "referenced manual not found" not in line
            and "outdated mandoc.db" not in line]
    assert not lint, "\n".join(lint)


def option_keys(*paths):
    """The keys of libconfuse's option tables."""
    found = set()
    for path in paths:
        if path.exists():
            found |= set(re.findall(
                r'\bCFG_(?:SEC|STR|INT|BOOL|FLOAT)(?:_LIST|_CB)?\(\s*"([^"]+)"',
                path.read_text(encoding="utf-8")))
    return found


@pytest.mark.parametrize("daemon", ("nasd", "had", "fad"))
def test_configuration_keys_are_documented(daemon):
    shared = {*SRC.glob("common/conf*.c"), SRC / "radius/conf.c"}
    if daemon == "fad":     # no RADIUS, and no extension of the drafts
        shared -= {SRC / "common/conf_ext.c", SRC / "radius/conf.c"}
    keys = option_keys(*sources(daemon, ".c", ".h"), *shared)
    assert keys, "no option table found"
    text = (SRC / "man" / f"{daemon}.conf.5").read_text(encoding="utf-8")
    text = text.replace("\\-", "-")
    missing = sorted(k for k in keys if not re.search(
        rf"^\.(It )?.*(?<![\w-]){re.escape(k)}(?![\w-])", text, re.M))
    assert not missing, f"not in {daemon}.conf(5): {missing}"


@pytest.mark.parametrize("daemon,libraries", (
    ("nasd", ("nasd", "radius", "common")), ("had", ("had", "radius", "common")),
    ("fad", ("fad", "common"))))
def test_log_modules_are_documented(daemon, libraries):
    modules = {m for d in libraries for path in (SRC / d).glob("*.c")
               for m in re.findall(r'^#define\s+LOG_MODULE\s+"([^"]+)"',
                                   path.read_text(encoding="utf-8"), re.M)}
    assert modules
    text = (SRC / "man" / f"{daemon}.conf.5").read_text(encoding="utf-8")
    said = text[text.index("The level of one module"):].partition("\n.El")[0]
    missing = sorted(m for m in modules if not re.search(rf"\b{m}\b", said))
    assert not missing, f"not in {daemon}.conf(5): {missing}"
    main = (SRC / daemon / "main.c").read_text(encoding="utf-8")
    known = main[main.index("log_modules[] = {"):].partition("NULL")[0]
    assert set(re.findall(r'"([^"]+)"', known)) == modules


@pytest.mark.parametrize("daemon,tool", (
    ("nasd", "nasctl"), ("had", "hactl"), ("fad", "fadctl")))
def test_verbs_are_documented(daemon, tool):
    """Every command that the daemon serves is in its tool's manual."""
    verbs = set()
    for path in sources(daemon, ".c"):
        verbs |= set(re.findall(r'^\s*\{\s*"([a-z][a-z -]+)",\s*[\w]+\s*\}',
                                path.read_text(encoding="utf-8"), re.M))
    text = (SRC / "man" / f"{tool}.8").read_text(encoding="utf-8")
    words = text.replace("\\-", "-").split()
    missing = sorted(v for v in verbs
                     if not set(v.split()) <= set(words))
    assert verbs, "no commands found"
    assert not missing, f"not in {tool}(8): {missing}"


def test_plugin_options_are_documented():
    found = set()
    for path in sources("pppd-plugin", ".c"):
        found |= set(re.findall(r'"(netmip4-[a-z]+)"',
                                path.read_text(encoding="utf-8")))
    assert "netmip4-hold" in found
    text = (SRC / "man" / "pppd-netmip4.8").read_text(encoding="utf-8")
    missing = sorted(o for o in found if not re.search(
        rf"^\.It Cm {o}\b", text, re.M))
    assert not missing, f"not in pppd-netmip4(8): {missing}"


BINARIES = ("sbin/nasd", "sbin/had", "sbin/fad", "bin/nasctl",
            "lib/netmip4/netmip4.so")


@pytest.mark.parametrize("name", BINARIES)
def test_binary_is_hardened(name):
    """What configure's default flags are for is in what was built."""
    def readelf(what):
        return subprocess.run(["readelf", "-W", what, STAGE / name], text=True,
                              capture_output=True, check=True).stdout
    headers, dynamic = readelf("-l"), readelf("-d")
    symbols = readelf("--dyn-syms")
    assert "DYN" in headers, "not position-independent"
    assert "GNU_RELRO" in headers and "BIND_NOW" in dynamic
    stack, = re.findall(r"GNU_STACK.*", headers)
    assert "E" not in stack.split()[-2], "executable stack"
    assert "__stack_chk_fail" in symbols, "no stack protector"
    assert re.search(r"__\w+_chk\b", symbols), "not fortified"


def test_readme_has_the_two_commands():
    text = (SRC / "README.md").read_text(encoding="utf-8")
    for name in ("lab/demo", "lab/test"):
        assert name in text
        assert os.access(SRC / name, os.X_OK)


@pytest.mark.parametrize("program", ("nasd", "had", "fad", "nasctl", "hactl",
                                     "fadctl"))
def test_version_and_help(program):
    path = STAGE / ("sbin" if program in ("nasd", "had", "fad")
                    else "bin") / program
    for option in ("--version", "--help"):
        done = subprocess.run([path, option], text=True, capture_output=True,
                              check=False)
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip()
