/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What the operator's program does with keys, before and beside the vault's
 * process: those of a new backend are made here, and those of one that is
 * there are looked at. Nothing but wraps, certificates and what the operator
 * is given leaves it.
 */
#ifndef BE_VAULT_OPERATOR_H
#define BE_VAULT_OPERATOR_H

#include "wire/desk.h"
#include "wire/key.h"

/* Wraps of a backend and its platform, in the order of PROTOCOL.md, "Wraps":
 * as many, and what each is called. */
#define BE_BIRTH_WRAPS 8
const char *be_birth_wrap(size_t i);

/* What stands in those rows. */
#define BE_BIRTH_ROLE WIRE_ROLE_ADMINISTRATOR
#define BE_BIRTH_POLICIES 3
#define BE_BIRTH_FACTOR "certificate"
#define BE_BIRTH_MAC 38

struct be_birth_secrets;	/* the root and what it wraps */

struct be_birth {
	enum wire_kind kind;
	uint8_t id[WIRE_ID], person[WIRE_ID], factor[WIRE_ID];
	struct be_birth_secrets *secret;
	struct cb_buf wraps[BE_BIRTH_WRAPS];
	struct cb_buf authority, service;	/* certificates, DER */
	struct wire_key *door_key, *operator_key;
	struct cb_buf door, operator;		/* certificates, DER */
	/* The platform's first rows, with their MACs one behind the other: the
	 * operator's certificate and role; the policies. */
	uint8_t fingerprint[CR_HASH];
	struct {
		const char *name;
		struct cb_span value;
	} policies[BE_BIRTH_POLICIES];
	struct cb_buf macs;
	uint8_t books[CR_KEY];	/* the public half */
};

/* Takes some seconds. CB_E_ARG: a host that is none. Free it in every case. */
CB_MUST_USE enum cb_err be_birth_new(struct be_birth *b, enum wire_kind kind,
    const char *const *hosts, size_t n, int64_t now, struct cb_why *why);
void be_birth_free(struct be_birth *b);

/* Can a part of a root be there? */
CB_MUST_USE enum cb_err be_birth_place(const char *uri, struct cb_why *why);
/* All parts in their places, or none; the recovery root beside them. */
CB_MUST_USE enum cb_err be_birth_save(const struct be_birth *b,
    const char *const *uris, size_t n, const char *recovery,
    struct cb_why *why);
void be_birth_unsave(const char *const *uris, size_t n);
/* Appends the text of each recovery share. */
CB_MUST_USE enum cb_err be_birth_shares(const struct be_birth *b,
    unsigned needed, unsigned of, struct cb_buf *texts);
/* Appends the signed head of the platform's chain. */
CB_MUST_USE enum cb_err be_birth_head(const struct be_birth *b,
    uint64_t number, const uint8_t hash[CR_HASH], uint64_t time,
    struct cb_buf *out);

/* Are all parts there, and do they open these wraps? *books: the public half
 * that the heads are signed with. */
CB_MUST_USE enum cb_err be_keys_look(enum wire_kind kind,
    const uint8_t id[WIRE_ID], const char *const *uris, size_t n,
    const struct cb_span wraps[BE_BIRTH_WRAPS], uint8_t books[CR_KEY],
    struct cb_why *why);
/* The door's certificate for a key and hosts, and those of who signs it and of
 * the service: DER, free them in every case. CB_E_ARG: a host that is none. */
struct be_door_made {
	struct cb_buf door, authority, service;
};
CB_MUST_USE enum cb_err be_keys_door(enum wire_kind kind,
    const uint8_t id[WIRE_ID], const char *const *uris, size_t n,
    const struct cb_span wraps[BE_BIRTH_WRAPS], const char *const *hosts,
    size_t hosts_n, const struct wire_key *key, int64_t now,
    struct be_door_made *out, struct cb_why *why);
/* Is the recovery root there, and does it open the last of these wraps? */
CB_MUST_USE enum cb_err be_recovery_look(enum wire_kind kind,
    const uint8_t id[WIRE_ID], const char *uri, struct cb_span wrap,
    struct cb_why *why);

#endif
