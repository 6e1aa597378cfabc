/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * cardbridge apdu: raw commands to a card, in a reader of the bridge or
 * straight out of its file, and the answers in words.
 */
#include <sys/stat.h>
#include <time.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/apdu_args.h"
#include "cli/bridge.h"
#include "cli/card.h"
#include "common/ct.h"
#include "common/hex.h"
#include "common/sw.h"

/* Patience with a card that is in use: 0.7 s. */
#define BUSY_TRIES 14
#define BUSY_MS 50

static int apdu_run(
    const struct cli_cmd *cmd, const void *args, int argc, char **argv);

static const struct cli_opt apdu_opts[] = {
	{ "expect", CLI_TEXT, offsetof(struct cli_apdu_args, expect), "SW",
	    "stop with exit code 1 at another status word (63Cx)" },
};

const struct cli_cmd cli_apdu_cmd = {
	NULL, "apdu", "NAME|FILE HEX|-...",
	"Sends commands to a card and shows its answers", apdu_opts, 1,
	sizeof(struct cli_apdu_args), 2, -1, apdu_run, CLI_PLAIN
};

/* Where commands go: card or bridge is set. */
struct target {
	const char *name;
	struct emu_card *card;
	struct br_client *bridge;
	bool test;
};

/* ---- the two roads ------------------------------------------------------- */

static int
open_bridge(struct target *t)
{
	const struct br_target reader = { .name = t->name };
	struct br_state state = { 0 };
	enum cb_err r;
	int code;

	if ((code = cli_reader_name_check(t->name)) != CLI_OK ||
	    (code = cli_bridge(&t->bridge)) != CLI_OK)
		return code;
	r = br_attach(t->bridge, &reader, BR_ROAD_DIRECT, &state);
	if (r == CB_E_ABSENT)
		return cli_fail(CLI_FAILED, "there is no reader \"%s\", and no "
		    "card file of that name; cardbridge reader list shows the "
		    "readers", t->name);
	if (r != CB_OK)
		return cli_bridge_err(r, NULL, t->name);
	t->test = state.test;
	return CLI_OK;
}

static int
power_bridge(struct target *t)
{
	const struct timespec pause = { 0, BUSY_MS * 1000000L };
	uint8_t atr[CB_ATR_MAX];
	struct cb_why why = { "" };
	size_t atr_n = 0;
	enum cb_err r;

	/* pcscd powers a card that it sees appear, and lets go of it again in
	 * this time if nobody uses it */
	for (unsigned i = 0;; i++) {
		r = br_power(t->bridge, BR_POWER_ON, atr, &atr_n, &why);
		if (r != CB_E_BUSY || i == BUSY_TRIES)
			break;
		(void)nanosleep(&pause, NULL);
	}
	if (r == CB_E_BUSY && why.text[0] == '\0')
		return cli_fail(CLI_FAILED, "%s: another program uses this "
		    "card (sharing violation); try again when it is done",
		    t->name);
	if (r == CB_E_ABSENT)
		return cli_fail(CLI_FAILED, "%s: no card in this reader; "
		    "cardbridge reader insert %s puts it back", t->name,
		    t->name);
	return r == CB_OK ? CLI_OK : cli_card_err(t->bridge, r, &why, t->name);
}

static int
open_file(struct target *t)
{
	int code = cli_card_open(&t->card, t->name, 0);

	if (code != CLI_OK)
		return code;
	t->test = emu_card_info(t->card)->test;
	return CLI_OK;
}

static int
target_open(struct target *t, const char *name)
{
	struct stat st;

	t->name = name;
	if (strchr(name, '/') != NULL ||
	    (stat(name, &st) == 0 && S_ISREG(st.st_mode)))
		return open_file(t);
	return open_bridge(t);
}

static int
target_power(struct target *t)
{
	if (t->card == NULL)
		return power_bridge(t);
	emu_card_power_on(t->card);
	return CLI_OK;
}

static void
target_close(struct target *t)
{
	if (t->card != NULL)
		emu_card_power_off(t->card);
	emu_card_free(&t->card);
	br_close(&t->bridge);
}

static int
target_send(struct target *t, struct cb_span cmd, struct cb_buf *rsp)
{
	enum cb_err r;

	if (t->card != NULL) {
		r = emu_card_transmit(t->card, cmd, rsp);
		if (r != CB_OK)
			return cli_fail_err(r, NULL, t->name);
	} else if ((r = br_transmit(t->bridge, cmd, rsp)) == CB_E_ABSENT) {
		return cli_fail(
		    CLI_FAILED, "%s: the card was taken out", t->name);
	} else if (r != CB_OK) {
		return cli_card_err(t->bridge, r, NULL, t->name);
	}
	if (rsp->n < 2)
		return cli_fail(CLI_FAILED, "%s: the answer has no status "
		    "word", t->name);
	return CLI_OK;
}

/* ---- commands and answers ------------------------------------------------ */

static int
show(const struct cb_buf *rsp)
{
	static char hex[2 * CB_RESP_MAX + 1];
	size_t n = rsp->n - 2;
	uint16_t sw = (uint16_t)(rsp->p[n] << 8 | rsp->p[n + 1]);
	char words[80];

	if (n > 0) {
		cb_hex_encode(hex, sizeof(hex), cb_span(rsp->p, n));
		printf("%s ", hex);
		cb_wipe(hex, 2 * n);
	}
	printf("%04X %s\n", sw, cb_sw_text(sw, words, sizeof(words)));
	return cli_flush(CLI_OK);
}

static int
send_one(struct target *t, const struct cli_apdu_args *a, struct cb_span cmd)
{
	struct cb_buf rsp = CB_BUF_INIT_MAX(CB_RESP_MAX);
	int code;

	if ((code = target_send(t, cmd, &rsp)) == CLI_OK &&
	    (code = show(&rsp)) == CLI_OK && a->expect != NULL &&
	    !cli_sw_expected(a->expect,
		(uint16_t)(rsp.p[rsp.n - 2] << 8 | rsp.p[rsp.n - 1])))
		code = cli_fail(CLI_NO, "expected %s", a->expect);
	cb_buf_free(&rsp);
	return code;
}

/* Lines of standard input, one APDU each, sent as they come. */
static int
send_stdin(struct target *t, const struct cli_apdu_args *a)
{
	struct cli_lines lines = CLI_LINES_INIT;
	struct cb_buf cmd = CB_BUF_INIT_MAX(CB_APDU_MAX);
	int code = CLI_OK;
	enum cb_err r;

	while (code == CLI_OK &&
	    (r = cli_lines_next(&lines, STDIN_FILENO)) != CB_E_ABSENT) {
		if (r == CB_E_LIMIT)
			code = cli_fail(CLI_USAGE, "line %u of standard input "
			    "is longer than any APDU", lines.no);
		else if (r != CB_OK)
			code = cli_fail(CLI_FAILED, "standard input: %s",
			    strerror(errno));
		else if (lines.line.n == 0)
			continue;
		else if (cli_apdu_decode(&cmd, lines.line) != CB_OK)
			code = cli_fail(CLI_USAGE, "line %u of standard input "
			    "is not an APDU: at least four bytes in "
			    "hexadecimal digits", lines.no);
		else
			code = send_one(t, a, cb_buf_span(&cmd));
	}
	cb_buf_free(&cmd);
	cli_lines_free(&lines);
	return code;
}

static int
check_args(int argc, char **argv, bool test)
{
	struct cb_buf cmd = CB_BUF_INIT_MAX(CB_APDU_MAX);
	int code = CLI_OK;

	for (int i = 0; i < argc && code == CLI_OK; i++) {
		if (strcmp(argv[i], "-") == 0)
			continue;
		if (cli_apdu_decode(&cmd, cb_span_str(argv[i])) != CB_OK)
			code = cli_fail(CLI_USAGE, "APDU %d: expected at least "
			    "four bytes in hexadecimal digits, or - for "
			    "standard input", i + 1);
		else if (!test && cli_apdu_has_passcode(cb_buf_span(&cmd)))
			code = cli_fail(CLI_USAGE, "APDU %d carries a passcode "
			    "and this is no test card: others can read command "
			    "lines, and shells keep them. Nothing was sent; "
			    "give it on standard input (-)", i + 1);
	}
	cb_buf_free(&cmd);
	return code;
}

static int
apdu_run(const struct cli_cmd *cmd, const void *args, int argc, char **argv)
{
	const struct cli_apdu_args *a = args;
	struct cb_buf apdu = CB_BUF_INIT_MAX(CB_APDU_MAX);
	struct target t = { 0 };
	int code;

	(void)cmd;
	if (a->expect != NULL && !cli_sw_pattern(a->expect))
		return cli_fail(CLI_USAGE, "--expect: four hexadecimal digits, "
		    "x for any (9000, 63Cx)");
	/* What is wrong in any case is said before a card is touched. */
	if ((code = check_args(argc - 1, argv + 1, true)) != CLI_OK)
		return code;
	if ((code = target_open(&t, argv[0])) == CLI_OK &&
	    (code = check_args(argc - 1, argv + 1, t.test)) == CLI_OK)
		code = target_power(&t);
	for (int i = 1; i < argc && code == CLI_OK; i++) {
		if (strcmp(argv[i], "-") == 0)
			code = send_stdin(&t, a);
		else if (cli_apdu_decode(&apdu, cb_span_str(argv[i])) != CB_OK)
			code = CLI_USAGE;
		else
			code = send_one(&t, a, cb_buf_span(&apdu));
	}
	for (int i = 1; i < argc; i++)
		cb_wipe(argv[i], strlen(argv[i]));
	cb_buf_free(&apdu);
	target_close(&t);
	return cli_flush(code);
}
