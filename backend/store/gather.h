/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Rows that the vault needs, found and copied for RIGHTS and ORDERER. Which of
 * them are right is the vault's to see.
 */
#ifndef BE_STORE_GATHER_H
#define BE_STORE_GATHER_H

#include "backend/store/serve.h"

struct be_gathering {
	struct be_store *st;
	const uint8_t *org;
	struct cb_why why;
	/* bytes and MAC of each row one after the other */
	struct cb_buf text;
	size_t n;
	struct {
		enum be_right which;
		size_t bytes, mac;
	} rows[BE_RIGHTS_MAX];
	/* whom and what revocations could be about */
	struct be_named named;
	bool take_over;		/* the card may be */
	int64_t version;	/* of the card's key */
	struct cb_buf wrap;	/* of the card's key */
	struct cb_buf atr;	/* the card's */
};

void be_gather_clear(struct be_gathering *g);
/* A row, as it is MACed. */
CB_MUST_USE enum cb_err be_gather_keep(struct be_gathering *g,
    enum be_right which, enum be_table table, const struct be_value *columns);
/* A certificate that may be revoked; empty: none. */
void be_gather_fingerprint(struct be_gathering *g, struct cb_span s);
bool be_gather_is_over(const struct be_value *until);
/* CB_E_ABSENT: there is no such card, or no wrap of its key. */
CB_MUST_USE enum cb_err be_gather_card(
    struct be_gathering *g, const uint8_t card[WIRE_ID]);
/* A person's certificate and role. CB_E_ABSENT: has none of them in use. */
CB_MUST_USE enum cb_err be_gather_person(struct be_gathering *g,
    const uint8_t person[WIRE_ID], enum be_right factor, enum be_right role);
/* What was revoked of whom and what was named, also by the platform. */
CB_MUST_USE enum cb_err be_gather_revocations(struct be_gathering *g);
/* All rows of a table. */
typedef enum cb_err be_gather_fn(
    struct be_gathering *g, void *ctx, const struct be_value *columns);
CB_MUST_USE enum cb_err be_gather_each(struct be_gathering *g,
    enum be_table table, const uint8_t *org, be_gather_fn *fn, void *ctx);
/* Borrows from it. */
CB_MUST_USE enum cb_err be_gather_rights(
    const struct be_gathering *g, struct be_rights *out);

#endif
