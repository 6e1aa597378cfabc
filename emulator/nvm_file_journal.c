/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A journal beside a card file whose owner was killed, or lost its power.
 * SQLite plays every such journal into the file before anybody can say
 * whether it belongs there, and takes it away. So it is judged first:
 *
 * - A file that is whole as it is (nvm_file.c on the root record) needs no
 *   journal. Its last change is not begun or complete, and nobody has been
 *   told of either; the journal goes. So an old one that somebody puts beside
 *   a card gives no try back.
 * - Else the journal is played into a copy. Where that makes a whole card of
 *   it, SQLite may do the same with the file. Where not, the journal is not
 *   of this change or this card, and nothing is written.
 *
 * The copy lies in a directory of its own beside the file, for as long as
 * that takes; whoever reads it there reads what is in the file anyway.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emulator/nvm_file.h"

#define IMAGE_MAX ((size_t)EMU_FILE_PAGE * EMU_FILE_PAGES_MAX)
/* Every page once, with number and checksum, and headers of up to a sector. */
#define JOURNAL_MAX (IMAGE_MAX + 8 * (size_t)EMU_FILE_PAGES_MAX + (1 << 16))

static enum cb_err
read_whole(int fd, size_t max, struct cb_buf *out)
{
	struct stat st;
	uint8_t *p;
	ssize_t n;
	enum cb_err r;

	out->max = max;
	if (fstat(fd, &st) < 0)
		return CB_E_STORE;
	if (st.st_size < 0 || (uint64_t)st.st_size > max)
		return CB_E_FORMAT;
	if ((r = cb_buf_grow(out, (size_t)st.st_size, &p)) != CB_OK)
		return r;
	for (size_t at = 0; at < out->n; at += (size_t)n)
		if ((n = pread(fd, p + at, out->n - at, (off_t)at)) <= 0)
			return CB_E_STORE;
	return CB_OK;
}

/* CB_E_FORMAT: the file by itself is no card. */
static enum cb_err
check_whole(struct nvm_file *f, struct cb_span image)
{
	struct nvm_file alone = { .path = f->path };
	enum cb_err r;

	r = emu_file_head_check(cb_span_head(image, EMU_FILE_HEAD), image.n,
	    false, f->path, NULL);
	if (r == CB_OK && (r = emu_sql_open_image(&alone.sql, image)) == CB_OK)
		r = emu_nvm_file_verify(&alone);
	emu_sql_close(&alone.sql);
	return r;
}

/* What the file is now is durable before the journal goes. */
static enum cb_err
take_away(int file, const char *journal)
{
	char *dir = strdup(journal);
	enum cb_err r = CB_E_STORE;
	int fd = -1;

	if (dir == NULL)
		return CB_E_NOMEM;
	*(strrchr(dir, '/') + 1) = '\0';
	if (fsync(file) == 0 && unlink(journal) == 0 &&
	    (fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) >= 0 &&
	    fsync(fd) == 0)
		r = CB_OK;
	if (fd >= 0)
		close(fd);
	free(dir);
	return r;
}

static enum cb_err
store(const char *path, struct cb_span s)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
	    O_CLOEXEC, 0600);
	ssize_t n = -1;

	if (fd < 0)
		return CB_E_STORE;
	while (s.n > 0 && (n = write(fd, s.p, s.n)) > 0)
		s = cb_span_tail(s, (size_t)n);
	if (close(fd) != 0 || s.n > 0)
		return CB_E_STORE;
	return CB_OK;
}

/* The same with a copy. CB_E_FORMAT: the journal makes no card of it. */
static enum cb_err
rehearse(const struct nvm_file *f, const char *real, struct cb_span image,
    struct cb_span journal)
{
	struct nvm_file copy = { .path = f->path };
	char *dir = NULL, *card = NULL, *beside = NULL;
	enum cb_err r = CB_E_NOMEM;
	bool made = false;

	if (asprintf(&dir, "%s.check-XXXXXX", real) < 0) {
		dir = NULL;
		goto out;
	}
	r = CB_E_STORE;
	if (!(made = mkdtemp(dir) != NULL))
		goto out;
	if (asprintf(&card, "%s/card", dir) < 0 ||
	    asprintf(&beside, "%s-journal", card) < 0) {
		r = CB_E_NOMEM;
		goto out;
	}
	if ((r = store(card, image)) == CB_OK &&
	    (r = store(beside, journal)) == CB_OK &&
	    (r = emu_sql_open(&copy.sql, card, false, NULL)) == CB_OK)
		r = emu_nvm_file_verify(&copy);
	emu_sql_close(&copy.sql);
out:
	if (beside != NULL)
		(void)unlink(beside);
	if (card != NULL)
		(void)unlink(card);
	if (made)
		(void)rmdir(dir);
	free(beside);
	free(card);
	free(dir);
	return r;
}

static enum cb_err
settle(struct nvm_file *f, const char *real, const char *name)
{
	struct cb_buf image = CB_BUF_INIT, journal = CB_BUF_INIT;
	enum cb_err r;
	int fd = -1;

	r = read_whole(emu_file_hold_fd(f->hold), IMAGE_MAX, &image);
	if (r != CB_OK)
		goto out;
	if ((r = check_whole(f, cb_buf_span(&image))) != CB_E_FORMAT) {
		if (r == CB_OK)
			r = take_away(emu_file_hold_fd(f->hold), name);
		goto out;
	}
	fd = open(name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		r = CB_E_STORE;
	else if ((r = read_whole(fd, JOURNAL_MAX, &journal)) == CB_OK)
		r = rehearse(f, real, cb_buf_span(&image),
		    cb_buf_span(&journal));
out:
	if (fd >= 0)
		close(fd);
	cb_buf_free(&image);
	cb_buf_free(&journal);
	return r;
}

enum cb_err
emu_file_journal_settle(struct nvm_file *f, const char *real,
    struct cb_why *why)
{
	char *name;
	enum cb_err r;

	if (asprintf(&name, "%s-journal", real) < 0)
		return CB_E_NOMEM;
	r = settle(f, real, name);
	if (r == CB_E_FORMAT)
		cb_why_set(why, "%s was left in the middle of a change, and "
		    "%s is not the journal of that change. Nothing was "
		    "changed. Move the journal away, and put a copy of the "
		    "whole file in its place.", f->path, name);
	else if (r != CB_OK)
		cb_why_set(why, "%s, which was left in the middle of a change, "
		    "cannot be repaired: %s", f->path, cb_err_text(r));
	free(name);
	return r;
}
