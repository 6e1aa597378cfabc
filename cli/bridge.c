/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Reaching the bridge, and names of readers.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "cli/bridge.h"

#define CONNECT_MS 5000
#define NAME_MAX_N 32

int
cli_reader_name_check(const char *name)
{
	size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789._-");

	if (n == 0 || name[n] != '\0' || n > NAME_MAX_N)
		return cli_fail(CLI_USAGE, "a reader's name is 1 to %d "
		    "letters, digits, points, underscores and hyphens",
		    NAME_MAX_N);
	if (strcasestr(name, "virtual") != NULL)
		return cli_fail(CLI_USAGE, "a reader's name must not contain "
		    "\"virtual\": some programs leave such readers out");
	/* The file of slots is called so: two readers of one PC/SC name. */
	if (strcasecmp(name, "slots") == 0)
		return cli_fail(CLI_USAGE, "\"slots\" cannot be the name of a "
		    "reader; reader conf --slots N makes the file of slots");
	return CLI_OK;
}

int
cli_bridge_err(enum cb_err r, const struct cb_why *why, const char *what)
{
	if (r == CB_E_PEER)
		return cli_fail(CLI_NO_BRIDGE, "the bridge ended in the middle "
		    "of this; see its log, then try again");
	if (r == CB_E_TIMEOUT)
		return cli_fail(CLI_NO_BRIDGE, "the bridge does not answer; "
		    "is cardbridged stopped?");
	return cli_fail_err(r, why, what);
}

int
cli_card_err(const struct br_client *bridge, enum cb_err r,
    const struct cb_why *why, const char *name)
{
	if ((r != CB_E_PEER && r != CB_E_TIMEOUT) || !br_alive(bridge))
		return cli_bridge_err(r, why, name);
	if (why != NULL && why->text[0] != '\0')
		return cli_fail(CLI_FAILED, "%s: %s", name, why->text);
	return cli_fail(CLI_FAILED, "%s: its backend did not answer as "
	    "backends do; cardbridge status says more", name);
}

int
cli_bridge(struct br_client **out)
{
	struct cb_why why = { "" };
	char path[PATH_MAX];
	enum cb_err r;

	*out = NULL;
	r = br_socket_path(cli_socket, path, sizeof(path));
	if (r == CB_E_ABSENT)
		return cli_fail(CLI_NO_BRIDGE, "no bridge is running here: "
		    "start cardbridged, or say where its socket is with "
		    "--socket");
	if (r != CB_OK)
		return cli_fail(CLI_NO_BRIDGE, "the socket's path is too long");
	if ((r = br_connect(out, path, CONNECT_MS, &why)) == CB_OK)
		return CLI_OK;
	if (why.text[0] != '\0')
		return cli_fail(CLI_NO_BRIDGE, "%s", why.text);
	if (r == CB_E_ABSENT)
		return cli_fail(CLI_NO_BRIDGE, "no bridge listens at %s: start "
		    "cardbridged, or say where its socket is with --socket",
		    path);
	if (r == CB_E_DENIED)
		return cli_fail(CLI_NO_BRIDGE, "%s: permission denied; a "
		    "service's bridge serves root and the members of its group",
		    path);
	return cli_bridge_err(r, NULL, path);
}
