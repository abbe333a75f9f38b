# SPDX-License-Identifier: BSD-2-Clause
"""Network namespaces, the links between them, and their sysctls."""

import contextlib
import ctypes
import os
import subprocess

CLONE_NEWNET = 0x40000000
MS_BIND = 0x1000
MNT_DETACH = 2
RUN_NETNS = "/run/netns"

_libc = ctypes.CDLL(None, use_errno=True)


def _check(ret, what):
    if ret != 0:
        err = ctypes.get_errno()
        raise OSError(err, f"{what}: {os.strerror(err)}")


def mount(source, target, fstype, flags=0, data=None):
    _check(_libc.mount(source.encode(), target.encode(), fstype.encode(),
                       ctypes.c_ulong(flags), data and data.encode()),
           f"mount {target}")


def umount(target):
    _check(_libc.umount2(target.encode(), MNT_DETACH), f"umount {target}")


class Namespace:
    """A network namespace with a name that ip(8) knows too."""

    def __init__(self, name):
        self.name = name
        self.path = f"{RUN_NETNS}/{name}"
        os.makedirs(RUN_NETNS, exist_ok=True)
        open(self.path, "w").close()
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        try:
            _check(_libc.unshare(CLONE_NEWNET), "unshare")
            try:
                mount("/proc/thread-self/ns/net", self.path, "none", MS_BIND)
            finally:
                _check(_libc.setns(home, CLONE_NEWNET), "setns")
        finally:
            os.close(home)
        self.fd = os.open(self.path, os.O_RDONLY)
        self.inode = os.fstat(self.fd).st_ino

    def close(self):
        os.close(self.fd)
        umount(self.path)
        os.unlink(self.path)

    @contextlib.contextmanager
    def inside(self):
        """What is opened or started within, belongs to the namespace."""
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        _check(_libc.setns(self.fd, CLONE_NEWNET), f"enter {self.name}")
        try:
            yield self
        finally:
            _check(_libc.setns(home, CLONE_NEWNET), "setns")
            os.close(home)

    def sysctl(self, name, value=None):
        """Reads, or with a value writes, net.NAME (slashes, no dots)."""
        with self.inside():
            with open(f"/proc/sys/net/{name}", "r" if value is None else "w",
                      encoding="ascii") as f:
                return f.read().strip() if value is None else \
                    f.write(str(value))

    def ip(self, *lines):
        """One ip(8) for many commands: its price is being started."""
        with self.inside():
            done = subprocess.run(["ip", "-batch", "-"], text=True,
                                  input="\n".join(lines) + "\n",
                                  capture_output=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"ip in {self.name}: {done.stderr.strip()}"
                               f" in:\n" + "\n".join(lines))
        return done.stdout

    def run(self, *argv, timeout=120, check=False, **kw):
        """Runs a program to its end; its output comes back."""
        with self.inside():
            return subprocess.run(argv, text=True, capture_output=True,
                                  timeout=timeout, check=check, **kw)

    def popen(self, argv, **kw):
        with self.inside():
            return subprocess.Popen(argv, **kw)
