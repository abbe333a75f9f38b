/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Preloaded into user-mode Linux: lets Debian 12's 6.1 guest run on CPUs whose
 * register state is larger than it knows (AMX: 11008 bytes; it has room for
 * 2696). Reading a part of the state is fine with the host's kernel, writing a
 * part is not (EFAULT), and the guest would panic on its first process. Here a
 * short write becomes read all, replace the part, write all. What the guest
 * does not know its processes cannot use either: it has no arch_prctl that
 * would permit AMX.
 */
#include <errno.h>
#include <elf.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define XSTATE_MAX	65536

static long
set_whole(pid_t pid, const struct iovec *part)
{
	/* One thread of the guest's kernel does all its ptracing. */
	static char whole[XSTATE_MAX] __attribute__((aligned(64)));
	struct iovec iov = { whole, sizeof(whole) };

	if (syscall(SYS_ptrace, PTRACE_GETREGSET, pid, NT_X86_XSTATE, &iov) < 0)
		return -1;
	if (part->iov_len >= iov.iov_len) {
		errno = EFAULT;
		return -1;
	}
	memcpy(whole, part->iov_base, part->iov_len);
	return syscall(SYS_ptrace, PTRACE_SETREGSET, pid, NT_X86_XSTATE, &iov);
}

long
ptrace(enum __ptrace_request request, ...)
{
	va_list ap;
	pid_t pid;
	void *addr, *data;
	long peeked, ret;

	va_start(ap, request);
	pid = va_arg(ap, pid_t);
	addr = va_arg(ap, void *);
	data = va_arg(ap, void *);
	va_end(ap);

	/* These return what they read, by way of a pointer in the kernel. */
	if (request == PTRACE_PEEKTEXT || request == PTRACE_PEEKDATA ||
	    request == PTRACE_PEEKUSER) {
		ret = syscall(SYS_ptrace, request, pid, addr, &peeked);
		return ret < 0 ? ret : (errno = 0, peeked);
	}
	ret = syscall(SYS_ptrace, request, pid, addr, data);
	if (ret < 0 && errno == EFAULT && request == PTRACE_SETREGSET &&
	    addr == (void *)NT_X86_XSTATE)
		ret = set_whole(pid, data);
	return ret;
}
