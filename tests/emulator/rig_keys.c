/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See rig.h: keys that are known, and what OpenSSL says of them.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "common/tlv.h"
#include "tests/emulator/crypto_util.h"
#include "tests/emulator/leak.h"
#include "tests/emulator/rig.h"

static const char *const names[] = { "p", "q", "qi", "dp", "dq", "n", "e" };
enum { P, Q, QI, DP, DQ, N, E, COMPONENTS };

struct known {
	const char *section;
	struct cb_buf parts[COMPONENTS];
};

static struct known known[16];

/* Made for these tests, and published here: they guard nothing. */
static const struct {
	const char *section, *p, *q;
} primes[] = {
	{ "512",
	    "F9F7C47AC1D1E54FEE5CCB359F2CCE1A6CC097C39F806C1094764E863BC5703F",
	    "EC9274B2D19D7AD580EE67C9753304764E24C401F9E93E2A481F023BE6DA9DC3" },
	{ "1024",
	    "F85BDE14A2A7CD4A40548CBD2C8C72BABA1235CD73B1D8EF192776405CC298EE"
	    "4CD5207526DA3D8CF96FAEC6DB1EDE3DBF5B3F0A202B7F7EEBC6A47F48CFFA73",
	    "E485CC5E269A68CD969157771526A1016E80F98A5A7A4E0D918646DCA3E1A91A"
	    "5CACB92D059EB65CA4DC1DE9D944AC77E3591C329AC7F71822D23F8D4F5BEE77" },
};

/* d mod (prime - 1), for e = 65537. */
static struct cb_buf
exponent_for(const char *prime)
{
	struct cb_buf b = util_hex(prime);
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *m = BN_bin2bn(b.p, (int)b.n, NULL);
	BIGNUM *e = BN_new();

	ck_assert(BN_set_word(e, 65537) && BN_sub_word(m, 1) &&
	    BN_mod_inverse(e, e, m, ctx) != NULL &&
	    BN_bn2binpad(e, b.p, (int)b.n) == (int)b.n);
	BN_free(e);
	BN_free(m);
	BN_CTX_free(ctx);
	return b;
}

/* The other components of one of these; false: none of them. */
static bool
known_small(struct known *k)
{
	struct emu_rsa_parts p = { 0 };
	struct cb_buf *from[] = { &p.p, &p.q, &p.qi, &p.dp, &p.dq, &p.n, &p.e };
	struct emu_rsa *key;
	size_t i;

	for (i = 0; i < sizeof(primes) / sizeof(primes[0]); i++)
		if (strcmp(primes[i].section, k->section) == 0)
			break;
	if (i == sizeof(primes) / sizeof(primes[0]))
		return false;
	p.p = util_hex(primes[i].p);
	p.q = util_hex(primes[i].q);
	p.dp = exponent_for(primes[i].p);
	p.dq = exponent_for(primes[i].q);
	ck_assert_int_eq(emu_rsa_load(&key, &p), CB_OK);
	emu_rsa_parts_free(&p);
	ck_assert_int_eq(emu_rsa_parts(key, &p), CB_OK);
	for (i = 0; i < COMPONENTS; i++)
		cb_buf_move(&k->parts[i], from[i]);
	emu_rsa_free(&key);
	return true;
}

static const struct known *
known_key(const char *section)
{
	struct known *k = known;

	for (; k->section != NULL; k++)
		if (strcmp(k->section, section) == 0)
			return k;
	/* the last one stays empty, and ends the search */
	ck_assert_uint_lt((size_t)(k - known) + 1,
	    sizeof(known) / sizeof(known[0]));
	k->section = section;
	if (known_small(k))
		return k;
	for (size_t i = 0; i < COMPONENTS; i++)
		k->parts[i] = i == E ? util_hex("010001")
				     : util_key_field(section, names[i]);
	return k;
}

/* Linked in place of the one it calls. Valgrind takes half a minute to look
 * for primes of these sizes; there, published keys are made, of the larger one
 * in turn. */
enum cb_err __real_emu_rsa_generate(
    struct emu_rsa **out, unsigned bits, struct cb_span e);
enum cb_err __wrap_emu_rsa_generate(
    struct emu_rsa **out, unsigned bits, struct cb_span e);

enum cb_err
__wrap_emu_rsa_generate(struct emu_rsa **out, unsigned bits, struct cb_span e)
{
	static const char *const sections[] = { "i1", "i2" };
	static unsigned turn;
	const bool small = bits == 1024;
	const struct known *k;
	struct emu_rsa_parts p = { 0 };
	struct cb_buf *to[] = { &p.p, &p.q, &p.qi, &p.dp, &p.dq, &p.n, &p.e };
	enum cb_err r;

	if ((bits != 2048 && !small) || e.n != 0 || !leak_valgrind())
		return __real_emu_rsa_generate(out, bits, e);
	k = known_key(small ? "1024" : sections[turn++ % 2]);
	for (size_t i = 0; i < COMPONENTS; i++)
		ck_assert_int_eq(
		    cb_buf_set(to[i], cb_buf_span(&k->parts[i])), CB_OK);
	r = emu_rsa_load(out, &p);
	emu_rsa_parts_free(&p);
	return r;
}

struct cb_span
rig_key(const char *section, const char *component)
{
	const struct known *k = known_key(section);

	for (size_t i = 0; i < COMPONENTS; i++)
		if (strcmp(names[i], component) == 0)
			return cb_buf_span(&k->parts[i]);
	ck_abort_msg("no component %s", component);
}

static void
put_component(struct rig *r, uint8_t cc, uint8_t tag, struct cb_span v)
{
	uint8_t cmd[5 + 3 + 255] = { 0x80, 0xD8, cc, 0x04 };
	size_t n;

	while (v.n > 0) {
		/* 256 bytes go as 32 and 224 */
		n = v.n == 256 ? 32 : v.n;
		cmd[0] = v.n > n ? 0x90 : 0x80;
		cmd[4] = (uint8_t)(n + 3);
		cmd[5] = tag;
		cmd[6] = (uint8_t)n;
		memcpy(cmd + 7, v.p, n);
		cmd[7 + n] = 0;
		ck_assert_int_eq(emu_card_transmit(r->card,
				     cb_span(cmd, n + 8), &r->rsp),
		    CB_OK);
		ck_assert(cb_span_equal(
		    cb_buf_span(&r->rsp), CB_SPAN_OF(((uint8_t[]){ 0x90, 0 }))));
		v = cb_span_tail(v, n);
	}
}

void
rig_import(struct rig *r, const char *section, bool public)
{
	const struct known *k = known_key(section);

	if (public) {
		put_component(r, 1, 0xA1, cb_buf_span(&k->parts[N]));
		put_component(r, 2, 0xA1, cb_buf_span(&k->parts[E]));
		return;
	}
	for (uint8_t i = P; i <= DQ; i++)
		put_component(
		    r, (uint8_t)(i + 1), 0xA3, cb_buf_span(&k->parts[i]));
}

static void
put_tlv(struct cb_buf *out, uint32_t tag, struct cb_span value)
{
	ck_assert_int_eq(cb_tlv_put(out, tag, value), CB_OK);
}

/* A1 (80 mechanism, 83 number, A5 (7F48 (92..96) 7F49 (81 82))) */
static void
key_object(struct cb_buf *out, uint8_t no, const struct known *k)
{
	const uint8_t mechanism = (uint8_t)(k->parts[N].n / 32 + 4);
	struct cb_buf prv = CB_BUF_INIT, pub = CB_BUF_INIT, both = CB_BUF_INIT,
		      all = CB_BUF_INIT;

	for (uint8_t i = P; i <= DQ; i++)
		put_tlv(&prv, 0x92u + i, cb_buf_span(&k->parts[i]));
	put_tlv(&pub, 0x81, cb_buf_span(&k->parts[N]));
	put_tlv(&pub, 0x82, cb_buf_span(&k->parts[E]));
	put_tlv(&both, 0x7F48, cb_buf_span(&prv));
	put_tlv(&both, 0x7F49, cb_buf_span(&pub));
	put_tlv(&all, 0x80, cb_span(&mechanism, 1));
	put_tlv(&all, 0x83, cb_span(&no, 1));
	put_tlv(&all, 0xA5, cb_buf_span(&both));
	put_tlv(out, 0xA1, cb_buf_span(&all));
	cb_buf_free(&prv);
	cb_buf_free(&pub);
	cb_buf_free(&both);
	cb_buf_free(&all);
}

uint16_t
rig_chain(struct rig *r, uint32_t head, size_t first, struct cb_span data)
{
	uint8_t cmd[5 + 255] = { 0, (uint8_t)(head >> 16),
		(uint8_t)(head >> 8), (uint8_t)head };
	uint16_t sw = 0x9000;
	size_t n;

	for (; data.n > 0 && sw == 0x9000; data = cb_span_tail(data, n)) {
		n = data.n > 255 ? first : data.n;
		cmd[0] = (uint8_t)(head >> 24 | (n < data.n ? 0x10 : 0x00));
		cmd[4] = (uint8_t)n;
		memcpy(cmd + 5, data.p, n);
		ck_assert_int_eq(emu_card_transmit(
				     r->card, cb_span(cmd, 5 + n), &r->rsp),
		    CB_OK);
		/* before the last one nothing is answered */
		ck_assert(r->rsp.n == 2 || (r->rsp.n > 2 && n == data.n));
		sw = (uint16_t)(r->rsp.p[r->rsp.n - 2] << 8 |
		    r->rsp.p[r->rsp.n - 1]);
	}
	return sw;
}

uint16_t
rig_put_data(struct rig *r, struct cb_span object)
{
	uint16_t sw = rig_chain(r, 0x00DB3FFF, 255, object);

	ck_assert_uint_eq(r->rsp.n, 2);
	return sw;
}

uint16_t
rig_put_key(struct rig *r, uint8_t no, const char *section)
{
	struct cb_buf object = CB_BUF_INIT;
	uint16_t sw;

	key_object(&object, no, known_key(section));
	sw = rig_put_data(r, cb_buf_span(&object));
	cb_buf_free(&object);
	return sw;
}

/* 70 (BF cc nn (part (tag value))). */
static uint16_t
put_part(struct rig *r, uint32_t object, uint32_t part, uint32_t tag,
    struct cb_span value)
{
	struct cb_buf b = CB_BUF_INIT;
	size_t marks[3];
	uint16_t sw;

	ck_assert(cb_tlv_open(&b, 0x70, &marks[0]) == CB_OK &&
	    cb_tlv_open(&b, object, &marks[1]) == CB_OK &&
	    cb_tlv_open(&b, part, &marks[2]) == CB_OK &&
	    cb_tlv_put(&b, tag, value) == CB_OK &&
	    cb_tlv_close(&b, marks[2]) == CB_OK &&
	    cb_tlv_close(&b, marks[1]) == CB_OK &&
	    cb_tlv_close(&b, marks[0]) == CB_OK);
	sw = rig_put_data(r, cb_buf_span(&b));
	cb_buf_free(&b);
	return sw;
}

uint16_t
rig_ias_key(struct rig *r, uint8_t no, const char *section)
{
	static const char *const private[] = { "p", "q", "qi", "dp", "dq" };
	uint16_t sw = 0x9000;

	for (unsigned i = 0; i < 5 && sw == 0x9000; i++)
		sw = put_part(r, 0xBF9000u | no, 0x7F48, 0x92 + i,
		    rig_key(section, private[i]));
	if (sw == 0x9000)
		sw = put_part(r, 0xBFA000u | no, 0x7F49, 0x81,
		    rig_key(section, "n"));
	return sw != 0x9000 ? sw
			    : put_part(r, 0xBFA000u | no, 0x7F49, 0x82,
				  rig_key(section, "e"));
}

/* The public key as OpenSSL has it. */
static EVP_PKEY_CTX *
openssl_key(const char *section, EVP_PKEY **pkey)
{
	struct cb_span n = rig_key(section, "n"), e = rig_key(section, "e");
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	BIGNUM *bn = BN_bin2bn(n.p, (int)n.n, NULL);
	BIGNUM *be = BN_bin2bn(e.p, (int)e.n, NULL);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM *params;

	*pkey = NULL;
	ck_assert(OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, bn) &&
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, be));
	params = OSSL_PARAM_BLD_to_param(bld);
	ck_assert(EVP_PKEY_fromdata_init(ctx) == 1 &&
	    EVP_PKEY_fromdata(ctx, pkey, EVP_PKEY_PUBLIC_KEY, params) == 1);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	BN_free(bn);
	BN_free(be);
	EVP_PKEY_CTX_free(ctx);
	ctx = EVP_PKEY_CTX_new(*pkey, NULL);
	ck_assert_ptr_nonnull(ctx);
	return ctx;
}

bool
rig_verify(const char *section, struct cb_span signature, struct cb_span data)
{
	EVP_PKEY *pkey;
	EVP_PKEY_CTX *ctx = openssl_key(section, &pkey);
	bool good;

	ck_assert(EVP_PKEY_verify_init(ctx) == 1 &&
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1);
	good = EVP_PKEY_verify(
		   ctx, signature.p, signature.n, data.p, data.n) == 1;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	return good;
}

void
rig_encrypt(const char *section, struct cb_span plain, struct cb_buf *out)
{
	EVP_PKEY *pkey;
	EVP_PKEY_CTX *ctx = openssl_key(section, &pkey);
	size_t n = rig_key(section, "n").n;
	uint8_t *p;

	ck_assert_int_eq(cb_buf_grow(out, n, &p), CB_OK);
	ck_assert(EVP_PKEY_encrypt_init(ctx) == 1 &&
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
	    EVP_PKEY_encrypt(ctx, p, &n, plain.p, plain.n) == 1);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(pkey);
}

void
rig_signed(struct rig *r, const char *section, const char *data)
{
	struct cb_span signature =
	    cb_span_head(cb_buf_span(&r->rsp), r->rsp.n - 2);
	struct cb_buf b = CB_BUF_INIT;

	rig_bytes(&b, data);
	ck_assert(rig_verify(section, signature, cb_buf_span(&b)));
	b.p[0] ^= 1;
	ck_assert(!rig_verify(section, signature, cb_buf_span(&b)));
	cb_buf_free(&b);
}

void
rig_deciphers(struct rig *r, const char *section, rig_decipher_fn *decipher,
    const char *key)
{
	size_t longest = rig_key(section, "n").n - 11;
	const size_t sizes[] = { 1, 2, longest / 2, longest };
	struct cb_buf text = CB_BUF_INIT;
	uint8_t plain[245] = { 0 };

	for (size_t i = 0; i < 4; i++) {
		plain[0] = (uint8_t)i;
		cb_buf_clear(&text);
		rig_encrypt(section, cb_span(plain, sizes[i]), &text);
		ck_assert_uint_eq(
		    decipher(r, key, cb_buf_span(&text)), 0x9000);
		ck_assert(cb_span_equal(cb_span(plain, sizes[i]),
		    cb_span_head(cb_buf_span(&r->rsp), r->rsp.n - 2)));
		text.p[10] ^= 1;
		ck_assert_uint_eq(
		    decipher(r, key, cb_buf_span(&text)), 0x6A80);
		ck_assert_uint_eq(r->rsp.n, 2);
	}
	cb_buf_free(&text);
}
