/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What comes next in a story, see story.h: what all kinds of card can do.
 */
#include <stdio.h>
#include <string.h>

#include "common/sw.h"
#include "tests/powercut/story.h"
#include "tests/powercut/vfs_powercut.h"

/* ---- words -------------------------------------------------------------- */

void
story_add(struct story_cmd *cmd, const void *p, size_t n)
{
	memcpy(cmd->data + cmd->n, p, n);
	cmd->n += n;
}

void
story_fill(struct story_cmd *cmd, unsigned value, size_t n)
{
	memset(cmd->data + cmd->n, (int)value, n);
	cmd->n += n;
}

void
story_head(struct story_cmd *cmd, unsigned cla, unsigned ins, unsigned p1,
    unsigned p2)
{
	const uint8_t head[4] = { (uint8_t)cla, (uint8_t)ins, (uint8_t)p1,
		(uint8_t)p2 };

	memcpy(cmd->head, head, sizeof(head));
	cmd->n = 0;
	cmd->le = -1;
}

void
story_pin_text(unsigned pin, char text[16])
{
	snprintf(text, 16, "1234%02u", 56 + pin);	/* the first: 123456 */
}

static void
so_text(unsigned pin, char text[16])
{
	snprintf(text, 16, "876543%02u", 21 + pin);	/* 87654321 */
}

static void
add_text(struct story_cmd *cmd, const struct story *s, const char *text)
{
	size_t n = strlen(text), field = s->kind->pin_field;

	story_add(cmd, text, n);
	if (field > n)
		story_fill(cmd, 0xff, field - n);
}

void
story_add_pin(struct story_cmd *cmd, const struct story *s, unsigned pin)
{
	char text[16];

	story_pin_text(pin, text);
	add_text(cmd, s, text);
}

static void
add_so(struct story_cmd *cmd, const struct story *s, unsigned pin)
{
	char text[16];

	so_text(pin, text);
	add_text(cmd, s, text);
}

unsigned
story_draw(uint64_t *random, unsigned n)
{
	return (unsigned)(pc_random(random) >> 33) % n;
}

unsigned
story_draw_pin(uint64_t *random, unsigned old)
{
	return (old + 1 + story_draw(random, STORY_PINS - 1)) % STORY_PINS;
}

uint16_t
story_tries_left(const struct story *s, unsigned n)
{
	return n == 0 ? s->kind->last_try : (uint16_t)(SW_TRIES | n);
}

/* ---- passcodes ---------------------------------------------------------- */

static bool
plan_wrong(struct story *s, uint64_t *random, struct story_cmd *cmd)
{
	(void)random;
	if (s->tries == 0)
		return false;
	story_head(cmd, 0x00, 0x20, 0x00, s->kind->user_ref);
	add_text(cmd, s, "999999");
	cmd->want = story_tries_left(s, --s->tries);
	cmd->spends = true;
	s->user_in = false;
	return true;
}

static bool
plan_right(struct story *s, uint64_t *random, struct story_cmd *cmd)
{
	(void)random;
	if (s->tries == 0)
		return false;
	story_head(cmd, 0x00, 0x20, 0x00, s->kind->user_ref);
	story_add_pin(cmd, s, s->pin);
	cmd->spends = true;
	s->tries = STORY_TRIES;
	s->user_in = true;
	return true;
}

static bool
plan_change(struct story *s, uint64_t *random, struct story_cmd *cmd)
{
	unsigned pin = story_draw_pin(random, s->pin);

	if (s->tries == 0)
		return false;
	story_head(cmd, 0x00, 0x24, 0x00, s->kind->change_ref);
	story_add_pin(cmd, s, s->pin);
	story_add_pin(cmd, s, pin);
	cmd->spends = true;
	s->tries = STORY_TRIES;
	s->pin = pin;
	s->user_in = true;
	return true;
}

static bool
plan_change_wrong(struct story *s, uint64_t *random, struct story_cmd *cmd)
{
	if (s->tries == 0)
		return false;
	story_head(cmd, 0x00, 0x24, 0x00, s->kind->change_ref);
	add_text(cmd, s, "999999");
	story_add_pin(cmd, s, story_draw(random, STORY_PINS));
	cmd->want = story_tries_left(s, --s->tries);
	cmd->spends = true;
	s->user_in = false;
	return true;
}

static bool
plan_passwd(struct story *s, uint64_t *random, struct story_cmd *cmd)
{
	char text[16];

	if (s->tries == 0)
		return false;
	story_pin_text(s->pin, text);
	story_add(cmd, text, strlen(text));
	cmd->outside = BY_PASSWD;
	cmd->new_pin = story_draw_pin(random, s->pin);
	cmd->spends = true;
	s->tries = STORY_TRIES;
	s->pin = cmd->new_pin;
	story_reset(s);
	return true;
}

/* Where no try is missing nobody could tell whether they came back: spends one
 * before. */
static bool
tries_are_whole(struct story *s, uint64_t *random, struct story_cmd *cmd)
{
	if (s->tries < STORY_TRIES)
		return false;
	story_plan(s, OP_WRONG, random, cmd);
	return true;
}

static bool
plan_unblock(struct story *s, uint64_t *random, struct story_cmd *cmd)
{
	return tries_are_whole(s, random, cmd) ||
	    s->kind->unblock(s, random, cmd);
}

static bool
plan_unblock_outside(struct story *s, uint64_t *random, struct story_cmd *cmd)
{
	char text[16];

	if (tries_are_whole(s, random, cmd))
		return true;
	cmd->outside = BY_UNBLOCK;
	cmd->new_pin = story_draw_pin(random, s->pin);
	if (s->kind->puk) {
		so_text(s->so_pin, text);
		story_add(cmd, text, strlen(text));
		cmd->spends_so = true;
		s->so_tries = STORY_TRIES;
	} else {
		story_add(cmd, s->unblock, sizeof(s->unblock));
		cmd->spends_unblock = true;
		s->unblock_tries = STORY_TRIES;
	}
	s->tries = STORY_TRIES;
	s->pin = cmd->new_pin;
	story_reset(s);
	return true;
}

static bool
plan_so_wrong(struct story *s, uint64_t *random, struct story_cmd *cmd)
{
	(void)random;
	if (s->so_tries < 3)	/* a kill may cost the one between */
		return false;
	story_head(cmd, 0x00, 0x20, 0x00, s->kind->so_ref);
	add_text(cmd, s, "99999999");
	cmd->spends_so = true;
	cmd->want = story_tries_left(s, --s->so_tries);
	s->so_in = false;
	return true;
}

static bool
plan_so_right(struct story *s, uint64_t *random, struct story_cmd *cmd)
{
	(void)random;
	story_head(cmd, 0x00, 0x20, 0x00, s->kind->so_ref);
	add_so(cmd, s, s->so_pin);
	cmd->spends_so = true;
	s->so_tries = STORY_TRIES;
	s->so_in = true;
	return true;
}

bool
story_plan_reset(struct story *s, uint64_t *random, struct story_cmd *cmd)
{
	unsigned pin = story_draw_pin(random, s->pin);

	story_head(cmd, 0x00, 0x2C, 0x02, s->kind->change_ref);
	story_add_pin(cmd, s, pin);
	s->tries = STORY_TRIES;
	s->pin = pin;
	s->user_in = false;
	return true;
}

bool
story_plan_reset_counter(
    struct story *s, uint64_t *random, struct story_cmd *cmd)
{
	if (tries_are_whole(s, random, cmd))
		return true;
	story_head(cmd, 0x00, 0x2C, 0x03, s->kind->change_ref);
	s->tries = STORY_TRIES;
	s->user_in = false;
	return true;
}

bool
story_plan_change_so(struct story *s, uint64_t *random, struct story_cmd *cmd)
{
	unsigned pin = story_draw_pin(random, s->so_pin);

	story_head(cmd, 0x00, 0x24, 0x00, s->kind->so_ref);
	add_so(cmd, s, s->so_pin);
	add_so(cmd, s, pin);
	cmd->spends_so = true;
	s->so_tries = STORY_TRIES;
	s->so_pin = pin;
	s->so_in = true;
	return true;
}

/* ---- transparent EFs, keys ---------------------------------------------- */

static bool
plan_create(struct story *s, uint64_t *random, struct story_cmd *cmd)
{
	unsigned i = story_draw(random, STORY_EFS);

	story_head(cmd, 0x00, 0xE0, 0x00, 0x00);
	s->kind->create(cmd, s->kind, i);
	if (s->ef[i]) {
		cmd->want = SW_FILE_EXISTS;
		return true;
	}
	s->ef[i] = true;
	memset(s->content[i], 0, STORY_EF_N);
	return true;
}

/* Into one that is there, else it is made. The sealed one is at times written
 * by somebody who cannot read it. */
static bool
plan_update(struct story *s, uint64_t *random, struct story_cmd *cmd)
{
	unsigned i = story_draw(random, STORY_EFS), at, n, value;

	if (!s->ef[i]) {
		story_plan(s, OP_CREATE, random, cmd);
		return true;
	}
	at = story_draw(random, STORY_EF_N);
	n = 1 + story_draw(random, STORY_EF_N - at < 250 ? STORY_EF_N - at
							 : 250);
	value = story_draw(random, 256);
	story_head(cmd, 0x00, 0xD6, at >> 8, at & 0xff);
	story_fill(cmd, value, n);
	cmd->ef = (uint16_t)(STORY_EF_FID + i);
	memset(s->content[i] + at, (int)value, n);
	return true;
}

/* By its identifier, there or not. */
bool
story_plan_delete(struct story *s, uint64_t *random, struct story_cmd *cmd)
{
	unsigned i = story_draw(random, STORY_EFS);
	const uint8_t id[] = { STORY_EF_FID >> 8, (uint8_t)i };

	story_head(cmd, 0x00, 0xE4, 0x02, 0x00);
	story_add(cmd, id, sizeof(id));
	if (!s->ef[i])
		cmd->want = SW_FILE_NOT_FOUND;
	s->ef[i] = false;
	memset(s->content[i], 0, STORY_EF_N);
	return true;
}

static bool
plan_delete(struct story *s, uint64_t *random, struct story_cmd *cmd)
{
	return s->kind->delete(s, random, cmd);
}

static bool
plan_key(struct story *s, uint64_t *random, struct story_cmd *cmd)
{
	const struct story_key *key = &s->kind->keys[s->key];

	(void)random;
	cmd->name = key->name;
	key->build(s, cmd);
	s->key = (s->key + 1) % (unsigned)s->kind->keys_n;
	return true;
}

/* ---- choosing ----------------------------------------------------------- */

static const struct story_row common[OPS_COMMON] = {
	[OP_WRONG] = { "wrong PIN", plan_wrong, NOBODY, AT_APP, 0 },
	[OP_RIGHT] = { "right PIN", plan_right, NOBODY, AT_APP, 0 },
	[OP_CHANGE] = { "change PIN", plan_change, NOBODY, AT_APP, 0 },
	[OP_CHANGE_WRONG] = { "change wrong PIN", plan_change_wrong, NOBODY,
	    AT_APP, 0 },
	[OP_PASSWD] = { "passwd", plan_passwd, NOBODY, AT_APP, 0 },
	[OP_UNBLOCK] = { "unblock", plan_unblock, SO, AT_APP, 0 },
	[OP_UNBLOCK_OUTSIDE] = { "passwd --unblock", plan_unblock_outside,
	    NOBODY, AT_APP, 0 },
	[OP_SO_WRONG] = { "wrong SO PIN", plan_so_wrong, NOBODY, AT_APP, 0 },
	[OP_SO_RIGHT] = { "right SO PIN", plan_so_right, NOBODY, AT_APP, 0 },
	[OP_CREATE] = { "create EF", plan_create, CREATOR, AT_FILES, 0 },
	[OP_UPDATE] = { "update EF", plan_update, NOBODY, AT_FILES, 0 },
	[OP_DELETE] = { "delete EF", plan_delete, NOBODY, AT_FILES, 0 },
	[OP_KEY] = { "key", plan_key, USER, AT_KEYS, 0 },
};

static const struct story_row *
row_of(const struct story_kind *kind, unsigned op)
{
	return op < OPS_COMMON ? &common[op] : &kind->own[op - OPS_COMMON];
}

unsigned
story_ops(const struct story_kind *kind)
{
	return OPS_COMMON + (unsigned)kind->own_n;
}

const char *
story_op_name(const struct story_kind *kind, unsigned op)
{
	return row_of(kind, op)->name;
}

unsigned
story_op_times(const struct story_kind *kind, unsigned op)
{
	return op == OP_KEY ? (unsigned)kind->keys_n : 1;
}

unsigned
story_draw_op(const struct story_kind *kind, uint64_t *random)
{
	unsigned n = story_ops(kind) + (unsigned)kind->keys_n / 2;
	unsigned op = story_draw(random, n);

	return op < story_ops(kind) ? op : OP_KEY;
}

void
story_plan(struct story *s, unsigned op, uint64_t *random,
    struct story_cmd *cmd)
{
	const struct story_row *row = row_of(s->kind, op);
	enum story_login who = row->login == CREATOR ? s->kind->creator
						     : row->login;

	if (who == SO && !s->so_in)
		row = row_of(s->kind, op = OP_SO_RIGHT);
	if (who == USER && !s->user_in)
		row = row_of(s->kind, op = OP_RIGHT);
	*cmd = (struct story_cmd){ .op = op, .name = row->name,
		.at = row->at, .ef = row->ef, .want = SW_OK, .le = -1 };
	/* Else: the PIN, or what unblocks it, is in the way. */
	if (!row->plan(s, random, cmd))
		story_plan(s, OP_UNBLOCK, random, cmd);
}

void
story_reset(struct story *s)
{
	s->user_in = s->so_in = false;
}
