/* checkup.c - an exam of this machine (exam.h), beside the loop of a worker */
#include "checkup.h"

static void *run(void *ctx)
{
	struct qf_checkup *c = ctx;

	qf_exam_run(&c->facts, c->stop.fd);
	qf_bell_ring(&c->done);
	return NULL;
}

static void on_closed(uv_handle_t *ring)
{
	struct qf_checkup *c = ring->data;

	qf_bell_fini(&c->done);
	qf_bell_fini(&c->stop);
	c->running = false;
}

static void end(struct qf_checkup *c)
{
	pthread_join(c->thread, NULL);
	uv_close((uv_handle_t *)&c->ring, on_closed);
}

static void on_ring(uv_poll_t *ring, int status, int events)
{
	struct qf_checkup *c = ring->data;

	(void)status;
	(void)events;
	qf_bell_answer(&c->done);
	end(c);
	c->found(c->ctx, &c->facts);
}

bool qf_checkup_start(struct qf_checkup *c, uv_loop_t *loop,
                      void (*found)(void *ctx, const struct qf_facts *facts),
                      void *ctx)
{
	if (c->running)
		return false;
	*c = (struct qf_checkup){ .found = found, .ctx = ctx };
	if (qf_bell_init(&c->done))
		return false;
	if (qf_bell_init(&c->stop))
		goto fini_done;
	if (pthread_create(&c->thread, NULL, run, c))
		goto fini_stop;
	uv_poll_init(loop, &c->ring, c->done.fd);
	c->ring.data = c;
	uv_poll_start(&c->ring, UV_READABLE, on_ring);
	c->running = true;
	return true;

fini_stop:
	qf_bell_fini(&c->stop);
fini_done:
	qf_bell_fini(&c->done);
	return false;
}

void qf_checkup_stop(struct qf_checkup *c)
{
	if (!c->running || uv_is_closing((uv_handle_t *)&c->ring))
		return;
	qf_bell_ring(&c->stop);
	end(c);
}
