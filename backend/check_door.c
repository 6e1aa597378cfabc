/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See check_door.h.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backend/check_door.h"
#include "backend/door/door.h"
#include "backend/finding.h"
#include "backend/layout.h"

static void
look_ends(const struct be_ends *ends, unsigned *wrong)
{
	const int64_t now = (int64_t)time(NULL);
	struct cb_why why;

	for (size_t i = 0; i < BE_ENDS; i++)
		if (be_ends_tell(ends, i, now, now + WIRE_EXPIRY_SOON, &why))
			be_found(wrong, BE_WARNING, "door: %s", why.text);
}

void
be_check_door(const char *dir, const struct be_conf *conf, unsigned *wrong)
{
	struct be_door_settings s = { .kind = conf->kind,
		.limits = be_door_usual };
	struct be_door *door = NULL;
	struct cb_why why = { "" };
	int files[BE_DOOR_FILES];
	enum cb_err r;

	memcpy(s.backend, conf->backend, WIRE_ID);
	for (size_t i = 0; i < BE_DOOR_FILES; i++) {
		char *path = be_path(dir, be_door_files[i]);

		files[i] = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
		free(path);
	}
	r = be_door_new_of(&door, &s, files, &why);
	if (r == CB_OK) {
		be_found(wrong, BE_GOOD, "door: its key and certificates go "
		    "together");
		look_ends(be_door_ends(door), wrong);
	} else {
		be_found(wrong, BE_WRONG, "door: %s",
		    why.text[0] != '\0' ? why.text : cb_err_text(r));
	}
	be_door_free(&door);
}
