// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Kernel, privileges, BPF file system, the program in the kernel's hands, clock. */
#include "xdnsctl-doctor.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <time.h>

#include "kernel_internal.h"
#include "util.h"
#include "zone.h"
#include "zone_config.h"

#define KERNEL_MIN	"5.18"
#define BTF_FILE	"/sys/kernel/btf/vmlinux"
#define PORT_PRIVILEGED 1024
/* No clock that runs is before the year 2026. */
#define TIME_MIN 1767225600

bool doctor_kernel_has(const char *version)
{
	unsigned major = 0, minor = 0, want_major = 0, want_minor = 0;
	struct utsname u;

	if (uname(&u) || sscanf(u.release, "%u.%u", &major, &minor) != 2 ||
	    sscanf(version, "%u.%u", &want_major, &want_minor) != 2)
		return false;
	return major > want_major || (major == want_major && minor >= want_minor);
}

void doctor_kernel(struct doctor *d)
{
	struct utsname u = {0};

	uname(&u);
	if (doctor_kernel_has(KERNEL_MIN))
		doctor_say(d, DOCTOR_OK, NULL, "Linux %s, %s", u.release, u.machine);
	else
		doctor_say(d, DOCTOR_FAIL,
			   "run a newer kernel, or set xdpOn to false: userspace answers all",
			   "Linux %s: the XDP program needs " KERNEL_MIN, u.release);
}

void doctor_btf(struct doctor *d)
{
	if (!access(BTF_FILE, R_OK))
		doctor_say(d, DOCTOR_OK, NULL, "the kernel describes its types");
	else
		doctor_say(d, DOCTOR_WARN, NULL,
			   BTF_FILE " cannot be read: the program does without, tools show less");
}

/* Of /proc/PID/status; false: it cannot be read. */
static bool read_capabilities(pid_t pid, uint64_t *ret)
{
	char path[64], line[256];
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	while (!found && fgets(line, sizeof(line), f)) {
		unsigned long long set;

		found = sscanf(line, "CapEff: %llx", &set) == 1;
		if (found)
			*ret = set;
	}
	fclose(f);
	return found;
}

/* Names what is not in the set, " CAP_A CAP_B". */
static void missing(const struct doctor *d, uint64_t set, char *ret, size_t size)
{
	static const struct {
		const char *name;
		int bit;
		bool admin, xdp; /* CAP_SYS_ADMIN holds it, too; for XDP only */
	} needed[] = {
		{"CAP_BPF", CAP_BPF, true, true},
		{"CAP_PERFMON", CAP_PERFMON, true, true},
		{"CAP_NET_ADMIN", CAP_NET_ADMIN, false, true},
		{"CAP_NET_BIND_SERVICE", CAP_NET_BIND_SERVICE, false, false},
	};

	*ret = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++) {
		bool has = (set >> needed[i].bit & 1) ||
			   (needed[i].admin && (set >> CAP_SYS_ADMIN & 1));

		if (has || (needed[i].xdp && !doctor_xdp(d)) ||
		    (needed[i].bit == CAP_NET_BIND_SERVICE && d->cfg &&
		     d->cfg->port >= PORT_PRIVILEGED))
			continue;
		strncat(ret, " ", size - strlen(ret) - 1);
		strncat(ret, needed[i].name, size - strlen(ret) - 1);
	}
}

void doctor_privileges(struct doctor *d)
{
	bool daemon = d->running && d->daemon.pid;
	char who[OWNER_TEXT_MAX] = "this user", lacks[128];
	uint64_t set;

	if (daemon)
		owner_text(&d->daemon, who, sizeof(who));
	if (!read_capabilities(daemon ? d->daemon.pid : getpid(), &set)) {
		doctor_say(d, DOCTOR_WARN, NULL, "%s: its capabilities cannot be read", who);
		return;
	}
	missing(d, set, lacks, sizeof(lacks));
	if (!*lacks)
		doctor_say(d, DOCTOR_OK, NULL, "%s has what the daemon needs", who);
	else if (daemon)
		doctor_say(d, DOCTOR_FAIL,
			   "give them to its service (AmbientCapabilities=, "
			   "CapabilityBoundingSet=) or container",
			   "%s has not:%s", who, lacks);
	else
		doctor_say(d, DOCTOR_FAIL,
			   "run this, and the daemon, as root or with these capabilities",
			   "%s has not:%s", who, lacks);
}

void doctor_bpffs(struct doctor *d)
{
	_cleanup_free_ char *parent = strdup(d->ctl.bpf_dir);
	char *slash = parent ? strrchr(parent, '/') : NULL;
	bool below = slash && slash > parent;

	if (below)
		*slash = '\0';
	if (pins_on_bpffs(d->ctl.bpf_dir) || (below && pins_on_bpffs(parent)))
		doctor_say(d, DOCTOR_OK, NULL, "%s is on a BPF file system", d->ctl.bpf_dir);
	else if (!strcmp(d->ctl.bpf_dir, BPF_DIR_DEFAULT))
		doctor_say(d, DOCTOR_WARN, "mount -t bpf bpf /sys/fs/bpf",
			   "no BPF file system at /sys/fs/bpf: the daemon mounts it only as root");
	else
		doctor_say(d, DOCTOR_FAIL,
			   "name a folder of one in bpfDir; " BPF_DIR_DEFAULT " is the default",
			   "%s is not on a BPF file system", d->ctl.bpf_dir);
}

static void judge_program(struct doctor *d, int fd)
{
	struct bpf_prog_info info = {0};
	uint32_t len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		doctor_say(d, DOCTOR_OK, NULL, "the kernel takes the program");
	else if (info.jited_prog_len)
		doctor_say(d, DOCTOR_OK, NULL,
			   "the kernel takes the program: %u octets of machine code",
			   info.jited_prog_len);
	else
		doctor_say(d, DOCTOR_WARN, "sysctl net.core.bpf_jit_enable=1",
			   "the kernel takes the program, but no machine code of it is seen: "
			   "interpreted, it is many times slower");
}

/* The same way as the daemon's, with a zone of nothing. Nothing of it stays. */
void doctor_program(struct doctor *d)
{
	static const char config[] = "{\"masters\": [\"192.0.2.1:5050\"], \"externalOn\": false}";
	_cleanup_free_ char *error = NULL;
	struct generation_wanted wanted = {.memory = SIZES_ANY};
	struct config *cfg = NULL;
	struct xdns_config zone_config;
	struct generation g;
	struct zone *zone = NULL;
	int r = config_parse("", config, strlen(config), &cfg, &error);

	if (!r)
		r = zone_config_make(cfg, &zone_config);
	if (!r)
		r = zone_new(&zone_config, &zone);
	if (!r)
		r = generation_build(zone, &wanted, &g, &error);
	if (!r) {
		judge_program(d, generation_program(&g));
		generation_free(&g);
	} else {
		doctor_say(d, r == -EPERM ? DOCTOR_WARN : DOCTOR_FAIL,
			   r == -EPERM ? "run this as root" : NULL, "not loaded: %s",
			   error ? error : strerror(-r));
	}
	zone_free(zone);
	config_free(cfg);
}

/* The zone's serial is made of it; certificates and tokens are judged by it. */
void doctor_clock(struct doctor *d)
{
	struct timex t = {0};
	time_t now = time(NULL);
	int state = adjtimex(&t);

	if (now < TIME_MIN)
		doctor_say(d, DOCTOR_FAIL, "set it: date, timedatectl, an NTP client",
			   "the clock says it is %lld s after 1970", (long long)now);
	else if (state < 0 || (t.status & STA_UNSYNC))
		doctor_say(d, DOCTOR_WARN,
			   "run an NTP client (systemd-timesyncd, chrony): serials, certificates "
			   "and tokens follow the clock",
			   "nobody keeps the clock");
	else
		doctor_say(d, DOCTOR_OK, NULL, "kept, off by at most %ld ms", t.maxerror / 1000);
}
