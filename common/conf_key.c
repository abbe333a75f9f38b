/* SPDX-License-Identifier: BSD-2-Clause */
/* The section of a mobility security association: key "SPI" { algorithm =
 * hmac-md5  key-file = FILE } [RFC 3344 1.6]. Neighbour: mip4_auth.h. */
#include "config.h"
#include "common/conf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/mip4_auth.h"

cfg_opt_t conf_key_opts[] = {
	CFG_STR("algorithm", "hmac-md5", CFGF_NONE),
	CFG_STR("key-file", NULL, CFGF_NONE),
	CFG_END()
};

static int
key_spi(struct conf *c, cfg_t *sec, uint32_t *spi)
{
	const char *title = cfg_title(sec);
	unsigned long v;
	char *end;

	errno = 0;
	v = title != NULL ? strtoul(title, &end, 0) : 0;
	if (title == NULL || *title == '\0' || *title == '-' ||
	    *end != '\0' || errno != 0 || v > UINT32_MAX) {
		conf_error(c, sec, NULL, "\"%s\" is no SPI",
		    title != NULL ? title : "");
		return (-EINVAL);
	}
	if (v < MIP4_SPI_MIN) {
		conf_error(c, sec, NULL, "SPI %lu: 0 to %d are reserved", v,
		    MIP4_SPI_MIN - 1);
		return (-EINVAL);
	}
	*spi = (uint32_t)v;
	return (0);
}

int
conf_key(struct conf *c, cfg_t *sec, struct mip4_sa *sa)
{
	const char *alg = cfg_getstr(sec, "algorithm");
	int err = 0;
	int len;

	*sa = (struct mip4_sa){ 0 };
	if (key_spi(c, sec, &sa->spi) != 0)
		err = -EINVAL;
	if (mip4_alg_parse(alg, &sa->alg) != 0) {
		conf_error(c, sec, "algorithm", "\"%s\" is not known", alg);
		err = -EINVAL;
	}
	len = conf_secret_file(c, sec, "key-file", sa->key, sizeof(sa->key));
	if (len == -ENOENT)
		conf_error(c, sec, "key-file", "missing");
	if (len < 0)
		err = -EINVAL;
	else
		sa->key_len = (size_t)len;
	/* Also the last chance of the library to look for its files before
	 * chroot. */
	if (err == 0 && (err = mip4_sa_prepare(sa)) != 0)
		conf_error(c, sec, "algorithm", "\"%s\": %s", alg,
		    strerror(-err));
	if (err != 0)
		mip4_sa_wipe(sa);
	return (err);
}
