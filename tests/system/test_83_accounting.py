# SPDX-License-Identifier: BSD-2-Clause
"""Accounting records are on disk before they are sent, and none is lost: the
server may be away, nasd killed, the disk full."""

import os
import re
import signal
import time

import pytest

from netlab import config, net
from netlab.bench_access import Dial
from netlab.process import children, comm, wait_for
from netlab.topology import AAA, CN6

# Nobody listens there.
NO_ACCOUNTING = [("aaa1", AAA, 1000, 3, 1899)]
ALICE = config.user("alice")


def once(records):
    """A server that answers too late has a record twice, and it is the same
    but for its age."""
    found = {}
    for r in records:
        same = {k: v for k, v in r.items() if "Octets" in k or k in (
            "User-Name", "Acct-Session-Time", "Acct-Terminate-Cause")}
        key = r.get("Acct-Session-Id"), r["Acct-Status-Type"]
        assert found.setdefault(key, (same, r))[0] == same
    return [r for _, r in found.values()]


class Detail:
    """What FreeRADIUS has written down since."""

    def __init__(self, lab):
        self.path = lab.files.path("raddb/detail")
        self.start = os.path.getsize(self.path) if \
            os.path.exists(self.path) else 0

    def records(self):
        if not os.path.exists(self.path):
            return []
        with open(self.path, encoding="utf-8") as f:
            f.seek(self.start)
            text = f.read()
        # A record ends with an empty line.
        return once(dict(re.findall(
            r'^\t([\w-]+) = "?([^"\n]*)"?$', block, re.M))
            for block in text.split("\n\n")[:-1] if block.strip())

    def kinds(self, user=None):
        return [r["Acct-Status-Type"] for r in self.records()
                if user is None or r.get("User-Name") == user]


def figures(lab):
    return lab.nasctl("show accounting")


def all_sent(lab, seconds=40):
    """Nothing is owed; every record is accounted for."""
    f = wait_for("all records to be acknowledged", seconds, lambda: (
        lambda f: f["records"] == 0 and f)(figures(lab)), 0.2)
    assert f["written"] + f["found"] == f["acknowledged"], f
    assert not f["lost"] and not f["given_up"] and not f["skipped"], f
    return f


def test_killed_while_nobody_answers(lab):
    """Sessions come and go, one loses its carrier before any interim, and no
    server answers; then nasd is killed with one session up. The next one sends
    it all, in order, with the octets and the delay; the session lives on, and
    has its Stop when it ends."""
    lab.restart_nasd(radius=NO_ACCOUNTING)
    detail = Detail(lab)
    for user in ("bob", "carol"):
        lab.connect("mn1", user).hang_up()
    wait_for("both to end", 20, lambda: not lab.sessions())
    client = lab.connect("mn1", "dave")
    client.ping(CN6, 3)
    inode = lab.ns["nas1"].inode
    pid, = [p for p in children(lab.nas.pid) if comm(p) == "pppd" and
            os.stat(f"/proc/{p}/ns/net").st_ino == inode]
    os.kill(pid, signal.SIGKILL)
    client.daemon.wait(15)
    lab.connect("mn2", "alice")
    wait_for("the others to end", 20, lambda: len(lab.sessions()) == 1)
    # Accounting-On, four Starts, three Stops
    before = wait_for("eight records", 10, lambda: (
        f := figures(lab))["records"] == 8 and f)
    assert before["written"] == 8, before
    assert before["acknowledged"] == 0 and before["open_sessions"] == 1
    assert not detail.records()
    lab.nas.kill()
    lab.start_nasd()
    after = all_sent(lab)
    assert after["found"] == 8 and after["open_sessions"] == 1, after
    assert detail.kinds().count("Accounting-On") == 1
    wait_for("alice to be up", 30, lambda: [
        s["state"] for s in lab.sessions()] == ["up"])
    lab.clients[-1].hang_up()
    wait_for("her to end", 20, lambda: not lab.sessions())
    after = all_sent(lab)
    assert after["open_sessions"] == 0, after
    records = detail.records()
    assert len(records) == after["acknowledged"], records
    for user in ("alice", "bob", "carol", "dave"):
        mine = [r for r in records if r.get("User-Name") == config.user(user)]
        assert [r["Acct-Status-Type"] for r in mine] == ["Start", "Stop"]
        start, stop = mine
        assert start["Acct-Session-Id"] == stop["Acct-Session-Id"]
        if user == "bob":
            assert int(stop["Acct-Delay-Time"]) > 0, stop
        if user == "alice":
            assert stop["Acct-Terminate-Cause"] == "User-Request", stop
            assert stop["Class"] == "0x616c696365"
        if user == "dave":
            assert stop["Acct-Terminate-Cause"] == "Lost-Carrier", stop
            # three echos of 56 bytes, each with its two headers
            assert int(stop["Acct-Input-Octets"]) >= 3 * 104, stop
            assert int(stop["Acct-Output-Octets"]) >= 3 * 104, stop
    assert not lab.bindings()


def test_server_away_under_churn(lab):
    """The sums agree in the end: the spool's, the server's and nasctl's."""
    lab.restart_nasd()
    all_sent(lab)
    detail = Detail(lab)
    already = figures(lab)["acknowledged"]
    clients = [lab.connect("mn1", "alice"), lab.connect("mn2", "bob"),
               lab.connect("mn3", "carol")]
    all_sent(lab)
    assert lab.radius.stop() is not None
    for client in clients:
        client.hang_up()
    wait_for("sessions to end", 20, lambda: not lab.sessions())
    wait_for("three records", 10, lambda: figures(lab)["records"] == 3)
    status, text = lab.tool("nasctl", "show", "accounting")
    assert status == 0 and re.search(r"records +3\b", text), text
    lab.start_radius()
    done = all_sent(lab)
    assert len(detail.records()) == done["acknowledged"] - already == 6
    stops = [r for r in detail.records() if r["Acct-Status-Type"] == "Stop"]
    assert len({r["Acct-Session-Id"] for r in stops}) == 3
    assert all(r["Acct-Terminate-Cause"] == "User-Request" for r in stops)
    # An orderly end says so, and the next start, too.
    lab.restart_nasd()
    all_sent(lab)
    assert detail.kinds()[6:] == ["Accounting-Off", "Accounting-On"]


class Deaf:
    """While it is on, accounting requests are lost on their way to the
    server, and only these."""

    def __init__(self, lab):
        self.ns, self.on = lab.ns["aaa"], False

    def tc(self, *words):
        self.ns.run("tc", *words, check=True)

    def begin(self):
        self.tc("qdisc", "add", "dev", "core0", "clsact")
        self.on = True
        self.tc("filter", "add", "dev", "core0", "ingress", "protocol", "ip",
                "u32", "match", "ip", "dport", "1813", "0xffff", "action",
                "drop")

    def end(self):
        if self.on:
            self.tc("qdisc", "del", "dev", "core0", "clsact")
        self.on = False


@pytest.fixture
def deaf(lab):
    it = Deaf(lab)
    yield it
    it.end()


class Churn:
    """Subscribers who come and go, and how many have come in all."""

    def __init__(self, lab):
        self.lab, self.next, self.came = lab, 1, 0

    def come(self, n, seconds=60):
        dial = Dial(self.lab, n, first=self.next, seconds=seconds)
        got = dial.figures()
        self.next = self.next + n if self.next < 90 else 1
        self.came += int(got["up"])
        # They say so a moment before their pppds do.
        wait_for("nasd to say so", 30, lambda: self.lab.nasctl(
            "show statistics")["sessions"]["came_up"] == self.came, 0.1)
        return dial

    def until(self, end, most):
        """And until somebody has, which a server that was dead may put
        off; of all that come, nasctl is to remember each."""
        before = self.came
        while time.monotonic() < end or (
                self.came == before and time.monotonic() < end + 120):
            if self.came + 2 <= most:
                self.come(2).close()
            time.sleep(1)
        assert self.came > before


def octets_shown(lab):
    """What nasctl shows of accounted sessions that ended lately: each, in and
    out."""
    found = []
    for s in lab.nasctl("show recent")["sessions"]:
        past = lab.nasctl("show session", id=s["id"])
        found += [list(map(int, re.findall(r"\d+", step["detail"])))
                  for step in past["timeline"] if step["step"] == "acct-stop"]
    return found


def test_minute_without_server(lab, deaf):
    """A minute of coming and going in which no record is acknowledged, a third
    of it without any server: spool, server and nasctl agree in the end."""
    lab.restart_nasd()
    all_sent(lab)
    detail, before = Detail(lab), figures(lab)
    churn = Churn(lab)
    stay = churn.come(3)
    wait_for("their Starts", 20, lambda: figures(lab)["acknowledged"] ==
             before["acknowledged"] + 3)
    deaf.begin()
    begun = time.monotonic()
    churn.until(begun + 20, 40)
    leave = churn.come(3)
    lab.radius.stop()
    stay.close()
    came = churn.came
    churn.come(3, 20).close()       # nobody knows them
    assert churn.came == came
    leave.close()
    while time.monotonic() < begun + 40:
        time.sleep(0.2)
    lab.start_radius()
    churn.until(begun + 60, 58)
    wait_for("all to have ended", 30, lambda: not lab.sessions())
    owed = 2 * churn.came - 3
    wait_for("each to be owed", 10, lambda: figures(lab)["records"] == owed)
    assert len(detail.records()) == 3
    deaf.end()
    f = all_sent(lab, 180)
    for key in ("written", "acknowledged"):
        assert f[key] - before[key] == 2 * churn.came, (key, f, before)
    records = detail.records()
    assert len(records) == 2 * churn.came
    for kind in ("Start", "Stop"):
        assert len([r for r in records
                    if r["Acct-Status-Type"] == kind]) == churn.came
    stops = [r for r in records if r["Acct-Status-Type"] == "Stop"]
    shown = octets_shown(lab)       # of 64 sessions at most
    assert len(shown) == churn.came, (len(shown), churn.came)
    assert [sum(n) for n in zip(*shown)] == [
        sum(int(r[f"Acct-{way}-Octets"]) for r in stops)
        for way in ("Input", "Output")]


@pytest.fixture
def small_disk(lab):
    """A file system of 64 KiB, and what fills it but for some pages."""
    path = lab.files.path("small")
    os.makedirs(path, exist_ok=True)
    net.mount("small", path, "tmpfs", 0, "size=64k,mode=755")
    os.makedirs(f"{path}/accounting", 0o700)

    def fill(leave=0):
        with open(f"{path}/filler", "wb", buffering=0) as f:
            try:
                while f.write(bytes(4096)):
                    pass
            except OSError:
                pass
        free = os.path.getsize(f"{path}/filler") - 4096 * leave
        os.truncate(f"{path}/filler", free)
    fill.spool = f'spool = "{path}/accounting"\n\tspool-size = 256\n'
    fill.undo = lambda: os.unlink(f"{path}/filler")
    yield fill
    lab.nas.stop()
    net.umount(path)
    os.rmdir(path)


def test_full_disk_refuses(lab, small_disk):
    """No room for new sessions' records: they are refused, and let in again
    when there is."""
    small_disk(leave=1)
    lab.restart_nasd(accounting=small_disk.spool +
                     "\twhen-spool-full = refuse")
    lab.nas.wait_log("spool is full")
    lab.nas.wait_log("logins are refused")
    assert figures(lab)["state"] == "full"
    client = lab.dial()
    client.daemon.wait(30)
    assert "authentication failed" in client.log().lower()
    assert figures(lab)["refused_logins"] == 1
    small_disk.undo()
    lab.nas.wait_log("spool has room again", 15)
    client = lab.connect()
    assert client.ping(CN6)[1] == 1
    assert figures(lab)["state"] == "ok"
    all_sent(lab)


def test_full_disk_accepts(lab, small_disk):
    """Not a byte can be written, but the server answers: nothing is lost."""
    small_disk()
    lab.restart_nasd(accounting=small_disk.spool)
    lab.nas.wait_log("logins are accepted")
    detail = Detail(lab)
    client = lab.connect()
    assert client.ping(CN6)[1] == 1
    client.hang_up()
    wait_for("Start and Stop", 20,
             lambda: detail.kinds(ALICE) == ["Start", "Stop"], 0.2)
    f = all_sent(lab)
    assert f["state"] == "full" and f["bytes"] == 0, f
