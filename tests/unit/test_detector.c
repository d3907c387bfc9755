// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * detector.c against real ZooKeeper servers, with another client (zk_peer.py) writing what Mesos
 * masters write. Every test has a path of its own; they run one after the other on one set of
 * servers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "detector.h"
#include "log.h"
#include "util.h"

#define PEER "tests/unit/zk_peer.py"
/* For anything to happen on a slow, loaded machine, seconds. */
#define LIMIT 60

/* --- the peer ------------------------------------------------------------------------ */

static struct {
	pid_t pid;
	FILE *in, *out;
	unsigned one, three[3], proxy, proxy6;
	char dir[128];
	char line[4096];
	bool missing;
} peer;

static int start_peer(void **state)
{
	int to[2], from[2];

	(void)state;
	if (pipe(to) < 0 || pipe(from) < 0)
		return -1;
	peer.pid = fork();
	if (peer.pid == 0) {
		dup2(to[0], STDIN_FILENO);
		dup2(from[1], STDOUT_FILENO);
		close(to[1]);
		close(from[0]);
		execl("/usr/bin/python3", "python3", PEER, NULL);
		_exit(127);
	}
	close(to[0]);
	close(from[1]);
	peer.in = fdopen(to[1], "w");
	peer.out = fdopen(from[0], "r");
	if (!peer.in || !peer.out || !fgets(peer.line, sizeof(peer.line), peer.out)) {
		fprintf(stderr, "%s did not start: run this from the top of the repository\n",
			PEER);
		return -1;
	}
	peer.missing = strncmp(peer.line, "skip ", 5) == 0;
	if (peer.missing) {
		printf("# SKIP %s", peer.line + 5);
		return 0;
	}
	return sscanf(peer.line, "one=%u a=%u b=%u c=%u proxy=%u proxy6=%u dir=%127s", &peer.one,
		      &peer.three[0], &peer.three[1], &peer.three[2], &peer.proxy, &peer.proxy6,
		      peer.dir) == 7
		       ? 0
		       : -1;
}

static int stop_peer(void **state)
{
	(void)state;
	fclose(peer.in);
	fclose(peer.out);
	waitpid(peer.pid, NULL, 0);
	return 0;
}

/* Sends a command, returns the answer. */
__attribute__((format(printf, 1, 2))) static const char *tell(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vfprintf(peer.in, fmt, args);
	va_end(args);
	fputc('\n', peer.in);
	fflush(peer.in);
	if (!fgets(peer.line, sizeof(peer.line), peer.out))
		strcpy(peer.line, "error the peer has ended");
	peer.line[strcspn(peer.line, "\n")] = 0;
	if (strncmp(peer.line, "error", 5) == 0)
		fail_msg("%s: %s", fmt, peer.line);
	return peer.line;
}

/* Makes a node and keeps its path. */
#define TELL_NODE(node, ...) snprintf(node, sizeof(node), "%s", tell(__VA_ARGS__))

/* --- what the detector says ------------------------------------------------------------- */

struct heard {
	struct detector *d;
	struct config cfg;
	char zk[400];
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned masters_count; /* calls */
	char masters[1000];	/* "leader: a b c", "nobody: b c", "" before the first call */
	char trouble[1000];
	char troubles[8000]; /* all of them, a line each */
	unsigned inside;     /* calls that are under way */
	bool stopped, wrong;
};

/* One at a time, none after the end. */
static void enter(struct heard *h)
{
	pthread_mutex_lock(&h->lock);
	if (h->inside++ || h->stopped)
		h->wrong = true;
	pthread_mutex_unlock(&h->lock);
	sched_yield();
	pthread_mutex_lock(&h->lock);
}

static void leave(struct heard *h)
{
	h->inside--;
	pthread_cond_broadcast(&h->changed);
	pthread_mutex_unlock(&h->lock);
}

static void on_masters(void *ctx, const struct masters *m)
{
	struct heard *h = ctx;
	char text[1000];

	enter(h);
	snprintf(text, sizeof(text), "%s:", m->leader ? "leader" : "nobody");
	for (size_t i = 0; i < m->count; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), " %s", m->list[i]);
	if (strcmp(text, h->masters) == 0)
		h->wrong = true;
	strcpy(h->masters, text);
	h->masters_count++;
	leave(h);
}

static void on_trouble(void *ctx, const char *text)
{
	struct heard *h = ctx;

	enter(h);
	if (strcmp(text, h->trouble) == 0 || strchr(text, '\n') || strstr(text, "geheim"))
		h->wrong = true;
	snprintf(h->trouble, sizeof(h->trouble), "%s", text);
	snprintf(h->troubles + strlen(h->troubles), sizeof(h->troubles) - strlen(h->troubles),
		 "%s\n", text);
	leave(h);
}

static const struct detector_ops ops = {on_masters, on_trouble};

/* They outlive a test that fails in their midst; stop_rest() ends them then. */
static struct heard all[4];

__attribute__((format(printf, 1, 2))) static struct heard *start(const char *fmt, ...)
{
	struct heard *h = all;
	char *error = NULL;
	va_list args;

	while (h->d)
		h++;
	memset(h, 0, sizeof(*h));
	pthread_mutex_init(&h->lock, NULL);
	pthread_cond_init(&h->changed, NULL);
	va_start(args, fmt);
	vsnprintf(h->zk, sizeof(h->zk), fmt, args);
	va_end(args);
	h->cfg.zk = h->zk;
	if (detector_start(&h->cfg, &ops, h, &h->d, &error) < 0)
		fail_msg("%s: %s", h->zk, error);
	return h;
}

static void stop(struct heard *h)
{
	detector_stop(h->d);
	h->d = NULL;
	pthread_mutex_lock(&h->lock);
	h->stopped = true;
	pthread_mutex_unlock(&h->lock);
	assert_int_equal(h->inside, 0);
	if (h->wrong)
		fail_msg("calls that overlap, repeat themselves, come late or tell a secret: %s %s",
			 h->masters, h->troubles);
}

static int stop_rest(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		detector_stop(all[i].d);
		all[i].d = NULL;
	}
	return 0;
}

static bool is_now(const struct heard *h, const char *masters, const char *trouble)
{
	return (!masters || strcmp(h->masters, masters) == 0) &&
	       (!trouble || (*trouble ? strstr(h->trouble, trouble) != NULL : !*h->trouble));
}

/* Until it is as said; NULL: whatever. trouble: a part of it, or "" for none. */
static void expect(struct heard *h, const char *masters, const char *trouble)
{
	struct timespec until;
	bool good;
	int rc = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += LIMIT;
	pthread_mutex_lock(&h->lock);
	while (!is_now(h, masters, trouble) && rc == 0)
		rc = pthread_cond_timedwait(&h->changed, &h->lock, &until);
	good = is_now(h, masters, trouble);
	pthread_mutex_unlock(&h->lock);
	if (!good)
		fail_msg("got \"%s\", \"%s\", not \"%s\", \"%s\"; all troubles:\n%s", h->masters,
			 h->trouble, masters ? masters : "*", trouble ? trouble : "*", h->troubles);
}

static bool heard_trouble(struct heard *h, const char *text)
{
	bool yes;

	pthread_mutex_lock(&h->lock);
	yes = strstr(h->troubles, text);
	pthread_mutex_unlock(&h->lock);
	return yes;
}

#define NEEDS_PEER()                                                                               \
	do {                                                                                       \
		if (peer.missing)                                                                  \
			skip();                                                                    \
	} while (0)

#define MASTER(ip) "{\"address\":{\"ip\":\"" ip "\",\"port\":5050}}"

/* --- one server -------------------------------------------------------------------------- */

static void test_leader(void **state)
{
	struct heard *h;
	char one[100], two[100], three[100], junk[100];

	(void)state;
	NEEDS_PEER();
	tell("one make /leader/mesos");
	tell("one node /leader/mesos/log_replicas x");
	tell("one node /leader/mesos/foo x");
	tell("one node /leader/mesos/json.info_bad x");
	h = start("zk://127.0.0.1:%u/leader/mesos", peer.one);
	expect(h, "nobody:", "no leader: /leader/mesos in ZooKeeper has no node");
	TELL_NODE(one, "one json /leader/mesos 10.0.0.3 5050");
	expect(h, "leader: 10.0.0.3:5050", "");
	TELL_NODE(two, "one json /leader/mesos 10.0.0.1 5051");
	TELL_NODE(three, "one json /leader/mesos fd00::2 5050");
	expect(h, "leader: 10.0.0.3:5050 10.0.0.1:5051 [fd00::2]:5050", "");
	TELL_NODE(junk, "one protobuf /leader/mesos 10.0.0.9 5050");
	expect(h, "leader: 10.0.0.3:5050 10.0.0.1:5051 [fd00::2]:5050 10.0.0.9:5050", "");
	tell("one set %s junk", junk);
	expect(h, "leader: 10.0.0.3:5050 10.0.0.1:5051 [fd00::2]:5050",
	       "does not tell a master: not protobuf");
	tell("one remove %s", junk);
	expect(h, "leader: 10.0.0.3:5050 10.0.0.1:5051 [fd00::2]:5050", "");
	tell("one remove %s", one);
	expect(h, "leader: 10.0.0.1:5051 [fd00::2]:5050", "");
	tell("one remove %s", two);
	expect(h, "leader: [fd00::2]:5050", "");
	tell("one remove %s", three);
	expect(h, "nobody:", "no leader: /leader/mesos in ZooKeeper has no node");
	stop(h);
}

/* Nodes that say nothing, or a lot of it: the others are the masters. */
static void test_garbage(void **state)
{
	/* how often which octet; a server takes no more than a mebibyte */
	static const struct {
		unsigned count;
		const char *octet, *trouble;
	} nodes[] = {
		{0, "00", "does not tell a master: "},
		{1, "00", "does not tell a master: "},
		{1000000, "00", "does not tell a master: "},
		{1000000, "5b", "does not tell a master: "}, /* [ */
		{1000000, "78", "does not tell a master: "}, /* x */
		{1000000, "20", "does not tell a master: "},
		{1000000, "ff", "does not tell a master: "},
	};
	char json[100], protobuf[100];
	struct heard *h;

	(void)state;
	NEEDS_PEER();
	tell("one make /garbage");
	TELL_NODE(json, "one json /garbage 10.0.0.1 5050");
	TELL_NODE(protobuf, "one protobuf /garbage 10.0.0.2 5050");
	tell("one json /garbage 10.0.0.3 5050");
	h = start("zk://127.0.0.1:%u/garbage", peer.one);
	expect(h, "leader: 10.0.0.1:5050 10.0.0.2:5050 10.0.0.3:5050", "");
	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++) {
		tell("one fill %s %u %s", json, nodes[i].count, nodes[i].octet);
		expect(h, i ? "nobody: 10.0.0.3:5050" : "nobody: 10.0.0.2:5050 10.0.0.3:5050",
		       nodes[i].trouble);
		tell("one fill %s %u %s", protobuf, nodes[i].count, nodes[i].octet);
		expect(h, "nobody: 10.0.0.3:5050", "(and 1 more like it)");
		tell("one set %s " MASTER("10.0.0.1"), json);
		expect(h, "leader: 10.0.0.1:5050 10.0.0.3:5050", nodes[i].trouble);
		tell("one set %s junk", protobuf);
	}
	tell("one remove %s", protobuf);
	expect(h, "leader: 10.0.0.1:5050 10.0.0.3:5050", "");
	stop(h);
}

/* Before Mesos 0.24, and while a cluster is upgraded. */
static void test_protobuf(void **state)
{
	struct heard *h;
	char one[100], json[100];

	(void)state;
	NEEDS_PEER();
	tell("one make /protobuf");
	TELL_NODE(one, "one protobuf /protobuf 10.0.0.3 5050");
	tell("one protobuf /protobuf 10.0.0.2 5050");
	h = start("zk://127.0.0.1:%u/protobuf", peer.one);
	expect(h, "leader: 10.0.0.3:5050 10.0.0.2:5050", "");
	TELL_NODE(json, "one json /protobuf 10.0.0.1 5050");
	expect(h, "leader: 10.0.0.1:5050 10.0.0.3:5050 10.0.0.2:5050", "");
	tell("one remove %s", one);
	expect(h, "leader: 10.0.0.1:5050 10.0.0.2:5050", "");
	tell("one remove %s", json);
	expect(h, "leader: 10.0.0.2:5050", "");
	stop(h);
}

/* Only what has changed is read again, also a node that was deleted and made again. */
static void test_again(void **state)
{
	struct heard *h;

	(void)state;
	NEEDS_PEER();
	tell("one make /again");
	tell("one node /again/json.info_0000000001 " MASTER("10.0.0.1"));
	tell("one node /again/json.info_0000000002 " MASTER("10.0.0.2"));
	tell("one node /again/json.info_0000000003 junk");
	tell("reads");
	h = start("zk://127.0.0.1:%u/again/", peer.proxy);
	expect(h, "leader: 10.0.0.1:5050 10.0.0.2:5050",
	       "/again/json.info_0000000003 in ZooKeeper does not tell a master: not a JSON");
	assert_string_equal(tell("reads"), "3");
	tell("one set /again/json.info_0000000002 " MASTER("10.0.0.7"));
	expect(h, "leader: 10.0.0.1:5050 10.0.0.7:5050", NULL);
	assert_string_equal(tell("reads"), "1");
	tell("one remove /again/json.info_0000000001");
	tell("one node /again/json.info_0000000001 " MASTER("10.0.0.8"));
	expect(h, "leader: 10.0.0.8:5050 10.0.0.7:5050", NULL);
	assert_string_equal(tell("reads"), "1");
	tell("one set /again/json.info_0000000001 junk");
	expect(h, "nobody: 10.0.0.7:5050",
	       "no leader: /again/json.info_0000000001 in ZooKeeper does not tell a master: not a "
	       "JSON object (and 1 more like it)");
	tell("one set /again/json.info_0000000001 " MASTER("10.0.0.7"));
	expect(h, "leader: 10.0.0.7:5050", NULL);
	tell("one remove /again/json.info_0000000003");
	expect(h, "leader: 10.0.0.7:5050", "");
	stop(h);
}

static void test_missing_path(void **state)
{
	struct heard *h;

	(void)state;
	NEEDS_PEER();
	h = start("zk://127.0.0.1:%u/missing/mesos", peer.one);
	expect(h, "nobody:", "no leader: /missing/mesos does not exist in ZooKeeper");
	tell("one make /missing/mesos");
	expect(h, "nobody:", "no leader: /missing/mesos in ZooKeeper has no node");
	tell("one json /missing/mesos 10.0.0.1 5050");
	expect(h, "leader: 10.0.0.1:5050", "");
	tell("one remove /missing");
	expect(h, "nobody:", "no leader: /missing/mesos does not exist in ZooKeeper");
	/* The numbers begin at 0 again: the node has the name it had. */
	tell("one make /missing/mesos");
	assert_string_equal(tell("one json /missing/mesos 10.0.0.2 5050"),
			    "/missing/mesos/json.info_0000000000");
	expect(h, "leader: 10.0.0.2:5050", "");
	stop(h);
}

static void test_expired(void **state)
{
	struct heard *h;
	unsigned count;

	(void)state;
	NEEDS_PEER();
	tell("one make /expired");
	tell("one node /expired/json.info_0000000001 " MASTER("10.0.0.1"));
	tell("sessions 2000");
	h = start("zk://127.0.0.1:%u/expired", peer.proxy);
	expect(h, "leader: 10.0.0.1:5050", "");
	count = h->masters_count;
	assert_string_equal(tell("expire"), "expired");
	/* A master that stays is read again with the new session, and not told again. */
	tell("one node /expired/json.info_0000000002 " MASTER("10.0.0.2"));
	expect(h, "leader: 10.0.0.1:5050 10.0.0.2:5050", "");
	assert_true(heard_trouble(h, "session has expired"));
	assert_int_equal(h->masters_count, count + 1);
	/* The new session has watches, too. */
	tell("one set /expired/json.info_0000000001 " MASTER("10.0.0.3"));
	expect(h, "leader: 10.0.0.3:5050 10.0.0.2:5050", "");
	stop(h);
}

static void test_credentials(void **state)
{
	struct heard *h, *wrong, *none;

	(void)state;
	NEEDS_PEER();
	tell("one make /secret/mesos me:geheim:1");
	tell("one json /secret/mesos 10.0.0.1 5050");
	h = start("zk://me:geheim:1@127.0.0.1:%u/secret/mesos", peer.one);
	wrong = start("zk://me:geheim:2@127.0.0.1:%u/secret/mesos", peer.one);
	none = start("zk://127.0.0.1:%u/secret/mesos", peer.one);
	expect(h, "leader: 10.0.0.1:5050", "");
	expect(wrong, "",
	       "/secret/mesos in ZooKeeper may not be read: its ACL does not let the "
	       "user in zk do so, or the password is wrong");
	expect(none, "", "its ACL does not let everybody do so, and zk names no user");
	/* No watch tells of an ACL. */
	tell("one open /secret/mesos");
	expect(wrong, "leader: 10.0.0.1:5050", "");
	expect(none, "leader: 10.0.0.1:5050", "");
	stop(none);
	stop(wrong);
	stop(h);
}

/* The nodes have ACLs of their own. */
static void test_secret_node(void **state)
{
	struct heard *h;

	(void)state;
	NEEDS_PEER();
	tell("one make /nodes");
	tell("one make /nodes/json.info_0000000001 me:geheim");
	tell("one set /nodes/json.info_0000000001 " MASTER("10.0.0.1"));
	tell("one node /nodes/json.info_0000000002 " MASTER("10.0.0.2"));
	h = start("zk://127.0.0.1:%u/nodes", peer.one);
	expect(h, "nobody: 10.0.0.2:5050",
	       "no leader: /nodes/json.info_0000000001 in ZooKeeper does not tell a master: its "
	       "ACL does not let us read it");
	tell("one open /nodes/json.info_0000000001");
	expect(h, "leader: 10.0.0.1:5050 10.0.0.2:5050", "");
	stop(h);
}

static void test_file(void **state)
{
	struct heard *h;
	char path[160];
	FILE *f;

	(void)state;
	NEEDS_PEER();
	snprintf(path, sizeof(path), "%s/zk-url", peer.dir);
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "zk://me:geheim@localhost:%u/file\n", peer.one);
	fclose(f);
	tell("one make /file me:geheim");
	tell("one json /file 10.0.0.1 5050");
	h = start("file://%s", path);
	expect(h, "leader: 10.0.0.1:5050", "");
	stop(h);
}

static void test_ipv6(void **state)
{
	struct heard *h;

	(void)state;
	NEEDS_PEER();
	if (!peer.proxy6)
		skip();
	tell("one make /six");
	tell("one json /six 10.0.0.1 5050");
	h = start("zk://[::1]:%u/six", peer.proxy6);
	expect(h, "leader: 10.0.0.1:5050", "");
	stop(h);
}

/* A server that is away is no news of masters; when it is back, what happened meanwhile is. */
static void test_restart(void **state)
{
	struct heard *h, *late;

	(void)state;
	NEEDS_PEER();
	tell("one make /restart");
	tell("one json /restart 10.0.0.1 5050");
	h = start("zk://127.0.0.1:%u/restart", peer.one);
	expect(h, "leader: 10.0.0.1:5050", "");
	tell("kill %u", peer.one);
	late = start("zk://127.0.0.1:%u/restart", peer.one);
	expect(h, "leader: 10.0.0.1:5050", "no connection to ZooKeeper at 127.0.0.1:");
	expect(late, "", "no connection to ZooKeeper at 127.0.0.1:");
	tell("start %u", peer.one);
	tell("one json /restart 10.0.0.2 5050");
	expect(h, "leader: 10.0.0.1:5050 10.0.0.2:5050", "");
	expect(late, "leader: 10.0.0.1:5050 10.0.0.2:5050", "");
	/* One that does not answer, without closing anything, is no connection, too. */
	tell("hang %u", peer.one);
	expect(h, "leader: 10.0.0.1:5050 10.0.0.2:5050", "no connection to ZooKeeper");
	stop(late);
	tell("continue %u", peer.one);
	tell("one json /restart 10.0.0.3 5050");
	expect(h, "leader: 10.0.0.1:5050 10.0.0.2:5050 10.0.0.3:5050", "");
	stop(h);
}

static void test_no_digest(void **state)
{
	struct heard *h;

	(void)state;
	NEEDS_PEER();
	tell("one make /digest");
	tell("one json /digest 10.0.0.1 5050");
	tell("kill %u", peer.one);
	tell("start %u -Dzookeeper.DigestAuthenticationProvider.enabled=false", peer.one);
	h = start("zk://me:geheim@127.0.0.1:%u/digest", peer.one);
	expect(h, "", "refuses the user and password in zk");
	tell("kill %u", peer.one);
	tell("start %u", peer.one);
	expect(h, "leader: 10.0.0.1:5050", "");
	stop(h);
}

/* Servers without their data refuse whoever has seen later changes than they have. */
static void test_wiped(void **state)
{
	struct heard *h;

	(void)state;
	NEEDS_PEER();
	tell("one make /wiped");
	tell("one json /wiped 10.0.0.1 5050");
	h = start("zk://127.0.0.1:%u/wiped", peer.one);
	expect(h, "leader: 10.0.0.1:5050", "");
	tell("wipe");
	tell("one make /wiped");
	tell("one json /wiped 10.0.0.2 5050");
	expect(h, "leader: 10.0.0.2:5050", "");
	stop(h);
}

/* --- three servers ------------------------------------------------------------------------ */

/* The server this process is connected to, 0: none. */
static unsigned connected_to(void)
{
	for (int fd = 0; fd < 1024; fd++) {
		struct sockaddr_in addr;
		socklen_t len = sizeof(addr);

		if (getpeername(fd, (struct sockaddr *)&addr, &len) < 0 ||
		    addr.sin_family != AF_INET)
			continue;
		for (unsigned i = 0; i < 3; i++)
			if (ntohs(addr.sin_port) == peer.three[i])
				return peer.three[i];
	}
	return 0;
}

static struct heard *start_three(const char *path)
{
	return start("zk://127.0.0.1:%u,127.0.0.1:%u,127.0.0.1:%u%s", peer.three[0], peer.three[1],
		     peer.three[2], path);
}

static void test_one_of_three(void **state)
{
	struct heard *h;
	unsigned mine, other;

	(void)state;
	NEEDS_PEER();
	tell("three make /mesos");
	tell("three json /mesos 10.0.0.1 5050");
	h = start_three("/mesos");
	expect(h, "leader: 10.0.0.1:5050", "");
	mine = connected_to();
	assert_int_not_equal(mine, 0);
	other = peer.three[0] == mine ? peer.three[1] : peer.three[0];

	tell("kill %u", other);
	tell("three json /mesos 10.0.0.2 5050");
	expect(h, "leader: 10.0.0.1:5050 10.0.0.2:5050", "");
	tell("start %u", other);

	tell("kill %u", mine);
	tell("three remove /mesos/json.info_0000000000");
	expect(h, "leader: 10.0.0.2:5050", "");
	assert_int_not_equal(connected_to(), mine);
	tell("start %u", mine);

	stop(h);
}

/* One that does not answer, without closing anything. The ensemble's leader would hold up all. */
static void test_silent_one(void **state)
{
	unsigned one, two, mine;
	struct heard *h;

	(void)state;
	NEEDS_PEER();
	tell("three make /silent");
	tell("three json /silent 10.0.0.1 5050");
	assert_int_equal(sscanf(tell("followers"), "%u %u", &one, &two), 2);
	h = start("zk://127.0.0.1:%u,127.0.0.1:%u/silent", one, two);
	expect(h, "leader: 10.0.0.1:5050", "");
	mine = connected_to();
	assert_int_not_equal(mine, 0);
	tell("hang %u", mine);
	tell("three json /silent 10.0.0.2 5050");
	expect(h, "leader: 10.0.0.1:5050 10.0.0.2:5050", "");
	assert_int_not_equal(connected_to(), mine);
	tell("continue %u", mine);
	assert_false(heard_trouble(h, "expired"));
	stop(h);
}

static void test_all_three(void **state)
{
	struct heard *h;

	(void)state;
	NEEDS_PEER();
	tell("three make /all");
	tell("three json /all 10.0.0.1 5050");
	h = start_three("/all");
	expect(h, "leader: 10.0.0.1:5050", "");
	for (unsigned i = 0; i < 3; i++)
		tell("kill %u", peer.three[i]);
	expect(h, "leader: 10.0.0.1:5050", "no connection to ZooKeeper at 127.0.0.1:");
	/* Two are enough. */
	tell("start2 %u %u", peer.three[0], peer.three[1]);
	tell("three json /all 10.0.0.2 5050");
	tell("three remove /all/json.info_0000000000");
	expect(h, "leader: 10.0.0.2:5050", "");
	assert_int_equal(connected_to() == peer.three[2], 0);
	stop(h);
}

/* --- without servers --------------------------------------------------------------------- */

static void test_bad_url(void **state)
{
	static char empty[] = "", web[] = "http://a:1/mesos", gone[] = "file:///nowhere/at/all";
	static char secret[] = "zk://geheim@a:1/mesos";
	static const struct {
		char *zk;
		const char *error;
	} cases[] = {
		{empty, "not a ZooKeeper URL"},
		{web, "not a ZooKeeper URL"},
		{gone, "/nowhere/at/all: No such file or directory"},
		{secret, "not USER:PASSWORD before the @"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct config cfg = {.zk = cases[i].zk};
		struct detector *d = NULL;
		char *error = NULL;

		assert_int_equal(detector_start(&cfg, &ops, NULL, &d, &error), -EINVAL);
		assert_string_equal(error, cases[i].error);
		assert_null(d);
		free(error);
	}
	detector_stop(NULL);
}

/*
 * The program's own look-up of names, for the test below: "stuck.test" is looked up until the
 * test lets it go on, "nowhere.test" is not there.
 */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned waiting;
	bool go_on;
} dns = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
		struct addrinfo **res)
{
	int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);

	if (node && strcmp(node, "nowhere.test") == 0)
		return EAI_NONAME;
	if (node && strcmp(node, "stuck.test") == 0) {
		pthread_mutex_lock(&dns.lock);
		dns.waiting++;
		pthread_cond_broadcast(&dns.changed);
		while (!dns.go_on)
			pthread_cond_wait(&dns.changed, &dns.lock);
		dns.waiting--;
		pthread_cond_broadcast(&dns.changed);
		pthread_mutex_unlock(&dns.lock);
		return EAI_AGAIN;
	}
	*(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
	return real(node, service, hints, res);
}

static void wait_for_dns(bool until_stuck)
{
	pthread_mutex_lock(&dns.lock);
	while ((dns.waiting > 0) != until_stuck)
		pthread_cond_wait(&dns.changed, &dns.lock);
	pthread_mutex_unlock(&dns.lock);
}

/* Nobody waits for a name server that does not answer: it may be this very daemon. */
static void test_stuck_dns(void **state)
{
	struct heard *h;

	(void)state;
	alarm(2 * LIMIT);
	h = start("zk://stuck.test,nowhere.test:7/mesos");
	wait_for_dns(true);
	expect(h, "", "no connection to ZooKeeper at stuck.test:2181,nowhere.test:7");
	stop(h);
	pthread_mutex_lock(&dns.lock);
	dns.go_on = true;
	pthread_cond_broadcast(&dns.changed);
	pthread_mutex_unlock(&dns.lock);
	wait_for_dns(false);
	alarm(0);
}

static void test_no_name(void **state)
{
	struct heard *h;

	(void)state;
	h = start("zk://nowhere.test/mesos");
	expect(h, "", "no connection to ZooKeeper at nowhere.test:2181: Name or service not known");
	stop(h);
}

/* One server's name is enough. */
static void test_one_name(void **state)
{
	struct heard *h;

	(void)state;
	NEEDS_PEER();
	tell("one make /name");
	h = start("zk://nowhere.test,localhost:%u/name", peer.one);
	expect(h, "nobody:", "has no node");
	stop(h);
}

/* Ended at any moment. */
static void test_stop(void **state)
{
	struct heard *h;

	(void)state;
	NEEDS_PEER();
	tell("one make /stop");
	tell("one json /stop 10.0.0.1 5050");
	for (unsigned i = 0; i < 60; i++) {
		h = start("zk://127.0.0.1:%u/stop", peer.one);
		usleep(i * 200);
		stop(h);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_bad_url, stop_rest),
		cmocka_unit_test_teardown(test_stuck_dns, stop_rest),
		cmocka_unit_test_teardown(test_no_name, stop_rest),
		cmocka_unit_test_teardown(test_leader, stop_rest),
		cmocka_unit_test_teardown(test_garbage, stop_rest),
		cmocka_unit_test_teardown(test_protobuf, stop_rest),
		cmocka_unit_test_teardown(test_again, stop_rest),
		cmocka_unit_test_teardown(test_missing_path, stop_rest),
		cmocka_unit_test_teardown(test_expired, stop_rest),
		cmocka_unit_test_teardown(test_credentials, stop_rest),
		cmocka_unit_test_teardown(test_secret_node, stop_rest),
		cmocka_unit_test_teardown(test_file, stop_rest),
		cmocka_unit_test_teardown(test_ipv6, stop_rest),
		cmocka_unit_test_teardown(test_one_name, stop_rest),
		cmocka_unit_test_teardown(test_stop, stop_rest),
		cmocka_unit_test_teardown(test_restart, stop_rest),
		cmocka_unit_test_teardown(test_wiped, stop_rest),
		cmocka_unit_test_teardown(test_no_digest, stop_rest),
		cmocka_unit_test_teardown(test_one_of_three, stop_rest),
		cmocka_unit_test_teardown(test_silent_one, stop_rest),
		cmocka_unit_test_teardown(test_all_three, stop_rest),
	};

	/* What ZooKeeper's library logs is of use when a test fails. */
	log_init(getenv("XDNS_TEST_VERBOSE") ? 2 : 0);
	return cmocka_run_group_tests_name("detector", tests, start_peer, stop_peer);
}
