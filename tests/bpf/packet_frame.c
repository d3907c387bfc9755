// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "packet_frame.h"

const uint8_t client_mac[6] = {0x02, 0, 0, 0, 0, 0x07};
const uint8_t server_mac[6] = {0x02, 0, 0, 0, 0, 0x53};
const uint8_t client_ip4[4] = {192, 0, 2, 7};
const uint8_t server_ip4[2][4] = {{192, 0, 2, 53}, {198, 51, 100, 53}};
const uint8_t broadcast_ip4[2][4] = {{192, 0, 2, 255}, {198, 51, 100, 255}};
const uint8_t client_ip6[16] = {0x20, 0x01, 0x0d, 0xb8, 0x00, 0x53, [15] = 7};
const uint8_t server_ip6[2][16] = {{0x20, 0x01, 0x0d, 0xb8, 0x00, 0x53, [15] = 0x53},
				   {0xfe, 0x80, [15] = 0x53}};

static void set_be16(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v;
}

static uint16_t get_be16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static void put(struct frame *f, const void *p, size_t n)
{
	assert_true(f->len + n <= FRAME_MAX);
	memcpy(f->octet + f->len, p, n);
	f->len += n;
}

static void put16(struct frame *f, uint16_t v)
{
	put(f, (uint8_t[]){v >> 8, v}, 2);
}

uint32_t naive_sum(uint32_t sum, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum += i & 1 ? p[i] : p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* Of pseudo-header, UDP header and data. */
static uint32_t udp_sum(const struct frame *f)
{
	size_t len = get_be16(f->octet + f->l4 + 4);
	size_t addresses = f->ip6 ? 8 : 12, n = f->ip6 ? 32 : 8;
	uint32_t sum = naive_sum(17 + len, f->octet + f->l3 + addresses, n);

	return naive_sum(sum, f->octet + f->l4, len);
}

void frame_set_checks(struct frame *f)
{
	uint16_t check;

	if (!f->ip6) {
		set_be16(f->octet + f->l3 + 10, 0);
		set_be16(f->octet + f->l3 + 10, ~naive_sum(0, f->octet + f->l3, 20));
	}
	set_be16(f->octet + f->l4 + 6, 0);
	check = ~udp_sum(f);
	set_be16(f->octet + f->l4 + 6, check ? check : 0xffff);
}

void frame_set_dns(struct frame *f, size_t dns_len)
{
	f->len = f->dns + dns_len;
	assert_true(f->len <= FRAME_MAX);
	set_be16(f->octet + f->l4 + 4, 8 + dns_len);
	if (f->ip6)
		set_be16(f->octet + f->l3 + 4, 8 + dns_len);
	else
		set_be16(f->octet + f->l3 + 2, 28 + dns_len);
	frame_set_checks(f);
}

static void put_ip(struct frame *f, const struct ask *ask)
{
	if (f->ip6) {
		put16(f, 0x6000 | ask->tos << 4 | ask->flow >> 16);
		put16(f, ask->flow);
		put16(f, 0);
		put(f, (uint8_t[]){17, 57}, 2);
		put(f, client_ip6, 16);
		put(f, server_ip6[0], 16);
		return;
	}
	put(f, (uint8_t[]){0x45, ask->tos}, 2);
	put16(f, 0);
	put16(f, 0xbeef);
	put16(f, 0);
	put(f, (uint8_t[]){57, 17, 0, 0}, 4);
	put(f, client_ip4, 4);
	put(f, server_ip4[0], 4);
}

static void put_ethernet(struct frame *f, unsigned tags)
{
	put(f, server_mac, 6);
	put(f, client_mac, 6);
	for (unsigned i = tags; i > 0; i--) {
		put16(f, i > 1 ? 0x88a8 : 0x8100);
		put16(f, 0x6000 | (100 + i));
	}
	put16(f, f->ip6 ? 0x86dd : 0x0800);
}

void query_frame(const struct row *row, const struct shape *shape, const struct bytes *message,
		 struct frame *ret)
{
	ret->len = 0;
	ret->ip6 = shape->ip6;
	put_ethernet(ret, shape->tags);
	ret->l3 = ret->len;
	put_ip(ret, &row->ask);
	ret->l4 = ret->len;
	put16(ret, CLIENT_PORT);
	put16(ret, SERVER_PORT);
	put16(ret, 0);
	put16(ret, 0);
	ret->dns = ret->len;
	put(ret, message->octet, message->len);
	frame_set_dns(ret, message->len);
	for (int i = 0; i < row->ask.pad; i++)
		put(ret, "p", 1);
	if (row->mangle)
		row->mangle(ret);
}

static void swap(uint8_t *a, uint8_t *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint8_t c = a[i];

		a[i] = b[i];
		b[i] = c;
	}
}

void reply_frame(const struct frame *query, const struct bytes *message, struct frame *ret)
{
	uint8_t *ip = ret->octet + query->l3, *udp = ret->octet + query->l4;

	*ret = *query;
	swap(ret->octet, ret->octet + 6, 6);
	swap(udp, udp + 2, 2);
	if (ret->ip6) {
		swap(ip + 8, ip + 24, 16);
		/* DSCP stays; ECN and flow label are the sender's own */
		ip[1] &= 0xc0;
		ip[2] = ip[3] = 0;
		ip[7] = 64;
	} else {
		swap(ip + 12, ip + 16, 4);
		ip[1] &= 0xfc;
		set_be16(ip + 4, 0);
		set_be16(ip + 6, 0x4000);
		ip[8] = 64;
	}
	ret->len = ret->dns;
	put(ret, message->octet, message->len);
	frame_set_dns(ret, message->len);
}

bool frame_valid(const struct frame *f)
{
	const uint8_t *ip = f->octet + f->l3;
	size_t udp_len = get_be16(f->octet + f->l4 + 4);

	if (f->l4 + udp_len != f->len)
		return false;
	if (f->ip6 ? get_be16(ip + 4) != udp_len : get_be16(ip + 2) != udp_len + 20)
		return false;
	if (!f->ip6 && naive_sum(0, ip, 20) != 0xffff)
		return false;
	return get_be16(f->octet + f->l4 + 6) && udp_sum(f) == 0xffff;
}
