/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What to do with the peer's IPv6CP packets while the identifier is nasd's to
 * choose: decisions only, no pppd. draft-navali 3.1.1, RFC 5072 4.1,
 * PROTOCOLS D16. The executing half is ipv6cp_hold.c.
 */
#ifndef PLUGIN_HOLD_POLICY_H
#define PLUGIN_HOLD_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/iid.h"

#define HOLD_MAX_NAKS		2	/* then the peer insists */
#define HOLD_MAX_PACKETS	30	/* codes 1 to 4 before OPENED */

/* A Configure-Request as far as it matters. */
struct conf_req {
	uint8_t		id;
	bool		has_iid;
	bool		foreign;	/* has what stock pppd rejects: an
					 * unknown option, a bad length */
	struct iid	iid;
};

enum hold_verdict {
	HOLD_PASS,	/* pppd deals with it, whatever the identifier */
	HOLD_ASK,	/* keep it, ask nasd */
	HOLD_KEEP,	/* keep it; nasd has been asked */
	HOLD_INSIST,	/* keep it, tell nasd that the peer insists */
	HOLD_ANSWER,	/* pppd Acks or Naks it by the assigned identifier */
	HOLD_REFUSE,	/* close IPv6CP */
};

struct hold_policy {
	bool		 has_assigned;
	struct iid	 assigned;
	bool		 asking;	/* a request to nasd is open */
	bool		 insisted;	/* nasd knows that the peer insists */
	unsigned	 packets;
	unsigned	 naks;
	bool		 nakked;	/* nak_id holds */
	uint8_t		 nak_id;
	bool		 optionless;	/* one without the option was Nak'd */
	const char	*refusal;	/* why, after HOLD_REFUSE */
};

/* pkt: from the code on. False for what is no whole Configure-Request, which
 * pppd drops. */
bool	conf_req_parse(struct conf_req *, const uint8_t *pkt, size_t len);

void	hold_policy_reset(struct hold_policy *);
/* IPv6CP is open: the limits count anew, the identifier stays. */
void	hold_policy_opened(struct hold_policy *);
/* A packet with code 1 to 4 came: false when there were too many. */
bool	hold_policy_count(struct hold_policy *);
/* A Configure-Request came (already counted). */
enum hold_verdict hold_policy_request(struct hold_policy *,
    const struct conf_req *);
/* nasd's answer, for the request held. */
enum hold_verdict hold_policy_assigned(struct hold_policy *, struct iid,
    const struct conf_req *held);

#endif
