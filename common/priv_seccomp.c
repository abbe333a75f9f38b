/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The system calls of an engine. Three classes: what libevent, OpenSSL's
 * arithmetic, malloc, our sockets and logging need is allowed; what libc tries
 * on its own account and can do without (files: time zone, sysconf, jansson's
 * seed) fails with EACCES; the rest kills the process, and priv says so.
 */
#include "config.h"
#include "common/priv.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define LOG_MODULE "priv"
#include "common/log.h"

/* Sanitizers need ptrace, personality, /proc: no filter in their builds. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif

/* Names, not numbers: not every architecture has each of them. */
static const char *const allowed[] = {
	/* open descriptors */
	"read", "write", "readv", "writev", "pread64", "pwrite64", "lseek",
	"close", "close_range", "dup", "dup2", "dup3", "fcntl", "fcntl64",
	"fstat", "fstat64", "newfstatat", "statx", "sendfile", "sendfile64",
	"pipe2", "eventfd2", "ftruncate", "ftruncate64", "fallocate",
	"fdatasync", "sync_file_range", "sync_file_range2",
	/* sockets, beside socket itself */
	"sendto", "recvfrom", "sendmsg", "recvmsg", "sendmmsg", "recvmmsg",
	"send", "recv", "accept", "accept4", "bind", "connect", "listen",
	"shutdown", "getsockname", "getpeername", "getsockopt", "setsockopt",
	"socketpair",
	/* waiting */
	"epoll_create", "epoll_create1", "epoll_ctl", "epoll_wait",
	"epoll_pwait", "epoll_pwait2", "poll", "ppoll", "ppoll_time64",
	"select", "_newselect", "pselect6", "pselect6_time64",
	"timerfd_create", "timerfd_settime", "timerfd_settime64",
	"timerfd_gettime", "timerfd_gettime64", "restart_syscall",
	/* time */
	"clock_gettime", "clock_gettime64", "clock_getres",
	"clock_getres_time64", "clock_nanosleep", "clock_nanosleep_time64",
	"nanosleep", "gettimeofday", "time", "times",
	/* memory, beside what is executable */
	"brk", "munmap", "mremap", "madvise", "mincore", "membarrier",
	/* the process itself */
	"getpid", "getppid", "gettid", "getuid", "geteuid", "getgid",
	"getegid", "getuid32", "geteuid32", "getgid32", "getegid32",
	"getrandom", "getrusage", "sysinfo", "uname", "umask",
	"rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigreturn",
	"rt_sigpending", "sigaltstack", "futex", "futex_time64",
	"set_robust_list", "get_robust_list", "rseq", "sched_yield",
	"sched_getaffinity", "getcpu", "exit", "exit_group",
};

static const char *const refused[] = {
	"open", "openat", "openat2", "access", "faccessat", "faccessat2",
	"stat", "stat64", "lstat", "lstat64", "readlink", "readlinkat",
	"getcwd", "getdents64", "unlink", "unlinkat", "prlimit64",
	"getrlimit", "ugetrlimit",
};

static int
add_names(scmp_filter_ctx ctx, const char *const *names, size_t n,
    uint32_t action)
{
	size_t i;
	int nr, err;

	for (i = 0; i < n; i++) {
		nr = seccomp_syscall_resolve_name(names[i]);
		if (nr == __NR_SCMP_ERROR)
			continue;	/* newer than this libseccomp */
		err = seccomp_rule_add(ctx, action, nr, 0);
		/* -EDOM: not on this architecture */
		if (err != 0 && err != -EDOM)
			return (err);
	}
	return (0);
}

/* Allows a system call when its argument arg, under a mask, is value. (The
 * library's own macros for this leave fields out, at which clang warns.) */
static int
allow_when(scmp_filter_ctx ctx, int nr, unsigned arg, uint64_t mask,
    uint64_t value)
{
	const struct scmp_arg_cmp cmp = {
		.arg = arg,
		.op = SCMP_CMP_MASKED_EQ,
		.datum_a = mask,
		.datum_b = value,
	};

	return (seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, nr, 1, &cmp));
}

static int
allow_socket(scmp_filter_ctx ctx, int family, int type)
{
	const struct scmp_arg_cmp cmp[] = {
		{ .arg = 0, .op = SCMP_CMP_EQ,
		    .datum_a = (scmp_datum_t)family },
		{ .arg = 1, .op = SCMP_CMP_MASKED_EQ, .datum_a = 0xf,
		    .datum_b = (scmp_datum_t)type },
	};

	return (seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socket),
	    2, cmp));
}

/* Datagram sockets towards networks, and syslog's towards its daemon; TCP for
 * those who have servers over TLS. */
static int
add_sockets(scmp_filter_ctx ctx, bool tcp)
{
	static const int families[] = { AF_INET, AF_INET6, AF_UNIX };
	size_t i;
	int err = 0;

	for (i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		if (err == 0)
			err = allow_socket(ctx, families[i], SOCK_DGRAM);
	if (err == 0 && tcp)
		err = allow_socket(ctx, AF_INET, SOCK_STREAM);
	return (err);
}

static int
add_ioctls(scmp_filter_ctx ctx)
{
	/* TCGETS is isatty's */
	static const unsigned long requests[] = { FIONREAD, FIONBIO, TCGETS,
	    SIOCGIFINDEX, SIOCGIFNAME, SIOCGIFMTU, SIOCGIFFLAGS,
	    SIOCGIFHWADDR };
	size_t i;
	int err = 0;

	for (i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		if (err == 0)
			err = allow_when(ctx, SCMP_SYS(ioctl), 1, 0xffffffff,
			    requests[i]);
	return (err);
}

/* mmap, mmap2 and mprotect of what is not executable. */
static int
add_memory(scmp_filter_ctx ctx)
{
	static const char *const names[] = { "mmap", "mmap2", "mprotect" };
	size_t i;
	int err = 0;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (err == 0)
			err = allow_when(ctx,
			    seccomp_syscall_resolve_name(names[i]), 2,
			    PROT_EXEC, 0);
		if (err == -EDOM)
			err = 0;
	}
	return (err);
}

/* abort() must end as SIGABRT, not as SIGSYS: signals to ourselves. */
static int
add_abort(scmp_filter_ctx ctx)
{
	const uint64_t self = (uint64_t)getpid();
	int err;

	err = allow_when(ctx, SCMP_SYS(tgkill), 0, 0xffffffff, self);
	if (err == 0)
		err = allow_when(ctx, SCMP_SYS(kill), 0, 0xffffffff, self);
	return (err);
}

static int
fill(scmp_filter_ctx ctx, bool tcp)
{
	int err;

	err = add_names(ctx, allowed, sizeof(allowed) / sizeof(allowed[0]),
	    SCMP_ACT_ALLOW);
	if (err == 0)
		err = add_names(ctx, refused,
		    sizeof(refused) / sizeof(refused[0]),
		    SCMP_ACT_ERRNO(EACCES));
	if (err == 0)
		err = add_sockets(ctx, tcp);
	if (err == 0)
		err = add_ioctls(ctx);
	if (err == 0)
		err = add_memory(ctx);
	if (err == 0)
		err = add_abort(ctx);
	return (err);
}

int
priv_seccomp(bool tcp)
{
	scmp_filter_ctx ctx;
	int err;

#ifdef SANITIZED
	(void)tcp;
	log_warnx(NULL, "no system call filter in a build with sanitizers");
	return (0);
#endif
	ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	if (ctx == NULL) {
		log_errorx(NULL, "no system call filter: out of memory");
		return (-ENOMEM);
	}
	err = fill(ctx, tcp);
	if (err == 0)
		err = seccomp_load(ctx);
	if (err != 0)
		log_at(LOG_L_ERROR, LOG_MODULE, NULL, -err,
		    "system call filter");
	seccomp_release(ctx);
	return (err);
}
