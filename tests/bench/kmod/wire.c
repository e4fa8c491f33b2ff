// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two Ethernet devices.  What is injected on one comes out of the other before
 * the injecting call returns, for all of the forwarding path is in that call.
 */
#include <linux/etherdevice.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>

#include "wire.h"

static struct net_device *wire_devs[BENCH_WIRES];

/* Where packets go that are sent on this processor at this moment; the one
 * that injects has bottom halves off, so nothing else sends there meanwhile.
 */
static DEFINE_PER_CPU(struct sk_buff_head *, wire_sent);

static netdev_tx_t wire_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct sk_buff_head *sent = this_cpu_read(wire_sent);

	if (sent)
		__skb_queue_tail(sent, skb);
	else
		dev_kfree_skb_any(skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops wire_ops = {
	.ndo_start_xmit = wire_xmit,
	.ndo_set_mac_address = eth_mac_addr,
};

/* rdtsc_ordered(), which User-Mode Linux does not have. */
u64 bench_wire_cycles(void)
{
	u32 low, high;

	asm volatile("lfence; rdtsc; lfence"
		     : "=a" (low), "=d" (high) : : "memory");
	return (u64)high << 32 | low;
}

/* What reading the clock twice takes by itself: the least of many tries. */
static u32 wire_clock;

static void wire_clock_measure(void)
{
	u64 start, took;
	int i;

	wire_clock = U32_MAX;
	for (i = 0; i < 1000; i++) {
		start = bench_wire_cycles();
		took = bench_wire_cycles() - start;
		wire_clock = min_t(u64, took, wire_clock);
	}
}

struct net_device *bench_wire_dev(enum bench_wire wire)
{
	return wire_devs[wire];
}

/**
 * bench_wire_send - inject one packet, and catch what comes of it
 * @skb: from bench_packet_build(); not the caller's any more
 * @sent: every packet that was sent in consequence is appended here
 *
 * Context: process, one caller on each processor.
 * Return: how long the kernel had it, in cycles, the clock's own taken off
 */
u32 bench_wire_send(struct sk_buff *skb, struct sk_buff_head *sent)
{
	u64 start, took;

	local_bh_disable();
	this_cpu_write(wire_sent, sent);
	start = bench_wire_cycles();
	netif_receive_skb(skb);
	took = bench_wire_cycles() - start;
	this_cpu_write(wire_sent, NULL);
	local_bh_enable();
	return clamp_t(u64, took, wire_clock, U32_MAX) - wire_clock;
}

static void wire_dev_setup(struct net_device *dev)
{
	ether_setup(dev);
	dev->netdev_ops = &wire_ops;
	dev->needs_free_netdev = true;
	dev->priv_flags |= IFF_NO_QUEUE;
	eth_hw_addr_random(dev);
}

static int wire_dev_add(enum bench_wire wire, const char *name)
{
	struct net_device *dev;
	int err;

	dev = alloc_netdev(0, name, NET_NAME_PREDICTABLE, wire_dev_setup);
	if (!dev)
		return -ENOMEM;
	err = register_netdev(dev);
	if (err)
		free_netdev(dev);
	else
		wire_devs[wire] = dev;
	return err;
}

int bench_wire_setup(void)
{
	int err;

	wire_clock_measure();
	err = wire_dev_add(BENCH_CLIENTS, "clients");
	if (err)
		return err;
	err = wire_dev_add(BENCH_SERVERS, "servers");
	if (err)
		unregister_netdev(wire_devs[BENCH_CLIENTS]);
	return err;
}

void bench_wire_teardown(void)
{
	unregister_netdev(wire_devs[BENCH_SERVERS]);
	unregister_netdev(wire_devs[BENCH_CLIENTS]);
}
