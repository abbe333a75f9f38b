# SPDX-License-Identifier: BSD-2-Clause
"""The plugin by itself: a real pppd over kernel PPPoE between a mobile node
that misbehaves and a stand-in for nasd. The cases are pluginrig's."""

import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import pluginrig  # noqa: E402


@pytest.fixture(scope="module")
def rig(tmp_path_factory):
    rig = pluginrig.Rig(
        os.path.join(os.environ["LAB_STAGE"], "lib/netmip4/netmip4.so"),
        directory=str(tmp_path_factory.mktemp("plugin")))
    yield rig
    rig.close()


@pytest.mark.parametrize("name", pluginrig.CASES)
def test_plugin(rig, name):
    try:
        pluginrig.CASES[name](rig)
    except AssertionError:
        print(rig.last)
        print("\n".join(rig.last.node["log"]))
        raise
