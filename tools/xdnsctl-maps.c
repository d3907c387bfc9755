// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The pins, as the commands want them. */
#include "xdnsctl.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "kernel_internal.h"
#include "util.h"

#define READS_MAX 20

const char *const ctl_counter_names[XDNS_COUNTERS_COUNT] = {
#define X(name, help) #name,
	XDNS_COUNTERS(X)
#undef X
};

const char *const ctl_counter_help[XDNS_COUNTERS_COUNT] = {
#define X(name, help) help,
	XDNS_COUNTERS(X)
#undef X
};

int ctl_fail(const char *fmt, ...)
{
	va_list ap;

	fputs("xdnsctl: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return CTL_ERROR;
}

int ctl_fail_pins(const struct ctl *c, int r)
{
	switch (r) {
	case -ENOENT:
		return ctl_fail("%s: no maps of mesos-xdns are pinned there: start the daemon with "
				"xdpOn, or name its bpfDir by --bpf-dir DIR or --config FILE",
				c->bpf_dir);
	case -EPERM:
	case -EACCES:
		return ctl_fail("%s: %s: run it as root (CAP_BPF, CAP_SYS_ADMIN)", c->bpf_dir,
				strerror(-r));
	case -ESTALE:
		return ctl_fail("%s: the maps there are of another layout: use the xdnsctl of the "
				"daemon's version (this one is " XDNS_VERSION ")",
				c->bpf_dir);
	default:
		return ctl_fail("%s: %s", c->bpf_dir, strerror(-r));
	}
}

int ctl_read_zone(const struct ctl *c, kernel_rr_fn fn, void (*again)(void *ctx), void *ctx,
		  struct kernel_peeked *ret)
{
	int r = kernel_peek(c->bpf_dir, fn, ctx, ret);

	/* -ESTALE: between two generations */
	for (int i = 1; i < READS_MAX && (r ? r == -ESTALE : ret->torn); i++) {
		usleep(20000);
		if (again)
			again(ctx);
		r = kernel_peek(c->bpf_dir, fn, ctx, ret);
	}
	return r;
}

int ctl_read_counters(const struct ctl *c, int cpu, uint64_t ret[XDNS_COUNTERS_COUNT])
{
	_cleanup_close_ int fd = pins_get(c->bpf_dir, "counters", false);
	_cleanup_free_ struct xdns_counters *all = NULL;
	struct bpf_map_info info = {0};
	uint32_t zero = 0, len = sizeof(info);
	int cpus = libbpf_num_possible_cpus();

	if (fd < 0)
		return fd;
	if (cpus < 0)
		return cpus;
	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	if (info.type != BPF_MAP_TYPE_PERCPU_ARRAY || info.value_size != sizeof(*all))
		return -ESTALE;
	all = calloc(cpus, sizeof(*all));
	if (!all)
		return -ENOMEM;
	if (bpf_map_lookup_elem(fd, &zero, all))
		return -errno;
	memset(ret, 0, XDNS_COUNTERS_COUNT * sizeof(*ret));
	for (int n = 0; n < cpus; n++)
		for (int i = 0; i < XDNS_COUNTERS_COUNT && (cpu == CTL_ALL_CPUS || cpu == n); i++)
			ret[i] += ((const uint64_t *)&all[n])[i];
	return 0;
}

int ctl_program(const struct xdns_state *state)
{
	struct bpf_prog_info info = {0};
	uint32_t len = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(state->program);

	if (fd < 0)
		return -errno;
	if (!bpf_obj_get_info_by_fd(fd, &info, &len) && info.type == BPF_PROG_TYPE_XDP &&
	    !strcmp(info.name, PROGRAM_NAME))
		return fd;
	close(fd);
	return -ENOENT;
}

int ctl_counters(const struct ctl *c, int argc, char **argv)
{
	uint64_t count[XDNS_COUNTERS_COUNT];
	int r = ctl_read_counters(c, CTL_ALL_CPUS, count);
	json_t *json = NULL;

	(void)argc;
	(void)argv;
	if (r)
		return ctl_fail_pins(c, r);
	if (c->json)
		json = json_object();
	for (int i = 0; i < XDNS_COUNTERS_COUNT; i++)
		if (json)
			json_object_set_new(json, ctl_counter_names[i], json_integer(count[i]));
		else
			printf("%s %llu\n", ctl_counter_names[i], (unsigned long long)count[i]);
	if (json)
		ctl_json_print(json);
	return CTL_OK;
}
