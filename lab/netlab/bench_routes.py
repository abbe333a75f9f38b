# SPDX-License-Identifier: BSD-2-Clause
"""How fast had installs subscribers' routes, next to the least that can be
done: nmroutes sends the same messages in batches and asks for no
acknowledgment. Rounds alternate.

    ha.routes_vs_batch      by the clock: had's data plane, both processes; from
                            the first request to the last answer
    ha.root_vs_batch        processor time, had's root side alone, while nmload
                            registers subscribers. The guest counts by ticks, so
                            it is of all rounds together
    ha.bound_vs_batch       by the clock, the whole: from the first request of
                            nmload's to the last reply, nmload's work included
"""

import os
import statistics
import subprocess
import sys
import tempfile

from .bench import ROUNDS, figure, note
from .net import Namespace
from .process import wait_for
from .control import Control

COUNT = int(os.environ.get("LAB_ROUTES", "10000"))
KEY = "sixteen byte key"
HA, COA = "127.0.0.1", "127.1.0.1"
TICK = os.sysconf("SC_CLK_TCK")


def processor_time(pid):
    """Seconds, to a tick."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def configuration(work):
    path = f"{work}/had.conf"
    with open(path, "w", encoding="ascii") as f:
        f.write(f"""address = "{HA}"
port = 4340
user = "nobody"
chroot = "{work}/empty"
control-socket = "{work}/had.ctl"
log {{ dest = stderr  level = warn }}
max-bindings = 1000000
shed-after = 0
shed-pending = 0
pool "homes" {{ prefix = "2001:db8::/36"  mode = unique }}
peer "ar" {{
    address = "{COA}"  max-bindings = 1000000
    key "256" {{ key-file = "{work}/key" }}
}}
""")
    return path


def had_round(ns, stage, bench, work):
    """Processor time of the root side, and time by the clock."""
    root = ns.popen([f"{stage}/sbin/had", "-f", configuration(work)])
    try:
        wait_for("had", 20, Control(f"{work}/had.ctl").alive, 0.1)
        before = processor_time(root.pid)
        done = ns.run(f"{bench}/nmload", "--key-file", f"{work}/key",
                      "--peers", "1", "--subscribers", str(COUNT),
                      f"new=1,count={COUNT},seconds=300,window=256",
                      timeout=300, check=True)
        got = dict(line.split()[:2] for line in done.stdout.splitlines()
                   if line)
        if float(got["bound"]) != COUNT:
            sys.exit(f"not all are bound: {done.stdout}")
        return processor_time(root.pid) - before, COUNT / float(got["rate"])
    finally:
        root.terminate()
        root.wait(60)


def count_routes(ns, *where):
    there = ns.run("ip", "-6", "route", "show", *where).stdout
    if there.count("2001:db8:1") != COUNT:
        sys.exit(f"{there.count('2001:db8:1')} routes, not {COUNT}")


def batch_round(ns, bench):
    """By the clock, and processor time."""
    ns.ip(f"link add nmr0 type sit local {HA} remote {COA} ttl 64",
          "link set nmr0 up")
    try:
        ns.run("tc", "qdisc", "add", "dev", "nmr0", "clsact", check=True)
        done = ns.run(f"{bench}/nmroutes", "nmr0", str(COUNT), timeout=120)
        if done.returncode != 0:
            sys.exit(f"nmroutes: {done.stderr}")
        count_routes(ns, "dev", "nmr0")
        return map(float, done.stdout.split())
    finally:
        ns.ip("link del nmr0")


def plane_round(ns, bench, work):
    done = ns.run(f"{bench}/nmplane", configuration(work), COA, str(COUNT),
                  timeout=120)
    if done.returncode != 0:
        sys.exit(f"nmplane: {done.stderr}")
    return float(done.stdout)


def main():
    stage, bench = os.environ["LAB_STAGE"], os.environ["LAB_BENCH"]
    ns = Namespace("bench")
    ns.ip("link set lo up")
    planes, wholes, cpu = [], [], []
    with tempfile.TemporaryDirectory(prefix="netmip4-") as work:
        os.chmod(work, 0o755)
        os.mkdir(f"{work}/empty")
        with open(f"{work}/key", "w", encoding="ascii",
                  opener=lambda p, f: os.open(p, f, 0o600)) as f:
            f.write(KEY)
        for _ in range(ROUNDS):
            least, least_cpu = batch_round(ns, bench)
            plane = plane_round(ns, bench, work)
            root, whole = had_round(ns, stage, bench, work)
            planes.append(least / plane)
            wholes.append(least / whole)
            cpu.append((least_cpu, root))
            note(f"{COUNT} routes: batch {least:.3f} s ({least_cpu:.2f} s of"
                 f" the processor), data plane {plane:.3f} s; root side"
                 f" {root:.2f} s; registered in {whole:.2f} s")
    ns.close()
    figure("ha.routes_vs_batch", statistics.median(planes), "ratio")
    least, root = map(sum, zip(*cpu))
    figure("ha.root_vs_batch", least / root, "ratio")
    figure("ha.bound_vs_batch", statistics.median(wholes), "ratio")


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as e:
        sys.exit(f"{e}: {e.stderr}")
