# SPDX-License-Identifier: BSD-2-Clause
"""The virtual network in which netmip4 is shown, tested and measured.

Everything here runs as root in one process, inside network namespaces of its
own making; whether the kernel beneath is the machine's or a user-mode Linux
guest makes no difference (see ../lib/enter). Only Python's standard library,
because starting programs is what is dear in the guest.

    net       namespaces, links, sysctls           rtnl     reading rtnetlink
    topology  which there are, with what addresses  capture  frames on links
    process   daemons with their logs               decode   what is in frames
    config    files for the daemons                 control  nasctl's protocol
    lab       all of it together                    leaks    before and after
    client    the stock pppd client                 ladder   the draft's steps
"""
