/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A chain to try things on: entries as a store would have them.
 */
#ifndef TESTS_WIRE_BOOKS_H
#define TESTS_WIRE_BOOKS_H

#include "wire/chain.h"
#include "wire/entry.h"

#define BOOKS_MAX 16

struct books {
	struct wire_chain chain;
	struct {
		uint64_t number;
		struct cb_buf bytes;
		uint8_t hash[CR_HASH];
	} entry[BOOKS_MAX];
	size_t n;
};

extern const uint8_t books_secret[CR_KEY];
/* Its public half. */
const uint8_t *books_public(void);
/* Whose books: organisation of 16 of these bytes. */
struct wire_owner books_owner(uint8_t organisation);
/* With n entries. */
void books_init(struct books *k, uint8_t organisation, size_t n);
void books_clear(struct books *k);
/* The head of the first n entries, and as it is signed. */
struct wire_head books_head(uint8_t organisation, size_t n);
struct cb_buf books_signed(uint8_t organisation, size_t n);

#endif
