/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The table of readers and the card in each, see reader.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/reader.h"
#include "bridge/trace.h"
#include "common/hex.h"
#include "common/log.h"

static int
lowest_free_slot(const struct br_readers *table)
{
	int slot;

	for (slot = 0; slot < BR_SLOTS_MAX; slot++)
		if ((table->reserved >> slot & 1) == 0 &&
		    br_reader_by_slot(table, (unsigned)slot) == NULL)
			return slot;
	return -1;
}

enum cb_err
br_reader_new(struct br_reader **out, struct br_readers *table,
    const char *name, const char *uri, int slot, struct cb_why *why)
{
	const struct br_link_ops *ops;
	struct br_reader *rd;
	const char *rest;
	enum cb_err r;

	*out = NULL;
	if ((r = br_name_check(name, why)) != CB_OK ||
	    (r = br_link_find(&ops, &rest, uri, why)) != CB_OK)
		return r;
	for (rd = table->first; rd != NULL; rd = rd->next) {
		if (strcasecmp(rd->name, name) == 0) {
			cb_why_set(why, "There is a reader %s already.",
			    rd->name);
			return CB_E_BUSY;
		}
		if (strcmp(rd->uri, uri) == 0) {
			cb_why_set(why, "That card is in reader %s already.",
			    rd->name);
			return CB_E_BUSY;
		}
	}
	if (table->count >= BR_READERS_MAX) {
		cb_why_set(why, "A bridge has at most %d readers.",
		    BR_READERS_MAX);
		return CB_E_LIMIT;
	}
	if (slot >= BR_SLOTS_MAX ||
	    (slot >= 0 && br_reader_by_slot(table, (unsigned)slot) != NULL))
		slot = -1;
	if ((rd = calloc(1, sizeof(*rd))) == NULL ||
	    (rd->uri = strdup(uri)) == NULL) {
		free(rd);
		return CB_E_NOMEM;
	}
	snprintf(rd->name, sizeof(rd->name), "%s", name);
	rd->slot = slot >= 0 ? slot : lowest_free_slot(table);
	rd->number = ++table->last_number;
	rd->kick = table->kick;
	rd->kick_ctx = table->kick_ctx;
	rd->inserted = true;
	pthread_mutex_init(&rd->lock, NULL);
	pthread_mutex_init(&rd->card, NULL);
	br_reader_relink(table, rd);
	*out = rd;
	return CB_OK;
}

void
br_reader_relink(struct br_readers *table, struct br_reader *rd)
{
	struct br_reader **at = &table->first;

	while (*at != NULL && (*at)->number < rd->number)
		at = &(*at)->next;
	rd->next = *at;
	*at = rd;
	table->count++;
	rd->removed = false;
}

void
br_reader_unlink(struct br_readers *table, struct br_reader *rd)
{
	struct br_reader **at;

	for (at = &table->first; *at != NULL; at = &(*at)->next) {
		if (*at != rd)
			continue;
		*at = rd->next;
		rd->next = NULL;
		table->count--;
		break;
	}
	rd->removed = true;
}

void
br_reader_free(struct br_reader *rd)
{
	if (rd == NULL)
		return;
	br_reader_close(rd);
	pthread_mutex_destroy(&rd->lock);
	pthread_mutex_destroy(&rd->card);
	free(rd->uri);
	free(rd);
}

struct br_reader *
br_reader_by_name(const struct br_readers *table, const char *name)
{
	struct br_reader *rd;

	for (rd = table->first; rd != NULL; rd = rd->next)
		if (strcmp(rd->name, name) == 0)
			return rd;
	return NULL;
}

struct br_reader *
br_reader_by_slot(const struct br_readers *table, unsigned slot)
{
	struct br_reader *rd;

	for (rd = table->first; rd != NULL; rd = rd->next)
		if (rd->slot >= 0 && (unsigned)rd->slot == slot)
			return rd;
	return NULL;
}

struct br_reader *
br_reader_by_aim(const struct br_readers *table, const struct br_aim *aim)
{
	if (aim->name[0] != '\0')
		return br_reader_by_name(table, aim->name);
	return br_reader_by_slot(table, aim->slot);
}

/* What came of opening the card. */
static void
note(struct br_reader *rd, enum cb_err e, const struct br_link_info *info,
    const char *words)
{
	pthread_mutex_lock(&rd->lock);
	rd->usable = e == CB_OK;
	/* nobody has told of it yet */
	rd->away = rd->usable && rd->link->ops->watch != NULL;
	rd->info = *info;
	rd->trouble_err = e;
	/* long ones are cut */
	snprintf(rd->trouble, sizeof(rd->trouble), "%.*s",
	    (int)sizeof(rd->trouble) - 1, e == CB_OK ? "" : words);
	pthread_mutex_unlock(&rd->lock);
}

/* With rd->lock held: the loop has something to look at. */
static void
call_loop(struct br_reader *rd)
{
	rd->heard = true;
	if (rd->kick != NULL)
		rd->kick(rd->kick_ctx);
}

/* Of a link that is watched, from any thread. */
static void
on_news(void *ctx, const struct br_link_news *news)
{
	struct br_reader *rd = ctx;

	pthread_mutex_lock(&rd->lock);
	rd->away = !news->present;
	rd->lost = rd->lost || news->lost || rd->away;
	snprintf(rd->trouble, sizeof(rd->trouble), "%s", news->words);
	rd->trouble_err = news->present ? CB_OK : CB_E_ABSENT;
	if (news->atr.n > 0 && news->atr.n <= sizeof(rd->info.atr)) {
		memcpy(rd->info.atr, news->atr.p, news->atr.n);
		rd->info.atr_n = news->atr.n;
	}
	call_loop(rd);
	pthread_mutex_unlock(&rd->lock);
}

bool
br_reader_news(struct br_reader *rd, bool *lost)
{
	bool heard;

	pthread_mutex_lock(&rd->lock);
	heard = rd->heard;
	*lost = rd->lost;
	rd->heard = rd->lost = false;
	pthread_mutex_unlock(&rd->lock);
	return heard;
}

void
br_reader_learn(struct br_reader *rd, const struct br_link_info *info)
{
	pthread_mutex_lock(&rd->lock);
	/* of other cards all was known before */
	if (rd->link->ops->watch != NULL &&
	    memcmp(&rd->info, info, sizeof(*info)) != 0)
		call_loop(rd);
	rd->info = *info;
	pthread_mutex_unlock(&rd->lock);
}

/* To the trace. */
static void
tell_inserted(struct br_reader *rd)
{
	struct br_link_info info;
	char atr[2 * CB_ATR_MAX + 1];

	pthread_mutex_lock(&rd->lock);
	info = rd->info;
	pthread_mutex_unlock(&rd->lock);
	br_trace_note(rd, 0, "has a card%s%s%s, ATR %s",
	    info.kind[0] != '\0' ? ": " : "", info.kind,
	    info.kind[0] == '\0' ? "" : info.test ? ", test" : ", live",
	    cb_hex_encode(atr, sizeof(atr), cb_span(info.atr, info.atr_n)));
}

enum cb_err
br_reader_open(struct br_reader *rd, struct cb_why *why)
{
	const struct br_link_ops *ops;
	struct br_link *link = NULL;
	struct br_link_info info;
	struct cb_why words;
	const char *rest;
	enum cb_err r;

	if (rd->link != NULL)
		return CB_OK;
	memset(&info, 0, sizeof(info));
	words.text[0] = '\0';
	if ((r = br_link_find(&ops, &rest, rd->uri, &words)) == CB_OK)
		r = ops->open(&link, rest, &info, &words);
	if (r != CB_OK && words.text[0] == '\0')
		cb_why_set(&words, "The card cannot be used: %s.",
		    cb_err_text(r));
	atomic_store(&rd->apdus, 0);
	atomic_store(&rd->responses, 0);
	pthread_mutex_lock(&rd->lock);
	rd->link = link;
	pthread_mutex_unlock(&rd->lock);
	note(rd, r, &info, words.text);
	if (r == CB_OK && ops->watch != NULL)
		ops->watch(link, on_news, rd);
	if (r == CB_OK)
		tell_inserted(rd);
	if (r != CB_OK) {
		cb_log(CB_LOG_WARNING, "reader %s: %s", rd->name, words.text);
		cb_why_set(why, "%s", words.text);
	}
	return r;
}

void
br_reader_close(struct br_reader *rd)
{
	struct br_link *link;

	pthread_mutex_lock(&rd->lock);
	link = rd->link;
	rd->link = NULL;
	rd->usable = false;
	rd->trouble_err = CB_OK;
	rd->trouble[0] = '\0';
	pthread_mutex_unlock(&rd->lock);
	if (link == NULL)
		return;
	br_trace_note(rd, 0, "has no card any more");
	link->ops->close(link);
}

void
br_reader_give_up(struct br_reader *rd)
{
	pthread_mutex_lock(&rd->lock);
	if (rd->link != NULL && rd->link->ops->give_up != NULL)
		rd->link->ops->give_up(rd->link);
	pthread_mutex_unlock(&rd->lock);
}

void
br_reader_spoil(struct br_reader *rd, enum cb_err e, const char *words)
{
	const struct br_link_info none = { .atr_n = 0 };

	cb_log(CB_LOG_WARNING, "reader %s: %s", rd->name, words);
	br_reader_close(rd);
	note(rd, e, &none, words);
}

enum cb_err
br_reader_protocol(struct br_reader *rd, pid_t pid, unsigned t)
{
	enum cb_err r = rd->link->ops->protocol(rd->link, t);

	br_trace_note(rd, pid, r == CB_OK ? "protocol T=%u" :
	    "protocol T=%u is not offered", t);
	return r;
}

void
br_reader_rest(struct br_reader *rd)
{
	struct br_link_info info;
	bool used, powered;

	pthread_mutex_lock(&rd->lock);
	used = rd->holder != NULL || rd->sharers > 0;
	powered = !used && rd->arb.powered;
	if (powered) {
		rd->arb.powered = false;
		rd->arb.protocol = 0;
	}
	pthread_mutex_unlock(&rd->lock);
	if (powered && rd->link != NULL) {
		br_trace_power(rd, 0, "power off");
		if (rd->link->ops->power(rd->link, BR_POWER_OFF, &info,
			NULL) != CB_OK)
			br_reader_close(rd);
	}
	if (!used && rd->link != NULL)
		rd->link->ops->rest(rd->link);
}

void
br_reader_comm(pid_t pid, char *out, size_t size)
{
	char path[64], *p;
	FILE *f;

	out[0] = '\0';
	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	if ((f = fopen(path, "re")) == NULL)
		return;
	if (fgets(out, (int)size, f) != NULL)
		out[strcspn(out, "\n")] = '\0';
	fclose(f);
	for (p = out; *p != '\0'; p++)
		if (*p < 0x20 || *p >= 0x7F)
			*p = '?';
}

void
br_reader_who(pid_t pid, char *out, size_t size)
{
	char comm[32];

	br_reader_comm(pid, comm, sizeof(comm));
	snprintf(out, size, "%s%spid %d", comm, comm[0] != '\0' ? ", " : "",
	    (int)pid);
}

void
br_reader_describe(struct br_reader *rd, struct br_reader_info *out)
{
	struct cb_why why;
	pid_t pid;

	memset(out, 0, sizeof(*out));
	snprintf(out->name, sizeof(out->name), "%s", rd->name);
	snprintf(out->uri, sizeof(out->uri), "%s", rd->uri);
	out->slot = rd->slot;
	pthread_mutex_lock(&rd->lock);
	out->present = rd->inserted && rd->usable && !rd->away;
	pid = rd->holder != NULL ? rd->holder_pid :
	    rd->arb.handles != NULL ? (pid_t)rd->arb.handles->pid : 0;
	if (out->present) {
		out->test = rd->info.test;
		memcpy(out->atr, rd->info.atr, rd->info.atr_n);
		out->atr_n = rd->info.atr_n;
	}
	snprintf(out->trouble, sizeof(out->trouble), "%s", rd->trouble);
	if (out->present && out->trouble[0] == '\0' &&
	    rd->link->ops->warn != NULL && rd->link->ops->warn(rd->link, &why))
		snprintf(out->trouble, sizeof(out->trouble), "%.*s",
		    (int)sizeof(out->trouble) - 1, why.text);
	pthread_mutex_unlock(&rd->lock);
	if (pid != 0)
		br_reader_who(pid, out->busy_with, sizeof(out->busy_with));
}

/* ---- status -------------------------------------------------------------- */

#define INS_GET_RESPONSE 0xC0

void
br_reader_count(struct br_reader *rd, struct cb_span cmd)
{
	atomic_fetch_add(&rd->apdus, 1);
	if (cmd.n > 1 && cmd.p[1] == INS_GET_RESPONSE)
		atomic_fetch_add(&rd->responses, 1);
}

/* With rd->lock held. How many. */
static size_t
users(const struct br_reader *rd, pid_t pids[BR_PROGRAMS_MAX])
{
	const struct br_handle *h;
	size_t n = 0, i;

	if (rd->holder != NULL)
		pids[n++] = rd->holder_pid;
	for (h = rd->arb.handles; h != NULL && n < BR_PROGRAMS_MAX;
	     h = h->next) {
		for (i = 0; i < n && pids[i] != (pid_t)h->pid; i++)
			;
		if (i == n)
			pids[n++] = (pid_t)h->pid;
	}
	return n;
}

void
br_reader_status(struct br_reader *rd, struct br_link_status *out)
{
	pid_t pids[BR_PROGRAMS_MAX];
	const char *colon = strchr(rd->uri, ':');
	size_t n;

	memset(out, 0, sizeof(*out));
	snprintf(out->kind, sizeof(out->kind), "%.*s",
	    colon != NULL ? (int)(colon - rd->uri) : 0, rd->uri);
	out->apdus = atomic_load(&rd->apdus);
	out->responses = atomic_load(&rd->responses);
	pthread_mutex_lock(&rd->lock);
	n = users(rd, pids);
	if (rd->link != NULL && rd->link->ops->status != NULL) {
		out->remote = true;
		rd->link->ops->status(rd->link, &out->road);
	}
	pthread_mutex_unlock(&rd->lock);
	for (; out->programs_n < n; out->programs_n++)
		br_reader_who(pids[out->programs_n],
		    out->programs[out->programs_n],
		    sizeof(out->programs[0]));
}
