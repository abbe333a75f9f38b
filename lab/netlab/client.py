# SPDX-License-Identifier: BSD-2-Clause
"""A mobile node: Debian's pppd with its kernel PPPoE, as any home uses it."""

import ipaddress
import re
import signal
import subprocess

from .process import Daemon, Timeout, wait_for

PPPD = "/usr/sbin/pppd"
TENTATIVE = 0x40


class Client:
    """One dial-in. pppd's debug log tells what it saw. ac: only this access
    concentrator. ipv4: IPCP, too. unit: of several dial-ins of one node, the
    interface's number. device: the Ethernet interface."""

    def __init__(self, ns, user, logdir, *options, service=None, ac=None,
                 unit=0, env=None, ipv4=False, device="eth0"):
        self.ns, self.user = ns, user
        self.ifname = f"ppp{unit}"
        self.service = service
        argv = [PPPD, "plugin", "rp-pppoe.so"]
        if service:
            argv += ["rp_pppoe_service", service]
        if ac:
            argv += ["rp_pppoe_ac", ac]
        if unit:
            argv += ["unit", str(unit)]
        if not ipv4:
            argv += ["noip"]
        argv += [f"nic-{device}", "user", user, "noauth", "+ipv6",
                 "nodefaultroute", "nodetach", "debug", "maxfail", "1",
                 "lcp-echo-interval", "0", *options]
        name = f"{ns.name}-pppd" + (f"{unit}" if unit else "")
        self.daemon = Daemon(ns, name, argv, logdir, env)

    def running(self):
        return self.daemon.running()

    def log(self):
        return self.daemon.log()

    def addresses(self, tentative=True):
        """{scope: address} of the interface, as /proc has them; also those
        that are being looked for elsewhere yet."""
        found = {}
        with self.ns.inside(), open("/proc/net/if_inet6",
                                    encoding="ascii") as f:
            for line in f:
                address, _, _, scope, flags, name = line.split()
                if name == self.ifname and (
                        tentative or not int(flags, 16) & TENTATIVE):
                    found["global" if scope == "00" else "link"] = str(
                        ipaddress.IPv6Address(bytes.fromhex(address)))
        return found

    def wait_opened(self, seconds=40):
        """IPv6CP is open; (local, remote) link-local addresses."""
        found = self.daemon.wait_log(
            r"local +LL address (\S+)\nremote LL address (\S+)", seconds)
        return found.group(1), found.group(2)

    def wait_global(self, seconds=10):
        """The address that autoconfiguration made, once it can be used."""
        return wait_for(f"a global address at {self.ns.name}", seconds,
                        lambda: self.addresses(False).get("global"))

    def has_default_route(self):
        with self.ns.inside(), open("/proc/net/ipv6_route",
                                    encoding="ascii") as f:
            return any(line.startswith("0" * 32 + " 00") and
                       line.split()[-1] == self.ifname for line in f)

    def wait_default_route(self, seconds=5):
        return wait_for(f"a default route at {self.ns.name}", seconds,
                        self.has_default_route)

    def ping(self, target, count=1, wait=10, options=()):
        """(sent, received) of ping, and its output."""
        done = self.ns.run("ping", "-6", "-n", "-c", str(count), "-W",
                           str(wait), "-i", "0.2", *options, target,
                           timeout=60 + count)
        found = re.search(r"(\d+) packets transmitted, (\d+) received",
                          done.stdout)
        if not found:
            raise RuntimeError(f"ping: {done.stdout}{done.stderr}")
        return int(found.group(1)), int(found.group(2)), \
            done.stdout + done.stderr

    def failure(self, seconds=30):
        """Waits until pppd gives up; its last words."""
        self.daemon.wait(seconds)
        return self.log()

    def hang_up(self, seconds=10):
        """The subscriber ends it: Terminate-Request, PADT."""
        return self.daemon.stop(seconds)

    def vanish(self):
        """Power cut: no word to anybody. The kernel must not say PADT."""
        with self.ns.inside():
            subprocess.run(["ip", "link", "set", "eth0", "down"], check=True)
        self.daemon.signal(signal.SIGKILL)
        self.daemon.wait()
        with self.ns.inside():
            subprocess.run(["ip", "link", "set", "eth0", "up"], check=True)

    def close(self):
        """Whatever state it is in, it is gone after this."""
        if self.running():
            try:
                self.daemon.stop(5)
            except Timeout:
                pass
