/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control socket with had's verbs behind it: whatever lines come, every
 * answer is a line of JSON with a status, there is one for each line at most,
 * and the connection ends when its client does.
 */
#include <event2/event.h>
#include <jansson.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "common/ctl.h"
#include "had/control.h"
#include "tests/unit/had_rig.h"

#define TURNS	200

/* Set up once: inputs have nothing to do with each other but for bindings. */
static struct {
	struct event_base	*base;
	struct ctl		*ctl;
	struct sockaddr_un	 addr;
} served;

static void
leave(void)
{
	(void)unlink(served.addr.sun_path);
}

static void
start(void)
{
	int fd;

	rig_init();
	served.base = event_base_new();
	served.addr.sun_family = AF_UNIX;
	snprintf(served.addr.sun_path, sizeof(served.addr.sun_path),
	    "fuzz_ctl.%d", (int)getpid());
	fd = ctl_listen(served.addr.sun_path, NULL);
	fuzz_assert(fd >= 0 && atexit(leave) == 0);
	served.ctl = control_new(served.base, fd, &rig.reg);
	fuzz_assert(served.ctl);
}

static void
check_answer(const char *line, size_t len)
{
	json_t *o = json_loadb(line, len, 0, NULL);
	const char *status;

	fuzz_assert(json_is_object(o));
	status = json_string_value(json_object_get(o, "status"));
	fuzz_assert(status && (strcmp(status, "ok") == 0 ||
	    strcmp(status, "error") == 0));
	json_decref(o);
}

/* All answers, until the connection has gone. */
static unsigned
answers(int fd)
{
	static char text[1 << 18];
	size_t used = 0, at = 0;
	unsigned n = 0, turn;
	char *nl;

	for (turn = 0;; turn++) {
		ssize_t got;

		fuzz_assert(turn < TURNS);
		event_base_loop(served.base, EVLOOP_NONBLOCK);
		got = recv(fd, text + used, sizeof(text) - used,
		    MSG_DONTWAIT);
		if (got == 0 || (got < 0 && errno != EAGAIN))
			break;
		used += got > 0 ? (size_t)got : 0;
	}
	while ((nl = memchr(text + at, '\n', used - at))) {
		check_answer(text + at, (size_t)(nl - text) - at);
		at = (size_t)(nl - text) + 1;
		n++;
	}
	fuzz_assert(at == used);
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	unsigned lines = 1, n;
	struct m m;
	size_t i;
	int fd;

	if (!served.base)
		start();
	ask(&m, AR1, ALICE, 1800, IID);
	(void)log_set_level(NULL, "error");
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	fuzz_assert(fd >= 0 && connect(fd, (struct sockaddr *)&served.addr,
	    sizeof(served.addr)) == 0);
	if (len > 0)
		fuzz_assert(send(fd, data, len, 0) == (ssize_t)len);
	(void)shutdown(fd, SHUT_WR);
	n = answers(fd);
	close(fd);
	for (i = 0; i < len; i++)
		lines += data[i] == '\n';
	fuzz_assert(n <= lines);
	event_base_loop(served.base, EVLOOP_NONBLOCK);
	fuzz_assert(ctl_connections(served.ctl) == 0);
	return 0;
}
