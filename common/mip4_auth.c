/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Authenticators [RFC 3344 3.5, 5.1] and replay protection by timestamps
 * [RFC 3344 5.7.1]. Extensions are framed by mip4_ext.c.
 */
#include "common/mip4_auth.h"

#include <errno.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "common/clock.h"
#include "common/mip4_ext.h"
#include "common/wire.h"

#define AUTH_HEADER	6	/* Type, Length, SPI: authenticated too */

struct alg {
	const char	*name;
	const char	*digest;	/* OpenSSL's name of it */
	size_t		 len;
};

static const struct alg algs[] = {
	[MIP4_ALG_HMAC_MD5]	= { "hmac-md5", "MD5", 16 },
	[MIP4_ALG_KEYED_MD5]	= { "keyed-md5", "MD5", 16 },
	[MIP4_ALG_HMAC_SHA1]	= { "hmac-sha1", "SHA1", 20 },
	[MIP4_ALG_HMAC_SHA256]	= { "hmac-sha256", "SHA256", 32 },
};
#define N_ALGS	(sizeof(algs) / sizeof(algs[0]))

size_t
mip4_alg_len(enum mip4_alg alg)
{
	return algs[alg].len;
}

const char *
mip4_alg_str(enum mip4_alg alg)
{
	return algs[alg].name;
}

int
mip4_alg_parse(const char *s, enum mip4_alg *alg)
{
	for (size_t i = 0; i < N_ALGS; i++) {
		if (strcmp(s, algs[i].name) == 0) {
			*alg = (enum mip4_alg)i;
			return 0;
		}
	}
	return -EINVAL;
}

static int
prepare_hmac(struct mip4_sa *sa)
{
	char digest[16];
	OSSL_PARAM params[2];
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);

	if (mac == NULL)
		return -ENOTSUP;
	sa->mac = EVP_MAC_CTX_new(mac);
	EVP_MAC_free(mac);	/* the context keeps it */
	if (sa->mac == NULL)
		return -ENOMEM;
	strcpy(digest, algs[sa->alg].digest);
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
	    digest, 0);
	params[1] = OSSL_PARAM_construct_end();
	if (EVP_MAC_init(sa->mac, sa->key, sa->key_len, params) != 1)
		return -ENOTSUP;
	return 0;
}

static int
prepare_digest(struct mip4_sa *sa)
{
	EVP_MD *md = EVP_MD_fetch(NULL, algs[sa->alg].digest, NULL);
	int ok;

	if (md == NULL)
		return -ENOTSUP;
	sa->md = EVP_MD_CTX_new();
	ok = sa->md != NULL && EVP_DigestInit_ex2(sa->md, md, NULL) == 1;
	EVP_MD_free(md);
	return ok ? 0 : -ENOMEM;
}

static void
release(struct mip4_sa *sa)
{
	EVP_MAC_CTX_free(sa->mac);
	EVP_MD_CTX_free(sa->md);
	sa->mac = NULL;
	sa->md = NULL;
}

int
mip4_sa_prepare(struct mip4_sa *sa)
{
	int rc;

	if (sa->key_len == 0 || sa->key_len > sizeof(sa->key))
		return -EINVAL;
	release(sa);
	if (sa->alg == MIP4_ALG_KEYED_MD5)
		rc = prepare_digest(sa);
	else
		rc = prepare_hmac(sa);
	if (rc != 0)
		release(sa);
	return rc;
}

void
mip4_sa_copy(struct mip4_sa *to, const struct mip4_sa *from)
{
	*to = *from;
	to->mac = NULL;
	to->md = NULL;
}

void
mip4_sa_wipe(struct mip4_sa *sa)
{
	release(sa);
	OPENSSL_cleanse(sa, sizeof(*sa));
}

int
mip4_fa_ha_derive(struct mip4_sa *sa, const uint8_t *ha_rk, size_t len,
    uint32_t ha, uint32_t coa)
{
	uint8_t in[5 + 4 + 4 + 4];
	struct wire_w w;
	size_t n = 0;

	if (len < MIP4_HA_RK_MIN)
		return -EINVAL;
	wire_w_init(&w, in, sizeof(in));
	wire_w_copy(&w, "FA-HA", 5);
	wire_w_copy(&w, &ha, sizeof(ha));
	wire_w_copy(&w, &coa, sizeof(coa));
	wire_w_u32(&w, sa->spi);
	if (EVP_Q_mac(NULL, "HMAC", NULL, "SHA1", NULL, ha_rk, len, in, w.len,
	    sa->key, sizeof(sa->key), &n) == NULL)
		return -ENOTSUP;
	sa->key_len = n;
	return 0;
}

/* RFC 2002's prefix+suffix mode: MD5(key, data, key). */
static bool
keyed_digest(const struct mip4_sa *sa, const uint8_t *data, size_t len,
    uint8_t *out)
{
	return EVP_DigestInit_ex2(sa->md, NULL, NULL) == 1 &&
	    EVP_DigestUpdate(sa->md, sa->key, sa->key_len) == 1 &&
	    EVP_DigestUpdate(sa->md, data, len) == 1 &&
	    EVP_DigestUpdate(sa->md, sa->key, sa->key_len) == 1 &&
	    EVP_DigestFinal_ex(sa->md, out, NULL) == 1;
}

/* Initialising without a key begins anew with the one the context has. */
static bool
hmac(const struct mip4_sa *sa, const uint8_t *data, size_t len, uint8_t *out)
{
	size_t n;

	return EVP_MAC_init(sa->mac, NULL, 0, NULL) == 1 &&
	    EVP_MAC_update(sa->mac, data, len) == 1 &&
	    EVP_MAC_final(sa->mac, out, &n, MIP4_AUTH_MAX) == 1 &&
	    n == algs[sa->alg].len;
}

/* Writes mip4_alg_len(sa->alg) bytes. */
static bool
authenticate(const struct mip4_sa *sa, const uint8_t *data, size_t len,
    uint8_t out[static MIP4_AUTH_MAX])
{
	struct mip4_sa once;
	bool ok;

	if (sa->mac != NULL)
		return hmac(sa, data, len, out);
	if (sa->md != NULL)
		return keyed_digest(sa, data, len, out);
	mip4_sa_copy(&once, sa);
	ok = mip4_sa_prepare(&once) == 0 &&
	    authenticate(&once, data, len, out);
	mip4_sa_wipe(&once);
	return ok;
}

void
mip4_put_auth(struct wire_w *w, uint8_t type, const struct mip4_sa *sa)
{
	size_t n = mip4_alg_len(sa->alg);
	uint8_t sum[MIP4_AUTH_MAX];

	wire_w_u8(w, type);
	wire_w_u8(w, (uint8_t)(AUTH_HEADER - 2 + n));
	wire_w_u32(w, sa->spi);
	if (w->err)
		return;
	if (!authenticate(sa, w->buf, w->len, sum)) {
		w->err = true;
		return;
	}
	wire_w_copy(w, sum, n);
}

/* The only extension of a type. */
static enum mip4_auth_verdict
find_only(const struct mip4_exts *e, uint8_t type,
    const struct mip4_auth_ext **found)
{
	/* More than one of each type: at least one type stands twice, and
	 * which one was not recorded. */
	if (e->n_auth > MIP4_MAX_AUTHS)
		return MIP4_AUTH_TWICE;
	*found = NULL;
	for (unsigned i = 0; i < e->n_auth; i++) {
		if (e->auth[i].type != type)
			continue;
		if (*found != NULL)
			return MIP4_AUTH_TWICE;
		*found = &e->auth[i];
	}
	return *found == NULL ? MIP4_AUTH_ABSENT : MIP4_AUTH_OK;
}

enum mip4_auth_verdict
mip4_auth_check(const uint8_t *msg, const struct mip4_exts *e, uint8_t type,
    const struct mip4_sa *sa, size_t *covered)
{
	size_t n = mip4_alg_len(sa->alg);
	const struct mip4_auth_ext *a;
	enum mip4_auth_verdict v;
	uint8_t sum[MIP4_AUTH_MAX];

	v = find_only(e, type, &a);
	if (v != MIP4_AUTH_OK)
		return v;
	if (a->authenticator == NULL)
		return MIP4_AUTH_BAD;
	if (a->spi != sa->spi)
		return MIP4_AUTH_WRONG_SPI;
	if (a->len != n || !authenticate(sa, msg, a->off + AUTH_HEADER, sum) ||
	    CRYPTO_memcmp(sum, a->authenticator, n) != 0)
		return MIP4_AUTH_BAD;
	*covered = a->off + AUTH_HEADER + n;
	return MIP4_AUTH_OK;
}

bool
mip4_auth_spi(const struct mip4_exts *e, uint8_t type, uint32_t *spi)
{
	for (unsigned i = 0; i < e->n_auth && i < MIP4_MAX_AUTHS; i++) {
		if (e->auth[i].type == type) {
			*spi = e->auth[i].spi;
			return true;
		}
	}
	return false;
}

#define SECONDS(ntp)	((ntp) & UINT64_C(0xffffffff00000000))
#define LOW32(ntp)	((ntp) & UINT64_C(0xffffffff))

enum mip4_replay
mip4_replay_check(uint64_t id, uint64_t last, uint64_t own_ntp,
    uint32_t window)
{
	int64_t off = ntp_diff_s(id, own_ntp);

	if (off > (int64_t)window || -off > (int64_t)window)
		return MIP4_REPLAY_WINDOW;
	if (last != 0 && ntp_cmp(id, last) <= 0)
		return MIP4_REPLAY_OLD;
	return MIP4_REPLAY_FRESH;
}

uint64_t
mip4_replay_resync(uint64_t id, uint64_t own_ntp)
{
	return SECONDS(own_ntp) | LOW32(id);
}

uint64_t
mip4_id_next(uint64_t own_ntp, int32_t offset_s, uint64_t *last)
{
	uint64_t id = own_ntp + ((uint64_t)(uint32_t)offset_s << 32);

	if (*last != 0 && ntp_cmp(id, *last) <= 0)
		id = *last + 1;
	*last = id;
	return id;
}
