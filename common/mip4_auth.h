/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mobility security associations, authenticators [RFC 3344 3.5] and replay
 * protection by timestamps [RFC 3344 5.7, PROTOCOLS 4, 5]. Pure: OpenSSL's
 * HMAC is arithmetic, clocks come in as arguments.
 */
#ifndef COMMON_MIP4_AUTH_H
#define COMMON_MIP4_AUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct evp_mac_ctx_st;
struct evp_md_ctx_st;
struct wire_w;
struct mip4_exts;

enum mip4_alg {
	MIP4_ALG_HMAC_MD5,	/* RFC 2104, 16 bytes; the default */
	MIP4_ALG_KEYED_MD5,	/* RFC 2002's prefix+suffix, by config only */
	MIP4_ALG_HMAC_SHA1,	/* 20 bytes */
	MIP4_ALG_HMAC_SHA256,	/* 32 bytes, not truncated [D4] */
};

#define MIP4_AUTH_MAX	32	/* bytes of the longest authenticator */
#define MIP4_KEY_MAX	64
#define MIP4_SPI_MIN	256	/* 0..255 are reserved */

/*
 * A security association: how one SPI authenticates. Fill in the first four
 * members of a zeroed struct. mip4_sa_prepare then sets up algorithm and key
 * once; one that is not prepared works too, but does so for every message,
 * which is right for one used once in half an hour. A prepared one may be
 * moved, but is copied by mip4_sa_copy only. Never log the key.
 */
struct mip4_sa {
	uint32_t	spi;
	enum mip4_alg	alg;
	uint8_t		key[MIP4_KEY_MAX];
	size_t		key_len;
	/* by mip4_sa_prepare */
	struct evp_mac_ctx_st	*mac;
	struct evp_md_ctx_st	*md;
};

/* 0, -EINVAL for a key that is empty or too long, -ENOTSUP when the library
 * does not offer the algorithm, -ENOMEM. Once one has been prepared, the
 * library needs no file any more: do that before chroot. */
int	 mip4_sa_prepare(struct mip4_sa *);
/* What was in to is overwritten; the copy is not prepared. */
void	 mip4_sa_copy(struct mip4_sa *to, const struct mip4_sa *from);
/* Wipes the key and releases what mip4_sa_prepare made. */
void	 mip4_sa_wipe(struct mip4_sa *);
/* An agent pair's key from the home agent's root key [PROTOCOLS D69]: sets key
 * and length of *sa, whose SPI is set. Addresses in network order. 0, -EINVAL
 * for a root key under 128 bits, -ENOTSUP when there is no SHA-1. */
#define MIP4_HA_RK_MIN	16
int	 mip4_fa_ha_derive(struct mip4_sa *sa, const uint8_t *ha_rk,
    size_t len, uint32_t ha, uint32_t coa);
size_t	 mip4_alg_len(enum mip4_alg);
const char *mip4_alg_str(enum mip4_alg);
/* "hmac-md5", "hmac-sha256", ...: 0 or -EINVAL. */
int	 mip4_alg_parse(const char *, enum mip4_alg *);

/* Appends extension type (32, 33, 34): everything written before it, and its
 * own Type, Length and SPI, are authenticated. */
void	 mip4_put_auth(struct wire_w *, uint8_t type, const struct mip4_sa *);

enum mip4_auth_verdict {
	MIP4_AUTH_OK,
	MIP4_AUTH_ABSENT,	/* no extension of that type */
	MIP4_AUTH_TWICE,	/* more than one, or more of all types than
				 * MIP4_MAX_AUTHS: treat as bad */
	MIP4_AUTH_WRONG_SPI,	/* there, by another SPI than this SA's */
	MIP4_AUTH_BAD,		/* length or authenticator wrong */
};

/* Checks the one extension of a type against an SA, in constant time. msg is
 * the UDP payload exts was parsed from. On MIP4_AUTH_OK *covered is the offset
 * behind the extension: what stands before it is authentic. */
enum mip4_auth_verdict mip4_auth_check(const uint8_t *msg,
    const struct mip4_exts *, uint8_t type, const struct mip4_sa *,
    size_t *covered);

/* The SPI of the first extension of a type, 0 if it is too short to have one;
 * false when absent. */
bool	 mip4_auth_spi(const struct mip4_exts *, uint8_t type, uint32_t *spi);

/* Home agent's side: is this Identification fresh? last is 0 for a mobile
 * node never heard. window in seconds. */
enum mip4_replay {
	MIP4_REPLAY_FRESH,
	MIP4_REPLAY_WINDOW,	/* its clock is too far from ours */
	MIP4_REPLAY_OLD,	/* not above the last accepted one */
};
enum mip4_replay mip4_replay_check(uint64_t id, uint64_t last,
    uint64_t own_ntp, uint32_t window);
/* The Identification of a reply with code 133: our seconds, their low 32. */
uint64_t mip4_replay_resync(uint64_t id, uint64_t own_ntp);

/* Client's side: the next Identification: own time plus the offset learned
 * from a 133, above every earlier one. Updates *last. */
uint64_t mip4_id_next(uint64_t own_ntp, int32_t offset_s, uint64_t *last);

#endif
