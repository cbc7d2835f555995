/* main.c - options in, threads up, threads down */
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <malloc.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "attach.h"
#include "config.h"
#include "net/exam.h"
#include "net/herald.h"
#include "net/mdns.h"
#include "ui/commands.h"
#include "ui/terminal.h"

enum {
	KEPT_BYTES = 16 << 20, /* of a thread, that are free */
	LARGE_BYTES = 1 << 20, /* given back when they are freed */
};

static int stop_pipe[2];

/* The first signal asks to stop; who sends a second does not want to wait. But
 * a terminal that goes says so twice: by the kernel, and by whoever had it. */
static void on_signal(int number)
{
	static volatile sig_atomic_t asked;

	if (asked && number == SIGHUP)
		return;
	if (asked++) {
		qf_terminal_rescue();
		_exit(128 + number);
	}
	if (write(stop_pipe[1], "", 1) < 0)
		_exit(128 + number);
}

static int catch_signals(void)
{
	struct sigaction stop = { .sa_handler = on_signal };
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	return pipe2(stop_pipe, O_CLOEXEC) || sigaction(SIGINT, &stop, NULL) ||
	       sigaction(SIGTERM, &stop, NULL) ||
	       sigaction(SIGHUP, &stop, NULL) ||
	       sigaction(SIGPIPE, &ignore, NULL);
}

static enum qf_outcome run(struct qf_stream *s, const struct qf_attach *a)
{
	const struct qf_config *c = a->config;
	struct qf_facts facts;

	switch (c->job) {
	case QF_JOB_CHAT:
		return qf_chat_run(s, "#lobby", &a->serves);
	case QF_JOB_SERVE:
		return qf_serve_run(s, &a->serves);
	case QF_JOB_SEND:
		return qf_send_run(s, &(struct qf_send_options){
					      .room = c->words[0],
					      .words = c->words + 1,
					      .word_count = c->word_count - 1,
					      .copies = c->copies,
					      .dials = c->connect_count,
					      .json = c->json,
				      });
	case QF_JOB_TAIL:
	case QF_JOB_HISTORY:
		return qf_tail_run(s, c->words[0], c->lines, c->follow,
		                   c->json);
	case QF_JOB_DOCTOR:
		qf_exam_run(&facts, stop_pipe[0]);
		return qf_doctor_run(s, &facts, c->json);
	case QF_JOB_MAP:
		return qf_map_run(s, c->svg, c->json);
	case QF_JOB_STATUS:
		return qf_status_run(s, c->json);
	case QF_JOB_WHO:
		return qf_who_run(s, c->words[0], c->json);
	case QF_JOB_CONTACTS:
		return qf_contacts_run(s, c->export_to, c->import_from,
		                       c->json);
	case QF_JOB_ACCOUNT:
		return qf_account_run(s, c->words, c->json);
	case QF_JOB_DIGEST:
		return qf_digest_run(s, c->words[0], c->json);
	case QF_JOB_QR:
		return qf_qr_run(s, c->words[0], c->json);
	case QF_JOB_GUI:
		return qf_gui_run(s, a->serves.wanted_port, c->json);
	case QF_JOB_CONNECT:
		if (c->classic)
			return qf_connect_classic(
				s, &c->target,
				c->classic_room ? c->classic_room : "#lobby",
				c->json);
		return qf_connect_run(s, c->words[0], &c->target, c->json);
	case QF_JOBS:
		break;
	}
	return QF_SOFTWARE;
}

/* A node of ours was given all this when it began. */
static enum qf_outcome set_up(struct qf_stream *s, const struct qf_config *c)
{
	struct qf_setup setup = {
		.name = c->name,
		.connect = c->addresses,
		.connect_count = c->connect_count,
		.join = c->join,
		.join_count = c->join_count,
	};

	return s->own ? QF_GOOD : qf_setup_run(s, &setup);
}

static enum qf_outcome attach_and_run(struct qf_attach *a,
                                      const struct qf_config *c)
{
	struct qf_reach reach = { qf_attach_try, a };
	struct qf_stream s;
	enum qf_outcome end;

	if (qf_stream_open(&s, &reach, stop_pipe[0])) {
		qf_complain("%s", s.why);
		qf_stream_close(&s);
		return a->outcome;
	}
	end = set_up(&s, c);
	if (!end)
		end = run(&s, a);
	qf_stream_close(&s);
	return end;
}

/* Text is UTF-8 here even where nobody has said so. */
static void set_locale(void)
{
	if (!setlocale(LC_ALL, "") ||
	    strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		setlocale(LC_CTYPE, "C.UTF-8");
}

/* What a turn frees the next one needs again. Given back to the kernel in
 * between, it was a fifth of what a line to many costs. */
static void keep_memory(void)
{
	mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
	mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
}

int main(int argc, char **argv)
{
	static struct qf_config c;
	struct qf_attach a;
	enum qf_outcome end;
	char why[512];
	int early;

	if (argc == 3 && !strcmp(argv[1], QF_HERALD_VERB))
		return qf_mdns_run(argv[2]);
	early = qf_config_read(&c, argc, argv, stdout, stderr);

	if (early != QF_CONFIG_GO)
		return early;
	set_locale();
	keep_memory();
	if (!qf_identity_ready() || catch_signals()) {
		qf_complain("the system gives no randomness or no signals");
		return QF_SOFTWARE;
	}
	if (qf_attach_init(&a, &c, why, sizeof why)) {
		qf_complain("%s", why);
		return a.outcome;
	}
	end = attach_and_run(&a, &c);
	qf_attach_fini(&a);
	return a.ended ? a.ended : end;
}
