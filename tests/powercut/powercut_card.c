/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Power cuts under a card.
 *
 *	powercut_card [SEED [ROUNDS [TORN]]]
 *
 * In each round every kind of changing command is sent once, in random order.
 * Then the power is cut after every write, truncation, sync, creation and
 * removal that this has caused; the disk is made up as it may be (nothing
 * unsynced, all of it, TORN random parts of it), with and without the
 * journal; the card file is opened, and the card compared: it is as before or
 * after the command in flight, or before it with the try spent that it costs;
 * what was acknowledged is there; its passcode opens it. Without the journal
 * it may also be refused as damaged while a command is in flight, but never
 * shows a try that was spent. Last, with syncs that do nothing this must fail.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emulator/nvm_file.h"
#include "tests/powercut/story.h"
#include "tests/powercut/vfs_powercut.h"

enum { STEPS_MAX = 2000 };

struct step {
	struct story_cmd cmd;
	struct story after;
	size_t acked;		/* events when it was answered */
};

struct run {
	char card[64], image[64];
	struct step step[STEPS_MAX + 1]; /* [0]: before the first command */
	size_t steps;
	unsigned seen[OPS];
	unsigned images, refused, opened, spent, wrong;
	bool talk;
};

/* One disk: the cut at k lies after step `t` was answered. */
struct disk {
	size_t k, t;
	enum pc_survive how;
	uint64_t seed;
	bool journal;
};

static int
die(const char *what)
{
	fprintf(stderr, "powercut_card: %s\n", what);
	exit(2);
}

static void
complain(struct run *run, const struct disk *d, const char *what)
{
	run->wrong++;
	if (run->talk)
		printf("cut at %zu of %zu, survivors %d, seed %llu, journal "
		    "%d, after step %zu (%s): %s\n", d->k, pc_events(),
		    (int)d->how, (unsigned long long)d->seed, d->journal,
		    d->t, d->t < run->steps ?
		    story_op_names[run->step[d->t + 1].cmd.op] : "none",
		    what);
}

static struct emu_card *
open_image(struct run *run, const struct disk *d, enum cb_err *r)
{
	if (pc_survivor(d->k, d->how, d->seed, run->image, d->journal) < 0)
		die("image");
	return story_open(run->image, r);
}

static bool
opens(struct run *run, const struct disk *d, const struct story *got,
    unsigned pin)
{
	enum cb_err r;
	struct emu_card *card = open_image(run, d, &r);
	bool good = card != NULL && story_opens(card, got, pin);

	emu_card_free(&card);
	return good;
}

/* That the passcode of before or after opens the card. */
static void
check_pin(struct run *run, const struct disk *d, struct story *got,
    const struct story *before, const struct story *after)
{
	memcpy(got->unblock, before->unblock, sizeof(got->unblock));
	run->opened++;
	if (!opens(run, d, got, before->pin) &&
	    (before->pin == after->pin || !opens(run, d, got, after->pin)))
		complain(run, d, "does not open");
}

static void
look(struct run *run, const struct disk *d)
{
	bool flight = d->t < run->steps && d->k > run->step[d->t].acked;
	const struct story *before = &run->step[d->t].after;
	const struct story *after = flight ? &run->step[d->t + 1].after :
	    before;
	struct emu_card *card;
	struct story got;
	enum story_place place = STORY_NOWHERE;
	enum cb_err r;
	bool good;

	run->images++;
	card = open_image(run, d, &r);
	if (card == NULL) {
		if (r == CB_E_FORMAT && !d->journal && flight)
			run->refused++;
		else
			complain(run, d, cb_err_text(r));
		return;
	}
	/* What takes scrypt is looked at for some disks only. */
	good = story_read(card, (d->how == PC_DROP && d->k % 8 == 0) ||
	    (flight && run->step[d->t + 1].cmd.spends_unblock), &got);
	emu_card_free(&card);
	if (!good)
		complain(run, d, "cannot be read");
	else if ((place = story_where(&got, before, after, flight ?
	    &run->step[d->t + 1].cmd : NULL)) == STORY_NOWHERE)
		complain(run, d, "neither before nor after");
	else if (run->talk && d->journal && d->how == PC_DROP &&
	    d->k % 3 == 0)
		check_pin(run, d, &got, before, after);
	run->spent += place == STORY_SPENT;
}

static void
look_at_all(struct run *run, uint64_t seed, unsigned torn, size_t stride)
{
	struct disk d = { 0, 0, PC_DROP, seed, true };
	unsigned i;

	for (d.k = 0; d.k <= pc_events(); d.k += stride) {
		while (d.t < run->steps &&
		    run->step[d.t + 1].acked <= d.k)
			d.t++;
		for (i = 0; i < 2 * (2 + torn); i++) {
			d.how = i / 2 == 0 ? PC_DROP : i / 2 == 1 ? PC_KEEP :
			    PC_TORN;
			d.seed = seed + i / 2;
			d.journal = i % 2 == 0;
			look(run, &d);
		}
	}
}

/* Commands until `op` has been carried out. */
static void
perform(struct run *run, struct emu_card *card, enum story_op op,
    uint64_t *random)
{
	struct step *s;
	unsigned i;

	for (i = 0; i < 6 && run->steps < STEPS_MAX; i++) {
		s = &run->step[++run->steps];
		s->after = s[-1].after;
		story_plan(&s->after, op, random, &s->cmd);
		if (!story_run(card, &s->cmd))
			die("the card does not answer as it must");
		s->acked = pc_events();
		run->seen[s->cmd.op]++;
		if (s->cmd.op == op)
			break;
	}
}

static void
record(struct run *run, uint64_t seed, unsigned rounds, bool syncs)
{
	enum story_op order[OPS], other;
	uint64_t random = seed;
	struct emu_card *card;
	unsigned i, k;
	enum cb_err r;

	unlink(run->card);
	if (!story_make(run->card, &run->step[0].after))
		die("no card");
	pc_record(run->card, syncs);
	if ((card = story_open(run->card, &r)) == NULL || !story_start(card))
		die("no card");
	for (; rounds > 0; rounds--) {
		for (i = 0; i < OPS; i++)
			order[i] = (enum story_op)i;
		for (i = OPS - 1; i > 0; i--) {
			k = (unsigned)(pc_random(&random) % (i + 1));
			other = order[i];
			order[i] = order[k];
			order[k] = other;
		}
		for (i = 0; i < OPS; i++)
			perform(run, card, order[i], &random);
	}
	pc_stop();
	emu_card_free(&card);
	run->step[0].acked = 0;
}

int
main(int argc, char **argv)
{
	static struct run run = { .talk = true }, lying;
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	unsigned rounds = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 1;
	unsigned torn = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 2;
	char dir[] = "/tmp/powercut.XXXXXX";
	unsigned i, never = 0;
	size_t cuts;

	if (rounds == 0 || mkdtemp(dir) == NULL ||
	    pc_register() != SQLITE_OK)
		die("usage: powercut_card [SEED [ROUNDS [TORN]]]");
	emu_file_set_vfs(PC_VFS);
	snprintf(run.card, sizeof(run.card), "%s/card", dir);
	snprintf(run.image, sizeof(run.image), "%s/image", dir);
	lying = run;
	lying.talk = false;
	record(&run, seed, rounds, true);
	look_at_all(&run, seed, torn, 1);
	for (i = 0; i < OPS; i++)
		never += run.seen[i] == 0;
	cuts = pc_events();
	record(&lying, seed, rounds, false);
	look_at_all(&lying, seed, torn, 7);
	printf("powercut_card: seed %llu, %zu commands, %zu cuts, %u disks, "
	    "%u with a try spent early, %u opened with the passcode, "
	    "%u refused without their journal, %u kinds of command never "
	    "sent, %u wrong; without syncs %u of %u wrong, as must be\n",
	    (unsigned long long)seed, run.steps, cuts, run.images, run.spent,
	    run.opened, run.refused, never, run.wrong, lying.wrong,
	    lying.images);
	pc_record("/dev/null", false);
	unlink(run.card);
	unlink(run.image);
	snprintf(run.card, sizeof(run.card), "%s/image-journal", dir);
	unlink(run.card);
	rmdir(dir);
	/* A right PIN costs a try until it is found right: else none was spent
	 * before the comparison. */
	return run.wrong == 0 && never == 0 && run.spent > 0 &&
	    lying.wrong > 0 ? 0 : 1;
}
