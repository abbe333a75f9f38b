/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of aaa share: aaa.c, aaa_cred.c, aaa_eap.c. */
#ifndef NASD_AAA_INT_H
#define NASD_AAA_INT_H

#include <sys/queue.h>

#include "nasd/aaa.h"
#include "nasd/mschap.h"

struct acct;
struct radius_attrs;
struct radius_request;

#define AAA_SILENCE	"no RADIUS server answered"

struct aaa_request {
	LIST_ENTRY(aaa_request)	 link;
	struct aaa		*aaa;
	struct radius_request	*req;
	const struct radius_client *client;	/* that it went by */
	aaa_done		*done;
	aaa_eap_done		*eap_done;
	void			*arg;
	enum plug_auth_kind	 kind;
	uint8_t			 challenge[MSCHAP_CHALLENGE];
	char			 user[PLUG_NAME];
	char			 subject[96];
};

struct aaa {
	struct radius_client	*client;
	struct acct		*acct;
	char			*nas_id;
	struct in_addr		 nas_ip;
	LIST_HEAD(, aaa_request) requests;
	uint64_t		 accepts, rejects, challenges, silent;
};

/* NULL: no memory. Its request is not yet sent. */
struct aaa_request *aaa_request_new(struct aaa *, const char *subject,
    void *arg);
void	 aaa_request_free(struct aaa_request *);
void	 aaa_copy_str(char *dst, size_t cap, const char *);
void	 aaa_add_who(struct radius_attrs *, const struct aaa *,
    const struct aaa_who *);
/* Fills the grant of an Access-Accept. NULL, or why it must be taken for a
 * rejection; that may stand in why. */
const char *aaa_read_accept(struct aaa_request *, const struct radius_attrs *,
    struct aaa_grant *, char *why, size_t cap);

/* aaa_cred.c */
/* False when the credentials are none that RADIUS can carry. */
bool	 aaa_add_credentials(struct radius_attrs *, const struct plug_auth *);
/* What is said where an Access-Accept is none: why is for the log alone. */
#define AAA_DENIED	"Access denied"
/* Reply-Message for the peer, all of them; or, if given, what we say. */
void	 aaa_read_reply(struct aaa_grant *, const struct radius_attrs *,
    const char *instead);
/* Makes MS-CHAPv2's text of g->reply. False: RADIUS did not say S=. */
bool	 aaa_mschap_success(struct aaa_grant *, const struct radius_attrs *);
void	 aaa_mschap_failure(struct aaa_grant *, const struct radius_attrs *,
    const uint8_t challenge[MSCHAP_CHALLENGE]);
/* Keys for MPPE; broken ones are none. */
void	 aaa_read_mppe(struct aaa_grant *, const struct radius_attrs *,
    const char *subject);

#endif
