/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * cardbridge enrol: an identity for a token. The token comes from standard
 * input or a file: a command line can be read by everybody.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bridge/https/enrol.h"
#include "cli/cli.h"
#include "common/hex.h"

struct enrol_args {
	const char *identity;
};

static int enrol(
    const struct cli_cmd *cmd, const void *args, int argc, char **argv);

static const struct cli_opt opts[] = {
	{ "identity", CLI_TEXT, offsetof(struct enrol_args, identity), "DIR",
	    "a directory to be made; must not be there yet" },
};

const struct cli_cmd cli_enrol_cmd = {
	NULL, "enrol", "URL -|@FILE",
	"Gets this machine its identity from a backend", opts, 1,
	sizeof(struct enrol_args), 2, 2, enrol, CLI_NO_SOCKET,
	"cardbridge enrol https://cards.example:8443 @token --identity "
	"~/cards\n", NULL,
};

static enum cb_err
read_all(int fd, struct cb_buf *out)
{
	uint8_t block[256];
	enum cb_err r = CB_OK;
	ssize_t n;

	do {
		n = read(fd, block, sizeof(block));
		if (n > 0)
			r = cb_buf_add(out, cb_span(block, (size_t)n));
	} while (r == CB_OK && (n > 0 || (n < 0 && errno == EINTR)));
	explicit_bzero(block, sizeof(block));
	return n < 0 ? CB_E_STORE : r;
}

static int
read_token(const char *from, struct wire_token *token)
{
	struct cb_buf text = CB_BUF_INIT_MAX(WIRE_TOKEN_TEXT_MAX);
	struct cb_why why = { "" };
	int fd = STDIN_FILENO, code = CLI_OK;
	enum cb_err r;

	if (strcmp(from, "-") != 0 && from[0] != '@')
		return cli_fail(CLI_USAGE, "the token is read from a file, "
		    "@FILE, or from standard input, -; a command line can be "
		    "read by everybody on this machine");
	if (from[0] == '@' &&
	    (fd = open(from + 1, O_RDONLY | O_CLOEXEC)) < 0)
		return cli_fail(CLI_FAILED, "%s: %s", from + 1,
		    strerror(errno));
	if ((r = read_all(fd, &text)) == CB_OK || r == CB_E_LIMIT)
		r = wire_token_get(cb_buf_span(&text), token, &why);
	if (r != CB_OK)
		code = cli_fail_err(r, &why, "the token");
	if (fd != STDIN_FILENO)
		close(fd);
	cb_buf_free(&text);
	return code;
}

/* Of something that is in its place. */
static int
not_there(const char *dir, int e)
{
	struct wire_identity has;
	struct wire_expiry end;
	enum cb_err r;
	int code;

	r = wire_identity_read(&has, dir, (int64_t)time(NULL), NULL);
	wire_expiry_set(&end, has.until);
	if (r == CB_OK || (r == CB_E_TIMEOUT && has.until != 0))
		code = cli_fail(CLI_FAILED, "%s: there is an identity already, "
		    "%s %s; move it away, and enrol again in its place", dir,
		    r == CB_OK ? "good until" : "which ended on", end.day);
	else
		code = cli_fail(CLI_FAILED, "%s: %s; an identity is made in a "
		    "place of its own", dir, e == ENOTEMPTY || e == EEXIST
			? "there is something already" : strerror(e));
	wire_identity_clear(&has);
	return code;
}

/* Before the token is used up. */
static int
check_place(const char *dir)
{
	if (dir == NULL)
		return cli_fail(CLI_USAGE, "where is the identity to be kept? "
		    "--identity DIR says it");
	if (rmdir(dir) == 0 || errno == ENOENT)
		return CLI_OK;
	return not_there(dir, errno);
}

static void
tell(const struct wire_identity *i, const char *dir)
{
	struct cb_buf id = CB_BUF_INIT;
	struct wire_expiry end;

	wire_expiry_set(&end, i->until);
	if (cb_hex_put(&id, CB_SPAN_OF(i->id)) == CB_OK)
		printf("%s %.*s, %s; its identity is in %s, good until %s\n",
		    i->usage == WIRE_DEVICE ? "device" : "person", (int)id.n,
		    (const char *)id.p, i->kind == WIRE_TEST ? "test" : "live",
		    dir, end.day);
	cb_buf_free(&id);
}

/* The key is there before it is asked for: where the answer is lost, even with
 * this process, the next one asks again with the same key. */
static int
make(const char *url, const struct wire_token *token, const char *dir)
{
	struct wire_identity identity = { .key = NULL };
	struct wire_making making;
	struct cb_why why = { "" };
	int code = CLI_OK;
	enum cb_err r;

	if ((r = wire_identity_begin(&making, dir, &identity.key, &why)) !=
	    CB_OK)
		return cli_fail_err(r, &why, dir);
	if ((r = br_enrol(&identity, url, token, (int64_t)time(NULL),
		 &why)) != CB_OK)
		code = cli_fail(cli_exit_of(r), "%s",
		    why.text[0] != '\0' ? why.text : cb_err_text(r));
	else if ((r = wire_identity_finish(&making, &identity, dir, &why)) !=
	    CB_OK)
		code = cli_fail_err(r, &why, dir);
	else
		tell(&identity, dir);
	/* of a key that is refused, or was never sent, nothing comes */
	wire_identity_end(&making, r != CB_E_DENIED && r != CB_E_ARG);
	wire_identity_clear(&identity);
	return code;
}

static int
enrol(const struct cli_cmd *cmd, const void *args, int argc, char **argv)
{
	const struct enrol_args *a = args;
	struct wire_token token;
	int code;

	(void)cmd;
	(void)argc;
	if ((code = check_place(a->identity)) != CLI_OK ||
	    (code = read_token(argv[1], &token)) != CLI_OK)
		return code;
	code = make(argv[0], &token, a->identity);
	explicit_bzero(&token, sizeof(token));
	return cli_flush(code);
}
