/* api_status.c - what a node says of itself, as a line of JSON */
#include "api_status.h"

#include <jansson.h>

#include "api_finding.h"
#include "api_json.h"
#include "core/clock.h"

enum { MS_PER_S = 1000 };

/* What is to be said of our clock in a room where it is corrected. */
static json_t *clock_says(int64_t correction_ms)
{
	char text[QF_SKEW_TEXT_BYTES];

	if (!correction_ms)
		return json_null();
	qf_skew_say(correction_ms, text);
	return json_string(text);
}

static json_t *rooms_of(const struct qf_status *s)
{
	json_t *rooms = json_array();

	for (size_t i = 0; i < s->room_count; i++) {
		const struct qf_room_status *r = &s->rooms[i];

		json_array_append_new(
			rooms,
			json_pack("{s:o, s:o, s:o, s:I, s:o, s:b}", "room",
		                  qf_json_string(r->name), "count",
		                  qf_json_number(r->count), "last_lsn",
		                  qf_json_number(r->last_lsn), "correction_ms",
		                  (json_int_t)r->correction_ms, "say",
		                  clock_says(r->correction_ms), "for_guests",
		                  r->for_guests));
	}
	return rooms;
}

static json_t *links_of(const struct qf_status *s)
{
	json_t *links = json_array();

	for (size_t i = 0; i < s->link_count; i++) {
		const struct qf_link_status *l = &s->links[i];
		uint64_t up_ms = s->now_ms - l->since_ms;

		json_array_append_new(
			links,
			json_pack(
				"{s:o, s:o, s:o, s:o, s:o, s:i, s:o, s:b, s:b, s:o,"
				" s:I, s:I, s:o, s:o, s:o, s:o}",
				"key", qf_json_key(&l->key), "words",
				qf_json_words(&l->key), "short",
				qf_json_short(&l->key), "name",
				qf_json_string(l->name), "address",
				qf_json_string(l->address.host), "port",
				l->address.port, "over",
				qf_json_filled(l->over), "outbound",
				l->outbound, "hub", l->is_hub, "seconds",
				qf_json_number(up_ms / MS_PER_S), "rooms",
				(json_int_t)l->rooms, "lazy",
				(json_int_t)l->lazy, "bytes_in",
				qf_json_number(l->bytes_in), "bytes_out",
				qf_json_number(l->bytes_out), "envelopes",
				qf_json_number(l->envelopes), "repeated",
				qf_json_number(l->repeated)));
	}
	return links;
}

static json_t *unreachable_of(const struct qf_status *s)
{
	json_t *dials = json_array();

	for (size_t i = 0; i < s->unreachable_count; i++) {
		const struct qf_dial_status *d = &s->unreachable[i];

		json_array_append_new(
			dials, json_pack("{s:o, s:i, s:o, s:o}", "address",
		                         qf_json_string(d->address.host),
		                         "port", d->address.port, "name",
		                         qf_json_string(d->name), "why",
		                         qf_json_string(d->why)));
	}
	return dials;
}

static json_t *workers_of(const struct qf_status *s)
{
	json_t *workers = json_array();

	for (size_t i = 0; i < s->worker_count; i++) {
		const struct qf_worker_status *w = &s->workers[i];

		json_array_append_new(
			workers,
			json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
		                  "connections", qf_json_number(w->connections),
		                  "asks", qf_json_number(w->asks), "to_core",
		                  qf_json_number(w->to_core), "from_core",
		                  qf_json_number(w->from_core), "delivered",
		                  qf_json_number(w->delivered), "bytes_in",
		                  qf_json_number(w->bytes_in), "bytes_out",
		                  qf_json_number(w->bytes_out), "lag_us",
		                  qf_json_number(w->lag_us)));
	}
	return workers;
}

static json_t *listening(const struct qf_address *a)
{
	if (!a->port)
		return json_null();
	return json_pack("{s:o, s:i}", "address", qf_json_string(a->host),
	                 "port", a->port);
}

static json_t *irc_of(const struct qf_status *s)
{
	json_t *ports = json_array();

	for (size_t i = 0; i < s->irc_count; i++)
		json_array_append_new(ports, listening(&s->irc[i]));
	return ports;
}

/* What is known of our own clock. */
static json_t *clock_of(const struct qf_status *s)
{
	static const char *const words[] = {
		[QF_CLOCK_NONE] = "none",
		[QF_CLOCK_RTC] = "rtc",
		[QF_CLOCK_NTP] = "ntp",
		[QF_CLOCK_GPS] = "gps",
	};

	return json_pack("{s:s, s:b}", "quality", words[s->quality], "wrong",
	                 s->clock_wrong);
}

void qf_format_status(struct qf_buf *to, int64_t re, const struct qf_status *s)
{
	qf_json_put(
		to, re,
		json_pack(
			"{s:s, s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o,"
			" s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			"on", "status", "key", qf_json_key(&s->key), "words",
			qf_json_words(&s->key), "name", qf_json_string(s->name),
			"hub", s->is_hub, "listening", listening(&s->listening),
			"irc", irc_of(s), "rooms", rooms_of(s), "links",
			links_of(s), "envelopes", qf_json_number(s->envelopes),
			"repeated", qf_json_number(s->repeated), "unreachable",
			unreachable_of(s), "waiting",
			qf_json_number(s->keeps_waiting), "drafts",
			qf_json_number(s->drafts), "clock", clock_of(s),
			"trouble", qf_json_optional(s->store_trouble), "notice",
			qf_json_optional(s->story), "peers_known",
			qf_json_number(s->peers_known), "workers",
			workers_of(s), "files_max",
			qf_json_number(s->files_max), "finding",
			qf_finding_json(s->finding), "apart",
			qf_apart_json(&s->apart)));
}
