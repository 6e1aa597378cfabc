/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * kill -9 at random moments.
 *
 *	kill_card KIND [COUNT [SEED]]
 *
 * A child sends random commands to a card and says on a pipe when each begins
 * and ends; it is killed, COUNT times. Each time the card file must open, the
 * card be as before or after the command that was in flight (or before it with
 * the try spent that it costs), and its passcodes open it. The file without the
 * journal beside it must be such a card too, or be refused as damaged, that
 * only when a command was in flight. One child in ten makes a card instead:
 * then there is a whole card or nothing at all.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/powercut/story.h"
#include "tests/powercut/vfs_powercut.h"

enum {
	COMMANDS = 6,		/* a child's life: fewer of them, and */
	LONGEST_US = 10000,	/* some time of the next */
	LONGEST_MAKE_US = 60000,
	LIFETIME_S = 20,	/* no child may take longer */
};

struct tally {
	unsigned commands, cards, quiet, before, spent, after, refused;
	unsigned made, not_made, wrong;
};

static const struct story_kind *kind;
static char dir[] = "/tmp/kill_card.XXXXXX";
static char card_path[64], copy_path[64], new_path[64];

static int
die(const char *what)
{
	perror(what);
	exit(2);
}

static void
complain(struct tally *t, unsigned round, const char *what)
{
	t->wrong++;
	printf("round %u: %s\n", round, what);
}

/* ---- the child ---------------------------------------------------------- */

static void
say(int to, char c)
{
	if (write(to, &c, 1) != 1)
		_exit(1);
}

static void
live(struct story s, uint64_t random, int to)
{
	struct story_cmd cmd;
	struct emu_card *card;
	enum cb_err r;

	alarm(LIFETIME_S);
	if ((card = story_open(card_path, &r)) == NULL ||
	    !story_start(card, kind))
		_exit(1);
	for (;;) {
		story_plan(&s, story_draw_op(kind, &random), &random, &cmd);
		say(to, 'b');
		if (!story_run(card, kind, &cmd))
			say(to, 'x');
		say(to, 'e');
	}
}

static void
make(int to)
{
	struct story s;

	alarm(LIFETIME_S);
	say(to, 'b');
	if (!story_make(new_path, kind, &s))
		say(to, 'x');
	say(to, 'e');
	pause();
}

/* Lets a child live (or make) for `commands` and some microseconds; *begun and
 * *ended count its commands. false: one had a wrong answer. */
static bool
one_life(const struct story *s, uint64_t random, unsigned commands,
    unsigned us, unsigned *begun, unsigned *ended)
{
	const struct timespec life = { 0, (long)us * 1000 };
	int pipes[2];
	bool good = true, alive = true;
	pid_t pid;
	char c;

	*begun = *ended = 0;
	if (pipe(pipes) < 0)
		die("pipe");
	if ((pid = fork()) < 0)
		die("fork");
	if (pid == 0) {
		close(pipes[0]);
		if (s != NULL)
			live(*s, random, pipes[1]);
		make(pipes[1]);
	}
	close(pipes[1]);
	while (read(pipes[0], &c, 1) == 1) {
		*begun += c == 'b';
		*ended += c == 'e';
		good = good && c != 'x';
		if (alive && *begun > commands) {
			nanosleep(&life, NULL);
			kill(pid, SIGKILL);
			alive = false;
		}
	}
	close(pipes[0]);
	waitpid(pid, NULL, 0);
	return good && *begun > 0;
}

/* ---- what it left ------------------------------------------------------- */

static void
copy_file(void)
{
	static char block[1 << 16];
	int from = open(card_path, O_RDONLY | O_CLOEXEC);
	int to = open(copy_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
	    0600);
	ssize_t n;

	if (from < 0 || to < 0)
		die("copy");
	while ((n = read(from, block, sizeof(block))) > 0)
		if (write(to, block, (size_t)n) != n)
			die("copy");
	close(from);
	close(to);
}

static struct emu_card *
open_copy(void *none)
{
	enum cb_err r;

	(void)none;
	copy_file();
	return story_open(copy_path, &r);
}

/* The file alone, as if its journal had been taken away. */
static void
check_copy(struct tally *t, unsigned round, const struct story *before,
    const struct story *after, const struct story_cmd *cmd)
{
	struct emu_card *card;
	struct story got;
	enum cb_err r;

	card = story_open(copy_path, &r);
	if (card == NULL && r == CB_E_FORMAT && cmd != NULL)
		t->refused++;
	else if (card == NULL)
		complain(t, round, "a copy does not open");
	else if (!story_read(card, kind, cmd != NULL && cmd->spends_unblock,
		     &got) ||
	    story_where(&got, before, after, cmd) == STORY_NOWHERE)
		complain(t, round, "a copy is neither before nor after");
	emu_card_free(&card);
}

/* Compares; *now becomes what the card is like. */
static void
check_card(struct tally *t, unsigned round, struct story *now,
    const struct story *after, const struct story_cmd *cmd)
{
	struct emu_card *card;
	struct story got;
	enum story_place place = STORY_NOWHERE;
	enum cb_err r;

	card = story_open(card_path, &r);
	if (card == NULL)
		complain(t, round, cb_err_text(r));
	else if (!story_read(card, kind, round % 16 == 0 ||
	    (cmd != NULL && cmd->spends_unblock), &got))
		complain(t, round, "the card cannot be read");
	else if ((place = story_where(&got, now, after, cmd)) ==
	    STORY_NOWHERE)
		complain(t, round, "the card is neither before nor after");
	emu_card_free(&card);
	if (place == STORY_NOWHERE)
		return;
	/* Some things are known by what passcodes open only. */
	if ((place != STORY_BEFORE || round % 8 == 0 ||
	    story_hides(now, after)) &&
	    (place = story_find(&got, now, after, cmd, open_copy, NULL)) ==
	    STORY_NOWHERE)
		complain(t, round, "no passcode opens the card");
	if (place == STORY_AFTER)
		*now = *after;
	now->tries = got.tries;
	now->so_tries = got.so_tries;
	if (got.unblock_tries != STORY_UNREAD)
		now->unblock_tries = got.unblock_tries;
	if (cmd == NULL)
		t->quiet++;
	else if (place == STORY_AFTER)
		t->after++;
	else if (place == STORY_SPENT)
		t->spent++;
	else
		t->before++;
}

static void
round_of_commands(struct tally *t, unsigned round, struct story *now,
    uint64_t *random)
{
	uint64_t child = pc_random(random);
	unsigned i, begun, ended;
	struct story_cmd cmd;
	struct story after;
	bool flight;

	if (!one_life(now, child, story_draw(random, COMMANDS),
	    story_draw(random, LONGEST_US), &begun, &ended))
		complain(t, round, "the card does not answer as it must");
	for (i = 0; i < ended; i++)
		story_plan(now, story_draw_op(kind, &child), &child, &cmd);
	flight = begun > ended;
	after = *now;
	if (flight)
		story_plan(&after, story_draw_op(kind, &child), &child, &cmd);
	t->commands += ended;
	copy_file();
	check_copy(t, round, now, &after, flight ? &cmd : NULL);
	check_card(t, round, now, &after, flight ? &cmd : NULL);
	story_reset(now);
}

/* Everything in the directory but the two files that belong there. */
static unsigned
strangers(void)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	unsigned n = 0;

	if (d == NULL)
		die(dir);
	while ((e = readdir(d)) != NULL)
		n += e->d_name[0] != 'c' && strcmp(e->d_name, ".") != 0 &&
		    strcmp(e->d_name, "..") != 0;
	closedir(d);
	return n;
}

static void
round_of_making(struct tally *t, unsigned round, uint64_t *random)
{
	unsigned begun, ended;
	struct emu_card *card;
	struct story got;
	enum cb_err r;

	if (!one_life(NULL, 0, 0, story_draw(random, LONGEST_MAKE_US), &begun,
	    &ended))
		complain(t, round, "no card was made");
	if (access(new_path, F_OK) < 0) {
		t->not_made++;
		if (ended > 0 || strangers() > 0)
			complain(t, round, "a card is not there, or remains");
		return;
	}
	t->made++;
	card = story_open(new_path, &r);
	if (card == NULL || !story_start(card, kind) ||
	    (ended > 0 && !story_read(card, kind, false, &got)))
		complain(t, round, "a new card does not open");
	emu_card_free(&card);
	unlink(new_path);
	if (strangers() > 0)
		complain(t, round, "something is left beside a new card");
}

int
main(int argc, char **argv)
{
	unsigned count = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 200;
	uint64_t random = argc > 3 ? strtoull(argv[3], NULL, 10) : 1;
	struct tally t = { 0 };
	struct story now;
	unsigned round;

	kind = argc > 1 ? story_kind_find(argv[1]) : NULL;
	if (kind == NULL || count == 0 || mkdtemp(dir) == NULL)
		die("usage: kill_card KIND [COUNT [SEED]]");
	snprintf(card_path, sizeof(card_path), "%s/card", dir);
	snprintf(copy_path, sizeof(copy_path), "%s/copy", dir);
	snprintf(new_path, sizeof(new_path), "%s/new", dir);
	memset(&now, 0, sizeof(now));
	for (round = 0; round < count && t.wrong < 20; round++) {
		/* A card whose SO or unblock value is blocked tells no more;
		 * a kill may block either. */
		if (now.so_tries == 0 || now.unblock_tries == 0) {
			unlink(card_path);
			if (!story_make(card_path, kind, &now))
				die("story_make");
			t.cards++;
		}
		if (round % 10 == 9)
			round_of_making(&t, round, &random);
		else
			round_of_commands(&t, round, &now, &random);
	}
	printf("kill_card: %s, %u kills, %u cards, %u commands answered; in "
	    "flight: %u before, %u try spent, %u after, %u none; %u refused "
	    "without their journal; making: %u whole, %u nothing; %u wrong\n",
	    kind->name, round, t.cards, t.commands, t.before, t.spent, t.after,
	    t.quiet, t.refused, t.made, t.not_made, t.wrong);
	unlink(card_path);
	unlink(copy_path);
	unlink(new_path);
	if (rmdir(dir) < 0)
		printf("kill_card: %s is not empty\n", dir);
	return t.wrong == 0 ? 0 : 1;
}
