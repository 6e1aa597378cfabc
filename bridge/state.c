/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The file "readers" of the state directory, see state.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bridge/state.h"

#define STATE_FIRST_LINE "# Readers of this cardbridge bridge; written by it."
#define STATE_MAX ((size_t)32 << 20)

static enum cb_err
read_all(const char *path, struct cb_buf *out, struct cb_why *why)
{
	uint8_t block[4096];
	ssize_t n;
	enum cb_err r = CB_OK;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0 && errno == ENOENT)
		return CB_OK;
	while (r == CB_OK && fd >= 0 &&
	    (n = read(fd, block, sizeof(block))) != 0) {
		if (n < 0)
			r = CB_E_STORE;
		else
			r = cb_buf_add(out, cb_span(block, (size_t)n));
	}
	if (fd < 0)
		r = CB_E_STORE;
	if (r != CB_OK)
		cb_why_set(why, "%s cannot be read: %s.", path,
		    strerror(errno));
	if (fd >= 0)
		close(fd);
	return r;
}

/* The next word of a line; NULL: there is none. */
static char *
word(char **at)
{
	char *w = *at, *end;

	if (w == NULL || *w == '\0')
		return NULL;
	if ((end = strchr(w, ' ')) != NULL)
		*end++ = '\0';
	*at = end;
	return w;
}

static enum cb_err
parse_line(char *text, struct br_state_line *out)
{
	char *at = text, *kind, *name, *slot, *end;
	bool added;
	long v = -1;

	kind = word(&at);
	name = word(&at);
	slot = word(&at);
	if (kind == NULL || name == NULL || slot == NULL)
		return CB_E_FORMAT;
	added = strcmp(kind, "reader") == 0;
	if (!added && strcmp(kind, "slot") != 0)
		return CB_E_FORMAT;
	if (br_name_check(name, NULL) != CB_OK)
		return CB_E_FORMAT;
	if (strcmp(slot, "-") != 0) {
		v = strtol(slot, &end, 10);
		if (*end != '\0' || v < 0 || v >= BR_SLOTS_MAX)
			return CB_E_FORMAT;
	}
	/* the URI is the rest, blanks and all */
	if (added != (at != NULL && *at != '\0'))
		return CB_E_FORMAT;
	snprintf(out->name, sizeof(out->name), "%s", name);
	out->slot = (int)v;
	if (added && (out->uri = strdup(at)) == NULL)
		return CB_E_NOMEM;
	return CB_OK;
}

enum cb_err
br_state_load(const char *dir, struct br_state_line **lines, size_t *n,
    struct cb_why *why)
{
	struct cb_buf text = CB_BUF_INIT_MAX(STATE_MAX);
	struct br_state_line *more;
	char *path = NULL, *line, *end;
	unsigned number = 0;
	enum cb_err r;

	*lines = NULL;
	*n = 0;
	if (dir == NULL)
		return CB_OK;
	if (asprintf(&path, "%s/readers", dir) < 0)
		return CB_E_NOMEM;
	if ((r = read_all(path, &text, why)) != CB_OK ||
	    (r = cb_put_u8(&text, 0)) != CB_OK)
		goto out;
	line = (char *)text.p;
	for (; *line != '\0'; line = end) {
		number++;
		if ((end = strchr(line, '\n')) == NULL) {
			r = CB_E_FORMAT; /* cut off */
			break;
		}
		*end++ = '\0';
		if (line[0] == '#' || line[0] == '\0')
			continue;
		more = realloc(*lines, (*n + 1) * sizeof(*more));
		if (more == NULL) {
			r = CB_E_NOMEM;
			break;
		}
		*lines = more;
		memset(&more[*n], 0, sizeof(*more));
		if ((r = parse_line(line, &more[*n])) != CB_OK)
			break;
		(*n)++;
	}
	if (r == CB_OK && line != (char *)text.p + text.n - 1)
		r = CB_E_FORMAT; /* a zero byte */
	if (r == CB_E_FORMAT)
		cb_why_set(why, "%s, line %u, is damaged; mend or remove it.",
		    path, number);
out:
	if (r != CB_OK) {
		br_state_free(*lines, *n);
		*lines = NULL;
		*n = 0;
	}
	cb_buf_free(&text);
	free(path);
	return r;
}

void
br_state_free(struct br_state_line *lines, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		free(lines[i].uri);
	free(lines);
}

static enum cb_err
compose(const struct br_readers *table, struct cb_buf *out)
{
	const struct br_reader *rd;
	char slot[16];
	char *line = NULL;
	enum cb_err r;
	int n;

	r = cb_buf_add(out, cb_span_str(STATE_FIRST_LINE "\n"));
	for (rd = table->first; r == CB_OK && rd != NULL; rd = rd->next) {
		snprintf(slot, sizeof(slot), "%d", rd->slot);
		n = asprintf(&line, "%s %s %s%s%s\n",
		    rd->configured ? "slot" : "reader", rd->name,
		    rd->slot < 0 ? "-" : slot, rd->configured ? "" : " ",
		    rd->configured ? "" : rd->uri);
		if (n < 0)
			return CB_E_NOMEM;
		r = cb_buf_add(out, cb_span(line, (size_t)n));
		free(line);
	}
	return r;
}

static enum cb_err
write_all(int fd, struct cb_span s)
{
	ssize_t n;

	while (s.n > 0) {
		n = write(fd, s.p, s.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return CB_E_STORE;
		s = cb_span_tail(s, (size_t)n);
	}
	return fsync(fd) == 0 ? CB_OK : CB_E_STORE;
}

/* Beside the old file, durable, then in its place, durable. */
static enum cb_err
replace(const char *dir, const char *path, const char *temp, struct cb_span s)
{
	enum cb_err r = CB_E_STORE;
	int fd, at;

	at = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	(void)unlink(temp);
	fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
	    0600);
	if (at < 0 || fd < 0)
		goto out;
	if ((r = write_all(fd, s)) != CB_OK)
		goto out;
	if (rename(temp, path) != 0 || fsync(at) != 0)
		r = CB_E_STORE;
out:
	if (fd >= 0) {
		if (r != CB_OK) {
			int e = errno;

			(void)unlink(temp);
			errno = e;
		}
		close(fd);
	}
	if (at >= 0)
		close(at);
	return r;
}

enum cb_err
br_state_save(
    const char *dir, const struct br_readers *table, struct cb_why *why)
{
	struct cb_buf text = CB_BUF_INIT_MAX(STATE_MAX);
	struct cb_buf old = CB_BUF_INIT_MAX(STATE_MAX);
	char *path = NULL, *temp = NULL;
	enum cb_err r;

	if (dir == NULL)
		return CB_OK;
	if (asprintf(&path, "%s/readers", dir) < 0) {
		path = NULL;
		r = CB_E_NOMEM;
		goto out;
	}
	if (asprintf(&temp, "%s/readers.new", dir) < 0) {
		temp = NULL;
		r = CB_E_NOMEM;
		goto out;
	}
	if ((r = compose(table, &text)) != CB_OK ||
	    (r = read_all(path, &old, why)) != CB_OK)
		goto out;
	if (cb_span_equal(cb_buf_span(&text), cb_buf_span(&old)) ||
	    (old.n == 0 && table->first == NULL))
		goto out;
	if (mkdir(dir, 0700) != 0 && errno != EEXIST) {
		cb_why_set(why, "The state directory %s cannot be made: %s.",
		    dir, strerror(errno));
		r = CB_E_STORE;
		goto out;
	}
	r = replace(dir, path, temp, cb_buf_span(&text));
	if (r != CB_OK)
		cb_why_set(why, "%s cannot be written: %s.", path,
		    strerror(errno));
out:
	cb_buf_free(&text);
	cb_buf_free(&old);
	free(path);
	free(temp);
	return r;
}
