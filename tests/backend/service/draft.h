/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Acts of a backend's first operator, for its vault, which runs beside its
 * store.
 */
#ifndef TESTS_SERVICE_DRAFT_H
#define TESTS_SERVICE_DRAFT_H

#include "backend/vault/grant.h"
#include "tests/backend/service/rig.h"
#include "wire/desk.h"
#include "wire/identity.h"

extern struct role vault;
extern struct wire_identity operator;
/* The platform, and an organisation: whose rows vouch for the operator. */
struct side {
	uint8_t id[WIRE_ID];
	struct be_channel *worker;
	struct be_rights rights;
};
extern struct side top, mine;

void drafts_setup(void);
void drafts_teardown(void);
/* Makes `mine`, founded by the operator, whose certificate is the platform's;
 * with this policy about unblocking. */
void drafts_found(const char *unblock);

struct draft {
	struct side *of;
	struct be_channel *to;	/* who asks */
	struct wire_act act;
	struct wire_grant rows[4];
	struct cb_buf changes, bytes;
	struct be_rights rights;
	struct cb_span unblock;
	struct be_order_told told;
};
void draft_begin(struct draft *d, struct side *of, const char *what,
    const uint8_t subject[WIRE_ID]);
void draft_founding(struct draft *d, const uint8_t id[WIRE_ID],
    const char *unblock);
/* One more row, about the act's subject. */
struct wire_grant *draft_add(struct draft *d, enum wire_grant_type type);
void draft_drop(struct draft *d);

/* Over a fresh challenge. */
void draft_sign(struct draft *d);
/* What it is told stays until the next. */
enum cb_err draft_send(struct draft *d);
/* Both. */
enum cb_err draft_order(struct draft *d);

/* Until the test ends. */
struct cb_span draft_keep(struct cb_span bytes);
/* A row with the MAC that it was given. */
struct be_signed draft_signed(struct draft *d, size_t i);
void draft_vouch(
    struct be_rights *rights, enum be_right which, struct be_signed row);

#endif
