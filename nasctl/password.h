/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NASCTL_PASSWORD_H
#define NASCTL_PASSWORD_H

#define PASSWORD_MAX	129	/* with its NUL; RFC 2865 5.2 */

/* Reads a line from standard input, without echo and after a prompt if that is
 * a terminal. 0, or -EINVAL when there is none that fits. Wipe it. */
int	password_read(char password[PASSWORD_MAX], const char *whose);

#endif
