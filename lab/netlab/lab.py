# SPDX-License-Identifier: BSD-2-Clause
"""The whole lab: network, home agent, RADIUS server, access concentrator,
and mobile nodes that dial in."""

import os
import shutil
import signal
import subprocess

from . import config, net
from .capture import Tap
from .client import Client
from .control import Control
from .process import Daemon, children, comm, wait_for
from .topology import HA2, NAS2, Topology

WORK = "/run/netlab"
USERS = ("alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi",
         "ivan", "judy", "lea", "max", "oscar", "peggy", "quinn", "rita", "sam",
         "kate@example.org", "ken@example.org")


class Lab:
    """Use as a context: whatever was started is gone at the end."""

    def __init__(self, mobile_nodes=2, users=USERS, stage=None, src=None):
        self.stage = stage or os.environ["LAB_STAGE"]
        self.src = src or os.environ["LAB_SRC"]
        self.out = os.environ.get("LAB_OUT", WORK)
        self.work = WORK
        self.logs = os.path.join(WORK, "logs")
        os.makedirs(self.logs, exist_ok=True)
        os.chmod(WORK, 0o755)
        self.files = config.Writer(WORK, self.stage)
        self.files.secrets()
        self.users = list(users)
        self.clients, self.taps = [], []
        self.nas, self.had, self.radius = None, None, None
        self._private_etc()
        self.net = Topology(mobile_nodes)
        self.ns = self.net.ns
        for name in ("nas1", "nas2", "ha2"):
            os.makedirs(self.files.run_dir(name), exist_ok=True)
        self.nas2 = None        # the other NAS, where a scenario wants it
        self.nasctl = Control("/run/netmip4/nasd.ctl")
        self.nas2ctl = Control("/run/netmip4-nas2/nasd.ctl")
        self.hactl = Control("/run/netmip4/had.ctl")
        self.had2 = None        # likewise
        self.ha2ctl = Control("/run/netmip4-ha2/had.ctl")

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.close()

    def _private_etc(self):
        """Debian's pppd options with the lab's secrets and without its
        scripts; the daemons' user. Seen by the lab alone."""
        if os.path.ismount("/etc/ppp"):
            return
        with open("/etc/ppp/options", encoding="utf-8") as f:
            options = f.read()
        net.mount("ppp", "/etc/ppp", "tmpfs")
        config.write("/etc/ppp/options", options)
        self.write_chap_secrets()
        for name, line in (("passwd", "netmip4:x:64434:64434::/:/bin/false"),
                           ("group", "netmip4:x:64434:")):
            with open(f"/etc/{name}", encoding="utf-8") as f:
                text = f.read()
            if "\nnetmip4:" not in text:
                path = config.write(f"{self.work}/{name}",
                                    text.rstrip("\n") + f"\n{line}\n")
                net.mount(path, f"/etc/{name}", "none", net.MS_BIND)

    def write_chap_secrets(self, more=""):
        config.write("/etc/ppp/chap-secrets",
                     config.chap_secrets(self.users) + more, 0o600)

    # Daemons.

    def start(self, **nasd_conf):
        """RADIUS server first: it takes longest."""
        self.start_radius(wait=False)
        self.start_had()
        self.start_nasd(**nasd_conf)
        self.wait_radius()
        return self

    def start_had(self, env=None, **conf):
        path = config.write(self.files.path("had.conf"),
                            self.files.had(**conf))
        self.had = Daemon(self.ns["ha"], "had",
                          [f"{self.stage}/sbin/had", "-f", path],
                          self.logs, env)
        self.had.changed = bool(conf or env)
        self._wait_up(self.had, self.hactl)

    def start_nasd(self, env=None, **conf):
        path = config.write(self.files.path("nasd.conf"),
                            self.files.nasd(**conf))
        self.nas = Daemon(self.ns["nas1"], "nasd",
                          [f"{self.stage}/sbin/nasd", "-f", path],
                          self.logs, env)
        self.nas.changed = bool(conf or env)
        self._wait_up(self.nas, self.nasctl)

    def start_nas2(self, **conf):
        """Both NASs then answer every PADI: dial with ac=."""
        path = config.write(self.files.path("nasd2.conf"),
                            self.files.nasd("nas2", NAS2, **conf))
        self.nas2 = Daemon(self.ns["nas2"], "nasd2",
                           [f"{self.stage}/sbin/nasd", "-f", path], self.logs)
        self._wait_up(self.nas2, self.nas2ctl)

    def stop_nas2(self):
        if self.nas2:
            self.nas2.stop(20)
        self.nas2 = None

    def start_had2(self, **conf):
        """The other home agent, for nasd(more_has=)."""
        path = config.write(self.files.path("had2.conf"), self.files.had(
            which="ha2", address=HA2, unique=config.UNIQUE_POOL2, **conf))
        self.had2 = Daemon(self.ns["ha2"], "had2",
                           [f"{self.stage}/sbin/had", "-f", path], self.logs)
        self._wait_up(self.had2, self.ha2ctl)

    def stop_had2(self):
        if self.had2:
            self.had2.stop()
        self.had2 = None

    @staticmethod
    def _wait_up(daemon, control):
        def poll():
            if not daemon.running():
                raise RuntimeError(f"{daemon.name} ended at once (status"
                                   f" {daemon.process.returncode}):\n"
                                   f"{daemon.tail()}")
            return control.alive()
        wait_for(f"{daemon.name} to answer", 60, poll, 0.05)

    def start_radius(self, wait=True):
        raddb = self.files.path("raddb")
        if not os.path.isdir(raddb):
            shutil.copytree(os.path.join(self.src, "lab/freeradius"), raddb)
            with open(f"{raddb}/users", "a", encoding="ascii") as f:
                f.write(config.radius_users(self.users))
        self.radius = Daemon(self.ns["aaa"], "freeradius", [
            "/usr/sbin/freeradius", "-f", "-l", "stdout", "-d", raddb],
            self.logs, {"RADDB": raddb})
        if wait:
            self.wait_radius()

    def wait_radius(self):
        self.radius.wait_log("Ready to process requests", 30)

    def restart_nasd(self, env=None, **conf):
        self.nas.stop()
        self.start_nasd(env, **conf)

    def restart_had(self, env=None, **conf):
        self.had.stop()
        self.start_had(env, **conf)

    def daemon_pids(self):
        """{name: [pid of each of its processes]}: engine and root side."""
        found = {}
        for daemon in (self.nas, self.had):
            if daemon and daemon.running():
                found[daemon.name] = sorted(
                    [daemon.pid, *(p for p in children(daemon.pid)
                                   if comm(p) != "pppd")])
        return found

    # Mobile nodes.

    def dial(self, mn="mn1", user="alice", *options, **kw):
        client = Client(self.ns[mn], config.user(user), self.logs, *options,
                        **kw)
        self.clients.append(client)
        return client

    def connect(self, mn="mn1", user="alice", *options, **kw):
        """Dials in and waits for an address that works."""
        client = self.dial(mn, user, *options, **kw)
        client.wait_opened()
        client.wait_global()
        client.wait_default_route()
        return client

    def session(self, what):
        """nasctl show session, or None."""
        for s in self.nasctl("show sessions")["sessions"]:
            if what in (s.get("id"), s.get("username"), s.get("ifname")):
                return self.nasctl("show session", id=s["id"])
        return None

    def sessions(self):
        return self.nasctl("show sessions")["sessions"]

    def bindings(self):
        return self.hactl("show bindings")["bindings"]

    def tap(self, ns, ifname, pcap=None):
        tap = Tap(self.ns[ns], ifname, pcap)
        self.taps.append(tap)
        return tap

    # The end.

    def hang_up_all(self):
        for client in self.clients:
            client.daemon.signal(signal.SIGTERM)
        for client in self.clients:
            client.close()
        self.clients.clear()

    def stop_daemons(self):
        for daemon in (self.nas, self.nas2, self.radius, self.had,
                       self.had2):
            if daemon:
                daemon.stop()

    def close(self):
        for tap in self.taps:
            tap.close()
        errors = []
        for step in (self.hang_up_all, self.stop_daemons):
            try:
                step()
            except Exception as e:      # the rest must go down too
                errors.append(e)
        self._kill_rest()
        self.net.close()
        if errors:
            raise errors[0]

    def _kill_rest(self):
        """pppds whose nasd crashed, say. Nothing may hold a namespace."""
        from .process import by_namespace
        ours = {ns.inode for ns in self.ns.values()}
        for inode, processes in by_namespace().items():
            for pid, _ in processes if inode in ours else ():
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass

    def save_logs(self, target):
        shutil.copytree(self.logs, target, dirs_exist_ok=True)

    def tool(self, name, *argv):
        """nasctl or hactl as people call them; (status, output)."""
        done = subprocess.run([f"{self.stage}/bin/{name}", *argv], text=True,
                              capture_output=True, timeout=120, check=False)
        return done.returncode, done.stdout + done.stderr
