// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "zone_bench.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "dname_text.h"
#include "dns.h"
#include "pkt.h"

#define FRAME_DNS (ETH_HEADER_LEN + IP4_HEADER_LEN + UDP_HEADER_LEN)
#define FRAME_MAX 512
#define ANSWER_A  16 /* octets: owner pointer, type, class, TTL, length, address */

int zone_bench_program(struct zone_bench_program *ret)
{
	struct bpf_link_info info;
	uint32_t len = sizeof(info);
	int link = bpf_obj_get(ZONE_BENCH_PINS "/link-lo");

	memset(&info, 0, sizeof(info));
	if (link < 0 || bpf_obj_get_info_by_fd(link, &info, &len))
		return -errno;
	close(link);
	ret->fd = bpf_prog_get_fd_by_id(info.prog_id);
	return ret->fd < 0 ? -errno : 0;
}

static size_t make_query(const uint8_t *name, uint8_t frame[FRAME_MAX])
{
	static const uint8_t flags[] = {1, 0, 0, 1}; /* RD, one question */
	uint8_t *dns = frame + FRAME_DNS;
	size_t len = DNS_HEADER_LEN, name_len = dname_wire_len(name), udp_len;
	struct eth_header eth = {{2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 2}, xdns_be16(ETHERTYPE_IP4)};
	struct ip4_header ip = {.version_ihl = 0x45,
				.ttl = 64,
				.protocol = IP_PROTOCOL_UDP,
				.src = inet_addr("192.0.2.2"),
				.dst = inet_addr(ZONE_BENCH_SERVER)};
	struct udp_header udp = {xdns_be16(40000), xdns_be16(53), 0, 0};

	memset(dns, 0, DNS_HEADER_LEN);
	memcpy(dns + 2, flags, sizeof(flags));
	memcpy(dns + len, name, name_len);
	len += name_len;
	xdns_put16(dns + len, xdns_be16(DNS_TYPE_A));
	xdns_put16(dns + len + 2, xdns_be16(DNS_CLASS_IN));
	len += 4;
	udp_len = UDP_HEADER_LEN + len;
	ip.total_len = xdns_be16(IP4_HEADER_LEN + udp_len);
	udp.len = xdns_be16(udp_len);
	memcpy(frame, &eth, ETH_HEADER_LEN);
	memcpy(frame + ETH_HEADER_LEN, &ip, IP4_HEADER_LEN);
	memcpy(frame + ETH_HEADER_LEN + IP4_HEADER_LEN, &udp, UDP_HEADER_LEN);
	return FRAME_DNS + len;
}

int zone_bench_ask(const struct zone_bench_program *p, const uint8_t *name, uint8_t ret[4])
{
	uint8_t frame[FRAME_MAX], out[FRAME_MAX];
	size_t len = make_query(name, frame);
	const struct dns_header *h = (const void *)(out + FRAME_DNS);
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = len, .data_out = out,
		    .data_size_out = sizeof(out), .repeat = 1);

	if (bpf_prog_test_run_opts(p->fd, &opts) || opts.retval != XDP_TX ||
	    opts.data_size_out != len + ANSWER_A || h->ancount != xdns_be16(1))
		return 0;
	memcpy(ret, out + len + ANSWER_A - 4, 4);
	return 1;
}

/* "KEY:  number", with its unit left out; 0 if it is not there. */
static uint64_t read_line(const char *path, const char *key)
{
	FILE *f = fopen(path, "r");
	uint64_t value = 0;
	char line[256];
	size_t len = strlen(key);

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, key, len) && line[len] == ':')
			value = strtoull(line + len + 1, NULL, 10);
	if (f)
		fclose(f);
	return value;
}

uint64_t zone_bench_anonymous(void)
{
	return read_line("/proc/self/status", "RssAnon") * 1024;
}

/* What the kernel accounts to the map. */
static uint64_t map_octets(int fd)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	return read_line(path, "memlock");
}

static void weigh_map(int fd, struct zone_bench_memory *m)
{
	struct bpf_map_info info;
	uint32_t len = sizeof(info), n = m->maps_count;
	uint64_t octets = map_octets(fd);

	memset(&info, 0, sizeof(info));
	if (n == ZONE_BENCH_MAPS || bpf_obj_get_info_by_fd(fd, &info, &len))
		return;
	snprintf(m->maps[n].name, sizeof(m->maps[n].name), "%s", info.name);
	m->maps[n].octets = octets;
	m->maps_count++;
	if (info.type == BPF_MAP_TYPE_HASH)
		m->hash += octets;
	else if (info.type == BPF_MAP_TYPE_ARRAY && info.map_flags & BPF_F_MMAPABLE &&
		 info.max_entries > 1)
		m->arrays += octets;
	else
		m->fixed += octets;
}

void zone_bench_weigh(uint64_t before, int pairs_fd, struct zone_bench_memory *ret)
{
	DIR *d = opendir(ZONE_BENCH_PINS);
	const struct dirent *e;
	char path[512];

	memset(ret, 0, sizeof(*ret));
	ret->pairs = map_octets(pairs_fd);
	while (d && (e = readdir(d))) {
		int fd;

		if (e->d_name[0] == '.' || !strncmp(e->d_name, "link-", 5))
			continue;
		snprintf(path, sizeof(path), ZONE_BENCH_PINS "/%s", e->d_name);
		fd = bpf_obj_get(path);
		if (fd < 0)
			continue;
		weigh_map(fd, ret);
		close(fd);
	}
	if (d)
		closedir(d);
	ret->userspace_untrimmed = zone_bench_anonymous() - before;
	malloc_trim(0);
	ret->userspace = zone_bench_anonymous() - before;
}
