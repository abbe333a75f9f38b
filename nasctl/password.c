/* SPDX-License-Identifier: BSD-2-Clause */
/* Neighbour: command.c asks for it. */
#include "config.h"
#include "nasctl/password.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* A byte at a time: what is behind the line is not ours, and stays in no
 * buffer. */
static int
read_line(char password[PASSWORD_MAX])
{
	size_t n = 0;
	ssize_t got;
	char c;

	for (;;) {
		got = read(STDIN_FILENO, &c, 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 || (got == 0 && n == 0))
			return (-EINVAL);
		if (got == 0 || c == '\n')
			break;
		if (n == PASSWORD_MAX - 1 || c == '\0')
			return (-EINVAL);
		password[n++] = c;
	}
	if (n > 0 && password[n - 1] == '\r')
		n--;
	password[n] = '\0';
	return (0);
}

int
password_read(char password[PASSWORD_MAX], const char *whose)
{
	struct termios old, quiet;
	sigset_t stops, before;
	int e;

	if (tcgetattr(STDIN_FILENO, &old) != 0)
		return (read_line(password));
	/* They wait until the terminal is as it was. */
	sigemptyset(&stops);
	sigaddset(&stops, SIGINT);
	sigaddset(&stops, SIGTERM);
	sigaddset(&stops, SIGTSTP);
	sigprocmask(SIG_BLOCK, &stops, &before);
	quiet = old;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	fprintf(stderr, "Password of %s: ", whose);
	fflush(stderr);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	e = read_line(password);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
	fputc('\n', stderr);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return (e);
}
