# SPDX-License-Identifier: BSD-2-Clause
"""nasd's RADIUS client next to FreeRADIUS' own, radclient, with as many
requests at once, alternately at one FreeRADIUS on the loopback interface of a
namespace; natively. radclient's start (dictionaries) is not counted."""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from . import config
from .bench import figure, note
from .net import Namespace
from .process import Daemon

ROUNDS = int(os.environ.get("LAB_ROUNDS", "5"))
COUNT = int(os.environ.get("LAB_REQUESTS", "10000"))
AT_ONCE = int(os.environ.get("LAB_AT_ONCE", "64"))
USER = config.user("alice")


def ours(ns, work):
    src = os.environ["LAB_SRC"]
    process = ns.popen([
        f"{os.environ['LAB_BENCH']}/nmradius", "-D",
        f"{src}/etc/radius/dictionary", "-k", f"{work}/secret", "-s",
        "127.0.0.1", "-u", USER, "-p", f"{work}/password", "-n", str(COUNT),
        "-w", str(AT_ONCE)], stdout=subprocess.PIPE, text=True)
    out = process.communicate(timeout=120)[0]
    if process.returncode:
        sys.exit(f"nmradius: {out}")
    return float(out.split()[1])


def one_radclient(ns, work, times):
    """AT_ONCE requests, each so many times: it looks through all that it was
    given for each one, so that a long list would slow it down."""
    path = config.write(f"{work}/requests", "\n\n".join(
        [f'User-Name = "{USER}", User-Password = "{config.password("alice")}",'
         " Message-Authenticator = 0x00"] * AT_ONCE) + "\n")
    begun = time.monotonic()
    process = ns.popen([
        "radclient", "-q", "-s", "-p", str(AT_ONCE), "-c", str(times),
        "-f", path, "127.0.0.1:1812", "auth", config.RADIUS_SECRET],
        stdout=subprocess.PIPE, text=True)
    out = process.communicate(timeout=120)[0]
    if f"Accepted      : {times * AT_ONCE}" not in out:
        sys.exit(f"radclient: {out}")
    return time.monotonic() - begun


def radclient(ns, work):
    start = min(one_radclient(ns, work, 1) for _ in range(3))
    times = COUNT // AT_ONCE
    return (times - 1) * AT_ONCE / (one_radclient(ns, work, times) - start)


def main():
    ns = Namespace("bench")
    ns.ip("link set lo up")
    with tempfile.TemporaryDirectory() as work:
        raddb = f"{work}/raddb"
        shutil.copytree(os.path.join(os.environ["LAB_SRC"], "lab/freeradius"),
                        raddb)
        # It keeps each answer for cleanup_delay, and not more than some
        # thousand of them.
        with open(f"{raddb}/radiusd.conf", encoding="utf-8") as f:
            text = f.read().replace("cleanup_delay = 2", "cleanup_delay = 0")
        config.write(f"{raddb}/radiusd.conf", "max_requests = 262144\n" + text)
        config.write(f"{work}/secret", config.RADIUS_SECRET + "\n", 0o600)
        config.write(f"{work}/password", config.password("alice") + "\n",
                     0o600)
        server = Daemon(ns, "freeradius", [
            "/usr/sbin/freeradius", "-f", "-l", f"{work}/log", "-d", raddb],
            work, {"RADDB": raddb})
        time.sleep(3)
        rates = {"ours": [], "radclient": []}
        for i in range(ROUNDS):
            rates["ours"].append(ours(ns, work))
            rates["radclient"].append(radclient(ns, work))
            note(f"round {i + 1}: ours {rates['ours'][-1]:.0f} /s, radclient"
                 f" {rates['radclient'][-1]:.0f} /s")
        server.stop()
    ns.close()
    rate = {k: statistics.median(v) for k, v in rates.items()}
    figure("access.radius_ours_per_s", rate["ours"], "/s")
    figure("access.radius_radclient_per_s", rate["radclient"], "/s")
    figure("access.radius_vs_radclient", rate["ours"] / rate["radclient"],
           "ratio")


if __name__ == "__main__":
    main()
