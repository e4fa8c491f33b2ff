// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/file.h"
#include "cli/import.h"
#include "cli/run.h"

#define LINE_LEN 512
#define NOTE "# line %u: "

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
	  "all backends get connections; give those in reserve weight 0" },
	{ "ovf", "wrr",
	  "all backends get connections; give those in reserve weight 0" },
	{ NULL, "wrr", "the backends take turns by weight, whatever their load" },
};

static int put(struct text *text, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static int put(struct text *text, const char *fmt, ...)
{
	char line[LINE_LEN];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	return text_add(text, line, strlen(line));
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

static int put_service_notes(struct text *text,
			     const struct ipvs_service *service,
			     const struct chosen *chosen)
{
	const struct scheduler *scheduler = find_scheduler(service->scheduler);
	char quoted[64];
	int ret = 0;

	if (scheduler->note)
		ret |= put(text, NOTE "scheduler %s becomes %s: %s\n",
			   service->line,
			   text_quote(service->scheduler, quoted,
				      sizeof(quoted)),
			   scheduler->ours, scheduler->note);
	if (service->persistent)
		ret |= put(text, NOTE "-p has no counterpart: a client does not stay with one backend\n",
			   service->line);
	if (service->engine)
		ret |= put(text, NOTE "--pe has no counterpart: calls do not stay with one backend\n",
			   service->line);
	if (service->one_packet)
		ret |= put(text, NOTE "-o has no counterpart: packets of one client port go to one backend while they come\n",
			   service->line);
	if (service->flags)
		ret |= put(text, NOTE "-b has no counterpart: the scheduler has no flags\n",
			   service->line);
	if (chosen->scale < chosen->weight_max)
		ret |= put(text, NOTE "weights are made smaller in proportion: %u is the largest\n",
			   service->line, chosen->scale);
	if (service->local)
		ret |= put(text, NOTE "local addresses are not needed: backends see connections come from the VIP\n",
			   service->local);
	for (size_t i = 0; i < sizeof(companions) / sizeof(companions[0]); i++)
		if (companions[i].proto == service->proto &&
		    companions[i].port == service->port)
			ret |= put(text, NOTE "%s\n", service->line,
				   companions[i].note);
	return ret;
}

static int put_server_notes(struct text *text,
			    const struct ipvs_server *server)
{
	int ret = 0;

	if (server->forward == IPVS_ROUTE)
		ret |= put(text, NOTE "-g becomes Double-NAT: take the VIP off the backend's loopback interface\n",
			   server->line);
	if (server->forward == IPVS_TUNNEL)
		ret |= put(text, NOTE "-i becomes Double-NAT: take the VIP and the tunnel off the backend\n",
			   server->line);
	if (server->thresholds)
		ret |= put(text, NOTE "-x and -y have no counterpart: limit connections in the backend\n",
			   server->line);
	if (!server->weight)
		ret |= put(text, NOTE "weight 0 gets no connections: give a weight, if a failed check or a drain took it away\n",
			   server->line);
	return ret;
}

static int put_backend(struct text *text, const struct chosen *chosen,
		       const struct ipvs_server *server, const char *name)
{
	unsigned int weight = scaled(chosen, server->weight);
	char addr[INET6_ADDRSTRLEN];

	return put_server_notes(text, server) ||
	       put(text, weight == 1 ? "backend add %s addr %s port %u\n" :
				       "backend add %s addr %s port %u weight %u\n",
		   name, addr_text(&server->addr, addr, sizeof(addr)),
		   server->port, weight) ?
		       -ENOMEM : 0;
}

/* Write the backends in the file's order; comments for those left out. */
static int put_backends(struct text *text, const struct ipvs_service *service,
			const struct chosen *chosen, const char *name)
{
	char addr[INET6_ADDRSTRLEN];
	size_t next = 0;
	int ret = 0;

	for (size_t i = 0; !ret && i < service->n; i++) {
		const struct ipvs_server *server = &service->servers[i];
		const char *what = server_obstacle(service, server);

		if (next < chosen->n && server == chosen->servers[next]) {
			ret = put_backend(text, chosen, server, name);
			next++;
			continue;
		}
		addr_text(&server->addr, addr, sizeof(addr));
		ret = what ? put(text, NOTE "backend %s %s\n", server->line,
				 addr, what) :
			     put(text, NOTE "backend %s is one too many: a service takes %d; use a second service\n",
				 server->line, addr, BACKENDS_MAX);
	}
	return ret;
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

static int put_obstacle(struct text *text, const struct ipvs_service *service,
			const char *what)
{
	char addr[INET6_ADDRSTRLEN];
	int ret;

	if (service->proto)
		ret = put(text, NOTE "%s, %s port %u has no counterpart: %s\n",
			  service->line,
			  addr_text(&service->vip, addr, sizeof(addr)),
			  service->proto == IPPROTO_SCTP ?
				  "sctp" : proto_text(service->proto),
			  service->port, what);
	else
		ret = put(text, NOTE "mark %u%s has no counterpart: %s\n",
			  service->line, service->mark,
			  service->mark6 ? " of IPv6" : "", what);
	for (size_t i = 0; !ret && i < service->n; i++) {
		const struct ipvs_server *server = &service->servers[i];

		ret = put(text, NOTE "its backend %s, port %u, weight %u\n",
			  server->line,
			  addr_text(&server->addr, addr, sizeof(addr)),
			  server->port, server->weight);
	}
	return ret;
}

static int put_service(struct text *text, const struct ipvs_service *service)
{
	char name[SERVICE_NAME_LEN + 1], vip[INET6_ADDRSTRLEN];
	const char *what = obstacle(service);
	struct chosen chosen;
	int ret;

	if (what)
		return put_obstacle(text, service, what);
	choose(&chosen, service);
	service_name(service, name, sizeof(name));
	ret = put_service_notes(text, service, &chosen) ||
	      put(text, "service add %s vip %s port %u proto %s scheduler %s\n",
		  name, addr_text(&service->vip, vip, sizeof(vip)),
		  service->port, proto_text(service->proto),
		  find_scheduler(service->scheduler)->ours) ||
	      put_backends(text, service, &chosen, name);
	return ret ? -ENOMEM : 0;
}

int import_ipvs(struct text *lines, const struct ipvs *ipvs)
{
	int ret = put(lines,
		      "# From ipvsadm-save -n. Where dnatd is to put a VIP on an interface, add \"dev IFACE\".\n"
		      "# Health checks are not in the file that was read: add \"check http\" or another to each service.\n"
		      "# Nor are servers that keepalived had taken out, or its sorry servers.\n"
		      "# Each backend needs a route to the VIP by way of this balancer.\n");

	for (size_t i = 0; !ret && i < ipvs->n; i++)
		ret = put(lines, "\n") || put_service(lines, &ipvs->services[i]);
	return ret ? -ENOMEM : 0;
}

/* Print the number of comments on stderr: the output may go to a pipe. */
static void tell_notes(const struct text *lines, const char *file)
{
	static const char note[] = "\n# line ";
	size_t len = sizeof(note) - 1, n = 0;
	const char *at = lines->buf, *end = at + lines->len;
	char quoted[256];

	for (; (at = memmem(at, (size_t)(end - at), note, len)); at += len)
		n++;
	if (n)
		fprintf(stderr,
			"%s: not all can be as it was; see %zu comments in the output\n",
			text_quote(file, quoted, sizeof(quoted)), n);
}

static int import_text(char *text, size_t len, const char *file,
		       struct text *lines)
{
	struct file_errors faults = { 0 };
	struct ipvs ipvs;
	int ret;

	ipvs_read(&ipvs, text, len, &faults);
	file_faults(&faults, file);
	ret = faults.n || faults.no_memory ? -EINVAL :
					     import_ipvs(lines, &ipvs);
	file_errors_clean(&faults);
	ipvs_clean(&ipvs);
	return ret;
}

int run_import(const struct cli *cli, struct err *err)
{
	struct text lines = { 0 };
	const char *file;
	size_t len;
	char *text = file_load(cli, &file, &len, err);
	int ret;

	if (!text)
		return EXIT_USAGE;
	ret = import_text(text, len, file, &lines);
	if (!ret) {
		fwrite(lines.buf, 1, lines.len, stdout);
		tell_notes(&lines, file);
	} else if (ret == -ENOMEM) {
		err_no_memory(err);
	}
	free(lines.buf);
	free(text);
	return ret ? EXIT_USAGE : EXIT_DONE;
}
