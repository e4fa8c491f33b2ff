// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/metrics_text.h"

#define NUMBER_LEN 32
#define HEAD_LEN 512

enum type {
	COUNTER,
	GAUGE,
};

static const struct {
	const char *name;
	enum type type;
	const char *help;
} metrics[METRICS_N] = {
	[METRIC_UP] = { "dnat_up", GAUGE,
		"Whether the kernel has reported all values that are exported here." },
	[METRIC_BUILD_INFO] = { "dnat_build_info", GAUGE,
		"Version of dnatd; always 1." },
	[METRIC_ALLOCATOR_INFO] = { "dnat_allocator_info", GAUGE,
		"Allocator in force, the one asked for, and the module's version; always 1." },
	[METRIC_SERVICES] = { "dnat_services", GAUGE,
		"Services." },
	[METRIC_BACKENDS] = { "dnat_backends", GAUGE,
		"Backends, of all services together." },
	[METRIC_BACKEND_WEIGHT] = { "dnat_backend_weight", GAUGE,
		"Weight of a backend as configured; 0: no new connections." },
	[METRIC_BACKEND_UP] = { "dnat_backend_up", GAUGE,
		"Whether a backend that is checked is up; 0: it is down." },
	[METRIC_BACKEND_CHECKS] = { "dnat_backend_checks_total", COUNTER,
		"Checks of a backend that passed or failed, since its checks began." },
	[METRIC_SERVICE_BACKENDS] = { "dnat_service_backends_active", GAUGE,
		"Backends of a service that take new connections now; 0: its clients are not served." },
	[METRIC_SERVICE_CONNECTIONS] = { "dnat_service_connections_total", COUNTER,
		"Connections of a service that were given a vdport, since it was added or the module loaded." },
	[METRIC_SERVICE_ACTIVE] = { "dnat_service_connections_active", GAUGE,
		"Connections of a service that hold a vdport, closed ones too." },
	[METRIC_SERVICE_PACKETS] = { "dnat_service_packets_total", COUNTER,
		"Packets of a service to its backends (in) and to clients (out), since it was added or the module loaded." },
	[METRIC_SERVICE_BYTES] = { "dnat_service_bytes_total", COUNTER,
		"Bytes of these packets, from the IP header on." },
	[METRIC_SERVICE_FAILURES] = { "dnat_service_failures_total", COUNTER,
		"Connections of a service that were refused, for want of a vdport or of memory, since it was added or the module loaded." },
	[METRIC_SERVICE_TAKEN_BACK] = { "dnat_service_connections_taken_back_total", COUNTER,
		"Closed and half-open connections of a service whose vdport a new connection took, since it was added or the module loaded." },
	[METRIC_SERVICE_UNANSWERED] = { "dnat_service_connections_unanswered_total", COUNTER,
		"Connections of a service that ended before a backend answered, since it was added or the module loaded." },
	[METRIC_BACKEND_CONNECTIONS] = { "dnat_backend_connections_total", COUNTER,
		"Connections to a backend that were given a vdport, since its service was added or the module loaded." },
	[METRIC_BACKEND_ACTIVE] = { "dnat_backend_connections_active", GAUGE,
		"Connections to a backend that hold a vdport, closed ones too." },
	[METRIC_BACKEND_PACKETS] = { "dnat_backend_packets_total", COUNTER,
		"Packets to a backend (in) and from it to clients (out), since its service was added or the module loaded." },
	[METRIC_BACKEND_BYTES] = { "dnat_backend_bytes_total", COUNTER,
		"Bytes of these packets, from the IP header on." },
	[METRIC_BACKEND_FAILURES] = { "dnat_backend_failures_total", COUNTER,
		"Connections to a backend that were refused, for want of a vdport or of memory, since its service was added or the module loaded." },
	[METRIC_BACKEND_TAKEN_BACK] = { "dnat_backend_connections_taken_back_total", COUNTER,
		"Closed and half-open connections to a backend whose vdport a new connection took, since its service was added or the module loaded." },
	[METRIC_BACKEND_UNANSWERED] = { "dnat_backend_connections_unanswered_total", COUNTER,
		"Connections to a backend that ended before it answered, since its service was added or the module loaded." },
	[METRIC_CONFIG_CHANGES] = { "dnat_config_changes_total", COUNTER,
		"Changes of the configuration that were carried out since dnatd started." },
	[METRIC_CONFIG_OK] = { "dnat_config_ok", GAUGE,
		"Whether dnatd could use its file of services when it started, or was given a configuration since." },
	[METRIC_REPAIRS] = { "dnat_repairs_total", COUNTER,
		"Repairs of rules, addresses or the module, since dnatd started." },
	[METRIC_REPAIRS_HELD] = { "dnat_repairs_held", GAUGE,
		"Whether repairs are limited because another program changes things repeatedly." },
	[METRIC_NOTICES_LOST] = { "dnat_notices_lost_total", COUNTER,
		"Times that the kernel reported changes faster than dnatd could read them." },
	[METRIC_CHECKS_RUNNING] = { "dnat_checks_running", GAUGE,
		"Checks of backends that wait for an answer." },
	[METRIC_CHECKS_WAITING] = { "dnat_checks_waiting", GAUGE,
		"Checks that are due and wait for others to end." },
	[METRIC_CHECKS_UNMADE] = { "dnat_checks_unmade_total", COUNTER,
		"Checks that dnatd could not make, for want of memory, files or ports." },
	[METRIC_HEALTH_PENDING] = { "dnat_health_pending", GAUGE,
		"Services whose rules could not be updated with the results of checks." },
	[METRIC_LOOP_BLOCKED] = { "dnat_loop_blocked_seconds_max", GAUGE,
		"Longest turn of the event loop in the last one to two minutes; dnatd answers no request meanwhile." },
	[METRIC_LOOP_SLOW_TURNS] = { "dnat_loop_slow_turns_total", COUNTER,
		"Turns of the event loop over 20 ms, since dnatd started." },
	[METRIC_FORWARDING] = { "dnat_forwarding", GAUGE,
		"Whether the kernel forwards packets of a family that services have; 0: backends are not reached." },
	[METRIC_FAULT] = { "dnat_fault", GAUGE,
		"Whether dnatctl status reports a fault here; 0: no fault." },
	[METRIC_CONNECTIONS] = { "dnat_connections", GAUGE,
		"Connections that hold a vdport." },
	[METRIC_CONNECTIONS_TOTAL] = { "dnat_connections_total", COUNTER,
		"Connections that were given a vdport." },
	[METRIC_CONNECTIONS_ENDED] = { "dnat_connections_ended_total", COUNTER,
		"Connections that gave their vdport back." },
	[METRIC_CONNECTIONS_UNCONFIRMED] = { "dnat_connections_unconfirmed_total", COUNTER,
		"Connections whose first packet was dropped after they had a vdport." },
	[METRIC_CONNECTIONS_TAKEN_BACK] = { "dnat_connections_taken_back_total", COUNTER,
		"Closed and half-open connections whose vdport a new connection took." },
	[METRIC_CONNECTIONS_UNCOUNTED] = { "dnat_connections_uncounted_total", COUNTER,
		"Connections that no service's and no backend's metrics count, for want of memory or because there are too many backends." },
	[METRIC_DROPPED_PACKETS] = { "dnat_dropped_packets_total", COUNTER,
		"First packets dropped for want of a vdport or of memory." },
	[METRIC_FAST_PACKETS] = { "dnat_fast_packets_total", COUNTER,
		"Packets that the module forwarded itself." },
	[METRIC_SLOW_PACKETS] = { "dnat_slow_packets_total", COUNTER,
		"Packets to a VIP that the module left to conntrack and nf_nat." },
	[METRIC_VDPORTS_SKIPPED] = { "dnat_vdports_skipped_total", COUNTER,
		"Vdports passed over because conntrack held the same tuple." },
	[METRIC_VDPORTS_IN_USE] = { "dnat_vdports_in_use", GAUGE,
		"Vdports held by connections from a VIP to a backend." },
	[METRIC_VDPORTS_HALF_OPEN] = { "dnat_vdports_half_open", GAUGE,
		"Vdports of half-open connections, which new connections may take." },
	[METRIC_VDPORTS_CLOSED] = { "dnat_vdports_closed", GAUGE,
		"Vdports of closed connections, which new connections may take." },
	[METRIC_VDPORTS_CAPACITY] = { "dnat_vdports_capacity", GAUGE,
		"Vdports that a VIP has towards a backend." },
	[METRIC_VDPORTS_TAKEN_BACK] = { "dnat_vdports_taken_back_total", COUNTER,
		"Vdports of closed and half-open connections that new connections took, since the pool was created." },
	[METRIC_VDPORTS_FAILURES] = { "dnat_vdports_failures_total", COUNTER,
		"Connections refused for want of a vdport, since the pool was created." },
	[METRIC_CPU_SECONDS] = { "process_cpu_seconds_total", COUNTER,
		"Processor time that dnatd has used, in seconds." },
	[METRIC_RESIDENT_MEMORY] = { "process_resident_memory_bytes", GAUGE,
		"Resident memory of dnatd, in bytes." },
	[METRIC_VIRTUAL_MEMORY] = { "process_virtual_memory_bytes", GAUGE,
		"Virtual memory of dnatd, in bytes." },
	[METRIC_START_TIME] = { "process_start_time_seconds", GAUGE,
		"When dnatd was started, in seconds since 1970." },
	[METRIC_OPEN_FDS] = { "process_open_fds", GAUGE,
		"File descriptors that dnatd has open." },
	[METRIC_MAX_FDS] = { "process_max_fds", GAUGE,
		"File descriptors that dnatd may have open." },
};

const char *endpoint_text(const struct addr *addr, uint16_t port, char *buf)
{
	char text[INET6_ADDRSTRLEN];

	snprintf(buf, ENDPOINT_LEN,
		 addr->family == AF_INET ? "%s:%u" : "[%s]:%u",
		 addr_text(addr, text, sizeof(text)), port);
	return buf;
}

void samples_drop(struct samples *samples, enum metric metric)
{
	struct text *text = &samples->texts[metric];

	free(text->buf);
	memset(text, 0, sizeof(*text));
}

void samples_clean(struct samples *samples)
{
	for (int i = 0; i < METRICS_N; i++)
		samples_drop(samples, (enum metric)i);
}

static int add_text(struct text *text, const char *more)
{
	return text_add(text, more, strlen(more));
}

static int add_escaped(struct text *text, const char *value)
{
	char *at = text_room(text, 2 * strlen(value));
	char *start = at;

	if (!at)
		return -ENOMEM;
	for (; *value; value++) {
		if (*value == '\\' || *value == '"' || *value == '\n')
			*at++ = '\\';
		*at++ = *value == '\n' ? 'n' : *value;
	}
	text->len += (size_t)(at - start);
	return 0;
}

static int add_label(struct text *text, const struct label *label, int first)
{
	return add_text(text, first ? "{" : ",") ||
	       add_text(text, label->name) || add_text(text, "=\"") ||
	       add_escaped(text, label->value) || add_text(text, "\"") ?
		       -ENOMEM : 0;
}

/* @number: text after the labels, up to and including the newline */
static int add_sample(struct text *text, enum metric metric,
		      const struct label *labels, const char *number)
{
	const struct label *label = labels;

	if (add_text(text, metrics[metric].name))
		return -ENOMEM;
	for (; label && label->name; label++)
		if (add_label(text, label, label == labels))
			return -ENOMEM;
	if (label != labels && add_text(text, "}"))
		return -ENOMEM;
	return add_text(text, number);
}

int samples_add(struct samples *samples, enum metric metric,
		const struct label *labels, uint64_t value)
{
	char number[NUMBER_LEN];

	snprintf(number, sizeof(number), " %" PRIu64 "\n", value);
	return add_sample(&samples->texts[metric], metric, labels, number);
}

int samples_add_real(struct samples *samples, enum metric metric,
		     const struct label *labels, double value)
{
	char number[NUMBER_LEN];

	snprintf(number, sizeof(number), " %.3f\n", value);
	return add_sample(&samples->texts[metric], metric, labels, number);
}

int samples_write(struct samples *samples, struct text *page)
{
	char head[HEAD_LEN];

	for (int i = 0; i < METRICS_N; i++) {
		const struct text *text = &samples->texts[i];

		snprintf(head, sizeof(head), "# HELP %s %s\n# TYPE %s %s\n",
			 metrics[i].name, metrics[i].help, metrics[i].name,
			 metrics[i].type == COUNTER ? "counter" : "gauge");
		if (add_text(page, head) ||
		    (text->len && text_add(page, text->buf, text->len)))
			return -ENOMEM;
		samples_drop(samples, (enum metric)i);
	}
	return 0;
}
