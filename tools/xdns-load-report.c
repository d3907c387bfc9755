// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "xdns-load-report.h"

#include <stdio.h>

/* The smallest latency in a bucket, in microseconds. */
static double bucket_us(unsigned int i)
{
	return i < 16 ? i / 1e3 : (double)((16 + i % 16) << (i / 16 - 1)) / 1e3;
}

/* The one at that share of the answers: its bucket's middle. */
static double percentile(const __u64 *latency, double share)
{
	uint64_t all = 0, so_far = 0;

	for (int i = 0; i < LOAD_BUCKETS; i++)
		all += latency[i];
	for (int i = 0; i < LOAD_BUCKETS; i++) {
		so_far += latency[i];
		if (so_far && so_far >= share * all)
			return (bucket_us(i) + bucket_us(i + 1)) / 2;
	}
	return 0;
}

static const char *const rcodes[16] = {
	"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN",  "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET",
	"NXRRSET", "NOTAUTH", "NOTZONE",  "DSOTYPENI", "12",	 "13",	    "14",	"15"};

void load_print_json(const struct load_result *r)
{
	const struct load_run *run = &r->run;
	const char *comma = "";

	printf("{\"sent\": %llu, \"answered\": %llu, \"lost\": %lld, \"seconds\": %.6f, ",
	       run->sent, (unsigned long long)r->answered, (long long)(run->sent - r->answered),
	       r->seconds);
	printf("\"sent_per_second\": %.0f, \"answered_per_second\": %.0f, \"rcodes\": {",
	       run->sent / r->seconds, r->answered / r->seconds);
	for (int i = 0; i < 16; i++) {
		if (r->sum.rcode[i])
			printf("%s\"%s\": %llu", comma, rcodes[i], r->sum.rcode[i]), comma = ", ";
	}
	printf("}, \"truncated\": %llu, \"empty\": %llu, \"reflected\": %llu, \"other\": %llu, ",
	       r->sum.truncated, r->sum.empty, r->sum.reflected, r->sum.other);
	printf("\"octets\": %llu, \"tx_dropped\": %llu, \"skipped\": %llu, \"cpu_seconds\": %.3f, ",
	       r->sum.octets, (unsigned long long)r->dropped, run->skipped, r->cpu_seconds);
	if (r->latency)
		printf("\"latency_us\": {\"p50\": %.2f, \"p90\": %.2f, \"p99\": %.2f, "
		       "\"p99.9\": %.2f}, ",
		       percentile(r->latency, 0.5), percentile(r->latency, 0.9),
		       percentile(r->latency, 0.99), percentile(r->latency, 0.999));
	printf("\"answered_by_cpu\": {");
	comma = "";
	for (int i = 0; i < CPUS_MAX; i++) {
		if (r->by_cpu[i])
			printf("%s\"%d\": %llu", comma, i, (unsigned long long)r->by_cpu[i]),
				comma = ", ";
	}
	printf("}}\n");
}

void load_print_text(const struct load_result *r)
{
	const struct load_run *run = &r->run;

	printf("sent       %12llu in %.3f s, %.0f/s\n", run->sent, r->seconds,
	       run->sent / r->seconds);
	printf("answered   %12llu, %.0f/s, %.1f octets each\n", (unsigned long long)r->answered,
	       r->answered / r->seconds, r->answered ? (double)r->sum.octets / r->answered : 0);
	printf("lost       %12lld, of these %llu not taken by the device\n",
	       (long long)(run->sent - r->answered), (unsigned long long)r->dropped);
	for (int i = 0; i < 16; i++)
		if (r->sum.rcode[i])
			printf("%-10s %12llu\n", rcodes[i], r->sum.rcode[i]);
	if (r->sum.empty)
		printf("NODATA     %12llu of NOERROR\n", r->sum.empty);
	if (r->sum.truncated)
		printf("truncated  %12llu\n", r->sum.truncated);
	if (r->sum.reflected)
		printf("reflected  %12llu queries came back as they were\n", r->sum.reflected);
	if (run->skipped)
		printf("skipped    %12llu, for want of CPU time to send them at their time\n",
		       run->skipped);
	if (r->latency)
		printf("latency    p50 %.1f, p90 %.1f, p99 %.1f, p99.9 %.1f us\n",
		       percentile(r->latency, 0.5), percentile(r->latency, 0.9),
		       percentile(r->latency, 0.99), percentile(r->latency, 0.999));
}
