/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A chain to try things on.
 */
#include <check.h>
#include <string.h>

#include "tests/wire/books.h"

const uint8_t books_secret[CR_KEY] = { 0x5E, 0xC2, 0xE7 };

const uint8_t *
books_public(void)
{
	static uint8_t public[CR_KEY];

	ck_assert_int_eq(cr_ed25519_public(books_secret, public), CB_OK);
	return public;
}

struct wire_owner
books_owner(uint8_t organisation)
{
	struct wire_owner o = { .kind = WIRE_TEST };

	memset(o.backend, 0xBE, WIRE_ID);
	memset(o.organisation, organisation, WIRE_ID);
	return o;
}

void
books_init(struct books *k, uint8_t organisation, size_t n)
{
	static const uint8_t card[WIRE_ID] = { 1 }, device[WIRE_ID] = { 2 },
			     session[WIRE_ID] = { 3 };
	const struct wire_owner owner = books_owner(organisation);
	struct wire_entry e;

	ck_assert_uint_le(n, BOOKS_MAX);
	*k = (struct books){ .n = n };
	ck_assert_int_eq(wire_chain_init(&k->chain, &owner), CB_OK);
	for (size_t i = 0; i < n; i++) {
		wire_entry_init(&e, WIRE_VERIFY, 1800000000000 + 1001 * i);
		wire_entry_set(&e, WIRE_F_CARD, CB_SPAN_OF(card));
		wire_entry_set(&e, WIRE_F_DEVICE, CB_SPAN_OF(device));
		wire_entry_set(&e, WIRE_F_SESSION, CB_SPAN_OF(session));
		wire_entry_set_number(&e, WIRE_F_REFERENCE, i);
		wire_entry_set_number(
		    &e, WIRE_F_OUTCOME, WIRE_OUTCOME_FAILED);
		ck_assert_int_eq(
		    wire_entry_put(&k->entry[i].bytes, &e), CB_OK);
		ck_assert_int_eq(wire_chain_add(&k->chain,
				     cb_buf_span(&k->entry[i].bytes)),
		    CB_OK);
		k->entry[i].number = k->chain.number;
		memcpy(k->entry[i].hash, k->chain.hash, CR_HASH);
	}
}

void
books_clear(struct books *k)
{
	for (size_t i = 0; i < BOOKS_MAX; i++)
		cb_buf_free(&k->entry[i].bytes);
}

struct wire_head
books_head(uint8_t organisation, size_t n)
{
	struct wire_head h = { .time = 1800000001000 };
	struct books k;

	books_init(&k, organisation, n);
	h.at = k.chain;
	books_clear(&k);
	return h;
}

struct cb_buf
books_signed(uint8_t organisation, size_t n)
{
	const struct wire_head h = books_head(organisation, n);
	struct cb_buf b = CB_BUF_INIT;

	ck_assert_int_eq(wire_head_sign(&b, &h, books_secret), CB_OK);
	return b;
}
