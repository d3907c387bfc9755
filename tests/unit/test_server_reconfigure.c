// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Another configuration under a server that is being asked. Old ones are overwritten and freed
 * as soon as they may be, so that whoever still looks at one is found out.
 */
#include "server_fixture.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "util.h"

#define LOADS  4
#define ROUNDS 60
#define PROBES 8 /* sockets, so that several workers are asked */

/* A configuration of its own memory. */
struct owned {
	struct config cfg;
	struct config_resolver list[2];
};

static struct owned *owned(uint8_t ttl, int timeout, const struct upstream *a,
			   const struct upstream *b)
{
	struct owned *o = calloc(1, sizeof(*o));

	assert_non_null(o);
	set_listener(&o->cfg, "0.0.0.0", 0);
	o->cfg.ttl = ttl;
	o->cfg.timeout = timeout;
	o->cfg.set_truncate_bit = true;
	o->cfg.resolvers.list = o->list;
	if (a)
		o->list[o->cfg.resolvers.count++] = a->resolver;
	if (b)
		o->list[o->cfg.resolvers.count++] = b->resolver;
	return o;
}

static void discard(struct owned *o)
{
	memset(o, 0xdb, sizeof(*o));
	free(o);
}

static struct server *serve(const struct owned *o, unsigned workers)
{
	struct server *s;
	char *error = NULL;

	if (server_open(&o->cfg, NULL, NULL, workers, &s, &error) < 0 || server_run(s) < 0)
		fail_msg("%s", error ? error : "no reason given");
	return s;
}

/* Goes on with `fresh` and gives the old one away. */
static void reconfigure(struct server *s, struct owned **now, struct owned *fresh)
{
	assert_int_equal(server_reconfigure(s, &fresh->cfg), 0);
	discard(*now);
	*now = fresh;
}

/* The last octet of the answer to NAME over UDP; -1 without one. */
static int last_udp(int fd, uint16_t id, const char *name)
{
	uint8_t r[4096];
	ssize_t n;

	send_query(fd, id, name);
	n = recv(fd, r, sizeof(r), 0);
	return n > 12 && (r[0] << 8 | r[1]) == id ? r[n - 1] : -1;
}

static int last_tcp(int fd, uint16_t id, const char *name)
{
	static _Thread_local uint8_t r[65536];
	ssize_t n;

	send_frame(fd, id, name);
	n = read_frame(fd, r);
	return n > 12 && (r[0] << 8 | r[1]) == id ? r[n - 1] : -1;
}

struct load {
	uint16_t port;
	_Atomic bool *end;
	pthread_t thread;
	unsigned asked, wrong;
};

/* Every answer is of one of the two configurations, and none is missing. */
static void *load_main(void *arg)
{
	struct load *l = arg;
	int udp = client(SOCK_DGRAM, "127.0.0.1", l->port);
	int tcp = client(SOCK_STREAM, "127.0.0.1", l->port);

	for (uint16_t id = 0; !atomic_load(l->end); id++) {
		int got[] = {last_udp(udp, id, "config"), last_tcp(tcp, id, "config"),
			     last_udp(udp, id, "forward"), last_tcp(tcp, id, "forward")};

		for (size_t i = 0; i < ARRAY_SIZE(got); i++)
			l->wrong += got[i] != 0x11 && got[i] != 0x22;
		l->asked++;
	}
	close(udp);
	close(tcp);
	return NULL;
}

/* What is asked after the return sees the new one, by whatever worker. */
static void check_all_workers(uint16_t port, uint8_t want)
{
	for (int i = 0; i < PROBES; i++) {
		int udp = client(SOCK_DGRAM, "127.0.0.1", port);
		int tcp = client(SOCK_STREAM, "127.0.0.1", port);

		assert_int_equal(last_udp(udp, 1, "config"), want);
		assert_int_equal(last_tcp(tcp, 1, "config"), want);
		assert_int_equal(last_udp(udp, 2, "forward"), want);
		close(udp);
		close(tcp);
	}
}

static void test_under_load(void **state)
{
	struct upstream up[2];
	struct owned *now;
	struct server *s;
	struct load load[LOADS];
	_Atomic bool end = false;

	(void)state;
	upstream_start(&up[0], UP_ANSWER, 0x11);
	upstream_start(&up[1], UP_ANSWER, 0x22);
	now = owned(0x11, 10, &up[0], NULL);
	s = serve(now, 4);
	for (size_t i = 0; i < LOADS; i++) {
		load[i] = (struct load){.port = server_port(s), .end = &end};
		pthread_create(&load[i].thread, NULL, load_main, &load[i]);
	}
	for (int i = 1; i <= ROUNDS; i++) {
		uint8_t mark = i % 2 ? 0x22 : 0x11;

		reconfigure(s, &now, owned(mark, 10, &up[i % 2], NULL));
		check_all_workers(server_port(s), mark);
	}
	atomic_store(&end, true);
	for (size_t i = 0; i < LOADS; i++) {
		pthread_join(load[i].thread, NULL);
		assert_true(load[i].asked > 0);
		assert_int_equal(load[i].wrong, 0);
	}
	server_stop(s);
	discard(now);
	upstream_stop(&up[0]);
	upstream_stop(&up[1]);
}

static void wait_for(struct upstream *u, unsigned count)
{
	for (int i = 0; i < 15000 && upstream_count(u) < count; i++)
		usleep(1000);
	assert_true(upstream_count(u) >= count);
}

/* A query that is at a resolver goes on to the next one of its own configuration. */
static void test_under_way(void **state)
{
	struct upstream silent, second;
	struct owned *now;
	struct server *s;
	int udp, tcp;

	(void)state;
	upstream_start(&silent, UP_SILENT, 0x11);
	upstream_start(&second, UP_ANSWER, 0x22);
	now = owned(1, 2, &silent, &second);
	s = serve(now, 1);
	udp = client(SOCK_DGRAM, "127.0.0.1", server_port(s));
	tcp = client(SOCK_STREAM, "127.0.0.1", server_port(s));
	send_query(udp, 1, "forward");
	wait_for(&silent, 1);
	send_frame(tcp, 2, "forward");
	wait_for(&silent, 2);
	reconfigure(s, &now, owned(2, 2, NULL, NULL));
	reconfigure(s, &now, owned(3, 2, NULL, NULL));
	assert_int_equal(receive(udp, 26, 0), 1);
	assert_int_equal(read_id(tcp), 2);
	assert_int_equal(upstream_count(&second), 2);
	close(udp);
	close(tcp);
	server_stop(s);
	discard(now);
	upstream_stop(&silent);
	upstream_stop(&second);
}

/* A shorter time-out holds at once, a longer one does not revive what the shorter one ends. */
static void test_timeout(void **state)
{
	struct upstream silent;
	struct owned *now;
	struct server *s;
	int fd;

	(void)state;
	upstream_start(&silent, UP_SILENT, 0x11);
	now = owned(1, 3600, &silent, NULL);
	s = serve(now, 1);
	fd = client(SOCK_DGRAM, "127.0.0.1", server_port(s));
	send_query(fd, 1, "forward");
	wait_for(&silent, 1);
	reconfigure(s, &now, owned(1, 1, &silent, NULL));
	assert_int_equal(receive(fd, 0, 2), 1);

	send_query(fd, 2, "forward");
	wait_for(&silent, 2);
	reconfigure(s, &now, owned(1, 3600, &silent, NULL));
	assert_int_equal(receive(fd, 0, 2), 2);
	assert_int_equal(server_stats(s).forward.timeouts, 2);
	close(fd);
	server_stop(s);
	discard(now);
	upstream_stop(&silent);
}

/* A resolver that has become this server itself is not asked, one that is no longer is. */
static void test_own_address(void **state)
{
	struct upstream up;
	struct owned *now, *fresh;
	struct server *s;
	int fd;

	(void)state;
	upstream_start(&up, UP_ANSWER, 0x11);
	now = owned(1, 1, &up, NULL);
	s = serve(now, 1);
	fd = client(SOCK_DGRAM, "127.0.0.1", server_port(s));
	fresh = owned(1, 1, &up, NULL);
	fresh->list[0] = upstream_resolver(server_port(s));
	reconfigure(s, &now, fresh);
	send_query(fd, 1, "forward");
	assert_int_equal(receive(fd, 0, 2), 1);
	assert_int_equal(server_stats(s).forward.tries, 0);
	reconfigure(s, &now, owned(1, 1, &up, NULL));
	assert_int_equal(last_udp(fd, 2, "forward"), 0x11);
	close(fd);
	server_stop(s);
	discard(now);
	upstream_stop(&up);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_under_load),
		cmocka_unit_test(test_under_way),
		cmocka_unit_test(test_timeout),
		cmocka_unit_test(test_own_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
