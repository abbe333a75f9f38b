# SPDX-License-Identifier: BSD-2-Clause
"""draft-navali Figures 1 and 2: the thirteen steps of an entry, found in what
was captured on the mobile node's and the NAS's links. The product is not
asked, so what stands here has really been on the wire."""

from dataclasses import dataclass

from . import topology

TITLES = {
    1: "LCP, authentication", 2: "the MN's IPv6CP Configure-Request",
    3: "Registration Request", 4: "the NAS's IPv6CP Configure-Request",
    5: "Registration Reply", 6: "Configure-Nak with the assigned identifier",
    7: "the MN's Configure-Ack", 8: "Configure-Request with the assigned"
    " identifier", 9: "the NAS's Configure-Ack", 10: "Router Solicitation",
    11: "Router Advertisement with the home prefix",
    12: "autoconfigured address", 13: "packets through the tunnel",
}

# What each step answers or follows.
CAUSE = {1: 0, 2: 1, 3: 2, 4: 1, 5: 3, 6: 5, 7: 4, 8: 6, 9: 8, 10: 9, 11: 9,
         12: 11, 13: 12}


@dataclass
class Step:
    number: int
    time: float
    drawing: str            # key into ARROWS
    label: str
    note: str


class Missing(Exception):
    """A step did not happen; steps holds those that did."""

    def __init__(self, number, why, steps):
        super().__init__(f"step {number} ({TITLES[number]}): {why}")
        self.number, self.steps = number, steps


class Ladder:
    """access: packets of one MN on its link; core: all on the NAS's core
    link; mac: the MN's own."""

    def __init__(self, access, core, mac, user):
        self.access = [p for p in access if mac in (p.src, p.dst) or p.proto
                       not in ("PPPoE", "LCP", "CHAP", "PAP", "IPv6CP")]
        self.core, self.mac, self.user = core, mac, user
        self.steps = []
        padi = next((p for p in self.access if p.what == "PADI"), None)
        self.start = padi.time if padi else (
            self.access[0].time if self.access else 0)

    def _find(self, number, packets, want, why, after=0.0):
        for p in packets:
            if p.time >= after and want(p):
                return p
        raise Missing(number, why, self.steps)

    def _add(self, number, p, drawing, label, note):
        self.steps.append(Step(number, p.time, drawing, label, note))
        return p

    def _v6cp(self, number, what, up, after=0.0, iid=None):
        def want(p):
            return (p.proto == "IPv6CP" and p.what == what and
                    (p.src == self.mac) == up and
                    (iid is None or p.values.get("iid") == iid))
        who = "MN" if up else "NAS"
        return self._find(number, self.access, want,
                          f"no IPv6CP {what} from the {who}", after)

    def negotiation(self):
        """Steps 1 to 9."""
        done = self._find(1, self.access, lambda p: p.proto in ("CHAP", "PAP")
                          and p.what in ("Success", "Ack"),
                          "authentication did not succeed")
        self._add(1, done, "lcp", f"LCP, {done.proto}",
                  f"{self.user} accepted by RADIUS")
        own = self._v6cp(2, "Configure-Request", True, done.time)
        self._add(2, own, "up", "Cfg-Req", f"IID {own.values.get('iid')}")
        rrq = self._find(3, self.core, lambda p: p.proto == "RRQ" and
                         p.values.get("nai") == self.user and
                         p.values["lifetime"] and "iid" in p.values,
                         "no Registration Request on the core", done.time)
        self._add(3, rrq, "rrq", "RRQ [HoAReq]",
                  f"IID {rrq.values['iid']}, CoA {rrq.values['coa']},"
                  f" lifetime {rrq.values['lifetime']} s")
        req = self._v6cp(4, "Configure-Request", False)
        self._add(4, req, "down", "Cfg-Req", f"IID {req.values.get('iid')}")
        rrp = self._registered(rrq)
        nak = self._v6cp(6, "Configure-Nak", False, rrp.time)
        iid = nak.values.get("iid")
        self._add(6, nak, "down", "Cfg-Nak", f"IID {iid}")
        ack = self._v6cp(7, "Configure-Ack", True, req.time)
        self._add(7, ack, "up", "Cfg-Ack", f"IID {ack.values.get('iid')}")
        again = self._v6cp(8, "Configure-Request", True, nak.time, iid)
        self._add(8, again, "up", "Cfg-Req", f"IID {iid}")
        opened = self._v6cp(9, "Configure-Ack", False, again.time, iid)
        self._add(9, opened, "down", "Cfg-Ack", f"IID {iid}")
        return opened

    def _registered(self, rrq):
        rrp = self._find(5, self.core, lambda p: p.proto == "RRP" and
                         p.values["ident"][8:] == rrq.values["ident"][8:],
                         "no reply from the home agent", rrq.time)
        code = rrp.values["code"]
        if code == 133:         # resynchronised: the next try counts
            rrp = self._find(5, self.core, lambda p: p.proto == "RRP" and
                             p.values.get("nai") == self.user and
                             p.values["code"] != 133,
                             "code 133 and then nothing", rrp.time)
            code = rrp.values["code"]
        if code not in (0, 1):
            raise Missing(5, f"the home agent denied it, code {code}",
                          self.steps)
        if "hoa" not in rrp.values:
            raise Missing(5, "accepted without an IPv6 home address",
                          self.steps)
        self._add(5, rrp, "rrp", "RRP [HoA]",
                  f"code {code}, lifetime {rrp.values['lifetime']} s, HoA"
                  f" {rrp.values['hoa']}"
                  f" ({'unique' if rrp.values['unique'] else 'shared'})")
        return rrp

    def configuration(self, opened, address):
        """Steps 10 to 12; address is what the MN has got."""
        rs = self._find(10, self.access, lambda p: p.what == "RS",
                        "the MN sent no Router Solicitation",
                        opened.time - 0.5)
        self._add(10, rs, "up", "RS", rs.src)
        ra = self._find(11, self.access, lambda p: p.what == "RA" and
                        "prefix" in p.values,
                        "no Router Advertisement with a prefix",
                        opened.time - 0.5)
        self._add(11, ra, "down", "RA", f"prefix {ra.values['prefix']}"
                  f" flags {ra.values['flags'] or '-'}, router lifetime"
                  f" {ra.values['lifetime']} s, MTU"
                  f" {ra.values.get('mtu', '-')}")
        if not address:
            raise Missing(12, "the MN has no global address", self.steps)
        self.steps.append(Step(12, ra.time, "mn", "Auto Config", address))

    def traffic(self):
        """Step 13: an echo through the tunnel and back."""
        there = self._find(13, self.core, lambda p: p.outer and
                           p.what == "Echo-Request" and
                           p.dst == topology.CN6,
                           "no echo request in the tunnel")
        back = self._find(13, self.access, lambda p: p.what == "Echo-Reply"
                          and p.src == topology.CN6,
                          "no echo reply came back", there.time)
        sent = next(p for p in self.access if p.what == "Echo-Request" and
                    p.values["seq"] == back.values["seq"])
        self.steps.append(Step(
            13, back.time, "tunnel", "",
            f"{there.outer.src} > {there.outer.dst} protocol 41, there and"
            f" back in {(back.time - sent.time) * 1e3:.1f} ms"))

    def draw(self):
        """The ladder as text: time since PADI, time since the step that
        caused this one."""
        yield (" " * 25 + "MN" + " " * 23 + "NAS" + " " * 23 + "HA")
        times = {s.number: s.time for s in self.steps}
        for s in self.steps:
            cause = times.get(CAUSE[s.number], self.start)
            yield (f"{s.number:3d})  {(s.time - self.start) * 1e3:8.1f} ms"
                   f" {(s.time - cause) * 1e3:+8.1f} {ARROWS[s.drawing](s)}")
            yield " " * 25 + f"|{'':24s}|{'':24s}|  {s.note}"


def _arrow(label, right):
    body = f" {label} ".center(23, "-")
    return f"{body}>" if right else f"<{body}"


ARROWS = {
    "lcp": lambda s: f"|<{f' {s.label} '.center(22, '-')}>|{'':24s}|",
    "up": lambda s: f"|{_arrow(s.label, True)}|{'':24s}|",
    "down": lambda s: f"|{_arrow(s.label, False)}|{'':24s}|",
    "rrq": lambda s: f"|{'':24s}|{_arrow(s.label, True)}|",
    "rrp": lambda s: f"|{'':24s}|{_arrow(s.label, False)}|",
    "mn": lambda s: f"*** {s.label:21s}|{'':24s}|",
    "tunnel": lambda s: f"|<{'-' * 22}>|<{' 6in4 '.center(22, '=')}>|",
}
