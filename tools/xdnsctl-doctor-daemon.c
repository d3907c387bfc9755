// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The daemon that has the pins: does it run, which is it, what has it left there. */
#include "xdnsctl-doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "dname_text.h"
#include "util.h"

void doctor_look_for_daemon(struct doctor *d)
{
	_cleanup_close_ int fd = open(d->ctl.bpf_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	/* the lock is only looked at: to try it would be in the way of a daemon that starts */
	d->running = fd >= 0 && !owner_of_lock(fd, &d->daemon);
	d->pins = ctl_read_zone(&d->ctl, NULL, NULL, NULL, &d->zone);
}

/* Has its file been replaced since it was started? */
static bool replaced(pid_t pid)
{
	static const char gone[] = " (deleted)";
	char path[64], target[4096];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < (ssize_t)strlen(gone))
		return false;
	target[n] = '\0';
	return !strcmp(target + n - strlen(gone), gone);
}

void doctor_daemon(struct doctor *d)
{
	char who[OWNER_TEXT_MAX];

	if (!d->running) {
		/* without XDP there is no lock to know it by */
		if (doctor_xdp(d))
			doctor_say(d, DOCTOR_WARN,
				   "systemctl start mesos-xdns, if it is meant to run",
				   "no daemon has %s", d->ctl.bpf_dir);
		return;
	}
	owner_text(&d->daemon, who, sizeof(who));
	if (d->daemon.pid && replaced(d->daemon.pid))
		doctor_say(d, DOCTOR_WARN,
			   "systemctl restart mesos-xdns: the kernel answers "
			   "meanwhile",
			   "%s runs a program that has been replaced since", who);
	else
		doctor_say(d, DOCTOR_OK, NULL, "%s runs", who);
}

static double seconds_since(uint64_t boot_ns)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9 - (double)boot_ns / 1e9;
}

static void judge_zone(struct doctor *d)
{
	const struct xdns_state *s = &d->zone.state;
	char domain[DNAME_TEXT_MAX];

	dname_to_text(d->zone.config.domain, domain);
	if (s->serving == XDNS_SERVING_EXPIRED)
		doctor_say(d, DOCTOR_FAIL, "see masters: nobody has told the daemon of the cluster",
			   "the zone %s has expired: %.0f s without news", domain,
			   seconds_since(s->heard));
	else if (s->serving != XDNS_SERVING_YES)
		doctor_say(d, DOCTOR_FAIL, "see the daemon's log",
			   "the zone %s is not served from the kernel", domain);
	else if (!d->running)
		doctor_say(d, DOCTOR_WARN,
			   "start the daemon, or take the program off: rm -r its folder",
			   "the kernel serves %s, serial %u, alone, heard of %.0f s ago", domain,
			   s->serial, seconds_since(s->heard));
	else
		doctor_say(d, DOCTOR_OK, NULL,
			   "the kernel serves %s, serial %u, heard of %.0f s ago", domain,
			   s->serial, seconds_since(s->heard));
	if (!s->names_complete)
		doctor_say(d, DOCTOR_WARN, "give xdpMemory more",
			   "the maps do not hold all of the zone: userspace answers the rest");
}

void doctor_pins(struct doctor *d)
{
	switch (d->pins) {
	case 0:
		judge_zone(d);
		break;
	case -ENOENT:
		if (d->running)
			doctor_say(d, DOCTOR_FAIL,
				   "see the daemon's log: it has no zone yet, or no program",
				   "%s: no maps", d->ctl.bpf_dir);
		break;
	case -ESTALE:
		doctor_say(d, DOCTOR_FAIL, "use the xdnsctl of the daemon's version",
			   "%s: maps of another layout than of " XDNS_VERSION, d->ctl.bpf_dir);
		break;
	default:
		doctor_say(d, DOCTOR_WARN, d->pins == -EPERM ? "run this as root" : NULL, "%s: %s",
			   d->ctl.bpf_dir, strerror(-d->pins));
	}
}

static void judge_version(struct doctor *d, json_t *json)
{
	const char *version = NULL, *what = NULL;

	json_unpack(json, "{s:s, s?s}", "Version", &version, "Implementation", &what);
	if (!version || !what || strcmp(what, "mesos-xdns"))
		doctor_say(d, DOCTOR_WARN, "is another server at httpPort?",
			   "who answers at port %u is no mesos-xdns: %s", d->cfg->http_port,
			   version ? version : "it tells no version");
	else if (strcmp(version, XDNS_VERSION))
		doctor_say(d, DOCTOR_WARN, "restart the daemon, or use its xdnsctl",
			   "the daemon is %s, this is " XDNS_VERSION, version);
	else
		doctor_say(d, DOCTOR_OK, NULL, "the daemon answers, version %s", version);
}

void doctor_api(struct doctor *d)
{
	char url[512], error[CTL_API_ERROR_MAX];
	struct ctl ctl = d->ctl;
	json_t *json;

	if (!d->cfg->http_on || (!d->running && doctor_xdp(d)))
		return;
	ctl.cfg = d->cfg;
	ctl_api_url(d->cfg, "/v1/version", url, sizeof(url));
	json = ctl_api_get(&ctl, "/v1/version", DOCTOR_PATIENCE, error);
	if (json)
		judge_version(d, json);
	else
		doctor_say(d, DOCTOR_WARN, "see the daemon's log; httpOn, httpListener, httpPort",
			   "%s: %s", url, error);
	json_decref(json);
}
