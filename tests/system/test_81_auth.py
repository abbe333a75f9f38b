# SPDX-License-Identifier: BSD-2-Clause
"""Authentication by every means, stock pppd against FreeRADIUS: good and bad,
texts, keys, and once more while the session is up."""

import os
import re
import shutil
import subprocess

import pytest

from netlab import config, topology
from netlab.process import wait_for

# What a peer says it does not do, so that it does what is left.
WITHOUT = {
    "eap": ("refuse-pap", "refuse-chap", "refuse-mschap-v2"),
    "mschapv2": ("refuse-pap", "refuse-chap", "refuse-eap"),
    "chap": ("refuse-pap", "refuse-mschap-v2", "refuse-eap"),
    "pap": ("refuse-chap", "refuse-mschap-v2", "refuse-eap"),
}
# What the peer reads in the end. EAP has no text in either packet, so the
# reason is that for which LCP ends.
GOOD = {
    "eap": r"rcvd \[EAP Success",
    "mschapv2": r"CHAP Success id=\S+ \"S=[0-9A-F]{40} M=Welcome, Alice\"",
    "chap": r"CHAP Success id=\S+ \"Welcome, Alice\"",
    "pap": r"PAP AuthAck id=\S+ \"Welcome, Alice\"",
}
BAD = {
    "eap": r"LCP TermReq id=\S+ \"Wrong name or password\"",
    "mschapv2": r"CHAP Failure id=\S+ \"E=691 R=0 C=[0-9A-F]{32} V=3 "
                r"M=Wrong name or password\"",
    "chap": r"CHAP Failure id=\S+ \"Wrong name or password\"",
    "pap": r"PAP AuthNak id=\S+ \"Wrong name or password\"",
}
TLS = "eap-tls"


@pytest.fixture
def passwords(lab):
    """Sets alice's, as the mobile node believes it to be."""
    def know(password):
        line = f'"{config.user("alice")}" * "{password}" *\n'
        for name in ("chap-secrets", "pap-secrets"):
            config.write(f"/etc/ppp/{name}", line, 0o600)
    yield know
    os.unlink("/etc/ppp/pap-secrets")
    lab.write_chap_secrets()


def shown(lab, name="alice"):
    return lab.nasctl("show session", id=lab.session(config.user(name))["id"])


def steps(lab, name="alice"):
    return [s["step"] for s in shown(lab, name)["timeline"]]


def gone(lab):
    wait_for("no session", 20, lambda: not lab.sessions())


def test_good_and_bad(lab, passwords):
    """Each way that there is: let in with its text, refused with its text."""
    lab.restart_nasd(auth="{eap, mschapv2, chap, pap}")
    for way, without in WITHOUT.items():
        passwords("secret-alice")
        client = lab.dial("mn1", "alice", *without)
        client.wait_opened()
        assert shown(lab)["auth"] == way
        assert re.search(GOOD[way], client.log()), client.log()
        client.hang_up()
        gone(lab)
        passwords("not-hers")
        log = lab.dial("mn1", "alice", *without).failure()
        assert re.search(BAD[way], log), log
        gone(lab)
    assert "secret-alice" not in lab.nas.log()


def openssl(directory, *argv):
    subprocess.run(["openssl", *argv], cwd=directory, check=True,
                   capture_output=True, timeout=60)


def authority(directory, name):
    openssl(directory, "req", "-x509", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key",
            "-out", f"{name}.pem", "-days", "30", "-subj", f"/CN=lab {name}")


def certificate(directory, name, common_name, ca):
    openssl(directory, "req", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key",
            "-out", f"{name}.csr", "-subj", f"/CN={common_name}")
    openssl(directory, "x509", "-req", "-in", f"{name}.csr", "-CA",
            f"{ca}.pem", "-CAkey", f"{ca}.key", "-days", "30",
            "-CAcreateserial", "-out", f"{name}.pem")


@pytest.fixture
def certificates(lab, tmp_path):
    """A server with a certificate, one for alice, one that somebody else has
    signed; the RADIUS server with EAP-TLS, in small pieces."""
    authority(tmp_path, "ca")
    authority(tmp_path, "other")
    certificate(tmp_path, "server", "radius.example.net", "ca")
    certificate(tmp_path, "alice", "alice@example.net", "ca")
    certificate(tmp_path, "forged", "alice@example.net", "other")
    raddb = lab.files.path("raddb")
    config.write(f"{raddb}/eap-tls", f"""
		default_eap_type = tls
		tls-config lab {{
			private_key_file = {tmp_path}/server.key
			certificate_file = {tmp_path}/server.pem
			ca_file = {tmp_path}/ca.pem
			tls_min_version = "1.2"
			tls_max_version = "1.2"
			ecdh_curve = ""
			fragment_size = 400
		}}
		tls {{
			tls = lab
		}}
""")
    lab.radius.stop()
    lab.start_radius()
    yield tmp_path
    os.unlink(f"{raddb}/eap-tls")
    lab.radius.stop()
    lab.start_radius()


def test_eap_tls(lab, certificates):
    """With a real certificate, in pieces, and MPPE by its keys; somebody
    else's certificate is refused."""
    lab.restart_nasd(auth="eap", pppd_more="require-mppe = true")
    tls = [*WITHOUT["eap"], "remotename", "radius.example.net",
           "ca", f"{certificates}/ca.pem", "require-mppe"]
    own = [x for pair in (("cert", "alice.pem"), ("key", "alice.key"))
           for x in (pair[0], f"{certificates}/{pair[1]}")]
    forged = [x for pair in (("cert", "forged.pem"), ("key", "forged.key"))
              for x in (pair[0], f"{certificates}/{pair[1]}")]
    client = lab.connect("mn1", "alice", *tls, *own)
    assert "MPPE 128-bit stateless compression enabled" in client.log()
    assert client.ping(topology.CN6)[1] == 1
    # Start, the server's flight in two pieces at least, its last one.
    rounds = lab.nasctl("show statistics")["aaa"]["challenges"]
    assert rounds >= 4, rounds
    client.hang_up()
    gone(lab)
    lab.dial("mn1", "alice", *tls, *forged).failure()
    lab.nas.wait_log("authentication rejected")
    gone(lab)


def test_mschapv2_keys(lab):
    """MPPE by MS-CHAPv2's keys; who does not encrypt is not let through."""
    lab.restart_nasd(auth="mschapv2", pppd_more="require-mppe = true")
    client = lab.connect("mn1", "alice", "require-mppe")
    assert "MPPE 128-bit stateless compression enabled" in client.log()
    assert client.ping(topology.CN6)[1] == 1
    client.hang_up()
    lab.dial("mn1", "alice", "nomppe", "noccp").failure()
    gone(lab)


@pytest.fixture
def users(lab):
    """RADIUS without some of its users."""
    path = lab.files.path("raddb/users")
    kept = shutil.copy(path, path + ".kept")

    def without(*names):
        with open(kept, encoding="ascii") as f:
            text = f.read()
        for name in names:
            text = text.replace(f"\n{config.user(name)}", "\ngone-" + name)
        config.write(path, text)
        lab.start_radius()
    yield without
    os.replace(kept, path)
    lab.radius.stop()
    lab.start_radius()


def test_rechallenge(lab, users):
    """Sessions that are up authenticate again: RADIUS being away does not end
    them, a refusal does."""
    lab.restart_nasd(auth="{eap, chap}", pppd_more="rechallenge = 5",
                     radius=[("aaa1", topology.AAA, 1500, 2)])
    lab.dial("mn1", "alice", *WITHOUT["chap"]).wait_opened()
    lab.dial("mn2", "bob", *WITHOUT["eap"]).wait_opened()
    both = ("alice", "bob")
    for name in both:
        wait_for(f"{name} to be asked again", 20,
                 lambda: "auth-again" in steps(lab, name))
    lab.radius.stop()
    for name in both:
        wait_for(f"{name}'s question to remain open", 30,
                 lambda: "auth-no-reply" in steps(lab, name))
    assert len(lab.sessions()) == 2
    users(*both)
    wait_for("both to be sent away", 40, lambda: not lab.sessions())
    assert lab.nas.log().count("up -> closing: authentication rejected") == 2
