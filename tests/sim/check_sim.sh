#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A short run for make check; more by hand or by lab/test sim.
exec ./netmip4-sim --seed 1 --schedules "${SIM_SCHEDULES:-1000}" --quiet
