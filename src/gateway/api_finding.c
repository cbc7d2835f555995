/* api_finding.c - the links of others, and what is in the way, as JSON */
#include "api_finding.h"

#include <jansson.h>

/* What is not UTF-8, as a packet filter may name its chains, becomes empty. */
static json_t *text(const char *s)
{
	json_t *v = json_string(s);

	return v ? v : json_string("");
}

json_t *qf_finding_json(const struct qf_finding *f)
{
	if (!f)
		return json_null();
	return json_pack("{s:s, s:b, s:o, s:o, s:o}", "code", f->code, "likely",
	                 f->likely, "say", text(f->sentence), "seen",
	                 text(f->evidence), "do", text(f->advice));
}

json_t *qf_apart_json(const struct qf_apart *a)
{
	if (!a->name[0])
		return json_null();
	return json_pack("{s:o, s:o, s:o, s:b}", "name", text(a->name),
	                 "witness", text(a->witness), "address",
	                 text(a->address.host), "sure", a->is_sure);
}

json_t *qf_findings_json(const struct qf_diagnosis *d)
{
	json_t *findings = json_array();

	for (size_t i = 0; i < d->count; i++)
		json_array_append_new(findings, qf_finding_json(&d->list[i]));
	return findings;
}

json_t *qf_edges_json(const struct qf_answer *a)
{
	json_t *links = json_array();

	for (size_t i = 0; i < a->edge_count; i++) {
		const struct qf_chart_link *l = &a->edges[i];

		json_array_append_new(links,
		                      json_pack("{s:i, s:i, s:o}", "from",
		                                (int)l->from, "to", (int)l->to,
		                                "network",
		                                *l->network ? text(l->network)
		                                            : json_null()));
	}
	return links;
}

void qf_finding_print(FILE *to, const struct qf_finding *f)
{
	json_t *line = json_pack("{s:s}", "on", "finding");
	json_t *rest = qf_finding_json(f);

	if (!line || json_object_update_new(line, rest))
		return;
	json_dumpf(line, to, JSON_COMPACT);
	fputc('\n', to);
	json_decref(line);
}
