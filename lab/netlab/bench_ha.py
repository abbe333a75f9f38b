# SPDX-License-Identifier: BSD-2-Clause
"""had at scale, without a data plane: tests/bench/nmload is its load, nmecho
what it is compared with. Figures of work are requests for a second of the
server's processor time while the load keeps it busy, so what else runs on the
machine counts little; ratios are of rounds that alternate in one run."""

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time

from .bench import figure, note
from .control import Control
from .process import memory_kb, wait_for

ROUNDS = int(os.environ.get("LAB_ROUNDS", "7"))
MANY = int(os.environ.get("LAB_BINDINGS", "1000000"))
FEW = 10000
BATCH = 50000           # requests of one measurement
SLICE = 5000            # of one that alternates with the echo's
KEY = "sixteen byte key"
HAD_PORT, ECHO_PORT = 4340, 4349
PEERS = 16
RENEWED_EVERY = 1800    # seconds, of the idle load
LONG = 3600             # seconds, of bindings that stay
EXPIRING = 60           # and of ones that do not


def work_of(pid):
    """Seconds of processor time."""
    with open(f"/proc/{pid}/schedstat", encoding="ascii") as f:
        return int(f.read().split()[0]) / 1e9


def private_bytes(pid):
    return 1024 * memory_kb([pid], "Private_Dirty", "Private_Clean", "Swap")


class Server:
    """had or nmecho, ready to be asked."""

    def __init__(self, argv, port):
        self.port = port
        self.process = subprocess.Popen(argv)

    @property
    def pid(self):
        return self.process.pid

    def close(self):
        self.process.terminate()
        self.process.wait(60)


class Had(Server):
    def __init__(self, stage, work):
        path, ctl = f"{work}/had.conf", f"{work}/had.ctl"
        with open(path, "w", encoding="ascii") as f:
            f.write(f"""address = "127.0.0.1"
port = {HAD_PORT}
user = "nobody"
chroot = "{work}/empty"
control-socket = "{ctl}"
log {{ dest = stderr  level = warn }}
dataplane {{ type = none }}
max-bindings = 10000000
flap-limit = 0
pool "homes" {{ prefix = "2001:db8::/36"  mode = unique }}
""")
            for i in range(PEERS):
                f.write(f"""peer "ar{i}" {{
    address = "127.1.0.{i + 1}"  max-bindings = 10000000
    key "256" {{ key-file = "{work}/key" }}
}}
""")
        super().__init__([f"{stage}/sbin/had", "-f", path], HAD_PORT)
        self.control = Control(ctl)
        wait_for("had", 10, self.control.alive, 0.05)

    def bound(self):
        return sum(p["used"] for p in self.control("show pools")["pools"])


class Load:
    """nmload, kept running: it knows its subscribers' home addresses."""

    def __init__(self, bench, work, server, subscribers, lifetime=1800):
        self.server = server
        self.process = subprocess.Popen(
            [f"{bench}/nmload", "--key-file", f"{work}/key", "--port",
             str(server.port), "--peers", str(PEERS), "--subscribers",
             str(subscribers), "--lifetime", str(lifetime), "-"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, phase, lossy=False):
        """nmload's figures, and "work": the server's for each request."""
        before = work_of(self.server.pid)
        self.process.stdin.write(phase + "\n")
        self.process.stdin.flush()
        got = {}
        for line in iter(self.process.stdout.readline, "\n"):
            if not line:
                sys.exit("nmload has ended")
            name, value, _ = line.split()
            got[name] = float(value)
        wrong = {k: got[k] for k in ("denied", "forged", "useless", "strange")
                 if got[k]}
        if wrong or got["lost"] > got["requests"] / (2 if lossy else 1000):
            sys.exit(f"{phase}: {got}")
        got["work"] = (work_of(self.server.pid) - before) / got["accepted"]
        return got

    def ask(self, what, count):
        return self.run(f"{what},count={count},seconds=600,window=512")

    def close(self):
        self.process.stdin.close()
        self.process.wait(60)


def against_echo(bench, stage, work):
    """New registrations and renewals, alternately with the echo."""
    had = Had(stage, work)
    echo = Server([f"{bench}/nmecho", "--key-file", f"{work}/key", "--port",
                   str(ECHO_PORT)], ECHO_PORT)
    ours = Load(bench, work, had, BATCH)
    theirs = Load(bench, work, echo, BATCH)
    ratios = {"new=1": [], "renew=1": []}
    rates = []
    time.sleep(0.5)
    for i in range(ROUNDS + 1):
        for what, kept in ratios.items():
            pairs = [(ours.ask(what, SLICE), theirs.ask(what, SLICE))
                     for _ in range(BATCH // SLICE)]
            if i == 0:
                continue    # warms up
            kept += [b["work"] / a["work"] for a, b in pairs]
            if what == "renew=1":
                rates += [a["rate"] for a, _ in pairs]
            a, b = ({k: statistics.median(p[k] for p in side)
                     for k in ("work", "rate")} for side in zip(*pairs))
            note(f"{what}: had {a['work'] * 1e6:.2f} us, {a['rate']:.0f} /s;"
                 f" echo {b['work'] * 1e6:.2f} us, {b['rate']:.0f} /s")
        ours.ask("deregister=1", BATCH)
        theirs.ask("deregister=1", BATCH)
    figure("ha.register_vs_echo", statistics.median(ratios["new=1"]), "ratio")
    figure("ha.renew_vs_echo", statistics.median(ratios["renew=1"]), "ratio")
    rate = statistics.median(rates)
    ours.ask("new=1", BATCH)
    p50, p99 = [], []
    for i in range(ROUNDS):
        got = ours.run(f"renew=8,new=1,deregister=1,seconds=2,"
                       f"rate={int(rate / 2)}", lossy=True)
        if got["lost"]:
            note(f"the machine was elsewhere: {got['lost']:.0f} of"
                 f" {got['requests']:.0f} lost")
        p50.append(got["p50"])
        p99.append(got["p99"])
    note(f"latencies at {rate / 2:.0f} /s")
    figure("ha.latency_p50_ms", statistics.median(p50), "ms")
    figure("ha.latency_p99_ms", statistics.median(p99), "ms")
    for x in ours, theirs, had, echo:
        x.close()


def renewals(load):
    return statistics.median(load.ask("renew=1", BATCH)["work"]
                             for _ in range(ROUNDS))


def at_scale(bench, stage, work):
    had = Had(stage, work)
    few = Load(bench, work, had, FEW, LONG)
    few.ask("new=1", FEW)
    at_few = renewals(few)
    few.ask("deregister=1", FEW)
    few.close()
    had.close()

    had = Had(stage, work)
    many = Load(bench, work, had, MANY, LONG)
    before = private_bytes(had.pid)
    begun = time.monotonic()
    got = many.ask("new=1", MANY)
    filled = time.monotonic() - begun
    while got["bound"] < MANY and time.monotonic() - begun < 600:
        got = many.ask("new=1", MANY)
    figure("ha.binding_bytes", (private_bytes(had.pid) - before) /
           got["bound"], "bytes")
    figure("ha.fill_1M_s", filled, "s")
    at_many = renewals(many)
    note(f"a renewal: {at_few * 1e6:.2f} us at {FEW},"
         f" {at_many * 1e6:.2f} us at {MANY}")
    figure("ha.growth", at_many / at_few, "ratio")

    seconds, start = 20, work_of(had.pid)
    many.run(f"renew=1,rate={MANY // RENEWED_EVERY},seconds={seconds}")
    figure("ha.idle_1M_cpu_percent",
           (work_of(had.pid) - start) / seconds * 100, "percent")
    many.close()
    had.close()


def expiry(bench, stage, work):
    """All lifetimes end while had is stopped; then it is let go."""
    had = Had(stage, work)
    load = Load(bench, work, had, MANY, EXPIRING)
    while load.ask("new=1", MANY)["bound"] < MANY:
        pass
    load.close()
    if had.bound() != MANY:
        sys.exit(f"{had.bound()} bindings of {MANY}: filling took too long")
    os.kill(had.pid, signal.SIGSTOP)
    time.sleep(EXPIRING + 1)
    begun = time.monotonic()
    os.kill(had.pid, signal.SIGCONT)
    wait_for("the end of all bindings", 120, lambda: had.bound() == 0, 0.1)
    figure("ha.expire_1M_s", time.monotonic() - begun, "s")
    had.close()


ALL_PARTS = {"echo": against_echo, "scale": at_scale, "expiry": expiry}
PARTS = os.environ.get("LAB_PARTS", " ".join(ALL_PARTS)).split()


def main():
    wrong = [p for p in PARTS if p not in ALL_PARTS]
    if wrong:
        sys.exit(f"{wrong[0]}: no such part: {', '.join(ALL_PARTS)}")
    stage, bench = os.environ["LAB_STAGE"], os.environ["LAB_BENCH"]
    with tempfile.TemporaryDirectory(prefix="netmip4-") as work:
        os.chmod(work, 0o755)
        os.mkdir(f"{work}/empty")
        with open(f"{work}/key", "w", encoding="ascii",
                  opener=lambda p, f: os.open(p, f, 0o600)) as f:
            f.write(KEY)
        for part in PARTS:
            ALL_PARTS[part](bench, stage, work)


if __name__ == "__main__":
    main()
