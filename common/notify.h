/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Telling a service manager how a service is: sd_notify(3), by NOTIFY_SOCKET.
 */
#ifndef CB_NOTIFY_H
#define CB_NOTIFY_H

/* "READY=1", "STOPPING=1"; nothing where nobody wants to know. */
void cb_notify(const char *what);

#endif
