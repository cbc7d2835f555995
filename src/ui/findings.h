/* findings.h - what is in the way of finding others, as people read it
 *
 * The same words by quickfi doctor, by /doctor, and where a list stays empty.
 */
#ifndef QF_FINDINGS_H
#define QF_FINDINGS_H

#include <stdio.h>

#include "gateway/reply.h"

/* "Likely: sentence", in one line that the caller ends. */
void qf_finding_say(FILE *to, const struct qf_reply_finding *f);
/* "nobody else is here. Likely: sentence To do: advice", likewise; an empty
 * finding is answered with what to ask. */
void qf_finding_alone(FILE *to, const struct qf_reply_finding *f,
                      const char *doctor);
/* Nothing was found; so many nodes answered, or have a link with this one. */
void qf_finding_good(FILE *to, uint64_t nodes, uint64_t links);

#endif
