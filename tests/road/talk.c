/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See talk.h.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>

#include "bridge/client.h"
#include "common/hex.h"
#include "common/tlv.h"
#include "tests/road/talk.h"

#define CONNECT_MS 5000
#define EXCHANGE_MS 60000
#define DIGEST "4361726462726964676520746573742E"

/* A key of 1024 bits as the third one, which is made in a moment. */
static const struct {
	const char *name, *apdu;
	unsigned sw;
} steps[TALK_STEPS] = {
	[TALK_SELECT] = { "select",
	    "00A4040010A0000000770100700A1000F100000100", 0x9000 },
	[TALK_TRIES] = { "tries", "00200001", 0x63C2 },
	[TALK_WRONG] = { "wrong passcode", "0020000108303030303030FFFF",
	    0x63C2 },
	[TALK_VERIFY] = { "passcode", "0020000108313233343536FFFF", 0x9000 },
	[TALK_CREATE_KEY] = { "create key",
	    "00DB3FFF16A114800108830103860C000100010001000100010001",
	    0x9000 },
	[TALK_MAKE_KEY] = { "make key", "0047000008AC0680010883010300",
	    0x9000 },
	[TALK_CHOOSE_KEY] = { "choose key", "002241B606800111830103",
	    0x9000 },
	[TALK_SIGN] = { "sign", "002A9E9A10" DIGEST "00", 0x9000 },
	[TALK_DIRECTORY] = { "directory", "00A4000002501500", 0x9000 },
	[TALK_FILE] = { "file", "00A4000002700600", 0x9000 },
	[TALK_WRITE] = { "write",
	    "00D600F0100123456789ABCDEF0123456789ABCDEF", 0x9000 },
	[TALK_READ] = { "read", "00B000F010", 0x9000 },
};

static const enum talk_step conversation[] = { TALK_SELECT, TALK_WRONG,
	TALK_TRIES, TALK_VERIFY, TALK_CREATE_KEY, TALK_MAKE_KEY,
	TALK_CHOOSE_KEY, TALK_SIGN, TALK_DIRECTORY, TALK_FILE, TALK_WRITE,
	TALK_READ };

const char *
talk_name(enum talk_step step)
{
	return steps[step].name;
}

const char *
talk_apdu(enum talk_step step)
{
	return steps[step].apdu;
}

unsigned
talk_expects(enum talk_step step)
{
	return steps[step].sw;
}

void
talk_say(struct cb_buf *out, const char *fmt, ...)
{
	char line[1024];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (cb_buf_add(out, cb_span_str(line)) != CB_OK)
		abort();
}

/* ---- a connection -------------------------------------------------------- */

enum cb_err
talk_begin(struct talk *t, const char *socket, const char *reader,
    struct cb_why *why)
{
	const struct br_target target = { .name = reader };
	uint8_t atr[CB_ATR_MAX];
	struct br_state state;
	size_t n;
	enum cb_err r;

	*t = (struct talk){ .key = CB_BUF_INIT, .rsp = CB_BUF_INIT };
	if ((r = br_connect(&t->c, socket, CONNECT_MS, why)) != CB_OK)
		return r;
	br_set_deadlines(t->c, EXCHANGE_MS, EXCHANGE_MS);
	if ((r = br_attach(t->c, &target, BR_ROAD_DIRECT, &state)) != CB_OK ||
	    (r = br_power(t->c, BR_POWER_ON, atr, &n, why)) != CB_OK ||
	    (r = br_protocol(t->c, 1)) != CB_OK)
		talk_end(t);
	return r;
}

void
talk_end(struct talk *t)
{
	br_close(&t->c);
	cb_buf_free(&t->key);
	cb_buf_free(&t->rsp);
}

enum cb_err
talk_send(struct talk *t, struct cb_span apdu, unsigned *sw)
{
	enum cb_err r;

	*sw = 0;
	r = br_transmit(t->c, apdu, &t->rsp);
	if (r == CB_OK && t->rsp.n >= 2)
		*sw = (unsigned)t->rsp.p[t->rsp.n - 2] << 8 |
		    t->rsp.p[t->rsp.n - 1];
	return r;
}

enum cb_err
talk_step(struct talk *t, enum talk_step step, unsigned *sw)
{
	struct cb_buf apdu = CB_BUF_INIT;
	enum cb_err r;

	*sw = 0;
	(void)((r = cb_hex_decode(&apdu, steps[step].apdu,
		    strlen(steps[step].apdu))) != CB_OK ||
	    (r = talk_send(t, cb_buf_span(&apdu), sw)) != CB_OK);
	if (r == CB_OK && step == TALK_MAKE_KEY && *sw == 0x9000)
		r = cb_buf_set(&t->key, cb_span(t->rsp.p, t->rsp.n - 2));
	cb_buf_free(&apdu);
	return r;
}

/* ---- signatures ---------------------------------------------------------- */

/* Padded as RFC 8017, 9.2 has it, around what was sent. */
static bool
is_padded(const uint8_t *p, size_t n, struct cb_span data)
{
	const size_t at = n - data.n;

	if (n < data.n + 11 || p[0] != 0 || p[1] != 1 || p[at - 1] != 0 ||
	    memcmp(p + at, data.p, data.n) != 0)
		return false;
	for (size_t i = 2; i < at - 1; i++)
		if (p[i] != 0xFF)
			return false;
	return true;
}

/* 7F49 (81 modulus, 82 exponent) */
static bool
key_parts(struct cb_span key, struct cb_span *n, struct cb_span *e)
{
	struct cb_span inner;
	uint32_t tag;

	return cb_tlv_get(&key, &tag, &inner) == CB_OK && tag == 0x7F49 &&
	    cb_tlv_get(&inner, &tag, n) == CB_OK && tag == 0x81 &&
	    cb_tlv_get(&inner, &tag, e) == CB_OK && tag == 0x82;
}

bool
talk_signed(struct cb_span key, struct cb_span data, struct cb_span rsp)
{
	BIGNUM *n = NULL, *e = NULL, *s = NULL, *m = BN_new();
	BN_CTX *ctx = BN_CTX_new();
	struct cb_span modulus, exponent;
	uint8_t text[512];
	bool good = false;

	if (m != NULL && ctx != NULL && key_parts(key, &modulus, &exponent) &&
	    modulus.n <= sizeof(text) && rsp.n == modulus.n) {
		n = BN_bin2bn(modulus.p, (int)modulus.n, NULL);
		e = BN_bin2bn(exponent.p, (int)exponent.n, NULL);
		s = BN_bin2bn(rsp.p, (int)rsp.n, NULL);
		good = BN_mod_exp(m, s, e, n, ctx) == 1 &&
		    BN_bn2binpad(m, text, (int)modulus.n) ==
			(int)modulus.n &&
		    is_padded(text, modulus.n, data);
	}
	BN_free(n);
	BN_free(e);
	BN_free(s);
	BN_free(m);
	BN_CTX_free(ctx);
	return good;
}

/* ---- all of it ----------------------------------------------------------- */

static void
say_step(struct talk *t, enum talk_step step, unsigned sw, struct cb_buf *said)
{
	const struct cb_span data = cb_span(t->rsp.p,
	    t->rsp.n > 2 ? t->rsp.n - 2 : 0);
	struct cb_buf digest = CB_BUF_INIT;
	char hex[600] = "";

	if (step == TALK_SIGN) {
		const bool good =
		    cb_hex_decode(&digest, DIGEST, strlen(DIGEST)) == CB_OK &&
		    talk_signed(cb_buf_span(&t->key), cb_buf_span(&digest),
			data);

		talk_say(said, "  %s: %04X, %s\n", talk_name(step), sw,
		    good ? "by the new key" : "NOT by the new key");
		cb_buf_free(&digest);
		return;
	}
	if (step != TALK_MAKE_KEY)
		(void)cb_hex_encode(hex, sizeof(hex), data);
	talk_say(said, "  %s: %04X %s\n", talk_name(step), sw, hex);
}

enum cb_err
talk_all(struct talk *t, struct cb_buf *said)
{
	for (size_t i = 0;
	     i < sizeof(conversation) / sizeof(conversation[0]); i++) {
		const enum talk_step step = conversation[i];
		unsigned sw;
		enum cb_err r = talk_step(t, step, &sw);

		if (r != CB_OK) {
			talk_say(said, "  %s: %s\n", talk_name(step),
			    cb_err_text(r));
			return r;
		}
		say_step(t, step, sw, said);
	}
	return CB_OK;
}
