/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Commands and status words as people write them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/apdu_args.h"
#include "common/ct.h"
#include "common/hex.h"

#define APDU_HEADER 4

enum cb_err
cli_apdu_decode(struct cb_buf *out, struct cb_span hex)
{
	enum cb_err r;

	cb_buf_clear(out);
	if ((r = cb_hex_decode(out, (const char *)hex.p, hex.n)) != CB_OK)
		return r;
	return out->n >= APDU_HEADER ? CB_OK : CB_E_FORMAT;
}

bool
cli_apdu_has_passcode(struct cb_span apdu)
{
	/* ISO 7816-4, 11.6.6 to 11.6.10; the odd codes carry the same data in
	 * BER-TLV. The class byte, and with it chaining, does not matter. */
	static const uint8_t codes[] = { 0x20, 0x24, 0x2C };
	struct cb_apdu a;
	bool named = false;

	if (apdu.n < APDU_HEADER)
		return false;
	for (size_t i = 0; i < sizeof(codes); i++)
		named |= (apdu.p[1] & 0xFE) == codes[i];
	if (!named)
		return false;
	return cb_apdu_parse(&a, apdu) != CB_OK || a.data.n > 0;
}

static int
nibble(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at;

	if (c == 'x' || c == 'X')
		return -1;
	if (c >= 'A' && c <= 'F')
		c = (char)(c - 'A' + 'a');
	at = c != '\0' ? strchr(digits, c) : NULL;
	return at != NULL ? (int)(at - digits) : -2;
}

bool
cli_sw_pattern(const char *pattern)
{
	if (strlen(pattern) != 4)
		return false;
	for (size_t i = 0; i < 4; i++)
		if (nibble(pattern[i]) == -2)
			return false;
	return true;
}

bool
cli_sw_expected(const char *pattern, uint16_t sw)
{
	for (unsigned i = 0; i < 4; i++) {
		int want = nibble(pattern[i]);

		if (want >= 0 && want != (sw >> (12 - 4 * i) & 0xF))
			return false;
	}
	return true;
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Without a comment, and without blanks at either end. */
static struct cb_span
trimmed(struct cb_span s)
{
	const uint8_t *hash = s.n > 0 ? memchr(s.p, '#', s.n) : NULL;

	if (hash != NULL)
		s.n = (size_t)(hash - s.p);
	while (s.n > 0 && is_blank(s.p[s.n - 1]))
		s.n--;
	while (s.n > 0 && is_blank(s.p[0]))
		s = cb_span_tail(s, 1);
	return s;
}

enum cb_err
cli_lines_next(struct cli_lines *l, int fd)
{
	uint8_t part[1024];
	const uint8_t *end = NULL;
	enum cb_err r = CB_OK;
	ssize_t n;

	cb_buf_consume(&l->read, l->used);
	l->used = 0;
	l->line = CB_SPAN_EMPTY;
	while (r == CB_OK) {
		if (l->read.n > 0)
			end = memchr(l->read.p, '\n', l->read.n);
		if (end != NULL || l->eof)
			break;
		n = read(fd, part, sizeof(part));
		if (n < 0 && errno != EINTR)
			r = CB_E_DENIED;
		else if (n == 0)
			l->eof = true;
		else if (n > 0)
			r = cb_buf_add(&l->read, cb_span(part, (size_t)n));
	}
	cb_wipe(part, sizeof(part));
	l->no++;
	if (r != CB_OK)
		return r;
	if (end == NULL && l->read.n == 0)
		return CB_E_ABSENT;
	n = end != NULL ? end - l->read.p : (ssize_t)l->read.n;
	l->line = trimmed(cb_span(l->read.p, (size_t)n));
	l->used = (size_t)n + (end != NULL ? 1 : 0);
	return CB_OK;
}

void
cli_lines_free(struct cli_lines *l)
{
	cb_buf_free(&l->read);
	*l = (struct cli_lines)CLI_LINES_INIT;
}
