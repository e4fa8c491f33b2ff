// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/file.h"
#include "cli/import.h"
#include "cli/run.h"

/* Protocols with more connections, which IPVS can balance but dnatd cannot. */
static const struct {
	uint8_t proto;
	uint16_t port;
	const char *note;
} companions[] = {
	{ IPPROTO_TCP, 21, "FTP: the control connection is balanced, data connections are not" },
	{ IPPROTO_UDP, 69, "TFTP: the server answers from another port, and the client does not hear that" },
	{ IPPROTO_TCP, 554, "RTSP: the media streams are not balanced" },
	{ IPPROTO_TCP, 1723, "PPTP: the GRE packets of the tunnel are not balanced" },
	{ IPPROTO_TCP, 5060, "SIP: the media streams are not balanced" },
	{ IPPROTO_UDP, 5060, "SIP: the media streams are not balanced" },
};

/* Schedulers of IPVS and their nearest counterparts; the last is for others. */
static const struct scheduler {
	const char *theirs;
	const char *ours;
	const char *note;	/* the difference; NULL: none */
} schedulers[] = {
	{ "rr", "rr", NULL },
	{ "wrr", "wrr", NULL },
	{ "lc", "rr", "the backends take turns, whatever their load" },
	{ "sh", "wrr", "a client does not stay with one backend" },
	{ "mh", "wrr", "a client does not stay with one backend" },
	{ "dh", "wrr", "an address does not stay with one backend" },
	{ "fo", "wrr",
	  "all backends get connections; give backup servers weight 0" },
	{ "ovf", "wrr",
	  "all backends get connections; give backup servers weight 0" },
	{ NULL, "wrr", "the backends take turns by weight, whatever their load" },
};

/* The lines for apply, and how many of them are comments about one line. */
struct output {
	FILE *file;
	size_t notes;
};

static void note(struct output *out, unsigned int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void note(struct output *out, unsigned int line, const char *fmt, ...)
{
	va_list ap;

	out->notes++;
	fprintf(out->file, "# line %u: ", line);
	va_start(ap, fmt);
	vfprintf(out->file, fmt, ap);
	va_end(ap);
	putc('\n', out->file);
}

/* Make a unique and valid name for @service. */
static const char *service_name(const struct ipvs_service *service, char *buf,
				size_t len)
{
	char vip[INET6_ADDRSTRLEN];

	addr_text(&service->vip, vip, sizeof(vip));
	for (char *p = vip; *p; p++)
		if (*p == ':')
			*p = '_';
	snprintf(buf, len, "%s-%s-%u", proto_text(service->proto), vip,
		 service->port);
	return buf;
}

static const struct scheduler *find_scheduler(const char *theirs)
{
	const struct scheduler *scheduler = schedulers;

	while (scheduler->theirs && strcmp(scheduler->theirs, theirs))
		scheduler++;
	return scheduler;
}

/* Why a server cannot be a backend, and what to do; NULL if it can. */
static const char *server_obstacle(const struct ipvs_service *service,
				   const struct ipvs_server *server)
{
	char addr[INET6_ADDRSTRLEN];
	struct addr parsed;

	if (server->addr.family != service->vip.family)
		return "is not of the VIP's family: give it an address that is";
	if (addr_equal(&server->addr, &service->vip))
		return "has the VIP's address: give the machine another one";
	if (addr_is_loopback(&server->addr))
		return "is this machine itself: give the server's own address, on another machine";
	if (addr_parse(addr_text(&server->addr, addr, sizeof(addr)), "addr",
		       &parsed, NULL))
		return "is not a unicast address: give the server's own";
	return NULL;
}

/* The servers of a service that become backends, up to dnatd's limit. */
struct chosen {
	const struct ipvs_server *servers[BACKENDS_MAX];
	size_t n;
	unsigned int weight_max;	/* the largest weight in the file */
	unsigned int scale;		/* the weight that it becomes */
};

/* Reduce a weight in proportion; only 0 becomes 0. */
static unsigned int scaled(const struct chosen *chosen, unsigned int weight)
{
	uint64_t max = chosen->weight_max;
	uint64_t part;

	if (chosen->scale >= max || !weight)
		return weight;
	part = (weight * (uint64_t)chosen->scale + max / 2) / max;
	return part ? (unsigned int)part : 1;
}

static unsigned int gcd(unsigned int a, unsigned int b)
{
	return b ? gcd(b, a % b) : a;
}

/* Do the scaled weights need no more slots than dnatd has? */
static bool weights_fit(const struct chosen *chosen)
{
	unsigned int unit = 0;
	size_t sum = 0;

	for (size_t i = 0; i < chosen->n; i++) {
		unsigned int weight = scaled(chosen, chosen->servers[i]->weight);

		unit = gcd(unit, weight);
		sum += weight;
	}
	return !unit || sum / unit <= SLOTS_MAX;
}

static void choose(struct chosen *chosen, const struct ipvs_service *service)
{
	chosen->n = 0;
	chosen->weight_max = 0;
	for (size_t i = 0; i < service->n && chosen->n < BACKENDS_MAX; i++) {
		const struct ipvs_server *server = &service->servers[i];

		if (server_obstacle(service, server))
			continue;
		chosen->servers[chosen->n++] = server;
		if (server->weight > chosen->weight_max)
			chosen->weight_max = server->weight;
	}
	chosen->scale = chosen->weight_max > WEIGHT_MAX ? WEIGHT_MAX :
							  chosen->weight_max;
	while (!weights_fit(chosen))
		chosen->scale--;
}

static void put_service_notes(struct output *out,
			      const struct ipvs_service *service,
			      const struct chosen *chosen)
{
	const struct scheduler *scheduler = find_scheduler(service->scheduler);
	char quoted[64];

	if (scheduler->note)
		note(out, service->line, "scheduler %s becomes %s: %s",
		     text_quote(service->scheduler, quoted, sizeof(quoted)),
		     scheduler->ours, scheduler->note);
	if (service->persistent)
		note(out, service->line,
		     "-p has no counterpart: a client does not stay with one backend");
	if (service->engine)
		note(out, service->line,
		     "--pe has no counterpart: calls do not stay with one backend");
	if (service->one_packet)
		note(out, service->line,
		     "-o has no counterpart: packets of one client port go to one backend while they come");
	if (service->flags)
		note(out, service->line,
		     "-b has no counterpart: the scheduler has no flags");
	if (chosen->scale < chosen->weight_max)
		note(out, service->line,
		     "weights are made smaller in proportion: %u is the largest",
		     chosen->scale);
	if (service->local)
		note(out, service->local,
		     "local addresses are not needed: backends see connections come from the VIP");
	for (size_t i = 0; i < sizeof(companions) / sizeof(companions[0]); i++)
		if (companions[i].proto == service->proto &&
		    companions[i].port == service->port)
			note(out, service->line, "%s", companions[i].note);
}

static void put_server_notes(struct output *out,
			     const struct ipvs_server *server)
{
	if (server->forward == IPVS_ROUTE)
		note(out, server->line,
		     "-g becomes Double-NAT: take the VIP off the backend's loopback interface");
	if (server->forward == IPVS_TUNNEL)
		note(out, server->line,
		     "-i becomes Double-NAT: take the VIP and the tunnel off the backend");
	if (server->thresholds)
		note(out, server->line,
		     "-x and -y have no counterpart: limit connections in the backend");
	if (!server->weight)
		note(out, server->line,
		     "weight 0 gets no connections: give a weight, if a failed check or a drain took it away");
}

static void put_backend(struct output *out, const struct chosen *chosen,
			const struct ipvs_server *server, const char *name)
{
	unsigned int weight = scaled(chosen, server->weight);
	char addr[INET6_ADDRSTRLEN];

	put_server_notes(out, server);
	fprintf(out->file, "backend add %s addr %s port %u", name,
		addr_text(&server->addr, addr, sizeof(addr)), server->port);
	if (weight != 1)
		fprintf(out->file, " weight %u", weight);
	putc('\n', out->file);
}

/* Write the backends in the file's order; comments for those left out. */
static void put_backends(struct output *out, const struct ipvs_service *service,
			 const struct chosen *chosen, const char *name)
{
	char addr[INET6_ADDRSTRLEN];
	size_t taken = 0;

	for (size_t i = 0; i < service->n; i++) {
		const struct ipvs_server *server = &service->servers[i];
		const char *what = server_obstacle(service, server);

		addr_text(&server->addr, addr, sizeof(addr));
		if (what)
			note(out, server->line, "backend %s %s", addr, what);
		else if (taken++ < chosen->n)
			put_backend(out, chosen, server, name);
		else
			note(out, server->line,
			     "backend %s is one too many: a service takes %d; use a second service",
			     addr, BACKENDS_MAX);
	}
}

/* Why dnatd cannot have this service, and what to do; NULL if it can. */
static const char *obstacle(const struct ipvs_service *service)
{
	char vip[INET6_ADDRSTRLEN];
	struct addr parsed;

	if (!service->proto)
		return "add a service for each VIP and port whose packets have this mark";
	if (service->proto == IPPROTO_SCTP)
		return "only tcp and udp are balanced";
	if (!service->port)
		return "add a service for each port that is in use";
	if (addr_is_loopback(&service->vip))
		return "no packet comes to a loopback address; use another VIP";
	if (addr_parse(addr_text(&service->vip, vip, sizeof(vip)), "vip",
		       &parsed, NULL))
		return "this address cannot be a VIP; use a unicast address";
	return NULL;
}

static void put_obstacle(struct output *out, const struct ipvs_service *service,
			 const char *what)
{
	char addr[INET6_ADDRSTRLEN];

	if (service->proto)
		note(out, service->line, "%s, %s port %u has no counterpart: %s",
		     addr_text(&service->vip, addr, sizeof(addr)),
		     service->proto == IPPROTO_SCTP ?
			     "sctp" : proto_text(service->proto),
		     service->port, what);
	else
		note(out, service->line, "mark %u%s has no counterpart: %s",
		     service->mark, service->mark6 ? " of IPv6" : "", what);
	for (size_t i = 0; i < service->n; i++) {
		const struct ipvs_server *server = &service->servers[i];

		note(out, server->line, "its backend %s, port %u, weight %u",
		     addr_text(&server->addr, addr, sizeof(addr)),
		     server->port, server->weight);
	}
}

static void put_service(struct output *out, const struct ipvs_service *service)
{
	char name[SERVICE_NAME_LEN + 1], vip[INET6_ADDRSTRLEN];
	const char *what = obstacle(service);
	struct chosen chosen;

	if (what) {
		put_obstacle(out, service, what);
		return;
	}
	choose(&chosen, service);
	service_name(service, name, sizeof(name));
	put_service_notes(out, service, &chosen);
	fprintf(out->file,
		"service add %s vip %s port %u proto %s scheduler %s\n", name,
		addr_text(&service->vip, vip, sizeof(vip)), service->port,
		proto_text(service->proto),
		find_scheduler(service->scheduler)->ours);
	put_backends(out, service, &chosen, name);
}

size_t import_ipvs(FILE *file, const struct ipvs *ipvs)
{
	struct output out = { .file = file };

	fputs("# From ipvsadm-save -n. Where dnatd is to put a VIP on an interface, add \"dev IFACE\".\n"
	      "# Health checks are not in the file that was read: add \"check http\" or another to each service.\n"
	      "# Nor are servers that keepalived had removed, or its sorry servers.\n"
	      "# Each backend needs a route to the VIP by way of this balancer.\n",
	      file);
	for (size_t i = 0; i < ipvs->n; i++) {
		putc('\n', file);
		put_service(&out, &ipvs->services[i]);
	}
	return out.notes;
}

int run_import(const struct cli *cli, struct err *err)
{
	struct file_errors faults = { 0 };
	size_t len, notes = 0;
	char quoted[256];
	struct ipvs ipvs;
	const char *file;
	char *text = file_load(cli, &file, &len, err);
	bool good;

	if (!text)
		return EXIT_USAGE;
	ipvs_read(&ipvs, text, len, &faults);
	file_faults(&faults, file);
	good = !faults.n && !faults.no_memory;
	if (good)
		notes = import_ipvs(stdout, &ipvs);
	/* On stderr: the output may go to a pipe. */
	if (notes)
		fprintf(stderr,
			"%s: not all can be as it was; see %zu comments in the output\n",
			text_quote(file, quoted, sizeof(quoted)), notes);
	file_errors_clean(&faults);
	ipvs_clean(&ipvs);
	free(text);
	return good ? EXIT_DONE : EXIT_USAGE;
}
