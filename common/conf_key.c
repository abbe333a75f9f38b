/* SPDX-License-Identifier: BSD-2-Clause */
/* The section of a mobility security association: key "SPI" { algorithm =
 * hmac-md5  key-file = FILE  ha-rk = false } [RFC 3344 1.6; PROTOCOLS D69].
 * Neighbour: mip4_auth.h. */
#include "config.h"
#include "common/conf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/mip4_auth.h"

cfg_opt_t conf_key_opts[] = {
	CFG_STR("algorithm", "hmac-md5", CFGF_NONE),
	CFG_STR("key-file", NULL, CFGF_NONE),
	CFG_BOOL("ha-rk", cfg_false, CFGF_NONE),
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

/* The key in the file, or the one that follows from it for the home agent and
 * the care-of address in ends (NULL: it does not). */
static int
key_read(struct conf *c, cfg_t *sec, const struct in_addr *ends,
    struct mip4_sa *sa)
{
	uint8_t rk[MIP4_KEY_MAX];
	int err = 0, len;

	len = conf_secret_file(c, sec, "key-file", rk, sizeof(rk));
	if (len == -ENOENT)
		conf_error(c, sec, "key-file", "missing");
	if (len < 0)
		return (-EINVAL);
	if (!cfg_getbool(sec, "ha-rk")) {
		memcpy(sa->key, rk, (size_t)len);
		sa->key_len = (size_t)len;
	} else if (ends == NULL) {
		conf_error(c, sec, "ha-rk", "not in a mobile-home key");
		err = -EINVAL;
	} else {
		err = mip4_fa_ha_derive(sa, rk, (size_t)len, ends[0].s_addr,
		    ends[1].s_addr);
		if (err != 0)
			conf_error(c, sec, "ha-rk", "%s", err == -EINVAL ?
			    "a root key has 16 bytes at least" :
			    strerror(-err));
	}
	explicit_bzero(rk, sizeof(rk));
	return (err);
}

static int
key(struct conf *c, cfg_t *sec, const struct in_addr *ends,
    struct mip4_sa *sa)
{
	const char *alg = cfg_getstr(sec, "algorithm");
	int err = 0;

	*sa = (struct mip4_sa){ 0 };
	if (key_spi(c, sec, &sa->spi) != 0)
		err = -EINVAL;
	if (mip4_alg_parse(alg, &sa->alg) != 0) {
		conf_error(c, sec, "algorithm", "\"%s\" is not known", alg);
		err = -EINVAL;
	}
	if (key_read(c, sec, ends, sa) != 0)
		err = -EINVAL;
	/* Also the last chance of the library to look for its files before
	 * chroot. */
	if (err == 0 && (err = mip4_sa_prepare(sa)) != 0)
		conf_error(c, sec, "algorithm", "\"%s\": %s", alg,
		    strerror(-err));
	if (err != 0)
		mip4_sa_wipe(sa);
	return (err);
}

int
conf_key(struct conf *c, cfg_t *sec, struct mip4_sa *sa)
{
	return (key(c, sec, NULL, sa));
}

int
conf_key_fa_ha(struct conf *c, cfg_t *sec, struct in_addr ha,
    struct in_addr coa, struct mip4_sa *sa)
{
	const struct in_addr ends[] = { ha, coa };

	return (key(c, sec, ends, sa));
}
