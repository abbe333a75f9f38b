# SPDX-License-Identifier: BSD-2-Clause
"""lab/demo: dials in, shows what happened on the wire, takes all down."""

import argparse
import os
import subprocess
import sys
import threading
import time

from . import config, decode, leaks
from .lab import Lab
from .ladder import TITLES, Ladder, Missing
from .process import Timeout
from .topology import CN6

PCAP_LINKS = (("nas1", "acc0"), ("nas1", "core0"), ("aaa", "core0"),
              ("ha", "core0"), ("ha", "home0"))


def say(text=""):
    print(text, flush=True)


class Demo:
    def __init__(self, args):
        self.args = args
        self.users = ["bob", "carol"] if args.shared else ["alice"]
        kind = "shared" if args.shared else "user"
        self.users += [f"{kind}{i}" for i in range(
            len(self.users) + 1, args.sessions + 1)]
        self.users = self.users[:args.sessions]
        self.lab, self.ladder, self.clients = None, None, []
        self.step = None        # none of the draft's: the lab's own start
        self.begun = time.monotonic()

    def run(self):
        say("lab: building the network")
        with Lab(self.args.sessions, self.users) as self.lab:
            try:
                return self.inside()
            except (Missing, Timeout, RuntimeError, OSError) as e:
                self.explain(e)
                return 1
            finally:
                self.lab.save_logs(os.path.join(self.lab.out, "logs"))

    def inside(self):
        lab = self.lab
        access = lab.tap("mn1", "eth0", self.pcap("mn1", "eth0"))
        core = lab.tap("nas1", "core0", self.pcap("nas1", "core0"))
        for ns, ifname in PCAP_LINKS if self.args.pcap else ():
            if (ns, ifname) != ("nas1", "core0"):
                lab.tap(ns, ifname, self.pcap(ns, ifname))
        say("lab: starting freeradius, had and nasd")
        lab.start()
        before = leaks.baseline(lab)
        self.dial_in(access, core)
        self.show()
        if self.args.shell:
            self.shell()
        return self.take_down(before)

    def pcap(self, ns, ifname):
        if not self.args.pcap:
            return None
        os.makedirs(os.path.join(self.lab.out, "pcap"), exist_ok=True)
        return os.path.join(self.lab.out, "pcap", f"{ns}-{ifname}.pcap")

    def dial_in(self, access, core):
        lab = self.lab
        user = config.user(self.users[0])
        say(f"lab: mn1 dials in as {user}\n")
        self.step = 1
        client = lab.dial("mn1", self.users[0])
        self.clients.append(client)
        failure = None
        try:
            client.wait_opened()
            self.step = 11
            address = client.wait_global()
            client.wait_default_route()
            self.step = 13
            sent, received, text = client.ping(CN6, 3)
            say(f"lab: first ping {time.monotonic() - self.begun:.1f} s after"
                " the lab was started\n")
            if received != sent:
                failure = Timeout(f"{received} of {sent} pings answered")
        except Timeout as e:
            address, failure, text = None, e, ""
        self.ladder = Ladder(decode.packets(access), decode.packets(core),
                             self.mac(access), user)
        try:
            opened = self.ladder.negotiation()
            self.ladder.configuration(opened, address)
            self.ladder.traffic()
        finally:
            say("\n".join(self.ladder.draw()) + "\n")
        if failure:
            raise failure
        say(text.strip() + "\n")
        self.more()

    @staticmethod
    def mac(access):
        for p in decode.packets(access):
            if p.what in ("PADI", "PADR"):
                return p.src
        return ""

    def more(self):
        """The other subscribers, all at once."""
        started = time.monotonic()
        for i, user in enumerate(self.users[1:], 2):
            self.clients.append(self.lab.dial(f"mn{i}", user))
        for client in self.clients[1:]:
            client.wait_opened(40 + 2 * len(self.clients))
            address = client.wait_global()
            client.wait_default_route()
            sent, received, _ = client.ping(CN6)
            say(f"{client.ns.name}: {client.user} {address}:"
                f" {received} of {sent} pings answered")
            if received != sent:
                raise Timeout(f"{client.ns.name}: no answer from {CN6}")
        if self.clients[1:]:
            say(f"lab: {len(self.clients) - 1} more sessions in"
                f" {time.monotonic() - started:.1f} s")

    def show(self):
        for tool, what in (("nasctl", "sessions"), ("hactl", "bindings")):
            say(f"# {tool} show {what}")
            status, text = self.lab.tool(tool, "show", what)
            say(text)
            if status:
                raise RuntimeError(f"{tool} show {what}: status {status}")

    def shell(self):
        say("lab: a shell inside; `ip netns exec mn1 ping ...', `nasctl',"
            " `hactl'; logs in /run/netlab/logs; exit ends the lab")
        stop = threading.Event()

        def pump():                     # captures go on meanwhile
            while not stop.wait(1):
                for tap in self.lab.taps:
                    tap.read()
        thread = threading.Thread(target=pump)
        thread.start()
        path = f"{self.lab.stage}/bin:{self.lab.stage}/sbin"
        subprocess.run(["bash", "--norc", "-i"], check=False, env={
            **os.environ, "PS1": "lab# ",
            "PATH": f"{path}:{os.environ['PATH']}"})
        stop.set()
        thread.join()

    def take_down(self, before):
        say("lab: hanging up")
        self.lab.hang_up_all()
        left = leaks.settle(self.lab, before, 20)
        if left:
            say("lab: left behind after the sessions:\n  " +
                "\n  ".join(left))
            return 1
        say("lab: nothing left behind: routes, rules, devices, filters,"
            " processes, descriptors and bindings are as before")
        self.lab.stop_daemons()
        if self.args.pcap:
            for tap in self.lab.taps:
                tap.close()
        say(f"lab: done, {time.monotonic() - self.begun:.1f} s")
        return 0

    def explain(self, error):
        """Which step failed, and what the programs said about it."""
        where = "at" if isinstance(error, Missing) else \
            "before step 1:" if self.step is None else \
            f"in or after step {self.step} ({TITLES[self.step]}):"
        say(f"\nlab: FAILED {where} {error}")
        for daemon in (*[c.daemon for c in self.clients], self.lab.nas,
                       self.lab.had, self.lab.radius):
            if daemon:
                state = "running" if daemon.running() else \
                    f"ended, status {daemon.process.returncode}"
                say(f"--- {daemon.name} ({state}), the end of its log:")
                say("\n".join([line for line in daemon.log().splitlines()
                               if "[ctl]: connection" not in line][-20:]))


def main():
    parser = argparse.ArgumentParser(prog="lab/demo")
    parser.add_argument("--shared", action="store_true")
    parser.add_argument("--sessions", type=int, default=1)
    parser.add_argument("--pcap", action="store_true")
    parser.add_argument("--shell", action="store_true")
    return Demo(parser.parse_args()).run()


if __name__ == "__main__":
    sys.exit(main())
