/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * card probe: finds the reader somebody means, and writes a report of the
 * card in it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/bridge.h"
#include "cli/card.h"
#include "cli/pcsc.h"
#include "cli/probe/probe.h"

#define TEXT_MAX (8 << 20)
#define BRIDGE_MS 5000

/* The card that is probed: pcsc or bridge is set. */
struct source {
	struct cli_pcsc *pcsc;
	struct br_client *bridge;
	char name[CLI_PCSC_NAME_MAX];
	uint8_t atr[CB_ATR_MAX];
	size_t atr_n;
	unsigned protocol;
};

/* ---- the two roads ------------------------------------------------------- */

static enum cb_err
send_pcsc(void *ctx, struct cb_span cmd, struct cb_buf *rsp,
    struct cb_why *why)
{
	struct source *s = ctx;

	return cli_pcsc_transmit(s->pcsc, cmd, rsp, why);
}

static enum cb_err
send_bridge(void *ctx, struct cb_span cmd, struct cb_buf *rsp,
    struct cb_why *why)
{
	struct source *s = ctx;
	enum cb_err r = br_transmit(s->bridge, cmd, rsp);

	if (r == CB_E_ABSENT)
		cb_why_set(why, "%s: the card was taken out", s->name);
	return r;
}

/* ---- which reader -------------------------------------------------------- */

/* Our bridge's reader of this name, if there are such; says nothing. */
static bool
bridge_reader(const char *name, struct br_reader_info *out)
{
	struct br_reader_info *list = NULL;
	struct br_client *c = NULL;
	struct cb_why why;
	char path[4096];
	bool found = false;
	size_t n = 0;

	if (!br_reader_name_valid(name) ||
	    br_socket_path(cli_socket, path, sizeof(path)) != CB_OK ||
	    br_connect(&c, path, BRIDGE_MS, &why) != CB_OK)
		return false;
	if (br_reader_list(c, &list, &n, &why) == CB_OK)
		for (size_t i = 0; i < n && !found; i++)
			if ((found = strcmp(list[i].name, name) == 0))
				*out = list[i];
	free(list);
	br_close(&c);
	return found;
}

static bool
has(const struct cli_pcsc_readers *all, const char *name)
{
	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->names[i], name) == 0)
			return true;
	return false;
}

/* Those with the part in their name; the last of them is *which. */
static size_t
matches(const struct cli_pcsc_readers *all, const char *part, size_t *which)
{
	size_t n = 0;

	for (size_t i = 0; i < all->n; i++) {
		if (strcasestr(all->names[i], part) != NULL) {
			*which = i;
			n++;
		}
	}
	return n;
}

static void
say_readers(const struct cli_pcsc_readers *all)
{
	for (size_t i = 0; i < all->n; i++)
		(void)fprintf(stderr, "  %s\n", all->names[i]);
}

/* A whole name, a name of our bridge's, a part of one: in this order, since
 * every reader of the bridge has "card" in its name. Empty *name: it is
 * our bridge's, and pcscd does not have it. */
static int
choose(const struct cli_pcsc_readers *all, const char *wish, char *name)
{
	struct br_reader_info *ours = calloc(1, sizeof(*ours));
	const char *found = NULL;
	size_t which = 0, n;
	int code = CLI_OK;

	name[0] = '\0';
	if (ours == NULL)
		return cli_fail(CLI_FAILED, "out of memory");
	n = matches(all, wish, &which);
	if (has(all, wish))
		found = wish;
	else if (bridge_reader(wish, ours))
		found = has(all, ours->pcsc_name) ? ours->pcsc_name
		    : has(all, ours->pcsc_slot_name) ? ours->pcsc_slot_name
						     : "";
	else if (n == 1)
		found = all->names[which];
	if (found != NULL) {
		(void)snprintf(name, CLI_PCSC_NAME_MAX, "%s", found);
	} else {
		if (n > 1)
			code = cli_fail(CLI_USAGE, "\"%.64s\" is in the names "
			    "of %zu readers; say more of the one you mean:",
			    wish, n);
		else
			code = cli_fail(CLI_USAGE, "no reader has \"%.64s\" in "
			    "its name; PC/SC has these:", wish);
		say_readers(all);
	}
	free(ours);
	return code;
}

/* ---- opening ------------------------------------------------------------- */

static int
open_bridge(struct source *s, const char *name)
{
	const struct br_target reader = { .name = name };
	struct br_state state = { 0 };
	struct cb_why why = { "" };
	enum cb_err r;
	int code;

	(void)snprintf(s->name, sizeof(s->name), "%s", name);
	if ((code = cli_bridge(&s->bridge)) != CLI_OK)
		return code;
	r = br_attach(s->bridge, &reader, BR_ROAD_DIRECT, &state);
	if (r == CB_OK)
		r = br_power(s->bridge, BR_POWER_ON, s->atr, &s->atr_n, &why);
	if (r == CB_E_BUSY && why.text[0] == '\0')
		cb_why_set(&why, "%s: another program uses this card; try "
		    "again when it is done", name);
	if (r == CB_E_ABSENT)
		cb_why_set(&why, "%s: no card in this reader; cardbridge "
		    "reader insert %s puts it back", name, name);
	return r == CB_OK ? CLI_OK : cli_card_err(s->bridge, r, &why, name);
}

/* Without pcscd the bridge's own readers can be reached still. */
static int
open_source(struct source *s, const char *wish)
{
	struct cli_pcsc_readers *all = calloc(1, sizeof(*all));
	struct br_reader_info *ours = calloc(1, sizeof(*ours));
	struct cb_why why = { "" };
	enum cb_err r = CB_E_NOMEM;
	int code = CLI_FAILED;

	if (all == NULL || ours == NULL)
		goto fail;
	if ((r = cli_pcsc_open(&s->pcsc, &why)) == CB_OK)
		r = cli_pcsc_list(s->pcsc, all, &why);
	if (r != CB_OK && bridge_reader(wish, ours)) {
		code = open_bridge(s, wish);
		goto out;
	}
	if (r != CB_OK)
		goto fail;
	if ((code = choose(all, wish, s->name)) != CLI_OK)
		goto out;
	if (s->name[0] == '\0') {
		code = open_bridge(s, wish);
		goto out;
	}
	r = cli_pcsc_connect(s->pcsc, s->name, s->atr, &s->atr_n,
	    &s->protocol, &why);
	if (r == CB_OK)
		goto out;
fail:
	code = cli_fail(CLI_FAILED, "%s%s%s", s->name,
	    s->name[0] != '\0' ? ": " : "",
	    why.text[0] != '\0' ? why.text : cb_err_text(r));
out:
	free(all);
	free(ours);
	return code;
}

static void
close_source(struct source *s)
{
	cli_pcsc_close(&s->pcsc);
	br_close(&s->bridge);	/* the bridge takes the power away */
}

/* ---- the report ---------------------------------------------------------- */

/* Names of readers have serial numbers in brackets: theirs, but somebody's. */
static void
set_reader(struct report *r, const char *name, bool full)
{
	size_t n = 0;
	bool in = false;

	for (; *name != '\0' && n < sizeof(r->reader) - 1; name++) {
		in &= *name != ')';
		r->reader[n++] = in && !full ? '.' : *name;
		in |= *name == '(';
	}
	r->reader[n] = '\0';
}

static int
probe(struct source *s, const struct cli_card_probe_args *a,
    struct cb_buf *text)
{
	const struct probe_road road = {
		s->bridge != NULL ? send_bridge : send_pcsc, s
	};
	struct report *report = report_new();
	struct cb_why why = { "" };
	struct cb_atr atr;
	enum cb_err r = CB_E_NOMEM;
	int code = CLI_OK;

	if (report == NULL)
		goto out;
	if (s->bridge != NULL &&
	    cb_atr_parse(&atr, cb_span(s->atr, s->atr_n)) == CB_OK)
		s->protocol = atr.first;
	set_reader(report, s->name, a->full);
	memcpy(report->atr, s->atr, s->atr_n);
	report->atr_n = s->atr_n;
	report->protocol = s->protocol;
	report->full = a->full;
	if ((r = probe_run(&road, &probe_limits, report, &why)) == CB_OK)
		r = report_write(report, text);
	if (r == CB_OK)
		(void)fprintf(stderr, "%s: %s, %u of 100 sure; %s\n", s->name,
		    report->guess, report->sure, a->full
			? "nothing is blotted: it says which card this is, "
			  "and whose"
			: "read it before you send it on");
out:
	if (r != CB_OK)
		code = s->bridge != NULL ? cli_bridge_err(r, &why, s->name)
					 : cli_fail_err(r, &why, s->name);
	report_free(&report);
	return code;
}

int
cli_card_probe(const struct cli_cmd *cmd, const void *args, int argc,
    char **argv)
{
	const struct cli_card_probe_args *a = args;
	struct cb_buf text = CB_BUF_INIT_MAX(TEXT_MAX);
	struct source s = { 0 };
	int code;

	(void)cmd;
	(void)argc;
	if ((code = open_source(&s, argv[0])) == CLI_OK)
		code = probe(&s, a, &text);
	close_source(&s);
	if (code == CLI_OK)
		code = cli_output(a->out, cb_buf_span(&text));
	cb_buf_free(&text);
	return cli_flush(code);
}
