/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What a card file's first bytes say, read before SQLite opens the file: for
 * SQLite writes to what it takes for its own (it undoes a journal, deletes
 * one, follows a write-ahead log). The header is that of "Database File
 * Format", 1.3 (sqlite.org/fileformat2.html), big-endian:
 *
 *	 0	magic, 16 bytes		24	change counter, 4
 *	16	page size, 2		28	pages in the file, 4
 *	18	write version, 1	60	user version, 4
 *	19	read version, 1		68	application id, 4
 *					92	change counter that 28 is for, 4
 */
#include <string.h>

#include "emulator/nvm_file.h"

static uint32_t
word(struct cb_span head, size_t at)
{
	struct cb_span cur = cb_span_tail(head, at);
	uint32_t v = 0;

	if (cb_get_u32(&cur, &v) != CB_OK)
		return 0;
	return v;
}

static enum cb_err
foreign(const char *path, struct cb_why *why)
{
	cb_why_set(why, "%s is not a card file. Nothing was changed. Give the "
	    "name of a file made by \"cardbridge card new\".", path);
	return CB_E_FORMAT;
}

static enum cb_err
broken(const char *path, const char *how, struct cb_why *why)
{
	cb_why_set(why, "%s is a card file, but %s. Nothing was changed. Put "
	    "a copy of the whole file in its place.", path, how);
	return CB_E_FORMAT;
}

enum cb_err
emu_file_head_check(struct cb_span head, uint64_t size, bool hot,
    const char *path, struct cb_why *why)
{
	const struct cb_span magic = { (const uint8_t *)EMU_FILE_MAGIC, 16 };
	uint32_t format;

	if (size == 0) {
		cb_why_set(why, "%s is empty. Nothing was changed. Put a copy "
		    "of the card file in its place, or remove it and make a "
		    "new card with \"cardbridge card new\".", path);
		return CB_E_FORMAT;
	}
	if (!cb_span_equal(cb_span_head(head, 16), magic))
		return foreign(path, why);
	if (head.n < EMU_FILE_HEAD)
		return broken(path, "it ends after a few bytes", why);
	if (word(head, 68) != EMU_FILE_APPLICATION)
		return foreign(path, why);
	format = word(head, 60);
	if (format > EMU_FILE_FORMAT) {
		cb_why_set(why, "%s was made by a newer release (format %u, "
		    "this one knows %d). Nothing was changed. Install the "
		    "newer release.", path, (unsigned)format, EMU_FILE_FORMAT);
		return CB_E_LIMIT;
	}
	if (format < EMU_FILE_FORMAT || head.p[16] != EMU_FILE_PAGE >> 8 ||
	    head.p[17] != (EMU_FILE_PAGE & 0xff))
		return broken(path, "its header is damaged", why);
	if (head.p[18] != 1 || head.p[19] != 1)
		return broken(path, "another program has switched it to a "
		    "write-ahead log", why);
	if (size > (uint64_t)EMU_FILE_PAGE * EMU_FILE_PAGES_MAX)
		return broken(path, "it is larger than a card can be", why);
	if (hot)
		return CB_OK;	/* undone first; checked again by SQLite */
	if (size % EMU_FILE_PAGE != 0 || word(head, 28) == 0 ||
	    size < (uint64_t)EMU_FILE_PAGE * word(head, 28))
		return broken(path, "its end is missing", why);
	if (word(head, 24) != word(head, 92))
		return broken(path, "another program has written to it", why);
	return CB_OK;
}
