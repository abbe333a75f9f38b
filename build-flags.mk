# SPDX-License-Identifier: BSD-2-Clause
# Flags of every directory; included by each Makefile.am.
AM_CPPFLAGS = -I$(top_srcdir)
AM_CFLAGS = -std=gnu11 $(WARN_CFLAGS) $(HARDEN_CFLAGS) $(SAN_CFLAGS) \
	$(FUZZ_CFLAGS)
AM_LDFLAGS = $(HARDEN_LDFLAGS) $(SAN_CFLAGS)
