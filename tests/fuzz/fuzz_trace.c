/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What the card does and what a trace shows of it: the same conversation goes
 * to a card and to the blotter. Each byte of the input chooses: which command,
 * with which class, length, Le and data. Whatever is a secret is made of words
 * that nothing else has, and the card is lax: it allows everything, and
 * "deciphers" to such a word. No four bytes in a row of one may be shown.
 *
 * The first byte of the input is the kind of card.
 */
#include <stdio.h>
#include <string.h>

#include "bridge/blot.h"
#include "common/hex.h"
#include "emulator/applets/applet.h"
#include "tests/fuzz/fuzz_card.h"

#define COMMANDS_MAX 300
#define FID_SECRET 0x2000
#define WINDOW 4
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *const families[] = { "authentic5", "authentic3",
	"iasecc-oberthur", "iasecc-gemalto" };

/* No certificate has these. */
static const char in_commands[] = "~7{|}~9{|}~8";
static const char in_file[] = "^4[&]^5[&]^6";
static const char deciphered[] = "!1?_=!2?_=!3";
static const char *const secrets[] = { in_commands, in_file, deciphered };

/* ---- the lax card -------------------------------------------------------- */

uint16_t __wrap_emu_allowed(
    struct emu_app *app, const struct emu_file *f, enum emu_op op);
uint16_t __wrap_emu_key_allowed(
    struct emu_app *app, const struct emu_file *f, enum emu_op op);
uint16_t __wrap_emu_key_decipher(struct emu_app *app, struct emu_file *f,
    struct cb_span cryptogram, struct cb_buf *out);

uint16_t
__wrap_emu_allowed(
    struct emu_app *app, const struct emu_file *f, enum emu_op op)
{
	(void)app;
	(void)f;
	(void)op;
	return SW_OK;
}

uint16_t
__wrap_emu_key_allowed(
    struct emu_app *app, const struct emu_file *f, enum emu_op op)
{
	(void)app;
	(void)f;
	(void)op;
	return SW_OK;
}

uint16_t
__wrap_emu_key_decipher(struct emu_app *app, struct emu_file *f,
    struct cb_span cryptogram, struct cb_buf *out)
{
	(void)app;
	(void)f;
	(void)cryptogram;
	fuzz_must(cb_buf_add(out, cb_span_str(deciphered)) == CB_OK);
	return SW_OK;
}

/* ---- commands ------------------------------------------------------------ */

/* What stands in the data field. */
enum data { NONE, HEX, SECRET, CONTENT };

static const struct form {
	uint8_t cla, ins, p1, p2;
	enum data what;
	const char *hex;
} forms[] = {
	/* applications: the card manager, each of the four's own */
	{ 0x00, 0xA4, 0x04, 0x00, NONE, NULL },
	{ 0x00, 0xA4, 0x04, 0x00, HEX, "A000000077" },
	{ 0x00, 0xA4, 0x04, 0x0C, HEX, "A000000063504B43532D3135" },
	{ 0x00, 0xA4, 0x04, 0x00, HEX, "F049415365" },
	/* files */
	{ 0x00, 0xA4, 0x00, 0x00, HEX, "2000" },
	{ 0x00, 0xA4, 0x00, 0x0C, HEX, "2000" },
	{ 0x00, 0xA4, 0x00, 0x00, HEX, "5015" },
	{ 0x00, 0xA4, 0x00, 0x0C, HEX, "3F00" },
	{ 0x00, 0xA4, 0x00, 0x00, HEX, "5031" },
	{ 0x00, 0xA4, 0x00, 0x00, HEX, "5011" },
	{ 0x00, 0xA4, 0x08, 0x00, HEX, "501190023001" },
	{ 0x00, 0xA4, 0x08, 0x00, HEX, "50112000" },
	{ 0x00, 0xA4, 0x00, 0x00, HEX, "3333" },
	{ 0x00, 0xA4, 0x00, 0x00, HEX, "4444" },
	{ 0x00, 0xA4, 0x00, 0x00, HEX, "4445" },
	{ 0x00, 0xA4, 0x00, 0x00, NONE, NULL },
	{ 0x00, 0xA4, 0x01, 0x00, HEX, "5015" },
	{ 0x00, 0xA4, 0x02, 0x04, HEX, "2000" },
	{ 0x00, 0xA4, 0x02, 0x00, HEX, "3333" },
	{ 0x00, 0xA4, 0x03, 0x00, NONE, NULL },
	{ 0x00, 0xA4, 0x08, 0x00, HEX, "50152000" },
	{ 0x00, 0xA4, 0x08, 0x00, HEX, "3F002000" },
	{ 0x00, 0xA4, 0x08, 0x00, HEX, "2000" },
	{ 0x00, 0xA4, 0x08, 0x00, HEX, "50155031" },
	{ 0x00, 0xA4, 0x09, 0x00, HEX, "2000" },
	{ 0x00, 0xA4, 0x09, 0x04, HEX, "50152000" },
	{ 0x00, 0xA4, 0x09, 0x00, HEX, "3333" },
	{ 0x00, 0xB0, 0x00, 0x00, NONE, NULL },
	{ 0x00, 0xB0, 0x00, 0x02, NONE, NULL },
	{ 0x00, 0xB0, 0x81, 0x00, NONE, NULL },
	{ 0x00, 0xB0, 0x82, 0x00, NONE, NULL },
	{ 0x00, 0xB1, 0x00, 0x00, HEX, "54020000" },
	{ 0x00, 0xB2, 0x01, 0x04, NONE, NULL },
	{ 0x00, 0xB2, 0x02, 0x04, NONE, NULL },
	{ 0x00, 0xB2, 0x01, 0x0C, NONE, NULL },
	{ 0x00, 0xD6, 0x00, 0x00, CONTENT, NULL },
	{ 0x00, 0xD6, 0x81, 0x00, CONTENT, NULL },
	{ 0x00, 0xD6, 0x82, 0x00, CONTENT, NULL },
	{ 0x00, 0xE2, 0x00, 0x00, CONTENT, NULL },
	{ 0x00, 0xDC, 0x01, 0x04, CONTENT, NULL },
	{ 0x80, 0x32, 0x01, 0x04, NONE, NULL },
	{ 0x80, 0x34, 0x00, 0x00, NONE, NULL },
	/* EF 2000 and others, as each kind of card has them made */
	{ 0x00, 0xE0, 0x00, 0x00, HEX,
	    "621682020101830220008502004086080000000000000000" },
	{ 0x00, 0xE0, 0x00, 0x00, HEX,
	    "621682020401830220008502004086080000000000000000" },
	{ 0x00, 0xE0, 0x00, 0x00, HEX,
	    "621682020101830233338502004086080000000000000000" },
	{ 0x00, 0xE0, 0x00, 0x00, HEX,
	    "621682020401830233338502004086080000000000000000" },
	{ 0x00, 0xE0, 0x00, 0x00, HEX,
	    "621682023800830244448502004086080000000000000000" },
	{ 0x00, 0xE0, 0x00, 0x00, HEX,
	    "6215820238008302444485020040860700000000000000" },
	{ 0x00, 0xE0, 0x00, 0x00, HEX,
	    "6212820238008302444485020040860400000000" },
	{ 0x00, 0xE0, 0x00, 0x00, HEX,
	    "62118002004082010183022000860400000000" },
	{ 0x00, 0xE0, 0x00, 0x00, HEX,
	    "6212800200408201018302200086050000000000" },
	{ 0x00, 0xE0, 0x00, 0x00, HEX,
	    "621380020040820101830220008606000000000000" },
	{ 0x00, 0xE0, 0x00, 0x00, HEX,
	    "62148002004082010183022000860700000000000000" },
	{ 0x00, 0xE0, 0x00, 0x00, HEX,
	    "6215800200408201018302200086080000000000000000" },
	{ 0x00, 0xE0, 0x00, 0x00, HEX,
	    "62168002004082010183022000880108A1068C0443000000" },
	{ 0x00, 0xE0, 0x00, 0x00, HEX,
	    "62118002004082010183023333860400000000" },
	{ 0x00, 0xE0, 0x00, 0x00, HEX,
	    "6212800200408201018302333386050000000000" },
	{ 0x00, 0xE0, 0x00, 0x00, HEX,
	    "621380020040820101830233338606000000000000" },
	{ 0x00, 0xE0, 0x00, 0x00, HEX,
	    "62148002004082010183023333860700000000000000" },
	{ 0x00, 0xE0, 0x00, 0x00, HEX,
	    "6215800200408201018302333386080000000000000000" },
	{ 0x00, 0xE0, 0x00, 0x00, HEX,
	    "62168002004082010183023333880110A1068C0443000000" },
	{ 0x00, 0xE4, 0x00, 0x00, NONE, NULL },
	{ 0x00, 0xE4, 0x02, 0x00, HEX, "2000" },
	{ 0x00, 0xE4, 0x02, 0x00, HEX, "3333" },
	{ 0x00, 0xE4, 0x01, 0x00, HEX, "4444" },
	/* passcodes */
	{ 0x00, 0x20, 0x00, 0x01, SECRET, NULL },
	{ 0x00, 0x20, 0x00, 0x81, SECRET, NULL },
	{ 0x00, 0x20, 0x00, 0x01, NONE, NULL },
	{ 0x00, 0x24, 0x00, 0x01, SECRET, NULL },
	{ 0x00, 0x24, 0x01, 0x01, SECRET, NULL },
	{ 0x00, 0x2C, 0x00, 0x01, SECRET, NULL },
	{ 0x00, 0x2C, 0x02, 0x81, SECRET, NULL },
	{ 0x00, 0x2C, 0x03, 0x81, NONE, NULL },
	{ 0x80, 0x2E, 0x00, 0x21, NONE, NULL },
	/* keys */
	{ 0x80, 0xD8, 0x01, 0x04, SECRET, NULL },
	{ 0x80, 0xB4, 0x01, 0x00, NONE, NULL },
	{ 0x00, 0xDB, 0x3F, 0xFF, SECRET, NULL },
	{ 0x00, 0xCB, 0x3F, 0xFF, HEX, "4D097007BF8101037F4980" },
	{ 0x00, 0xCA, 0x9F, 0x7F, NONE, NULL },
	{ 0x00, 0x22, 0x41, 0xB8, HEX, "800111" },
	{ 0x00, 0x22, 0x41, 0xB8, HEX, "800111830101" },
	{ 0x00, 0x22, 0x41, 0xB8, HEX, "84018180011A" },
	{ 0x00, 0x22, 0x41, 0xB6, HEX, "800111" },
	{ 0x00, 0x22, 0x41, 0xA4, HEX, "840181800102" },
	{ 0x00, 0x2A, 0x80, 0x86, HEX, "8101020304" },
	{ 0x00, 0x2A, 0x9E, 0x9A, HEX, "01020304" },
	{ 0x00, 0x88, 0x00, 0x00, HEX, "01020304" },
	{ 0x00, 0x84, 0x00, 0x00, NONE, NULL },
	{ 0x00, 0x70, 0x00, 0x00, NONE, NULL },
	{ 0x00, 0xC2, 0x00, 0x00, SECRET, NULL },
	/* the rest of an answer */
	{ 0x00, 0xC0, 0x00, 0x00, NONE, NULL },
	{ 0x00, 0xC0, 0x00, 0x00, NONE, NULL },
	{ 0x80, 0xC0, 0x00, 0x00, NONE, NULL },
	{ 0x00, 0xC0, 0x01, 0x00, NONE, NULL },
};

/* In place of those of the form. */
static const uint8_t classes[] = { 0x10, 0x80, 0x90, 0x04, 0x0C, 0x01, 0x02,
	0x40, 0x60, 0xFF };

struct choices {
	struct cb_span in;
};

static uint8_t
choose(struct choices *c)
{
	uint8_t v;

	return cb_get_u8(&c->in, &v) == CB_OK ? v : 0;
}

/* Is it EF 2000 that this form writes to? */
static bool
to_secret_file(const struct form *f, const struct emu_card *card)
{
	const struct emu_file *ef;

	if (card->app == NULL)
		return false;
	ef = f->p1 >= 0x80 ? emu_fs_short(card->app->df, f->p1 & 0x1F)
			   : card->app->ef;
	return ef != NULL && ef->fid == FID_SECRET;
}

static void
put_data(struct cb_buf *out, const struct form *f, const struct emu_card *card)
{
	enum cb_err r = CB_OK;

	if (f->what == HEX)
		r = cb_hex_decode(out, f->hex, strlen(f->hex));
	else if (f->what == SECRET)
		r = cb_buf_add(out, cb_span_str(in_commands));
	else if (f->what == CONTENT)
		r = cb_buf_add(out, cb_span_str(to_secret_file(f, card)
			? in_file : "open content"));
	fuzz_must(r == CB_OK);
}

static void
make(struct choices *c, const struct emu_card *card, struct cb_buf *cmd)
{
	const struct form *f =
	    &forms[choose(c) % COUNT(forms)];
	struct cb_buf data = CB_BUF_INIT;
	uint8_t how = choose(c), le = choose(c);
	bool wide = (how & 0x70) == 0x10, wrong = (how & 0x70) == 0x20;
	uint8_t head[] = { f->cla, f->ins, f->p1, f->p2 };
	size_t n;

	if ((how & 0x80) != 0 && (how & 0x0F) < COUNT(classes))
		head[0] = classes[how & 0x0F];
	put_data(&data, f, card);
	n = data.n;
	if (wrong)
		n += le % 3 == 0 ? -(size_t)1 : le % 3;
	cb_buf_clear(cmd);
	fuzz_must(cb_buf_add(cmd, CB_SPAN_OF(head)) == CB_OK);
	if (wide)
		fuzz_must(cb_put_u8(cmd, 0) == CB_OK);
	if (data.n > 0)
		fuzz_must((wide ? cb_put_u16(cmd, (uint16_t)n)
				: cb_put_u8(cmd, (uint8_t)n)) == CB_OK &&
		    cb_buf_add(cmd, cb_buf_span(&data)) == CB_OK);
	if (le < 0xC0)
		fuzz_must((wide ? cb_put_u16(cmd, le % 32u)
				: cb_put_u8(cmd, le % 32u)) == CB_OK);
	cb_buf_free(&data);
}

/* ---- what is shown ------------------------------------------------------- */

static void
check_part(struct cb_span shown, const char *secret, const char *words)
{
	for (; strlen(secret) >= WINDOW; secret++) {
		if (memmem(shown.p, shown.n, secret, WINDOW) == NULL)
			continue;
		fprintf(stderr, "%s: shows %s\n", words, secret);
		abort();
	}
}

static void
check(const struct br_seen *seen, struct cb_span all)
{
	fuzz_must(seen->shown + seen->hidden <= all.n);
	for (size_t i = 0; i < COUNT(secrets); i++) {
		check_part(cb_span_head(all, seen->shown), secrets[i],
		    seen->words);
		check_part(cb_span_tail(all, seen->shown + seen->hidden),
		    secrets[i], seen->words);
	}
}

static void
exchange(struct emu_card *card, struct br_blot *b, struct cb_span cmd,
    struct cb_buf *rsp)
{
	struct br_seen seen;

	br_blot_command(b, cmd, &seen);
	check(&seen, cmd);
	fuzz_must(emu_card_transmit(card, cmd, rsp) == CB_OK);
	br_blot_answer(b, cb_buf_span(rsp), &seen);
	check(&seen, cb_buf_span(rsp));
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct choices c = { cb_span(p, n) };
	struct cb_buf cmd = CB_BUF_INIT, rsp = CB_BUF_INIT;
	struct emu_card *card;
	struct emu_nvm *nvm;
	struct br_blot b;

	nvm = fuzz_records(families[choose(&c) % COUNT(families)]);
	fuzz_env_reset();
	fuzz_must(emu_card_open(&card, &nvm, &fuzz_env, NULL) == CB_OK);
	emu_card_power_on(card);
	br_blot_reset(&b, true);
	card->proto = choose(&c) % 2 == 0 ? EMU_T0 : EMU_T1;
	card->app = &card->apps[0];
	card->app->df = card->app->mf;
	for (size_t i = 0; i < COMMANDS_MAX && c.in.n > 0; i++) {
		make(&c, card, &cmd);
		exchange(card, &b, cb_buf_span(&cmd), &rsp);
	}
	emu_card_power_off(card);
	emu_card_free(&card);
	cb_buf_free(&cmd);
	cb_buf_free(&rsp);
	return 0;
}
