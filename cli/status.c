/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * cardbridge status: how the bridge is, at a glance: its readers, who uses
 * them, and the links to cards elsewhere.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bridge/client_status.h"
#include "cli/bridge.h"
#include "cli/json.h"
#include "common/hex.h"

struct status_args {
	bool json;
};

static int status(
    const struct cli_cmd *cmd, const void *args, int argc, char **argv);

static const struct cli_opt opts[] = {
	{ "json", CLI_FLAG, offsetof(struct status_args, json), NULL,
	    "for programs" },
};

const struct cli_cmd cli_status_cmd = {
	NULL, "status", "", "Shows how the bridge and its links are", opts, 1,
	sizeof(struct status_args), 0, 0, status, CLI_PLAIN,
};

/* All that was asked. */
struct told {
	struct br_bridge_status bridge;
	struct br_reader_info *readers;
	struct br_link_status *links;
	size_t n;
};

static void
told_clear(struct told *t)
{
	free(t->readers);
	free(t->links);
}

/* A reader that was removed meanwhile is left out. */
static enum cb_err
ask(struct br_client *c, struct told *t, struct cb_why *why)
{
	size_t n, kept = 0;
	enum cb_err r;

	if ((r = br_bridge_status(c, &t->bridge, why)) != CB_OK ||
	    (r = br_reader_list(c, &t->readers, &n, why)) != CB_OK)
		return r;
	if ((t->links = calloc(n > 0 ? n : 1, sizeof(*t->links))) == NULL)
		return CB_E_NOMEM;
	for (size_t i = 0; i < n; i++) {
		r = br_link_status(
		    c, t->readers[i].name, &t->links[kept], why);
		if (r != CB_OK && r != CB_E_ABSENT)
			return r;
		if (r != CB_OK)
			continue;
		if (kept != i)
			t->readers[kept] = t->readers[i];
		kept++;
	}
	t->n = kept;
	return CB_OK;
}

static const char *
kind_of(const struct br_link_status *l)
{
	return strcmp(l->kind, "emu") == 0 ? "file" : l->kind;
}

#define SESSION_TEXT (2 * sizeof(((struct br_road_status *)0)->session) + 1)

/* As `cardbridge admin session list` has it. */
static const char *
session_text(char out[SESSION_TEXT], const struct br_road_status *r)
{
	cb_hex_encode(out, SESSION_TEXT, CB_SPAN_OF(r->session));
	for (char *c = out; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	return out;
}

/* ---- JSON ---------------------------------------------------------------- */

static json_t *
road_json(const struct br_link_status *l)
{
	static const char *const states[] = {
		[BR_ROAD_UNTRIED] = "untried",
		[BR_ROAD_UP] = "up",
		[BR_ROAD_DOWN] = "down",
	};
	const struct br_road_status *r = &l->road;
	char session[SESSION_TEXT];

	if (!l->remote)
		return json_null();
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:I, s:I, "
			 "s:I, s:I, s:I}",
	    "state", states[r->state],
	    "since", r->state != BR_ROAD_UNTRIED
		? cli_json_time(r->since) : json_null(),
	    "url", cli_json_text(r->url), "why", cli_json_text(r->why),
	    "identity", cli_json_text(r->identity),
	    "identity_until", cli_json_time(r->identity_until),
	    "session", r->in_session
		? session_text(session, r) : "",
	    "next_try_ms", r->state == BR_ROAD_DOWN
		? json_integer(r->next_ms) : json_null(),
	    "round_trips", (json_int_t)r->trips,
	    "other_requests", (json_int_t)r->others,
	    "sent_again", (json_int_t)r->again,
	    "bytes_sent", (json_int_t)r->sent,
	    "bytes_received", (json_int_t)r->received);
}

static json_t *
programs_json(const struct br_link_status *l)
{
	json_t *all = json_array();

	for (unsigned i = 0; i < l->programs_n; i++)
		(void)json_array_append_new(
		    all, cli_json_text(l->programs[i]));
	return all;
}

static json_t *
reader_json(const struct br_reader_info *i, const struct br_link_status *l)
{
	return json_pack("{s:s, s:s, s:o, s:o, s:b, s:b, s:o, s:o, s:I, s:I, "
			 "s:o}",
	    "name", i->name, "kind", kind_of(l), "uri", cli_json_text(i->uri),
	    "slot", i->slot >= 0 ? json_integer(i->slot) : json_null(),
	    "present", i->present, "test", i->test,
	    "trouble", cli_json_text(i->trouble), "programs", programs_json(l),
	    "apdus", (json_int_t)l->apdus,
	    "get_responses", (json_int_t)l->responses, "link", road_json(l));
}

static int
print_json(const struct told *t)
{
	json_t *readers = json_array();

	for (size_t i = 0; i < t->n; i++)
		if (json_array_append_new(readers,
			reader_json(&t->readers[i], &t->links[i])) != 0) {
			json_decref(readers);
			readers = NULL;
			break;
		}
	return cli_json_print(readers == NULL ? NULL :
	    json_pack("{s:{s:i, s:s, s:o, s:i}, s:o}", "bridge",
		"pid", (int)t->bridge.pid, "release", t->bridge.release,
		"since", cli_json_time(t->bridge.since),
		"connections", (int)t->bridge.connections,
		"readers", readers));
}

/* ---- text ---------------------------------------------------------------- */

static void
print_time(uint64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	char date[64] = "?";
	struct tm tm;

	if (localtime_r(&seconds, &tm) != NULL)
		(void)strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S", &tm);
	printf("%s", date);
}

/* UTC, as whatever tells of its end. */
static void
print_identity(const struct br_road_status *r)
{
	const time_t until = (time_t)(r->identity_until / 1000);
	char day[32] = "?";
	struct tm tm;

	if (gmtime_r(&until, &tm) != NULL)
		(void)strftime(day, sizeof(day), "%Y-%m-%d", &tm);
	printf("  identity  good until %s\n", day);
	if (r->identity[0] != '\0')
		printf("            %s\n", r->identity);
}

static void
print_road(const struct br_link_status *l)
{
	const struct br_road_status *r = &l->road;
	uint64_t need = l->apdus - l->responses;
	char session[SESSION_TEXT];

	printf("  link      %s", r->state == BR_ROAD_UP ? "up since "
		: r->state == BR_ROAD_DOWN ? "down since " : "not tried yet");
	if (r->state != BR_ROAD_UNTRIED)
		print_time(r->since);
	printf(", %s\n", r->url);
	if (r->state == BR_ROAD_DOWN)
		printf("            %s; next try in %u.%u s\n", r->why,
		    r->next_ms / 1000, r->next_ms % 1000 / 100);
	print_identity(r);
	if (r->in_session)
		printf("  session   %s\n", session_text(session, r));
	printf("  requests  %" PRIu64 " round trips for %" PRIu64 " APDUs that "
	       "are no GET RESPONSE, %" PRIu64 " others, %" PRIu64
	       " sent again\n", r->trips, need, r->others, r->again);
	printf("  bytes     %" PRIu64 " sent, %" PRIu64 " received\n", r->sent,
	    r->received);
}

static void
print_reader(const struct br_reader_info *i, const struct br_link_status *l)
{
	printf("%s", i->name);
	if (i->slot >= 0)
		printf(" (slot %d)", i->slot);
	printf(", %s: %s%s\n", kind_of(l),
	    i->present ? "card present" : "empty", i->test ? ", test" : "");
	if (i->trouble[0] != '\0')
		printf("  trouble   %s\n", i->trouble);
	for (unsigned n = 0; n < l->programs_n; n++)
		printf("  in use    %s\n", l->programs[n]);
	printf("  APDUs     %" PRIu64 ", of them GET RESPONSE %" PRIu64 "\n",
	    l->apdus, l->responses);
	if (l->remote)
		print_road(l);
}

static void
print_text(const struct told *t)
{
	printf("bridge: process %u, release %s, since ", t->bridge.pid,
	    t->bridge.release);
	print_time(t->bridge.since);
	printf(", %u reader%s, %u connection%s\n", t->bridge.readers,
	    t->bridge.readers == 1 ? "" : "s", t->bridge.connections,
	    t->bridge.connections == 1 ? "" : "s");
	for (size_t i = 0; i < t->n; i++)
		print_reader(&t->readers[i], &t->links[i]);
}

static int
status(const struct cli_cmd *cmd, const void *args, int argc, char **argv)
{
	const struct status_args *a = args;
	struct told t = { .n = 0 };
	struct br_client *c = NULL;
	struct cb_why why = { "" };
	enum cb_err r;
	int code;

	(void)cmd;
	(void)argc;
	(void)argv;
	if ((code = cli_bridge(&c)) != CLI_OK)
		return code;
	if ((r = ask(c, &t, &why)) != CB_OK)
		code = cli_bridge_err(r, &why, "status");
	else if (a->json)
		code = print_json(&t);
	else
		print_text(&t);
	told_clear(&t);
	br_close(&c);
	return cli_flush(code);
}
