# SPDX-License-Identifier: BSD-2-Clause
"""lab/bench: figures, one a line on stdout: name value unit. Ratios within one
boot are what counts; absolute times in a guest are not those of hardware."""

import os
import statistics
import sys
import time

from . import config, decode, leaks
from .client import Client
from .lab import Lab
from .process import Timeout, memory_kb, wait_for
from .stock import StockServer
from .topology import CN6

ROUNDS = int(os.environ.get("LAB_ROUNDS", "7"))


def note(text):
    print(f"# {text}", file=sys.stderr, flush=True)


def figure(name, value, unit):
    print(f"{name} {value:.3g} {unit}", flush=True)


def padi_to_open(tap):
    """Seconds from the last PADI to the later of the two IPv6CP Acks."""
    start, acks, up_acked = None, {}, None
    for p in decode.packets(tap):
        if p.what == "PADI":
            start, acks = p.time, {}
        elif p.proto == "IPv6CP" and p.what == "Configure-Ack":
            acks[p.src] = p.time
            if len(acks) == 2 and up_acked is None:
                up_acked = max(acks.values())
    if start is None or up_acked is None:
        raise Timeout("no dial-in seen")
    return up_acked - start


def one(lab, mn, user, tap):
    tap.clear()
    client = Client(lab.ns[mn], config.user(user), lab.logs)
    try:
        client.wait_opened(60)
        time.sleep(0.1)
        return padi_to_open(tap), client
    except BaseException:
        client.close()
        raise


def hold_on_the_wire(access, core):
    """Milliseconds between the Configure-Request that is held and the Nak
    that answers it, without the registration's round trip."""
    req = nak = rrq = rrp = None
    macs = {p.what: p.src for p in decode.packets(access) if p.proto == "PPPoE"}
    for p in decode.packets(access):
        if p.proto != "IPv6CP":
            continue
        if p.what == "Configure-Request" and p.src == macs.get("PADI") \
                and req is None:
            req = p.time
        if p.what == "Configure-Nak" and nak is None:
            nak = p.time
    for p in decode.packets(core):
        if p.proto == "RRQ" and rrq is None and p.values["lifetime"]:
            rrq = p.time
        if p.proto == "RRP" and rrp is None:
            rrp = p.time
    if None in (req, nak, rrq, rrp):
        raise Timeout("the held request was not seen")
    return ((nak - req) - (rrp - rrq)) * 1e3


def dial_in():
    """Ours and Debian's alternately, in one boot."""
    with Lab(mobile_nodes=1) as lab:
        tap = lab.tap("mn1", "eth0")
        core = lab.tap("nas1", "core0")
        lab.start()
        ours, stock, added = [], [], []
        before = leaks.baseline(lab)
        for i in range(ROUNDS):
            core.clear()
            seconds, client = one(lab, "mn1", "alice", tap)
            ours.append(seconds)
            added.append(hold_on_the_wire(tap, core))
            client.close()
            leaks.settle(lab, before, 15)
            lab.nas.stop()
            server = StockServer(lab.ns["nas1"], lab.work)
            time.sleep(0.5)
            seconds, client = one(lab, "mn1", "alice", tap)
            stock.append(seconds)
            client.close()
            time.sleep(0.5)
            server.close()
            lab.start_nasd()
            before = leaks.baseline(lab)
            note(f"round {i + 1}: ours {ours[-1]:.3f} s, stock"
                 f" {stock[-1]:.3f} s, hold adds {added[-1]:.1f} ms")
        figure("dial_in.ours_s", statistics.median(ours), "s")
        figure("dial_in.stock_s", statistics.median(stock), "s")
        figure("dial_in.vs_stock",
               statistics.median(ours) / statistics.median(stock), "ratio")
        figure("hold.added_ms", statistics.median(added), "ms")


def pss_kb(pids):
    return memory_kb(pids, "Pss")


def memory():
    """Growth of nasd by sessions, pppds not counted."""
    n = int(os.environ.get("LAB_SESSIONS", "60"))
    warm = 10
    users = [f"user{i + 1}" for i in range(n + warm)]
    with Lab(mobile_nodes=1, users=users) as lab:
        lab.start(per_mac=n + warm)

        def dial(count, first):
            for i in range(count):
                lab.clients.append(Client(
                    lab.ns["mn1"], config.user(users[first + i]), lab.logs,
                    "unit", str(first + i)))
            wait_for(f"{first + count} sessions", 20 + 5 * count, lambda: sum(
                s["state"] == "up" for s in lab.sessions()) >= first + count,
                0.5)
        dial(warm, 0)
        pids = lab.daemon_pids()["nasd"]
        base = [pss_kb([pid]) for pid in pids]
        for first in range(warm, n + warm, 10):
            dial(min(10, n + warm - first), first)
            note(f"{first + 10} sessions")
        grown = [pss_kb([pid]) - kb for pid, kb in zip(pids, base)]
        note("growth of each process, kB: " + ", ".join(map(str, grown)))
        figure("memory.nasd_session_kB", sum(grown) / n, "kB")


def first_ping():
    """From the start of the lab (guest included, by $LAB_BEGUN) to the first
    answer."""
    begun = float(os.environ["LAB_BEGUN"])
    with Lab(mobile_nodes=1) as lab:
        lab.start()
        client = lab.connect()
        client.ping(CN6)
        figure("first_ping.lab_s", time.time() - begun, "s")


BENCHES = {"dial-in": dial_in, "memory": memory, "first-ping": first_ping}


if __name__ == "__main__":
    BENCHES[sys.argv[1]]()
