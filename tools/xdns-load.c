// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A DNS load generator for one core: millions of queries a second out of one
 * interface, answers counted where they arrive. `xdns-load --help`.
 *
 * The queries are made by a BPF program (xdns-load.bpf.c) that the kernel runs for each frame
 * of BPF_PROG_TEST_RUN with live frames, Linux 5.18 or later. That call lasts for the whole run; a
 * second thread ends it by a signal.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <getopt.h>
#include <ifaddrs.h>
#include <linux/if_link.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>

#include "compat.h"
#include "util.h"
#include "xdns-load-report.h"
#include "xdns-load-setup.h"
#include "xdns-load.skel.h"

#define SECONDS_MAX   3600
#define SETUP_NS      (5 * NSEC_PER_SEC) /* more than the kernel needs to start and to end a run */
#define QUIET_NS      (300 * NSEC_PER_MSEC) /* no answer for so long: no more will come */
#define LIVE_FRAMES   (1U << 1)		    /* BPF_F_TEST_XDP_LIVE_FRAMES, for older headers */
#define BATCH_MAX     256
#define BATCH_UNPACED 64
#define BATCH_PACED   8 /* frames leave when a batch is complete */

struct options {
	struct load_ends ends;
	const char *queries;
	double seconds;
	unsigned long rate, window, edns, batch;
	int cpu;
	bool lab, json, latency;
};

static volatile sig_atomic_t interrupted;

static void usage(FILE *out)
{
	fputs("usage: xdns-load --dev IFACE --server IP --queries FILE --seconds S [OPTION]...\n"
	      "Sends DNS queries out of an interface and counts the answers that come back there.\n"
	      "\n"
	      "  --dev IFACE          Ethernet device (veth, or a driver with ndo_xdp_xmit)\n"
	      "  --server IP          IPv4 or IPv6\n"
	      "  --queries FILE       one \"NAME TYPE\" a line, sent in this order, round and "
	      "round\n"
	      "  --seconds S          up to 3600\n"
	      "  --rate PPS           queries a second (default: as many as the core can make)\n"
	      "  --window N           no more than N queries without an answer\n"
	      "  --port N             the server's (default 53)\n"
	      "  --server-mac MAC     default: from the neighbour table\n"
	      "  --source IP[/COUNT]  sources, COUNT from IP on (default: the device's address);\n"
	      "                       the server's host needs a route to them through this device\n"
	      "  --edns SIZE          with an OPT record\n"
	      "  --latency            percentiles of the time from frame sent to frame received\n"
	      "  --batch N            frames a batch (default 64, with --rate 8, with --latency "
	      "1)\n"
	      "  --cpu N              run there; with a server in XDP on a veth that is the only "
	      "CPU\n"
	      "  --lab                allow the machine's own network namespace: this is a flood\n"
	      "  --json               the result as JSON\n"
	      "\n"
	      "An XDP program is attached to the device while this runs; it drops the answers and\n"
	      "passes the rest. A veth's far end has to run XDP or GRO (ethtool -K IFACE gro on).\n"
	      "Exit status 0 if anything was answered.\n",
	      out);
}

/* --- options ------------------------------------------------------------------ */

static int number(const char *name, const char *text, unsigned long low, unsigned long high,
		  unsigned long *ret)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || *end || end == text || *text == '-' || value < low || value > high)
		return load_complain(-EINVAL, "--%s %s: not a number from %lu to %lu", name, text,
				     low, high);
	*ret = value;
	return 0;
}

enum which_option {
	OPT_DEV,
	OPT_SERVER,
	OPT_QUERIES,
	OPT_SECONDS,
	OPT_RATE,
	OPT_WINDOW,
	OPT_PORT,
	OPT_MAC,
	OPT_SOURCE,
	OPT_EDNS,
	OPT_LATENCY,
	OPT_BATCH,
	OPT_CPU,
	OPT_LAB,
	OPT_JSON,
	OPT_HELP,
};

static const struct option long_options[] = {
	{"dev", required_argument, NULL, OPT_DEV},
	{"server", required_argument, NULL, OPT_SERVER},
	{"queries", required_argument, NULL, OPT_QUERIES},
	{"seconds", required_argument, NULL, OPT_SECONDS},
	{"rate", required_argument, NULL, OPT_RATE},
	{"window", required_argument, NULL, OPT_WINDOW},
	{"port", required_argument, NULL, OPT_PORT},
	{"server-mac", required_argument, NULL, OPT_MAC},
	{"source", required_argument, NULL, OPT_SOURCE},
	{"edns", required_argument, NULL, OPT_EDNS},
	{"latency", no_argument, NULL, OPT_LATENCY},
	{"batch", required_argument, NULL, OPT_BATCH},
	{"cpu", required_argument, NULL, OPT_CPU},
	{"lab", no_argument, NULL, OPT_LAB},
	{"json", no_argument, NULL, OPT_JSON},
	{"help", no_argument, NULL, OPT_HELP},
	{0},
};

static int seconds(const char *text, double *ret)
{
	char *end;
	double value = strtod(text, &end);

	if (*end || end == text || !(value > 0 && value <= SECONDS_MAX))
		return load_complain(-EINVAL, "--seconds %s: not a number up to %d", text,
				     SECONDS_MAX);
	*ret = value;
	return 0;
}

/* 0, a negative errno, or 1: help was asked for */
static int take_option(enum which_option which, const char *name, struct options *o)
{
	unsigned long value = 0;
	int r = 0;

	switch (which) {
	case OPT_DEV:
		o->ends.device = optarg;
		break;
	case OPT_SERVER:
		o->ends.server = optarg;
		break;
	case OPT_QUERIES:
		o->queries = optarg;
		break;
	case OPT_SECONDS:
		return seconds(optarg, &o->seconds);
	case OPT_RATE:
		return number(name, optarg, 1, 100000000, &o->rate);
	case OPT_WINDOW:
		return number(name, optarg, 1, LOAD_IDS / 2, &o->window);
	case OPT_PORT:
		r = number(name, optarg, 1, 65535, &value);
		o->ends.port = value;
		return r;
	case OPT_MAC:
		o->ends.server_mac = optarg;
		break;
	case OPT_SOURCE:
		o->ends.source = optarg;
		break;
	case OPT_EDNS:
		return number(name, optarg, 512, 65535, &o->edns);
	case OPT_LATENCY:
		o->latency = true;
		break;
	case OPT_BATCH:
		return number(name, optarg, 1, BATCH_MAX, &o->batch);
	case OPT_CPU:
		r = number(name, optarg, 0, CPUS_MAX - 1, &value);
		o->cpu = value;
		return r;
	case OPT_LAB:
		o->lab = true;
		break;
	case OPT_JSON:
		o->json = true;
		break;
	case OPT_HELP:
		usage(stdout);
		return 1;
	}
	return 0;
}

static int options_parse(int argc, char **argv, struct options *o)
{
	int c, index = 0, r;

	while ((c = getopt_long(argc, argv, "", long_options, &index)) != -1) {
		r = c == '?' ? -EINVAL : take_option(c, long_options[index].name, o);
		if (r)
			return r;
	}
	if (optind < argc || !o->ends.device || !o->ends.server || !o->queries || !o->seconds)
		return load_complain(-EINVAL, "--dev, --server, --queries and --seconds are needed "
					      "(--help)");
	if (!o->batch)
		o->batch = o->latency ? 1 : o->rate ? BATCH_PACED : BATCH_UNPACED;
	return 0;
}

/*
 * Is this the namespace of the machine, or that of a container's first process? Where process 1
 * may not be looked at: these settings exist in the initial namespace only.
 */
static bool is_own_namespace(void)
{
	struct stat own, first;

	if (stat("/proc/self/ns/net", &own) == 0 && stat("/proc/1/ns/net", &first) == 0)
		return own.st_ino == first.st_ino && own.st_dev == first.st_dev;
	return access("/proc/sys/net/core/somaxconn", F_OK) != 0 ||
	       access("/proc/sys/net/core/netdev_budget", F_OK) == 0;
}

static int check_namespace(bool lab)
{
	if (lab || !is_own_namespace())
		return 0;
	return load_complain(-EPERM, "this is the machine's own network namespace, and this is a "
				     "flood of queries: use ip netns exec, or --lab if the network "
				     "is a lab's");
}

/* --- programs ----------------------------------------------------------------- */

static int quiet(enum libbpf_print_level level, const char *fmt, va_list args)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, fmt, args) : 0;
}

static int fill_queries(struct xdns_load *skel, const struct load_file *f)
{
	size_t page = sysconf(_SC_PAGESIZE),
	       len = (f->slot_size * f->count + page - 1) / page * page;
	void *map = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED,
			 bpf_map__fd(skel->maps.queries), 0);

	if (map == MAP_FAILED)
		return load_complain(-errno, "cannot map the queries: %s", strerror(errno));
	memcpy(map, f->slots, f->slot_size * f->count);
	munmap(map, len);
	return 0;
}

static int load_programs(const struct options *o, const struct load_file *f,
			 struct load_config *config, struct xdns_load **ret)
{
	struct xdns_load *skel = xdns_load__open();
	int r;

	if (!skel)
		return load_complain(-errno, "the BPF programs: %s", strerror(errno));
	config->duration = o->seconds * NSEC_PER_SEC;
	config->rate = o->rate;
	config->window = o->window;
	config->latency = o->latency;
	config->queries = f->count;
	config->message_max = f->message_max;
	memcpy((void *)&skel->rodata->cfg, config, sizeof(*config));
	bpf_map__set_value_size(skel->maps.queries, f->slot_size);
	bpf_map__set_max_entries(skel->maps.queries, f->count);
	r = xdns_load__load(skel);
	if (r)
		load_complain(r,
			      "the kernel does not take the BPF programs: %s (root? Linux 5.18?)",
			      strerror(-r));
	else
		r = fill_queries(skel, f);
	if (r)
		xdns_load__destroy(skel);
	else
		*ret = skel;
	return r;
}

/* Natively where possible; the link ends with this process, however that ends. */
static int attach(struct xdns_load *skel, const struct options *o, unsigned int ifindex)
{
	static const unsigned int modes[] = {XDP_FLAGS_DRV_MODE, XDP_FLAGS_SKB_MODE};
	int fd = -1;

	for (size_t i = 0; i < ARRAY_SIZE(modes) && fd < 0; i++) {
		LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = modes[i]);

		fd = bpf_link_create(bpf_program__fd(skel->progs.load_count), ifindex, BPF_XDP,
				     &opts);
		if (fd == -EBUSY || fd == -EEXIST)
			break;
		if (fd >= 0 && i > 0)
			fprintf(stderr,
				"xdns-load: %s has no native XDP, answers are counted in "
				"generic mode\n",
				o->ends.device);
	}
	if (fd < 0)
		return load_complain(fd, "cannot attach XDP to %s: %s%s", o->ends.device,
				     strerror(-fd),
				     fd == -EBUSY || fd == -EEXIST
					     ? " (remove what is there: ip link set IFACE xdp off)"
					     : "");
	return fd;
}

/* --- the run ------------------------------------------------------------------ */

/* Ends the kernel's loop by a signal when it is done, or somebody has had enough. */
struct watch {
	pthread_t sender;
	struct load_run *run;
	uint64_t limit;
	bool over;
};

static void on_signal(int number_)
{
	if (number_ != SIGUSR1)
		interrupted = 1;
}

static void *watch(void *arg)
{
	struct watch *w = arg;
	const struct timespec pause = {.tv_nsec = 5 * NSEC_PER_MSEC};

	while (!xdns_read_once(w->over)) {
		nanosleep(&pause, NULL);
		if (interrupted || now_ns() > w->limit)
			xdns_write_once(w->run->done, 1);
		if (xdns_read_once(w->run->done))
			pthread_kill(w->sender, SIGUSR1);
	}
	return NULL;
}

static int send_all(struct xdns_load *skel, const struct options *o, const struct load_file *f)
{
	static uint8_t frame[LOAD_HEAD_CAP + LOAD_MESSAGE_CAP];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame,
		    .data_size_in = load_head_len(skel->rodata->cfg.v6) + f->message_usual,
		    .repeat = INT32_MAX, .flags = LIVE_FRAMES, .batch_size = o->batch);
	struct watch w = {.sender = pthread_self(),
			  .run = &skel->bss->run,
			  .limit = now_ns() + o->seconds * NSEC_PER_SEC + SETUP_NS};
	struct sigaction action = {.sa_handler = on_signal}; /* no SA_RESTART */
	pthread_t thread;
	int r;

	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	r = -pthread_create(&thread, NULL, watch, &w);
	if (r)
		return load_complain(r, "no thread: %s", strerror(-r));
	do {
		r = bpf_prog_test_run_opts(bpf_program__fd(skel->progs.load_send), &opts);
	} while ((r == 0 || r == -EINTR || r == -EAGAIN) && !xdns_read_once(w.run->done));
	xdns_write_once(w.over, true);
	pthread_join(thread, NULL);
	if (r && r != -EINTR)
		return load_complain(r, "live frames: %s (BPF_F_TEST_XDP_LIVE_FRAMES, Linux 5.18)",
				     strerror(-r));
	return 0;
}

static int read_answers(struct xdns_load *skel, struct load_result *ret)
{
	int cpus = libbpf_num_possible_cpus();
	_cleanup_free_ struct load_answers *all = calloc(cpus > 0 ? cpus : 1, sizeof(*all));
	uint32_t zero = 0;

	if (!all || cpus <= 0 || bpf_map_lookup_elem(bpf_map__fd(skel->maps.answers), &zero, all))
		return load_complain(-EIO, "cannot read the counters");
	memset(&ret->sum, 0, sizeof(ret->sum));
	ret->answered = 0;
	for (int cpu = 0; cpu < cpus && cpu < CPUS_MAX; cpu++) {
		uint64_t *sum = (uint64_t *)&ret->sum, *add = (uint64_t *)&all[cpu];

		for (size_t i = 0; i < sizeof(ret->sum) / sizeof(*sum); i++)
			sum[i] += add[i];
		ret->by_cpu[cpu] = all[cpu].reflected;
		for (int i = 0; i < 16; i++)
			ret->by_cpu[cpu] += all[cpu].rcode[i];
		ret->answered += ret->by_cpu[cpu];
	}
	return 0;
}

/* The last answers are still on their way. */
static int wait_for_answers(struct xdns_load *skel, struct load_result *ret)
{
	const struct timespec pause = {.tv_nsec = 5 * NSEC_PER_MSEC};
	uint64_t last = 0, since = now_ns();
	int r;

	for (;;) {
		r = read_answers(skel, ret);
		if (r || ret->answered >= skel->bss->run.sent || now_ns() - since > QUIET_NS)
			return r;
		if (ret->answered != last)
			since = now_ns();
		last = ret->answered;
		nanosleep(&pause, NULL);
	}
}

static uint64_t dropped_by(const char *device)
{
	struct ifaddrs *all, *i;
	uint64_t dropped = 0;

	if (getifaddrs(&all))
		return 0;
	for (i = all; i; i = i->ifa_next)
		if (i->ifa_addr && i->ifa_addr->sa_family == AF_PACKET && i->ifa_data &&
		    strcmp(i->ifa_name, device) == 0)
			dropped = ((struct rtnl_link_stats *)i->ifa_data)->tx_dropped;
	freeifaddrs(all);
	return dropped;
}

static double cpu_seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static int run(struct xdns_load *skel, const struct options *o, const struct load_file *f,
	       struct load_result *ret)
{
	const struct load_run *run = &skel->bss->run;
	uint64_t dropped = dropped_by(o->ends.device);
	double cpu = cpu_seconds();
	int r = send_all(skel, o, f);

	if (!r)
		r = wait_for_answers(skel, ret);
	if (r)
		return r;
	ret->cpu_seconds = cpu_seconds() - cpu;
	ret->dropped = (uint32_t)(dropped_by(o->ends.device) - dropped);
	ret->seconds = (run->last - run->first) / 1e9;
	ret->run = *run;
	if (o->latency)
		ret->latency = skel->bss->latency;
	return 0;
}

/* --- the end --------------------------------------------------------------------- */

static int report(const struct options *o, const struct load_result *r)
{
	if (!r->run.sent || r->seconds <= 0)
		return load_complain(-EIO, "nothing was sent: interrupted too early?");
	if (o->json)
		load_print_json(r);
	else
		load_print_text(r);
	if (!r->answered)
		return load_complain(-EIO,
				     "no answer at all. Does %s port %u serve? Is the far end of "
				     "a veth without XDP and GRO (ethtool -K IFACE gro on)? Has "
				     "the server's host a route to the source?",
				     o->ends.server, o->ends.port);
	return 0;
}

static int load(const struct options *o, const struct load_file *f)
{
	struct xdns_load *skel = NULL;
	struct load_config config = {0};
	static struct load_result result;
	_cleanup_close_ int link = -1;
	int r = load_ends_find(&o->ends, &config);

	if (!r)
		r = load_programs(o, f, &config, &skel);
	if (r)
		return r;
	link = attach(skel, o, config.ifindex);
	r = link < 0 ? link : run(skel, o, f, &result);
	if (!r)
		r = report(o, &result);
	xdns_load__destroy(skel);
	return r;
}

int main(int argc, char **argv)
{
	struct options o = {.ends = {.port = 53}, .cpu = -1};
	struct load_file file = {0};
	cpu_set_t set;
	int r = options_parse(argc, argv, &o);

	if (r)
		return r < 0 ? 2 : 0;
	libbpf_set_print(quiet);
	CPU_ZERO(&set);
	if (o.cpu >= 0)
		CPU_SET(o.cpu, &set);
	if (o.cpu >= 0 && sched_setaffinity(0, sizeof(set), &set))
		return load_complain(1, "--cpu %d: %s", o.cpu, strerror(errno));
	r = check_namespace(o.lab);
	if (!r)
		r = load_file_read(o.queries, o.edns, &file);
	if (!r)
		r = load(&o, &file);
	load_file_free(&file);
	return r ? 1 : 0;
}
