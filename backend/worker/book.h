/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What happens to a card, as entries of its organisation's chain.
 */
#ifndef BE_BOOK_H
#define BE_BOOK_H

#include "emulator/emu.h"
#include "wire/entry.h"

#define BE_NOTES_MAX 16	/* of one act */

/* An entry that awaits its act. */
struct be_note {
	enum wire_entry_type type;
	uint32_t has;		/* bit n: field n of the following */
	uint32_t reference;
	uint8_t tries, outcome;
	char word[WIRE_WORD_MAX + 1];	/* mechanism or what */
	uint8_t bytes[WIRE_DIGEST_MAX];	/* digest or fingerprint */
	size_t bytes_n;
	uint32_t code;
	uint8_t subject[WIRE_ID];
};

struct be_book {
	struct be_note notes[BE_NOTES_MAX];
	size_t n;
	bool full;	/* there were more: nothing may be committed */
	bool deciphered;	/* an answer with what nobody may store */
};

/* Whose entries they become. */
struct be_book_of {
	const uint8_t *card, *device, *session;	/* NULL: of none */
	const uint8_t *person, *act;		/* likewise */
	uint64_t time, number;	/* number 0: not told */
};

void be_book_event(struct be_book *book, const struct emu_event *event);
/* `reference` is the emulator's file or passcode; these have none. */
void be_book_add(struct be_book *book, enum wire_entry_type type,
    uint32_t code, const char *what);
/* Appends all of them to `bytes`, and says where each is (to be taken when
 * bytes does not grow any more). */
CB_MUST_USE enum cb_err be_book_put(const struct be_book *book,
    const struct be_book_of *of, struct cb_buf *bytes, size_t ends[]);
/* One by itself, as be_book_add has it. */
CB_MUST_USE enum cb_err be_book_one(const struct be_book_of *of,
    enum wire_entry_type type, uint32_t code, const char *what,
    struct cb_buf *bytes);
/* Can one of its entries tell the card's number, as one must where records are
 * changed? */
bool be_book_tells_number(const struct be_book *book);
void be_book_clear(struct be_book *book);

#endif
