# SPDX-License-Identifier: BSD-2-Clause
"""The ways in without PPP, in one boot, rounds alternating.

    modes.an_vs_sit     packets a second that an access node's bridge (link to
                        tunnel) takes, over those of a router with a plain sit
                        tunnel. One processor does all, so it is by the clock:
                        how long a sender takes, less what it takes for packets
                        that are dropped as they come, all three in short turns
    modes.dhcpv6_ms     from SOLICIT to ADVERTISE on the line, less registration
                        and RADIUS on the other side of nasd
    modes.move_gap_ms   how long forwarding stops when a mobile node moves from
                        one access node to another by export and import: as
                        many packets of a stream as leave neither of them on its
                        link, times the time between two, less one round trip
                        (the sender has the same processor: by the clock its own
                        pauses would count)

What comes out of the tunnels of the first is dropped where it arrives."""

import os
import re
import socket
import statistics
import sys
import time

from .bench import ROUNDS, figure, note
from .bench_handoff import Stream, is_stream, rtt_ms, standing_back
from .client import Client
from .host import Host
from .lab import Lab
from .process import wait_for
from .topology import CN6, HA

COUNT = os.environ.get("LAB_PACKETS", "50000")
TURN = 256                              # nmsend's
PORT = "5003"
COA, COA2, PLAIN = "192.0.2.100", "192.0.2.101", "192.0.2.110"
ROUTED, DROPPED = "2001:db8:aaaa::1", "2001:db8:bbbb::1"
USER = "ann@example.net"


def node_conf(lab, coa):
    return f"""
care-of-pool = "{coa}-{coa}"
access-node "line1" {{
	nai = "{USER}"
	key "512" {{ key-file = "{lab.files.path("frank.key")}" }}
}}
"""


def nasd_conf(lab):
    return f"""{node_conf(lab, COA)}
ethernet "line0" {{ user = "%i@example.net" }}
"""


def had_conf(lab):
    return f"""
pool "hamlet" {{ prefix = "2001:db8:300:1::/64"  mode = shared }}
access-node "bridges" {{ care-of = {{"{COA}/31"}}  pools = {{"hamlet"}} }}
flap-limit = 1000
subscriber "{USER}" {{
	key "512" {{ key-file = "{lab.files.path("frank.key")}" }}
}}
"""


def routed_link(lab, line, device, number, to):
    """A link of the NAS's as any router has it."""
    nas, ns = lab.ns["nas1"], lab.ns["mn1"]
    nas.ip(f"link add {line} type veth peer name {device} netns {ns.name}",
           f"address add fd00:{number}::1/64 dev {line} nodad",
           f"link set {line} up")
    ns.ip(f"address add fd00:{number}::2/64 dev {device} nodad",
          f"link set {device} up",
          f"route add {to}/128 via fd00:{number}::1 dev {device}")


def plain_tunnel(lab):
    nas = lab.ns["nas1"]
    nas.ip(f"address add {PLAIN}/32 dev lo",
           f"link add plain type sit local {PLAIN} remote {HA} ttl 64",
           "link set plain up", f"route add {ROUTED}/128 dev plain")


def drop(ns, device, *match):
    ns.run("tc", "qdisc", "add", "dev", device, "clsact", check=True)
    ns.run("tc", "filter", "add", "dev", device, "ingress", *match, "action",
           "drop", check=True)


def send(ns, *targets):
    """Seconds for about COUNT packets to each."""
    done = ns.run(f"{os.environ['LAB_BENCH']}/nmsend", PORT, COUNT, *targets,
                  timeout=120)
    if done.returncode != 0:
        sys.exit(f"nmsend: {done.stderr}")
    return [float(text) for text in done.stdout.split()]


def forwarded(ns, device):
    """Packets that a device has sent."""
    with ns.inside(), open("/proc/net/dev", encoding="ascii") as f:
        return next(int(line.split(":")[1].split()[9]) for line in f
                    if line.strip().startswith(f"{device}:"))


def bridged(lab):
    """The mobile node, once packets pass."""
    host = Client.__new__(Client)
    host.ns, host.ifname = lab.ns["mn1"], "eth2"
    host.wait_global(60)
    host.wait_default_route(20)
    wait_for("an answer through the bridge", 30,
             lambda: host.ping(CN6)[1] == 1, 0.5)
    return host


def keep_neighbours(ns, device):
    """Nobody answers for them while what goes into the tunnel is dropped."""
    text = ns.ip(f"neighbour show dev {device}")
    for address, lladdr in re.findall(r"(\S+) lladdr (\S+)", text):
        ns.ip(f"neighbour replace {address} lladdr {lladdr} dev {device}"
              " nud permanent")


def bridge(lab):
    nas, mn = lab.ns["nas1"], lab.ns["mn1"]
    keep_neighbours(mn, "eth2")
    plain_tunnel(lab)
    routed_link(lab, "line2", "eth3", 3, ROUTED)
    routed_link(lab, "line3", "eth4", 4, DROPPED)
    drop(nas, "line3", "protocol", "ipv6", "u32", "match", "ip6", "dst",
         f"{DROPPED}/128")
    drop(lab.ns["ha"], "core0", "protocol", "ip", "u32", "match", "ip",
         "protocol", "41", "0xff")
    targets = CN6, ROUTED, DROPPED
    send(mn, *targets)                  # neighbours are known by now
    ratios = []
    for i in range(3 * ROUNDS):
        if len(ratios) == ROUNDS:
            break
        before = forwarded(nas, "core0")
        an, sit, least = send(mn, *targets)
        if forwarded(nas, "core0") - before < 2 * (int(COUNT) // TURN * TURN):
            note(f"round {i + 1}: packets were lost on the way, not counted")
            continue
        ratios.append((sit - least) / (an - least))
        note(f"round {i + 1}: {COUNT} packets: access node {an:.3f} s,"
             f" sit {sit:.3f} s, dropped {least:.3f} s")
    lab.ns["ha"].run("tc", "qdisc", "del", "dev", "core0", "clsact",
                     check=True)
    if not ratios:
        sys.exit("packets were lost in every round")
    figure("modes.an_vs_sit", statistics.median(ratios), "ratio")


def between(frames, first, then):
    """Milliseconds from the first frame that is one to the next that is the
    other."""
    begun = next(t for t, f in frames if first(f))
    return (next(t for t, f in frames if t > begun and then(f)) - begun) * 1e3


def udp6(kind, port):
    """A DHCPv6 message to a port."""
    return lambda f: f[12:14] == b"\x86\xdd" and f[20] == 17 and \
        int.from_bytes(f[56:58], "big") == port and f[62] == kind


def udp4(kind, port, there):
    """A message of Mobile IPv4 or RADIUS to a port, or from it."""
    at = 36 if there else 34
    return lambda f: f[12:14] == b"\x08\x00" and f[23] == 17 and \
        int.from_bytes(f[at:at + 2], "big") == port and f[42] == kind


def leases(lab, host):
    line, core = lab.tap("nas1", "line0"), lab.tap("nas1", "core0")
    found = []
    for i in range(ROUNDS):
        line.clear()
        core.clear()
        host.start("dhclient")
        host.wait_global(60)
        outside, inside = list(line.read()), list(core.read())
        whole = between(outside, udp6(1, 547), udp6(2, 546))
        radius = between(inside, udp4(1, 1812, True), udp4(2, 1812, False))
        home = between(inside, udp4(1, 434, True), udp4(3, 434, False))
        host.release()
        wait_for("the session to end", 20,
                 lambda: not lab.session("line0@example.net"), 0.2)
        found.append(whole - radius - home)
        note(f"round {i + 1}: SOLICIT to ADVERTISE {whole:.1f} ms, RADIUS"
             f" {radius:.1f} ms, registration {home:.1f} ms")
    figure("modes.dhcpv6_ms", statistics.median(found), "ms")


# ---- movement ----

def switch(lab):
    """Both nodes' links and the mobile node's at one switch: a bridge for each
    node, and the mobile node's port in one of them."""
    sw = lab.ns["acc"]
    for i in (1, 2):
        sw.sysctl("ipv6/conf/default/disable_ipv6", 1)
        sw.ip(f"link add nodes{i} type bridge mcast_snooping 0",
              f"link set nodes{i} up",
              f"link add node{i} type veth peer name line1 netns nas{i}",
              f"link set node{i} master nodes{i} up")
        lab.ns[f"nas{i}"].ip("link set line1 up")
    sw.ip("link add port type veth peer name eth2 netns mn1",
          "link set port up")
    plug(lab, 1)


def plug(lab, node):
    lab.ns["acc"].ip(f"link set port master nodes{node}")


def on_line(tap):
    """When packets of the stream left on a link."""
    return [t for t, f in tap.read() if f[12:14] == b"\x86\xdd" and
            is_stream(f[14:])]


def settled(lab, node):
    """Nothing of it is left where it was, and its new node has it."""
    control = {1: lab.nas2ctl, 2: lab.nasctl}[node]
    wait_for("the old node to let go", 20, lambda: not any(
        s.get("nai") == USER for s in control("show sessions")["sessions"]),
             0.1)


def move(lab, host, to, taps):
    """Milliseconds beyond a round trip, packets lost, that round trip, and
    milliseconds between two packets."""
    old, new = {1: (lab.nas2ctl, lab.nasctl),
                2: (lab.nasctl, lab.nas2ctl)}[to]
    rtt = rtt_ms(host)
    for tap in taps.values():
        tap.clear()
    stream = Stream(lab.ns["cn"], host.addresses()["global"])
    try:
        wait_for("the stream", 10, lambda: len(on_line(taps[3 - to])) > 20)
        new("import", link="line1", context=old("export", id=USER))
        with standing_back():
            wait_for("packets on the new link", 10,
                     lambda: len(on_line(taps[to])) > 20)
    finally:
        stream.close()
    time.sleep(0.3)
    sent = on_line(taps["cn"])
    lost = len(sent) - len(on_line(taps[1])) - len(on_line(taps[2]))
    plug(lab, to)
    settled(lab, to)
    pace = statistics.median(b - a for a, b in zip(sent, sent[1:])) * 1e3
    return max(0, lost * pace - rtt), lost, rtt, pace


def moves(lab, host):
    lab.start_nas2(extra=node_conf(lab, COA2))
    taps = {1: lab.tap("nas1", "line1"), 2: lab.tap("nas2", "line1"),
            "cn": lab.tap("cn", "eth0")}
    with lab.ns["mn1"].inside():        # else each packet is answered
        sink = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        sink.bind(("::", 5002))
    gaps = []
    for i in range(ROUNDS):
        to = 2 - i % 2
        gap, lost, rtt, pace = move(lab, host, to, taps)
        gaps.append(gap)
        note(f"move {i + 1} to nas{to}: {gap:.1f} ms beyond a round trip of"
             f" {rtt:.2f} ms: {lost} packets lost, one every {pace:.1f} ms")
    sink.close()
    lab.stop_nas2()
    figure("modes.move_gap_ms", statistics.median(gaps), "ms")


def main():
    with Lab(mobile_nodes=2) as lab:
        lab.ns["core"].ip(f"route add {COA}/32 via 192.0.2.1",
                          f"route add {COA2}/32 via 192.0.2.5")
        host = Host(lab.ns["mn2"], lab.ns["nas1"], lab.logs, lab.work)
        switch(lab)
        lab.start()
        lab.restart_had(extra=had_conf(lab))
        lab.restart_nasd(extra=nasd_conf(lab))
        lab.ns["mn1"].ip("link set eth2 up")
        try:
            mobile = bridged(lab)
            bridge(lab)
            leases(lab, host)
            moves(lab, mobile)
        finally:
            host.vanish()


if __name__ == "__main__":
    main()
