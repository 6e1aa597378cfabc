/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A door of what lies in files: they are read and closed here, so that nothing
 * of them is left open behind the walls.
 */
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "backend/door/door.h"
#include "common/read.h"
#include "wire/cert.h"

#define FILE_MAX ((size_t)65536)

static enum cb_err
take_file(int fd, struct cb_buf *out)
{
	const enum cb_err r = fd >= 0 ? cb_read_all(fd, out) : CB_E_ABSENT;

	if (fd >= 0)
		(void)close(fd);
	return r;
}

/* Of one that is over: what is to be done. */
static enum cb_err
look_over(const struct be_door_settings *s, int64_t now, struct cb_why *why)
{
	const struct cb_span der[BE_ENDS] = {
		[BE_END_AUTHORITY] = s->authority,
		[BE_END_SERVICE] = s->service,
		[BE_END_DOOR] = s->certificate,
	};
	struct be_ends ends;

	be_ends_read(&ends, der);
	for (size_t i = 0; i < BE_ENDS; i++)
		if (be_ends_tell(&ends, i, now, now, why))
			return CB_E_TIMEOUT;
	return CB_OK;
}

enum cb_err
be_door_new_of(struct be_door **out, const struct be_door_settings *settings,
    const int fds[BE_DOOR_FILES], struct cb_why *why)
{
	struct be_door_settings s = *settings;
	struct cb_buf files[BE_DOOR_FILES];
	const int64_t now = (int64_t)time(NULL);
	struct wire_cert facts;
	enum cb_err r = CB_OK, first = CB_OK;

	*out = NULL;
	for (size_t i = 0; i < BE_DOOR_FILES; i++) {
		files[i] = (struct cb_buf)CB_BUF_INIT_MAX(FILE_MAX);
		if ((r = take_file(fds[i], &files[i])) != CB_OK)
			first = r;
	}
	s.authority = cb_buf_span(&files[BE_DOOR_AUTHORITY]);
	s.service = cb_buf_span(&files[BE_DOOR_SERVICE]);
	s.certificate = cb_buf_span(&files[BE_DOOR_CERTIFICATE]);
	s.key = cb_buf_span(&files[BE_DOOR_KEY]);
	if (first != CB_OK)
		cb_why_set(why, "the door's key and certificates cannot be "
				"read");
	else if ((first = look_over(&s, now, why)) == CB_OK &&
	    (first = wire_cert_check(s.service, s.authority, WIRE_SERVICE,
		 s.kind, now, &facts, NULL, why)) == CB_OK)
		first = be_door_new(out, &s, why);
	for (size_t i = 0; i < BE_DOOR_FILES; i++)
		cb_buf_free(&files[i]);
	return first;
}
