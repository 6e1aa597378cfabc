/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What the files of the plug-in share: the slot, and who may touch which
 * part of it. pcscd enters from many threads: its clients' (serialised for
 * each reader), one event thread for each slot (inside the polling function
 * nearly all its life), and its main thread.
 *
 * Slots are static, never freed, so that a late call on a closed one finds a
 * lock and not a hole. `key` finds them; `cmd_lock` is held through a whole
 * exchange; `state_lock` only for a few assignments; `watch` belongs to the
 * thread that holds `watch_lock`. Two slots share nothing but the prober of
 * watch.c, which no exchange ever waits for.
 */
#ifndef IFD_IFD_H
#define IFD_IFD_H

#include <stdatomic.h>
#include <pthread.h>

#include <ifdhandler.h>

#include "bridge/client.h"

/* pcscd binds the entry points anew for each reader: see doors.c. */
#define IFD_DOORS 32
#define IFD_SLOTS_MAX 64

/* First answers while pcscd starts, in all under 100 ms: it serves no client
 * before each reader has told its presence and powered its card. */
#define IFD_START_MS 80
/* Used until a bridge has told its own. */
#define IFD_EXCHANGE_MS 5000
/* For a greeting, asked for by an event thread. */
#define IFD_PROBE_MS 500

struct ifd_slot {
	_Atomic uint64_t key;		/* 0: free */

	/* set by open, constant until close */
	struct ifd_place *place;	/* the socket, shared by its slots */
	char name[64];			/* "": named by number */
	unsigned number;		/* slot of the bridge */
	unsigned count;			/* slots of this reader file */
	int kick;			/* eventfd that ends the polling wait */
	int tick;			/* timerfd of a stop that has time */

	pthread_mutex_t cmd_lock;
	struct br_client *cmd;		/* NULL until first needed */
	uint32_t cmd_epoch;		/* the epoch it was opened in */
	bool started;			/* the first power-up is over */
	struct cb_buf rsp;

	pthread_mutex_t watch_lock;
	struct br_client *watch;	/* NULL: not connected */
	int64_t watch_since;		/* ms; 0: never */
	int64_t tried;			/* ms; last try without an event thread */
	bool polling;			/* in the polling function; prober's lock */

	pthread_mutex_t state_lock;
	struct br_state now;		/* as last pushed */
	bool up;			/* `now` is to be believed */
	bool lost;			/* the watch must be opened anew */
	uint32_t epoch;			/* connections lost so far */
	bool told;			/* what the event thread was answered */
	uint32_t told_changes, told_epoch;
	bool settled, settled_present;	/* the event thread's, see watch.c */
	bool has_poller;		/* pcscd uses the polling function */
	pthread_t poller;
	/* written under both locks, read under either; of cmd_epoch */
	bool powered;
	unsigned protocol;		/* 0, 1; of a powered card */
	uint8_t atr[CB_ATR_MAX];
	size_t atr_n;

	atomic_bool used;		/* an APDU was sent since power-up */
	atomic_bool stop;		/* the polling function is to return */
	atomic_bool ticking;		/* `tick` is set */
	atomic_bool ending;		/* pcscd is about to end the thread */
};

/* ---- slot.c: a slot's life --------------------------------------------- */

/* Opens the slot that a DEVICENAME speaks of. CB_E_FORMAT: not one of ours.
 * A bridge that is not there is no error. */
CB_MUST_USE enum cb_err ifd_slot_open(
    unsigned door, DWORD lun, const char *device);
/* The same for a reader file with CHANNELID alone. */
CB_MUST_USE enum cb_err ifd_slot_open_channel(
    unsigned door, DWORD lun, unsigned channel);
void ifd_slot_close(struct ifd_slot *s);
/* NULL: no such slot is open. */
struct ifd_slot *ifd_slot_find(unsigned door, DWORD lun);
/* The slots of the table, open or not; NULL past the last. */
struct ifd_slot *ifd_slot_at(unsigned i);
bool ifd_door_in_use(unsigned door);

CB_MUST_USE enum cb_err ifd_slot_power(struct ifd_slot *s, enum br_power what,
    uint8_t atr[CB_ATR_MAX], size_t *atr_n);
CB_MUST_USE enum cb_err ifd_slot_protocol(struct ifd_slot *s, unsigned t);
/* *n: room in, bytes out; CB_E_LIMIT when the answer needs more. */
CB_MUST_USE enum cb_err ifd_slot_transmit(
    struct ifd_slot *s, struct cb_span cmd, uint8_t *out, size_t *n);

/* ---- watch.c: presence -------------------------------------------------- */

/* Takes what was pushed; without a connection, and unless the socket is known
 * to be dead, makes one within `wait_ms` (0: makes none). */
void ifd_watch_step(struct ifd_slot *s, unsigned wait_ms);
void ifd_watch_close(struct ifd_slot *s);
/* A command of this epoch found the bridge gone: the card counts as removed
 * from here on, and the event thread hears of it. */
void ifd_watch_lost(struct ifd_slot *s, uint32_t epoch);
/* Is the bridge there, and in which epoch? */
bool ifd_watch_up(struct ifd_slot *s, uint32_t *epoch);
/* What IFDHICCPresence answers to this thread. */
bool ifd_watch_present(struct ifd_slot *s);
/* Waits for a change, a stop or the end of the time. */
void ifd_watch_poll(struct ifd_slot *s, int timeout_ms);
void ifd_watch_stop(struct ifd_slot *s);
/* The next stop is meant seriously. */
void ifd_watch_end(struct ifd_slot *s);
int64_t ifd_now_ms(void);
/* Ends the slot's polling wait. */
void ifd_kick(struct ifd_slot *s);

/* ---- prober.c: finding the bridge again -------------------------------- */

/* The socket at `path`, counted. NULL: no memory. */
struct ifd_place *ifd_place_get(const char *path);
void ifd_place_put(struct ifd_place *p);
const char *ifd_place_path(const struct ifd_place *p);
/* Nobody answers there, as far as is known: only the leader tries. */
bool ifd_place_is_down(struct ifd_place *p);
/* CB_E_TIMEOUT: it hangs. `rest_ms` from now it is not even the leader's to
 * try. */
void ifd_place_failed(
    struct ifd_place *p, enum cb_err e, const char *why, unsigned rest_ms);

/* Around the polling function. */
void ifd_prober_enter(struct ifd_slot *s);
void ifd_prober_leave(struct ifd_slot *s);
/* Is, becomes or stays this slot's thread the one that looks? */
bool ifd_prober_lead(struct ifd_slot *s);
/* The leader's: looks for every bridge that is down, if it is time (else
 * false); when it will be (ms), and what to listen to until then (*fd left
 * alone for nothing); reads that. */
bool ifd_prober_run(struct ifd_slot *s);
int64_t ifd_prober_due(int *fd);
void ifd_prober_listen(void);

/* ---- attributes.c ------------------------------------------------------ */

RESPONSECODE ifd_attribute_get(
    struct ifd_slot *s, DWORD tag, DWORD *length, UCHAR *value);
RESPONSECODE ifd_feature(struct ifd_slot *s, DWORD code, UCHAR *rx,
    DWORD rx_size, DWORD *rx_n);

/* ---- ifd_status.c ------------------------------------------------------ */

/* What pcscd is told. `otherwise` stands for the errors that mean "this call
 * did not work" and nothing else. */
RESPONSECODE ifd_status(enum cb_err e, RESPONSECODE otherwise);
/* A line in pcscd's log where pcscd offers one; nowhere else. */
void ifd_log(const char *fmt, ...) CB_PRINTF(1, 2);

/* ---- ifdhandler.c: the entry points behind the doors ------------------- */

RESPONSECODE ifd_create_channel_by_name(
    unsigned door, DWORD lun, LPSTR device);
RESPONSECODE ifd_create_channel(unsigned door, DWORD lun, DWORD channel);
RESPONSECODE ifd_close_channel(unsigned door, DWORD lun);
RESPONSECODE ifd_get_capabilities(
    unsigned door, DWORD lun, DWORD tag, PDWORD length, PUCHAR value);
RESPONSECODE ifd_set_capabilities(
    unsigned door, DWORD lun, DWORD tag, DWORD length, PUCHAR value);
RESPONSECODE ifd_set_protocol_parameters(unsigned door, DWORD lun,
    DWORD protocol, UCHAR flags, UCHAR pts1, UCHAR pts2, UCHAR pts3);
RESPONSECODE ifd_power_icc(
    unsigned door, DWORD lun, DWORD action, PUCHAR atr, PDWORD atr_n);
RESPONSECODE ifd_transmit(unsigned door, DWORD lun, SCARD_IO_HEADER send_pci,
    PUCHAR tx, DWORD tx_n, PUCHAR rx, PDWORD rx_n, PSCARD_IO_HEADER recv_pci);
RESPONSECODE ifd_control(unsigned door, DWORD lun, DWORD code, PUCHAR tx,
    DWORD tx_n, PUCHAR rx, DWORD rx_size, LPDWORD rx_n);
RESPONSECODE ifd_icc_presence(unsigned door, DWORD lun);
RESPONSECODE ifd_poll(unsigned door, DWORD lun, int timeout_ms);
RESPONSECODE ifd_poll_stop(unsigned door, DWORD lun);

/* ---- doors.c ----------------------------------------------------------- */

typedef RESPONSECODE (*ifd_poll_fn)(DWORD lun, int timeout_ms);
typedef RESPONSECODE (*ifd_stop_fn)(DWORD lun);
/* The polling functions of a door, as pcscd calls them: with a Lun only. */
ifd_poll_fn ifd_door_poll(unsigned door);
ifd_stop_fn ifd_door_stop(unsigned door);

#endif
