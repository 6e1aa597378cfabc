/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The life of a test card as a story: commands that change it, drawn at
 * random, and what the card must be like after each. The same numbers tell
 * the same story, so that two processes can tell it to each other. What a card
 * is like is read through emu.h alone.
 *
 * Each kind of card (struct story_kind) has a file: its commands, and how to
 * read what only it has. Passcodes and transparent EFs are everybody's.
 */
#ifndef STORY_H
#define STORY_H

#include "emulator/emu.h"

enum {
	STORY_TRIES = 3,
	STORY_EFS = 4,
	STORY_SEALED = 3,	/* the one that only the holder may read */
	STORY_EF_FID = 0x6F00,	/* of the first */
	STORY_EF_N = 300,
	STORY_OBJECTS = 9,
	STORY_PINS = 8,
	STORY_UNREAD = 98,	/* unblock_tries */
	STORY_KEY_BITS = 1024,	/* of the known key */
};

struct story_kind;

/* What a card is like. */
struct story {
	unsigned tries, so_tries, unblock_tries;
	unsigned pin, so_pin;	/* which of the passcodes it is */
	bool ef[STORY_EFS];
	uint8_t content[STORY_EFS][STORY_EF_N];
	uint8_t object[STORY_OBJECTS]; /* what only its kind has */
	unsigned key;		/* how far it is in the kind's keys[] */
	uint8_t key_looks;	/* as read only */
	/* volatile */
	bool user_in, so_in;
	/* never changes */
	const struct story_kind *kind;
	uint8_t unblock[16];
};

/* What every kind can do; its own rows follow. */
enum story_op {
	OP_WRONG,
	OP_RIGHT,
	OP_CHANGE,
	OP_CHANGE_WRONG,
	OP_PASSWD,
	OP_UNBLOCK,
	OP_UNBLOCK_OUTSIDE,
	OP_SO_WRONG,
	OP_SO_RIGHT,
	OP_CREATE,
	OP_UPDATE,
	OP_DELETE,
	OP_KEY,
	OPS_COMMON
};

enum story_login { NOBODY, USER, SO, CREATOR };
enum story_at { AT_APP, AT_FILES, AT_KEYS };	/* DFs of a kind */
enum story_outside { BY_APDU, BY_PASSWD, BY_UNBLOCK };

struct story_cmd {
	unsigned op;
	const char *name;
	enum story_at at;	/* to be selected before */
	uint16_t ef;		/* 0: none */
	uint8_t head[4];
	uint8_t data[768];	/* more than fits is sent in a chain */
	size_t n;
	int le;			/* -1: none */
	uint16_t want;		/* status word */
	enum story_outside outside; /* no APDU: from `data` to new_pin */
	unsigned new_pin;
	/* A try that is written off before the outcome is known. */
	bool spends, spends_so, spends_unblock;
};

/* false: cannot be now. */
typedef bool story_plan_fn(
    struct story *s, uint64_t *random, struct story_cmd *cmd);

struct story_row {
	const char *name;
	story_plan_fn *plan;
	enum story_login login;
	enum story_at at;
	uint16_t ef;
};

/* A key goes round: what it is, and the command that leads on. */
struct story_key {
	uint8_t looks;		/* what anybody can read of it */
	enum { NO_KEY, KEY_MADE, KEY_KNOWN } inside;
	const char *name;
	void (*build)(const struct story *s, struct story_cmd *cmd);
	unsigned arg;		/* the builder's */
};

struct story_kind {
	const char *name;	/* of its profile and its vectors */
	bool t0;
	uint8_t aid[16], aid_n;
	uint8_t select_p2;	/* of SELECT by FID */
	uint16_t dfs[3];	/* enum story_at; the others are in the first,
				 * or the same */
	uint8_t pin_field;	/* padded to it; 0: not at all */
	uint8_t user_ref, change_ref, so_ref;
	uint16_t last_try;	/* status word */
	bool puk;		/* the SO's passcode unblocks, no other value */
	enum story_login creator; /* of EFs */
	uint8_t environment;	/* IAS ECC: the holder's */
	void (*create)(struct story_cmd *cmd, const struct story_kind *kind,
	    unsigned i);
	story_plan_fn *delete, *unblock;
	const struct story_row *own;
	size_t own_n;
	const struct story_key *keys;
	size_t keys_n;
	/* Once, on a new card; NULL: nothing. */
	bool (*prepare)(struct emu_card *card, struct story *s);
	/* Fills object and key_looks. */
	bool (*read)(struct emu_card *card, struct story *got);
	/* Signs "hello" with the key; *n its modulus, where the card tells. */
	uint16_t (*sign)(struct emu_card *card, const struct story_kind *kind,
	    struct cb_buf *signature, struct cb_buf *n);
};

extern const struct story_kind story_a5, story_a3, story_ias_oberthur,
    story_ias_gemalto;
/* By name; NULL: there is none. */
const struct story_kind *story_kind_find(const char *name);

/* ---- story_plan.c ------------------------------------------------------- */

unsigned story_ops(const struct story_kind *kind);
const char *story_op_name(const struct story_kind *kind, unsigned op);
/* How often an op must come for all that it can be: once, or each command of
 * the key's round. */
unsigned story_op_times(const struct story_kind *kind, unsigned op);
unsigned story_draw_op(const struct story_kind *kind, uint64_t *random);
/* The command for `op`, or one that must come first, in *cmd, and what the
 * card is like after it in *s. */
void story_plan(struct story *s, unsigned op, uint64_t *random,
    struct story_cmd *cmd);
/* Nothing verified. */
void story_reset(struct story *s);
/* Plans of several kinds: a PIN by the right of the SO, DELETE FILE by an
 * identifier. */
story_plan_fn story_plan_reset, story_plan_reset_counter,
    story_plan_change_so, story_plan_delete;

/* Words for commands. */
unsigned story_draw(uint64_t *random, unsigned n);
/* Another one than the old. */
unsigned story_draw_pin(uint64_t *random, unsigned old);
void story_head(struct story_cmd *cmd, unsigned cla, unsigned ins,
    unsigned p1, unsigned p2);
void story_add(struct story_cmd *cmd, const void *p, size_t n);
void story_fill(struct story_cmd *cmd, unsigned value, size_t n);
void story_pin_text(unsigned pin, char text[16]);
void story_add_pin(struct story_cmd *cmd, const struct story *s, unsigned pin);
uint16_t story_tries_left(const struct story *s, unsigned n);

/* ---- story_card.c ------------------------------------------------------- */

/* Makes a test card at path, with cheap scrypt and published keys, ready for
 * the story, and says what it is like. Profile and keys are found below
 * $srcdir, else ".". */
bool story_make(
    const char *path, const struct story_kind *kind, struct story *s);
struct emu_card *story_open(const char *path, enum cb_err *r);
/* Powers the card and selects the application. */
bool story_start(struct emu_card *card, const struct story_kind *kind);
/* false: another answer than the wanted one (told on stderr). */
bool story_run(struct emu_card *card, const struct story_kind *kind,
    const struct story_cmd *cmd);
/* The same without a word: the status word; 0: not selected. */
uint16_t story_ask(struct emu_card *card, const struct story_kind *kind,
    const struct story_cmd *cmd);
/* What a card is like, but for what only passcodes open. unblock_tries is
 * read only when `thorough`: that takes longer than all the rest. */
bool story_read(struct emu_card *card, const struct story_kind *kind,
    bool thorough, struct story *got);
/* The current DF's EF; false: not to be read. */
bool story_read_ef(struct emu_card *card, const struct story_kind *kind,
    unsigned i, uint8_t content[STORY_EF_N]);

/* The key that is imported, a published one: its part with that tag (81 n,
 * 82 e, 92 p, 93 q, 94 qi, 95 dp, 96 dq). */
const struct cb_buf *story_known_part(unsigned tag);

/* A command; *rsp (NULL: not wanted) is what came before the status word.
 * 0: no answer. */
uint16_t story_send(struct emu_card *card, const struct story_kind *kind,
    const struct story_cmd *cmd, struct cb_buf *rsp);
/* One without data. */
uint16_t story_short(struct emu_card *card, const struct story_kind *kind,
    unsigned cla, unsigned ins, unsigned p1p2, int le, struct cb_buf *rsp);
uint16_t story_select(
    struct emu_card *card, const struct story_kind *kind, unsigned fid);
bool story_go(
    struct emu_card *card, const struct story_kind *kind, enum story_at at);

/* ---- story_where.c ------------------------------------------------------ */

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
/* Do the two differ in what only passcodes open? */
bool story_hides(const struct story *before, const struct story *after);
/* The same with what passcodes open: passcodes, key, the sealed EF. That
 * spends tries: `open` gives a copy of the card each time. */
enum story_place story_find(const struct story *got,
    const struct story *before, const struct story *after,
    const struct story_cmd *cmd, struct emu_card *(*open)(void *),
    void *ctx);

#endif
