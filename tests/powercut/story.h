/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The life of a test card as a story: commands that change it, drawn at
 * random, and what the card must be like after each. The same numbers tell
 * the same story, so that two processes can tell it to each other. What a card
 * is like is read through emu.h alone.
 */
#ifndef STORY_H
#define STORY_H

#include "emulator/emu.h"

enum {
	STORY_TRIES = 3,
	STORY_EFS = 4,
	STORY_EF_N = 300,
	STORY_RECORDS = 6,
	STORY_RECORD_N = 40,
	STORY_PINS = 8,
	STORY_UNREAD = 98,	/* unblock_tries */
};

enum story_key {
	KEY_NONE,
	KEY_PRIVATE,	/* an empty private key file */
	KEY_BOTH,	/* and an empty public one */
	KEY_MADE,	/* filled */
	KEY_ALONE,	/* the private one of them */
};

/* What a card is like. */
struct story {
	unsigned tries, so_tries, unblock_tries;
	unsigned pin;		/* which of the passcodes is the user's */
	bool one_time;		/* there is a reference 82 */
	bool df;		/* there is a DF 7F01 */
	bool ef[STORY_EFS];
	uint8_t content[STORY_EFS][STORY_EF_N];
	uint8_t record[STORY_RECORDS]; /* every byte of it; 0: none */
	uint8_t exponent;	/* of the public key 1060 */
	enum story_key key;
	/* volatile */
	bool user_in, so_in;
	/* never changes */
	uint8_t unblock[16];
};

enum story_op {
	OP_WRONG,
	OP_RIGHT,
	OP_CHANGE,
	OP_PASSWD,
	OP_UNBLOCK,
	OP_UNBLOCK_WRONG,
	OP_SO_WRONG,
	OP_SO_RIGHT,
	OP_CREATE,
	OP_UPDATE,
	OP_DELETE,
	OP_DF,
	OP_APPEND,
	OP_RECORD,
	OP_RECORD_DELETE,
	OP_COMPONENT,
	OP_PIN,
	OP_KEY,
	OPS
};

extern const char *const story_op_names[OPS];

struct story_cmd {
	enum story_op op;
	uint16_t df, ef;	/* to be selected before; ef 0: none */
	uint8_t apdu[300];
	size_t n;
	uint16_t want;		/* status word */
	unsigned new_pin;	/* OP_PASSWD: no APDU, from `old_pin` to it */
	unsigned old_pin;
	/* A try that is written off before the outcome is known. */
	bool spends, spends_so, spends_unblock;
};

/* The command for `op`, or one that must come first, in *cmd, and what the
 * card is like after it in *s. */
void story_plan(struct story *s, enum story_op op, uint64_t *random,
    struct story_cmd *cmd);
/* Nothing verified. */
void story_reset(struct story *s);

/* ---- story_card.c ------------------------------------------------------- */

/* Makes a test card at path, with cheap scrypt and published keys, ready for
 * the story, and says what it is like. Profile and keys are found below
 * $srcdir, else ".". */
bool story_make(const char *path, struct story *s);
struct emu_card *story_open(const char *path, enum cb_err *r);
/* Powers the card and selects the application. */
bool story_start(struct emu_card *card);
/* false: another answer than the wanted one (told on stderr). */
bool story_run(struct emu_card *card, const struct story_cmd *cmd);
/* What a card is like. `pin` stays 0: it is not to be read. unblock_tries is
 * read only when `thorough`: that takes longer than all the rest. */
bool story_read(struct emu_card *card, bool thorough, struct story *got);
/* Whether the passcode opens the card and what it guards; spends tries, so
 * give it a copy. */
bool story_opens(
    struct emu_card *card, const struct story *s, unsigned pin);

/* Where in the story a card may stand while a command is in flight. */
enum story_place {
	STORY_NOWHERE,
	STORY_BEFORE,
	STORY_SPENT,	/* before it, but for the try it costs */
	STORY_AFTER,
};

/* Compares all that can be read; `cmd` NULL: none is in flight. */
enum story_place story_where(const struct story *got,
    const struct story *before, const struct story *after,
    const struct story_cmd *cmd);

#endif
