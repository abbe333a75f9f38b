/* SPDX-License-Identifier: BSD-2-Clause */
#include <locale.h>

#include "nasctl/nasctl.h"

int
main(int argc, char **argv)
{
	setlocale(LC_CTYPE, "");
	return (nasctl_run(argc, argv, stdout, stderr));
}
