/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What the tests of crypto/ share: published keys, bytes from hexadecimal,
 * and a card's environment whose random bytes are chosen.
 */
#ifndef TEST_CRYPTO_UTIL_H
#define TEST_CRYPTO_UTIL_H

#include "emulator/crypto/crypto.h"

/* A field of a section ("s80", "dp") of tests/vectors/authentic?/
 * test-keys.txt, below $CB_SRC. Ends the test where it is not there. */
struct cb_buf util_key_field(const char *section, const char *field);
/* All components of a key; e is 65537. */
struct emu_rsa_parts util_key_parts(const char *section);

struct emu_rsa *util_rsa_load(const char *section);
/* The public half as OpenSSL's own key (EVP_PKEY), the caller's. */
struct evp_pkey_st *util_rsa_public(const struct emu_rsa *key);
/* block^e mod n */
struct cb_buf util_rsa_encipher(
    const struct emu_rsa *key, struct cb_span block);

struct cb_buf util_hex(const char *text);
/* True where b holds exactly these bytes. */
bool util_is(struct cb_span b, const char *hex);

/* random hands out what `hex` says, then fails. */
struct util_env {
	struct emu_env env;
	struct cb_buf bytes;
};
void util_env_init(struct util_env *e, const char *hex);
void util_env_clear(struct util_env *e);

#endif
