/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Carries out Disconnect- and CoA-Requests that coa.c has found authentic: on
 * all sessions that match, or on none [RFC 5176 2.3, 3].
 */
#ifndef NASD_COA_ACT_H
#define NASD_COA_ACT_H

#include <stdint.h>

#include "radius/dae.h"

struct engine;

/* Sessions that one request may be for. */
#define COA_SESSIONS	64

enum coa_outcome {
	COA_DECIDED,		/* as *cause says */
	COA_LATER,		/* done will be called, once */
	COA_BUSY,		/* an earlier request changes such a session:
				 * to be asked again */
};

typedef void coa_done(void *arg, enum dae_cause);

/* who names the client. The request, and what it borrows, must live until the
 * answer. Not answered when the engine ends meanwhile. */
enum coa_outcome coa_act(struct engine *, const struct dae_request *,
    const char *who, coa_done *, void *arg, enum dae_cause *cause);

/* Requests that wait for the kernel; nasd ends. */
struct coa_jobs;
struct coa_jobs *coa_jobs_new(void);
void	 coa_jobs_free(struct coa_jobs *);

#endif
