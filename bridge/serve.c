/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The requests that the loop answers: greeting, attaching, watching, and the
 * administration of readers. None of them waits; what takes time is done by
 * a session's thread or a worker, and answered when that is done.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bridge/loop.h"
#include "bridge/sock.h"
#include "bridge/state.h"
#include "common/log.h"

typedef void handler(struct br_conn *c, struct cb_span body);

static handler on_hello, on_attach, on_watch, on_power, on_card;
static handler on_add, on_remove, on_eject, on_insert, on_next;
static handler on_visits, on_share, on_abort, on_list;
static handler on_status, on_link;

enum {
	NEW = BR_CONN_NEW,
	CARD = BR_CONN_ATTACHED,
	ANY = BR_CONN_GREETED | BR_CONN_ATTACHED,
};

static const struct {
	uint16_t type;
	unsigned states;	/* in which it may come */
	handler *run;
} requests[] = {
	{ BR_HELLO, NEW, on_hello },
	{ BR_ATTACH, ANY, on_attach },
	{ BR_WATCH, BR_CONN_GREETED, on_watch },
	{ BR_POWER, CARD, on_power },
	{ BR_PROTOCOL, CARD, on_card },
	{ BR_TRANSMIT, CARD, on_card },
	{ BR_READER_ADD, ANY, on_add },
	{ BR_READER_REMOVE, ANY, on_remove },
	{ BR_READER_EJECT, ANY, on_eject },
	{ BR_READER_INSERT, ANY, on_insert },
	{ BR_READER_NEXT, ANY, on_next },
	{ BR_VISITS, BR_CONN_GREETED, on_visits },
	{ BR_STATUS, ANY, on_status },
	{ BR_LINK, ANY, on_link },
	{ BR_SHARE_CONNECT, BR_CONN_GREETED, on_share },
	{ BR_SHARE_ABORT, BR_CONN_GREETED, on_abort },
	{ BR_LIST, BR_CONN_GREETED, on_list },
};

#define N_REQUESTS (sizeof(requests) / sizeof(requests[0]))

void
br_serve_input(struct br_conn *c)
{
	enum cb_err r;

	r = br_inbox_receive(&c->in, c->fd, MSG_DONTWAIT);
	if (r == CB_E_TIMEOUT || r == CB_E_SHORT)
		return;
	if (r != CB_OK)
		br_conn_close(c);
	else
		br_serve_pending(c);
}

void
br_serve_pending(struct br_conn *c)
{
	struct br_header h;
	size_t i;
	enum cb_err r;

	if ((r = br_conn_whole(c, &h)) == CB_E_SHORT) {
		if (c->in.have > 0 && c->deadline == 0)
			br_conn_deadline(
			    c, br_now_ms() + c->srv->set.exchange_ms);
		return;
	}
	for (i = 0; r == CB_OK && i < N_REQUESTS; i++)
		if (requests[i].type == h.type &&
		    (requests[i].states & (unsigned)c->state) != 0)
			break;
	if (r != CB_OK || i == N_REQUESTS || h.seq == 0) {
		br_conn_close(c);
		return;
	}
	c->seq = h.seq;
	c->type = h.type;
	br_conn_deadline(c, 0);
	requests[i].run(c, br_inbox_body(&c->in, &h));
	if (c->fd < 0 || c->state == BR_CONN_SESSION)
		return;
	if (h.type != BR_SHARE_ABORT) {
		br_inbox_clear(&c->in);
		return;
	}
	br_inbox_drop(&c->in, &h);
	if (c->in.have > 0)
		br_serve_pending(c);
}

/* ---- greeting ---------------------------------------------------------- */

static void
on_hello(struct br_conn *c, struct cb_span body)
{
	const struct br_settings *set = &c->srv->set;
	struct cb_buf frame = CB_BUF_INIT;
	struct br_hello hello;
	char words[160];

	if (br_get_hello(&hello, body) != CB_OK) {
		br_conn_close(c);
		return;
	}
	if (hello.version != BR_VERSION) {
		snprintf(words, sizeof(words), "This bridge (release %s) "
		    "speaks version %d of the local protocol, the program "
		    "version %u; install both from one release.", BR_RELEASE,
		    BR_VERSION, hello.version);
		/* the program may keep it to itself */
		cb_log(CB_LOG_WARNING, "process %ld: %s", (long)c->cred.pid,
		    words);
		br_conn_error(c, CB_E_LIMIT, words);
		br_conn_close(c);
		return;
	}
	c->state = BR_CONN_GREETED;
	c->srv->visits++;
	if (br_put_welcome(&frame, c->seq, set->exchange_ms, set->long_ms) !=
	    CB_OK)
		br_conn_close(c);
	else
		br_conn_send(c, &frame);
}

/* ---- telling of changes ------------------------------------------------ */

static void
set_tell(struct br_conn *c, bool tell)
{
	if (c->tell == tell)
		return;
	c->tell = tell;
	if (tell)
		atomic_fetch_add(&c->srv->tellers, 1);
	else
		atomic_fetch_sub(&c->srv->tellers, 1);
}

/* ---- a reader's card --------------------------------------------------- */

static void
send_state(struct br_conn *c, uint16_t seq, uint16_t type)
{
	struct cb_buf frame = CB_BUF_INIT;
	struct br_state state;

	br_share_state(br_reader_by_aim(&c->srv->readers, &c->aim),
	    c->aim.road, &state);
	if (br_put_state(&frame, seq, type, &state) != CB_OK)
		br_conn_close(c);
	else
		br_conn_send(c, &frame);
}

static void
no_reader(struct br_conn *c, const struct br_aim *aim)
{
	char words[128];

	if (aim->name[0] != '\0')
		snprintf(words, sizeof(words), "There is no reader %s.",
		    aim->name);
	else
		snprintf(words, sizeof(words), "Slot %u is empty.", aim->slot);
	br_conn_error(c, CB_E_ABSENT, words);
}

static void
on_attach(struct br_conn *c, struct cb_span body)
{
	struct br_aim aim;

	if (br_get_aim(&aim, body) != CB_OK) {
		br_conn_close(c);
		return;
	}
	if (aim.name[0] != '\0' &&
	    br_reader_by_aim(&c->srv->readers, &aim) == NULL) {
		no_reader(c, &aim);
		return;
	}
	set_tell(c, false);
	c->aim = aim;
	c->card_gone = false;
	c->state = BR_CONN_ATTACHED;
	send_state(c, c->seq, BR_ATTACHED);
}

static void
on_watch(struct br_conn *c, struct cb_span body)
{
	if (br_get_aim(&c->aim, body) != CB_OK) {
		br_conn_close(c);
		return;
	}
	set_tell(c, false);
	c->state = BR_CONN_WATCHING;
	send_state(c, c->seq, BR_WATCHING);
}

void
br_serve_state(struct br_conn *c)
{
	/* who does not read gets the latest state later, not all of them */
	c->dirty = c->out.n > 0;
	if (!c->dirty)
		send_state(c, 0, BR_STATE);
}

static void
on_power(struct br_conn *c, struct cb_span body)
{
	struct br_reader *rd;
	struct cb_buf frame = CB_BUF_INIT;
	struct cb_why why;
	uint8_t what;
	enum cb_err r;

	if (br_get_choice(&what, BR_POWER_RESET, body) != CB_OK) {
		br_conn_close(c);
		return;
	}
	br_inbox_clear(&c->in);	/* the buffer may be the session's next */
	c->card_gone = false;
	if (what == BR_POWER_OFF) {
		if (br_put_plain(&frame, c->seq, BR_POWERED, CB_SPAN_EMPTY) !=
		    CB_OK)
			br_conn_close(c);
		else
			br_conn_send(c, &frame);
		return;
	}
	rd = br_reader_by_aim(&c->srv->readers, &c->aim);
	if (rd == NULL) {
		no_reader(c, &c->aim);
		return;
	}
	if (!rd->inserted) {
		br_conn_error(c, CB_E_ABSENT,
		    "The card was taken out of the reader.");
		return;
	}
	why.text[0] = '\0';
	r = br_powered_start(c, rd, (enum br_power)what, &why);
	if (r != CB_OK)
		br_conn_error(c, r, why.text);
}

/* Nothing is powered here. */
static void
on_card(struct br_conn *c, struct cb_span body)
{
	(void)body;
	if (c->card_gone)
		br_conn_error(c, CB_E_ABSENT,
		    "The card was taken out of the reader.");
	else
		br_conn_error(c, CB_E_ARG, "The card is not powered.");
}

/* ---- cards that are shared --------------------------------------------- */

static void
on_share(struct br_conn *c, struct cb_span body)
{
	struct br_share_wish wish;
	struct br_reader *rd;
	struct br_header h = { 0 };
	struct cb_why why = { "" };
	enum cb_err r;

	if (br_get_wish(&wish, BR_SHARE_CONNECT, body) != CB_OK) {
		br_conn_close(c);
		return;
	}
	/* what may stand behind it is the session's to read */
	h.length = (uint32_t)body.n;
	br_inbox_drop(&c->in, &h);
	rd = br_reader_by_name(&c->srv->readers, wish.name);
	if (rd == NULL) {
		br_conn_error(c, CB_E_ABSENT, "There is no such reader.");
		return;
	}
	set_tell(c, false);
	if ((r = br_shared_start(c, rd, &wish, &why)) != CB_OK)
		br_conn_error(c, r, why.text);
}

/* What it would have ended is over. */
static void
on_abort(struct br_conn *c, struct cb_span body)
{
	(void)c;
	(void)body;
}

static void
on_list(struct br_conn *c, struct cb_span body)
{
	struct cb_buf frame = CB_BUF_INIT;
	struct br_listed one;
	struct br_reader *rd;
	uint32_t after;
	size_t mark;
	bool tell, more = false;
	enum cb_err r;

	if (br_get_list(&after, &tell, body) != CB_OK) {
		br_conn_close(c);
		return;
	}
	/* first this, then the look: no change is missed between them */
	set_tell(c, tell);
	r = br_listed_begin(&frame, &mark, c->srv->comings);
	/* they stand in order of their numbers */
	for (rd = c->srv->readers.first; rd != NULL && r == CB_OK;
	    rd = rd->next) {
		if (rd->number <= after)
			continue;
		br_share_list(rd, &one);
		r = br_listed_add(&frame, mark, &one);
		more = r == CB_E_LIMIT;
	}
	if (r == CB_OK || more)
		r = br_listed_end(&frame, mark, c->seq, more);
	if (r != CB_OK)
		br_conn_close(c);
	else
		br_conn_send(c, &frame);
	cb_buf_free(&frame);
}

void
br_serve_changed(struct br_server *srv)
{
	struct cb_buf frame = CB_BUF_INIT;
	struct br_conn *c, *next;

	for (c = srv->first; c != NULL; c = next) {
		next = c->next;
		if (!c->tell)
			continue;
		set_tell(c, false);
		if (br_put_plain(&frame, 0, BR_CHANGED, CB_SPAN_EMPTY) !=
		    CB_OK)
			br_conn_close(c);
		else
			br_conn_send(c, &frame);
	}
}

/* ---- administration ---------------------------------------------------- */

/* CB_E_DENIED is answered here. */
static bool
may_change(struct br_conn *c)
{
	if (c->cred.admin)
		return true;
	br_conn_error(c, CB_E_DENIED, "Only root and the service's own user "
	    "may add and remove readers of this bridge.");
	return false;
}

/* The reply comes with the end of the reader's jobs. */
static void
wait_for(struct br_conn *c, struct br_reader *rd)
{
	c->waiting = rd;
	c->since = br_now_ms();
	br_conn_watch(c, 0);
	br_server_pulse(c->srv);
}

static void
on_add(struct br_conn *c, struct cb_span body)
{
	struct br_server *srv = c->srv;
	char name[BR_NAME_MAX + 1], uri[BR_URI_MAX + 1];
	struct br_reader *rd;
	struct cb_why why;
	enum cb_err r;

	if (br_get_add(name, uri, body) != CB_OK) {
		br_conn_close(c);
		return;
	}
	if (!may_change(c))
		return;
	why.text[0] = '\0';
	r = br_reader_new(&rd, &srv->readers, name, uri, -1, &why);
	if (r == CB_OK &&
	    (r = br_state_save(srv->set.state_dir, &srv->readers, &why)) !=
	    CB_OK) {
		br_reader_unlink(&srv->readers, rd);
		br_reader_free(rd);
	}
	if (r != CB_OK) {
		br_conn_error(c, r, why.text);
		return;
	}
	cb_log(CB_LOG_NOTICE, "reader %s added, uid %d", name,
	    (int)c->cred.uid);
	srv->comings++;
	br_server_tell(srv, rd, true);
	br_work_want(srv, rd, BR_JOB_OPEN);
	wait_for(c, rd);
}

/* The reader that a request names; NULL: answered. */
static struct br_reader *
named(struct br_conn *c, struct cb_span body)
{
	char name[BR_NAME_MAX + 1];
	struct br_reader *rd;

	if (br_get_name(name, body) != CB_OK) {
		br_conn_close(c);
		return NULL;
	}
	rd = br_reader_by_name(&c->srv->readers, name);
	if (rd == NULL)
		br_conn_error(c, CB_E_ABSENT,
		    "There is no reader of that name.");
	return rd;
}

static void
on_remove(struct br_conn *c, struct cb_span body)
{
	struct br_server *srv = c->srv;
	struct br_reader *rd;
	struct cb_why why;
	enum cb_err r;

	if (!may_change(c) || (rd = named(c, body)) == NULL)
		return;
	br_reader_unlink(&srv->readers, rd);
	why.text[0] = '\0';
	r = br_state_save(srv->set.state_dir, &srv->readers, &why);
	if (r != CB_OK) {
		br_reader_relink(&srv->readers, rd);
		br_conn_error(c, r, why.text);
		return;
	}
	rd->next = srv->leaving;
	srv->leaving = rd;
	cb_log(CB_LOG_NOTICE, "reader %s removed, uid %d", rd->name,
	    (int)c->cred.uid);
	srv->comings++;
	br_server_rest(srv, rd, 0);
	br_share_take_out(rd, true);
	br_session_lose(srv, rd);
	br_server_tell(srv, rd, true);
	br_work_want(srv, rd, BR_JOB_CLOSE);
	wait_for(c, rd);
}

static void
on_eject(struct br_conn *c, struct cb_span body)
{
	struct br_reader *rd = named(c, body);

	if (rd == NULL)
		return;
	if (!rd->inserted) {
		br_conn_done(c);
		return;
	}
	rd->inserted = false;
	br_share_take_out(rd, false);
	br_session_lose(c->srv, rd);
	br_server_tell(c->srv, rd, false);
	br_work_want(c->srv, rd, BR_JOB_CLOSE);
	wait_for(c, rd);
}

static void
on_insert(struct br_conn *c, struct cb_span body)
{
	struct br_reader *rd = named(c, body);
	bool usable;

	if (rd == NULL)
		return;
	pthread_mutex_lock(&rd->lock);
	usable = rd->usable;
	pthread_mutex_unlock(&rd->lock);
	if (rd->inserted && usable) {
		br_conn_done(c);
		return;
	}
	rd->inserted = true;
	br_work_want(c->srv, rd, BR_JOB_OPEN);
	wait_for(c, rd);
}

static void
send_info(struct br_conn *c, struct br_reader *rd)
{
	struct cb_buf frame = CB_BUF_INIT;
	struct br_reader_info info;

	br_reader_describe(rd, &info);
	if (br_put_info(&frame, c->seq, rd->number, &info) != CB_OK)
		br_conn_close(c);
	else
		br_conn_send(c, &frame);
}

static void
on_next(struct br_conn *c, struct cb_span body)
{
	struct br_reader *rd;
	uint32_t after;

	if (br_get_next(&after, body) != CB_OK) {
		br_conn_close(c);
		return;
	}
	/* they stand in order of their numbers */
	for (rd = c->srv->readers.first; rd != NULL; rd = rd->next)
		if (rd->number > after)
			break;
	if (rd != NULL)
		send_info(c, rd);
	else
		br_conn_error(c, CB_E_ABSENT, "There are no more readers.");
}

static void
on_visits(struct br_conn *c, struct cb_span body)
{
	struct cb_buf frame = CB_BUF_INIT;

	(void)body;
	if (br_put_visited(&frame, c->seq, c->srv->visits) != CB_OK)
		br_conn_close(c);
	else
		br_conn_send(c, &frame);
}

static void
on_status(struct br_conn *c, struct cb_span body)
{
	const struct br_server *srv = c->srv;
	const struct br_bridge_status s = { .pid = (uint32_t)getpid(),
		.since = srv->since, .readers = (uint32_t)srv->readers.count,
		.connections = (uint32_t)srv->conns, .release = BR_RELEASE };
	struct cb_buf frame = CB_BUF_INIT;

	(void)body;
	if (br_put_running(&frame, c->seq, &s) != CB_OK)
		br_conn_close(c);
	else
		br_conn_send(c, &frame);
}

static void
on_link(struct br_conn *c, struct cb_span body)
{
	struct br_reader *rd = named(c, body);
	struct cb_buf frame = CB_BUF_INIT;
	struct br_link_status s;

	if (rd == NULL)
		return;
	br_reader_status(rd, &s);
	if (br_put_link_info(&frame, c->seq, &s) != CB_OK)
		br_conn_close(c);
	else
		br_conn_send(c, &frame);
}

static void
answer_insert(struct br_conn *c, struct br_reader *rd)
{
	char trouble[sizeof(rd->trouble)];
	enum cb_err e;

	pthread_mutex_lock(&rd->lock);
	e = rd->trouble_err;
	memcpy(trouble, rd->trouble, sizeof(trouble));
	pthread_mutex_unlock(&rd->lock);
	if (rd->removed || !rd->inserted)
		br_conn_error(c, CB_E_ABSENT, "It was taken away again.");
	else if (e != CB_OK)
		br_conn_error(c, e, trouble);
	else
		br_conn_done(c);
}

void
br_serve_jobs_done(struct br_server *srv, struct br_reader *rd)
{
	struct br_conn *c, *next;

	for (c = srv->first; c != NULL; c = next) {
		next = c->next;
		if (c->waiting != rd)
			continue;
		c->waiting = NULL;
		if (c->type == BR_READER_ADD && rd->removed)
			br_conn_error(
			    c, CB_E_ABSENT, "It was taken away again.");
		else if (c->type == BR_READER_ADD)
			send_info(c, rd);
		else if (c->type == BR_READER_INSERT)
			answer_insert(c, rd);
		else
			br_conn_done(c);
	}
}
