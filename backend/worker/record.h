/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Records of a card as they lie in the store: each sealed with the card's key
 * in its place, and a root that lists them. PROTOCOL.md, "Records of a card",
 * is the description.
 */
#ifndef BE_RECORD_H
#define BE_RECORD_H

#include "emulator/nvm.h"
#include "wire/wire.h"

#define BE_ROOT_NAME "root"
#define BE_RECORDS_MAX 4096	/* of a card */
#define BE_CARD_MAX ((size_t)16 << 20)	/* bytes of all of them, sealed */

struct be_card_key {	/* secret */
	enum wire_kind kind;
	uint8_t backend[WIRE_ID], organisation[WIRE_ID], card[WIRE_ID];
	uint32_t version;
	uint8_t key[CR_KEY];
};

/* Appends the sealed record. */
CB_MUST_USE enum cb_err be_record_seal(const struct be_card_key *key,
    const char *name, uint64_t version, struct cb_span text,
    struct cb_buf *out);
/* Appends what was sealed. CB_E_FORMAT, CB_E_SHORT: no record; CB_E_LIMIT: of
 * a newer release; CB_E_ABSENT: under another version of the key;
 * CB_E_CRYPTO: not this record of this card, or changed. */
CB_MUST_USE enum cb_err be_record_open(const struct be_card_key *key,
    const char *name, struct cb_span sealed, uint64_t *version,
    struct cb_buf *out);

/* ---- the root ------------------------------------------------------------ */

struct be_listed {
	char name[EMU_NVM_NAME_MAX + 1];
	uint64_t version;	/* the root's number when it was written */
};

struct be_root_record {
	uint64_t number;
	struct be_listed *p;	/* in order of name */
	size_t n, room;
};

void be_root_record_clear(struct be_root_record *root);
CB_MUST_USE enum cb_err be_root_record_copy(
    struct be_root_record *to, const struct be_root_record *from);
/* NULL: not listed. */
const struct be_listed *be_root_record_find(
    const struct be_root_record *root, const char *name);
CB_MUST_USE enum cb_err be_root_record_put(
    struct be_root_record *root, const char *name, uint64_t version);
void be_root_record_remove(struct be_root_record *root, const char *name);

CB_MUST_USE enum cb_err be_root_record_seal(const struct be_card_key *key,
    const struct be_root_record *root, struct cb_buf *out);
/* What *root had is lost. */
CB_MUST_USE enum cb_err be_root_record_open(const struct be_card_key *key,
    struct cb_span sealed, struct be_root_record *root);

#endif
