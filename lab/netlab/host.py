# SPDX-License-Identifier: BSD-2-Clause
"""A host on an Ethernet line of its own, with one of Debian's DHCPv6 clients."""

import contextlib
import os
import shutil
import signal

from . import config, net
from .client import Client
from .process import Daemon, by_namespace, wait_for


class Host(Client):
    """Its line is DEVICE in its namespace, and LINE at the NAS. As a Client it
    has addresses, pings and waits."""

    def __init__(self, ns, nas, logdir, work, line="line0", device="eth1"):
        # pylint: disable=super-init-not-called
        self.ns, self.nas, self.line, self.ifname = ns, nas, line, device
        self.logdir, self.work = logdir, os.path.join(work, f"dhcp-{ns.name}")
        self.daemon = None
        nas.ip(f"link add {line} type veth peer name {device} netns {ns.name}",
               f"link set {line} up")
        ns.ip(f"link set {device} up")

    def path(self, name):
        return os.path.join(self.work, name)

    def running(self):
        return self.daemon is not None and self.daemon.running()

    # What starts each client, and what its configuration is.

    def _dhclient(self):
        conf = config.write(self.path("dhclient.conf"), "")
        return ["dhclient", "-6", "-d", "-cf", conf, "-lf",
                self.path("dhclient.leases"), "-pf",
                self.path("dhclient.pid"), self.ifname]

    def _dhcpcd(self):
        conf = config.write(self.path("dhcpcd.conf"), (
            "duid\nnoipv4\nnoipv4ll\nnoarp\nipv6rs\nslaac hwaddr\n"
            "release\nnohook resolv.conf\noption dhcp6_name_servers\n"))
        return ["dhcpcd", "-B", "-6", "-d", "-f", conf, self.ifname]

    def _dhcp6c(self):
        conf = config.write(self.path("dhcp6c.conf"), (
            f"interface {self.ifname} {{\n\tsend ia-na 0;\n"
            "\trequest domain-name-servers;\n};\nid-assoc na 0 { };\n"))
        return ["dhcp6c", "-f", "-D", "-c", conf, "-p",
                self.path("dhcp6c.pid"), self.ifname]

    def _dibbler(self):
        """Where its files are is compiled in: there the lab has its own. It
        would write DNS servers into the system's resolv.conf."""
        for path in ("/etc/dibbler", "/var/lib/dibbler"):
            if not os.path.ismount(path):
                net.mount("dibbler", path, "tmpfs")
        for name in os.listdir("/var/lib/dibbler"):
            os.unlink(os.path.join("/var/lib/dibbler", name))
        config.write("/etc/dibbler/client.conf", (
            "log-level 7\nduid-type duid-ll\n"
            f"iface {self.ifname} {{\n\tia\n}}\n"))
        return ["dibbler-client", "run"]

    def start(self, client="dhclient", fresh=True):
        """Runs one of them; fresh: it remembers nothing, and has no address of
        one that was killed."""
        if fresh:
            shutil.rmtree(self.work, ignore_errors=True)
            self.ns.ip(f"address flush dev {self.ifname} scope global")
        os.makedirs(self.work, exist_ok=True)
        argv = getattr(self, f"_{client}")()
        self.client = client
        self.daemon = Daemon(self.ns, f"{self.ns.name}-{client}", argv,
                             self.logdir)

    def leased(self):
        """Whether dhclient has written down that it has an address."""
        try:
            with open(self.path("dhclient.leases"), encoding="utf-8") as f:
                return "iaaddr" in f.read()
        except OSError:
            return False

    def release(self, seconds=20):
        """It gives its address back, and ends."""
        if self.client == "dhclient":
            # What it has not written down yet it would not give back.
            wait_for("the lease to be written", seconds, self.leased, 0.2)
            argv = self.daemon.argv
            done = self.ns.run("dhclient", "-6", "-r", *argv[3:], timeout=60)
            assert done.returncode == 0, done.stderr
            self.daemon.wait(seconds)
        elif self.client == "dhcpcd":
            # it is several processes
            done = self.ns.run(*self.daemon.argv[:-1], "-k", self.ifname,
                               timeout=60)
            assert done.returncode == 0, done.stderr
            self.daemon.wait(seconds)
        else:
            self.daemon.stop(seconds)
        wait_for("the address to go", seconds,
                 lambda: "global" not in self.addresses())

    def vanish(self):
        """It says nothing any more, nor does any child of its."""
        def gone():
            left = by_namespace().get(self.ns.inode, ())
            for pid, _ in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            return not left
        wait_for(f"all at {self.ns.name} to be gone", 10, gone)
        if self.daemon is not None:
            self.daemon.wait()

    def close(self):
        self.vanish()
        self.nas.ip(f"link del {self.line}")
