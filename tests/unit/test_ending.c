// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connections that conntrack is told to forget, in a network namespace of their
 * own: those that were meant, and in no turn of the event loop before the next.
 *
 * Needs root; elsewhere it is skipped.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack_tcp.h>

#include "conn/ct.h"
#include "engine/count.h"
#include "engine/dnatd.h"
#include "engine/conns_end.h"
#include "engine/forget.h"
#include "model/model.h"
#include "net/link.h"
#include "nft/nft.h"
#include "long_answer_json.h"
#include "unit.h"

/* Its SCHEDULER_RR is another one than the model's. */
#include <sched.h>

#define SKIP 77
#define CONNECTIONS 400
#define WEB \
	"{\"version\":1,\"services\":[" \
	"{\"name\":\"web\",\"vip\":\"192.0.2.10\",\"port\":80,\"backends\":[" \
	"{\"addr\":\"10.1.0.11\",\"port\":8080}," \
	"{\"addr\":\"10.3.0.12\",\"port\":8080}]}"
#define SERVICES WEB "]}"
#define DRAINING \
	"{\"version\":1,\"services\":[" \
	"{\"name\":\"web\",\"vip\":\"192.0.2.10\",\"port\":80,\"backends\":[" \
	"{\"addr\":\"10.1.0.11\",\"port\":8080}," \
	"{\"addr\":\"10.3.0.12\",\"port\":8080,\"weight\":0}]}]}"
#define WITH_UDP WEB \
	",{\"name\":\"dns\",\"vip\":\"192.0.2.10\",\"port\":53," \
	"\"proto\":\"udp\",\"backends\":[{\"addr\":\"10.1.0.11\"}]}]}"

#define WITH_DARK WEB \
	",{\"name\":\"dark\",\"vip\":\"192.0.2.10\",\"port\":81," \
	"\"backends\":[{\"addr\":\"10.1.0.13\",\"port\":8080}]}," \
	"{\"name\":\"late\",\"vip\":\"192.0.2.10\",\"port\":82," \
	"\"backends\":[{\"addr\":\"10.1.0.11\",\"port\":8080}]}]}"

static const struct conn_filter all = { .class = CONN_ANY };
static struct dnatd dnatd = { .in_force = ALLOC_NF_NAT };
static struct err err;

static struct model *model_new_of(const char *text)
{
	json_t *root = json_loads(text, 0, NULL);
	struct model *model;

	NEED(root);
	model = model_from_json(root, &err);
	NEED(model);
	json_decref(root);
	return model;
}

static void address_up(const struct addr *addr)
{
	NEED(!link_vips_add(&(struct vip){ *addr, "lo" }, 1, &err));
}

static void loopback_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	NEED(fd >= 0 && !ioctl(fd, SIOCSIFFLAGS, &ifr));
	close(fd);
}

static struct sockaddr_in at(const struct addr *addr, uint16_t port)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET, .sin_port = htons(port),
		.sin_addr = addr->v4,
	};

	return sin;
}

/* Nobody has to accept what the kernel does. */
static int listen_at(const struct backend *backend)
{
	struct sockaddr_in sin = at(&backend->addr, backend->port);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	NEED(fd >= 0);
	NEED(!bind(fd, (struct sockaddr *)&sin, sizeof(sin)));
	NEED(!listen(fd, CONNECTIONS));
	return fd;
}

/* Hears all and answers nothing. */
static int listen_silent(const struct addr *addr, uint16_t port)
{
	struct sock_filter code = BPF_STMT(BPF_RET | BPF_K, 0);
	const struct sock_fprog drop = { 1, &code };
	const struct backend backend = { .addr = *addr, .port = port };
	int fd = listen_at(&backend);

	NEED(!setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &drop,
			 sizeof(drop)));
	return fd;
}

static size_t count(void)
{
	struct long_answer *parts;
	json_t *list;
	size_t n;

	NEED(!ct_show(dnatd.model, &all, &parts, &err));
	list = long_answer_json(parts, &err);
	n = json_array_size(list);
	json_decref(list);
	return n;
}

static void take_ended(uint64_t ended, const struct err *failed, void *data)
{
	CHECK(!failed);
	*(uint64_t *)data += ended;
}

/* The loop's turns until nothing is left to do. */
static int turns(void)
{
	int n = 0;

	while (!event_base_loop(dnatd.base, EVLOOP_ONCE))
		n++;
	return n;
}

static void test_in_turns(const struct service *web)
{
	struct conn_filter filter = conn_filter_of(web, &web->backends[0]);
	uint64_t ended = 0;

	NEED(!conns_end(&dnatd, &all, take_ended, &ended, &err));
	conns_end_stop(&dnatd);
	CHECK_INT(turns(), 0);
	CHECK_INT((long long)ended, 0);
	CHECK_INT((long long)count(), CONNECTIONS);

	/* More than may be at work at once; all of them are asked for the same. */
	for (int i = 0; i < 40; i++)
		NEED(!conns_end(&dnatd, &filter, take_ended, &ended, &err));
	CHECK_INT((long long)count(), CONNECTIONS);
	CHECK(turns() > 3);
	CHECK_INT((long long)ended, CONNECTIONS / 2);
	CHECK_INT((long long)dnatd.endings.n_active, 0);
	CHECK_INT((long long)count(), CONNECTIONS / 2);
}

/* Rows come with the last part only. */
static void test_in_parts(void)
{
	struct text rows = { 0 };
	struct long_answer *parts;
	int more, n = 0;

	NEED(!conns_end_parts(&dnatd, &all, &parts, &err));
	long_answer_free(parts);
	CHECK_INT((long long)count(), CONNECTIONS / 2);

	NEED(!text_add(&rows, "[", 1));
	NEED(!conns_end_parts(&dnatd, &all, &parts, &err));
	for (more = 1; more > 0; n++) {
		CHECK_INT((long long)rows.len, 1);
		more = parts->task.step(&parts->task, &rows, &err);
	}
	long_answer_free(parts);
	CHECK_INT(more, 0);
	CHECK(n > 2);
	NEED(!text_add(&rows, "]", 2));
	CHECK_STR(rows.buf, "[{\"ended\":200,\"notes\":[\"allocator nf_nat sends no resets: an end that only waits learns of the end when it sends\"]}]");
	free(rows.buf);
	CHECK_INT((long long)count(), 0);
}

/* One that conntrack has in a zone. */
static void test_zone(const struct service *web)
{
	struct nf_conntrack *ct = nfct_new();
	struct nfct_handle *handle = nfct_open(CONNTRACK, 0);
	const struct backend *backend = &web->backends[0];

	NEED(ct && handle);
	nfct_set_attr_u8(ct, ATTR_L3PROTO, AF_INET);
	nfct_set_attr_u32(ct, ATTR_IPV4_SRC, htonl(0x0a020002));
	nfct_set_attr_u32(ct, ATTR_IPV4_DST, web->vip.v4.s_addr);
	nfct_set_attr_u8(ct, ATTR_L4PROTO, IPPROTO_TCP);
	nfct_set_attr_u16(ct, ATTR_PORT_SRC, htons(12345));
	nfct_set_attr_u16(ct, ATTR_PORT_DST, htons(web->port));
	nfct_setobjopt(ct, NFCT_SOPT_SETUP_REPLY);
	nfct_set_attr_u32(ct, ATTR_DNAT_IPV4, backend->addr.v4.s_addr);
	nfct_set_attr_u16(ct, ATTR_DNAT_PORT, htons(backend->port));
	nfct_set_attr_u32(ct, ATTR_SNAT_IPV4, web->vip.v4.s_addr);
	nfct_set_attr_u8(ct, ATTR_TCP_STATE, TCP_CONNTRACK_ESTABLISHED);
	nfct_set_attr_u32(ct, ATTR_TIMEOUT, 1000);
	nfct_set_attr_u16(ct, ATTR_ZONE, 7);
	if (nfct_query(handle, NFCT_Q_CREATE, ct)) {
		printf("no connection in a zone: %s\n", strerror(errno));
	} else {
		uint64_t ended = 0;

		CHECK_INT((long long)count(), 1);
		NEED(!conns_end(&dnatd, &all, take_ended, &ended, &err));
		turns();
		CHECK_INT((long long)ended, 1);
		CHECK_INT((long long)count(), 0);
	}
	nfct_destroy(ct);
	nfct_close(handle);
}

static void take_count(const struct err *failed, void *counted)
{
	CHECK(!failed);
	++*(int *)counted;
}

static uint64_t left_of(const struct service *service, size_t i)
{
	uint64_t n = UINT64_MAX;

	counts_left(dnatd.counts, service, &service->backends[i], &n);
	return n;
}

/* One list for all who want a count, read in turns. */
static void test_counts(void)
{
	struct model *before = dnatd.model, *after = model_new_of(DRAINING);
	const struct service *web = model_find(after, "web");
	int counted = 0;
	struct count_wait first = { .done = take_count, .data = &counted };
	struct count_wait second = first, third = first;

	dnatd.model = after;
	dnatd.counts = counts_new(&dnatd, &err);
	NEED(dnatd.counts);
	CHECK(!counts_left(dnatd.counts, web, &web->backends[1],
			   &(uint64_t){ 0 }));
	counts_wait(dnatd.counts, &first);
	counts_wait(dnatd.counts, &second);
	counts_wait(dnatd.counts, &third);
	counts_cancel(dnatd.counts, &third);
	CHECK(turns() > 3);
	CHECK_INT(counted, 2);
	CHECK_INT((long long)left_of(web, 1), CONNECTIONS / 2);
	/* It does not drain. */
	CHECK(left_of(web, 0) == UINT64_MAX);

	/* A count that has begun is none for who comes then. */
	counts_wait(dnatd.counts, &first);
	event_base_loop(dnatd.base, EVLOOP_ONCE);
	event_base_loop(dnatd.base, EVLOOP_ONCE);
	counts_wait(dnatd.counts, &second);
	CHECK_INT(counted, 2);
	turns();
	CHECK_INT(counted, 4);

	counts_wait(dnatd.counts, &first);
	event_base_loop(dnatd.base, EVLOOP_ONCE);
	counts_free(dnatd.counts);
	CHECK_INT(counted, 4);
	dnatd.counts = NULL;
	dnatd.model = before;
	model_free(after);
}

static int connect_begin(const struct sockaddr_in *to)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	NEED(fd >= 0);
	NEED(connect(fd, (const struct sockaddr *)to, sizeof(*to)) == -1);
	CHECK_INT(errno, EINPROGRESS);
	return fd;
}

/* Turns of the loop, pauses and all, until so many connections are left. */
static void turns_until(size_t n)
{
	while (count() != n)
		event_base_loop(dnatd.base, EVLOOP_ONCE);
}

/*
 * A backend that answers nobody: of its connections those without an answer are
 * forgotten, though the service is not known any more, and others are not.
 */
static void test_forget(struct nft *nft)
{
	struct model *before = dnatd.model, *after = model_new_of(WITH_DARK);
	const struct service *dark = model_find(after, "dark");
	const struct service *web = model_find(after, "web");
	struct sockaddr_in vip = at(&dark->vip, dark->port);
	struct sockaddr_in web_vip = at(&web->vip, web->port);
	struct conn_filter filter = conn_filter_of(dark, &dark->backends[0]);
	int fds[3], open[2], silent;
	bool changed;

	address_up(&dark->backends[0].addr);
	silent = listen_silent(&dark->backends[0].addr, dark->backends[0].port);
	NEED(!nft_reconcile(nft, ALLOC_NF_NAT, after, &changed, &err));
	dnatd.model = after;
	for (int i = 0; i < 2; i++) {
		open[i] = socket(AF_INET, SOCK_STREAM, 0);
		NEED(open[i] >= 0 && !connect(open[i], (struct sockaddr *)&web_vip,
					      sizeof(web_vip)));
	}
	for (int i = 0; i < 3; i++)
		fds[i] = connect_begin(&vip);
	CHECK_INT((long long)count(), 5);

	filter.unanswered = true;
	conns_forget(&dnatd, &filter);
	filter = conn_filter_of(web, NULL);
	filter.unanswered = true;
	conns_forget(&dnatd, &filter);
	CHECK_INT((long long)count(), 5);
	turns_until(2);
	turns();
	CHECK_INT((long long)count(), 2);

	/* All of a service that has gone. */
	filter = conn_filter_of(web, NULL);
	dnatd.model = before;
	conns_forget(&dnatd, &filter);
	dnatd.model = after;
	turns_until(0);
	turns();
	conns_forget(&dnatd, &filter);
	conns_forget_stop(&dnatd);
	CHECK_INT(turns(), 0);
	for (int i = 0; i < 3; i++)
		close(fds[i]);
	close(open[0]);
	close(open[1]);
	close(silent);
	dnatd.model = before;
	model_free(after);
}

/* A client that repeats its SYN is served by a service that came later. */
static void test_early_tcp(struct nft *nft)
{
	struct model *before = dnatd.model, *after = model_new_of(WITH_DARK);
	const struct service *late = model_find(after, "late");
	struct sockaddr_in vip = at(&late->vip, late->port);
	int silent = listen_silent(&late->vip, late->port);
	struct pollfd client = { connect_begin(&vip), POLLOUT, 0 };
	socklen_t len = sizeof(int);
	int error = -1;
	bool changed;

	NEED(!nft_reconcile(nft, ALLOC_NF_NAT, after, &changed, &err));
	dnatd.model = after;
	CHECK_INT((long long)count(), 0);
	conns_end_early(&dnatd);
	CHECK(turns() > 0);
	CHECK_INT(poll(&client, 1, 30000), 1);
	CHECK(!getsockopt(client.fd, SOL_SOCKET, SO_ERROR, &error, &len));
	CHECK_INT(error, 0);
	CHECK_INT((long long)count(), 1);

	/* Now it is where it belongs. */
	conns_end_early(&dnatd);
	turns();
	CHECK_INT((long long)count(), 1);
	NEED(!conns_end(&dnatd, &all, NULL, NULL, &err));
	turns();
	close(client.fd);
	close(silent);
	dnatd.model = before;
	model_free(after);
}

/* Who asked before the service was there is answered by it all the same. */
static void test_early(struct nft *nft)
{
	struct model *before = dnatd.model, *after = model_new_of(WITH_UDP);
	const struct service *dns = model_find(after, "dns");
	struct sockaddr_in vip = at(&dns->vip, dns->port);
	struct sockaddr_in backend = at(&dns->backends[0].addr, dns->port);
	int server = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	int client = socket(AF_INET, SOCK_DGRAM, 0);
	bool changed;
	char got[4];

	NEED(server >= 0 && client >= 0);
	NEED(!bind(server, (struct sockaddr *)&backend, sizeof(backend)));
	NEED(sendto(client, "a", 1, 0, (struct sockaddr *)&vip,
		    sizeof(vip)) == 1);
	NEED(!nft_reconcile(nft, ALLOC_NF_NAT, after, &changed, &err));
	dnatd.model = after;
	NEED(sendto(client, "b", 1, 0, (struct sockaddr *)&vip,
		    sizeof(vip)) == 1);
	CHECK_INT(recv(server, got, sizeof(got), 0), -1);

	conns_end_early(&dnatd);
	conns_end_early(&dnatd);
	CHECK(turns() > 0);
	NEED(sendto(client, "c", 1, 0, (struct sockaddr *)&vip,
		    sizeof(vip)) == 1);
	CHECK_INT(recv(server, got, sizeof(got), 0), 1);
	CHECK_INT(got[0], 'c');

	/* Now that it goes there it is left alone. */
	CHECK_INT((long long)count(), 1);
	conns_end_early(&dnatd);
	turns();
	CHECK_INT((long long)count(), 1);

	dnatd.model = model_new();
	NEED(dnatd.model);
	conns_end_early(&dnatd);
	CHECK_INT(turns(), 0);
	model_free(dnatd.model);
	dnatd.model = before;
	close(client);
	close(server);
	model_free(after);
}

int main(void)
{
	int servers[2], clients[CONNECTIONS];
	const struct service *web;
	struct sockaddr_in vip;
	struct nft *nft;
	bool changed;

	if (unshare(CLONE_NEWNET)) {
		printf("skipped: cannot make a network namespace: %s\n",
		       strerror(errno));
		return SKIP;
	}
	nft = nft_open(&err);
	if (!nft) {
		printf("skipped: %s\n", err.msg);
		return SKIP;
	}
	dnatd.model = model_new_of(SERVICES);
	dnatd.base = event_base_new();
	NEED(dnatd.base);
	web = model_find(dnatd.model, "web");
	loopback_up();
	address_up(&web->vip);
	for (int i = 0; i < 2; i++) {
		address_up(&web->backends[i].addr);
		servers[i] = listen_at(&web->backends[i]);
	}
	NEED(!nft_reconcile(nft, ALLOC_NF_NAT, dnatd.model, &changed, &err));
	vip = at(&web->vip, web->port);
	for (int i = 0; i < CONNECTIONS; i++) {
		clients[i] = socket(AF_INET, SOCK_STREAM, 0);
		NEED(clients[i] >= 0);
		NEED(!connect(clients[i], (struct sockaddr *)&vip,
			      sizeof(vip)));
	}

	test_counts();
	test_in_turns(web);
	test_in_parts();
	test_zone(web);
	test_early(nft);
	test_early_tcp(nft);
	test_forget(nft);

	for (int i = 0; i < CONNECTIONS; i++)
		close(clients[i]);
	close(servers[0]);
	close(servers[1]);
	event_base_free(dnatd.base);
	model_free(dnatd.model);
	nft_close(nft);
	libevent_global_shutdown();
	return unit_result();
}
