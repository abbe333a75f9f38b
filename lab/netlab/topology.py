# SPDX-License-Identifier: BSD-2-Clause
"""Which namespaces there are, how they are linked, and their addresses.

    mn1..mnN --- acc ---- nas1 --+
                  |              |
                  +------ nas2 --+-- core --+-- ha --- cn
                                 |  (IPv4   |
                          aaa ---+   only)  +-- ha2, stranger
"""

from .net import Namespace

NAS1, NAS2 = "192.0.2.1", "192.0.2.5"
AAA, HA, STRANGER = "203.0.113.10", "198.51.100.1", "203.0.113.66"
HA2 = "198.51.100.5"
HA6, CN6 = "2001:db8:ffff::1", "2001:db8:ffff::2"
HA2_6 = "2001:db8:fffd::1"           # behind the second home agent
NAS_ICMP6 = "2001:db8:fffe::%d"     # whence a NAS's ICMPv6 errors come

# Core's side of each link: name, peer's address, own address, prefix length.
CORE_LINKS = (
    ("nas1", NAS1, "192.0.2.2", 30),
    ("nas2", NAS2, "192.0.2.6", 30),
    ("aaa", AAA, "203.0.113.9", 30),
    ("ha", HA, "198.51.100.2", 30),
    ("ha2", HA2, "198.51.100.6", 30),
    ("stranger", STRANGER, "203.0.113.65", 30),
)


class Topology:
    """Builds the network; ns maps names to namespaces."""

    def __init__(self, mobile_nodes=2):
        self.mobile_nodes = [f"mn{i + 1}" for i in range(mobile_nodes)]
        self.ns = {}
        try:
            self._build()
        except BaseException:
            self.close()
            raise

    def close(self):
        """Links and routes go with their namespaces."""
        while self.ns:
            self.ns.popitem()[1].close()

    def _build(self):
        for name in ["acc", "core", "nas1", "nas2", "aaa", "ha", "ha2",
                     "cn", "stranger", *self.mobile_nodes]:
            self.ns[name] = Namespace(name)
            # Duplicate address detection only makes everything wait.
            self.ns[name].sysctl("ipv6/conf/default/accept_dad", 0)
        self._core()
        self._access()
        self._sides()

    def _core(self):
        core = self.ns["core"]
        for scope in ("all", "default"):
            core.sysctl(f"ipv6/conf/{scope}/disable_ipv6", 1)
        core.sysctl("ipv4/ip_forward", 1)
        batch = ["link set lo up"]
        for name, _, own, plen in CORE_LINKS:
            batch += [f"link add {name} type veth peer name core0"
                      f" netns {name}",
                      f"address add {own}/{plen} dev {name}",
                      f"link set {name} up"]
        core.ip(*batch)
        with core.inside(), open("/proc/net/if_inet6", encoding="ascii") as f:
            assert not f.read(), "the core has IPv6"

    def _access(self):
        batch = ["link set lo up",
                 "link add br0 type bridge forward_delay 0", "link set br0 up"]
        acc = self.ns["acc"]
        acc.sysctl("ipv6/conf/default/disable_ipv6", 1)
        ports = [("nas1", "acc0"), ("nas2", "acc0")]
        ports += [(mn, "eth0") for mn in self.mobile_nodes]
        for name, peer in ports:
            batch += [f"link add {name} type veth peer name {peer}"
                      f" netns {name}",
                      f"link set {name} master br0 up"]
        acc.ip(*batch)

    def _sides(self):
        for name, address, gateway, plen in CORE_LINKS:
            batch = ["link set lo up",
                     f"address add {address}/{plen} dev core0",
                     "link set core0 up",
                     f"route add default via {gateway}"]
            if name in ("nas1", "nas2"):
                self.ns[name].sysctl("ipv6/conf/all/forwarding", 1)
                self.ns[name].sysctl("ipv6/conf/core0/disable_ipv6", 1)
                self.ns[name].sysctl("ipv6/conf/acc0/disable_ipv6", 1)
                batch += ["link set acc0 up", "address add"
                          f" {NAS_ICMP6 % int(name[3:])}/128 dev lo"]
            elif name == "ha":
                self.ns[name].sysctl("ipv6/conf/all/forwarding", 1)
                self.ns[name].sysctl("ipv6/conf/core0/disable_ipv6", 1)
                batch += ["link add home0 type veth peer name eth0 netns cn",
                          f"address add {HA6}/64 dev home0",
                          "link set home0 up"]
            elif name == "ha2":
                self.ns[name].sysctl("ipv6/conf/all/forwarding", 1)
                self.ns[name].sysctl("ipv6/conf/core0/disable_ipv6", 1)
                batch += [f"address add {HA2_6}/128 dev lo"]
            if name in ("aaa", "stranger"):
                self.ns[name].sysctl("ipv6/conf/core0/disable_ipv6", 1)
            self.ns[name].ip(*batch)
        self.ns["cn"].ip("link set lo up",
                         f"address add {CN6}/64 dev eth0",
                         "link set eth0 up", f"route add default via {HA6}")
        for mn in self.mobile_nodes:
            # A host behind PPPoE: its Ethernet link carries nothing else.
            self.ns[mn].sysctl("ipv6/conf/eth0/disable_ipv6", 1)
            self.ns[mn].ip("link set lo up", "link set eth0 up")
