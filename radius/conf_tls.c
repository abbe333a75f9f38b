/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Certificates and keys: what conf_tls.h promises. TLS 1.2 and above, with a
 * certificate at both ends [RFC 6614 2.3]; the server's name is checked by
 * radius/channel_tls.c.
 */
#include "config.h"
#include "radius/conf_tls.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#define CIPHERS	"HIGH:!aNULL:!eNULL:!PSK:!SRP:!SHA1"

#include "common/conf_files.h"

static void
report(struct conf *c, cfg_t *sec, const char *key)
{
	unsigned long e = ERR_peek_last_error();
	const char *why = ERR_reason_error_string(e);

	if (ERR_GET_LIB(e) == ERR_LIB_SYS)
		why = strerror(ERR_GET_REASON(e));
	conf_error(c, sec, key, "%s: %s", cfg_getstr(sec, key),
	    why != NULL ? why : "not to be used");
	ERR_clear_error();
}

/* Nobody is there to be asked for one. */
static int
no_passphrase(char *buf, int size, int write, void *arg)
{
	(void)buf;
	(void)size;
	(void)write;
	(void)arg;
	return -1;
}

static EVP_PKEY *
read_key(int fd)
{
	FILE *f = fdopen(fd, "r");
	EVP_PKEY *key;

	if (f == NULL) {
		close(fd);
		return NULL;
	}
	key = PEM_read_PrivateKey(f, NULL, no_passphrase, NULL);
	fclose(f);
	return key;
}

static bool
use_key(struct conf *c, cfg_t *sec, SSL_CTX *ctx)
{
	int fd = conf_secret_open(c, sec, "key-file");
	EVP_PKEY *key;
	bool ok;

	if (fd < 0)
		return false;
	key = read_key(fd);
	ok = key != NULL && SSL_CTX_use_PrivateKey(ctx, key) == 1;
	EVP_PKEY_free(key);
	if (!ok)
		report(c, sec, "key-file");
	return ok;
}

static bool
fill(struct conf *c, cfg_t *sec, SSL_CTX *ctx)
{
	if (SSL_CTX_load_verify_locations(ctx, cfg_getstr(sec, "ca-file"),
	    NULL) != 1) {
		report(c, sec, "ca-file");
		return false;
	}
	if (SSL_CTX_use_certificate_chain_file(ctx,
	    cfg_getstr(sec, "certificate-file")) != 1) {
		report(c, sec, "certificate-file");
		return false;
	}
	/* Also that it is the certificate's. */
	return use_key(c, sec, ctx);
}

static bool
all_there(struct conf *c, cfg_t *sec)
{
	static const char *const keys[] = { "ca-file", "certificate-file",
	    "key-file" };
	bool ok = true;

	for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (cfg_getstr(sec, keys[i]) == NULL) {
			conf_error(c, sec, keys[i], "missing");
			ok = false;
		}
	return ok;
}

struct ssl_ctx_st *
conf_tls(struct conf *c, cfg_t *sec)
{
	SSL_CTX *ctx;

	/* Files that were kept are secrets alone: such a server is not for
	 * use, only to be compared. */
	if (!all_there(c, sec) || (c->files != NULL && c->files->sealed))
		return NULL;
	ERR_clear_error();
	ctx = SSL_CTX_new(TLS_client_method());
	if (ctx == NULL ||
	    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 ||
	    SSL_CTX_set_cipher_list(ctx, CIPHERS) != 1) {
		conf_error(c, sec, "transport", "libssl does not offer TLS");
		SSL_CTX_free(ctx);
		return NULL;
	}
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION |
	    SSL_OP_NO_RENEGOTIATION);
	if (fill(c, sec, ctx))
		return ctx;
	SSL_CTX_free(ctx);
	return NULL;
}
