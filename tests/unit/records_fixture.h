/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the tests of records.c share; included once in each program. */
#ifndef XDNS_TESTS_RECORDS_FIXTURE_H
#define XDNS_TESTS_RECORDS_FIXTURE_H

#include "fake_zone.h"
#include "log.h"
#include "records.h"
#include "util.h"

#define NAME52 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeff"

static unsigned int warnings;

/* In place of log.c: conflicts are to be said once. */
void log_write(enum log_level level, const char *fmt, ...)
{
	(void)fmt;
	warnings += level == LOG_LEVEL_WARN;
}

static struct config default_config(void)
{
	return (struct config){
		.domain = (char *)"mesos",
		.soa_mname = (char *)"ns1.mesos.",
		.srv_weight = 1,
		.ip_sources = {IP_SOURCE_NETINFO, IP_SOURCE_MESOS, IP_SOURCE_HOST},
		.ip_sources_count = 3,
	};
}

#endif
