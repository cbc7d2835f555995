/* will.c - what a node was started with, for the screen that takes its place */
#include "will.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/err.h"

enum { PATH_BYTES = 4096, WORDS_BYTES_MAX = 64 * 1024 };

static int open_file(const struct qf_home *h, int flags)
{
	char path[PATH_BYTES];

	if (!qf_home_path(h, "will", path, sizeof path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return open(path, flags | O_NOFOLLOW | O_CLOEXEC, 0600);
}

static void put_word(struct qf_buf *words, const char *word)
{
	qf_put_raw(words, word, strlen(word) + 1);
}

/* An empty word is the end, whatever stood there before. */
static void put_words(struct qf_buf *words, const struct qf_config *config,
                      uint16_t port)
{
	char number[8];

	snprintf(number, sizeof number, "%u", port);
	put_word(words, number);
	for (int i = 1; i < config->argc; i++)
		put_word(words, config->argv[i]);
	put_word(words, "");
}

/* In place, as a full disk has room for what it holds already. */
void qf_will_write(const struct qf_home *h, const struct qf_config *config,
                   uint16_t port)
{
	int fd = open_file(h, O_WRONLY | O_CREAT);
	struct qf_buf words;

	if (fd < 0)
		return;
	qf_buf_init(&words, WORDS_BYTES_MAX);
	put_words(&words, config, port);
	if (words.bad ||
	    pwrite(fd, words.at, words.len, 0) != (ssize_t)words.len)
		words.len = 0;
	/* What is left of another one does not matter behind the end. */
	if (!words.len && ftruncate(fd, 0))
		qf_will_remove(h);
	qf_buf_fini(&words);
	close(fd);
}

void qf_will_remove(const struct qf_home *h)
{
	char path[PATH_BYTES];

	if (qf_home_path(h, "will", path, sizeof path))
		unlink(path);
}

/* Words into argv; their number, 0: there is no end. */
static int cut(struct qf_will *w)
{
	enum { MAX = sizeof w->argv / sizeof *w->argv };
	char *at = (char *)w->words.at;
	char *end = at + w->words.len;
	int count = 0;

	while (at < end && *at) {
		if (count == MAX - 1 || !memchr(at, 0, (size_t)(end - at)))
			return 0;
		w->argv[count++] = at;
		at += strlen(at) + 1;
	}
	w->argv[count] = NULL;
	return at < end ? count : 0;
}

/* The first word stands where a program's name does, and is the port. */
static int take(struct qf_will *w)
{
	FILE *nowhere = fopen("/dev/null", "we");
	int count = cut(w);
	int rc = QF_E_MALFORMED;

	if (nowhere && count &&
	    qf_config_read(&w->config, count, w->argv, nowhere, nowhere) ==
	            QF_CONFIG_GO)
		rc = QF_OK;
	if (nowhere)
		fclose(nowhere);
	if (rc)
		return rc;
	w->config.port = (uint16_t)strtoul(w->argv[0], NULL, 10);
	w->config.port_given = false;
	w->config.name = NULL;
	w->config.join_count = 0;
	return QF_OK;
}

int qf_will_read(struct qf_will *w, const struct qf_home *h)
{
	int fd = open_file(h, O_RDONLY | O_NONBLOCK);
	uint8_t *to;
	ssize_t got;

	if (fd < 0)
		return errno == ENOENT ? QF_E_NOTFOUND : QF_E_MALFORMED;
	qf_will_fini(w);
	qf_buf_init(&w->words, WORDS_BYTES_MAX);
	to = qf_buf_room(&w->words, WORDS_BYTES_MAX);
	got = to ? pread(fd, to, WORDS_BYTES_MAX, 0) : -1;
	close(fd);
	if (got < 0)
		return QF_E_MALFORMED;
	w->words.len = (size_t)got;
	return take(w);
}

void qf_will_fini(struct qf_will *w)
{
	qf_buf_fini(&w->words);
}
