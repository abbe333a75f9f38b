# SPDX-License-Identifier: BSD-2-Clause
"""Writes the configuration of every program in the lab.

Each function returns the text of a file; what a scenario wants different it
gives as an argument. Secrets go into files of their own, mode 0600.
"""

import os

from . import topology as t

FA_HA_KEY = "0123456789abcdef0123456789abcdef"
FA_HA_KEY2 = "fedcba9876543210fedcba9876543210"
NEW_KEY = "00112233445566778899aabbccddeeff0123456789abcdef"
# As in lab/freeradius/users.
FRANK_KEY = "frank-and-home-agent"
GRACE_KEY = "grace shares this key"
RADIUS_SECRET = "lab-radius-secret"
REALM = "example.net"
UNIQUE_POOL = "2001:db8:100::/48"
UNIQUE_POOL2 = "2001:db8:500::/48"     # of the second home agent
SHARED_POOL = "2001:db8:200:1::/64"


def user(name):
    """Of the lab's realm, unless it has one."""
    return name if "@" in name else f"{name}@{REALM}"


def password(name):
    """Users are known by their first names."""
    return f"secret-{name.partition('@')[0]}"


def write(path, text, mode=0o644):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(fd, "w", encoding="utf-8") as f:
        f.write(text)
    os.chmod(path, mode)
    return path


class Writer:
    """All files of one lab, in one directory."""

    def __init__(self, workdir, stage):
        self.dir, self.stage = workdir, stage

    def path(self, name):
        return os.path.join(self.dir, name)

    def secrets(self):
        write(self.path("fa-ha.key"), f"hex:{FA_HA_KEY}\n", 0o600)
        write(self.path("new.key"), f"hex:{NEW_KEY}\n", 0o600)
        write(self.path("frank.key"), FRANK_KEY + "\n", 0o600)
        write(self.path("wrong.key"), f"hex:{FA_HA_KEY2}\n", 0o600)
        write(self.path("radius.secret"), RADIUS_SECRET + "\n", 0o600)

    def key(self, keys="fa-ha.key"):
        """One key file for SPI 256, or several (SPI, file[, algorithm]); behind
        the algorithm there may be more options."""
        if isinstance(keys, str):
            keys = [(256, keys)]
        return "\n\t".join(
            f'key "{spi}" {{ algorithm = {(alg or ["hmac-md5"])[0]}'
            f'  key-file = "{self.path(name)}" }}'
            for spi, name, *alg in keys)

    @staticmethod
    def run_dir(nas):
        """The first NAS and the home agent have the default paths."""
        return "/run/netmip4" if nas in ("nas1", "had") else \
            f"/run/netmip4-{nas}"

    def spool_dir(self, nas="nas1"):
        """Of accounting records."""
        return self.path(f"spool-{nas}/accounting")

    def nasd(self, nas="nas1", coa=t.NAS1, *, lifetime=1800, key="fa-ha.key",
             attempts=5, radius=None, ha=t.HA, mode="unique",
             pppd="/usr/sbin/pppd", pppd_options=(), max_sessions=1000,
             per_mac=8, pppoe="", log="debug", more_has=(), extra="",
             accounting="", keep=False, auth="chap", pppd_more="",
             ha_more=""):
        """nasd.conf. radius: [(name, address, timeout ms, tries[, port of
        accounting])], or text; more_has: [(name, address)], asked after ha;
        accounting: lines of its section; keep: sessions, at SIGTERM."""
        spool = "" if "spool =" in accounting else \
            f'spool = "{self.spool_dir(nas)}"'
        agents = "".join(
            f'home-agent "{name}" {{\n\taddress = "{address}"\n'
            f'\t{self.key(key)}\n\t{ha_more}\n}}\n'
            for name, address in (("ha1", ha), *more_has))
        servers = radius or [("aaa1", t.AAA, 2000, 3)]
        radius_text = radius if isinstance(radius, str) else "\n".join(
            f'\tserver "{name}" {{\n\t\taddress = "{address}"\n'
            f'\t\tsecret-file = "{self.path("radius.secret")}"\n'
            f'\t\ttimeout = {timeout}\n\t\ttries = {tries}\n' +
            "".join(f"\t\tacct-port = {p}\n" for p in port) + "\t}"
            for name, address, timeout, tries, *port in servers)
        options = ", ".join(f'"{o}"' for o in (
            "lcp-echo-interval", "2", "lcp-echo-failure", "3", *pppd_options))
        return f"""\
nas-identifier = "{nas}"
care-of-address = "{coa}"
user = "netmip4"
plugin-socket = "{self.run_dir(nas)}/plugin.sock"
control-socket = "{self.run_dir(nas)}/nasd.ctl"
state-directory = "{self.run_dir(nas)}/state"
stop-keeps-sessions = {"true" if keep else "false"}
log {{
	dest = stderr
	level = {log}
}}
pppoe "acc0" {{
	ac-name = "{nas}"
	service-names = {{"internet"}}
	max-sessions = {max_sessions}
	max-per-mac = {per_mac}
	{pppoe}
}}
pppd {{
	path = "{pppd}"
	plugin = "{self.stage}/lib/netmip4/netmip4.so"
	pppoe-plugin = "rp-pppoe.so"
	auth = {auth}
	{pppd_more}
	options = {{{options}}}
}}
radius {{
{radius_text}
}}
accounting {{
	{spool}
	{accounting}
}}
{agents}prefix-mode = {mode}
registration {{
	lifetime = {lifetime}
	attempts = {attempts}
}}
{extra}"""

    def lookup(self, server=t.AAA, **values):
        """had.conf's section user-lookup, for had(extra=)."""
        values = {"wait": 3, **values}
        return ('user-lookup {\n\tserver "aaa1" {\n'
                f'\t\taddress = "{server}"\n'
                f'\t\tsecret-file = "{self.path("radius.secret")}"\n'
                '\t\ttimeout = 1000\n\t\ttries = 2\n\t}\n' + "".join(
                    f"\t{k.replace('_', '-')} = {v}\n"
                    for k, v in values.items()) + "}\n")

    def had(self, *, peers=(("nas1", t.NAS1), ("nas2", t.NAS2)),
            dataplane="kernel", max_lifetime=3600, key="fa-ha.key",
            unique=UNIQUE_POOL, shared=SHARED_POOL, home_link=None,
            log="debug", extra="", address=t.HA, which="had", peer_more=""):
        """had.conf."""
        on_link = f'\n\thome-link = "{home_link}"' if home_link else ""
        peer_text = "\n".join(
            f'peer "{name}" {{\n\taddress = "{address}"\n\tmode = ar\n'
            f'\tmax-bindings = 10000\n'
            f'\t{self.key(key)}\n\t{peer_more}\n}}'
            for name, address in peers)
        return f"""\
address = "{address}"
user = "netmip4"
control-socket = "{self.run_dir(which)}/had.ctl"
log {{
	dest = stderr
	level = {log}
}}
dataplane {{
	type = {dataplane}
}}
max-lifetime = {max_lifetime}
pool "homes" {{
	prefix = "{unique}"
	mode = unique
}}
pool "village" {{
	prefix = "{shared}"
	mode = shared{on_link}
}}
{peer_text}
{extra}"""


def chap_secrets(users):
    return "".join(f'"{user(u)}" * "{password(u)}" *\n' for u in users)


def radius_users(users):
    """Entries for those users whom lab/freeradius/users does not have: the
    numbered ones, user1 and shared1 and so on."""
    text = ""
    for u in users:
        if u[-1].isdigit():
            text += f'\n{user(u)} Cleartext-Password := "{password(u)}"\n'
            if u.startswith("shared"):
                text += '\tFilter-Id = "netmip4:shared"\n'
    return text
