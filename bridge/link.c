/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * URI scheme to link.
 */
#include <string.h>

#include "bridge/link.h"
#include "bridge/protocol.h"

static const struct br_link_ops *links[] = {
	&br_link_emu,
	&br_link_memory,
	&br_link_https,
	NULL,			/* br_link_register */
};

#define N_LINKS (sizeof(links) / sizeof(links[0]))

void
br_link_register(const struct br_link_ops *ops)
{
	links[N_LINKS - 1] = ops;
}

enum cb_err
br_link_find(const struct br_link_ops **ops, const char **rest,
    const char *uri, struct cb_why *why)
{
	const char *colon = strchr(uri, ':'), *p;
	size_t i, n;

	*ops = NULL;
	*rest = NULL;
	if (strlen(uri) > BR_URI_MAX) {
		cb_why_set(why, "The reader's URI is longer than %d "
		    "characters.", BR_URI_MAX);
		return CB_E_ARG;
	}
	for (p = uri; *p != '\0'; p++) {
		if ((unsigned char)*p >= 0x20 && *p != 0x7f)
			continue;
		cb_why_set(why, "The reader's URI contains a control "
		    "character.");
		return CB_E_ARG;
	}
	n = colon != NULL ? (size_t)(colon - uri) : 0;
	for (i = 0; n > 0 && i < N_LINKS; i++) {
		if (links[i] == NULL || strlen(links[i]->scheme) != n ||
		    strncmp(links[i]->scheme, uri, n) != 0)
			continue;
		*ops = links[i];
		*rest = colon + 1;
		return links[i]->check(*rest, why);
	}
	cb_why_set(why, "\"%.80s\" is no URI of a card; a card file is "
	    "emu:/path/to/file, a card in a backend "
	    "https://HOST:PORT/cards/ID.", uri);
	return CB_E_ARG;
}
