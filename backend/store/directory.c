/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Syncing a directory.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/store/directory.h"

enum cb_err
be_directory_sync(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash == NULL ? strdup(".")
				  : strndup(path, (size_t)(slash - path) + 1);
	int fd = dir == NULL ? -1
			     : open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum cb_err r = fd >= 0 && fsync(fd) == 0 ? CB_OK : CB_E_STORE;

	if (fd >= 0)
		close(fd);
	free(dir);
	return r;
}
