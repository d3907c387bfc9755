// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "xdns-load-setup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>

#include "csum.h"
#include "dns.h"
#include "util.h"

#define LINE_CAP     1024
#define OPT_LEN	     11
#define IP4_HEAD_LEN 20
#define IP6_HEAD_LEN 40
#define UDP_HEAD_LEN 8
#define HOPS	     64
#define USABLE	     (NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT)

int load_complain(int r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("xdns-load: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	return r;
}

size_t load_head_len(bool v6)
{
	return ETH_HLEN + (v6 ? IP6_HEAD_LEN : IP4_HEAD_LEN) + UDP_HEAD_LEN;
}

/* --- queries ------------------------------------------------------------------ */

static int type_number(const char *text)
{
	static const struct {
		const char *name;
		int number;
	} types[] = {{"A", 1},	    {"NS", 2},	{"CNAME", 5},  {"SOA", 6},   {"PTR", 12},
		     {"HINFO", 13}, {"MX", 15}, {"TXT", 16},   {"AAAA", 28}, {"SRV", 33},
		     {"NAPTR", 35}, {"DS", 43}, {"HTTPS", 65}, {"ANY", 255}, {"CAA", 257}};
	int number = 0, len = 0;

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (strcasecmp(text, types[i].name) == 0)
			return types[i].number;
	if (sscanf(text, "TYPE%5d%n", &number, &len) == 1 && !text[len] && number <= 0xffff)
		return number;
	return -EINVAL;
}

/* Text without escapes to wire form; its length or -EINVAL. */
static int wire_name(const char *text, uint8_t wire[DNS_NAME_MAX])
{
	size_t used = 0;

	while (*text && strcmp(text, ".") != 0) {
		size_t len = strcspn(text, ".");

		if (len == 0 || len > DNS_LABEL_MAX || used + len + 2 > DNS_NAME_MAX)
			return -EINVAL;
		wire[used++] = len;
		memcpy(wire + used, text, len);
		used += len;
		text += len + (text[len] == '.');
	}
	wire[used++] = 0;
	return used;
}

static uint32_t sum_of(const void *data, size_t len)
{
	uint8_t even[LOAD_MESSAGE_CAP + 1] = {0};
	uint32_t sum = 0;

	memcpy(even, data, len);
	for (size_t i = 0; i < len; i += 2)
		sum += xdns_get16(even + i);
	return sum;
}

/* "NAME TYPE" as a message with ID 0. */
static int make_query(char *line, unsigned int edns, uint8_t message[LOAD_MESSAGE_CAP],
		      size_t *ret_len)
{
	char *save, *name = strtok_r(line, " \t\r\n", &save);
	char *type = name ? strtok_r(NULL, " \t\r\n", &save) : NULL;
	uint8_t wire[DNS_NAME_MAX];
	uint8_t *p = message + DNS_HEADER_LEN;
	int number = type ? type_number(type) : -EINVAL;
	int len = number >= 0 ? wire_name(name, wire) : -EINVAL;

	if (len < 0)
		return -EINVAL;
	memset(message, 0, LOAD_MESSAGE_CAP);
	xdns_put16(message + 2, xdns_be16(DNS_FLAG_RD));
	xdns_put16(message + 4, xdns_be16(1));
	memcpy(p, wire, len);
	p += len;
	xdns_put16(p, xdns_be16(number));
	xdns_put16(p + 2, xdns_be16(1));
	p += 4;
	if (edns) {
		xdns_put16(message + 10, xdns_be16(1));
		xdns_put16(p + 1, xdns_be16(DNS_TYPE_OPT));
		xdns_put16(p + 3, xdns_be16(edns));
		p += OPT_LEN;
	}
	*ret_len = p - message;
	return 0;
}

/* Messages of LOAD_MESSAGE_CAP each become slots as long as the longest needs. */
static int pack(const uint8_t *messages, const uint16_t *lens, struct load_file *f)
{
	size_t seen[LOAD_MESSAGE_CAP + 1] = {0};

	for (size_t i = 0; i < f->count; i++) {
		if (lens[i] > f->message_max)
			f->message_max = lens[i];
		if (++seen[lens[i]] > seen[f->message_usual])
			f->message_usual = lens[i];
	}
	f->slot_size = (sizeof(struct load_query) + f->message_max + 7) & ~(size_t)7;
	f->slots = calloc(f->count, f->slot_size);
	if (!f->slots)
		return -ENOMEM;
	for (size_t i = 0; i < f->count; i++) {
		struct load_query *q = (struct load_query *)(f->slots + i * f->slot_size);

		q->len = lens[i];
		memcpy(q->message, messages + i * LOAD_MESSAGE_CAP, lens[i]);
		q->sum = sum_of(q->message, lens[i]);
	}
	return 0;
}

static int read_lines(FILE *in, const char *path, unsigned int edns, uint8_t **messages,
		      uint16_t **lens, size_t *ret_count)
{
	char line[LINE_CAP];
	size_t count = 0, cap = 0, number = 0, len;

	while (fgets(line, sizeof(line), in)) {
		number++;
		if (line[0] == ';' || line[0] == '#' || line[strspn(line, " \t\r\n")] == '\0')
			continue;
		if (count == cap) {
			cap = cap ? 2 * cap : 1024;
			*messages = reallocarray(*messages, cap, LOAD_MESSAGE_CAP);
			*lens = reallocarray(*lens, cap, sizeof(**lens));
			if (!*messages || !*lens)
				return load_complain(-ENOMEM, "no memory for %zu queries", cap);
		}
		if (make_query(line, edns, *messages + count * LOAD_MESSAGE_CAP, &len))
			return load_complain(-EINVAL, "%s:%zu: not \"NAME TYPE\" (no escapes)",
					     path, number);
		(*lens)[count++] = len;
	}
	*ret_count = count;
	return 0;
}

int load_file_read(const char *path, unsigned int edns, struct load_file *ret)
{
	_cleanup_free_ uint8_t *messages = NULL;
	_cleanup_free_ uint16_t *lens = NULL;
	struct load_file f = {0};
	FILE *in = fopen(path, "re");
	int r;

	if (!in)
		return load_complain(-errno, "--queries %s: %s", path, strerror(errno));
	r = read_lines(in, path, edns, &messages, &lens, &f.count);
	fclose(in);
	if (r)
		return r;
	if (f.count == 0 || f.count > UINT32_MAX)
		return load_complain(-EINVAL, "%s: no query in it: one \"NAME TYPE\" a line", path);
	r = pack(messages, lens, &f);
	if (r)
		return load_complain(r, "no memory for %zu queries", f.count);
	*ret = f;
	return 0;
}

void load_file_free(struct load_file *f)
{
	free(f->slots);
	f->slots = NULL;
}

/* --- addresses ---------------------------------------------------------------- */

static int own_mac(const char *device, uint8_t mac[ETH_ALEN])
{
	struct ifreq req = {0};
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	strncpy(req.ifr_name, device, IFNAMSIZ - 1);
	if (fd < 0 || ioctl(fd, SIOCGIFHWADDR, &req) < 0)
		return load_complain(-errno, "--dev %s: %s", device, strerror(errno));
	if (req.ifr_hwaddr.sa_family != ARPHRD_ETHER)
		return load_complain(-EINVAL, "--dev %s: not an Ethernet device", device);
	memcpy(mac, req.ifr_hwaddr.sa_data, ETH_ALEN);
	return 0;
}

/* The device's first address of the family; a link-local one if the server's is. */
static int own_address(const char *device, int family, bool local, uint8_t address[16])
{
	struct ifaddrs *all, *i;
	int r = -ENOENT;

	if (getifaddrs(&all))
		return load_complain(-errno, "addresses of %s: %s", device, strerror(errno));
	for (i = all; i && r; i = i->ifa_next) {
		if (!i->ifa_addr || i->ifa_addr->sa_family != family || strcmp(i->ifa_name, device))
			continue;
		if (family == AF_INET) {
			memcpy(address, &((struct sockaddr_in *)i->ifa_addr)->sin_addr, 4);
			r = 0;
		} else {
			const struct in6_addr *a = &((struct sockaddr_in6 *)i->ifa_addr)->sin6_addr;

			if (IN6_IS_ADDR_LINKLOCAL(a) != local)
				continue;
			memcpy(address, a, 16);
			r = 0;
		}
	}
	freeifaddrs(all);
	if (r)
		load_complain(r, "%s has no IPv%d address: give it one, or --source IP", device,
			      family == AF_INET ? 4 : 6);
	return r;
}

/* Is this the entry of the address, and usable? */
static bool neighbour_is(struct nlmsghdr *h, unsigned int ifindex, const uint8_t *address,
			 size_t len, uint8_t mac[ETH_ALEN])
{
	struct ndmsg *n = NLMSG_DATA(h);
	int left = h->nlmsg_len - NLMSG_LENGTH(sizeof(*n));
	struct rtattr *a = (struct rtattr *)((uint8_t *)n + NLMSG_ALIGN(sizeof(*n)));
	const uint8_t *hardware = NULL;
	bool same = false;

	if (h->nlmsg_type != RTM_NEWNEIGH || (unsigned int)n->ndm_ifindex != ifindex ||
	    !(n->ndm_state & USABLE))
		return false;
	for (; RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		if (a->rta_type == NDA_DST && RTA_PAYLOAD(a) == len)
			same = memcmp(RTA_DATA(a), address, len) == 0;
		if (a->rta_type == NDA_LLADDR && RTA_PAYLOAD(a) == ETH_ALEN)
			hardware = RTA_DATA(a);
	}
	if (!same || !hardware)
		return false;
	memcpy(mac, hardware, ETH_ALEN);
	return true;
}

static int ask_neighbours(unsigned int ifindex, int family, const uint8_t *address,
			  uint8_t mac[ETH_ALEN])
{
	_cleanup_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	struct {
		struct nlmsghdr h;
		struct ndmsg n;
	} ask = {.h = {.nlmsg_len = sizeof(ask),
		       .nlmsg_type = RTM_GETNEIGH,
		       .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
		 .n = {.ndm_family = family}};
	_Alignas(struct nlmsghdr) uint8_t got[32768];
	int r = -ENOENT;

	if (fd < 0 || send(fd, &ask, sizeof(ask), 0) < 0)
		return -errno;
	for (;;) {
		ssize_t n = recv(fd, got, sizeof(got), 0);
		struct nlmsghdr *h = (struct nlmsghdr *)got;

		if (n < 0)
			return -errno;
		for (; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
			if (h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR)
				return r;
			if (neighbour_is(h, ifindex, address, family == AF_INET ? 4 : 16, mac))
				r = 0;
		}
	}
}

/* A datagram to the discard port makes the kernel look for the neighbour. */
static void knock(const struct load_ends *ends, unsigned int ifindex, int family,
		  const uint8_t *address)
{
	struct sockaddr_in a4 = {.sin_family = AF_INET, .sin_port = htons(9)};
	struct sockaddr_in6 a6 = {
		.sin6_family = AF_INET6, .sin6_port = htons(9), .sin6_scope_id = ifindex};
	_cleanup_close_ int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memcpy(&a4.sin_addr, address, 4);
	memcpy(&a6.sin6_addr, address, family == AF_INET ? 4 : 16);
	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, ends->device, strlen(ends->device)) < 0)
		return;
	if (family == AF_INET)
		(void)!sendto(fd, "", 1, 0, (struct sockaddr *)&a4, sizeof(a4));
	else
		(void)!sendto(fd, "", 1, 0, (struct sockaddr *)&a6, sizeof(a6));
}

static int server_mac(const struct load_ends *ends, unsigned int ifindex, int family,
		      const uint8_t *address, uint8_t mac[ETH_ALEN])
{
	const struct timespec pause = {.tv_nsec = 50000000};
	int len = 0;

	if (ends->server_mac) {
		if (sscanf(ends->server_mac, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx%n", &mac[0], &mac[1],
			   &mac[2], &mac[3], &mac[4], &mac[5], &len) == 6 &&
		    !ends->server_mac[len])
			return 0;
		return load_complain(-EINVAL, "--server-mac %s: not like 02:00:00:00:00:01",
				     ends->server_mac);
	}
	for (int i = 0; i < 40; i++) {
		if (ask_neighbours(ifindex, family, address, mac) == 0)
			return 0;
		if (i % 10 == 0)
			knock(ends, ifindex, family, address);
		nanosleep(&pause, NULL);
	}
	return load_complain(-EHOSTUNREACH,
			     "nobody at %s says to be %s: is it up? If it is behind a router, "
			     "give the router's --server-mac",
			     ends->device, ends->server);
}

/* IP[/COUNT] */
static int source_of(const struct load_ends *ends, int family, const uint8_t *server,
		     uint8_t source[16], uint32_t *ret_count)
{
	_cleanup_free_ char *text = ends->source ? strdup(ends->source) : NULL;
	char *slash = text ? strchr(text, '/') : NULL, *end = NULL;
	bool local = family == AF_INET6 && server[0] == 0xfe && (server[1] & 0xc0) == 0x80;

	*ret_count = 1;
	if (!text)
		return own_address(ends->device, family, local, source);
	if (slash) {
		*slash++ = '\0';
		*ret_count = strtoul(slash, &end, 10);
	}
	if (inet_pton(family, text, source) != 1 || *ret_count == 0 || (end && *end))
		return load_complain(-EINVAL,
				     "--source %s: not an IPv%d address with or without /COUNT",
				     ends->source, family == AF_INET ? 4 : 6);
	return 0;
}

/* --- headers ------------------------------------------------------------------ */

static void fill_ip4(struct load_config *c, const uint8_t *source)
{
	uint8_t *ip = c->head + ETH_HLEN, *udp = ip + IP4_HEAD_LEN;

	xdns_put16(c->head + 12, xdns_be16(ETHERTYPE_IP));
	ip[0] = 0x45;
	ip[8] = HOPS;
	ip[9] = IPPROTO_UDP;
	memcpy(ip + 16, c->server, 4);
	xdns_put16(udp + 2, c->port);
	c->source = xdns_be32(xdns_get32(source));
	c->ip_sum = sum_of(ip, IP4_HEAD_LEN);
	c->udp_sum = sum_of(c->server, 4) + c->port + xdns_be16(IPPROTO_UDP);
}

static void fill_ip6(struct load_config *c, const uint8_t *source)
{
	uint8_t *ip = c->head + ETH_HLEN, *udp = ip + IP6_HEAD_LEN;

	xdns_put16(c->head + 12, xdns_be16(ETHERTYPE_IPV6));
	ip[0] = 0x60;
	ip[6] = IPPROTO_UDP;
	ip[7] = HOPS;
	memcpy(ip + 8, source, 12);
	memcpy(ip + 24, c->server, 16);
	xdns_put16(udp + 2, c->port);
	c->source = xdns_be32(xdns_get32(source + 12));
	c->udp_sum = sum_of(source, 12) + sum_of(c->server, 16) + c->port + xdns_be16(IPPROTO_UDP);
}

int load_ends_find(const struct load_ends *ends, struct load_config *ret)
{
	int family = strchr(ends->server, ':') ? AF_INET6 : AF_INET, r;
	uint8_t source[16] = {0};

	ret->v6 = family == AF_INET6;
	ret->port = xdns_be16(ends->port);
	ret->ifindex = if_nametoindex(ends->device);
	if (!ret->ifindex)
		return load_complain(-ENODEV, "--dev %s: no such device in this network namespace",
				     ends->device);
	if (inet_pton(family, ends->server, ret->server) != 1)
		return load_complain(-EINVAL, "--server %s: not an IP address", ends->server);
	r = source_of(ends, family, ret->server, source, &ret->sources);
	if (!r)
		r = own_mac(ends->device, ret->head + ETH_ALEN);
	if (!r)
		r = server_mac(ends, ret->ifindex, family, ret->server, ret->head);
	if (r)
		return r;
	if (ret->v6)
		fill_ip6(ret, source);
	else
		fill_ip4(ret, source);
	return 0;
}
