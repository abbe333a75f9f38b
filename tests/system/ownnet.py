# SPDX-License-Identifier: BSD-2-Clause
"""Small networks that scenarios have to themselves, beside the lab: their
namespaces, their secrets, the daemons in them, and that nothing is left."""

import contextlib
import os
import re
import signal

from netlab import config
from netlab.control import Control
from netlab.net import Namespace
from netlab.process import Daemon, wait_for

STAGE = os.environ.get("LAB_STAGE", "")
# What the configurations have in common; OwnNet.run knows name and dir.
DAEMON = """\
user = "nobody"
chroot = "{dir}/empty"
control-socket = "{dir}/{name}.ctl"
log {{ level = debug }}
"""
NASD = DAEMON + """\
nas-identifier = "{name}"
care-of-address = "{own}"
plugin-socket = "{dir}/{name}.plugin"
state-directory = "{dir}/{name}.state"
stop-keeps-sessions = {keep}
radius {{
	server "none" {{
		address = "{radius}"
		secret-file = "{dir}/radius.secret"
	}}
}}
accounting {{ spool = "" }}
"""


class OwnNet:
    """names are those of its namespaces, which have the prefix besides."""

    def __init__(self, directory, prefix, names):
        self.dir, self.daemons = directory, {}
        self.ns = {n: Namespace(prefix + n) for n in names}
        os.mkdir(f"{directory}/empty", 0o755)
        self.secret("radius.secret", "secret")

    def secret(self, name, value):
        config.write(f"{self.dir}/{name}", value + "\n", 0o600)

    def run(self, ns, program, text, name=None, **values):
        """Starts a daemon, or starts it again; what it answers by. text is
        its configuration, with values for what is in braces."""
        name = name or program
        path = config.write(f"{self.dir}/{name}.conf", text.format(
            dir=self.dir, name=name, **values))
        self.daemons[name] = Daemon(self.ns[ns], name, [
            f"{STAGE}/sbin/{program}", "-f", path], self.dir)
        ctl = Control(f"{self.dir}/{name}.ctl")
        wait_for(f"{name} to answer", 20, ctl.alive)
        return ctl

    def stop(self, *names):
        """All at once: each waits for answers that nobody gives."""
        for daemon in (daemons := [self.daemons[n] for n in names]):
            daemon.signal(signal.SIGTERM)
        for daemon in daemons:
            assert daemon.stop() == 0, daemon.tail()

    def kill(self, name):
        self.daemons[name].kill()

    def left(self):
        """Lines of what daemons may leave."""
        raise NotImplementedError

    def close(self):
        for daemon in reversed(self.daemons.values()):
            daemon.stop()
        for ns in self.ns.values():
            ns.close()


@contextlib.contextmanager
def used(net):
    """For a fixture, which starts and stops the daemons within: then it is all
    as it was."""
    before = net.left()
    try:
        yield net
        # When IPv6 is on again, links have what hosts there make of them.
        assert {x for x in net.left() ^ before if not re.search(
            "(fe80:|ff00::/8).* dev acc", x)} == set()
    except BaseException:   # a test's own failure is in its report
        for daemon in net.daemons.values():
            print(daemon.tail(60))
        raise
    finally:
        net.close()
