/* api_finding.h - the links of others, and what is in the way, as JSON */
#ifndef QF_API_FINDING_H
#define QF_API_FINDING_H

#include <stdio.h>

#include "core/step.h"

/* A line of its own. */
void qf_finding_print(FILE *to, const struct qf_finding *f);
/* The same without "on", the caller's; f NULL, or nobody kept apart: null. */
struct json_t *qf_finding_json(const struct qf_finding *f);
struct json_t *qf_apart_json(const struct qf_apart *a);
struct json_t *qf_findings_json(const struct qf_diagnosis *d);
/* Of a MAP. */
struct json_t *qf_edges_json(const struct qf_answer *a);

#endif
