// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "xdnsctl-pcap.h"

#include <net/if.h>
#include <string.h>

#include "xdnsctl.h"

#define BLOCK_SECTION	0x0a0d0d0a
#define BLOCK_INTERFACE 1
#define BLOCK_PACKET	6
#define BYTE_ORDER_HERE 0x1a2b3c4d
#define LINK_ETHERNET	1

#define OPTION_END	  0
#define OPTION_COMMENT	  1
#define OPTION_SECTION_BY 4 /* the program that wrote it */
#define OPTION_NAME	  2 /* of an interface */
#define OPTION_RESOLUTION 9 /* of time stamps: a power of ten */
#define OPTION_FLAGS	  2 /* of a frame */
#define OPTION_ID	  5
#define OPTION_VERDICT	  7
#define FLAG_INBOUND	  1
#define FLAG_OUTBOUND	  2
#define VERDICT_LINUX_XDP 2

/* A block while it is put together: its length stands in front of it and behind it. */
struct block {
	uint32_t len;
	uint8_t data[TAP_KEPT_MAX + 512];
};

/* Everything begins at a multiple of four octets. */
static void put(struct block *b, const void *data, size_t len)
{
	if (len) /* data may be NULL, then */
		memcpy(b->data + b->len, data, len);
	memset(b->data + b->len + len, 0, -len & 3);
	b->len += (len + 3) & ~3U;
}

static void put32(struct block *b, uint32_t value)
{
	put(b, &value, sizeof(value));
}

static void put_option(struct block *b, uint16_t code, const void *data, uint16_t len)
{
	uint16_t head[2] = {code, len};

	put(b, head, sizeof(head));
	put(b, data, len);
}

static void write_block(FILE *out, uint32_t type, const struct block *b)
{
	uint32_t len = b->len + 12;

	fwrite(&type, sizeof(type), 1, out);
	fwrite(&len, sizeof(len), 1, out);
	fwrite(b->data, b->len, 1, out);
	fwrite(&len, sizeof(len), 1, out);
}

void pcap_begin(struct pcap *p, FILE *out, uint64_t clock_ns)
{
	static const char program[] = "xdnsctl " XDNS_VERSION;
	uint64_t unknown_length = UINT64_MAX;
	struct block b = {0};

	*p = (struct pcap){.out = out, .clock_ns = clock_ns};
	put32(&b, BYTE_ORDER_HERE);
	put32(&b, 1); /* version 1.0 */
	put(&b, &unknown_length, sizeof(unknown_length));
	put_option(&b, OPTION_SECTION_BY, program, strlen(program));
	put_option(&b, OPTION_END, NULL, 0);
	write_block(out, BLOCK_SECTION, &b);
}

/* The number of an interface in the file, where it is described when it is first seen. */
static uint32_t interface_number(struct pcap *p, uint32_t index)
{
	static const uint8_t nanoseconds = 9;
	char name[IF_NAMESIZE + 16];
	struct block b = {0};
	size_t i = 0;

	while (i < p->interfaces && p->interface[i] != index)
		i++;
	if (i < p->interfaces)
		return i;
	if (i == PCAP_INTERFACES_MAX)
		return i - 1;
	p->interface[p->interfaces++] = index;
	if (!if_indextoname(index, name))
		snprintf(name, sizeof(name), "index %u", index);
	put32(&b, LINK_ETHERNET);
	put32(&b, TAP_KEPT_MAX);
	put_option(&b, OPTION_NAME, name, strlen(name));
	put_option(&b, OPTION_RESOLUTION, &nanoseconds, sizeof(nanoseconds));
	put_option(&b, OPTION_END, NULL, 0);
	write_block(p->out, BLOCK_INTERFACE, &b);
	return i;
}

void pcap_frame(struct pcap *p, const struct tap_frame *f)
{
	const char *comment =
		f->outcome < XDNS_COUNTERS_COUNT ? ctl_counter_names[f->outcome] : "unknown";
	uint32_t interface = interface_number(p, f->interface);
	uint32_t flags = f->sent ? FLAG_OUTBOUND : FLAG_INBOUND;
	uint64_t time = f->time + p->clock_ns;
	uint8_t verdict[9] = {VERDICT_LINUX_XDP, f->verdict};
	struct block b = {0};

	put32(&b, interface);
	put32(&b, time >> 32);
	put32(&b, time);
	put32(&b, f->kept);
	put32(&b, f->len);
	put(&b, f->data, f->kept);
	put_option(&b, OPTION_COMMENT, comment, strlen(comment));
	put_option(&b, OPTION_FLAGS, &flags, sizeof(flags));
	put_option(&b, OPTION_ID, &f->number, sizeof(f->number));
	put_option(&b, OPTION_VERDICT, verdict, sizeof(verdict));
	put_option(&b, OPTION_END, NULL, 0);
	write_block(p->out, BLOCK_PACKET, &b);
}
