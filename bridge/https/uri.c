/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See uri.h.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "bridge/https/uri.h"
#include "common/hex.h"

static enum cb_err
bad(struct cb_why *why, const char *words)
{
	cb_why_set(why, "%s; a card in a backend is "
	    "https://HOST:PORT/cards/ID?identity=DIR", words);
	return CB_E_ARG;
}

/* ---- host and port ------------------------------------------------------- */

static bool
is_port(const char *p, size_t n)
{
	unsigned port = 0;

	for (size_t i = 0; i < n; i++) {
		if (!isdigit((unsigned char)p[i]) || i == 5)
			return false;
		port = port * 10 + (unsigned)(p[i] - '0');
	}
	return port > 0 && port < 65536;
}

/* A name, an address, or one of IPv6 in brackets; then a port or nothing. */
static bool
is_host(const char *p, size_t n)
{
	const char *colon = memrchr(p, ':', n), *end = memrchr(p, ']', n);
	size_t name = n;

	if (colon != NULL && (end == NULL || colon > end)) {
		name = (size_t)(colon - p);
		if (!is_port(colon + 1, n - name - 1))
			return false;
	}
	if (name == 0)
		return false;
	for (size_t i = 0; i < name; i++) {
		if (isalnum((unsigned char)p[i]) || p[i] == '-' ||
		    p[i] == '.')
			continue;
		if (p[0] != '[' || p[name - 1] != ']' ||
		    (p[i] != ':' && i != 0 && i != name - 1))
			return false;
	}
	return true;
}

/* ---- what follows the question mark -------------------------------------- */

static int
digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* RFC 3986, 2.1. */
static bool
decode(const char *p, size_t n, char *out, size_t size)
{
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		char c = p[i];

		if (c == '%') {
			if (n - i < 3 || digit(p[i + 1]) < 0 ||
			    digit(p[i + 2]) < 0)
				return false;
			c = (char)(digit(p[i + 1]) * 16 + digit(p[i + 2]));
			i += 2;
		}
		if (c == '\0' || at + 1 >= size)
			return false;
		out[at++] = c;
	}
	out[at] = '\0';
	return true;
}

/* One more place: HOST:PORT. */
static enum cb_err
take_also(struct br_https_uri *u, const char *p, size_t n, struct cb_why *why)
{
	if (n > BR_ORIGIN_MAX - sizeof("https://") || !is_host(p, n))
		return bad(why, "behind also= stands a host and port");
	if (u->origins_n == BR_ORIGINS_MAX)
		return bad(why, "that are more places than a bridge tries");
	(void)snprintf(u->origins[u->origins_n++], BR_ORIGIN_MAX,
	    "https://%.*s", (int)n, p);
	return CB_OK;
}

static enum cb_err
take_identity(
    struct br_https_uri *u, const char *p, size_t n, struct cb_why *why)
{
	if (decode(p, n, u->identity, sizeof(u->identity)) &&
	    u->identity[0] == '/')
		return CB_OK;
	return bad(why, "an identity is given by the absolute path of its "
	    "directory");
}

static enum cb_err
take_option(
    struct br_https_uri *u, const char *p, size_t n, struct cb_why *why)
{
	const struct {
		const char *name;
		bool *flag;
		enum cb_err (*take)(struct br_https_uri *, const char *,
		    size_t, struct cb_why *);
	} options[] = {
		{ "inspected", &u->inspected, NULL },
		{ "takeover", &u->take_over, NULL },
		{ "tls12", &u->tls12, NULL },
		{ "identity=", NULL, take_identity },
		{ "also=", NULL, take_also },
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		size_t m = strlen(options[i].name);

		if (n < m || strncmp(p, options[i].name, m) != 0)
			continue;
		if (options[i].take != NULL)
			return options[i].take(u, p + m, n - m, why);
		if (n != m)
			continue;
		*options[i].flag = true;
		return CB_OK;
	}
	return bad(why, "after its ? a URI has identity=DIR, also=HOST:PORT, "
	    "inspected, takeover and tls12, with & between them; a token or "
	    "passcode has no place there");
}

static enum cb_err
take_options(struct br_https_uri *u, const char *p, struct cb_why *why)
{
	enum cb_err r = CB_OK;
	size_t n;

	while (r == CB_OK && *p != '\0') {
		n = strcspn(p, "&");
		r = take_option(u, p, n, why);
		p += n;
		p += *p == '&';
	}
	return r;
}

/* ---- all of it ----------------------------------------------------------- */

/* "//HOST:PORT"; what follows is at *rest. */
static enum cb_err
take_origin(struct br_https_uri *u, const char **rest, struct cb_why *why)
{
	const char *p = *rest + 2;
	size_t n;

	if (strncmp(*rest, "//", 2) != 0)
		return bad(why, "two slashes follow https:");
	n = strcspn(p, "/?#");
	/* in what follows an identity's path may have one */
	if (memchr(p, '@', n) != NULL)
		return bad(why, "a URI holds no user and no secret: who a "
		    "device is, is in its identity's directory, which "
		    "\"cardbridge enrol\" makes");
	if (n > BR_ORIGIN_MAX - sizeof("https://") || !is_host(p, n))
		return bad(why, "that is no host and port");
	(void)snprintf(u->origins[u->origins_n++], BR_ORIGIN_MAX,
	    "https://%.*s", (int)n, p);
	*rest = p + n;
	return CB_OK;
}

enum cb_err
br_https_uri_get(
    struct br_https_uri *out, const char *rest, struct cb_why *why)
{
	static const char cards[] = "/cards/";
	const char *p = rest;
	enum cb_err r;
	size_t n;

	memset(out, 0, sizeof(*out));
	if ((r = take_origin(out, &p, why)) != CB_OK)
		return r;
	if (strncmp(p, cards, sizeof(cards) - 1) != 0)
		return bad(why, "the path is not /cards/ID");
	p += sizeof(cards) - 1;
	n = strcspn(p, "?");
	if (n != 2 * WIRE_ID ||
	    cb_hex_get(cb_span(p, n), out->card, WIRE_ID) != CB_OK)
		return bad(why, "a card's id is 32 hexadecimal digits in "
		    "small letters");
	p += n;
	return *p == '?' ? take_options(out, p + 1, why) : CB_OK;
}

enum cb_err
br_https_origin_get(
    struct br_https_uri *out, const char *url, struct cb_why *why)
{
	static const char scheme[] = "https:";
	const char *p = url + sizeof(scheme) - 1;
	enum cb_err r;

	memset(out, 0, sizeof(*out));
	if (strncmp(url, scheme, sizeof(scheme) - 1) != 0) {
		cb_why_set(why, "a backend is https://HOST:PORT");
		return CB_E_ARG;
	}
	if ((r = take_origin(out, &p, why)) != CB_OK)
		return r;
	if (*p == '/')
		p++;
	if (*p == '\0' || (*p == '?' && take_options(out, p + 1, NULL) ==
		CB_OK && !out->take_over && out->identity[0] == '\0' &&
		out->origins_n == 1))
		return CB_OK;
	cb_why_set(why, "a backend is https://HOST:PORT, with nothing behind "
	    "it; its token is read from a file or standard input");
	return CB_E_ARG;
}

void
br_id_text(char out[2 * WIRE_ID + 1], const uint8_t id[WIRE_ID])
{
	for (size_t i = 0; i < WIRE_ID; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", id[i]);
}

bool
br_https_same(const struct br_https_uri *a, const struct br_https_uri *b)
{
	bool same = a->origins_n == b->origins_n &&
	    a->inspected == b->inspected && a->tls12 == b->tls12 &&
	    strcmp(a->identity, b->identity) == 0;

	for (unsigned i = 0; same && i < a->origins_n; i++)
		same = strcmp(a->origins[i], b->origins[i]) == 0;
	return same;
}
