// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Latency of a DNS server at a given rate, seen through a socket: sends on a
 * fixed schedule whether or not answers come, waits by spinning, so that no
 * wake-up of its own is in the figures, and prints a histogram as JSON.
 *
 *   latency --server IP --queries FILE [--port N] [--rate QPS] [--seconds S] [--reflected]
 *
 * FILE has dnsperf's format, "name TYPE" a line. An answer is one with the ID
 * of a query under way, QR set, rcode 0 and at least one record; --reflected: the query itself,
 * from a peer that sends back what it gets, which is the least this client can measure.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define QUERIES_MAX 65536
#define QUERY_MAX   (12 + 255 + 4)
#define ANSWER_MAX  4096
#define SUB_BITS    5 /* 32 buckets for each power of two of nanoseconds: 3 % */
#define BUCKETS	    (64 << SUB_BITS)
#define WARM_UP                                                                                    \
	0.1 /* seconds before anything counts: neighbours, caches, the server's first sleep */
#define LINGER 0.2 /* seconds to wait for the last answers */

struct query {
	uint16_t len;
	uint8_t bytes[QUERY_MAX];
};

struct run {
	int fd;
	bool reflected; /* the answers wanted are the queries */
	double rate, seconds;
	struct query *queries;
	unsigned count;
	uint64_t counted_from;		  /* queries sent earlier warm up */
	uint64_t sent_at[UINT16_MAX + 1]; /* by ID; 0: not under way */
	uint64_t sent, answered, wrong, failed, late;
	uint64_t histogram[BUCKETS];
	uint64_t lowest, highest;
};

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static unsigned bucket_of(uint64_t ns)
{
	unsigned top;

	if (ns < 1 << SUB_BITS)
		return (unsigned)ns;
	top = 63 - (unsigned)__builtin_clzll(ns);
	return ((top - SUB_BITS + 1) << SUB_BITS) +
	       (ns >> (top - SUB_BITS) & ((1 << SUB_BITS) - 1));
}

/* The largest value that falls into a bucket. */
static uint64_t bucket_end(unsigned b)
{
	unsigned shift;

	if (b < 1 << SUB_BITS)
		return b;
	shift = (b >> SUB_BITS) - 1;
	return ((uint64_t)((1 << SUB_BITS) | (b & ((1 << SUB_BITS) - 1))) << shift) +
	       (1ULL << shift) - 1;
}

/* Appends NAME in wire format; false if that is no name. */
static bool put_name(struct query *q, const char *name)
{
	while (*name) {
		size_t len = strcspn(name, ".");

		if (len < 1 || len > 63 || q->len + len + 2 > 12 + 255)
			return false;
		q->bytes[q->len++] = (uint8_t)len;
		memcpy(q->bytes + q->len, name, len);
		q->len += (uint16_t)len;
		name += len;
		name += *name == '.';
	}
	q->bytes[q->len++] = 0;
	return true;
}

static int type_number(const char *type)
{
	static const struct {
		const char *name;
		int number;
	} types[] = {{"A", 1},	  {"NS", 2},	{"SOA", 6}, {"PTR", 12},
		     {"TXT", 16}, {"AAAA", 28}, {"SRV", 33}};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcasecmp(type, types[i].name) == 0)
			return types[i].number;
	return -1;
}

static bool make_query(struct query *q, const char *name, const char *type)
{
	static const uint8_t header[12] = {[2] = 1 /* RD */, [5] = 1 /* QDCOUNT */};
	int number = type_number(type);

	memcpy(q->bytes, header, sizeof(header));
	q->len = sizeof(header);
	if (number < 0 || !put_name(q, name))
		return false;
	q->bytes[q->len++] = 0;
	q->bytes[q->len++] = (uint8_t)number;
	q->bytes[q->len++] = 0;
	q->bytes[q->len++] = 1; /* IN */
	return true;
}

static int read_queries(struct run *r, const char *path)
{
	FILE *f = fopen(path, "re");
	char name[256], type[16];

	if (!f)
		return -errno;
	r->queries = calloc(QUERIES_MAX, sizeof(*r->queries));
	while (r->queries && r->count < QUERIES_MAX && fscanf(f, "%255s %15s", name, type) == 2)
		if (make_query(&r->queries[r->count], name, type))
			r->count++;
	fclose(f);
	return !r->queries ? -ENOMEM : !r->count ? -EINVAL : 0;
}

static int open_socket(const char *server, uint16_t port)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	bool v6 = inet_pton(AF_INET6, server, &in6.sin6_addr) == 1;
	int fd;

	if (!v6 && inet_pton(AF_INET, server, &in.sin_addr) != 1)
		return -EINVAL;
	fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, v6 ? (void *)&in6 : (void *)&in, v6 ? sizeof(in6) : sizeof(in)) < 0) {
		int r = -errno;

		close(fd);
		return r;
	}
	return fd;
}

static void count_answer(struct run *r, const uint8_t *answer, ssize_t len, uint64_t at)
{
	uint16_t id = (uint16_t)(answer[0] << 8 | answer[1]);
	uint64_t began, took;

	if (len < 12 || !r->sent_at[id] || !(answer[2] & 0x80) != r->reflected) {
		r->wrong++;
		return;
	}
	began = r->sent_at[id];
	r->sent_at[id] = 0;
	if (began < r->counted_from)
		return;
	if (!r->reflected && ((answer[3] & 15) != 0 || (answer[6] | answer[7]) == 0)) {
		r->wrong++;
		return;
	}
	took = at - began;
	r->answered++;
	r->histogram[bucket_of(took)]++;
	if (took < r->lowest)
		r->lowest = took;
	if (took > r->highest)
		r->highest = took;
}

/* Takes what has come, until UNTIL. */
static void receive(struct run *r, uint64_t until)
{
	uint8_t answer[ANSWER_MAX];

	do {
		ssize_t len = recv(r->fd, answer, sizeof(answer), 0);

		if (len >= 2)
			count_answer(r, answer, len, now());
	} while (now() < until);
}

static void send_query(struct run *r, uint64_t n, bool counts)
{
	struct query *q = &r->queries[n * 2654435761u % r->count];
	uint16_t id = (uint16_t)n;

	q->bytes[0] = (uint8_t)(id >> 8);
	q->bytes[1] = (uint8_t)id;
	r->sent_at[id] = now();
	r->sent += counts;
	if (send(r->fd, q->bytes, q->len, 0) == q->len)
		return;
	r->sent_at[id] = 0;
	r->failed += counts;
}

/* A query that is more than half an interval late says that this client was kept from running. */
static void run(struct run *r)
{
	uint64_t start = now(), step = (uint64_t)(1e9 / r->rate);
	uint64_t total = (uint64_t)((r->seconds + WARM_UP) * r->rate);

	r->counted_from = start + (uint64_t)(WARM_UP * 1e9);
	r->lowest = UINT64_MAX;
	for (uint64_t n = 0; n < total; n++) {
		uint64_t due = start + n * step;

		receive(r, due);
		if (due >= r->counted_from && now() > due + step / 2)
			r->late++;
		send_query(r, n, now() >= r->counted_from);
	}
	receive(r, now() + (uint64_t)(LINGER * 1e9));
}

static double percentile(const struct run *r, double share)
{
	uint64_t want = (uint64_t)(share * (double)r->answered), seen = 0;

	for (unsigned b = 0; b < BUCKETS; b++) {
		seen += r->histogram[b];
		if (seen > want || (seen && seen == r->answered))
			return (double)bucket_end(b) / 1000;
	}
	return -1;
}

/* Times in microseconds; a bucket is given by its upper end. */
static void print(const struct run *r)
{
	const char *comma = "";

	printf("{\"sent\": %" PRIu64 ", \"answered\": %" PRIu64 ", \"wrong\": %" PRIu64
	       ", \"failed\": %" PRIu64 ", \"late\": %" PRIu64 ",\n",
	       r->sent, r->answered, r->wrong, r->failed, r->late);
	printf(" \"p50\": %.2f, \"p90\": %.2f, \"p99\": %.2f, \"p999\": %.2f, \"min\": %.2f, "
	       "\"max\": %.2f,\n",
	       percentile(r, 0.5), percentile(r, 0.9), percentile(r, 0.99), percentile(r, 0.999),
	       r->answered ? (double)r->lowest / 1000 : -1, (double)r->highest / 1000);
	printf(" \"histogram\": [");
	for (unsigned b = 0; b < BUCKETS; b++) {
		if (!r->histogram[b])
			continue;
		printf("%s[%.3f, %" PRIu64 "]", comma, (double)bucket_end(b) / 1000,
		       r->histogram[b]);
		comma = ", ";
	}
	printf("]}\n");
}

static void usage(void)
{
	fprintf(stderr, "usage: latency --server IP --queries FILE [--port N] [--rate QPS] "
			"[--seconds S] [--reflected]\n");
	exit(2);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"server", required_argument, NULL, 's'},
		{"queries", required_argument, NULL, 'q'},
		{"port", required_argument, NULL, 'p'},
		{"rate", required_argument, NULL, 'r'},
		{"seconds", required_argument, NULL, 't'},
		{"reflected", no_argument, NULL, 'R'},
		{0},
	};
	static struct run r = {.rate = 5000, .seconds = 2};
	const char *server = NULL, *queries = NULL;
	uint16_t port = 53;
	int opt, error;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case 's':
			server = optarg;
			break;
		case 'q':
			queries = optarg;
			break;
		case 'p':
			port = (uint16_t)atoi(optarg);
			break;
		case 'r':
			r.rate = atof(optarg);
			break;
		case 't':
			r.seconds = atof(optarg);
			break;
		case 'R':
			r.reflected = true;
			break;
		default:
			usage();
		}
	}
	if (!server || !queries || optind != argc || r.rate < 1 || r.rate > 1e6 || r.seconds <= 0 ||
	    r.seconds > 600)
		usage();
	error = read_queries(&r, queries);
	if (error) {
		fprintf(stderr, "latency: %s: %s\n", queries, strerror(-error));
		return 1;
	}
	r.fd = open_socket(server, port);
	if (r.fd < 0) {
		fprintf(stderr, "latency: %s: %s\n", server, strerror(-r.fd));
		return 1;
	}
	run(&r);
	print(&r);
	return 0;
}
