# SPDX-License-Identifier: BSD-2-Clause
"""nasctl reload and SIGHUP: what is changed with sessions up, what is refused,
and what is said about it."""

import signal

import pytest

from netlab import config
from netlab.control import ControlError
from netlab.process import wait_for
from netlab.topology import CN6, HA2

class File:
    """nasd.conf as it lies there, to be edited."""

    def __init__(self, lab):
        self.path = lab.files.path("nasd.conf")
        with open(self.path, encoding="utf-8") as f:
            self.text = f.read()

    def edit(self, old, new):
        assert old in self.text
        self.write(self.text.replace(old, new, 1))

    def write(self, text):
        self.text = text
        config.write(self.path, text)


@pytest.fixture
def conf(lab):
    lab.restart_nasd()
    ns = lab.ns["nas1"]
    ns.ip("link add acc9 type veth peer name acc9p", "link set acc9 up")
    yield File(lab)
    lab.hang_up_all()
    wait_for("the sessions to go", 20, lambda: not lab.sessions())
    lab.nas.stop(20)
    ns.ip("link del acc9")


def changes(lab, **args):
    return {c["key"]: c for c in lab.nasctl("reload", **args)["changes"]}


def interfaces(lab):
    return [p["interface"] for p in lab.nasctl("show statistics")["pppoe"]]


def refusal(lab, **args):
    with pytest.raises(ControlError) as caught:
        lab.nasctl("reload", **args)
    return caught.value.code, str(caught.value)


def test_reload(lab, conf):
    client = lab.connect("mn1", "alice")

    # A bad file, an interface that is not there: nothing of it is taken.
    good = conf.text
    conf.write(good + "no-such-key = 1\nprefix-mode = none\n")
    status, text = lab.tool("nasctl", "-s", lab.nasctl.path, "reload")
    line = good.count("\n") + 1
    assert status == 2, text
    assert f"nasd.conf:{line}: no-such-key: " in text, text
    assert f"nasd.conf:{line + 1}: prefix-mode: " in text, text
    conf.write(good + 'pppoe "nosuch0" { }\n')
    assert "nosuch0" in refusal(lab)[1]
    assert interfaces(lab) == ["acc0"]

    # A plan changes nothing.
    conf.write(good)
    conf.edit("timeout = 2000", "timeout = 1900")
    conf.edit("prefix-mode = unique", "prefix-mode = shared")
    conf.edit('nas-identifier = "nas1"', 'nas-identifier = "other"')
    conf.write(conf.text + 'pppoe "acc9" { }\nhome-agent "ha2" {\n'
               f'\taddress = "{HA2}"\n\tweight = 7\n\tkey "256" {{ key-file ='
               f' "{lab.files.path("fa-ha.key")}" }}\n}}\n')
    wanted = {
        'radius server "aaa1" timeout': ("changed", "live", 0),
        "prefix-mode": ("changed", "new sessions", 0),
        "nas-identifier": ("changed", "restart", 0),
        'pppoe "acc9"': ("added", "live", 0),
        'home-agent "ha2"': ("added", "live", 0),
    }
    for args in ({"plan": True}, {}):
        assert interfaces(lab) == ["acc0"]
        assert {k: (c["change"], c["effect"], c["sessions"])
                for k, c in changes(lab, **args).items()} == wanted
    status, text = lab.tool("nasctl", "-s", lab.nasctl.path, "reload",
                            "--plan")
    assert status == 0 and "nas-identifier" in text, text
    assert "acc9" not in text

    # It acts: new sessions in the other mode, by the other RADIUS client.
    wait_for("the other interface", 10, lambda: interfaces(lab) ==
             ["acc0", "acc9"])
    agents = {a["name"]: a for a in
              lab.nasctl("show home-agents")["home_agents"]}
    assert agents["ha2"]["weight"] == 7
    wait_for("the other tunnel", 10, lambda: lab.ns["nas1"].ip(
        "link show type sit").count(": nm4-") == 2)
    assert client.ping(CN6)[1] == 1
    other = lab.connect("mn2", "bob")
    assert {b["unique"] for b in lab.bindings()} == {True, False}
    other.hang_up()

    # What is in use is not taken away but by force.
    conf.edit('pppoe "acc9" { }\n', "")
    before = conf.text
    begin = before.index('pppoe "acc0"')
    conf.write(before[:begin] + before[before.index("pppd {"):])
    wait_for("bob to go", 15, lambda: len(lab.sessions()) == 1)
    code, text = refusal(lab)
    assert code == "denied" and "--force" in text
    plan = changes(lab, plan=True)
    assert plan['pppoe "acc0"']["destructive"]
    assert plan['pppoe "acc0"']["sessions"] == 1
    assert not plan['pppoe "acc9"']["destructive"]
    assert interfaces(lab) == ["acc0", "acc9"]
    assert client.ping(CN6)[1] == 1
    lab.nasctl("reload", force=True)
    wait_for("no interface", 10, lambda: not interfaces(lab))
    wait_for("the session to end", 20, lambda: not lab.sessions())
    lab.nas.wait_log("acc0: no longer served", 20)

    # And back again, by the signal.
    conf.write(good)
    lab.nas.signal(signal.SIGHUP)
    wait_for("the interface", 10, lambda: interfaces(lab) == ["acc0"])
    assert changes(lab, plan=True) == {}
    client.close()
    lab.connect("mn3", "carol")
    said = lab.nas.log()
    assert config.FA_HA_KEY not in said and config.RADIUS_SECRET not in said
