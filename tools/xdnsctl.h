/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * xdnsctl: what mesos-xdns has pinned, for people and scripts. It reads the pins and asks the
 * loaded program, so that it works without the daemon. The files of tools/xdnsctl*.c share this.
 */
#ifndef XDNS_TOOLS_XDNSCTL_H
#define XDNS_TOOLS_XDNSCTL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel.h"

/* Exit statuses; docs/xdnsctl.8 has them for people. */
enum ctl_exit {
	CTL_OK = 0,
	CTL_NOT = 1,	/* no such name or data; not serving; a bad file; a probe failed */
	CTL_ERROR = 2,	/* wrong arguments, no pins, no permission */
	CTL_PASSED = 3, /* lookup: the program leaves the question to userspace */
};

#define BPF_DIR_DEFAULT "/sys/fs/bpf/mesos-xdns"

struct ctl {
	const char *bpf_dir;	  /* doctor: NULL unless --bpf-dir was given */
	const char *config_file;  /* NULL: not given */
	const struct config *cfg; /* of that file; NULL: none */
	double interval;	  /* seconds between two looks at the counters */
	const char *url;	  /* of the HTTP API; NULL: as the configuration has it */
	const char *token_file;	  /* NULL: the same */
	const char *ca_file;
	double seconds;		/* how long it goes on; 0: until it is ended */
	const char *write_file; /* NULL: none */
	const char *name;	/* NULL: any */
	const char *reasons;	/* outcomes, with commas between them; NULL: of frames for us */
	uint32_t count;		/* frames; 0: no limit */
	uint32_t every;		/* one frame of so many; 0: not given */
	bool json;
};

/* One resource record as text. */
struct ctl_rr {
	char *owner, *data; /* owned */
	uint32_t ttl;
	uint16_t type;
};

struct ctl_rrs {
	struct ctl_rr *list;
	size_t count, cap;
};

/* What stands in a DNS message. */
struct ctl_message {
	unsigned rcode;
	bool truncated;
	struct ctl_rrs answer, authority, additional; /* without OPT */
};

#define CONFIG_DEFAULT "/etc/mesos-xdns/config.json" /* if none is named, and it is there */

/* The commands: argv holds what follows the command's name. They return an enum ctl_exit. */
int ctl_lookup(const struct ctl *c, int argc, char **argv);
int ctl_status(const struct ctl *c, int argc, char **argv);
int ctl_diff(const struct ctl *c, int argc, char **argv);
int ctl_top(const struct ctl *c, int argc, char **argv);
int ctl_dump(const struct ctl *c, int argc, char **argv);
int ctl_counters(const struct ctl *c, int argc, char **argv);
int ctl_check_config(const struct ctl *c, int argc, char **argv);
int ctl_watch(const struct ctl *c, int argc, char **argv);
int ctl_doctor(const struct ctl *c, int argc, char **argv);
int ctl_capture(const struct ctl *c, int argc, char **argv);
int ctl_explain(const struct ctl *c, int argc, char **argv);
int ctl_conflicts(const struct ctl *c, int argc, char **argv);

/* xdnsctl-api.c */
#define CTL_HTTP_PORT	  8123
#define CTL_API_ERROR_MAX 512
/* Where a daemon of this configuration is asked, from its host. cfg: NULL: the default one. */
void ctl_api_url(const struct config *cfg, const char *path, char *ret, size_t size);
/* What is answered, within so many seconds; NULL: error says why. */
char *ctl_api_text(const struct ctl *c, const char *path, unsigned seconds,
		   char error[CTL_API_ERROR_MAX]); /* to be freed */
json_t *ctl_api_get(const struct ctl *c, const char *path, unsigned seconds,
		    char error[CTL_API_ERROR_MAX]);
/* The same; what fails is said on stderr. */
/*
 * A stream: fn gets its octets, as curl's write function; header: a line more, or NULL. Returns
 * when it ends, -EIO: when it breaks; -EAGAIN: the daemon cannot now; -EINVAL: nor later.
 */
typedef size_t (*ctl_api_fn)(char *data, size_t size, size_t count, void *ctx);
int ctl_api_follow(const struct ctl *c, const char *path, const char *header, ctl_api_fn fn,
		   void *ctx, char error[CTL_API_ERROR_MAX]);
json_t *ctl_api_must(const struct ctl *c, const char *path);

/* xdnsctl-maps.c */
/* One line on stderr; returns CTL_ERROR. */
int ctl_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The same of a kernel_peek() that failed by r: says what to do. */
int ctl_fail_pins(const struct ctl *c, int r);
/* All RRs of the zone; read again if the daemon changed it meanwhile, some times. */
int ctl_read_zone(const struct ctl *c, kernel_rr_fn fn, void (*again)(void *ctx), void *ctx,
		  struct kernel_peeked *ret);
/* ret: sums over the CPUs, or what one CPU counted; indices are enum xdns_counter. */
int ctl_read_counters(const struct ctl *c, int cpu, uint64_t ret[XDNS_COUNTERS_COUNT]);
#define CTL_ALL_CPUS (-1)
extern const char *const ctl_counter_names[XDNS_COUNTERS_COUNT];
extern const char *const ctl_counter_help[XDNS_COUNTERS_COUNT];
/* Were such frames questions to us? The others are the host's own business. */
static inline bool ctl_counter_is_ours(int counter)
{
	return counter <= XDNS_ANSWER_LAST || counter >= XDNS_pass_not_serving;
}
/* The loaded program of this state, or -errno. */
int ctl_program(const struct xdns_state *state);

/* xdnsctl-time.c */
void ctl_sleep(double seconds);
/* From here on SIGINT and SIGTERM (and SIGPIPE) only make ctl_ended() true. */
void ctl_watch_end(void);
bool ctl_ended(void);
/* "3.0 s", "2 min", "5 h", "9 days": as exact as a person wants it. */
const char *ctl_duration(double seconds, char buf[32]);

/* xdnsctl-message.c */
const char *ctl_type_name(uint16_t type, char buf[16]);
/* 0: unknown */
uint16_t ctl_type(const char *name);
const char *ctl_rcode_name(unsigned rcode);
/* Appends a record of the zone. rr->type is A, AAAA or SRV. */
int ctl_rrs_add(struct ctl_rrs *rrs, const uint8_t *owner, uint32_t ttl, const struct rr *rr);
void ctl_rrs_done(struct ctl_rrs *rrs);
/* -EBADMSG: it is none. ret is for ctl_message_done(), on failure, too. */
int ctl_message_read(const uint8_t *message, size_t len, struct ctl_message *ret);
void ctl_message_done(struct ctl_message *m);
/* The zone's SOA and NS, which no map has but the configuration. */
int ctl_apex(const struct kernel_peeked *p, struct ctl_rrs *ret);

/* xdnsctl-print.c */
void ctl_rrs_print(const struct ctl_rrs *rrs);
json_t *ctl_rrs_json(const struct ctl_rrs *rrs);
/* Takes over the value. */
void ctl_json_print(json_t *json);
/* Columns of the terminal, or what COLUMNS says; 0: no limit. */
size_t ctl_width(void);
/* Each line cut to the width. */
void ctl_print_cut(const char *text);
/* With line breaks between words; lines but the first are indented. */
void ctl_print_wrapped(const char *text, size_t indent);

#endif
