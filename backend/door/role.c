/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The door as a role of a backend: what the parent hands it, and tells it
 * later. START brings four files, in the order of door.h, and then the sockets
 * that listen.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "backend/control.h"
#include "backend/door/door.h"
#include "common/log.h"

#define OTHER_FILES 320 /* channels to workers, and what is always open */

struct role {
	struct be_control control;
	struct be_door *door;
	bool stopped;
};

static int
take_fd(struct role *r, size_t i)
{
	int fd = -1;

	if (i < r->control.fds_n) {
		fd = r->control.fds[i];
		r->control.fds[i] = -1;
	}
	return fd;
}

static void
or_usual(unsigned *usual, uint32_t wanted)
{
	if (wanted != 0)
		*usual = wanted;
}

/* A connection more than there are descriptors would keep others from being
 * taken: what was asked for is made less. */
static struct be_door_limits
limits_of(const struct be_bounds *b)
{
	struct be_door_limits l = be_door_usual;
	struct rlimit files;
	rlim_t room;

	or_usual(&l.connections, b->connections);
	or_usual(&l.strangers, b->strangers);
	or_usual(&l.of_address, b->of_address);
	or_usual(&l.of_one, b->of_device);
	if (b->bodies_mib != 0)
		l.bodies = (size_t)b->bodies_mib << 20;
	if (getrlimit(RLIMIT_NOFILE, &files) != 0 ||
	    files.rlim_cur == RLIM_INFINITY)
		return l;
	room = files.rlim_cur > OTHER_FILES + l.strangers
	           ? files.rlim_cur - OTHER_FILES - l.strangers
	           : 1;
	if (l.connections > room) {
		cb_log(CB_LOG_WARNING,
		    "door: room for %u connections, not %u: it may have %u "
		    "files open (LimitNOFILE, ulimit -n)",
		    (unsigned)room, l.connections, (unsigned)files.rlim_cur);
		l.connections = (unsigned)room;
	}
	return l;
}

static enum cb_err
make(struct role *r, struct cb_why *why)
{
	struct be_door_settings s = { .kind = r->control.settings.kind,
		.tls12 = r->control.settings.tls12,
		.limits = limits_of(&r->control.settings.bounds) };
	int files[BE_DOOR_FILES];
	enum cb_err e;

	memcpy(s.backend, r->control.settings.backend, WIRE_ID);
	for (size_t i = 0; i < BE_DOOR_FILES; i++)
		files[i] = take_fd(r, i);
	e = be_door_new_of(&r->door, &s, files, why);
	for (size_t i = BE_DOOR_FILES; e == CB_OK && i < r->control.fds_n; i++)
		e = be_door_listen(r->door, take_fd(r, i));
	if (e == CB_OK && r->control.fds_n > BE_DOOR_FILES + 1)
		be_door_desk(r->door);
	return e;
}

static enum cb_err
on_told(void *ctx, struct be_channel *ch, const struct be_message *m)
{
	struct role *r = ctx;
	struct be_told told;
	enum cb_err e;

	(void)ch;
	if ((e = be_control_told(&r->control, m, &told)) != CB_OK)
		return e;
	if (told.what == BE_TOLD_STOP) {
		r->stopped = true;
		be_door_stop(r->door);
		return CB_OK;
	}
	if (told.role == BE_WORKER)
		return be_door_worker(r->door, told.organisation,
		    told.number, told.fd);
	(void)close(told.fd);
	return CB_E_PEER;
}

static void
on_lost(void *ctx, uint64_t number)
{
	struct role *r = ctx;

	be_control_lost(&r->control, number);
}

static enum cb_err
serve(struct role *r, struct cb_why *why)
{
	enum cb_err e;

	if ((e = make(r, why)) != CB_OK ||
	    (e = be_door_watch_ends(r->door)) != CB_OK ||
	    (e = be_door_parent(r->door, r->control.ch, on_told, r)) != CB_OK ||
	    (e = be_control_enclose(&r->control, BE_DOOR, NULL, why)) != CB_OK)
		return e;
	be_door_on_lost(r->door, on_lost, r);
	if ((e = be_control_ready(&r->control, CB_SPAN_EMPTY)) != CB_OK ||
	    (e = be_door_run(r->door)) != CB_OK)
		return e;
	if (r->stopped)
		be_control_stopped(&r->control);
	return CB_OK;
}

int
be_door_main(int fd)
{
	struct role r = { .stopped = false };
	struct cb_why why = { "" };
	enum cb_err e;

	if ((e = be_control_open(&r.control, fd, &why)) == CB_OK)
		e = serve(&r, &why);
	if (e != CB_OK)
		cb_log(CB_LOG_ERROR, "door: %s",
		    why.text[0] != '\0' ? why.text : cb_err_text(e));
	be_door_free(&r.door);
	be_control_close(&r.control);
	return e == CB_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
