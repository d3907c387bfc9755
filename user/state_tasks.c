// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "state_tasks.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "state_task.h"
#include "task_reader.h"
#include "util.h"

#define BATCH_FULL (128U << 10) /* octets */

/* Texts of tasks, each behind its length. */
struct batch {
	uint8_t *text;
	size_t len, room;
};

/* The reader's half belongs to the thread while `busy`, else to the caller. */
struct state_tasks {
	struct batch filling, reading;
	struct task_reader *reader;
	struct known_tasks *known;
	struct task **list;
	size_t count, room;
	struct cluster_skipped skipped;
	int rc;
	pthread_t thread;
	bool started;
	pthread_mutex_t lock; /* for what follows */
	pthread_cond_t changed;
	bool busy, stop;
};

int state_tasks_new(struct state_tasks **ret)
{
	struct state_tasks *t = calloc(1, sizeof(*t));
	int rc = t ? task_reader_new(&t->reader) : -ENOMEM;

	if (rc < 0) {
		free(t);
		return rc;
	}
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->changed, NULL);
	*ret = t;
	return 0;
}

void state_tasks_set_known(struct state_tasks *t, struct known_tasks *known)
{
	t->known = known;
}

static int read_one(struct state_tasks *t, const uint8_t *text, size_t len)
{
	int rc = array_reserve(&t->list, &t->room, t->count + 1, sizeof(struct task *));
	struct task *task = NULL;

	if (rc == 0)
		rc = task_read(t->reader, text, len, &t->skipped.ports, &task);
	if (rc == -EINVAL) {
		t->skipped.tasks++;
		return 0;
	}
	if (task)
		t->list[t->count++] = t->known ? known_tasks_same(t->known, task) : task;
	return rc;
}

static void read_batch(struct state_tasks *t, struct batch *b)
{
	size_t at = 0, len;

	while (at < b->len && t->rc == 0) {
		memcpy(&len, b->text + at, sizeof(len));
		at += sizeof(len);
		t->rc = read_one(t, b->text + at, len);
		at += len;
	}
	b->len = 0;
}

static void *run(void *arg)
{
	struct state_tasks *t = arg;
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	pthread_setname_np(pthread_self(), "mesos-tasks");
	pthread_mutex_lock(&t->lock);
	for (;;) {
		while (!t->busy && !t->stop)
			pthread_cond_wait(&t->changed, &t->lock);
		if (!t->busy)
			break;
		pthread_mutex_unlock(&t->lock);
		read_batch(t, &t->reading);
		pthread_mutex_lock(&t->lock);
		t->busy = false;
		pthread_cond_signal(&t->changed);
	}
	pthread_mutex_unlock(&t->lock);
	return NULL;
}

/* From here on the reader's half is the caller's. */
static void wait_for_reader(struct state_tasks *t)
{
	pthread_mutex_lock(&t->lock);
	while (t->busy)
		pthread_cond_wait(&t->changed, &t->lock);
	pthread_mutex_unlock(&t->lock);
}

static void hand_over(struct state_tasks *t)
{
	struct batch full = t->filling;

	if (!t->started)
		t->started = !pthread_create(&t->thread, NULL, run, t);
	if (!t->started) {
		read_batch(t, &t->filling);
		return;
	}
	wait_for_reader(t);
	t->filling = t->reading;
	t->reading = full;
	pthread_mutex_lock(&t->lock);
	t->busy = true;
	pthread_cond_signal(&t->changed);
	pthread_mutex_unlock(&t->lock);
}

int state_tasks_put(struct state_tasks *t, const uint8_t *text, size_t len)
{
	struct batch *b = &t->filling;
	int rc = array_reserve(&b->text, &b->room, b->len + sizeof(len) + len, 1);

	if (rc < 0)
		return rc;
	memcpy(b->text + b->len, &len, sizeof(len));
	memcpy(b->text + b->len + sizeof(len), text, len);
	b->len += sizeof(len) + len;
	if (b->len >= BATCH_FULL)
		hand_over(t);
	return 0;
}

static void clear(struct state_tasks *t)
{
	for (size_t i = 0; i < t->count; i++)
		cluster_task_free(t->list[i]);
	free(TAKE_PTR(t->list));
	t->count = t->room = 0;
	t->skipped = (struct cluster_skipped){0};
	t->rc = 0;
}

int state_tasks_end(struct state_tasks *t, struct task ***ret_list, size_t *ret_count,
		    struct cluster_skipped *skipped)
{
	int rc;

	wait_for_reader(t);
	read_batch(t, &t->filling);
	rc = t->rc;
	skipped->tasks += t->skipped.tasks;
	skipped->ports += t->skipped.ports;
	if (rc == 0) {
		*ret_list = TAKE_PTR(t->list);
		*ret_count = t->count;
		t->count = 0;
	}
	clear(t);
	return rc;
}

struct state_tasks *state_tasks_free(struct state_tasks *t)
{
	if (!t)
		return NULL;
	if (t->started) {
		pthread_mutex_lock(&t->lock);
		t->stop = true;
		pthread_cond_signal(&t->changed);
		pthread_mutex_unlock(&t->lock);
		pthread_join(t->thread, NULL);
	}
	clear(t);
	task_reader_free(t->reader);
	free(t->filling.text);
	free(t->reading.text);
	pthread_cond_destroy(&t->changed);
	pthread_mutex_destroy(&t->lock);
	free(t);
	return NULL;
}
