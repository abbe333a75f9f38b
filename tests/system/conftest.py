# SPDX-License-Identifier: BSD-2-Clause
"""What the system tests share. They run as root inside the lab (lab/test), in
one boot, one lab for all of them; after each, everything a session may leave
behind must be as before."""

import os

import pytest
from ownnet import OwnNet

from netlab import leaks
from netlab.lab import USERS, Lab


@pytest.fixture(scope="session")
def whole_lab():
    users = [*USERS, *(f"user{i + 1}" for i in range(100))]
    with Lab(mobile_nodes=3, users=users) as lab:
        lab.start()
        yield lab
        lab.save_logs(os.path.join(lab.out, "logs"))


@pytest.fixture
def lab(whole_lab):
    """The lab, followed by the leak check. A scenario that restarts a daemon
    with another configuration uses `reconfigured' below."""
    _heal(whole_lab)
    before = leaks.baseline(whole_lab)
    yield whole_lab
    for tap in whole_lab.taps:
        tap.close()
    whole_lab.taps.clear()
    whole_lab.hang_up_all()
    _heal(whole_lab)
    left = leaks.settle(whole_lab, before)
    assert not left, "left behind:\n  " + "\n  ".join(left)


@pytest.fixture
def open_dir(tmp_path):
    """A directory of the test's own that daemons without privilege may
    enter."""
    tmp_path.chmod(0o755)
    for parent in list(tmp_path.parents)[:3]:
        if parent.owner() == "root" and str(parent) != "/tmp":
            parent.chmod(0o755)
    return tmp_path


def _heal(lab):
    """All daemons run with their ordinary configuration."""
    if lab.had is None or not lab.had.running() or lab.had.changed:
        if lab.had:
            lab.had.stop()
        lab.start_had()
    if lab.radius is None or not lab.radius.running():
        lab.start_radius()
    if lab.nas is None or not lab.nas.running() or lab.nas.changed:
        if lab.nas:
            lab.nas.stop()
        lab.start_nasd()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failure comes with what the programs said during the test."""
    outcome = yield
    report = outcome.get_result()
    if call.when == "setup" or not report.failed:
        return
    for used in item.funcargs.values():
        if isinstance(used, Lab):
            daemons = (used.nas, used.had, used.radius,
                       *[c.daemon for c in used.clients])
        elif isinstance(used, OwnNet):
            daemons = used.daemons.values()
        else:
            continue
        for daemon in filter(None, daemons):
            report.sections.append(
                (f"{daemon.name} (running: {daemon.running()})",
                 daemon.tail(40)))
