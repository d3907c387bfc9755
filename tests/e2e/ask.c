// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A DNS client that asks at a given rate and checks every answer.
 *
 *   ask --server IP[:PORT] --names FILE --rate QPS --seconds S [OPTION]...
 *   ask --server IP[:PORT] --watch NAME TYPE --rate QPS --seconds S [OPTION]...
 *
 * FILE has lines "NAME TYPE RCODE [RECORD]...": "web.marathon.mesos A NOERROR 10.0.0.1 10.0.0.2".
 * Records are compared as a set; one of SRV is two words, port and target. In place of RCODE and
 * records, * stands for NOERROR with whatever records and + for NOERROR with some. Several lines
 * of one name and type: any of them is right. An answer that is cut (TC) is right if no record
 * in it is wrong. The questions are asked in turn, at times that do not depend on the answers.
 *
 * What was seen is told at the end, a line for each figure, and the first ten wrong answers when
 * they come. The exit status is 0 only if something was asked and nothing was lost or wrong.
 *
 * With --watch one name is asked, nothing is wrong that answers the question, and a line is
 * printed for the first answer and each that differs from the one before:
 *
 *   SEEN LAST_OLD SENT RCODE [RECORD]...
 *
 * when it was seen, when the last query that still got the old answer was sent (0: none
 * was), and when the one that got this answer was; nanoseconds of CLOCK_MONOTONIC.
 */
#include "ask.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/sock_diag.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH	64
#define TICK_NS 500000	  /* queries that are due within it are sent together */
#define ROOM	(4 << 20) /* octets of receive buffer that are asked for */

enum state { UNUSED, WAITING, ANSWERED, LOST };

/* A query, by socket and ID. */
struct slot {
	uint64_t sent;
	uint32_t question;
	enum state state;
};

struct line {
	int fd;
	uint16_t next_id;
	struct slot slot[UINT16_MAX + 1];
};

struct client {
	struct ask_options o;
	struct ask_questions questions;
	struct ask_report report;
	struct line *lines;
	/* queries by when they were sent, answered ones among them: socket << 16 | ID */
	uint32_t order[ASK_WAITING_MAX], head, tail;
	unsigned waiting, next_line;
	size_t next_question;
	struct ask_answer answer;
};

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
	(void)number;
	stopped = 1;
}

/* "1.2.3.4", "1.2.3.4:53", "fd00::1" or "[fd00::1]:53"; what is given with port is used without. */
static struct addrinfo *address(const char *text, const char *port)
{
	struct addrinfo hints = {.ai_socktype = SOCK_DGRAM,
				 .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
	char host[64];
	const char *colon = strrchr(text, ':');
	struct addrinfo *found;

	snprintf(host, sizeof(host), "%s", text);
	if (*text == '[' || (colon && strchr(text, ':') == colon)) {
		if (colon && (*text != '[' || colon[-1] == ']')) {
			snprintf(host, sizeof(host), "%.*s", (int)(colon - text), text);
			port = colon + 1;
		}
		if (*host == '[') {
			memmove(host, host + 1, strlen(host));
			host[strcspn(host, "]")] = 0;
		}
	}
	if (getaddrinfo(host, port, &hints, &found) != 0)
		ask_fail("%s is no address", text);
	return found;
}

static int open_socket(const struct ask_options *o)
{
	struct addrinfo *to = address(o->server, "53"), *from;
	int fd = socket(to->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0), room = ROOM;

	if (fd < 0)
		ask_fail("socket: %s", strerror(errno));
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	if (o->from) {
		from = address(o->from, "0");
		if (bind(fd, from->ai_addr, from->ai_addrlen) < 0)
			ask_fail("--from %s: %s", o->from, strerror(errno));
		freeaddrinfo(from);
	}
	/* connected: another host's answers do not get here */
	if (connect(fd, to->ai_addr, to->ai_addrlen) < 0)
		ask_fail("--server %s: %s", o->server, strerror(errno));
	freeaddrinfo(to);
	return fd;
}

/* Sends them; what cannot be sent is lost in time. */
static void send_all(struct client *c, struct line *line, struct mmsghdr *messages, unsigned count)
{
	unsigned done = 0, tries = 0;

	while (done < count) {
		int n = sendmmsg(line->fd, messages + done, count - done, 0);

		if (n > 0) {
			done += (unsigned)n;
			tries = 0;
		} else if (errno == ECONNREFUSED && tries++ < 4) {
			c->report.refused++; /* of an earlier one: this one was not sent yet */
		} else if (errno != EINTR) {
			c->report.unsent++;
			done++;
			tries = 0;
		}
	}
}

static void send_batch(struct client *c, unsigned count)
{
	static uint8_t data[BATCH][ASK_QUERY_MAX];
	unsigned index = c->next_line++ % c->o.sockets;
	struct line *line = &c->lines[index];
	struct mmsghdr messages[BATCH] = {0};
	struct iovec parts[BATCH];
	uint64_t now = ask_now();

	for (unsigned i = 0; i < count; i++) {
		uint32_t number = (uint32_t)(c->next_question++ % c->questions.count);
		const struct ask_question *q = &c->questions.all[number];
		uint16_t id = line->next_id++;

		memcpy(data[i], q->query, q->len);
		data[i][0] = (uint8_t)(id >> 8);
		data[i][1] = (uint8_t)id;
		line->slot[id] = (struct slot){now, number, WAITING};
		c->order[c->tail++ % ASK_WAITING_MAX] = index << 16 | id;
		parts[i] = (struct iovec){data[i], q->len};
		messages[i].msg_hdr.msg_iov = &parts[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	c->waiting += count;
	c->report.sent += count;
	send_all(c, line, messages, count);
}

static void lose(struct client *c, struct slot *slot)
{
	slot->state = LOST;
	c->waiting--;
	c->report.lost++;
}

static bool overdue(const struct client *c, const struct slot *slot, uint64_t now)
{
	return now - slot->sent > (uint64_t)(c->o.wait * 1e9);
}

static void take(struct client *c, struct line *line, const uint8_t *data, size_t len, uint64_t now)
{
	struct slot *slot;
	struct ask_question *q;

	if (len < 2) {
		c->report.strays++;
		return;
	}
	slot = &line->slot[data[0] << 8 | data[1]];
	if (slot->state == WAITING && overdue(c, slot, now))
		lose(c, slot);
	if (slot->state == UNUSED) {
		c->report.strays++;
	} else if (slot->state == ANSWERED) {
		c->report.duplicates++;
	} else if (slot->state == LOST) {
		c->report.late++;
		slot->state = ANSWERED;
	} else {
		q = &c->questions.all[slot->question];
		slot->state = ANSWERED;
		c->waiting--;
		ask_parse(data, len, q, &c->answer);
		ask_seen(&c->report, q, &c->answer, slot->sent, now);
	}
}

static void receive(struct client *c, struct line *line)
{
	static uint8_t data[BATCH][ASK_MESSAGE_MAX];
	struct mmsghdr messages[BATCH];
	struct iovec parts[BATCH];
	int n;

	do {
		memset(messages, 0, sizeof(messages));
		for (unsigned i = 0; i < BATCH; i++) {
			parts[i] = (struct iovec){data[i], ASK_MESSAGE_MAX};
			messages[i].msg_hdr.msg_iov = &parts[i];
			messages[i].msg_hdr.msg_iovlen = 1;
		}
		n = recvmmsg(line->fd, messages, BATCH, MSG_DONTWAIT, NULL);
		if (n < 0 && errno == ECONNREFUSED)
			c->report.refused++;
		for (int i = 0; i < n; i++)
			take(c, line, data[i], messages[i].msg_len, ask_now());
	} while (n == BATCH || (n < 0 && (errno == ECONNREFUSED || errno == EINTR)));
}

/* Queries whose time is over are lost; they are in the order of their times. */
static void expire(struct client *c, uint64_t now)
{
	while (c->head != c->tail) {
		uint32_t entry = c->order[c->head % ASK_WAITING_MAX];
		struct slot *slot = &c->lines[entry >> 16].slot[entry & 0xffff];

		if (slot->state == WAITING && !overdue(c, slot, now))
			return;
		if (slot->state == WAITING)
			lose(c, slot);
		c->head++;
	}
}

/* Waits until then, or for something to come, and takes it. False: the end of our input. */
static bool wait_until(struct client *c, uint64_t then)
{
	struct pollfd fds[ASK_SOCKETS_MAX + 1];
	uint64_t now = ask_now();
	struct timespec left = {0};
	bool more = true;
	char buffer[64];

	if (then > now) {
		left.tv_sec = (time_t)((then - now) / 1000000000);
		left.tv_nsec = (long)((then - now) % 1000000000);
	}
	for (unsigned i = 0; i < c->o.sockets; i++)
		fds[i] = (struct pollfd){.fd = c->lines[i].fd, .events = POLLIN};
	fds[c->o.sockets] =
		(struct pollfd){.fd = c->o.until_eof ? STDIN_FILENO : -1, .events = POLLIN};
	if (ppoll(fds, c->o.sockets + 1, &left, NULL) > 0) {
		for (unsigned i = 0; i < c->o.sockets; i++)
			if (fds[i].revents)
				receive(c, &c->lines[i]);
		if (fds[c->o.sockets].revents)
			more = read(STDIN_FILENO, buffer, sizeof(buffer)) > 0;
	}
	expire(c, ask_now());
	return more;
}

/* Queries there is room for, of those that are due. */
static unsigned allowed(const struct client *c, uint64_t due)
{
	uint64_t room = c->waiting < c->o.outstanding ? c->o.outstanding - c->waiting : 0;

	if (room > ASK_WAITING_MAX - (c->tail - c->head))
		room = ASK_WAITING_MAX - (c->tail - c->head);
	if (due > room)
		due = room;
	return due > BATCH ? BATCH : (unsigned)due;
}

/* Of the queries whose time has come, sends what may be sent; when to look again. */
static uint64_t send_due(struct client *c, uint64_t total)
{
	struct ask_report *r = &c->report;
	double interval = 1e9 / c->o.rate;
	uint64_t now = ask_now(), next;
	uint64_t due = (uint64_t)((double)(now - r->started) / interval) + 1;
	unsigned count;

	due = (due < total ? due : total) - r->sent;
	next = r->started + (uint64_t)((double)r->sent * interval);
	if (due > 0 && now > next && now - next > r->behind)
		r->behind = now - next;
	count = allowed(c, due);
	if (count > 0)
		send_batch(c, count);
	if (count < due) /* what has come is taken first, or has to come first */
		return count > 0 ? now : now + TICK_NS;
	next = r->started + (uint64_t)((double)r->sent * interval);
	return interval < TICK_NS && next < now + TICK_NS ? now + TICK_NS : next;
}

static void run(struct client *c)
{
	uint64_t total = (uint64_t)(c->o.rate * c->o.seconds + 0.5), next;
	struct ask_report *r = &c->report;

	r->started = ask_now();
	while (r->sent < total && !stopped) {
		next = send_due(c, total);
		do /* what comes meanwhile does not hasten the next one */
			if (!wait_until(c, next))
				stopped = 1;
		while (ask_now() < next && !stopped);
	}
	r->seconds = (double)(ask_now() - r->started) / 1e9;
	while (c->waiting > 0)
		wait_until(c, ask_now() + 1000000);
}

/* A little longer, for answers that come twice, and late ones. */
static void linger(struct client *c)
{
	uint64_t end = ask_now() + 50000000;

	while (ask_now() < end)
		wait_until(c, end);
}

static uint64_t dropped(const struct line *line)
{
	uint32_t info[SK_MEMINFO_VARS] = {0};
	socklen_t len = sizeof(info);

	if (getsockopt(line->fd, SOL_SOCKET, SO_MEMINFO, info, &len) < 0)
		return 0;
	return info[SK_MEMINFO_DROPS];
}

static void set_up(struct client *c)
{
	struct sigaction action = {.sa_handler = on_signal};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	if (c->o.names)
		ask_read(&c->questions, c->o.names, c->o.edns);
	else
		ask_add_watched(&c->questions, c->o.watch[0], c->o.watch[1], c->o.edns);
	c->report.watch = c->o.watch[0];
	if (c->o.runs) {
		c->report.runs = fopen(c->o.runs, "w");
		if (!c->report.runs)
			ask_fail("--runs %s: %s", c->o.runs, strerror(errno));
	}
	c->lines = calloc(c->o.sockets, sizeof(*c->lines));
	if (!c->lines)
		ask_fail("no memory");
	for (unsigned i = 0; i < c->o.sockets; i++)
		c->lines[i].fd = open_socket(&c->o);
}

int main(int argc, char **argv)
{
	struct client *c = calloc(1, sizeof(*c));
	struct ask_report *r = &c->report;

	if (!c)
		ask_fail("no memory");
	ask_read_options(&c->o, argc, argv);
	set_up(c);
	run(c);
	linger(c);
	for (unsigned i = 0; i < c->o.sockets; i++)
		r->dropped += dropped(&c->lines[i]);
	ask_end_runs(r, &c->questions);
	if (r->runs && fclose(r->runs) != 0)
		ask_fail("--runs %s: %s", c->o.runs, strerror(errno));
	ask_print(r);
	if (c->o.json && !ask_write_json(r, c->o.json))
		ask_fail("--json %s: %s", c->o.json, strerror(errno));
	return r->sent > 0 && !r->lost && !r->wrong ? 0 : 1;
}
