/* jobs.h - the commands of the program: how each is typed, and what it does */
#ifndef QF_JOBS_H
#define QF_JOBS_H

#include <stddef.h>

enum qf_job {
	QF_JOB_CHAT, /* no command was given */
	QF_JOB_SERVE,
	QF_JOB_SEND,
	QF_JOB_TAIL,
	QF_JOB_HISTORY,
	QF_JOB_STATUS,
	QF_JOB_DIGEST,
	QF_JOB_CONNECT,
	QF_JOB_WHO,
	QF_JOB_CONTACTS,
	QF_JOB_QR,
	QF_JOB_GUI,
	QF_JOB_DOCTOR,
	QF_JOB_MAP,
	QF_JOB_ACCOUNT,
	QF_JOBS,
};

struct qf_job_form {
	const char *name;  /* NULL: none is needed */
	const char *usage; /* of its words */
	size_t words_min;
	size_t words_max;
	const char *summary; /* in the list of commands */
	const char *about;   /* in its own help */
};

extern const struct qf_job_form qf_jobs[QF_JOBS];

#endif
