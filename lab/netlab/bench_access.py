# SPDX-License-Identifier: BSD-2-Clause
"""nasd next to what there is without it: many subscribers who dial in at once
(nmdial plays them), alternately at nasd, at Debian's pppoe-server and at pppds
with sessions of the kernel's (with Debian's scripts, and "bare"), in one boot. Then what nasd costs for a session,
what it does while nothing happens, what a flood of PADIs does to it, and
whether forwarding stops when it is killed."""

import os
import socket
import statistics
import subprocess
import sys
import time
from collections import Counter

from . import config, leaks
from .bench import figure, note, pss_kb
from .lab import Lab
from .process import by_namespace, wait_for
from .stock import KernelServer, StockServer, debian_scripts, drop_scripts
from .topology import CN6

ROUNDS = int(os.environ.get("LAB_ROUNDS", "3"))
AT_ONCE = int(os.environ.get("LAB_AT_ONCE", "20"))
SESSIONS = int(os.environ.get("LAB_SESSIONS", "200"))
PARTS = os.environ.get("LAB_PARTS", "setup sessions flood restart").split()
WARM = 10
FLOOD, FLOOD_S = 50000, 10
INTERVAL = 0.005
PORT = 5003
TICK = os.sysconf("SC_CLK_TCK")


class Dial:
    """nmdial, which keeps its subscribers until it is closed."""

    def __init__(self, lab, count, first=1, window=None, seconds=600):
        secrets = config.write(lab.files.path("nmdial.secret"),
                               config.password("user%u") + "\n", 0o600)
        self.process = lab.ns["mn1"].popen(
            [f"{os.environ['LAB_BENCH']}/nmdial", "--interface", "eth0",
             "--user", config.user("user%u"), "--secret-file", secrets,
             "--first", str(first), "--count", str(count),
             "--window", str(window or count), "--seconds", str(seconds)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def figures(self):
        """Once all are up."""
        got = {}
        for line in iter(self.process.stdout.readline, "\n"):
            if not line:
                sys.exit("nmdial has ended")
            name, value, _ = line.split()
            got[name] = float(value)
        if got["failed"] or got["unsent"]:
            note(f"nmdial: {got}")
        return got

    def close(self):
        """Its exit status: 0 when all came up and stayed."""
        self.process.stdin.close()
        status = self.process.wait(60)
        self.process.stdout.close()
        return status


def ticks(pid, ended=True):
    """Of CPU that a process has used, with its children that have ended."""
    with open(f"/proc/{pid}/stat", encoding="utf-8") as f:
        words = f.read().rpartition(")")[2].split()
    return sum(map(int, words[11:15 if ended else 13]))


def cpu_of(ns):
    """{name: seconds} that the processes of a namespace have used; "bench" is
    this one, which plays the server of KernelServer."""
    used = Counter({"bench": time.process_time()})
    for pid, comm in by_namespace().get(ns.inode, ()):
        try:
            used[comm] += ticks(pid) / TICK
        except (FileNotFoundError, ProcessLookupError):
            pass
    return used


def one_setup(lab, ns):
    """(rate, CPU seconds a session until it is up)."""
    before = cpu_of(ns)
    dial = Dial(lab, AT_ONCE)
    got = dial.figures()
    used = cpu_of(ns)
    used.subtract(before)
    dial.close()
    if got["up"] != AT_ONCE:
        sys.exit(f"only {got['up']:.0f} of {AT_ONCE} came up;"
                 f" nasd:\n{lab.nas.tail(40)}")
    note("CPU, ms a session: " + ", ".join(
        f"{comm} {s / AT_ONCE * 1e3:.0f}" for comm, s in sorted(used.items())))
    return got["rate"], sum(used.values()) / AT_ONCE


# Without netmip4: Debian's server; pppd with sessions of the kernel's and
# Debian's scripts, as it is installed; the same without the scripts.
OTHERS = {"pppoe_server": StockServer, "kernel": KernelServer,
          "bare": KernelServer}


def other_setup(lab, kind):
    """one_setup() with another server in nasd's place."""
    ns = lab.ns["nas1"]
    lab.nas.stop()
    scripts = [] if kind == "bare" else debian_scripts(lab.work)
    server = OTHERS[kind](ns, lab.work)
    time.sleep(0.5)
    got = one_setup(lab, ns)
    time.sleep(1)
    server.close()
    wait_for("the pppds to end", 30, lambda: not any(
        comm == "pppd" for _, comm in by_namespace().get(ns.inode, ())), 0.2)
    drop_scripts(scripts)
    lab.start_nasd(per_mac=8, log="info")
    return got


def setup(lab):
    kinds = ("ours", *OTHERS)
    rates, cpu = {k: [] for k in kinds}, {k: [] for k in kinds}
    for i in range(ROUNDS):
        for kind in kinds:
            if kind == "ours":
                before = leaks.baseline(lab)
                rate, used = one_setup(lab, lab.ns["nas1"])
                leaks.settle(lab, before, 60)
            else:
                rate, used = other_setup(lab, kind)
            rates[kind].append(rate)
            cpu[kind].append(used)
            note(f"round {i + 1}: {kind} {rate:.2f} /s, {used:.3f} s a"
                 " session")
    rate = {kind: statistics.median(v) for kind, v in rates.items()}
    used = {kind: statistics.median(v) for kind, v in cpu.items()}
    best = max(("pppoe_server", "kernel"), key=rate.get)
    for kind in kinds:
        figure(f"access.setup_{kind}_per_s", rate[kind], "/s")
        figure(f"access.cpu_{kind}_s", used[kind], "s")
    note(f"the better of pppoe_server and kernel: {best}")
    for name, kind in (("stock", best), ("bare", "bare")):
        figure(f"access.setup_vs_{name}", rate["ours"] / rate[kind], "ratio")
        figure(f"access.cpu_vs_{name}", used["ours"] / used[kind], "ratio")


def up(lab):
    return sum(s["state"] == "up" for s in lab.sessions())


def sessions(lab):
    """Growth of nasd by sessions, pppds not counted, and its CPU while they
    are idle."""
    dials = [Dial(lab, WARM)]
    dials[0].figures()
    pids = lab.daemon_pids()["nasd"]
    base = pss_kb(pids)
    dials.append(Dial(lab, SESSIONS, 1 + WARM, 20))
    dials[1].figures()
    wait_for("all sessions", 60, lambda: up(lab) == WARM + SESSIONS, 1)
    time.sleep(10)              # the last Router Advertisements of the start
    figure("access.nasd_session_kB", (pss_kb(pids) - base) / SESSIONS, "kB")
    began, used = time.monotonic(), sum(ticks(p, False) for p in pids)
    time.sleep(30)
    used = sum(ticks(p, False) for p in pids) - used
    figure("access.idle_cpu_percent",
           used / TICK / (time.monotonic() - began) * 100, "%")
    for dial in dials:
        dial.close()


def flood(lab):
    """As many PADIs as there is room for, or FLOOD a second."""
    client = lab.connect("mn1", "alice")
    pids = lab.daemon_pids()["nasd"]
    base, used = pss_kb(pids), sum(ticks(p, False) for p in pids)
    flooding = lab.ns["mn1"].popen(
        [f"{os.environ['LAB_BENCH']}/nmdial", "--interface", "eth0",
         "--flood", str(FLOOD), "--seconds", str(FLOOD_S)],
        stdout=subprocess.PIPE, text=True)
    time.sleep(1)
    sent, received, _ = client.ping(CN6, 5 * FLOOD_S // 2)
    done = flooding.communicate(timeout=60 + FLOOD_S)[0]
    got = {line.split()[0]: float(line.split()[1])
           for line in done.splitlines()}
    used = sum(ticks(p, False) for p in pids) - used
    counters = lab.nasctl("show statistics")
    note(f"sent {got['sent']:.0f}, offers {got['offers']:.0f};"
         f" nasd used {used / TICK:.1f} s in {FLOOD_S} s")
    note(f"nasd counts: {counters['pppoe']}")
    figure("access.padi_per_s", got["rate"], "/s")
    figure("access.padi_growth_kB", pss_kb(pids) - base, "kB")
    figure("access.padi_pings_lost", sent - received, "count")
    client.close()


class Stream:
    """Packets to the mobile node at a steady pace, and when they came."""

    def __init__(self, lab, address):
        with lab.ns["cn"].inside():
            self.tx = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        with lab.ns["mn1"].inside():
            self.rx = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
            self.rx.bind(("::", PORT))
        self.rx.settimeout(0)
        self.to, self.n, self.came = (address, PORT), 0, {}

    def run(self, seconds, poll=lambda: False):
        """For so long, or until poll says so."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not poll():
            self.tx.sendto(self.n.to_bytes(4, "big"), self.to)
            self.n += 1
            time.sleep(INTERVAL)
            self._take()

    def _take(self):
        while True:
            try:
                n = int.from_bytes(self.rx.recv(100), "big")
            except BlockingIOError:
                return
            self.came[n] = time.monotonic()

    def lost(self):
        time.sleep(0.5)
        self._take()
        return self.n - len(self.came)

    def close(self):
        self.tx.close()
        self.rx.close()


def restart(lab):
    """nasd killed under a stream of packets, and started again."""
    client = lab.connect("mn1", "alice")
    stream = Stream(lab, client.addresses()["global"])
    stream.run(2)
    lost = stream.lost()
    lab.nas.process.kill()
    lab.nas.process.wait()
    stream.run(3)
    lab.start_nasd()
    began = time.monotonic()
    stream.run(60, lambda: time.monotonic() - began > 3 and up(lab) == 1)
    note(f"{lost} packets of 2 s lost before, {stream.lost() - lost} of"
         f" {stream.n} since nasd was killed")
    figure("access.restart_gap_ms", (stream.lost() - lost) * INTERVAL * 1e3,
           "ms")
    stream.close()
    client.close()


def main():
    users = ["alice"] + [f"user{i + 1}" for i in range(
        max(AT_ONCE, SESSIONS + WARM))]
    with Lab(mobile_nodes=1, users=users) as lab:
        lab.start(per_mac=8, log="info")
        for part in PARTS:
            {"setup": setup, "sessions": sessions, "flood": flood,
             "restart": restart}[part](lab)


if __name__ == "__main__":
    main()
