/* test_diagnosis.c - facts of a machine, and what they mean for its people */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "core/diagnosis.h"

/* A machine on a network on which all is well, but nobody answered yet. */
static struct qf_facts alone(void)
{
	return (struct qf_facts){ .networks = 1,
		                  .address = "192.0.2.1",
		                  .port = QF_PORT_DEFAULT };
}

static struct qf_facts company(void)
{
	struct qf_facts f = alone();

	f.heard = f.neighbours = 1;
	return f;
}

static const struct qf_finding *find(const struct qf_facts *f, const char *code)
{
	static struct qf_diagnosis d;

	qf_diagnose(f, &d);
	for (size_t i = 0; i < d.count; i++)
		if (!strcmp(d.list[i].code, code))
			return &d.list[i];
	return NULL;
}

/* It is found, and there is something to see, to read and to do. */
static const struct qf_finding *expect(const struct qf_facts *f,
                                       const char *code)
{
	const struct qf_finding *found = find(f, code);

	if (!found)
		fail_msg("%s was not found", code);
	else
		assert_true(found->sentence[0] && found->evidence[0] &&
		            found->advice[0]);
	return found;
}

TEST(diagnosis, with_company_and_nothing_in_the_way_nothing_is_said)
{
	struct qf_facts f = company();
	struct qf_diagnosis d;

	qf_diagnose(&f, &d);
	assert_int_equal(d.count, 0);
}

TEST(diagnosis, without_a_network_nothing_else_is_guessed)
{
	struct qf_facts f = { .port = QF_PORT_DEFAULT };
	struct qf_diagnosis d;

	qf_diagnose(&f, &d);
	assert_int_equal(d.count, 1);
	expect(&f, "no-network");
}

TEST(diagnosis, a_firewall_is_told_with_the_command_that_opens_it)
{
	struct qf_facts f = alone();

	f.firewall = QF_FIREWALL_NFT;
	strcpy(f.chain, "inet filter input");
	assert_non_null(
		strstr(expect(&f, "firewall")->advice,
	               "nft insert rule inet filter input tcp dport 9999"));
	f.firewall = QF_FIREWALL_UFW;
	f.port = 12345;
	assert_non_null(
		strstr(expect(&f, "firewall")->advice, "ufw allow 12345/tcp"));
	assert_true(expect(&f, "firewall")->likely);
	f.firewall = QF_FIREWALL_FIREWALLD;
	assert_non_null(
		strstr(expect(&f, "firewall")->advice, "--add-port=12345/tcp"));
}

TEST(diagnosis, a_vpn_is_told_by_its_interface_and_no_isolation_is_guessed)
{
	struct qf_facts f = alone();

	strcpy(f.tunnel, "wg0");
	assert_non_null(
		strstr(expect(&f, "vpn")->advice, "ip link set wg0 down"));
	assert_null(find(&f, "isolation"));
}

TEST(diagnosis, who_answers_only_alone_shows_that_multicast_is_filtered)
{
	struct qf_facts f = alone();

	f.swept = 2;
	expect(&f, "multicast");
	f.heard = 1;
	assert_null(find(&f, "multicast"));
}

TEST(diagnosis, isolation_is_only_ever_likely_and_neighbours_refute_it)
{
	struct qf_facts f = alone();

	assert_true(expect(&f, "isolation")->likely);
	assert_true(expect(&f, "subnet")->likely);
	f.neighbours = 3;
	assert_null(find(&f, "isolation"));
	assert_true(expect(&f, "nobody")->likely);
}

TEST(diagnosis, port_version_and_clock_are_told_in_company_too)
{
	struct qf_facts f = company();

	f.port_taken = true;
	f.others = 3;
	f.clock_wrong = true;
	expect(&f, "port");
	expect(&f, "version");
	expect(&f, "clock");
}

TEST(diagnosis, all_at_once_still_fits)
{
	struct qf_facts f = { .networks = 1,
		              .swept = 1,
		              .firewall = QF_FIREWALL_NFT,
		              .port_taken = true,
		              .others = 1,
		              .clock_wrong = true };
	struct qf_diagnosis d;

	memset(f.address, '9', sizeof f.address - 1);
	memset(f.tunnel, 't', sizeof f.tunnel - 1);
	memset(f.chain, 'c', sizeof f.chain - 1);
	qf_diagnose(&f, &d);
	assert_in_range(d.count, 5, QF_FINDINGS_MAX);
	for (size_t i = 0; i < d.count; i++)
		assert_true(strlen(d.list[i].advice) + 1 < QF_FINDING_BYTES);
}
