/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What comes next in a story, see story.h.
 */
#include <stdio.h>
#include <string.h>

#include "common/sw.h"
#include "tests/powercut/story.h"
#include "tests/powercut/vfs_powercut.h"

#define PIN_FIELD 64
#define SO_PIN "87654321"

const char *const story_op_names[OPS] = {
	"wrong PIN", "right PIN", "change PIN", "passwd", "unblock",
	"wrong unblock value", "wrong SO PIN", "right SO PIN", "create EF",
	"update EF", "delete EF", "create or delete DF", "append record",
	"update record", "delete record", "put key component", "create PIN",
	"key files and generation",
};

static void
add(struct story_cmd *cmd, const void *p, size_t n)
{
	memcpy(cmd->apdu + cmd->n, p, n);
	cmd->n += n;
}

static void
header(struct story_cmd *cmd, unsigned cla, unsigned ins, unsigned p1,
    unsigned p2, unsigned lc)
{
	const uint8_t h[5] = { (uint8_t)cla, (uint8_t)ins, (uint8_t)p1,
		(uint8_t)p2, (uint8_t)lc };

	cmd->n = 0;
	add(cmd, h, lc != 0 ? 5 : 4);
}

static void
fill(struct story_cmd *cmd, unsigned value, size_t n)
{
	memset(cmd->apdu + cmd->n, (int)value, n);
	cmd->n += n;
}

static void
pin_text(unsigned pin, char text[16])
{
	snprintf(text, 16, "1234%02u", 56 + pin);	/* the first: 123456 */
}

static void
add_pin(struct story_cmd *cmd, const char *text)
{
	size_t n = strlen(text);

	add(cmd, text, n);
	fill(cmd, 0xff, PIN_FIELD - n);
}

static void
add_pin_no(struct story_cmd *cmd, unsigned pin)
{
	char text[16];

	pin_text(pin, text);
	add_pin(cmd, text);
}

static unsigned
draw(uint64_t *random, unsigned n)
{
	return (unsigned)(pc_random(random) >> 33) % n;
}

static uint16_t
tries_left(unsigned n)
{
	return n == 0 ? SW_BLOCKED : (uint16_t)(SW_TRIES | n);
}

/* ---- passcodes ---------------------------------------------------------- */

static bool
plan_wrong(struct story *s, uint64_t *random, struct story_cmd *cmd)
{
	(void)random;
	if (s->tries == 0)
		return false;
	header(cmd, 0x00, 0x20, 0x00, 0x81, PIN_FIELD);
	add_pin(cmd, "999999");
	cmd->want = tries_left(--s->tries);
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
	header(cmd, 0x00, 0x20, 0x00, 0x81, PIN_FIELD);
	add_pin_no(cmd, s->pin);
	cmd->spends = true;
	s->tries = STORY_TRIES;
	s->user_in = true;
	return true;
}

static bool
plan_change(struct story *s, uint64_t *random, struct story_cmd *cmd)
{
	unsigned pin = draw(random, STORY_PINS);

	if (s->tries == 0)
		return false;
	header(cmd, 0x00, 0x24, 0x00, 0x01, 2 * PIN_FIELD);
	add_pin_no(cmd, s->pin);
	add_pin_no(cmd, pin);
	cmd->spends = true;
	s->tries = STORY_TRIES;
	s->pin = pin;
	s->user_in = true;
	return true;
}

static bool
plan_passwd(struct story *s, uint64_t *random, struct story_cmd *cmd)
{
	unsigned pin = draw(random, STORY_PINS);

	if (s->tries == 0)
		return false;
	cmd->old_pin = s->pin;
	cmd->new_pin = pin;
	cmd->spends = true;
	s->tries = STORY_TRIES;
	s->pin = pin;
	story_reset(s);
	return true;
}

static bool
plan_unblock(struct story *s, uint64_t *random, struct story_cmd *cmd)
{
	unsigned pin = draw(random, STORY_PINS);

	header(cmd, 0x00, 0x2C, 0x00, 0x01, 16 + PIN_FIELD);
	add(cmd, s->unblock, 16);
	add_pin_no(cmd, pin);
	cmd->spends_unblock = true;
	s->pin = pin;
	s->tries = s->unblock_tries = STORY_TRIES;
	s->user_in = false;
	return true;
}

/* The last try is never spent: the story could not go on. */
static bool
plan_unblock_wrong(struct story *s, uint64_t *random, struct story_cmd *cmd)
{
	(void)random;
	if (s->unblock_tries < 2)
		return false;
	header(cmd, 0x00, 0x2C, 0x00, 0x01, 16 + PIN_FIELD);
	fill(cmd, 'x', 16);
	add_pin_no(cmd, 0);
	cmd->spends_unblock = true;
	cmd->want = tries_left(--s->unblock_tries);
	return true;
}

static bool
plan_so_wrong(struct story *s, uint64_t *random, struct story_cmd *cmd)
{
	(void)random;
	if (s->so_tries < 3)	/* a kill may cost the one between */
		return false;
	header(cmd, 0x00, 0x20, 0x00, 0x04, PIN_FIELD);
	add_pin(cmd, "999999");
	cmd->spends_so = true;
	cmd->want = tries_left(--s->so_tries);
	s->so_in = false;
	return true;
}

static bool
plan_so_right(struct story *s, uint64_t *random, struct story_cmd *cmd)
{
	(void)random;
	header(cmd, 0x00, 0x20, 0x00, 0x04, PIN_FIELD);
	add_pin(cmd, SO_PIN);
	cmd->spends_so = true;
	s->so_tries = STORY_TRIES;
	s->so_in = true;
	return true;
}

static bool
plan_pin(struct story *s, uint64_t *random, struct story_cmd *cmd)
{
	header(cmd, 0x00, 0x24, 0x01, 0x02, 2 + PIN_FIELD);
	fill(cmd, STORY_TRIES, 1);
	fill(cmd, PIN_FIELD, 1);
	add_pin_no(cmd, draw(random, STORY_PINS));
	s->one_time = true;
	return true;
}

/* ---- files -------------------------------------------------------------- */

static void
create(struct story_cmd *cmd, unsigned type, unsigned fid, unsigned size,
    const uint8_t access[8])
{
	const uint8_t tlv[] = { 0x62, 0x16, 0x82, 0x02, (uint8_t)(type >> 8),
		(uint8_t)type, 0x83, 0x02, (uint8_t)(fid >> 8), (uint8_t)fid,
		0x85, 0x02, (uint8_t)(size >> 8), (uint8_t)size, 0x86, 0x08 };

	header(cmd, 0x00, 0xE0, 0x00, 0x00, sizeof(tlv) + 8);
	add(cmd, tlv, sizeof(tlv));
	add(cmd, access, 8);
}

static void
delete(struct story_cmd *cmd, unsigned p1, unsigned fid)
{
	const uint8_t id[] = { (uint8_t)(fid >> 8), (uint8_t)fid };

	header(cmd, 0x00, 0xE4, p1, 0x00, sizeof(id));
	add(cmd, id, sizeof(id));
}

static const uint8_t free_access[8] = { 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff };

static bool
plan_create(struct story *s, uint64_t *random, struct story_cmd *cmd)
{
	unsigned i = draw(random, STORY_EFS);

	create(cmd, 0x0101, 0x6F00 + i, STORY_EF_N, free_access);
	if (s->ef[i]) {
		cmd->want = SW_FILE_EXISTS;
		return true;
	}
	s->ef[i] = true;
	memset(s->content[i], 0, STORY_EF_N);
	return true;
}

static bool
plan_update(struct story *s, uint64_t *random, struct story_cmd *cmd)
{
	unsigned i = draw(random, STORY_EFS), at, n, value;

	if (!s->ef[i])
		return plan_create(s, random, cmd);
	at = draw(random, STORY_EF_N);
	n = 1 + draw(random, STORY_EF_N - at < 250 ? STORY_EF_N - at : 250);
	value = draw(random, 256);
	header(cmd, 0x00, 0xD6, at >> 8, at & 0xff, n);
	fill(cmd, value, n);
	cmd->ef = (uint16_t)(0x6F00 + i);
	memset(s->content[i] + at, (int)value, n);
	return true;
}

static bool
plan_delete(struct story *s, uint64_t *random, struct story_cmd *cmd)
{
	unsigned i = draw(random, STORY_EFS);

	delete(cmd, 0x02, 0x6F00 + i);
	if (!s->ef[i])
		cmd->want = SW_FILE_NOT_FOUND;
	s->ef[i] = false;
	memset(s->content[i], 0, STORY_EF_N);
	return true;
}

static bool
plan_df(struct story *s, uint64_t *random, struct story_cmd *cmd)
{
	(void)random;
	if (s->df)
		delete(cmd, 0x01, 0x7F01);
	else
		create(cmd, 0x3800, 0x7F01, 0x28, free_access);
	s->df = !s->df;
	return true;
}

static bool
plan_append(struct story *s, uint64_t *random, struct story_cmd *cmd)
{
	unsigned i, value = 1 + draw(random, 255);

	for (i = 0; i < STORY_RECORDS && s->record[i] != 0; i++)
		;
	if (i == STORY_RECORDS)
		return false;
	header(cmd, 0x00, 0xE2, 0x00, 0x00, STORY_RECORD_N);
	fill(cmd, value, STORY_RECORD_N);
	s->record[i] = (uint8_t)value;
	return true;
}

/* A record that is there, from 1; 0: none. */
static unsigned
some_record(const struct story *s, uint64_t *random)
{
	unsigned i, k = draw(random, STORY_RECORDS);

	for (i = 0; i < STORY_RECORDS; i++)
		if (s->record[(i + k) % STORY_RECORDS] != 0)
			return (i + k) % STORY_RECORDS + 1;
	return 0;
}

static bool
plan_record(struct story *s, uint64_t *random, struct story_cmd *cmd)
{
	unsigned no = some_record(s, random), value = 1 + draw(random, 255);

	if (no == 0)
		return plan_append(s, random, cmd);
	header(cmd, 0x00, 0xDC, no, 0x04, STORY_RECORD_N);
	fill(cmd, value, STORY_RECORD_N);
	s->record[no - 1] = (uint8_t)value;
	return true;
}

static bool
plan_record_delete(struct story *s, uint64_t *random, struct story_cmd *cmd)
{
	unsigned no = some_record(s, random);

	if (no == 0)
		return plan_append(s, random, cmd);
	header(cmd, 0x80, 0x32, no, 0x04, 0);
	s->record[no - 1] = 0;
	return true;
}

/* ---- keys --------------------------------------------------------------- */

static bool
plan_component(struct story *s, uint64_t *random, struct story_cmd *cmd)
{
	unsigned value = draw(random, 128) * 2 + 1;
	const uint8_t data[] = { 0xA1, 0x03, 0x01, 0x00, (uint8_t)value,
		0x00 };

	header(cmd, 0x80, 0xD8, 0x02, 0x04, sizeof(data));
	add(cmd, data, sizeof(data));
	s->exponent = (uint8_t)value;
	return true;
}

static bool
plan_key(struct story *s, uint64_t *random, struct story_cmd *cmd)
{
	static const uint8_t private[8] = { 0x21, 0x21, 0xff, 0x21, 0xff,
		0x21, 0xff, 0xff };
	static const uint8_t public[8] = { 0x00, 0xff, 0x00, 0xff, 0x00,
		0xff, 0x00, 0xff };
	static const uint8_t fids[] = { 0x10, 0x50, 0x30, 0x50 };
	static const enum story_key next[] = { KEY_PRIVATE, KEY_BOTH,
		KEY_MADE, KEY_ALONE, KEY_NONE };

	(void)random;
	switch (s->key) {
	case KEY_NONE:
		create(cmd, 0x1400, 0x3050, 512, private);
		break;
	case KEY_PRIVATE:
		create(cmd, 0x1200, 0x1050, 512, public);
		break;
	case KEY_BOTH:
		header(cmd, 0x00, 0x46, 0x00, 0x00, sizeof(fids));
		add(cmd, fids, sizeof(fids));
		fill(cmd, 64, 1);
		break;
	case KEY_MADE:
		delete(cmd, 0x02, 0x1050);
		break;
	case KEY_ALONE:
		delete(cmd, 0x02, 0x3050);
		break;
	}
	s->key = next[s->key];
	return true;
}

/* ---- choosing ----------------------------------------------------------- */

enum { NO_LOGIN, USER, SO };

static const struct plan {
	bool (*plan)(struct story *, uint64_t *, struct story_cmd *);
	int login;
	uint16_t df, ef;
} plans[OPS] = {
	[OP_WRONG] = { plan_wrong, NO_LOGIN, 0x5011, 0 },
	[OP_RIGHT] = { plan_right, NO_LOGIN, 0x5011, 0 },
	[OP_CHANGE] = { plan_change, NO_LOGIN, 0x5011, 0 },
	[OP_PASSWD] = { plan_passwd, NO_LOGIN, 0x5011, 0 },
	[OP_UNBLOCK] = { plan_unblock, SO, 0x5011, 0 },
	[OP_UNBLOCK_WRONG] = { plan_unblock_wrong, SO, 0x5011, 0 },
	[OP_SO_WRONG] = { plan_so_wrong, NO_LOGIN, 0x5011, 0 },
	[OP_SO_RIGHT] = { plan_so_right, NO_LOGIN, 0x5011, 0 },
	[OP_CREATE] = { plan_create, NO_LOGIN, 0x9001, 0 },
	[OP_UPDATE] = { plan_update, NO_LOGIN, 0x9001, 0 },
	[OP_DELETE] = { plan_delete, NO_LOGIN, 0x9001, 0 },
	[OP_DF] = { plan_df, NO_LOGIN, 0x9001, 0 },
	[OP_APPEND] = { plan_append, NO_LOGIN, 0x9001, 0x6E00 },
	[OP_RECORD] = { plan_record, NO_LOGIN, 0x9001, 0x6E00 },
	[OP_RECORD_DELETE] = { plan_record_delete, NO_LOGIN, 0x9001, 0x6E00 },
	[OP_COMPONENT] = { plan_component, NO_LOGIN, 0x9001, 0x1060 },
	[OP_PIN] = { plan_pin, SO, 0x5011, 0 },
	[OP_KEY] = { plan_key, USER, 0x9002, 0 },
};

void
story_plan(struct story *s, enum story_op op, uint64_t *random,
    struct story_cmd *cmd)
{
	const struct plan *p = &plans[op];

	if (p->login == SO && !s->so_in)
		p = &plans[op = OP_SO_RIGHT];
	if (p->login == USER && !s->user_in)
		p = &plans[op = OP_RIGHT];
	*cmd = (struct story_cmd){ .op = op, .df = p->df, .ef = p->ef,
		.want = SW_OK };
	if (p->plan(s, random, cmd))
		return;
	/* Not now: the PIN is blocked, or there is no room. */
	if (s->tries == 0)
		op = s->so_in ? OP_UNBLOCK : OP_SO_RIGHT;
	else if (op == OP_APPEND || op == OP_RECORD)
		op = OP_RECORD_DELETE;
	else
		op = s->so_in ? OP_UNBLOCK : OP_SO_RIGHT;
	p = &plans[op];
	*cmd = (struct story_cmd){ .op = op, .df = p->df, .ef = p->ef,
		.want = SW_OK };
	(void)p->plan(s, random, cmd);
}

void
story_reset(struct story *s)
{
	s->user_in = s->so_in = false;
}
