/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Turns nasd's root side by hand, without engine and configuration file: one
 * command a line on stdin, one answer a line on stdout. For the lab, which
 * looks at what the kernel then does with packets.
 *
 *   plane_driver CARE-OF-ADDRESS HOME-AGENT...
 *   start | add ID IFNAME HOME-AGENT HOA PLEN | del ID | count ID | last ID |
 *   clear
 *
 * count reads one interface's counters; last, those of all by one request.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "nasd/nasd_config.h"
#include "nasd/priv_ops.h"
#include "nasd/priv_plane.h"
#include "nasd/priv_sysctl.h"

#define HOME_AGENTS_MAX	8

static int
add(struct plane *p, uint32_t *mtu)
{
	struct nasd_priv_session_add q = { 0 };
	struct nasd_priv_session_added reply = { 0 };
	const char *id = strtok(NULL, " \n"), *ifname = strtok(NULL, " \n");
	const char *ha = strtok(NULL, " \n"), *hoa = strtok(NULL, " \n");
	const char *plen = strtok(NULL, " \n");
	int err;

	if (plen == NULL || strlen(ifname) >= sizeof(q.ifname) ||
	    inet_pton(AF_INET, ha, &q.ha) != 1 ||
	    inet_pton(AF_INET6, hoa, &q.hoa) != 1)
		return -1;
	q.id = (uint32_t)atoi(id);
	strcpy(q.ifname, ifname);
	q.plen = (uint32_t)atoi(plen);
	err = plane_session_add(p, &q, &reply);
	*mtu = reply.mtu;
	return err;
}

static void
command(struct plane *p, char *line)
{
	const char *verb = strtok(line, " \n"), *arg;
	struct nasd_priv_counted c = { 0 };
	uint32_t mtu = 0;
	int err = 0;

	if (verb == NULL)
		return;
	if (strcmp(verb, "add") == 0) {
		err = add(p, &mtu);
		printf("%d mtu %" PRIu32 "\n", err, mtu);
		return;
	}
	arg = strtok(NULL, " \n");
	if (strcmp(verb, "start") == 0)
		plane_start(p);
	else if (strcmp(verb, "clear") == 0)
		plane_clear(p);
	else if (strcmp(verb, "del") == 0 && arg != NULL)
		err = plane_session_del(p, (uint32_t)atoi(arg));
	else if (strcmp(verb, "count") == 0 && arg != NULL)
		err = plane_count(p, (uint32_t)atoi(arg), &c);
	else if (strcmp(verb, "last") == 0 && arg != NULL &&
	    (err = plane_count_all(p)) == 0)
		err = plane_counted(p, (uint32_t)atoi(arg), &c);
	printf("%d rx %" PRIu64 " tx %" PRIu64 " dropped %" PRIu64 "\n", err,
	    c.rx_packets, c.tx_packets, c.rx_dropped);
}

int
main(int argc, char **argv)
{
	struct config_ha ha[HOME_AGENTS_MAX] = { 0 };
	struct nasd_config cfg = { .ha = ha };
	struct sysctls *sysctls;
	struct plane *p;
	char line[256];

	log_init("plane_driver", LOG_TO_STDERR);
	if (argc < 3 || argc - 2 > HOME_AGENTS_MAX ||
	    inet_pton(AF_INET, argv[1], &cfg.coa) != 1)
		return 2;
	for (cfg.n_ha = 0; (int)cfg.n_ha < argc - 2; cfg.n_ha++)
		if (inet_pton(AF_INET, argv[2 + cfg.n_ha],
		    &ha[cfg.n_ha].addr) != 1)
			return 2;
	if ((sysctls = sysctls_new("")) == NULL ||
	    (p = plane_new(&cfg, sysctls)) == NULL) {
		perror("plane_new");
		return 1;
	}
	while (fgets(line, sizeof(line), stdin) != NULL) {
		command(p, line);
		fflush(stdout);
	}
	plane_clear(p);
	sysctls_restore(sysctls);
	plane_free(p);
	sysctls_free(sysctls);
	return 0;
}
