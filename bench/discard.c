/* discard.c - takes TLS as a node does, and throws away what comes
 *
 * usage: discard
 *
 * Prints the port of 127.0.0.1 that it listens on. Never says a word. Ends with
 * its standard input.
 */
#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/tls.h"

enum { READ_BYTES = 16384, BACKLOG = 256 };

static struct qf_tls tls;

static void *discard(void *ssl)
{
	char bytes[READ_BYTES];
	int fd = SSL_get_fd(ssl);

	if (SSL_accept(ssl) == 1)
		while (SSL_read(ssl, bytes, sizeof bytes) > 0)
			continue;
	SSL_free(ssl);
	close(fd);
	return NULL;
}

static void *let_in(void *at)
{
	int fd, listening = *(int *)at;

	while ((fd = accept(listening, NULL, NULL)) >= 0) {
		SSL *ssl = SSL_new(tls.server);
		pthread_t thread;

		SSL_set_fd(ssl, fd);
		pthread_create(&thread, NULL, discard, ssl);
		pthread_detach(thread);
	}
	return NULL;
}

int main(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	static const uint8_t seed[QF_SEED_BYTES] = { 1 };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t len = sizeof at;
	struct qf_buf pem = { 0 };
	pthread_t thread;

	signal(SIGPIPE, SIG_IGN);
	if (qf_tls_make_pem(&pem) ||
	    qf_tls_init(&tls, seed, qf_buf_bytes(&pem)) ||
	    bind(fd, (struct sockaddr *)&at, sizeof at) ||
	    listen(fd, BACKLOG) ||
	    getsockname(fd, (struct sockaddr *)&at, &len))
		return 1;
	printf("%u\n", ntohs(at.sin_port));
	fflush(stdout);
	pthread_create(&thread, NULL, let_in, &fd);
	while (getchar() != EOF)
		continue;
	exit(0);
}
