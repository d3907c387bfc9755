// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "stress_kernel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "kernel_internal.h"
#include "pkt.h"

#define ATTACHED_FD 200 /* the "interface" */
#define SERVER	    "192.0.2.1"
#define CLIENT	    "192.0.2.2"

#define GENERATIONS_MAX 64
#define MAPS_MAX	16

static struct generation_ids {
	uint32_t program, maps[MAPS_MAX], maps_count;
} generations[GENERATIONS_MAX];

static uint32_t names_limit;
static atomic_uint switches;
static atomic_int follower = -1;
static _Thread_local uint32_t run_ns;

const char *stress_no_kernel(void)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "xdns_probe", 4, 4, 1, NULL);

	if (fd < 0)
		return errno == EPERM ? "BPF needs privilege (CAP_BPF, CAP_NET_ADMIN)"
				      : strerror(errno);
	close(fd);
	if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("bpf", "/sys/fs/bpf", "bpf", 0, "mode=0700"))
		return "no mount namespace of its own with a BPF file system (needs CAP_SYS_ADMIN)";
	return NULL;
}

void stress_limit_names(uint32_t max)
{
	names_limit = max;
}

/* In front of libbpf's: the size of `names` is the test's to choose. */
int bpf_map__set_max_entries(struct bpf_map *map, uint32_t max_entries)
{
	int (*real)(struct bpf_map *, uint32_t) = dlsym(RTLD_NEXT, "bpf_map__set_max_entries");

	if (names_limit && !strcmp(bpf_map__name(map), "names"))
		max_entries = names_limit;
	return real(map, max_entries);
}

static void remember(int prog_fd)
{
	struct bpf_prog_info info = {0};
	struct generation_ids *g = &generations[switches % GENERATIONS_MAX];
	uint32_t len = sizeof(info);

	info.nr_map_ids = MAPS_MAX;
	info.map_ids = (uintptr_t)g->maps;
	if (bpf_obj_get_info_by_fd(prog_fd, &info, &len))
		return;
	g->program = info.id;
	g->maps_count = info.nr_map_ids;
}

static unsigned count_left(void)
{
	unsigned left = 0;

	for (unsigned i = 0; i < switches && i < GENERATIONS_MAX; i++) {
		const struct generation_ids *g = &generations[i];
		int fd = bpf_prog_get_fd_by_id(g->program);

		if (fd >= 0)
			left++, close(fd);
		for (uint32_t m = 0; m < g->maps_count && m < MAPS_MAX; m++) {
			fd = bpf_map_get_fd_by_id(g->maps[m]);
			if (fd >= 0)
				left++, close(fd);
		}
	}
	return left;
}

unsigned stress_left(void)
{
	unsigned left = count_left();

	for (int i = 0; left && i < 100; i++) {
		usleep(50000);
		left = count_left();
	}
	return left;
}

int stress_follow_switches(int map_fd)
{
	uint32_t zero = 0;
	int fd = ATTACHED_FD;

	follower = map_fd;
	return map_fd >= 0 && bpf_map_update_elem(map_fd, &zero, &fd, BPF_ANY) ? -errno : 0;
}

int attachments_switch(struct kernel *k, int prog_fd)
{
	int fd = follower;

	(void)k;
	remember(prog_fd);
	switches++;
	if (dup2(prog_fd, ATTACHED_FD) < 0)
		return -errno;
	return fd < 0 ? 0 : stress_follow_switches(fd);
}

void attachments_drop(struct kernel *k)
{
	(void)k;
	close(ATTACHED_FD);
}

void attachments_leave(struct kernel *k)
{
	(void)k;
}

void attachments_adopt(struct kernel *k, const struct interfaces *in)
{
	(void)k;
	(void)in;
}

void attachments_pin(struct kernel *k)
{
	(void)k;
}

size_t attachments_programs(const char *dir, uint32_t *ids, size_t max)
{
	(void)dir;
	(void)ids;
	(void)max;
	return 0;
}

unsigned stress_switches(void)
{
	return switches;
}

struct kernel *stress_kernel_open(const struct config *cfg, struct zone *zone)
{
	struct kernel *k = NULL;
	char *error = NULL;

	if (kernel_open(cfg, zone, &k, &error))
		fail_msg("kernel_open: %s", error);
	memcpy(k->addresses.ip4[0].address, &(in_addr_t){inet_addr(SERVER)}, 4);
	k->addresses.ip4_count = 1;
	k->gen.state->ip4[0] = k->addresses.ip4[0];
	k->gen.state->ip4_count = 1;
	return k;
}

size_t stress_frame(uint8_t *frame, size_t dns_len, uint16_t port)
{
	struct eth_header eth = {{2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 2}, xdns_be16(ETHERTYPE_IP4)};
	size_t udp_len = UDP_HEADER_LEN + dns_len;
	struct ip4_header ip = {.version_ihl = 0x45,
				.ttl = 64,
				.protocol = IP_PROTOCOL_UDP,
				.total_len = xdns_be16(IP4_HEADER_LEN + udp_len),
				.src = inet_addr(CLIENT),
				.dst = inet_addr(SERVER)};
	struct udp_header udp = {xdns_be16(40000), xdns_be16(port), xdns_be16(udp_len), 0};

	memcpy(frame, &eth, ETH_HEADER_LEN);
	memcpy(frame + ETH_HEADER_LEN, &ip, IP4_HEADER_LEN);
	memcpy(frame + ETH_HEADER_LEN + IP4_HEADER_LEN, &udp, UDP_HEADER_LEN);
	return STRESS_FRAME_DNS + dns_len;
}

enum stress_run stress_run(const uint8_t *frame, size_t len, unsigned repeat, uint8_t *out,
			   size_t *ret_len)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = len, .data_out = out,
		    .data_size_out = STRESS_FRAME_MAX, .repeat = repeat);

	if (bpf_prog_test_run_opts(ATTACHED_FD, &opts))
		return errno == EINVAL || errno == EBADF ? STRESS_RUN_DETACHED : STRESS_RUN_BAD;
	run_ns = opts.duration;
	if (opts.retval == XDP_PASS && opts.data_size_out == len && !memcmp(frame, out, len))
		return STRESS_RUN_PASS;
	if ((opts.retval != XDP_TX && repeat == 1) || opts.data_size_out < STRESS_FRAME_DNS)
		return STRESS_RUN_BAD;
	*ret_len = opts.data_size_out - STRESS_FRAME_DNS;
	return STRESS_RUN_ANSWER;
}

uint32_t stress_run_ns(void)
{
	return run_ns;
}
