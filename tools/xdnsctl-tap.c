// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "xdnsctl-tap.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kernel_internal.h"
#include "util.h"
#include "xdnsctl-links.h"
#include "xdnsctl-tap.skel.h"

#define FOLLOW_NS NSEC_PER_SEC /* between two looks for another program */
#define LOOKING_NS                                                                                 \
	(10 * NSEC_PER_SEC) /* nobody looks any more if he has not said so for so long             \
			     */

struct tap {
	const struct ctl *ctl;
	struct tap_options options;
	struct xdnsctl_tap *skel;
	struct ring_buffer *ring;
	struct links links;
	uint32_t program;	/* its number (id) */
	uint64_t looked_ns;	/* when for another program */
	struct tap_counts gone; /* of programs before */
	tap_fn fn;		/* during tap_read() */
	void *ctx;
};

static int on_frame(void *ctx, void *data, size_t size)
{
	struct tap *t = ctx;
	const struct tap_frame *f = data;

	if (size < TAP_FRAME_HEAD || f->kept > size - TAP_FRAME_HEAD || !t->fn)
		return 0;
	return t->fn(t->ctx, f);
}

/* frags: a program for frames of several buffers is run by such a one only. */
static int load(struct tap *t, int program, bool frags, struct xdnsctl_tap **ret)
{
	_cleanup_close_ int counters = program_map(program, "counters");
	struct xdnsctl_tap *skel = xdnsctl_tap__open();
	uint32_t zero = 0;
	int r;

	if (!skel)
		return -errno;
	r = counters < 0 ? counters : bpf_map__reuse_fd(skel->maps.counters, counters);
	skel->rodata->rules = t->options.rules;
	skel->data->control.every = t->options.every;
	skel->data->control.until = boot_now_ns() + LOOKING_NS;
	if (frags)
		bpf_program__set_flags(skel->progs.mesos_xdns, BPF_F_XDP_HAS_FRAGS);
	if (!r)
		r = xdnsctl_tap__load(skel);
	if (!r && bpf_map_update_elem(bpf_map__fd(skel->maps.daemons), &zero, &program, BPF_ANY))
		r = -errno;
	if (r)
		xdnsctl_tap__destroy(skel);
	else
		*ret = skel;
	return r;
}

static void detach(struct tap *t)
{
	struct tap_counts counts = tap_counts(t);

	links_give_back(&t->links);
	if (t->ring)
		ring_buffer__consume(t->ring);
	ring_buffer__free(t->ring);
	xdnsctl_tap__destroy(t->skel);
	t->gone = counts;
	t->ring = NULL;
	t->skel = NULL;
}

/* In front of the program of this state. */
static int attach(struct tap *t, const struct kernel_peeked *zone)
{
	_cleanup_close_ int program = ctl_program(&zone->state);
	int r;

	if (program < 0)
		return program;
	t->program = zone->state.program;
	t->options.rules.port = zone->config.port;
	r = load(t, program, false, &t->skel);
	if (r == -EINVAL)
		r = load(t, program, true, &t->skel);
	if (r)
		return r;
	t->ring = ring_buffer__new(bpf_map__fd(t->skel->maps.ring), on_frame, t, NULL);
	r = t->ring ? links_take(t->ctl->bpf_dir, program,
				 bpf_program__fd(t->skel->progs.mesos_xdns), &t->links)
		    : -errno;
	if (r)
		detach(t);
	return r;
}

/* A daemon that starts, or whose zone outgrew its maps, brings another program. */
static void follow(struct tap *t)
{
	struct kernel_peeked zone;

	if (now_ns() - t->looked_ns < FOLLOW_NS)
		return;
	t->looked_ns = now_ns();
	if (t->skel)
		__atomic_store_n(&t->skel->data->control.until, boot_now_ns() + LOOKING_NS,
				 __ATOMIC_RELAXED);
	if (kernel_peek(t->ctl->bpf_dir, NULL, NULL, &zone) ||
	    (t->skel && zone.state.program == t->program))
		return;
	detach(t);
	attach(t, &zone);
}

int tap_open(const struct ctl *c, const struct tap_options *o, struct tap **ret)
{
	struct kernel_peeked zone;
	struct tap *t;
	int r = ctl_read_zone(c, NULL, NULL, NULL, &zone);

	if (r)
		return ctl_fail_pins(c, r);
	t = calloc(1, sizeof(*t));
	if (!t)
		return ctl_fail("no memory");
	*t = (struct tap){.ctl = c, .options = *o, .looked_ns = now_ns()};
	r = attach(t, &zone);
	if (r) {
		free(t);
		if (r == -EPERM || r == -EACCES)
			return ctl_fail_pins(c, r);
		if (r == -ENOENT)
			return ctl_fail("%s: the program of these maps is gone: start the daemon",
					c->bpf_dir);
		if (r == -EBUSY)
			return ctl_fail("%s: another xdnsctl looks at this program: one at a time",
					c->bpf_dir);
		if (r == -ENOLINK)
			return ctl_fail("%s: the program is attached to no interface", c->bpf_dir);
		return ctl_fail("the program cannot be looked at: %s", strerror(-r));
	}
	*ret = t;
	return CTL_OK;
}

int tap_read(struct tap *t, tap_fn fn, void *ctx)
{
	int r;

	t->fn = fn;
	t->ctx = ctx;
	r = t->ring ? ring_buffer__consume(t->ring) : 0;
	if (r >= 0)
		follow(t);
	t->fn = NULL;
	return r < 0 ? r : 0;
}

void tap_set_every(struct tap *t, uint32_t every)
{
	t->options.every = every;
	if (t->skel)
		__atomic_store_n(&t->skel->data->control.every, every, __ATOMIC_RELAXED);
}

struct tap_counts tap_counts(const struct tap *t)
{
	struct tap_counts c = t->gone;

	if (t->skel) {
		c.looked += __atomic_load_n(&t->skel->data->control.looked, __ATOMIC_RELAXED);
		c.lost += __atomic_load_n(&t->skel->data->control.lost, __ATOMIC_RELAXED);
	}
	return c;
}

void tap_close(struct tap *t)
{
	if (!t)
		return;
	detach(t);
	free(t);
}
