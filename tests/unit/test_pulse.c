/* test_pulse.c - when a link counts as dead, and when its peer is only slow */
#include "test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/limits.h"
#include "net/pulse.h"

/* Two ends of one TCP connection on this machine. */
static void connect_pair(int ends[2])
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t len = sizeof at;

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(listen(fd, 1), 0);
	getsockname(fd, (struct sockaddr *)&at, &len);
	ends[0] = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(ends[0], (struct sockaddr *)&at, sizeof at),
	                 0);
	ends[1] = accept(fd, NULL, NULL);
	assert_true(ends[1] >= 0);
	close(fd);
}

TEST(pulse, a_link_on_which_nothing_was_sent_needs_no_look)
{
	struct qf_pulse p = { 0 };

	assert_true(qf_pulse_wake(&p) == UINT64_MAX);
	assert_false(qf_pulse_lost(&p, -1, false, 1000000));
}

TEST(pulse, bytes_that_arrived_end_the_wait)
{
	struct qf_pulse p = { 0 };
	char byte;
	int ends[2];

	connect_pair(ends);
	qf_pulse_send(&p, ends[0], 1000);
	assert_int_equal(send(ends[0], "x", 1, 0), 1);
	assert_int_equal(recv(ends[1], &byte, 1, 0), 1);
	assert_int_equal(qf_pulse_wake(&p), 1000 + QF_UNACKED_MS);
	assert_false(qf_pulse_lost(&p, ends[0], false, 2000));
	assert_int_equal(qf_pulse_wake(&p), 1000 + QF_UNACKED_MS);
	assert_false(qf_pulse_lost(&p, ends[0], false, 1000 + QF_UNACKED_MS));
	assert_true(qf_pulse_wake(&p) == UINT64_MAX);
	close(ends[0]);
	close(ends[1]);
}

TEST(pulse, the_wait_begins_with_bytes_that_are_still_out)
{
	struct qf_pulse p = { 0 };
	char byte;
	int ends[2];

	connect_pair(ends);
	qf_pulse_send(&p, ends[0], 1000);
	send(ends[0], "x", 1, 0);
	assert_int_equal(recv(ends[1], &byte, 1, 0), 1);
	qf_pulse_send(&p, ends[0], 4000);
	assert_int_equal(qf_pulse_wake(&p), 4000 + QF_UNACKED_MS);
	close(ends[0]);
	close(ends[1]);
}

TEST(pulse, a_peer_that_does_not_read_is_not_dead)
{
	static char much[65536];
	struct qf_pulse p = { 0 };
	uint64_t now_ms = 1000;
	int ends[2];

	connect_pair(ends);
	while (send(ends[0], much, sizeof much, MSG_DONTWAIT) > 0)
		continue;
	qf_pulse_send(&p, ends[0], now_ms);
	for (int i = 0; i < 100; i++) {
		now_ms += QF_UNACKED_MS;
		assert_false(qf_pulse_lost(&p, ends[0], true, now_ms));
		assert_true(qf_pulse_wake(&p) != UINT64_MAX);
	}
	close(ends[0]);
	close(ends[1]);
}
