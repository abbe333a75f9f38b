/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What comes from the kernel: answers to batches, figures of devices and
 * filters, news of devices that go; of a kernel that is another one than ours.
 * Of messages of any length and any attributes nothing is read that is not
 * there, and each message of a batch has its result.
 */
#include <errno.h>
#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include "common/netlink.h"
#include "tests/fuzz/mnl.h"
#include "tests/fuzz/ops.h"

#define MAX_OPS		24
#define MAX_BATCH	6

static struct {
	struct ops	 ops;
	uint32_t	 seq;		/* of what was asked last */
	unsigned	 told;		/* devices and filters */
} w;

static void
kernel_asked(const void *b, size_t n)
{
	const struct nlmsghdr *h = b;
	int len = (int)n;

	for (; mnl_nlmsg_ok(h, len); h = mnl_nlmsg_next(h, &len))
		w.seq = h->nlmsg_seq;
	fuzz_assert(len == 0);
}

/* One message, which the input says. */
static size_t
put_message(struct ops *o, uint8_t *b)
{
	static const uint16_t types[] = { NLMSG_ERROR, NLMSG_DONE,
		RTM_NEWLINK, RTM_DELLINK, RTM_NEWSTATS, RTM_NEWTFILTER };
	unsigned how = ops_u8(o);
	struct nlmsghdr h = {
		.nlmsg_type = types[how % 6],
		.nlmsg_flags = (uint16_t)(ops_u8(o) << 5),
		.nlmsg_seq = w.seq - ops_pick(o, 3),
		.nlmsg_pid = MNL_PORT,
	};
	size_t n = ops_bytes(o, b + sizeof(h), ops_u8(o));

	/* an acknowledgment */
	if (n == 0 && h.nlmsg_type == NLMSG_ERROR) {
		n = sizeof(struct nlmsgerr);
		memset(b + sizeof(h), 0, n);
	}
	/* The kernel's frames are sound: libmnl believes them. */
	h.nlmsg_len = (uint32_t)(sizeof(h) + n);
	if (how >= 240)
		h.nlmsg_seq = 0;
	memcpy(b, &h, sizeof(h));
	while (n % NLMSG_ALIGNTO != 0)
		b[sizeof(h) + n++] = 0;
	return sizeof(h) + n;
}

static size_t
kernel_tells(bool listens, void *b, size_t cap)
{
	/* of its own size, so that what is behind is nobody's */
	uint8_t all[4 * 1024];
	size_t n = 0;
	unsigned i, messages;

	(void)listens;
	if (!ops_more(&w.ops))
		return 0;
	messages = 1 + ops_pick(&w.ops, 3);
	for (i = 0; i < messages; i++)
		n += put_message(&w.ops, all + n);
	fuzz_assert(n <= cap);
	memcpy(b, all, n);
	return n;
}

static void
device(void *arg, unsigned ifindex, const struct nl_stats *st)
{
	(void)arg;
	(void)ifindex;
	fuzz_assert(st->rx_dropped == 0);
	w.told++;
}

static void
filter(void *arg, uint16_t prio, uint64_t packets)
{
	(void)arg;
	(void)prio;
	(void)packets;
	w.told++;
}

static void
batch(struct nl *nl)
{
	struct in_addr a = { htonl(0xc0000201) };
	unsigned n = 1 + ops_pick(&w.ops, MAX_BATCH), i;
	unsigned ign = ops_pick(&w.ops, 4);
	int result[MAX_BATCH], err, first = 0;
	size_t len;

	nl_begin(nl);
	for (i = 0; i < n; i++) {
		result[i] = 1;
		fuzz_assert((i & 1 ? nl_sit_add(nl, "nm4-1", a, a, 1480, ign) :
		    nl_clsact_add(nl, 7, ign)) == (int)i);
		fuzz_assert(nl_batch_msg(nl, i, &len) != NULL);
	}
	err = nl_commit(nl, result, n);
	for (i = 0; i < n; i++) {
		fuzz_assert(result[i] <= 0);
		if (first == 0)
			first = result[i];
	}
	fuzz_assert(err == first && nl_batch_msg(nl, 0, &len) == NULL);
}

static void
step(struct nl *nl, struct nl_gone *gone)
{
	struct nl_stats st;

	switch (ops_pick(&w.ops, 5)) {
	case 0:
		batch(nl);
		break;
	case 1:
		fuzz_assert(nl_link_stats(nl, 7, &st) <= 0);
		break;
	case 2:
		fuzz_assert(nl_link_stats_all(nl, device, NULL) <= 0);
		break;
	case 3:
		fuzz_assert(nl_filter_counts(nl, 7, ops_pick(&w.ops, 2),
		    filter, NULL) <= 0);
		break;
	case 4:
		nl_gone_read(gone, device, NULL);
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct nl *nl;
	struct nl_gone *gone;
	unsigned n;

	memset(&w, 0, sizeof(w));
	w.ops = (struct ops){ data, data + len };
	nl = nl_open();
	gone = nl_gone_open();
	fuzz_assert(nl && gone);
	for (n = 0; n < MAX_OPS && ops_more(&w.ops); n++)
		step(nl, gone);
	nl_gone_close(gone);
	nl_close(nl);
	return 0;
}
