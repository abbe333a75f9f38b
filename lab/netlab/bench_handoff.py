# SPDX-License-Identifier: BSD-2-Clause
"""How long forwarding is interrupted when a subscriber who is up at one NAS
dials in at another: packets come from the correspondent all the time, taps
tell where they went.

    ours    from the change of the route, midway between the last packet
            towards the old care-of address and the first towards the new one,
            to the Nak that the new NAS sends once its data path is there: what
            the two agents take
    mn      from the last packet the mobile node had over the old link to the
            first over the new: with the rest of IPv6CP, which is pppd's

    had     from request to reply on the home agent's link
    nas     from the reply to the Nak, on the new NAS's links

One round trip between mobile node and home agent, measured before the move,
is taken off the first two. All agents share one processor in the guest, with
the old NAS, which is closing the session, too; the lab itself stands back while
they are at it."""

import contextlib
import os
import re
import signal
import socket
import statistics
import threading
import time

from . import config, decode
from .bench import ROUNDS, figure, note
from .lab import Lab
from .process import Timeout, wait_for
from .topology import HA6, NAS1, NAS2

INTERVAL = 0.004
PORT = 5002
COA = {"nas1": NAS1, "nas2": NAS2}


class Stream:
    """A packet to the mobile node every few milliseconds, by a process of its
    own: in a thread it would wait for the one that stands back."""

    def __init__(self, ns, address):
        with ns.inside():
            self.sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        self.pid = os.fork()
        if self.pid == 0:
            self._run((address, PORT))

    def _run(self, to):
        while True:
            try:
                self.sock.sendto(b"x" * 64, to)
            except OSError:
                pass            # an ICMP error of an earlier one
            time.sleep(INTERVAL)

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        self.sock.close()


def rtt_ms(client):
    """The median round trip to the home agent."""
    _, got, text = client.ping(HA6, 7)
    if got < 5:
        raise Timeout("no round trip to the home agent")
    return statistics.median(map(float, re.findall(r"time=([\d.]+)", text)))


def is_stream(inner):
    """IPv6, UDP, our port."""
    return inner[6] == 17 and int.from_bytes(inner[42:44], "big") == PORT


def towards(tap, coa):
    """When the home agent sent packets of the stream to a care-of address."""
    to = socket.inet_aton(coa)
    return [t for t, f in tap.read() if f[12:14] == b"\x08\x00" and
            f[23] == 41 and f[30:34] == to and is_stream(f[34:])]


def over(tap, mac):
    """When the mobile node had packets of the stream from a NAS."""
    return [t for t, f in tap.read() if f[12:14] == b"\x88\x64" and
            f[6:12] == mac and f[20:22] == b"\x00\x57" and is_stream(f[22:])]


def message(tap, kind):
    """When the last registration message of a kind passed."""
    return max(p.time for p in decode.packets(tap) if p.proto == kind and
               p.values.get("lifetime"))


def nak(tap):
    """When the identifier was assigned."""
    return max(p.time for p in decode.packets(tap) if p.proto == "IPv6CP" and
               p.what == "Configure-Nak")


def mac(ns):
    with ns.inside(), socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as s:
        s.bind(("acc0", 0))
        return s.getsockname()[4]


def route_changed(tap, old, new):
    """When packets went to the new care-of address rather than the old one."""
    last = max(towards(tap, old))
    return (last + min(t for t in towards(tap, new) if t > last)) / 2


@contextlib.contextmanager
def standing_back():
    """This thread waits for all others. What it starts would, too."""
    me = threading.get_native_id()
    os.setpriority(os.PRIO_PROCESS, me, 19)
    try:
        yield
    finally:
        os.setpriority(os.PRIO_PROCESS, me, 0)


def one(lab, first, to, unit, taps, macs):
    """Moves the subscriber to another NAS; the new client, milliseconds:
    ours, at the mobile node, had's and the NAS's share, round trip."""
    old = "nas1" if to == "nas2" else "nas2"
    rtt = rtt_ms(first)
    stream = Stream(lab.ns["cn"], first.addresses()["global"])
    try:
        time.sleep(0.3)
        for tap in taps.values():
            tap.clear()
        second = lab.dial("mn1", "dave", ac=to, unit=unit)
        with standing_back():
            second.wait_opened()
            wait_for("packets over the new link", 10,
                     lambda: over(taps["mn"], macs[to]))
        time.sleep(0.2)
    finally:
        stream.close()
    had = message(taps["ha"], "RRP") - message(taps["ha"], "RRQ")
    nas = nak(taps[to]) - message(taps[f"{to}-core"], "RRP")
    ours = nak(taps[to]) - route_changed(taps["ha"], COA[old], COA[to])
    whole = min(over(taps["mn"], macs[to])) - max(over(taps["mn"], macs[old]))
    first.daemon.wait(20)
    second.wait_global()
    second.wait_default_route()
    return (second, ours * 1e3 - rtt, whole * 1e3 - rtt, had * 1e3, nas * 1e3,
            rtt)


def main():
    with Lab(mobile_nodes=1) as lab:
        lab.start_radius(wait=False)
        lab.start_had(extra="flap-limit = 1000\n")
        lab.start_nasd()
        lab.start_nas2()
        lab.wait_radius()
        taps = {"ha": lab.tap("ha", "core0"), "mn": lab.tap("mn1", "eth0"),
                "nas1": lab.tap("nas1", "acc0"),
                "nas2": lab.tap("nas2", "acc0"),
                "nas1-core": lab.tap("nas1", "core0"),
                "nas2-core": lab.tap("nas2", "core0")}
        macs = {nas: mac(lab.ns[nas]) for nas in COA}
        client = lab.connect("mn1", "dave", ac="nas1")
        rows = []
        for i in range(ROUNDS):
            to = ("nas2", "nas1")[i % 2]
            client, *row = one(lab, client, to, 1 - i % 2, taps, macs)
            rows.append(row)
            note(f"handoff {i + 1} to {to}: ours {row[0]:.1f} ms, mobile node"
                 f" {row[1]:.1f} ms, beyond a round trip of {row[4]:.2f} ms;"
                 f" had {row[2]:.1f} ms, NAS {row[3]:.1f} ms")
        ours, whole, had, nas, rtt = map(statistics.median, zip(*rows))
        figure("handoff.gap_ms", ours, "ms")
        figure("handoff.mobile_node_gap_ms", whole, "ms")
        figure("handoff.had_ms", had, "ms")
        figure("handoff.nas_ms", nas, "ms")
        figure("handoff.rtt_ms", rtt, "ms")


if __name__ == "__main__":
    main()
