/* stranger.c - a peer made of wire.md alone, which does what it is told */
#include "stranger.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	LIMIT_MS = 10000,
	READ_BYTES = 16384,
	RECEIVE_BYTES = 65536, /* that the kernel may take before us */
	TAGS = 8,
	MS_PER_S = 1000,
};

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * MS_PER_S + (uint64_t)t.tv_nsec / 1000000;
}

/* docs/testing.md: how much slower the build is. */
static int patience(int ms)
{
	const char *factor = getenv("PATIENCE");

	return (int)(ms * (factor ? atof(factor) : 1));
}

static void end(struct stranger *s, const char *kind, const char *words)
{
	if (!s->end[0])
		snprintf(s->end, sizeof s->end, "%s%s", kind, words);
}

/* The ends that TCP and TLS know. */
static void end_as(struct stranger *s, int rc)
{
	int error = s->ssl ? SSL_get_error(s->ssl, rc) : SSL_ERROR_SYSCALL;
	unsigned long reason = ERR_peek_last_error();

	if (rc == 0 && (!s->ssl || error == SSL_ERROR_ZERO_RETURN))
		end(s, "closed", "");
	else if (error == SSL_ERROR_SSL &&
	         ERR_GET_REASON(reason) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
		end(s, "cut off", "");
	else if (error == SSL_ERROR_SSL)
		end(s, "alert: ", ERR_reason_error_string(reason));
	else if (errno == EAGAIN)
		end(s, "late", "");
	else
		end(s, "reset", "");
	ERR_clear_error();
}

static bool come_from(int fd, uint32_t place)
{
	uint32_t host = (INADDR_LOOPBACK & IN_CLASSA_NET) |
	                (place & IN_CLASSA_HOST);
	struct sockaddr_in from = { .sin_family = AF_INET,
		                    .sin_addr.s_addr = htonl(host) };

	return !bind(fd, (struct sockaddr *)&from, sizeof from);
}

void stranger_init(struct stranger *s, uint16_t port, uint64_t seed,
                   uint32_t place)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		                  .sin_port = htons(port),
		                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int limit_ms = patience(LIMIT_MS), on = 1, take = RECEIVE_BYTES;
	struct timeval limit = { .tv_sec = limit_ms / MS_PER_S };
	uint8_t secret[QF_SEED_BYTES] = { 0 };

	*s = (struct stranger){ .fd = -1 };
	memcpy(secret, &seed, sizeof seed);
	qf_identity_init(&s->me, secret);
	qf_buf_init(&s->in, 0);
	s->fd = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(s->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	setsockopt(s->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
	setsockopt(s->fd, SOL_SOCKET, SO_RCVBUF, &take, sizeof take);
	setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (!come_from(s->fd, place) ||
	    connect(s->fd, (struct sockaddr *)&to, sizeof to))
		end(s, "refused", "");
}

void stranger_fini(struct stranger *s)
{
	SSL_free(s->ssl);
	close(s->fd);
	qf_buf_fini(&s->in);
	qf_identity_fini(&s->me);
}

static EVP_PKEY *make_key(const struct stranger *s, enum stranger_proof proof)
{
	switch (proof) {
	case STRANGER_P256:
		return EVP_EC_gen("P-256");
	case STRANGER_RSA:
		return EVP_RSA_gen(2048);
	case STRANGER_NOTHING:
		return NULL;
	default:
		return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL,
		                                    s->me.seed, QF_SEED_BYTES);
	}
}

static void lengthen(X509 *cert)
{
	static char comment[20000];
	X509_EXTENSION *extension;

	memset(comment, 'a', sizeof comment - 1);
	extension = X509V3_EXT_conf_nid(NULL, NULL, NID_netscape_comment,
	                                comment);
	X509_add_ext(cert, extension, -1);
	X509_EXTENSION_free(extension);
}

static bool is_ed25519(EVP_PKEY *key)
{
	return EVP_PKEY_get_id(key) == EVP_PKEY_ED25519;
}

static void show(SSL_CTX *ctx, EVP_PKEY *key, enum stranger_proof proof)
{
	X509 *cert = X509_new();

	X509_set_version(cert, X509_VERSION_3);
	X509_gmtime_adj(X509_getm_notBefore(cert), 0);
	X509_gmtime_adj(X509_getm_notAfter(cert), 1);
	X509_set_pubkey(cert, key);
	if (proof == STRANGER_LONG_ED25519)
		lengthen(cert);
	X509_sign(cert, key, is_ed25519(key) ? NULL : EVP_sha256());
	SSL_CTX_use_certificate(ctx, cert);
	SSL_CTX_use_PrivateKey(ctx, key);
	X509_free(cert);
}

static SSL *make_ssl(const struct stranger *s, const struct stranger_look *look)
{
	int version = look->version ? look->version : TLS1_3_VERSION;
	const char *alpn = look->alpn ? look->alpn : "quickfi/1";
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	EVP_PKEY *key = make_key(s, look->proof);
	uint8_t list[32];
	SSL *ssl;

	SSL_CTX_set_min_proto_version(ctx, version);
	SSL_CTX_set_max_proto_version(ctx, version);
	if (key)
		show(ctx, key, look->proof);
	list[0] = (uint8_t)strlen(alpn);
	memcpy(list + 1, alpn, list[0]);
	if (list[0])
		SSL_CTX_set_alpn_protos(ctx, list, list[0] + 1u);
	ssl = SSL_new(ctx);
	EVP_PKEY_free(key);
	SSL_CTX_free(ctx);
	return ssl;
}

bool stranger_shake(struct stranger *s, const struct stranger_look *look)
{
	int rc;

	if (s->end[0])
		return false;
	s->ssl = make_ssl(s, look);
	SSL_set_fd(s->ssl, s->fd);
	rc = SSL_connect(s->ssl);
	if (rc != 1) {
		end_as(s, rc);
		return false;
	}
	SSL_export_keying_material(s->ssl, s->exporter, sizeof s->exporter,
	                           "EXPORTER-QuickFi-recon", 22, NULL, 0, 0);
	return true;
}

/* A link that has ended in the middle of this has more to say: why. */
void stranger_say(struct stranger *s, struct qf_bytes bytes)
{
	if (s->end[0] || !bytes.len)
		return;
	if (s->ssl)
		SSL_write(s->ssl, bytes.at, (int)bytes.len);
	else
		send(s->fd, bytes.at, bytes.len, MSG_NOSIGNAL);
	ERR_clear_error();
}

void stranger_say_frame(struct stranger *s, uint8_t type,
                        struct qf_bytes payload)
{
	struct qf_buf frame;
	size_t mark;

	qf_buf_init(&frame, 0);
	mark = qf_frame_begin(&frame, type);
	qf_put_raw(&frame, payload.at, payload.len);
	qf_frame_end(&frame, mark);
	stranger_say(s, qf_buf_bytes(&frame));
	qf_buf_fini(&frame);
}

static bool read_some(struct stranger *s)
{
	uint8_t *to = qf_buf_room(&s->in, READ_BYTES);
	int got;

	errno = 0;
	got = s->ssl ? SSL_read(s->ssl, to, READ_BYTES)
	             : (int)recv(s->fd, to, READ_BYTES, 0);
	if (got > 0)
		s->in.len += (size_t)got;
	else
		end_as(s, got);
	return got > 0;
}

static void hear_bye(struct stranger *s, struct qf_bytes payload)
{
	char words[QF_REASON_BYTES_MAX + 1] = "";
	struct qf_bytes reason;

	if (!qf_bye_get(payload, &reason)) {
		end(s, "malformed bye", "");
		return;
	}
	memcpy(words, reason.at, reason.len);
	end(s, "bye: ", words);
}

bool stranger_hear(struct stranger *s, struct qf_frame *frame)
{
	qf_buf_drop_front(&s->in, s->used);
	s->used = 0;
	while (!s->end[0]) {
		int rc = qf_frame_split(qf_buf_bytes(&s->in), frame, &s->used);

		if (rc < 0)
			end(s, "malformed frame", "");
		else if (rc && frame->type == QF_FRAME_BYE)
			hear_bye(s, frame->payload);
		else if (rc)
			return true;
		else
			read_some(s);
	}
	return false;
}

bool stranger_hear_type(struct stranger *s, uint8_t type,
                        struct qf_frame *frame)
{
	while (stranger_hear(s, frame))
		if (frame->type == type)
			return true;
	return false;
}

void stranger_outlive(struct stranger *s, int seconds)
{
	uint64_t until_ms = now_ms() + (uint64_t)patience(seconds * MS_PER_S);
	struct pollfd readable = { .fd = s->fd, .events = POLLIN };
	struct qf_frame frame;

	while (!s->end[0]) {
		uint64_t at_ms = now_ms();
		int left = at_ms < until_ms ? (int)(until_ms - at_ms) : 0;

		if (!(s->ssl && SSL_pending(s->ssl)) &&
		    poll(&readable, 1, left) == 0) {
			end(s, "open", "");
			return;
		}
		if (s->ssl)
			stranger_hear(s, &frame);
		else
			read_some(s);
	}
}

bool stranger_is_welcome(struct stranger *s)
{
	static uint64_t token = 1000;
	struct qf_buf ping;
	struct qf_frame frame;
	struct qf_face face;
	uint64_t said;

	qf_buf_init(&ping, 0);
	qf_number_put(&ping, QF_FRAME_PING, ++token);
	stranger_say(s, qf_buf_bytes(&ping));
	qf_buf_fini(&ping);
	while (stranger_hear_type(s, QF_FRAME_PONG, &frame))
		if (qf_pong_get(frame.payload, &said, &face) && said == token)
			return true;
	return false;
}

void stranger_greet(struct stranger *s)
{
	struct qf_hello hello = { .version = QF_WIRE_VERSION,
		                  .name = qf_bytes("mallory", 7) };
	struct qf_buf frame;

	qf_buf_init(&frame, 0);
	qf_hello_put(&frame, &hello);
	stranger_say(s, qf_buf_bytes(&frame));
	qf_buf_fini(&frame);
}

static int compare_tags(const void *a, const void *b)
{
	return memcmp(a, b, QF_TAG_BYTES);
}

void stranger_offer(struct stranger *s, const char *room)
{
	struct qf_tag tags[TAGS];
	struct qf_hash tag_key;
	struct qf_buf frame;

	qf_room_id_open(&s->room, room);
	qf_room_tag_key(&s->room, &tag_key);
	qf_room_tag(&tag_key, s->exporter, 0, &s->my_tag);
	qf_room_tag(&tag_key, s->exporter, 1, &s->their_tag);
	for (uint8_t i = 0; i < TAGS; i++)
		memset(tags[i].b, i, sizeof tags[i].b);
	tags[0] = s->my_tag;
	qsort(tags, TAGS, sizeof *tags, compare_tags);
	qf_buf_init(&frame, 0);
	qf_tags_put(&frame, tags, TAGS);
	stranger_say(s, qf_buf_bytes(&frame));
	qf_buf_fini(&frame);
}

void stranger_open(struct stranger *s)
{
	struct qf_open open = { .handle = STRANGER_HANDLE,
		                .tag = s->their_tag };
	struct qf_buf out;

	qf_buf_init(&out, 0);
	qf_open_put(&out, &open);
	stranger_say(s, qf_buf_bytes(&out));
	qf_buf_fini(&out);
}

bool stranger_enter(struct stranger *s, const char *room)
{
	struct qf_open theirs;
	struct qf_frame frame;

	stranger_greet(s);
	stranger_offer(s, room);
	if (!stranger_hear_type(s, QF_FRAME_OPEN, &frame))
		return false;
	if (!qf_open_get(frame.payload, &theirs)) {
		end(s, "malformed OPEN", "");
		return false;
	}
	s->their_handle = theirs.handle;
	stranger_open(s);
	return true;
}
