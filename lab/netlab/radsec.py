# SPDX-License-Identifier: BSD-2-Clause
"""FreeRADIUS' own TLS listener (RFC 6614) beside the lab's RADIUS server, in a
process of its own, and the certificates of both ends."""

import os
import shutil
import subprocess

from . import config
from .process import Daemon
from .topology import AAA

NAME = "aaa.example.net"

LISTENER = """
clients radsec {{
	client nas {{
		ipaddr = 192.0.2.0/24
		proto = tls
		secret = radsec
		require_message_authenticator = yes
	}}
}}
listen {{
	type = auth+acct
	ipaddr = *
	port = 2083
	proto = tcp
	virtual_server = lab
	clients = radsec
	limit {{
		max_connections = 16
		lifetime = 0
		idle_timeout = 60
	}}
	tls {{
		private_key_file = {dir}/server.key
		certificate_file = {dir}/server.pem
		ca_file = {dir}/ca.pem
		require_client_cert = yes
		fragment_size = 8192
		cipher_list = "DEFAULT"
		tls_min_version = "1.2"
		tls_max_version = "1.3"
	}}
}}
"""


class Radsec:
    """Use as a context: the server runs, its files are in .dir."""

    def __init__(self, lab):
        self.lab = lab
        self.dir = lab.files.path("radsec")
        self.daemon = None

    def __enter__(self):
        if not os.path.isdir(self.dir):
            self._files()
        self.start()
        return self

    def __exit__(self, kind, value, trace):
        self.stop()

    def _certificate(self, name, *more):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj",
             f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem",
             *more], cwd=self.dir, check=True, capture_output=True, timeout=60)
        os.chmod(os.path.join(self.dir, f"{name}.key"), 0o600)

    def _files(self):
        shutil.copytree(os.path.join(self.lab.src, "lab/freeradius"), self.dir)
        by_ca = ("-CA", "ca.pem", "-CAkey", "ca.key")
        self._certificate("ca")
        self._certificate("server", *by_ca, "-addext",
                          f"subjectAltName=DNS:{NAME}")
        self._certificate("nas", *by_ca)
        path = os.path.join(self.dir, "radiusd.conf")
        with open(path, encoding="utf-8") as f:
            text = f.read()
        for port in ("1812", "1813"):   # the lab's own server has them
            text = text.replace(f"port = {port}", f"port = 1{port}")
        config.write(path, text + LISTENER.format(dir=self.dir))

    def start(self):
        self.daemon = Daemon(self.lab.ns["aaa"], "radsec", [
            "/usr/sbin/freeradius", "-f", "-l", "stdout", "-d", self.dir],
            self.lab.logs, {"RADDB": self.dir})
        self.daemon.wait_log("Ready to process requests", 60)

    def stop(self):
        if self.daemon:
            self.daemon.stop()
        self.daemon = None

    def accounting(self):
        """The records that it got."""
        try:
            with open(os.path.join(self.dir, "detail"),
                      encoding="utf-8") as f:
                return f.read()
        except FileNotFoundError:
            return ""

    def nasd(self, name=NAME):
        """nasd.conf's section radius: this one first, then the lab's."""
        secret = self.lab.files.path("radius.secret")
        return f"""\
	hold-down = 2
	probe-interval = 500
	probe-answers = 2
	server "radsec" {{
		address = "{AAA}"
		transport = tls
		tls-name = "{name}"
		ca-file = "{self.dir}/ca.pem"
		certificate-file = "{self.dir}/nas.pem"
		key-file = "{self.dir}/nas.key"
		status-server = true
	}}
	server "aaa1" {{
		address = "{AAA}"
		secret-file = "{secret}"
		timeout = 1000
		tries = 2
		status-server = true
		require-message-authenticator = true
	}}
"""
