# SPDX-License-Identifier: BSD-2-Clause
# The role that has the cards.
if BACKEND
noinst_LTLIBRARIES += backend/worker/libworker.la
backend_worker_libworker_la_SOURCES = \
	backend/worker/ask.c \
	backend/worker/body.c \
	backend/worker/book.c backend/worker/book.h \
	backend/worker/claim.c \
	backend/worker/clock.c \
	backend/worker/desk.c backend/worker/desk.h \
	backend/worker/desk_act.c \
	backend/worker/desk_books.c \
	backend/worker/desk_card.c \
	backend/worker/desk_list.c \
	backend/worker/desk_new.c \
	backend/worker/desk_rows.c \
	backend/worker/enrol.c \
	backend/worker/hosted.c backend/worker/hosted.h \
	backend/worker/index.c backend/worker/index.h \
	backend/worker/inspected.c \
	backend/worker/internal.h \
	backend/worker/lease.c \
	backend/worker/lookup.c \
	backend/worker/main.c \
	backend/worker/offer.c \
	backend/worker/open.c \
	backend/worker/pool.c backend/worker/pool.h \
	backend/worker/queue.h \
	backend/worker/profiles.c backend/worker/profiles.h \
	backend/worker/record.c backend/worker/record.h \
	backend/worker/refuse.c \
	backend/worker/rights.c \
	backend/worker/run.c \
	backend/worker/session.c \
	backend/worker/state.c \
	backend/worker/step.c backend/worker/step.h \
	backend/worker/tally.c backend/worker/tally.h \
	backend/worker/watch.c backend/worker/watch.h \
	backend/worker/worker.c backend/worker/worker.h
endif
