/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * reader conf: reader files for pcscd.
 *
 * pcscd 1.9.9 does not start at all, with nobody's readers, when one file in
 * its directory has an unquoted character it does not know, a LIBPATH that
 * does not exist, or a DEVICENAME without a colon that does not exist. It
 * strips quotes from FRIENDLYNAME only: a quoted LIBPATH is taken with its
 * quotes, and does not exist. So: names and sockets are quoted, the plug-in's
 * path is not and may hold only what is allowed bare, and the file appears
 * whole or not at all (names with a leading dot are passed over).
 */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/bridge.h"

#ifndef CB_PLUGIN
#define CB_PLUGIN "/usr/local/lib/pcsc/libifdcardbridge.so"
#endif

#define MARK "# written by cardbridge\n"
#define PREFIX "cardbridge."
#define SLOTS_FILE "cardbridge-slots"
#define DEVICE_MAX 250		/* pcscd keeps 255 characters of DEVICENAME */

const char cli_conf_dir[] = "/etc/reader.conf.d";

/* ---- what stands in one -------------------------------------------------- */

static int
check_plugin(const char *plugin, bool must)
{
	struct stat st;

	if (plugin[0] != '/' || plugin[strspn(plugin,
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789=\\/-._@:")] != '\0')
		return cli_fail(CLI_USAGE, "pcscd takes no plug-in from %s: "
		    "its path must be absolute, of letters, digits and "
		    "/ - . _ @ : = only", plugin);
	if (stat(plugin, &st) == 0 && S_ISREG(st.st_mode))
		return CLI_OK;
	if (must)
		return cli_fail(CLI_FAILED, "the plug-in is not installed at "
		    "%s, and pcscd does not start with a reader file that "
		    "names a missing one: install it first, or say where it "
		    "is with --plugin", plugin);
	(void)cli_fail(CLI_OK, "warning: there is no plug-in at %s", plugin);
	return CLI_OK;
}

static int
socket_path(char *out, size_t size)
{
	char found[PATH_MAX];
	char *absolute;
	int n;

	if (br_socket_path(cli_socket, found, sizeof(found)) != CB_OK)
		return cli_fail(CLI_USAGE, "where is the bridge's socket? Say "
		    "it with --socket");
	if ((absolute = cli_absolute(found)) == NULL)
		return cli_fail(CLI_FAILED, "out of memory");
	n = snprintf(out, size, "%s", absolute);
	free(absolute);
	if (n < 0 || (size_t)n >= size || strpbrk(out, "\"\n\r") != NULL)
		return cli_fail(CLI_USAGE, "a socket's path in a reader file "
		    "has at most %zu characters and no quotation marks",
		    size - 1);
	return CLI_OK;
}

/* The text of the file; *name (size NAME_MAX) is what it is called. */
static int
conf_text(const struct cli_conf_args *a, const char *reader, char *file,
    size_t file_n, char **text)
{
	const char *plugin = a->plugin != NULL ? a->plugin : CB_PLUGIN;
	char socket[DEVICE_MAX - 64 + 1], friendly[64], device[DEVICE_MAX + 1];
	int code, n;

	if ((code = check_plugin(plugin, !a->print)) != CLI_OK ||
	    (code = socket_path(socket, sizeof(socket))) != CLI_OK)
		return code;
	if (reader != NULL) {
		(void)snprintf(file, file_n, PREFIX "%s", reader);
		(void)snprintf(
		    friendly, sizeof(friendly), "cardbridge %s", reader);
		n = snprintf(device, sizeof(device),
		    "cardbridge:reader=%s:%s", reader, socket);
	} else {
		(void)snprintf(file, file_n, SLOTS_FILE);
		(void)snprintf(friendly, sizeof(friendly), "cardbridge slots");
		n = snprintf(device, sizeof(device), "cardbridge:slots=%u:%s",
		    a->slots, socket);
	}
	if (n < 0 || (size_t)n >= sizeof(device) ||
	    asprintf(text, MARK
		"FRIENDLYNAME \"%s\"\nDEVICENAME \"%s\"\nLIBPATH %s\n"
		"CHANNELID 0\n",
		friendly, device, plugin) < 0)
		return cli_fail(CLI_FAILED, "out of memory");
	return CLI_OK;
}

/* ---- files --------------------------------------------------------------- */

/* Does the file begin with our mark? */
static bool
is_ours(int dir, const char *file)
{
	char head[sizeof(MARK) - 1];
	int fd = openat(dir, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	bool ours;

	if (fd < 0)
		return false;
	ours = read(fd, head, sizeof(head)) == (ssize_t)sizeof(head) &&
	    memcmp(head, MARK, sizeof(head)) == 0;
	(void)close(fd);
	return ours;
}

static int
fail_errno(const char *dir, const char *file, const char *what)
{
	int e = errno;

	return cli_fail(CLI_FAILED, "%s/%s: %s: %s%s", dir, file, what,
	    strerror(e), e == EACCES || e == EPERM
		? "; this needs root (sudo)" : "");
}

static int
open_dir(const char *dir)
{
	return open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static bool
write_all(int fd, const char *text)
{
	size_t n = strlen(text);

	while (n > 0) {
		ssize_t w = write(fd, text, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			return false;
		text += w;
		n -= (size_t)w;
	}
	return fsync(fd) == 0;
}

/* A hidden name first, then the real one: pcscd sees it whole. */
static int
write_conf(const char *dir, const char *file, const char *text)
{
	char temp[NAME_MAX + 32];
	int d, fd, code = CLI_OK;

	if ((d = open_dir(dir)) < 0)
		return cli_fail(CLI_FAILED, "%s: %s%s", dir, strerror(errno),
		    errno == ENOENT ? "; is pcscd installed?" : "");
	if (faccessat(d, file, F_OK, 0) == 0 && !is_ours(d, file)) {
		(void)close(d);
		return cli_fail(CLI_FAILED, "%s/%s was not written by "
		    "cardbridge: move it away first", dir, file);
	}
	(void)snprintf(temp, sizeof(temp), ".%s.%ld", file, (long)getpid());
	fd = openat(d, temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0) {
		code = fail_errno(dir, file, "cannot be written");
	} else {
		bool done = fchmod(fd, 0644) == 0 && write_all(fd, text);

		(void)close(fd);
		if (!done || renameat(d, temp, d, file) != 0) {
			code = fail_errno(dir, file, "cannot be written");
			(void)unlinkat(d, temp, 0);
		} else {
			(void)fsync(d);
		}
	}
	(void)close(d);
	return code;
}

int
cli_conf_remove(const char *dir, const char *name, bool *was)
{
	char file[64];
	int d, code = CLI_OK;

	*was = false;
	(void)snprintf(file, sizeof(file), PREFIX "%s", name);
	if ((d = open_dir(dir)) < 0)
		return CLI_OK;	/* no such directory, no such file */
	if (is_ours(d, file)) {
		if (unlinkat(d, file, 0) == 0)
			*was = true;
		else
			code = fail_errno(dir, file, "cannot be removed");
	}
	(void)close(d);
	return code;
}

/* What is installed: each of our files, with its device. */
static int
list_confs(const char *dir)
{
	struct dirent *e;
	unsigned n = 0;
	DIR *d;

	if ((d = opendir(dir)) == NULL)
		return cli_fail(CLI_FAILED, "%s: %s", dir, strerror(errno));
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.' || !is_ours(dirfd(d), e->d_name))
			continue;
		printf("%s/%s\n", dir, e->d_name);
		n++;
	}
	(void)closedir(d);
	if (n == 0)
		printf("no reader files in %s; make one with cardbridge "
		    "reader conf NAME\n", dir);
	return cli_flush(CLI_OK);
}

/* How many readers one file makes: one for each FRIENDLYNAME, and for one of
 * ours as many as it has slots. */
static unsigned
readers_in(int dir, const char *file)
{
	char *line = NULL, *at;
	size_t size = 0;
	unsigned n = 0, slots;
	FILE *f = NULL;
	int fd = openat(dir, file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return 0;
	if ((f = fdopen(fd, "r")) == NULL) {
		(void)close(fd);
		return 0;
	}
	while (getline(&line, &size, f) > 0) {
		at = line + strspn(line, " \t");
		n += strncmp(at, "FRIENDLYNAME", 12) == 0;
		if (strncmp(at, "DEVICENAME", 10) == 0 &&
		    (at = strstr(at, "cardbridge:slots=")) != NULL &&
		    sscanf(at, "cardbridge:slots=%u", &slots) == 1 &&
		    slots > 0)
			n += slots - 1;
	}
	free(line);
	(void)fclose(f);
	return n;
}

/* pcscd leaves out what is beyond its table, without a word. */
static void
warn_of_number(const char *dir)
{
	struct dirent *e;
	unsigned n = 0;
	DIR *d;

	if ((d = opendir(dir)) == NULL)
		return;
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.')
			n += readers_in(dirfd(d), e->d_name);
	(void)closedir(d);
	if (n > BR_SLOTS_MAX)
		(void)cli_fail(CLI_OK, "warning: the files in %s make %u "
		    "readers, and pcscd has room for %d, those at USB "
		    "included: some will not be seen; use fewer --slots", dir,
		    n, BR_SLOTS_MAX);
}

int
cli_reader_conf(const struct cli_cmd *cmd, const void *args, int argc,
    char **argv)
{
	const struct cli_conf_args *a = args;
	const char *dir = a->dir != NULL ? a->dir : cli_conf_dir;
	const char *name = argc > 0 ? argv[0] : NULL;
	char file[64], *text = NULL;
	int code;

	(void)cmd;
	if (name != NULL && a->slots != 0)
		return cli_fail(
		    CLI_USAGE, "either a reader's NAME or --slots N, not both");
	if (a->slots > BR_SLOTS_MAX)
		return cli_fail(CLI_USAGE, "--slots: pcscd knows at most %d",
		    BR_SLOTS_MAX);
	if (name == NULL && a->slots == 0)
		return list_confs(dir);
	if (name != NULL && (code = cli_reader_name_check(name)) != CLI_OK)
		return code;
	code = conf_text(a, name, file, sizeof(file), &text);
	if (code == CLI_OK && a->print)
		printf("%s", text);
	else if (code == CLI_OK &&
	    (code = write_conf(dir, file, text)) == CLI_OK) {
		printf("%s/%s\nseen at pcscd's next start: systemctl restart "
		    "pcscd\n", dir, file);
		warn_of_number(dir);
	}
	free(text);
	return cli_flush(code);
}
