/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A piece of the root as text, which a file holds or a person types: a part,
 * all of which are needed, or a recovery share, some of which are enough.
 * PROTOCOL.md, "Pieces of the root", has the lines.
 */
#ifndef BE_VAULT_PIECE_H
#define BE_VAULT_PIECE_H

#include "backend/vault/self.h"

#define BE_PIECES_MAX 32	/* of one root */
#define BE_PIECE_CHECK 8
#define BE_PIECE_TEXT_MAX 4096

enum be_piece_type { BE_PART, BE_SHARE };

/* Holds a secret: in memory of cr_secret_new(). */
struct be_piece {
	enum be_piece_type type;
	struct be_self self;
	uint8_t set[BE_PIECE_CHECK];	/* random: cut at one time */
	uint8_t number, of, needed;
	uint8_t value[CR_KEY];
	uint8_t root[BE_PIECE_CHECK];	/* check value of the whole */
};

/* "part" or "share". */
const char *be_piece_name(enum be_piece_type type);
/* Appends the text. */
CB_MUST_USE enum cb_err be_piece_put(
    struct cb_buf *b, const struct be_piece *piece);
/* Case, blanks and lines with a # do not count. CB_E_FORMAT: damaged, or
 * mistyped; *why names the line. */
CB_MUST_USE enum cb_err be_piece_get(
    struct cb_span text, struct be_piece *out, struct cb_why *why);

#endif
