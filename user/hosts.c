// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "hosts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

/* How often a wait looks whether it was stopped. */
#define SLICE_NS (50 * NSEC_PER_MSEC)

/* One look-up, owned by two threads: who leaves last frees it. */
struct lookup {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	char *host;
	bool done, abandoned;
	int rc;
	struct address *list;
	size_t count;
};

static void lookup_free(struct lookup *l)
{
	pthread_cond_destroy(&l->changed);
	pthread_mutex_destroy(&l->lock);
	free(l->host);
	free(l->list);
	free(l);
}

static struct lookup *lookup_new(const char *host)
{
	struct lookup *l = calloc(1, sizeof(*l));
	pthread_condattr_t attr;

	if (!l)
		return NULL;
	l->host = strdup(host);
	if (!l->host) {
		free(l);
		return NULL;
	}
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&l->changed, &attr);
	pthread_condattr_destroy(&attr);
	pthread_mutex_init(&l->lock, NULL);
	return l;
}

static bool to_address(const struct addrinfo *ai, struct address *ret)
{
	struct address a = {0};

	a.family = (uint8_t)ai->ai_family;
	if (ai->ai_family == AF_INET)
		memcpy(a.bytes, &((const struct sockaddr_in *)ai->ai_addr)->sin_addr, 4);
	else if (ai->ai_family == AF_INET6)
		memcpy(a.bytes, &((const struct sockaddr_in6 *)ai->ai_addr)->sin6_addr, 16);
	else
		return false;
	*ret = a;
	return true;
}

static int copy_list(const struct addrinfo *found, struct lookup *l)
{
	size_t n = 0;

	for (const struct addrinfo *ai = found; ai; ai = ai->ai_next)
		n++;
	l->list = calloc(n ? n : 1, sizeof(*l->list));
	if (!l->list)
		return -ENOMEM;
	for (const struct addrinfo *ai = found; ai; ai = ai->ai_next)
		l->count += to_address(ai, &l->list[l->count]);
	return l->count > 0 ? 0 : -ENOENT;
}

static void *lookup_run(void *arg)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
	struct lookup *l = arg;
	bool abandoned;
	int rc = -ENOENT;

	if (getaddrinfo(l->host, NULL, &hints, &found) == 0) {
		rc = copy_list(found, l);
		freeaddrinfo(found);
	}
	pthread_mutex_lock(&l->lock);
	l->rc = rc;
	l->done = true;
	abandoned = l->abandoned;
	pthread_cond_signal(&l->changed);
	pthread_mutex_unlock(&l->lock);
	if (abandoned)
		lookup_free(l);
	return NULL;
}

static int lookup_start(struct lookup *l)
{
	pthread_attr_t attr;
	pthread_t thread;
	int rc;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	rc = pthread_create(&thread, &attr, lookup_run, l);
	pthread_attr_destroy(&attr);
	return -rc;
}

/* 0 when it is done; otherwise it is left to its thread. */
static int lookup_wait(struct lookup *l, const struct hosts *h)
{
	int rc = 0;

	pthread_mutex_lock(&l->lock);
	while (!l->done && rc == 0) {
		uint64_t until = now_ns();
		struct timespec ts;

		if (atomic_load(h->stop))
			rc = -ECANCELED;
		else if (until >= h->deadline_ns)
			rc = -ETIMEDOUT;
		if (rc < 0)
			break;
		until += SLICE_NS;
		ts.tv_sec = (time_t)(until / NSEC_PER_SEC);
		ts.tv_nsec = (long)(until % NSEC_PER_SEC);
		pthread_cond_timedwait(&l->changed, &l->lock, &ts);
	}
	l->abandoned = rc < 0;
	pthread_mutex_unlock(&l->lock);
	return rc;
}

int hosts_resolve(void *ctx, const char *host, struct address **ret_list, size_t *ret_count)
{
	const struct hosts *h = ctx;
	struct in_addr odd;
	struct lookup *l;
	int rc;

	if (atomic_load(h->stop))
		return -ECANCELED;
	if (now_ns() >= h->deadline_ns)
		return -ETIMEDOUT;
	/* getaddrinfo() would take "010.1" for 8.0.0.1; no name looks like that */
	if (inet_aton(host, &odd))
		return -ENOENT;
	l = lookup_new(host);
	if (!l)
		return -ENOMEM;
	rc = lookup_start(l);
	if (rc < 0) {
		lookup_free(l);
		return rc;
	}
	rc = lookup_wait(l, h);
	if (rc < 0)
		return rc;
	rc = l->rc;
	if (rc == 0) {
		*ret_list = TAKE_PTR(l->list);
		*ret_count = l->count;
	}
	lookup_free(l);
	return rc;
}
