/* exam.h - looks at this machine and its networks, for diagnosis.h
 *
 * It takes some seconds: everyone is asked, then each address of the network.
 * It needs no rights; with those of root it also reads the packet filter.
 *
 * Threads: any, none of its own.
 */
#ifndef QF_EXAM_H
#define QF_EXAM_H

#include "core/diagnosis.h"

/* stop_fd: becomes readable when nobody wants to know any more. */
void qf_exam_run(struct qf_facts *out, int stop_fd);

#endif
