/* findings.c - what is in the way of finding others, as people read it */
#include "findings.h"

#include "print.h"

void qf_finding_say(FILE *to, const struct qf_reply_finding *f)
{
	fputs(f->likely ? "Likely: " : "", to);
	qf_print_word(to, f->say);
}

void qf_finding_alone(FILE *to, const struct qf_reply_finding *f,
                      const char *doctor)
{
	fputs("nobody else is here", to);
	if (!f->say.len) {
		fprintf(to, "; %s says why", doctor);
		return;
	}
	fputs(". ", to);
	qf_finding_say(to, f);
	fputs(" To do: ", to);
	qf_print_word(to, f->todo);
}

void qf_finding_good(FILE *to, uint64_t nodes, uint64_t links)
{
	if (nodes)
		fprintf(to,
		        "Nothing is in the way: %llu other node%s of this "
		        "network answered.",
		        (unsigned long long)nodes, nodes == 1 ? "" : "s");
	else
		fprintf(to,
		        "Nothing is in the way: this node is linked with %llu "
		        "other%s.",
		        (unsigned long long)links, links == 1 ? "" : "s");
}
