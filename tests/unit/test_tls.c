/* test_tls.c - handshakes in memory: whom we let in, and as whom */
#include "test.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <string.h>

#include "core/err.h"
#include "net/channel.h"

/* One of our own ends. */
struct end {
	struct qf_tls tls;
	struct qf_channel *channel;
	struct qf_identity identity;
	struct qf_buf plain;
	struct qf_buf wire;
	enum qf_channel_got got;
};

static void end_init(struct end *e, uint8_t number, bool client)
{
	uint8_t seed[QF_SEED_BYTES] = { number };
	struct qf_buf pem = { 0 };

	memset(e, 0, sizeof *e);
	qf_identity_init(&e->identity, seed);
	assert_int_equal(qf_tls_make_pem(&pem), QF_OK);
	assert_int_equal(qf_tls_init(&e->tls, seed, qf_buf_bytes(&pem)), QF_OK);
	qf_buf_fini(&pem);
	assert_int_equal(strlen(e->tls.fingerprint), 3 * 32 - 1);
	e->channel = qf_channel_new(&e->tls, client);
	assert_non_null(e->channel);
}

static void end_fini(struct end *e)
{
	qf_channel_free(e->channel);
	qf_tls_fini(&e->tls);
	qf_buf_fini(&e->plain);
	qf_buf_fini(&e->wire);
}

/* All of `from`, in pieces of at most `piece` bytes. */
static void end_take(struct end *e, struct qf_buf *from, size_t piece)
{
	size_t at = 0;

	do {
		size_t len = from->len - at < piece ? from->len - at : piece;
		struct qf_bytes in = qf_bytes(len ? from->at + at : NULL, len);

		do
			e->got = qf_channel_read(e->channel, &in, &e->plain,
			                         &e->wire);
		while (e->got == QF_CHANNEL_SOME);
		at += len;
	} while (at < from->len);
	qf_buf_clear(from);
}

static void shake(struct end *client, struct end *server, size_t piece)
{
	end_take(client, &server->wire, piece);
	while (client->wire.len || server->wire.len) {
		end_take(server, &client->wire, piece);
		end_take(client, &server->wire, piece);
	}
}

/* A stranger's end, whatever it is made of. */
struct stranger {
	SSL_CTX *ctx;
	SSL *ssl;
	int result; /* of its last SSL_do_handshake() */
};

static void stranger_init(struct stranger *s)
{
	s->ctx = SSL_CTX_new(TLS_method());
	assert_non_null(s->ctx);
	SSL_CTX_set_verify(s->ctx, SSL_VERIFY_NONE, NULL);
}

static void use_key(struct stranger *s, EVP_PKEY *key, const EVP_MD *md)
{
	X509 *cert = X509_new();

	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), 0);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	X509_set_pubkey(cert, key);
	assert_true(X509_sign(cert, key, md) > 0);
	assert_int_equal(SSL_CTX_use_certificate(s->ctx, cert), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(s->ctx, key), 1);
	X509_free(cert);
	EVP_PKEY_free(key);
}

static void offer_alpn(struct stranger *s, const char *name)
{
	uint8_t list[64];

	list[0] = (uint8_t)strlen(name);
	memcpy(list + 1, name, list[0]);
	assert_int_equal(SSL_CTX_set_alpn_protos(s->ctx, list, list[0] + 1u),
	                 0);
}

static void stranger_begin(struct stranger *s, bool client)
{
	s->ssl = SSL_new(s->ctx);
	SSL_set_bio(s->ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	if (client)
		SSL_set_connect_state(s->ssl);
	else
		SSL_set_accept_state(s->ssl);
}

static void stranger_fini(struct stranger *s)
{
	SSL_free(s->ssl);
	SSL_CTX_free(s->ctx);
	ERR_clear_error();
}

/* Until neither has anything to say. The stranger speaks first if it is the
 * client; either order is fine. */
static void shake_with(struct stranger *s, struct end *e)
{
	struct qf_buf from = { 0 };
	bool more = true;

	while (more) {
		char bytes[16384];
		int len;

		more = false;
		s->result = SSL_do_handshake(s->ssl);
		while ((len = BIO_read(SSL_get_wbio(s->ssl), bytes,
		                       sizeof bytes)) > 0) {
			qf_put_raw(&from, bytes, (size_t)len);
			more = true;
		}
		end_take(e, &from, SIZE_MAX);
		if (e->wire.len) {
			BIO_write(SSL_get_rbio(s->ssl), e->wire.at,
			          (int)e->wire.len);
			qf_buf_clear(&e->wire);
			more = true;
		}
	}
	qf_buf_fini(&from);
}

/* A client with these properties is turned away, and told so by an alert. */
static void expect_refused(struct stranger *s)
{
	struct end server;

	end_init(&server, 1, false);
	stranger_begin(s, true);
	shake_with(s, &server);
	assert_false(server.channel->proven);
	assert_int_equal(server.got, QF_CHANNEL_OVER);
	assert_true(strlen(server.channel->why) > 0);
	assert_int_not_equal(SSL_get_error(s->ssl, s->result),
	                     SSL_ERROR_WANT_READ);
	stranger_fini(s);
	end_fini(&server);
}

TEST(tls, two_nodes_prove_their_keys_to_each_other)
{
	struct end client, server;

	end_init(&client, 1, true);
	end_init(&server, 2, false);
	shake(&client, &server, SIZE_MAX);
	assert_true(client.channel->proven && server.channel->proven);
	assert_true(qf_key_equal(&client.channel->peer, &server.identity.key));
	assert_true(qf_key_equal(&server.channel->peer, &client.identity.key));
	end_fini(&client);
	end_fini(&server);
}

TEST(tls, the_exporter_is_equal_at_both_ends_and_new_for_each_link)
{
	uint8_t first[QF_EXPORTER_BYTES];

	for (int i = 0; i < 2; i++) {
		struct end client, server;

		end_init(&client, 1, true);
		end_init(&server, 2, false);
		shake(&client, &server, SIZE_MAX);
		assert_memory_equal(client.channel->exporter,
		                    server.channel->exporter,
		                    QF_EXPORTER_BYTES);
		if (i == 0)
			memcpy(first, client.channel->exporter, sizeof first);
		else
			assert_memory_not_equal(first, client.channel->exporter,
			                        sizeof first);
		end_fini(&client);
		end_fini(&server);
	}
}

TEST(tls, a_handshake_survives_arriving_byte_by_byte)
{
	struct end client, server;

	end_init(&client, 1, true);
	end_init(&server, 2, false);
	shake(&client, &server, 1);
	assert_true(client.channel->proven && server.channel->proven);
	end_fini(&client);
	end_fini(&server);
}

TEST(tls, what_is_written_is_read_and_the_end_is_told)
{
	static uint8_t much[300000];
	struct end client, server;

	for (size_t i = 0; i < sizeof much; i++)
		much[i] = (uint8_t)(i * 7);
	end_init(&client, 1, true);
	end_init(&server, 2, false);
	shake(&client, &server, SIZE_MAX);
	assert_true(qf_channel_write(
		client.channel, qf_bytes(much, sizeof much), &client.wire));
	end_take(&server, &client.wire, 1000);
	assert_int_equal(server.got, QF_CHANNEL_DRY);
	assert_int_equal(server.plain.len, sizeof much);
	assert_memory_equal(server.plain.at, much, sizeof much);

	qf_channel_end(client.channel, &client.wire);
	end_take(&server, &client.wire, SIZE_MAX);
	assert_int_equal(server.got, QF_CHANNEL_OVER);
	assert_string_equal(server.channel->why, "it closed the link");
	assert_false(qf_channel_write(client.channel, qf_bytes("x", 1),
	                              &client.wire));
	end_fini(&client);
	end_fini(&server);
}

TEST(tls, no_ticket_follows_the_handshake)
{
	struct end client, server;

	end_init(&client, 1, true);
	end_init(&server, 2, false);
	shake(&client, &server, SIZE_MAX);
	assert_int_equal(client.got, QF_CHANNEL_DRY);
	assert_int_equal(
		SSL_SESSION_is_resumable(SSL_get_session(client.channel->ssl)),
		0);
	end_fini(&client);
	end_fini(&server);
}

static void expect_empty(EVP_PKEY *key)
{
	assert_int_equal(EVP_PKEY_get_id(key), EVP_PKEY_NONE);
	EVP_PKEY_free(key);
}

TEST(tls, ephemeral_keys_do_not_outlive_the_handshake)
{
	struct end ends[2];
	size_t seen = 0;

	end_init(&ends[0], 1, true);
	end_init(&ends[1], 2, false);
	shake(&ends[0], &ends[1], SIZE_MAX);
	for (size_t i = 0; i < 2; i++) {
		EVP_PKEY *key;

		assert_true(ends[i].channel->shaken);
		if (SSL_get_tmp_key(ends[i].channel->ssl, &key)) {
			expect_empty(key);
			seen++;
		}
		if (SSL_get_peer_tmp_key(ends[i].channel->ssl, &key)) {
			expect_empty(key);
			seen++;
		}
		end_fini(&ends[i]);
	}
	/* OpenSSL has nothing else that would show them. */
	assert_true(seen >= 2);
}

TEST(tls, a_changed_byte_ends_the_link)
{
	struct end client, server;

	end_init(&client, 1, true);
	end_init(&server, 2, false);
	shake(&client, &server, SIZE_MAX);
	qf_channel_write(client.channel, qf_bytes("hello", 5), &client.wire);
	client.wire.at[client.wire.len - 1] ^= 1;
	end_take(&server, &client.wire, SIZE_MAX);
	assert_int_equal(server.got, QF_CHANNEL_OVER);
	assert_int_equal(server.plain.len, 0);
	assert_true(server.wire.len > 0); /* the alert */
	end_fini(&client);
	end_fini(&server);
}

TEST(tls, an_ed25519_client_of_another_make_is_welcome)
{
	struct stranger s;
	struct end server;

	stranger_init(&s);
	use_key(&s, EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), NULL);
	offer_alpn(&s, QF_ALPN);
	end_init(&server, 1, false);
	stranger_begin(&s, true);
	shake_with(&s, &server);
	assert_true(server.channel->proven);
	stranger_fini(&s);
	end_fini(&server);
}

TEST(tls, a_p256_client_certificate_is_refused)
{
	struct stranger s;

	stranger_init(&s);
	use_key(&s, EVP_EC_gen("P-256"), EVP_sha256());
	offer_alpn(&s, QF_ALPN);
	expect_refused(&s);
}

TEST(tls, a_client_without_a_certificate_is_refused)
{
	struct stranger s;

	stranger_init(&s);
	offer_alpn(&s, QF_ALPN);
	expect_refused(&s);
}

TEST(tls, tls_1_2_is_refused)
{
	struct stranger s;

	stranger_init(&s);
	SSL_CTX_set_max_proto_version(s.ctx, TLS1_2_VERSION);
	use_key(&s, EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), NULL);
	offer_alpn(&s, QF_ALPN);
	expect_refused(&s);
}

/* The handshake ends well, and nobody is proven. */
static void expect_visitor(struct stranger *s, enum qf_route route)
{
	struct end server;

	end_init(&server, 1, false);
	stranger_begin(s, true);
	shake_with(s, &server);
	assert_true(server.channel->shaken);
	assert_false(server.channel->proven);
	assert_int_equal(server.channel->route, route);
	assert_int_equal(server.got, QF_CHANNEL_DRY);

	assert_int_equal(SSL_write(s->ssl, "hello", 5), 5);
	shake_with(s, &server);
	assert_memory_equal(server.plain.at, "hello", 5);
	if (SSL_version(s->ssl) == TLS1_3_VERSION) {
		qf_buf_clear(&server.plain);
		SSL_key_update(s->ssl, SSL_KEY_UPDATE_REQUESTED);
		assert_int_equal(SSL_write(s->ssl, "again", 5), 5);
		shake_with(s, &server);
		assert_memory_equal(server.plain.at, "again", 5);
	}
	stranger_fini(s);
	end_fini(&server);
}

TEST(tls, a_browser_needs_no_certificate_and_may_use_tls_1_2)
{
	struct stranger s;

	stranger_init(&s);
	offer_alpn(&s, QF_ALPN_WEB);
	expect_visitor(&s, QF_ROUTE_WEB);

	stranger_init(&s);
	SSL_CTX_set_max_proto_version(s.ctx, TLS1_2_VERSION);
	offer_alpn(&s, QF_ALPN_WEB);
	expect_visitor(&s, QF_ROUTE_WEB);

	stranger_init(&s);
	SSL_CTX_set1_groups_list(s.ctx, "P-256");
	offer_alpn(&s, QF_ALPN_WEB);
	expect_visitor(&s, QF_ROUTE_WEB);
}

TEST(tls, without_alpn_or_with_a_strange_one_any_certificate_or_none_will_do)
{
	struct stranger s;

	stranger_init(&s);
	expect_visitor(&s, QF_ROUTE_MORE);
	stranger_init(&s);
	offer_alpn(&s, "irc");
	use_key(&s, EVP_EC_gen("P-256"), EVP_sha256());
	expect_visitor(&s, QF_ROUTE_MORE);
	stranger_init(&s);
	offer_alpn(&s, "gopher");
	use_key(&s, EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048),
	        EVP_sha256());
	expect_visitor(&s, QF_ROUTE_MORE);
}

static int type_of_shown(const char *sigalgs)
{
	struct stranger s;
	struct end server;
	int type;

	stranger_init(&s);
	SSL_CTX_set1_sigalgs_list(s.ctx, sigalgs);
	end_init(&server, 1, false);
	stranger_begin(&s, true);
	shake_with(&s, &server);
	type = EVP_PKEY_get_id(
		X509_get0_pubkey(SSL_get0_peer_certificate(s.ssl)));
	stranger_fini(&s);
	end_fini(&server);
	return type;
}

TEST(tls, each_is_shown_the_certificate_that_it_can_check)
{
	assert_int_equal(type_of_shown("ed25519"), EVP_PKEY_ED25519);
	assert_int_equal(type_of_shown("ECDSA+SHA256:RSA+SHA256"), EVP_PKEY_EC);
}

static int init_with(struct qf_bytes pem)
{
	static const uint8_t seed[QF_SEED_BYTES] = { 1 };
	struct qf_tls tls;
	int rc = qf_tls_init(&tls, seed, pem);

	if (!rc)
		qf_tls_fini(&tls);
	return rc;
}

static void put_text(struct qf_buf *to, const char *text)
{
	qf_put_raw(to, text, strlen(text));
}

TEST(tls, the_certificate_that_was_kept_is_the_one_that_is_shown)
{
	static const uint8_t seed[QF_SEED_BYTES] = { 1 };
	struct qf_buf pem = { 0 };
	struct qf_tls tls;
	X509 *kept, *shown;
	BIO *bio;

	assert_int_equal(qf_tls_make_pem(&pem), QF_OK);
	bio = BIO_new_mem_buf(pem.at, (int)pem.len);
	kept = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	assert_non_null(kept);
	assert_int_equal(qf_tls_init(&tls, seed, qf_buf_bytes(&pem)), QF_OK);
	assert_true(SSL_CTX_set_current_cert(tls.server, SSL_CERT_SET_FIRST));
	shown = SSL_CTX_get0_certificate(tls.server);
	if (EVP_PKEY_get_id(X509_get0_pubkey(shown)) != EVP_PKEY_EC) {
		assert_true(SSL_CTX_set_current_cert(tls.server,
		                                     SSL_CERT_SET_NEXT));
		shown = SSL_CTX_get0_certificate(tls.server);
	}
	assert_int_equal(X509_cmp(kept, shown), 0);
	X509_free(kept);
	BIO_free(bio);
	qf_tls_fini(&tls);
	qf_buf_fini(&pem);
}

TEST(tls, what_is_no_key_with_its_certificate_is_refused)
{
	struct qf_buf pem = { 0 }, other = { 0 }, mixed = { 0 };
	size_t cert;

	assert_int_equal(qf_tls_make_pem(&pem), QF_OK);
	assert_int_equal(qf_tls_make_pem(&other), QF_OK);
	cert = (size_t)((uint8_t *)memmem(pem.at, pem.len, "-----BEGIN CERT",
	                                  15) -
	                pem.at);
	assert_int_equal(init_with(qf_buf_bytes(&pem)), QF_OK);
	assert_int_equal(init_with(qf_bytes("", 0)), QF_E_MALFORMED);
	assert_int_equal(init_with(qf_bytes(pem.at, cert)), QF_E_MALFORMED);
	assert_int_equal(init_with(qf_bytes(pem.at, pem.len - 40)),
	                 QF_E_MALFORMED);
	assert_int_equal(init_with(qf_bytes(pem.at + cert, pem.len - cert)),
	                 QF_E_MALFORMED);
	/* The key of one, the certificate of another. */
	qf_put_raw(&mixed, pem.at, cert);
	qf_put_raw(&mixed, other.at, other.len);
	assert_int_equal(init_with(qf_buf_bytes(&mixed)), QF_E_MALFORMED);
	/* Nobody is asked for a password. */
	qf_buf_clear(&mixed);
	put_text(&mixed, "-----BEGIN EC PRIVATE KEY-----\n"
	                 "Proc-Type: 4,ENCRYPTED\n"
	                 "DEK-Info: AES-256-CBC,"
	                 "00000000000000000000000000000000\n\n"
	                 "AAAAAAAAAAAAAAAAAAAAAA==\n"
	                 "-----END EC PRIVATE KEY-----\n");
	assert_int_equal(init_with(qf_buf_bytes(&mixed)), QF_E_MALFORMED);
	qf_buf_fini(&pem);
	qf_buf_fini(&other);
	qf_buf_fini(&mixed);
}

TEST(tls, a_server_that_is_no_node_is_said_to_be_none)
{
	struct stranger s;
	struct end client;

	stranger_init(&s);
	use_key(&s, EVP_EC_gen("P-256"), EVP_sha256());
	end_init(&client, 1, true);
	stranger_begin(&s, false);
	shake_with(&s, &client);
	assert_false(client.channel->proven);
	assert_int_equal(client.got, QF_CHANNEL_OVER);
	stranger_fini(&s);
	end_fini(&client);
}

TEST(tls, bytes_that_are_no_tls_are_said_to_be_none)
{
	static const char *const words[] = {
		"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n",
		"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n",
		"220 mail.example ESMTP ready\r\n",
	};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		struct end client;
		struct qf_buf said = { 0 };

		end_init(&client, 1, true);
		end_take(&client, &said, SIZE_MAX);
		qf_put_raw(&said, words[i], strlen(words[i]));
		end_take(&client, &said, SIZE_MAX);
		assert_int_equal(client.got, QF_CHANNEL_OVER);
		assert_string_equal(client.channel->why,
		                    "it does not speak TLS");
		qf_buf_fini(&said);
		end_fini(&client);
	}
}
