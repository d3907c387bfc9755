/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the drivers of the golden tests share: a job a line in, a result a line out, both JSON. */
#ifndef GOLDEN_JOB_H
#define GOLDEN_JOB_H

#include <jansson.h>

#include "address.h"
#include "cluster.h"
#include "config.h"

/* Of the job's document and configuration; NULL: the result says why. */
struct cluster *job_cluster(json_t *job, json_t *result);
struct config *job_config(json_t *job, json_t *result);

/* The address of the SOA's name server. */
void job_listener(const struct config *cfg, struct address *ret);

/* Until there are no more; an exit status. */
int job_loop(json_t *(*do_job)(json_t *job));

#endif
