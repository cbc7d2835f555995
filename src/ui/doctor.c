/* doctor.c - the command doctor: why nobody is found here, and what helps */
#include <stdio.h>
#include <string.h>

#include "asking.h"
#include "commands.h"
#include "findings.h"
#include "gateway/api_finding.h"
#include "print.h"

static void copy(char *to, size_t cap, struct qf_bytes from)
{
	snprintf(to, cap, "%.*s", (int)from.len, (const char *)from.at);
}

/* What only the node knows. */
static void add_node(struct qf_facts *f, const struct qf_reply *status)
{
	f->port = (uint16_t)status->listening_port;
	f->links = (unsigned)status->link_count;
	f->clock_wrong = status->clock_wrong;
	if (f->port == QF_PORT_DEFAULT)
		f->port_taken = false;
	copy(f->apart.name, sizeof f->apart.name, status->apart.name);
	copy(f->apart.witness, sizeof f->apart.witness, status->apart.witness);
	copy(f->apart.address.host, sizeof f->apart.address.host,
	     status->apart.address);
	f->apart.is_sure = status->apart.sure;
}

static struct qf_bytes bytes_of(const char *s)
{
	return qf_bytes(s, strlen(s));
}

static void show_finding(const struct qf_finding *f)
{
	qf_finding_say(stdout, &(struct qf_reply_finding){
				       .likely = f->likely,
				       .say = bytes_of(f->sentence),
			       });
	fputs("\n    seen: ", stdout);
	qf_print_word(stdout, bytes_of(f->evidence));
	fputs("\n    do: ", stdout);
	qf_print_word(stdout, bytes_of(f->advice));
	putchar('\n');
}

static void show_good(const struct qf_facts *f)
{
	qf_finding_good(stdout, f->heard + f->swept, f->links);
	putchar('\n');
}

enum qf_outcome qf_doctor_run(struct qf_stream *s, struct qf_facts *facts,
                              bool json)
{
	struct qf_diagnosis d;
	struct qf_reply status;
	enum qf_outcome end = qf_ask_plain(s, "status", &status);

	if (end)
		return end;
	add_node(facts, &status);
	qf_reply_fini(&status);
	qf_diagnose(facts, &d);
	for (size_t i = 0; i < d.count; i++)
		if (json)
			qf_finding_print(stdout, &d.list[i]);
		else
			show_finding(&d.list[i]);
	if (!json && !d.count)
		show_good(facts);
	if (!qf_print_done(stdout))
		return QF_DISK;
	return d.count ? QF_UNAVAILABLE : QF_GOOD;
}
