# SPDX-License-Identifier: BSD-2-Clause
"""What there is for the same job without netmip4, CHAP from a file: Debian's
pppoe-server with pppd, and pppd with sessions of the kernel's. The benches
compare with them."""

import os
import shutil
import socket
import struct
import subprocess
import threading

from . import net
from .process import Daemon

DISCOVERY = 0x8863
PADI, PADO, PADR, PADS = 0x09, 0x07, 0x19, 0x65


def debian_scripts(workdir):
    """pppd's scripts as Debian has them, into the lab's own /etc/ppp. Their
    names; drop_scripts takes them away again."""
    root = os.path.join(workdir, "root")
    os.makedirs(root, exist_ok=True)
    net.mount("/", root, "none", net.MS_BIND)   # without what is mounted
    try:
        names = [n for n in os.listdir(f"{root}/etc/ppp")
                 if n.startswith(("ip", "auth-"))]
        for name in names:
            theirs, ours = f"{root}/etc/ppp/{name}", f"/etc/ppp/{name}"
            (shutil.copytree if os.path.isdir(theirs) else shutil.copy2)(
                theirs, ours)
    finally:
        net.umount(root)
    return names


def drop_scripts(names):
    for name in names:
        path = f"/etc/ppp/{name}"
        (shutil.rmtree if os.path.isdir(path) else os.unlink)(path)


def write_options(workdir):
    """The file of what pppd is to do, as much as nasd asks of it."""
    path = os.path.join(workdir, "stock.options")
    with open(path, "w", encoding="ascii") as f:
        f.write("require-chap\nnoip\n+ipv6\nlcp-echo-interval 10\n"
                "lcp-echo-failure 3\nname stock\nnodetach\n"
                f"logfile {workdir}/stock-pppd.log\n")
    return path


class StockServer:
    def __init__(self, ns, workdir):
        options = write_options(workdir)
        self.daemon = Daemon(ns, "pppoe-server", [
            "/usr/sbin/pppoe-server", "-F", "-I", "acc0", "-C", "stock",
            "-O", options, "-L", "10.0.0.1", "-R", "10.0.1.1"], workdir)

    def close(self):
        self.daemon.stop()


class KernelServer(threading.Thread):
    """What rp-pppoe's server does in kernel mode, which Debian's has not:
    discovery here, and for each PADR a pppd whose session is the kernel's."""

    def __init__(self, ns, workdir):
        super().__init__(daemon=True)
        self.ns, self.going, self.sid = ns, True, 0
        self.pppds = {}
        options = write_options(workdir)
        self.argv = ["/usr/sbin/pppd", "file", options, "plugin",
                     "rp-pppoe.so", "nic-acc0", "rp_pppoe_sess"]
        with ns.inside():
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                                      socket.htons(DISCOVERY))
            self.sock.bind(("acc0", DISCOVERY))
        self.mac = self.sock.getsockname()[4]
        self.sock.settimeout(0.2)
        self.start()

    def run(self):
        while self.going:
            try:
                frame = self.sock.recv(2048)
            except TimeoutError:
                continue
            if len(frame) >= 20:
                self._answer(frame[6:12], frame[15],
                             int.from_bytes(frame[16:18], "big"))
            for pid in [p for p, d in self.pppds.items()
                        if d.poll() is not None]:
                del self.pppds[pid]

    def _answer(self, peer, code, sid):
        if code == PADI:
            self._send(peer, PADO, 0)
        elif code == PADR:
            self.sid += 1
            self._send(peer, PADS, self.sid)
            mac = ":".join(f"{b:02x}" for b in peer)
            pppd = self.ns.popen([*self.argv, f"{self.sid}:{mac}"],
                                 stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
            self.pppds[pppd.pid] = pppd

    def _send(self, peer, code, sid):
        tags = struct.pack("!HHHH5s", 0x101, 0, 0x102, 5, b"stock")
        self.sock.send(peer + self.mac + struct.pack(
            "!HBBHH", DISCOVERY, 0x11, code, sid, len(tags)) + tags)

    def close(self):
        self.going = False
        self.join()
        for pppd in self.pppds.values():
            pppd.terminate()
        for pppd in self.pppds.values():
            pppd.wait(10)
        self.sock.close()
