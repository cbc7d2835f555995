/* test.h - a test is a claim: TEST(session, a_silent_peer_is_dropped) { ... }
 *
 * A file of tests is linked with test_main.c and needs no main and no list:
 * each TEST registers itself, and they run in the order in which they stand in
 * the file. What may be asserted is cmocka's: assert_int_equal(),
 * assert_memory_equal() and so on. The body may use cmocka's `state`, which is
 * NULL at first.
 *
 * A test reads no real clock, does not sleep, and does not skip itself.
 */
#ifndef QF_TEST_H
#define QF_TEST_H

/* What cmocka.h wants before itself, in no particular order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* `name` must live for ever. Called before main. */
void qf_test_register(const char *name, void (*run)(void **state));

#define TEST(noun, claim)                                                      \
	static void noun##_##claim(void **state);                              \
	__attribute__((constructor)) static void register_##noun##_##claim(    \
		void)                                                          \
	{                                                                      \
		qf_test_register(#noun "_" #claim, noun##_##claim);            \
	}                                                                      \
	static void noun##_##claim(__attribute__((unused)) void **state)

#endif
