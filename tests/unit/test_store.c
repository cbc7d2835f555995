/* test_store.c - what is kept is there again, in order, to the byte
 *
 * What happens when the disk fails is in test_store_faults.c.
 */
#include "loaded.h"
#include "storage.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

static void expect_stored(const struct storage *s, const struct keeps *k)
{
	struct qf_reader *rd = storage_reader(s);

	for (size_t i = 0; i < k->count; i++) {
		struct qf_envelope *e;

		if (k->at[i].kind != QF_KEEP_ENVELOPE)
			continue;
		e = fetch_one(rd, k->at[i].lsn);
		expect_same(e, k->at[i].envelope);
		assert_true(qf_envelope_proven(e));
		qf_envelope_unref(e);
	}
	qf_reader_close(rd);
}

TEST(store, a_lone_envelope_is_its_own_root)
{
	struct keeps k = { 0 };
	struct storage s;

	storage_begin(&s);
	keeps_say(&k, &s, "hello");
	storage_commit(&s, &k);
	assert_int_equal(k.at[0].lsn, 1);
	assert_int_equal(k.at[0].envelope->proof.leaves, 1);
	assert_int_equal(k.at[0].envelope->proof.path_len, 0);
	expect_stored(&s, &k);
	keeps_clear(&k);
	storage_remove(&s);
}

TEST(store, what_is_own_in_a_commit_is_signed_below_one_root)
{
	struct qf_identity bob = identity("bob");
	struct keeps k = { 0 };
	struct storage s;

	storage_begin(&s);
	keeps_say(&k, &s, "one");
	keeps_hear(&k, &bob, &s.lobby, 1, "from bob");
	keeps_say(&k, &s, "two");
	keeps_say(&k, &s, "three");
	storage_commit(&s, &k);
	assert_int_equal(k.at[0].envelope->proof.leaves, 3);
	assert_int_equal(k.at[3].envelope->proof.leaf, 2);
	assert_memory_equal(k.at[0].envelope->proof.sig,
	                    k.at[3].envelope->proof.sig, QF_SIG_BYTES);
	assert_int_equal(k.at[1].envelope->proof.leaves, 1);
	expect_stored(&s, &k);
	keeps_clear(&k);
	storage_remove(&s);
}

TEST(store, a_full_batch_fills_rows_of_the_log_and_comes_back)
{
	struct keeps k = { 0 };
	struct storage s;

	storage_begin(&s);
	for (int i = 0; i < QF_BATCH_LEAVES_MAX; i++) {
		struct qf_keep *said = keeps_say(&k, &s, "line");

		said->has_nonce = i % 3 == 0;
		said->nonce.b[0] = (uint8_t)i;
	}
	storage_commit(&s, &k);
	assert_int_equal(k.at[0].envelope->proof.path_len, QF_PATH_MAX);
	expect_stored(&s, &k);
	reload(&s);
	assert_int_equal(loaded.element_count, QF_BATCH_LEAVES_MAX);
	assert_int_equal(loaded.nonce_count, (QF_BATCH_LEAVES_MAX + 2) / 3);
	for (size_t i = 0; i < loaded.nonce_count; i++) {
		assert_int_equal(loaded.nonces[i].b[0], i * 3);
		assert_int_equal(loaded.nonce_lsns[i], k.at[i * 3].lsn);
	}
	keeps_clear(&k);
	storage_remove(&s);
}

TEST(store, bodies_of_any_size_come_back)
{
	static uint8_t body[QF_BODY_BYTES_MAX];
	struct keeps k = { 0 };
	struct storage s;

	storage_begin(&s);
	for (size_t i = 0; i < sizeof body; i++)
		body[i] = (uint8_t)(i * 7);
	keeps_envelope(&k, &s.self.key, &s.lobby, 1, body, 0);
	keeps_envelope(&k, &s.self.key, &s.lobby, 2, body, sizeof body);
	storage_commit(&s, &k);
	expect_stored(&s, &k);
	keeps_clear(&k);
	storage_remove(&s);
}

TEST(store, every_field_of_a_header_comes_back)
{
	struct qf_identity bob = identity("bob");
	struct keeps k = { 0 };
	struct qf_header head;
	struct storage s;

	storage_begin(&s);
	head = (struct qf_header){
		.room = s.lobby,
		.class = QF_CLASS_CONTROL,
		.type = 255,
		.author = bob.key,
		.hlc = UINT64_MAX,
		.seq = UINT64_MAX - 1,
		.prev = "an id, or half",
		.key_id = "which epoch",
	};
	keeps_add(&k, QF_KEEP_ENVELOPE)->envelope = qf_envelope_new(
		&head, qf_bytes("x", 1));
	sign_commit(&bob, &k.at[0].envelope, 1);
	k.at[0].source = 7;
	k.at[0].room_hlc = UINT64_MAX;
	storage_commit(&s, &k);
	expect_stored(&s, &k);
	reload(&s);
	assert_true(loaded.elements[0].hlc == UINT64_MAX);
	assert_int_equal(loaded.elements[0].class, QF_CLASS_CONTROL);
	assert_true(loaded.rooms[0].hlc == UINT64_MAX);
	assert_int_equal(loaded.rooms[0].own_seq, 0);
	keeps_clear(&k);
	storage_remove(&s);
}

TEST(store, loading_gives_rooms_then_elements_then_nonces_then_peers)
{
	struct qf_identity bob = identity("bob");
	struct keeps k = { 0 };
	struct storage s;

	storage_begin(&s);
	keeps_add(&k, QF_KEEP_PEER)->peer.key = bob.key;
	keeps_say(&k, &s, "one")->has_nonce = true;
	keeps_join(&k, "#other");
	keeps_hear(&k, &bob, &k.at[2].room, 1, "two");
	keeps_say(&k, &s, "three")->has_nonce = true;
	storage_commit(&s, &k);
	reload(&s);
	assert_string_equal(loaded.order, "renp");
	assert_int_equal(loaded.room_count, 2);
	assert_string_equal(loaded.names[0], "#lobby");
	assert_string_equal(loaded.names[1], "#other");
	assert_int_equal(loaded.element_count, 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(loaded.elements[i].lsn, i + 1);
	assert_true(qf_room_id_equal(&loaded.elements[1].room,
	                             &loaded.rooms[1].id));
	assert_memory_equal(loaded.elements[2].id.b, k.at[4].envelope->id.b,
	                    QF_HASH_BYTES);
	assert_int_equal(loaded.nonce_lsns[1], 3);
	keeps_clear(&k);
	storage_remove(&s);
}

static int refuse_element(void *ctx, const struct qf_loaded_element *element)
{
	(void)ctx;
	return element->lsn == 2 ? QF_E_NOMEM : QF_OK;
}

TEST(store, loading_ends_with_the_error_of_whom_it_loads)
{
	struct qf_loader picky = loader;
	struct keeps k = { 0 };
	struct storage s;

	picky.element = refuse_element;
	storage_begin(&s);
	keeps_say(&k, &s, "one");
	keeps_say(&k, &s, "two");
	storage_commit(&s, &k);
	assert_int_equal(qf_store_load(s.store, &picky), QF_E_NOMEM);
	assert_string_equal(qf_store_why(s.store), "out of memory");
	storage_commit(&s, &(struct keeps){ 0 });
	keeps_clear(&k);
	storage_remove(&s);
}

TEST(store, a_page_that_was_closed_stays_so)
{
	struct keeps k = { 0 };
	struct storage s;

	storage_begin(&s);
	reload(&s);
	assert_int_equal(loaded.page, 0);
	keeps_add(&k, QF_KEEP_PAGE)->page = 2;
	storage_commit(&s, &k);
	keeps_clear(&k);
	reload(&s);
	assert_int_equal(loaded.page, 2);
	storage_remove(&s);
}

static struct qf_marker marker(const char *whose, uint64_t ms)
{
	struct qf_marker m = { .ms = ms };

	strcpy(m.whose, whose);
	return m;
}

TEST(store, what_somebody_has_read_only_grows_until_it_is_forgotten)
{
	struct keeps k = { 0 };
	struct storage s;

	storage_begin(&s);
	keeps_add(&k, QF_KEEP_MARKER)->marker = marker("zoe\n#a", 7);
	keeps_add(&k, QF_KEEP_MARKER)->marker = marker("zoe\n#b", 5);
	keeps_add(&k, QF_KEEP_MARKER)->marker = marker("zoe\n#a", 6);
	storage_commit(&s, &k);
	keeps_clear(&k);
	reload(&s);
	assert_int_equal(loaded.marker_count, 2);
	assert_string_equal(loaded.markers[0].whose, "zoe\n#a");
	assert_int_equal(loaded.markers[0].ms, 7);
	assert_int_equal(loaded.markers[1].ms, 5);
	keeps_add(&k, QF_KEEP_MARKER)->marker = marker("zoey\n#a", 3);
	keeps_add(&k, QF_KEEP_MARKER)->marker = marker("zoe\n", 0);
	storage_commit(&s, &k);
	keeps_clear(&k);
	reload(&s);
	assert_int_equal(loaded.marker_count, 1);
	assert_string_equal(loaded.markers[0].whose, "zoey\n#a");
	storage_remove(&s);
}

TEST(store, a_room_remembers_its_clock_and_our_last_in_it)
{
	struct qf_identity bob = identity("bob");
	struct keeps k = { 0 };
	struct storage s;

	storage_begin(&s);
	keeps_say(&k, &s, "one");
	keeps_say(&k, &s, "two");
	keeps_hear(&k, &bob, &s.lobby, 9, "three")->room_hlc = 99;
	storage_commit(&s, &k);
	reload(&s);
	assert_int_equal(loaded.rooms[0].hlc, 99);
	assert_int_equal(loaded.rooms[0].own_seq, 2);
	assert_memory_equal(loaded.rooms[0].own_prev, k.at[1].envelope->id.b,
	                    QF_PREV_BYTES);
	keeps_clear(&k);

	keeps_hear(&k, &bob, &s.lobby, 10, "four")->room_hlc = 100;
	storage_commit(&s, &k);
	reload(&s);
	assert_int_equal(loaded.rooms[0].hlc, 100);
	assert_int_equal(loaded.rooms[0].own_seq, 2);
	keeps_clear(&k);
	storage_remove(&s);
}

TEST(store, an_own_envelope_that_comes_back_late_does_not_turn_our_count_back)
{
	struct keeps k = { 0 };
	struct storage s;

	storage_begin(&s);
	s.seq = 4;
	keeps_say(&k, &s, "five");
	storage_commit(&s, &k);
	keeps_hear(&k, &s.self, &s.lobby, 3, "three, from a peer");
	storage_commit(&s, &k);
	reload(&s);
	assert_int_equal(loaded.rooms[0].own_seq, 5);
	assert_memory_equal(loaded.rooms[0].own_prev, k.at[0].envelope->id.b,
	                    QF_PREV_BYTES);
	keeps_clear(&k);
	storage_remove(&s);
}

TEST(store, a_room_that_was_left_is_remembered_as_left)
{
	struct keeps k = { 0 };
	struct storage s;

	storage_begin(&s);
	keeps_say(&k, &s, "one");
	keeps_join(&k, "#lobby");
	k.at[1].joined = QF_JOINED_NOT;
	storage_commit(&s, &k);
	reload(&s);
	assert_int_equal(loaded.room_count, 1);
	assert_false(loaded.rooms[0].joined);
	assert_int_equal(loaded.rooms[0].own_seq, 1);
	keeps_clear(&k);
	storage_remove(&s);
}

TEST(store, an_lsn_is_never_used_twice)
{
	struct keeps k = { 0 };
	struct storage s;

	storage_begin(&s);
	for (int i = 0; i < 3; i++)
		keeps_say(&k, &s, "line");
	storage_commit(&s, &k);
	storage_close(&s);
	/* As if something had been pruned. */
	meddle(&s, "DELETE FROM log; DELETE FROM envelope;");
	storage_open(&s);
	keeps_clear(&k);
	keeps_say(&k, &s, "later");
	storage_commit(&s, &k);
	assert_int_equal(k.at[0].lsn, 4);
	keeps_clear(&k);
	storage_remove(&s);
}

TEST(store, the_newest_nonces_are_loaded_and_no_more)
{
	enum { EXTRA = 200 };
	struct keeps k = { 0 };
	struct storage s;
	uint64_t said = 0;

	storage_begin(&s);
	while (said < QF_NONCES_MAX + EXTRA) {
		for (int i = 0; i < 146 && said < QF_NONCES_MAX + EXTRA; i++) {
			struct qf_keep *keep = keeps_say(&k, &s, "");

			keep->has_nonce = true;
			said++;
			memcpy(keep->nonce.b, &said, sizeof said);
		}
		storage_commit(&s, &k);
		keeps_clear(&k);
	}
	reload(&s);
	assert_int_equal(loaded.nonce_count, QF_NONCES_MAX);
	for (size_t i = 0; i < loaded.nonce_count; i++) {
		memcpy(&said, loaded.nonces[i].b, sizeof said);
		assert_int_equal(said, EXTRA + i + 1);
		assert_int_equal(loaded.nonce_lsns[i], said);
	}
	storage_remove(&s);
}

static void meet(struct keeps *k, const char *key, const char *name,
                 const char *host, uint64_t seen_ms)
{
	struct qf_peer *peer = &keeps_add(k, QF_KEEP_PEER)->peer;

	peer->key = identity(key).key;
	snprintf(peer->name, sizeof peer->name, "%s", name);
	snprintf(peer->address.host, sizeof peer->address.host, "%s", host);
	peer->address.port = *host ? 9999 : 0;
	peer->seen_ms = seen_ms;
}

TEST(store, peers_are_loaded_once_an_address_newest_first)
{
	struct keeps k = { 0 };
	struct storage s;

	storage_begin(&s);
	meet(&k, "bob", "bob", "10.0.0.2", 100);
	meet(&k, "eve", "eve", "10.0.0.3", 300);
	meet(&k, "bob", "bob", "fe80::2%wlan0", 400);
	meet(&k, "bob", "bob", "10.0.0.2", 200);
	meet(&k, "dan", "dan", "", 250);
	storage_commit(&s, &k);
	reload(&s);
	assert_int_equal(loaded.peer_count, 4);
	assert_string_equal(loaded.peers[0].address.host, "fe80::2%wlan0");
	assert_int_equal(loaded.peers[0].address.port, 9999);
	assert_string_equal(loaded.peers[1].name, "eve");
	assert_string_equal(loaded.peers[2].name, "dan");
	assert_string_equal(loaded.peers[2].address.host, "");
	assert_string_equal(loaded.peers[3].address.host, "10.0.0.2");
	assert_int_equal(loaded.peers[3].seen_ms, 200);
	storage_remove(&s);
}

TEST(store, who_was_asked_for_is_loaded_before_others_and_stays_so)
{
	struct keeps k = { 0 };
	struct storage s;

	storage_begin(&s);
	meet(&k, "bob", "bob", "10.0.0.2", 0);
	k.at[0].peer.asked = true;
	meet(&k, "dan", "dan", "10.0.0.4", 200);
	k.at[1].peer.asked = true;
	meet(&k, "dan", "dan", "10.0.0.5", 100);
	meet(&k, "eve", "eve", "10.0.0.3", 300);
	storage_commit(&s, &k);
	reload(&s);
	assert_string_equal(loaded.peers[0].address.host, "10.0.0.4");
	assert_string_equal(loaded.peers[1].name, "bob");
	assert_true(loaded.peers[1].asked);
	assert_string_equal(loaded.peers[2].address.host, "10.0.0.5");
	assert_string_equal(loaded.peers[3].name, "eve");
	assert_false(loaded.peers[3].asked);
	storage_remove(&s);
}

TEST(store, strangers_do_not_push_out_who_was_asked_for)
{
	struct keeps k = { 0 };
	struct storage s;
	char host[32];

	storage_begin(&s);
	meet(&k, "bob", "bob", "10.0.0.2", 0);
	k.at[0].peer.asked = true;
	for (int i = 0; i < 2 * QF_PEERS_MAX; i++) {
		if (k.count == STORAGE_KEEPS_MAX) {
			storage_commit(&s, &k);
			keeps_clear(&k);
		}
		snprintf(host, sizeof host, "host%d", i);
		meet(&k, host, "", host, 1 + (uint64_t)i);
	}
	storage_commit(&s, &k);
	assert_in_range(look(&s, "SELECT count(*) FROM peer"), QF_PEERS_MAX,
	                QF_PEERS_MAX + 1 + STORAGE_KEEPS_MAX);
	assert_in_range(look(&s, "SELECT count(*) FROM address"), QF_PEERS_MAX,
	                QF_PEERS_MAX + 1 + STORAGE_KEEPS_MAX);
	reload(&s);
	assert_string_equal(loaded.peers[0].name, "bob");
	assert_string_equal(loaded.peers[1].address.host, host);
	storage_remove(&s);
}

TEST(store, of_one_peer_the_newest_addresses_are_kept)
{
	struct keeps k = { 0 };
	struct storage s;
	char host[32];

	storage_begin(&s);
	for (int i = 0; i < STORAGE_KEEPS_MAX; i++) {
		snprintf(host, sizeof host, "host%d", i);
		meet(&k, "eve", "eve", host, 1 + (uint64_t)i);
	}
	storage_commit(&s, &k);
	keeps_clear(&k);
	meet(&k, "eve", "eve", host, 1000);
	storage_commit(&s, &k);
	assert_int_equal(look(&s, "SELECT count(*) FROM address"),
	                 QF_ADDRESSES_EACH_MAX);
	reload(&s);
	assert_string_equal(loaded.peers[0].address.host, host);
	storage_remove(&s);
}

TEST(store, whoever_was_entered_in_an_older_database_was_asked_for)
{
	struct keeps k = { 0 };
	struct storage s;

	storage_begin(&s);
	meet(&k, "ana", "ana", "", 100);
	meet(&k, "bob", "bob", "10.0.0.2", 0);
	meet(&k, "eve", "eve", "10.0.0.3", 300);
	storage_commit(&s, &k);
	storage_close(&s);
	meddle(&s, "ALTER TABLE peer DROP COLUMN asked");
	meddle(&s, "PRAGMA user_version = 6");
	storage_open(&s);
	reload(&s);
	assert_int_equal(loaded.peer_count, 3);
	assert_true(loaded.peers[0].asked && loaded.peers[1].asked);
	assert_string_equal(loaded.peers[2].name, "eve");
	assert_false(loaded.peers[2].asked);
	storage_remove(&s);
}

TEST(store, a_new_name_replaces_the_old_one_and_no_name_does_not)
{
	struct keeps k = { 0 };
	struct storage s;

	storage_begin(&s);
	meet(&k, "bob", "bob", "10.0.0.2", 100);
	meet(&k, "bob", "", "10.0.0.2", 200);
	storage_commit(&s, &k);
	reload(&s);
	assert_string_equal(loaded.peers[0].name, "bob");
	keeps_clear(&k);
	meet(&k, "bob", "robert", "", 300);
	storage_commit(&s, &k);
	reload(&s);
	assert_int_equal(loaded.peer_count, 1);
	assert_string_equal(loaded.peers[0].name, "robert");
	storage_remove(&s);
}

TEST(store, a_forgotten_peer_leaves_nothing)
{
	struct keeps k = { 0 };
	struct storage s;

	storage_begin(&s);
	meet(&k, "bob", "bob", "10.0.0.2", 100);
	meet(&k, "bob", "bob", "10.0.0.3", 100);
	meet(&k, "eve", "eve", "10.0.0.4", 100);
	keeps_add(&k, QF_KEEP_FORGET)->peer.key = identity("bob").key;
	storage_commit(&s, &k);
	assert_int_equal(look(&s, "SELECT count(*) FROM peer"), 1);
	assert_int_equal(look(&s, "SELECT count(*) FROM address"), 1);
	reload(&s);
	assert_int_equal(loaded.peer_count, 1);
	assert_string_equal(loaded.peers[0].name, "eve");
	storage_remove(&s);
}

TEST(store, no_more_peers_are_loaded_than_are_remembered)
{
	struct keeps k = { 0 };
	struct storage s;
	char host[32];

	storage_begin(&s);
	for (int i = 0; i < QF_PEERS_MAX + 10; i++) {
		snprintf(host, sizeof host, "host%d", i);
		meet(&k, host, "", host, (uint64_t)i);
		if (k.count == STORAGE_KEEPS_MAX) {
			storage_commit(&s, &k);
			keeps_clear(&k);
		}
	}
	storage_commit(&s, &k);
	reload(&s);
	assert_int_equal(loaded.peer_count, QF_PEERS_MAX);
	assert_string_equal(loaded.peers[0].address.host, host);
	storage_remove(&s);
}

TEST(store, a_commit_takes_what_fits)
{
	static struct qf_keep keeps[QF_COMMIT_KEEPS_MAX + 10];
	static uint8_t body[QF_BODY_BYTES_MAX];
	size_t n = sizeof keeps / sizeof *keeps;
	struct qf_identity bob = identity("bob");
	struct keeps k = { 0 };
	struct storage s;

	storage_make(&s);
	assert_int_equal(qf_store_fit(keeps, 0), 0);
	keeps_say(&k, &s, "own");
	keeps_envelope(&k, &bob.key, &s.lobby, 1, body, sizeof body);
	sign_commit(&bob, &k.at[1].envelope, 1);

	for (size_t i = 0; i < n; i++)
		keeps[i].kind = QF_KEEP_PEER;
	assert_int_equal(qf_store_fit(keeps, 5), 5);
	assert_int_equal(qf_store_fit(keeps, n), QF_COMMIT_KEEPS_MAX);
	for (size_t i = 1; i < n; i++)
		keeps[i] = k.at[0];
	assert_int_equal(qf_store_fit(keeps, n), 1 + QF_BATCH_LEAVES_MAX);
	for (size_t i = 1; i < n; i++)
		keeps[i] = k.at[1];
	assert_int_equal(qf_store_fit(keeps, n),
	                 1 + QF_COMMIT_BYTES_MAX / QF_BODY_BYTES_MAX);
	keeps_clear(&k);
	storage_remove(&s);
}

TEST(store, the_files_are_ours_alone)
{
	static const char *const names[] = { "store", "store-wal",
		                             "store-shm" };
	mode_t before = umask(0);
	char path[100];
	struct storage s;
	struct stat st;

	storage_begin(&s);
	umask(before);
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof path, "%s/%s", s.dir, names[i]);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0600);
	}
	storage_remove(&s);
}

TEST(store, a_draft_stays_until_the_commit_that_stores_its_message)
{
	struct qf_keep *keep;
	struct storage s;
	struct keeps k = { 0 };

	storage_begin(&s);
	keep = keeps_add(&k, QF_KEEP_DRAFT);
	keep->draft = (struct qf_draft){ .number = 5,
		                         .type = QF_TYPE_ACTION,
		                         .has_nonce = true,
		                         .nonce = { { 7 } },
		                         .body = qf_shared_new("body", 4) };
	qf_room_id_open(&keep->draft.room, "#lobby");
	storage_commit(&s, &k);
	reload(&s);
	assert_int_equal(loaded.draft_count, 1);
	assert_int_equal(loaded.drafts[0].number, 5);
	assert_int_equal(loaded.drafts[0].type, QF_TYPE_ACTION);
	assert_true(loaded.drafts[0].has_nonce);
	assert_int_equal(loaded.drafts[0].nonce.b[0], 7);
	keeps_clear(&k);
	keeps_say(&k, &s, "body")->draft_number = 5;
	storage_commit(&s, &k);
	reload(&s);
	assert_int_equal(loaded.draft_count, 0);
	assert_int_equal(loaded.element_count, 1);
	keeps_clear(&k);
	storage_remove(&s);
}

/* Version 1 had no drafts, no past, no page, no markers and no index. */
TEST(store, an_older_database_takes_the_missing_steps)
{
	struct keeps k = { 0 };
	struct storage s;

	storage_begin(&s);
	keeps_say(&k, &s, "old");
	storage_commit(&s, &k);
	keeps_clear(&k);
	storage_close(&s);
	meddle(&s, "DROP TABLE draft");
	meddle(&s, "DROP TABLE past");
	meddle(&s, "DROP TABLE page");
	meddle(&s, "DROP TABLE marker");
	meddle(&s, "DROP INDEX standing");
	meddle(&s, "ALTER TABLE peer DROP COLUMN asked");
	meddle(&s, "PRAGMA user_version = 1");
	storage_open(&s);
	reload(&s);
	assert_int_equal(loaded.element_count, 1);
	assert_int_equal(look(&s, "PRAGMA user_version"), 7);
	storage_remove(&s);
}

TEST(store, an_empty_file_becomes_a_database_of_this_version)
{
	struct storage s;
	int fd;

	storage_make(&s);
	fd = open(s.path, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	close(fd);
	storage_open(&s);
	storage_close(&s);
	assert_int_equal(look(&s, "PRAGMA user_version"), 7);
	storage_open(&s); /* and there is nothing left to migrate */
	assert_int_equal(look(&s, "PRAGMA user_version"), 7);
	storage_remove(&s);
}

TEST(store, one_that_has_to_be_made_remembers_which_numbers_may_be_used)
{
	struct storage s;
	char why[160];

	storage_make(&s);
	for (uint64_t past = 1000; past <= 1001; past++) {
		assert_int_equal(qf_store_open(&s.store, s.path, &s.self, past,
		                               why, sizeof why),
		                 QF_OK);
		assert_int_equal(qf_store_past(s.store), 1000);
		storage_close(&s);
	}
	storage_remove(&s);
}

TEST(store, a_line_of_ours_that_comes_back_leaves_a_margin_for_more_of_them)
{
	static const uint8_t none[QF_PREV_BYTES];
	struct keeps k = { 0 };
	struct storage s;

	storage_begin(&s);
	keeps_say(&k, &s, "remembered");
	keeps_hear(&k, &s.self, &s.lobby, 7, "forgotten");
	keeps_hear(&k, &s.self, &s.lobby, 5, "forgotten too");
	storage_commit(&s, &k);
	reload(&s);
	assert_int_equal(loaded.rooms[0].own_seq, 7 + QF_SEQ_MARGIN);
	assert_memory_equal(loaded.rooms[0].own_prev, none, sizeof none);
	keeps_clear(&k);
	storage_remove(&s);
}

TEST(store, a_directory_that_is_gone_is_an_error_with_a_sentence)
{
	struct qf_store *store;
	struct qf_reader *rd;
	char why[160], wanted[160];
	struct storage s;

	storage_make(&s);
	snprintf(wanted, sizeof wanted,
	         "the database cannot be made (No such file or directory): %s",
	         s.path);
	assert_int_equal(qf_reader_open(&rd, s.path), QF_E_IO);
	storage_remove(&s);
	assert_int_equal(
		qf_store_open(&store, s.path, &s.self, 0, why, sizeof why),
		QF_E_IO);
	assert_string_equal(why, wanted);
}

TEST(store, a_database_that_was_moved_away_takes_nothing_until_it_is_back)
{
	struct keeps k = { 0 };
	char aside[100];
	struct storage s;

	storage_begin(&s);
	snprintf(aside, sizeof aside, "%s/aside", s.dir);
	assert_int_equal(rename(s.path, aside), 0);
	keeps_say(&k, &s, "hello");
	assert_int_equal(qf_store_commit(s.store, k.at, k.count), QF_E_IO);
	assert_string_equal(qf_store_why(s.store),
	                    "the database was moved or deleted");
	assert_int_equal(qf_store_probe(s.store), QF_E_IO);
	assert_int_equal(rename(aside, s.path), 0);
	assert_int_equal(qf_store_probe(s.store), QF_OK);
	storage_commit(&s, &k);
	expect_stored(&s, &k);
	keeps_clear(&k);
	storage_remove(&s);
}

TEST(store, a_probe_writes_and_changes_nothing_that_is_remembered)
{
	struct keeps k = { 0 };
	struct storage s;

	storage_begin(&s);
	keeps_say(&k, &s, "hello");
	storage_commit(&s, &k);
	assert_int_equal(qf_store_probe(s.store), QF_OK);
	assert_int_equal(qf_store_probe(s.store), QF_OK);
	assert_int_equal(look(&s, "SELECT count FROM probe"), 2);
	reload(&s);
	assert_int_equal(loaded.element_count, 1);
	keeps_clear(&k);
	storage_remove(&s);
}

/* Commits, tells the parent, and is killed in the middle of its life. */
static void commit_and_wait(struct storage *s, int to_parent)
{
	struct keeps k = { 0 };

	if (qf_store_open(&s->store, s->path, &s->self, 0, (char[160]){ 0 },
	                  160))
		_exit(1);
	keeps_join(&k, "#lobby");
	keeps_say(&k, s, "before the end");
	if (qf_store_commit(s->store, k.at, k.count) ||
	    write(to_parent, "!", 1) != 1)
		_exit(2);
	pause();
}

TEST(store, what_a_killed_process_committed_is_there)
{
	struct storage s;
	int pipes[2];
	pid_t child;
	char byte;

	storage_make(&s);
	assert_int_equal(pipe(pipes), 0);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		commit_and_wait(&s, pipes[1]);
		_exit(3);
	}
	close(pipes[1]);
	assert_int_equal(read(pipes[0], &byte, 1), 1);
	close(pipes[0]);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	reload(&s);
	assert_int_equal(loaded.room_count, 1);
	assert_int_equal(loaded.element_count, 1);
	assert_int_equal(loaded.rooms[0].own_seq, 1);
	storage_remove(&s);
}
