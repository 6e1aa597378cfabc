/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What entries and their fields are called and must have.
 */
#ifndef WIRE_ENTRY_TYPES_H
#define WIRE_ENTRY_TYPES_H

#include "wire/entry.h"

enum wire_value {
	WIRE_V_ID,	/* 16 bytes */
	WIRE_V_HASH,	/* 32 bytes */
	WIRE_V_DIGEST,	/* 16 to 64 bytes */
	WIRE_V_WORD,	/* 1 to 64 of a few characters */
	WIRE_V_U8,
	WIRE_V_U32,
	WIRE_V_U64,
	WIRE_V_OUTCOME,	/* u8, with names */
};

struct wire_field_type {
	const char *name;
	enum wire_value value;
};

struct wire_entry_kind {
	const char *name;
	uint32_t must, may;	/* bit n: field n */
};

/* NULL: there is none. */
const struct wire_field_type *wire_field_type(unsigned field);
const struct wire_entry_kind *wire_entry_kind(unsigned type);
const char *wire_outcome_name(uint64_t outcome);

#endif
