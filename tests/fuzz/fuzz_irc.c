/* fuzz_irc.c - IRC clients that write anything, at any moment
 *
 * The input is what three clients on two workers type, in turns: a byte of 1
 * to 3 says whose turn it is, 4 that time passes, 5 that somebody hangs up, 6
 * that what was typed last was none of theirs: somebody of another node says it
 * in #a, and 7 that there is news of somebody there. The core and the halls are
 * the real ones. Whatever was said, each client reads whole lines, none too
 * long, with no byte in them that would end one early or begin another, and
 * both halls know the same guests and persons.
 */
#include <sodium.h>

#include "core/scram.h"
#include "gateway/hall_people.h"
#include "irc_town.h"

enum {
	CLIENTS = 3,
	TIME = 4,
	HANG_UP = 5,
	FAR = 6,
	NEWS = 7,
	TYPES = 9, /* that envelopes have, and one more */
	LINE_BYTES_MAX = 512 + 8192,
};

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

void __wrap_qf_scram_init(struct qf_scram *s,
                          const uint8_t salt[QF_SCRAM_SALT_BYTES],
                          struct qf_bytes password);
bool __wrap_qf_scram_is(const struct qf_scram *s, struct qf_bytes password);

/* Passwords take long to guess, and that took most of the time here. */
void __wrap_qf_scram_init(struct qf_scram *s,
                          const uint8_t salt[QF_SCRAM_SALT_BYTES],
                          struct qf_bytes password)
{
	crypto_auth_hmacsha256_state state;

	memcpy(s->salt, salt, sizeof s->salt);
	crypto_auth_hmacsha256_init(&state, salt, sizeof s->salt);
	crypto_auth_hmacsha256_update(&state, password.at, password.len);
	crypto_auth_hmacsha256_final(&state, s->stored);
	memcpy(s->server, s->stored, sizeof s->server);
}

bool __wrap_qf_scram_is(const struct qf_scram *s, struct qf_bytes password)
{
	struct qf_scram other;

	__wrap_qf_scram_init(&other, s->salt, password);
	return !memcmp(other.stored, s->stored, sizeof s->stored);
}

int LLVMFuzzerInitialize(__attribute__((unused)) int *argc,
                         __attribute__((unused)) char ***argv)
{
	return sodium_init() < 0 ? -1 : 0;
}

/* The node says who speaks in all lines but these. */
static bool has_source(struct qf_bytes line)
{
	static const char *const without[] = { ":", "PING ", "ERROR ",
		                               "AUTHENTICATE " };
	const uint8_t *end = memchr(line.at, ' ', line.len);

	if (line.at[0] == '@' && end)
		line = qf_bytes(end + 1,
		                line.len - (size_t)(end + 1 - line.at));
	for (size_t i = 0; i < sizeof without / sizeof *without; i++)
		if (line.len > strlen(without[i]) &&
		    !memcmp(line.at, without[i], strlen(without[i])))
			return true;
	return false;
}

static void check_lines(struct qf_bytes text)
{
	size_t start = 0;

	for (size_t i = 0; i < text.len; i++) {
		assert(text.at[i]);
		if (text.at[i] != '\n')
			continue;
		assert(i > start && text.at[i - 1] == '\r');
		assert(!memchr(text.at + start, '\r', i - 1 - start));
		assert(i - start < LINE_BYTES_MAX);
		assert(has_source(qf_bytes(text.at + start, i - start)));
		start = i + 1;
	}
	assert(start == text.len);
}

/* Guests of other nodes are seen by each worker in the rooms that it follows.
 */
static void check_people(const struct qf_hall *a, const struct qf_hall *b)
{
	size_t far = 0, counted = 0;

	for (size_t i = 0; i < a->person_count; i++) {
		const struct qf_hall_person *p = &a->persons[i], *same;

		far += p->far;
		counted += p->far_count;
		assert(qf_hall_person_named(a, p->nick) == p);
		if (p->far) {
			assert(qf_hall_far(a, &p->key, p->name) == p);
			continue;
		}
		same = qf_hall_person_named(b, p->nick);
		assert(same && same->visitor == p->visitor);
	}
	assert(far == a->far_count && far == counted);
}

static void check_halls(const struct town *t)
{
	const struct qf_hall *a = t->workers[0].hall, *b = t->workers[1].hall;

	assert(a->guest_count == b->guest_count);
	for (size_t i = 0; i < a->guest_count; i++) {
		const struct qf_guest *g = a->guests[i];
		const struct qf_guest *same = qf_hall_named(b, g->nick);

		assert(same && same->conn == g->conn);
		assert(same->conns == g->conns && g->conns);
		assert(same->room_count == g->room_count);
	}
	check_people(a, b);
	check_people(b, a);
}

static void begin(struct town *t)
{
	static const char *const names[CLIENTS] = {
		"NICK zoe\r\nUSER z 0 * :Zoe\r\n",
		"CAP REQ :message-tags server-time echo-message batch "
		"labeled-response draft/chathistory draft/event-playback "
		"draft/multiline draft/message-redaction\r\n"
		"NICK max\r\nUSER m 0 * :Max\r\nCAP END\r\n",
		"",
	};

	town_init(t);
	for (size_t i = 0; i < CLIENTS; i++) {
		town_open(t);
		town_type(t, i, qf_bytes(names[i], strlen(names[i])));
	}
}

static void pass_time(struct town *t)
{
	t->now.mono_ms += 30000;
	t->now.wall_ms += 30000;
	for (size_t i = 0; i < CLIENTS; i++) {
		t->workers[i % TOWN_WORKERS].hall->now = t->now;
		qf_irc_tick(t->lines[i]);
	}
	town_run(t);
}

static struct qf_bytes take_field(struct qf_bytes *from)
{
	const uint8_t *end = from->len ? memchr(from->at, '|', from->len)
	                               : NULL;
	struct qf_bytes field = qf_bytes(
		from->at, end ? (size_t)(end - from->at) : from->len);
	size_t used = field.len + (end != NULL);

	*from = qf_bytes(from->at + used, from->len - used);
	return field;
}

/* A byte that is its type, then the fields of its body, with bars between. */
static void hear_far(struct town *t, struct qf_bytes said)
{
	struct qf_body body = { 0 };
	struct qf_buf to;

	if (!said.len)
		return;
	qf_buf_init(&to, QF_BODY_BYTES_MAX);
	body.name = qf_bytes(said.at + 1, said.len - 1);
	body.tags = body.name;
	body.name = take_field(&body.tags);
	body.guest = take_field(&body.tags);
	body.text = take_field(&body.tags);
	qf_body_encode(&to, &body);
	if (!to.bad)
		town_hear(t, "#a", said.at[0] % TYPES, qf_buf_bytes(&to));
	qf_buf_fini(&to);
}

/* Bob comes, takes a name that a guest may have, and is lost. */
static void tell_news(struct town *t, size_t number)
{
	static const struct {
		enum qf_change_kind change;
		const char *name, *room;
	} all[] = {
		{ QF_CHANGE_CAME, "Bob", "#a" },
		{ QF_CHANGE_AWAY, "Bob", NULL },
		{ QF_CHANGE_RENAMED, "zoe", NULL },
		{ QF_CHANGE_ROOMS, "zoe", "#b" },
		{ QF_CHANGE_LOST, "zoe", NULL },
	};
	size_t i = number % (sizeof all / sizeof *all);
	struct qf_news n = { .kind = QF_NEWS_PERSON, .change = all[i].change };
	struct qf_identity far;
	struct qf_room_id id;

	qf_identity_init(&far, (uint8_t[QF_SEED_BYTES]){ 8 });
	n.key = far.key;
	strcpy(n.name, all[i].name);
	if (all[i].room) {
		qf_room_id_open(&id, all[i].room);
		n.rooms = qf_shared_new(id.b, QF_HERE_ROOM_BYTES);
		assert(n.rooms);
	}
	town_news(t, &n);
	qf_shared_unref(n.rooms);
	qf_identity_fini(&far);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct town t;
	size_t from = 0, who = 0, news = 0;

	begin(&t);
	for (size_t i = 0; i <= size; i++) {
		struct qf_bytes said = qf_bytes(data + from, i - from);

		if (i < size && (data[i] < 1 || data[i] > NEWS))
			continue;
		if (i < size && data[i] == FAR)
			hear_far(&t, said);
		else
			town_type(&t, who, said);
		from = i + 1;
		if (i == size || t.log_count > TOWN_LOG_MAX / 2)
			break;
		if (data[i] == TIME)
			pass_time(&t);
		else if (data[i] == HANG_UP)
			qf_irc_end(t.lines[who], "gone");
		else if (data[i] == NEWS)
			tell_news(&t, news++);
		else if (data[i] != FAR)
			who = data[i] - 1u;
	}
	town_run(&t);
	for (size_t i = 0; i < CLIENTS; i++) {
		town_pull(&t, i);
		check_lines(qf_buf_bytes(&t.out[i]));
	}
	check_halls(&t);
	town_fini(&t);
	return 0;
}
