/* test_node_people.c - who is here: names, news, and who is meant */
#include "test.h"

#include "company.h"

static const qf_conn client = (qf_conn)1 << 48 | 1; /* of worker 1 */

static struct qf_command naming(uint64_t request, char *name)
{
	return (struct qf_command){ .kind = QF_CMD_NAME,
		                    .request = request,
		                    .text = name };
}

static struct qf_command writing(uint64_t request, char *who, char *text)
{
	return (struct qf_command){ .kind = QF_CMD_MSG,
		                    .request = request,
		                    .who = who,
		                    .type = QF_TYPE_TEXT,
		                    .text = text };
}

static struct qf_command plain(enum qf_command_kind kind, uint64_t request)
{
	return (struct qf_command){ .kind = kind, .request = request };
}

static void short_of(const struct other *o, char *out, size_t cap)
{
	char key[QF_SHORT_CHARS + 1];

	qf_key_short(&o->id.key, key);
	snprintf(out, cap, "%.*s·%s", (int)o->here.name.len,
	         (const char *)o->here.name.at, key);
}

static void load_peer(struct told *t, const struct other *o, const char *host)
{
	struct qf_peer p = { .key = o->id.key, .seen_ms = 5 };

	memcpy(p.name, o->here.name.at, o->here.name.len);
	if (host) {
		snprintf(p.address.host, sizeof p.address.host, "%s", host);
		p.address.port = QF_PORT_DEFAULT;
	}
	assert_int_equal(qf_node_load_peer(t->node, &p), QF_OK);
}

/* What was said last is for the room of us two. */
static void assert_written_to(const struct told *t, const struct other *o)
{
	const struct qf_keep *k = &t->keeps[t->keep_count - 1];
	struct qf_direct d = other_room(t, o);

	assert_int_equal(k->kind, QF_KEEP_ENVELOPE);
	assert_memory_equal(&k->envelope->head.room, &d.room, sizeof d.room);
}

/* The newest record in what the step said of presence. */
static struct qf_here own_record(const struct told *t)
{
	const struct qf_shared *payload;
	struct qf_cursor c;
	struct qf_here h;

	assert_int_equal(t->heres.count, TOLD_WORKERS);
	payload = t->heres.list[0].parcel.payload;
	c = qf_cursor(qf_bytes(payload->at, payload->len));
	assert_int_equal(qf_get_u8(&c), QF_PARCEL_NEWS);
	assert_int_equal(qf_get_u8(&c), QF_ITEM_HERE);
	qf_here_get(&c, &h);
	assert_true(qf_cursor_done(&c));
	assert_true(qf_here_verify(&h));
	assert_true(qf_key_equal(&h.key, &t->self.key));
	return h;
}

/* With someone who hears what we say, and nothing due. */
static void begin_heard(struct told *t, struct other *who)
{
	told_init(t);
	other_come(t, who);
	told_tick(t, QF_PRESENCE_DIGEST_MS);
}

static void assert_bytes(struct qf_bytes b, const char *text)
{
	assert_int_equal(b.len, strlen(text));
	assert_memory_equal(b.at, text, b.len);
}

/* Who comes and goes. */

TEST(node_people, who_comes_is_news_for_every_worker)
{
	struct other ana = other_of(1, "ana");
	struct told t;

	told_init(&t);
	other_come(&t, &ana);
	assert_string_equal(told_person(&t, QF_CHANGE_CAME, &ana)->name, "ana");
	told_fini(&t);
}

TEST(node_people, who_says_so_has_left_and_who_does_not_is_lost)
{
	struct other ana = other_of(1, "ana"), bob = other_of(2, "bob");
	struct told t;

	told_init(&t);
	other_come(&t, &ana);
	other_come(&t, &bob);
	ana.here.state = QF_HERE_LEFT;
	other_say(&t, &ana);
	told_person(&t, QF_CHANGE_LEFT, &ana);
	other_leave(&t, &bob);
	assert_null(told_news(&t, QF_NEWS_PERSON));
	told_tick(&t, QF_PRESENCE_LOOK_MS);
	assert_null(told_news(&t, QF_NEWS_PERSON));
	told_tick(&t, QF_PEOPLE_SETTLE_MS);
	told_person(&t, QF_CHANGE_LOST, &bob);
	told_fini(&t);
}

TEST(node_people, news_of_who_is_renamed_says_the_old_name)
{
	struct other ana = other_of(1, "ana");
	const struct qf_news *news;
	struct told t;

	told_init(&t);
	other_come(&t, &ana);
	ana.here.name = qf_bytes("anna", 4);
	other_say(&t, &ana);
	news = told_person(&t, QF_CHANGE_RENAMED, &ana);
	assert_string_equal(news->name, "anna");
	assert_string_equal(news->text, "ana");
	told_fini(&t);
}

TEST(node_people, news_of_who_is_away_says_why_until_they_are_back)
{
	struct other ana = other_of(1, "ana");
	struct told t;

	told_init(&t);
	other_come(&t, &ana);
	ana.here.state = QF_HERE_AWAY;
	ana.here.text = qf_bytes("lunch", 5);
	other_say(&t, &ana);
	assert_string_equal(told_person(&t, QF_CHANGE_AWAY, &ana)->text,
	                    "lunch");
	ana.here.state = QF_HERE_HERE;
	ana.here.text.len = 0;
	other_say(&t, &ana);
	told_person(&t, QF_CHANGE_BACK, &ana);
	told_fini(&t);
}

TEST(node_people, who_comes_says_in_which_rooms_and_why_away)
{
	struct other ana = other_of(1, "ana");
	const struct qf_news *news;
	struct told t;

	told_init(&t);
	ana.here.state = QF_HERE_AWAY;
	ana.here.text = qf_bytes("lunch", 5);
	ana.here.rooms = qf_bytes("room 1..room 2..", 16);
	other_come(&t, &ana);
	news = told_person(&t, QF_CHANGE_CAME, &ana);
	assert_true(news->away);
	assert_string_equal(news->text, "lunch");
	assert_int_equal(news->rooms->len, 16);
	assert_memory_equal(news->rooms->at, "room 1..room 2..", 16);
	ana.here.rooms.len = 8;
	other_say(&t, &ana);
	news = told_person(&t, QF_CHANGE_ROOMS, &ana);
	assert_int_equal(news->rooms->len, 8);
	told_fini(&t);
}

TEST(node_people, who_is_behind_others_is_here_too)
{
	struct other ana = other_of(1, "ana"), bob = other_of(2, "bob");
	const struct qf_answer *a;
	struct told t;

	told_init(&t);
	other_come(&t, &ana);
	bob.here.edges = qf_bytes(ana.id.key.b, QF_KEY_BYTES);
	other_say_over(&t, &bob, ana.link);
	told_person(&t, QF_CHANGE_CAME, &bob);
	told_command(&t, client, plain(QF_CMD_WHO, 1));
	a = told_answer(&t, client, 1, QF_ANS_PEOPLE);
	assert_int_equal(a->count, 3);
	for (size_t i = 1; i < a->count; i++)
		assert_int_equal(a->people[i].linked,
		                 qf_key_equal(&a->people[i].key, &ana.id.key));
	told_fini(&t);
}

TEST(node_people, the_map_has_links_between_places_in_the_answer)
{
	struct other ana = other_of(1, "ana"), bob = other_of(2, "bob");
	const struct qf_answer *a;
	struct told t;

	told_init(&t);
	other_come(&t, &ana);
	bob.here.edges = qf_bytes(ana.id.key.b, QF_KEY_BYTES);
	other_say_over(&t, &bob, ana.link);
	told_command(&t, client, plain(QF_CMD_MAP, 1));
	a = told_answer(&t, client, 1, QF_ANS_MAP);
	assert_int_equal(a->count, 3);
	assert_int_equal(a->edge_count, 2);
	for (size_t i = 0; i < a->edge_count; i++) {
		const struct qf_person_status *to = &a->people[a->edges[i].to];
		const struct qf_person_status *from =
			&a->people[a->edges[i].from];

		assert_true(to->self ? !strcmp(from->name, "ana")
		                     : !strcmp(to->name, "ana"));
		assert_true(from->self || to->self ||
		            !strcmp(from->name, "bob"));
	}
	told_fini(&t);
}

TEST(node_people, what_a_neighbour_says_against_the_rules_ends_its_link)
{
	struct other ana = other_of(1, "ana");
	struct told t;

	told_init(&t);
	other_come(&t, &ana);
	told_event(&t,
	           (struct qf_event){ .kind = QF_EV_HERE,
	                              .conn = ana.link,
	                              .payload = qf_shared_new("\xff", 1) });
	assert_int_equal(told_the(&t, QF_FX_DROP)->conn, ana.link);
	told_fini(&t);
}

TEST(node_people, what_comes_after_a_link_is_gone_is_not_heard)
{
	struct other ana = other_of(1, "ana");
	struct told t;

	told_init(&t);
	other_say(&t, &ana);
	told_nothing(&t);
	told_fini(&t);
}

TEST(node_people, what_a_neighbour_asks_is_answered_though_nothing_is_due)
{
	static const uint8_t digest[1 + QF_SUM_BYTES] = { QF_PARCEL_DIGEST };
	struct other ana = other_of(1, "ana");
	const struct qf_parcel *answer;
	struct told t;

	begin_heard(&t, &ana);
	told_event(&t, (struct qf_event){ .kind = QF_EV_HERE,
	                                  .conn = ana.link,
	                                  .payload = qf_shared_new(
						  digest, sizeof digest) });
	/* Nobody else has to look at it. */
	assert_int_equal(t.heres.count, 1);
	assert_int_equal(t.heres.list[0].conn, ana.link);
	assert_int_equal(t.heres.list[0].worker, qf_conn_worker(ana.link));
	answer = &t.heres.list[0].parcel;
	assert_int_equal(answer->to, QF_PARCEL_TO_ONE);
	assert_true(qf_key_equal(&answer->key, &ana.id.key));
	assert_int_equal(answer->payload->at[0], QF_PARCEL_SUMS);
	told_fini(&t);
}

/* Who. */

TEST(node_people, who_names_ourselves_first_and_then_the_others)
{
	static const uint8_t at[QF_HERE_ADDRESS_BYTES] = {
		[10] = 0xff, [11] = 0xff, 10, 0, 0, 7
	};
	struct other ana = other_of(1, "ana");
	const struct qf_person_status *p;
	const struct qf_answer *a;
	struct told t;

	told_init(&t);
	ana.here.state = QF_HERE_AWAY;
	ana.here.text = qf_bytes("lunch", 5);
	ana.here.port = 4000;
	ana.here.addresses = qf_bytes(at, sizeof at);
	other_come(&t, &ana);
	told_command(&t, client, plain(QF_CMD_WHO, 1));
	a = told_answer(&t, client, 1, QF_ANS_PEOPLE);
	assert_int_equal(a->count, 2);
	p = &a->people[0];
	assert_true(p->self && !p->away);
	assert_string_equal(p->name, "me");
	assert_true(qf_key_equal(&p->key, &t.self.key));
	p = &a->people[1];
	assert_true(!p->self && p->away && p->linked);
	assert_string_equal(p->name, "ana");
	assert_string_equal(p->text, "lunch");
	assert_string_equal(p->address.host, "10.0.0.7");
	assert_int_equal(p->address.port, 4000);
	told_fini(&t);
}

TEST(node_people, who_of_a_room_names_only_those_in_it)
{
	struct other ana = other_of(1, "ana"), bob = other_of(2, "bob");
	struct qf_room_id tea = told_room_id("#tea");
	struct qf_room_id lobby = told_room_id("#lobby");
	struct qf_command c = plain(QF_CMD_WHO, 1);
	const struct qf_answer *a;
	struct told t;

	told_init(&t);
	ana.here.rooms = qf_bytes(tea.b, QF_HERE_ROOM_BYTES);
	bob.here.rooms = qf_bytes(lobby.b, QF_HERE_ROOM_BYTES);
	other_come(&t, &ana);
	other_come(&t, &bob);

	c.room = "#Lobby";
	told_command(&t, client, c);
	a = told_answer(&t, client, 1, QF_ANS_PEOPLE);
	assert_int_equal(a->count, 2);
	assert_true(a->people[0].self);
	assert_string_equal(a->people[1].name, "bob");

	/* We are not in that one. */
	c.room = "#tea";
	told_command(&t, client, c);
	a = told_answer(&t, client, 1, QF_ANS_PEOPLE);
	assert_int_equal(a->count, 1);
	assert_string_equal(a->people[0].name, "ana");

	c.room = "tea";
	told_command(&t, client, c);
	told_refused(&t, client, 1, "bad-room");
	told_fini(&t);
}

/* What we say of ourselves. */

TEST(node_people, our_record_has_our_name_our_rooms_and_where_we_listen)
{
	static const uint8_t at[QF_HERE_ADDRESS_BYTES] = { 0xfd, [15] = 1 };
	struct qf_room_id lobby = told_room_id("#lobby");
	struct other ana = other_of(1, "ana");
	struct qf_here h;
	struct told t;

	begin_heard(&t, &ana);
	told_event(&t, (struct qf_event){
			       .kind = QF_EV_LISTENING,
			       .address = { "::", 4000 },
			       .payload = qf_shared_new(at, sizeof at) });
	h = own_record(&t);
	assert_bytes(h.name, "me");
	assert_int_equal(h.state, QF_HERE_HERE);
	assert_int_equal(h.port, 4000);
	assert_int_equal(h.addresses.len, sizeof at);
	assert_memory_equal(h.addresses.at, at, sizeof at);
	assert_int_equal(h.rooms.len, QF_HERE_ROOM_BYTES);
	assert_memory_equal(h.rooms.at, lobby.b, QF_HERE_ROOM_BYTES);
	assert_int_equal(qf_here_edge_to(&h, &ana.id.key), 0);
	told_fini(&t);
}

TEST(node_people, a_hub_says_that_it_is_one_and_others_are_shown_as_such)
{
	struct other ana = other_of(1, "ana");
	const struct qf_answer *people;
	struct told t;

	told_init_with(&t, 100, (struct qf_node_options){ .is_hub = true });
	ana.here.is_hub = true;
	other_come(&t, &ana);
	told_tick(&t, QF_PRESENCE_DIGEST_MS);
	told_event(&t, (struct qf_event){ .kind = QF_EV_LISTENING,
	                                  .address = { "::", 4000 } });
	assert_true(own_record(&t).is_hub);
	told_command(&t, client, plain(QF_CMD_WHO, 1));
	people = told_answer(&t, client, 1, QF_ANS_PEOPLE);
	assert_true(people->people[0].is_hub);
	assert_true(people->people[1].is_hub);
	told_fini(&t);
}

TEST(node_people, away_is_said_with_its_reason_until_we_are_back)
{
	struct qf_command c = plain(QF_CMD_AWAY, 1);
	struct other ana = other_of(1, "ana");
	struct qf_here h;
	struct told t;

	begin_heard(&t, &ana);
	c.text = "lunch";
	told_command(&t, client, c);
	told_answer(&t, client, 1, QF_ANS_DONE);
	h = own_record(&t);
	assert_int_equal(h.state, QF_HERE_AWAY);
	assert_bytes(h.text, "lunch");

	told_command(&t, client, plain(QF_CMD_WHO, 2));
	assert_true(told_answer(&t, client, 2, QF_ANS_PEOPLE)->people[0].away);
	assert_string_equal(
		told_answer(&t, client, 2, QF_ANS_PEOPLE)->people[0].text,
		"lunch");

	told_tick(&t, QF_PRESENCE_RECORD_MS);
	told_command(&t, client, plain(QF_CMD_BACK, 3));
	told_answer(&t, client, 3, QF_ANS_DONE);
	h = own_record(&t);
	assert_int_equal(h.state, QF_HERE_HERE);
	assert_int_equal(h.text.len, 0);
	told_fini(&t);
}

TEST(node_people, away_needs_no_reason)
{
	struct other ana = other_of(1, "ana");
	struct told t;

	begin_heard(&t, &ana);
	told_command(&t, client, plain(QF_CMD_AWAY, 1));
	told_answer(&t, client, 1, QF_ANS_DONE);
	assert_int_equal(own_record(&t).state, QF_HERE_AWAY);
	told_fini(&t);
}

TEST(node_people, a_reason_that_is_too_long_or_no_text_is_refused)
{
	char text[QF_HERE_TEXT_BYTES_MAX + 2] = { 0 };
	struct qf_command c = plain(QF_CMD_AWAY, 1);
	struct told t;

	told_init(&t);
	c.text = text;
	memset(text, 'z', QF_HERE_TEXT_BYTES_MAX + 1);
	told_command(&t, client, c);
	told_refused(&t, client, 1, "bad-text");
	c.text = "\xff";
	told_command(&t, client, c);
	told_refused(&t, client, 1, "bad-text");
	text[QF_HERE_TEXT_BYTES_MAX] = 0;
	c.text = text;
	told_command(&t, client, c);
	told_answer(&t, client, 1, QF_ANS_DONE);
	told_fini(&t);
}

TEST(node_people, a_stopping_node_says_farewell_before_it_stops)
{
	struct other ana = other_of(1, "ana");
	struct told t;

	begin_heard(&t, &ana);
	told_event(&t, (struct qf_event){ .kind = QF_EV_STOP });
	told_the(&t, QF_FX_STOPPED);
	assert_int_equal(own_record(&t).state, QF_HERE_LEFT);
	told_fini(&t);
}

/* Our name. */

TEST(node_people, a_new_name_is_kept_and_told_to_workers_and_clients)
{
	struct other bob = other_of(1, "bob");
	const struct qf_news *news;
	struct told t;

	begin_heard(&t, &bob);
	told_command(&t, client, naming(1, "Ana"));
	assert_int_equal(told_count(&t, QF_FX_ANSWER), 0);
	assert_int_equal(told_count(&t, QF_FX_SELF), TOLD_WORKERS);
	for (unsigned w = 0; w < TOLD_WORKERS; w++) {
		assert_int_equal(told_nth(&t, QF_FX_SELF, w)->worker, w);
		assert_string_equal(told_nth(&t, QF_FX_SELF, w)->text, "Ana");
	}
	news = told_news(&t, QF_NEWS_SELF);
	assert_non_null(news);
	assert_string_equal(news->name, "Ana");
	assert_bytes(own_record(&t).name, "Ana");

	/* The envelope in #lobby first, and then the name itself. */
	assert_int_equal(t.keep_count, 2);
	assert_int_equal(t.keeps[1].kind, QF_KEEP_PEER);
	assert_string_equal(t.keeps[1].peer.name, "Ana");
	assert_true(qf_key_equal(&t.keeps[1].peer.key, &t.self.key));
	assert_int_equal(t.keeps[1].peer.address.port, 0);
	told_commit(&t, 1);
	assert_int_equal(told_count(&t, QF_FX_ANSWER), 0);
	told_commit(&t, 1);
	told_answer(&t, client, 1, QF_ANS_DONE);
	told_fini(&t);
}

TEST(node_people, the_name_that_we_have_is_done_at_once)
{
	struct told t;

	told_init(&t);
	told_command(&t, client, naming(1, "me"));
	told_answer(&t, client, 1, QF_ANS_DONE);
	assert_int_equal(t.out.count, 1);
	told_fini(&t);
}

TEST(node_people, our_name_may_change_its_case)
{
	struct told t;

	told_init(&t);
	told_command(&t, client, naming(1, "ME"));
	told_commit(&t, TOLD_ALL);
	told_answer(&t, client, 1, QF_ANS_DONE);
	told_fini(&t);
}

TEST(node_people, a_name_of_someone_who_is_here_is_taken_in_any_case)
{
	struct other ana = other_of(1, "Ana");
	struct told t;

	told_init(&t);
	other_come(&t, &ana);
	told_command(&t, client, naming(1, "aNA"));
	told_refused(&t, client, 1, "taken");
	assert_non_null(strstr(told_answer(&t, client, 1, QF_ANS_REFUSED)->text,
	                       "aNA is already taken as a username"));

	/* Once they have gone it is free. */
	ana.here.state = QF_HERE_LEFT;
	other_say(&t, &ana);
	told_command(&t, client, naming(2, "aNA"));
	told_commit(&t, TOLD_ALL);
	told_answer(&t, client, 2, QF_ANS_DONE);
	told_fini(&t);
}

TEST(node_people, a_name_of_someone_who_is_only_remembered_is_free)
{
	struct other ana = other_of(1, "ana");
	struct told t;

	told_init_as(&t, 100, false);
	load_peer(&t, &ana, "10.0.0.1");
	told_tick(&t, 0);
	told_command(&t, client, naming(1, "ana"));
	told_commit(&t, TOLD_ALL);
	told_answer(&t, client, 1, QF_ANS_DONE);
	told_fini(&t);
}

TEST(node_people, a_rename_is_said_in_each_open_room_that_we_are_in)
{
	static const uint8_t none[QF_PREV_BYTES];
	struct qf_room_id left = told_room_id("#left");
	struct qf_room_id tea = told_room_id("#tea");
	struct other ana = other_of(1, "ana");
	struct qf_room_id lobby = told_room_id("#lobby");
	struct told t;

	told_init_as(&t, 100, false);
	told_load_room(&t, "#lobby");
	told_load_room(&t, "#tea");
	qf_node_load_room(t.node, &left, "#left", QF_JOINED_NOT, 0, 0, none);
	told_tick(&t, 0);
	other_come(&t, &ana);
	told_command(&t, client, writing(1, "ana", "hi"));
	told_commit(&t, TOLD_ALL);

	told_command(&t, client, naming(2, "Zoe"));
	assert_int_equal(t.keep_count, 3);
	for (size_t i = 0; i < 2; i++) {
		const struct qf_envelope *e = t.keeps[i].envelope;
		struct qf_body body;

		assert_int_equal(e->head.type, QF_TYPE_RENAME);
		assert_memory_equal(&e->head.room, i ? &tea : &lobby,
		                    sizeof tea);
		assert_true(qf_body_decode(&body, qf_envelope_body(e)));
		assert_bytes(body.name, "me");
		assert_bytes(body.text, "Zoe");
	}
	told_fini(&t);
}

TEST(node_people, the_name_that_the_store_remembers_is_ours_again)
{
	struct other ana = other_of(1, "ana");
	struct qf_peer own = { .name = "Zoe" };
	struct qf_node_options options = { .fallback = "nobody",
		                           .workers = TOLD_WORKERS };
	struct told t = { .now = { 1000, lines_wall_ms } };

	qf_identity_init(&t.self, (uint8_t[QF_SEED_BYTES]){ 100 });
	own.key = t.self.key;
	options.identity = &t.self;
	t.node = qf_node_new(&options, t.now);
	qf_node_load_peer(t.node, &own);
	told_tick(&t, 0);
	assert_string_equal(told_nth(&t, QF_FX_SELF, 0)->text, "Zoe");
	assert_int_equal(t.keep_count, 0);
	other_link(&t, &ana);
	told_tick(&t, QF_PRESENCE_RECORD_MS);
	assert_bytes(own_record(&t).name, "Zoe");
	told_command(&t, client, plain(QF_CMD_CONTACTS, 1));
	assert_int_equal(told_answer(&t, client, 1, QF_ANS_CONTACTS)->count, 0);
	told_fini(&t);
}

TEST(node_people, a_name_as_guests_have_stays_but_cannot_be_taken)
{
	struct qf_peer own = { .name = "zoe@ana" };
	struct qf_node_options options = { .fallback = "nobody",
		                           .workers = TOLD_WORKERS };
	struct told t = { .now = { 1000, lines_wall_ms } };

	qf_identity_init(&t.self, (uint8_t[QF_SEED_BYTES]){ 100 });
	own.key = t.self.key;
	options.identity = &t.self;
	t.node = qf_node_new(&options, t.now);
	qf_node_load_peer(t.node, &own);
	told_tick(&t, 0);
	assert_string_equal(told_nth(&t, QF_FX_SELF, 0)->text, "zoe@ana");
	told_command(&t, client, naming(1, "zoe@ana"));
	assert_non_null(told_answer(&t, client, 1, QF_ANS_DONE));
	told_command(&t, client, naming(2, "zoe@bob"));
	told_refused(&t, client, 2, "bad-name");
	told_fini(&t);
}

TEST(node_people, a_name_that_was_given_replaces_the_one_remembered)
{
	struct qf_peer own = { .name = "Zoe" };
	struct qf_node_options options = { .name = "me",
		                           .workers = TOLD_WORKERS };
	struct told t = { .now = { 1000, lines_wall_ms } };

	qf_identity_init(&t.self, (uint8_t[QF_SEED_BYTES]){ 100 });
	own.key = t.self.key;
	options.identity = &t.self;
	t.node = qf_node_new(&options, t.now);
	qf_node_load_peer(t.node, &own);
	told_tick(&t, 0);
	assert_string_equal(told_nth(&t, QF_FX_SELF, 0)->text, "me");
	assert_int_equal(t.keep_count, 1);
	assert_int_equal(t.keeps[0].kind, QF_KEEP_PEER);
	assert_string_equal(t.keeps[0].peer.name, "me");
	assert_true(qf_key_equal(&t.keeps[0].peer.key, &t.self.key));
	told_fini(&t);
}

TEST(node_people, who_has_no_name_yet_gets_the_fallback)
{
	struct qf_node_options options = { .fallback = "nobody",
		                           .workers = TOLD_WORKERS };
	struct told t = { .now = { 1000, lines_wall_ms } };

	qf_identity_init(&t.self, (uint8_t[QF_SEED_BYTES]){ 100 });
	options.identity = &t.self;
	t.node = qf_node_new(&options, t.now);
	told_tick(&t, 0);
	assert_string_equal(told_nth(&t, QF_FX_SELF, 0)->text, "nobody");
	assert_int_equal(t.keep_count, 0); /* nobody chose it */
	told_fini(&t);
}

TEST(node_people, two_with_our_name_are_told_apart_by_their_short_keys)
{
	char mine[QF_SHORT_CHARS + 1], theirs[64];
	struct other me = other_of(1, "ME");
	const struct qf_news *notice;
	struct told t;

	told_init(&t);
	other_come(&t, &me);
	told_person(&t, QF_CHANGE_CAME, &me);
	notice = told_news(&t, QF_NEWS_NOTICE);
	assert_non_null(notice);
	qf_key_short(&t.self.key, mine);
	short_of(&me, theirs, sizeof theirs);
	assert_non_null(strstr(notice->text, mine));
	assert_non_null(strstr(notice->text, theirs));
	told_fini(&t);
}

TEST(node_people, who_takes_our_name_later_is_told_of_too)
{
	struct other ana = other_of(1, "ana");
	struct told t;

	told_init(&t);
	other_come(&t, &ana);
	assert_null(told_news(&t, QF_NEWS_NOTICE));
	ana.here.name = qf_bytes("me", 2);
	other_say(&t, &ana);
	told_person(&t, QF_CHANGE_RENAMED, &ana);
	assert_non_null(told_news(&t, QF_NEWS_NOTICE));
	told_fini(&t);
}

TEST(node_people, a_name_that_looks_like_ours_is_told_of)
{
	struct other ana = other_of(1, "\u043c\u0435"); /* Cyrillic, "me" */
	const struct qf_news *notice;
	struct told t;

	told_init(&t);
	other_come(&t, &ana);
	told_person(&t, QF_CHANGE_CAME, &ana);
	notice = told_news(&t, QF_NEWS_NOTICE);
	assert_null(notice); /* its small em looks like none of ASCII's */
	ana.here.name = qf_bytes("m\u0435", 3);
	other_say(&t, &ana);
	told_person(&t, QF_CHANGE_RENAMED, &ana);
	notice = told_news(&t, QF_NEWS_NOTICE);
	assert_non_null(notice);
	assert_non_null(strstr(notice->text, "looks like your name"));
	told_fini(&t);
}

/* Who is meant. */

TEST(node_people, a_person_is_meant_by_name_in_any_case_short_key_or_whole_key)
{
	char key[QF_KEY_TEXT_BYTES], short_key[64];
	struct other ana = other_of(1, "Äna");
	char *const names[] = { "äna", short_key, key };
	struct told t;

	qf_key_text(&ana.id.key, key);
	short_of(&ana, short_key, sizeof short_key);
	memcpy(short_key, "ä", strlen("ä"));
	told_init(&t);
	other_come(&t, &ana);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		told_command(&t, client, writing(i, names[i], "hi"));
		assert_written_to(&t, &ana);
		told_commit(&t, TOLD_ALL);
		told_answer(&t, client, i, QF_ANS_STORED);
	}
	told_fini(&t);
}

static void assert_for_guest(const struct told *t, const struct other *o,
                             const char *to)
{
	const struct qf_envelope *e = t->keeps[t->keep_count - 1].envelope;
	struct qf_direct d = other_room(t, o);
	struct qf_body body;
	struct qf_buf open;

	qf_buf_init(&open, 0);
	assert_true(qf_direct_open(&d.body_key, d.key_id, e, &open));
	assert_true(qf_body_decode(&body, qf_buf_bytes(&open)));
	assert_int_equal(body.to.len, strlen(to));
	assert_memory_equal(body.to.at ? (const char *)body.to.at : "", to,
	                    strlen(to));
	qf_buf_fini(&open);
}

TEST(node_people, a_guest_is_meant_by_its_name_and_whose_it_is)
{
	char by_key[QF_KEY_TEXT_BYTES + 80] = "zoe@", long_name[80];
	struct other ana = other_of(1, "ana"), at = other_of(2, "kim@ana");
	struct told t;

	qf_key_text(&ana.id.key, by_key + 4);
	told_init(&t);
	other_come(&t, &ana);
	told_command(&t, client, writing(1, "zoe@ANA", "hi"));
	assert_written_to(&t, &ana);
	assert_for_guest(&t, &ana, "zoe");
	told_command(&t, client, writing(2, by_key, "hi"));
	assert_for_guest(&t, &ana, "zoe");
	told_command(&t, client, writing(3, "zoe@nobody", "hi"));
	told_refused(&t, client, 3, "unknown-person");
	told_command(&t, client, writing(4, "@ana", "hi"));
	told_refused(&t, client, 4, "unknown-person");
	snprintf(long_name, sizeof long_name, "%065d@ana", 1);
	told_command(&t, client, writing(5, long_name, "hi"));
	told_refused(&t, client, 5, "unknown-person");

	/* Somebody is called so: the key says who is meant. */
	other_come(&t, &at);
	told_command(&t, client, writing(6, "kim@ana", "hi"));
	told_refused(&t, client, 6, "ambiguous");
	short_of(&at, long_name, sizeof long_name);
	told_command(&t, client, writing(7, long_name, "hi"));
	assert_written_to(&t, &at);
	assert_for_guest(&t, &at, "");
	short_of(&ana, long_name, sizeof long_name);
	snprintf(by_key, sizeof by_key, "kim@%s", long_name);
	told_command(&t, client, writing(8, by_key, "hi"));
	assert_written_to(&t, &ana);
	assert_for_guest(&t, &ana, "kim");

	/* What would be longer than a guest's name may be, when it is composed.
	 */
	told_command(&t, client,
	             writing(9, "𝅗𝅥𝅗𝅥𝅗𝅥𝅗𝅥𝅗𝅥𝅗𝅥𝅗𝅥𝅗𝅥𝅗𝅥𝅗𝅥𝅗𝅥𝅗𝅥@ana", "hi"));
	told_refused(&t, client, 9, "unknown-person");
	told_fini(&t);
}

static struct qf_command to_near(uint64_t request, char *who, char *near)
{
	struct qf_command c = writing(request, who, "hi");

	c.near = near;
	c.tags = near ? "to=x" : NULL;
	return c;
}

/* What was kept last is for that guest of ours. */
static void assert_for_own_guest(const struct told *t, const char *to)
{
	struct other self = { .id = t->self };

	assert_written_to(t, &self);
	assert_for_guest(t, &self, to);
}

TEST(node_people, a_guest_of_our_own_is_meant_if_nobody_else_can_be)
{
	struct other bob = other_of(1, "bob");
	char name[64], text[80];
	struct told t;

	told_init_as(&t, 100, false);
	load_peer(&t, &bob, NULL);
	told_tick(&t, 0);
	told_command(&t, client, to_near(1, "zoe", "zoe"));
	assert_for_own_guest(&t, "zoe");
	told_command(&t, client, to_near(2, "Zoe@me", "zoe"));
	assert_for_own_guest(&t, "zoe");
	told_command(&t, client, to_near(3, "zoe@me", NULL));
	told_refused(&t, client, 3, "unknown-person");
	told_command(&t, client, to_near(4, NULL, NULL));
	assert_for_own_guest(&t, "");

	/* Whoever is remembered has a name, too. */
	told_command(&t, client, to_near(5, "bob", "bob"));
	told_refused(&t, client, 5, "ambiguous");
	told_command(&t, client, to_near(6, "bob@me", "bob"));
	assert_for_own_guest(&t, "bob");
	short_of(&bob, name, sizeof name);
	told_command(&t, client, to_near(7, name, NULL));
	assert_written_to(&t, &bob);
	snprintf(text, sizeof text, "zoe@%s", name);
	told_command(&t, client, to_near(8, text, "zoe"));
	assert_written_to(&t, &bob);
	assert_for_guest(&t, &bob, "zoe");
	told_fini(&t);
}

TEST(node_people, of_two_with_a_name_the_one_with_the_short_key_is_meant)
{
	struct other one = other_of(1, "ana"), two = other_of(2, "Ana");
	char first[64], second[64];
	const struct qf_answer *a;
	struct told t;

	short_of(&one, first, sizeof first);
	short_of(&two, second, sizeof second);
	told_init(&t);
	other_come(&t, &one);
	other_come(&t, &two);
	told_command(&t, client, writing(1, "ana", "hi"));
	told_refused(&t, client, 1, "ambiguous");
	a = told_answer(&t, client, 1, QF_ANS_REFUSED);
	assert_non_null(strstr(a->text, first));
	assert_non_null(strstr(a->text, second));
	told_command(&t, client, writing(2, second, "hi"));
	assert_written_to(&t, &two);
	told_fini(&t);
}

TEST(node_people, the_many_who_may_be_meant_are_named_in_whole_characters)
{
	char text[QF_USER_NAME_BYTES_MAX + 1] = "";
	struct told t;

	for (int i = 0; i < QF_USER_NAME_CHARS_MAX; i++)
		strcat(text, "𐍈");
	told_init(&t);
	for (uint8_t i = 1; i <= 5; i++) {
		struct other o = other_of(i, text);

		other_come(&t, &o);
	}
	told_command(&t, client, writing(1, text, "hi"));
	told_refused(&t, client, 1, "ambiguous");
	assert_true(qf_utf8_valid(qf_bytes(
		told_answer(&t, client, 1, QF_ANS_REFUSED)->text,
		strlen(told_answer(&t, client, 1, QF_ANS_REFUSED)->text))));
	told_fini(&t);
}

TEST(node_people, who_is_here_is_meant_before_who_is_only_remembered)
{
	struct other old = other_of(1, "ana"), now = other_of(2, "ana");
	struct told t;

	told_init_as(&t, 100, false);
	load_peer(&t, &old, NULL);
	told_tick(&t, 0);
	told_command(&t, client, writing(1, "ana", "hi"));
	assert_written_to(&t, &old);
	other_come(&t, &now);
	told_command(&t, client, writing(2, "ana", "hi"));
	assert_written_to(&t, &now);
	told_fini(&t);
}

TEST(node_people, of_two_who_are_remembered_by_one_name_neither_is_guessed)
{
	struct other one = other_of(1, "ana"), two = other_of(2, "Ana");
	char second[64];
	struct told t;

	told_init_as(&t, 100, false);
	load_peer(&t, &one, NULL);
	load_peer(&t, &two, NULL);
	told_tick(&t, 0);
	told_command(&t, client, writing(1, "ana", "hi"));
	told_refused(&t, client, 1, "ambiguous");
	short_of(&two, second, sizeof second);
	assert_non_null(strstr(told_answer(&t, client, 1, QF_ANS_REFUSED)->text,
	                       second));
	told_command(&t, client, writing(2, second, "hi"));
	assert_written_to(&t, &two);
	told_fini(&t);
}

TEST(node_people, whom_nobody_knows_is_refused_by_the_name_that_was_given)
{
	static char *const names[] = { "", "zoe", "me·zzz" };
	struct told t;

	told_init(&t);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		told_command(&t, client, writing(i, names[i], "hi"));
		told_refused(&t, client, i, "unknown-person");
		assert_non_null(
			strstr(told_answer(&t, client, i, QF_ANS_REFUSED)->text,
		               names[i]));
	}
	told_fini(&t);
}

TEST(node_people, we_are_not_whom_we_can_mean)
{
	char key[QF_KEY_TEXT_BYTES];
	struct told t;

	told_init(&t);
	qf_key_text(&t.self.key, key);
	told_command(&t, client, writing(1, key, "hi"));
	told_refused(&t, client, 1, "bad-name");
	told_fini(&t);
}
