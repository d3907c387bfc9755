// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "privileges.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "log.h"
#include "syscall_filter.h"
#include "util.h"

#define BIT(capability) ((uint64_t)1 << (capability))

static const struct {
	int number;
	const char *name;
} capabilities[] = {
	{CAP_BPF, "CAP_BPF"},
	{CAP_PERFMON, "CAP_PERFMON"},
	{CAP_NET_ADMIN, "CAP_NET_ADMIN"},
	{CAP_NET_BIND_SERVICE, "CAP_NET_BIND_SERVICE"},
};

/*
 * A zone that grows loads another program, links come and go: those three are needed as long as
 * there is XDP. SIGHUP may give the HTTP API another port.
 */
static uint64_t needed(const struct config *cfg)
{
	uint64_t set = BIT(CAP_NET_BIND_SERVICE);

	if (config_wants_xdp(cfg))
		set |= BIT(CAP_BPF) | BIT(CAP_PERFMON) | BIT(CAP_NET_ADMIN);
	return set;
}

/* As far as we may; what a service manager has bounded already need not be bounded again. */
static void bound(uint64_t set)
{
	for (int i = 0; i <= CAP_LAST_CAP; i++)
		if (!(set & BIT(i)) && prctl(PR_CAPBSET_DROP, i, 0, 0, 0))
			return;
}

/* Returns what is left: of SET what there was. */
static uint64_t keep(uint64_t set)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};

	if (syscall(SYS_capget, &header, data)) {
		log_warn("process: reading the capabilities: %s", strerror(errno));
		return 0;
	}
	set &= data[0].permitted | (uint64_t)data[1].permitted << 32;
	for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		data[i].permitted = data[i].effective = (uint32_t)(set >> 32 * i);
		data[i].inheritable = 0;
	}
	if (syscall(SYS_capset, &header, data))
		log_warn("process: giving up capabilities: %s; all are kept", strerror(errno));
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	return set;
}

static void tell(uint64_t set, bool filtered)
{
	char text[128] = "no capabilities";
	size_t len = 0;

	for (size_t i = 0; i < ARRAY_SIZE(capabilities); i++)
		if (set & BIT(capabilities[i].number))
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s",
						len ? " " : "", capabilities[i].name);
	log_info("process: user %u, %s, no new privileges, system calls %s", geteuid(), text,
		 filtered ? "limited" : "not limited");
}

void privileges_drop(const struct config *cfg, bool filter)
{
	uint64_t set = needed(cfg);
	int r;

	bound(set);
	set = keep(set);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		log_warn("process: no_new_privs: %s", strerror(errno));
	r = filter ? syscall_filter_install() : 0;
	if (r)
		log_warn("process: the filter of system calls: %s; going on without it",
			 strerror(-r));
	tell(set, filter && !r);
}
