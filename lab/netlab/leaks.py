# SPDX-License-Identifier: BSD-2-Clause
"""Takes stock of everything a session may leave behind, to compare before
with after: links, addresses, routes, rules and filters of every namespace,
processes, the daemons' descriptors, sessions and bindings."""

import os
import time
from collections import Counter

from . import rtnl
from .process import PATIENCE, alive, by_namespace


def descriptors(pid):
    """What each of a process's descriptors is; one line that is in no other
    stock for a process that ends meanwhile (a child about to be pppd)."""
    try:
        return open_descriptors(pid)
    except (FileNotFoundError, ProcessLookupError):
        if alive(pid):
            raise
        return [f"process {pid} that has ended"]


def open_descriptors(pid):
    """As above, of a process that exists."""
    sockets = {}
    for kind, inode, remote in (("udp", 9, 2), ("raw6", 9, 2),
                                ("packet", 8, None), ("unix", 6, None),
                                ("netlink", 9, None)):
        with open(f"/proc/{pid}/net/{kind}", encoding="ascii",
                  errors="replace") as f:
            for line in f.readlines()[1:]:
                words = line.split()
                port = int(words[remote].split(":")[1], 16) if remote else 0
                sockets[words[inode]] = f"{kind} socket" + (
                    f" to port {port}" if port else "")
    found = []
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            target = os.readlink(f"/proc/{pid}/fd/{fd}")
        except FileNotFoundError:
            continue
        if target.startswith("socket:"):
            what = sockets.get(target[8:-1], "socket")
            # Opened with the first question, and kept: the channels to the
            # RADIUS servers.
            if what in ("udp socket to port 1812", "udp socket to port 1813"):
                continue
            target = what
        # "pipe:[1234]": another one after a restart.
        found.append(target.partition(":[")[0])
    return found


def stock(lab):
    """Counter of lines; equal stocks mean that nothing was left."""
    found = Counter()
    processes = by_namespace()
    for name, ns in lab.ns.items():
        found.update(f"{name}: {line}" for line in rtnl.snapshot(ns))
        found.update(f"{name}: process {comm}"
                     for _, comm in processes.get(ns.inode, ()))
    for daemon, pids in lab.daemon_pids().items():
        for which, pid in enumerate(pids):
            found.update(f"{daemon}: process {which} has open: {what}"
                         for what in descriptors(pid))
    if lab.nas and lab.nas.running():
        found.update(f"nasd: session {s['id']} {s.get('username')}"
                     for s in lab.sessions())
    if lab.had and lab.had.running():
        found.update(f"had: binding {b['nai']} {b.get('home_address')}"
                     for b in lab.bindings())
    return found


def at_rest(found):
    """had keeps a tunnel for a second after its last binding [D128]."""
    return any(line.startswith("had: binding ") for line in found) or \
        not any(line.startswith("ha: link had") for line in found)


def baseline(lab, seconds=PATIENCE):
    """The stock once it has come to rest: a daemon that has just answered may
    still be closing that connection."""
    end = time.monotonic() + seconds
    found = stock(lab)
    while True:
        time.sleep(0.25)
        again = stock(lab)
        if (again == found and at_rest(again)) or time.monotonic() > end:
            return again
        found = again


def difference(before, after):
    """Readable lines, + for what is new and - for what is missing."""
    lines = []
    for key in sorted(set(before) | set(after)):
        n = after[key] - before[key]
        if n:
            times = f" ({abs(n)} times)" if abs(n) > 1 else ""
            lines.append(f"{'+' if n > 0 else '-'} {key}{times}")
    return lines


def settle(lab, before, seconds=PATIENCE):
    """Waits until everything is as it was; what still differs."""
    end = time.monotonic() + seconds
    while True:
        left = difference(before, stock(lab))
        if not left or time.monotonic() > end:
            return left
        time.sleep(0.25)
