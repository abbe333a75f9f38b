# SPDX-License-Identifier: BSD-2-Clause
"""Programs that run in a namespace for a while, with their logs."""

import contextlib
import os
import re
import signal
import subprocess
import time


# Seconds that a busy machine may need for anything: no wait is shorter. Who
# wants to see that something does not happen waits for what tells so.
PATIENCE = 60


class Timeout(Exception):
    """Something did not happen in time; the text says what."""


def wait_for(what, seconds, poll, step=0.02):
    """Calls poll until it returns something true, and returns that. seconds is
    what it may take by rights."""
    seconds = max(seconds, PATIENCE)
    end = time.monotonic() + seconds
    while True:
        result = poll()
        if result:
            return result
        if time.monotonic() > end:
            raise Timeout(f"{what}: not within {seconds:g} s")
        time.sleep(step)


class Daemon:
    """One program, started in a namespace, its output in a log file."""

    def __init__(self, ns, name, argv, logdir, env=None, **kw):
        self.ns, self.name, self.argv = ns, name, argv
        self.log_path = os.path.join(logdir, f"{name}.log")
        self.changed = False    # runs with other than the usual settings
        with open(self.log_path, "ab") as log:
            self.mark = log.tell()
            self.process = ns.popen(argv, stdin=subprocess.DEVNULL, stdout=log,
                                    stderr=subprocess.STDOUT, cwd="/",
                                    env={**os.environ, **(env or {})}, **kw)

    @property
    def pid(self):
        return self.process.pid

    def running(self):
        return self.process.poll() is None

    def log(self, since=None):
        """What it has said since it was started, or since a mark."""
        with open(self.log_path, encoding="utf-8", errors="replace") as f:
            f.seek(self.mark if since is None else since)
            return f.read()

    def log_mark(self):
        return os.path.getsize(self.log_path)

    def wait_log(self, pattern, seconds=10, since=None):
        """Waits for a line that matches; returns the match."""
        def poll():
            ended = not self.running()      # if so, it has said all
            found = re.search(pattern, self.log(since))
            if not found and ended:
                raise Timeout(f"{self.name} ended (status"
                              f" {self.process.returncode}) before saying"
                              f" /{pattern}/:\n{self.tail()}")
            return found
        return wait_for(f"{self.name} to say /{pattern}/", seconds, poll, 0.05)

    def tail(self, lines=15):
        return "\n".join(self.log().splitlines()[-lines:])

    def wait(self, seconds=10):
        seconds = max(seconds, PATIENCE)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Timeout(f"{self.name}: still runs after {seconds} s") \
                from None

    def signal(self, sig):
        if self.running():
            self.process.send_signal(sig)

    def kill(self):
        """All of its processes at once, as a crash of everything would; none
        has time to notice. What it runs of other programs lives on."""
        name = os.path.basename(self.argv[0])
        pids = [self.pid, *(p for p in children(self.pid) if comm(p) == name)]
        for sig in (signal.SIGSTOP, signal.SIGKILL):
            for pid in pids:        # the second may go with the first
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, sig)
        self.process.wait()
        wait_for(f"{self.name} to be gone", 10,
                 lambda: not any(alive(pid) for pid in pids))

    def stop(self, seconds=10):
        """Asks it to end; kills it when it does not. Its exit status."""
        self.signal(signal.SIGTERM)
        try:
            return self.process.wait(max(seconds, PATIENCE))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Timeout(f"{self.name} had to be killed") from None


def children(pid):
    """The direct children of a process."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
            return [int(p) for p in f.read().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def comm(pid):
    """Its name, or none when it has ended."""
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8") as f:
            return f.read().strip()
    except OSError:
        return ""


def alive(pid):
    """Whether a process exists and is no zombie."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as f:
            return f.read().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def memory_kb(pids, *what):
    """The sum of these lines of their smaps_rollup: "Pss", "Anonymous" ..."""
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as f:
            total += sum(int(line.split()[1]) for line in f
                         if line.partition(":")[0] in what)
    return total


def by_namespace():
    """{namespace inode: [(pid, name)]} of all processes."""
    found = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            inode = os.stat(f"/proc/{entry}/ns/net").st_ino
            with open(f"/proc/{entry}/comm", encoding="utf-8",
                      errors="replace") as f:
                comm = f.read().strip()
            if not os.readlink(f"/proc/{entry}/exe"):
                continue
        except OSError:
            continue
        found.setdefault(inode, []).append((int(entry), comm))
    return found
