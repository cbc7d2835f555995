/* gauges.c - what a worker is doing, for others to read */
#include "gauges.h"

enum { NS_PER_US = 1000, NS_PER_S = 1000000000 };

void qf_gauges_init(struct qf_gauges *g, uv_loop_t *loop)
{
	uv_loop_configure(loop, UV_METRICS_IDLE_TIME);
	g->turned_ns = g->second_ns = uv_hrtime();
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* What was not spent waiting was this turn. */
static void measure(struct qf_gauges *g, uv_loop_t *loop)
{
	uint64_t now_ns = uv_hrtime(), idle_ns = uv_metrics_idle_time(loop);
	uint64_t past_ns = now_ns - g->turned_ns;
	uint64_t waited_ns = idle_ns - g->idle_ns;

	g->turned_ns = now_ns;
	g->idle_ns = idle_ns;
	if (now_ns - g->second_ns >= NS_PER_S) {
		g->second_ns = now_ns;
		g->lag_before_ns = g->lag_ns;
		g->lag_ns = 0;
	}
	if (past_ns > waited_ns)
		g->lag_ns = larger(g->lag_ns, past_ns - waited_ns);
}

static void publish(_Atomic uint64_t *to, uint64_t value)
{
	atomic_store_explicit(to, value, memory_order_relaxed);
}

void qf_gauges_turn(struct qf_gauges *g, const struct qf_desk *d)
{
	measure(g, d->loop);
	atomic_store_explicit(&g->connections, (unsigned)d->sockets,
	                      memory_order_relaxed);
	publish(&g->asks, d->carry.ask_count);
	publish(&g->delivered, d->carry.delivered);
	publish(&g->bytes_in, d->bytes_in);
	publish(&g->bytes_out, d->bytes_out);
	publish(&g->lag_us, larger(g->lag_ns, g->lag_before_ns) / NS_PER_US);
}

static uint64_t read_off(_Atomic uint64_t *from)
{
	return atomic_load_explicit(from, memory_order_relaxed);
}

void qf_gauges_read(struct qf_gauges *g, struct qf_worker_status *out)
{
	out->connections = atomic_load_explicit(&g->connections,
	                                        memory_order_relaxed);
	out->asks = read_off(&g->asks);
	out->delivered = read_off(&g->delivered);
	out->bytes_in = read_off(&g->bytes_in);
	out->bytes_out = read_off(&g->bytes_out);
	out->lag_us = read_off(&g->lag_us);
}
