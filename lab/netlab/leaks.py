# SPDX-License-Identifier: BSD-2-Clause
"""Takes stock of everything a session may leave behind, to compare before
with after: links, addresses, routes, rules and filters of every namespace,
processes, the daemons' descriptors, sessions and bindings."""

import os
import time
from collections import Counter

from . import rtnl
from .process import by_namespace


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
            found[f"{daemon}: descriptor of process {which}"] = \
                len(os.listdir(f"/proc/{pid}/fd"))
    if lab.nas and lab.nas.running():
        found.update(f"nasd: session {s['id']} {s.get('username')}"
                     for s in lab.sessions())
    if lab.had and lab.had.running():
        found.update(f"had: binding {b['nai']} {b['home_address']}"
                     for b in lab.bindings())
    return found


def difference(before, after):
    """Readable lines, + for what is new and - for what is missing."""
    lines = []
    for key in sorted(set(before) | set(after)):
        n = after[key] - before[key]
        if n:
            times = f" ({abs(n)} times)" if abs(n) > 1 else ""
            lines.append(f"{'+' if n > 0 else '-'} {key}{times}")
    return lines


def settle(lab, before, seconds=15):
    """Waits until everything is as it was; what still differs."""
    end = time.monotonic() + seconds
    while True:
        left = difference(before, stock(lab))
        if not left or time.monotonic() > end:
            return left
        time.sleep(0.25)
