/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What systemd is told of the daemon's life (sd_notify(3)). Without $NOTIFY_SOCKET nothing of it
 * has an effect, and a message that cannot be sent is lost: nothing depends on it here.
 */
#ifndef XDNS_NOTIFY_H
#define XDNS_NOTIFY_H

#include <stdint.h>

/* Started, or done with a reload. */
void notify_ready(void);

/* The one line `systemctl status` shows; what would end the line becomes a blank. */
__attribute__((format(printf, 1, 2))) void notify_status(const char *fmt, ...);

/* A reload begins; notify_ready() ends it. With the time, as Type=notify-reload asks for. */
void notify_reloading(void);

/* A clean end begins. */
void notify_stopping(void);

/* How often notify_watchdog() is to be called: half of WatchdogSec=; 0: not at all. */
uint64_t notify_watchdog_ms(void);

void notify_watchdog(void);

#endif
