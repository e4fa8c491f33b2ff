# SPDX-License-Identifier: GPL-2.0-only
"""Ways to get a client's packets to a server, each to be set up and taken down again."""

import json
import os
import tempfile

from farm import BPORT, VIP, VPORT, call, nft, server, sysctl


class Contestant:
    """One way. "settings" is what the farm has to know of it."""

    name = ""
    settings = {"direct": 0, "snat": 1}

    def up(self, servers):
        raise NotImplementedError

    def narrow(self, first, last):
        """Leave these ports of the VIP to the connections, where they need any."""

    def down(self):
        nft("flush ruleset")
        call("conntrack", "-F")


def choice(servers):
    backends = ", ".join(f"{i} : {server(i)} . {BPORT}" for i in range(servers))
    return f"dnat ip to numgen inc mod {servers} map {{ {backends} }}"


class Forward(Contestant):
    """No balancer at all."""

    name = "forward"
    settings = {"direct": 1, "snat": 0}

    def up(self, servers):
        pass


class Ipvs(Contestant):
    """The paper's VS/NAT: servers see the client, and answer by way of the balancer."""

    name = "ipvs-nat"
    settings = {"direct": 0, "snat": 0}
    conntrack = 0

    def up(self, servers):
        lines = []
        for kind in ("-t", "-u"):
            lines.append(f"-A {kind} {VIP}:{VPORT} -s rr")
            lines += [f"-a {kind} {VIP}:{VPORT} -r {server(i)}:{BPORT} -m" for i in range(servers)]
        call("ipvsadm", "-R", text="\n".join(lines) + "\n")
        sysctl("net.ipv4.vs.conntrack", self.conntrack)

    def down(self):
        call("ipvsadm", "-C")
        super().down()


class IpvsSnat(Ipvs):
    """Today's stand-in for Double-NAT."""

    name = "ipvs-snat"
    settings = {"direct": 0, "snat": 1}
    conntrack = 1

    def up(self, servers):
        nft(SNAT)
        super().up(servers)


SNAT = f"""
table ip bench {{
	chain post {{
		type nat hook postrouting priority srcnat
		ip daddr {{ 10.1.0.0/16, 10.3.0.0/16 }} snat to {VIP}
	}}
}}
"""

FLOWTABLE = """
table ip bench {
	flowtable fast {
		hook ingress priority 0
		devices = { clients, servers }
	}
	chain forward {
		type filter hook forward priority 0
		ct state established flow add @fast
	}
}
"""


class Nft(Contestant):
    """By hand; ports come from nf_nat."""

    name = "nft"
    rules = SNAT

    def up(self, servers):
        nft(self.rules + f"""
table ip bench {{
	chain pre {{
		type nat hook prerouting priority dstnat
		ip daddr {VIP} meta l4proto {{ tcp, udp }} th dport {VPORT} {choice(servers)}
	}}
}}
""")

    def narrow(self, first, last):
        nft(f"""
flush chain ip bench post
add rule ip bench post ip daddr {{ 10.1.0.0/16, 10.3.0.0/16 }} meta l4proto {{ tcp, udp }} \
	snat to {VIP}:{first}-{last}
""")


class NftFlowtable(Nft):
    """The same, and the flowtable for what is established."""

    name = "nft-flowtable"
    rules = SNAT + FLOWTABLE

    def up(self, servers):
        super().up(servers)
        # None expires where the machine has other work and a round takes long.
        sysctl("net.netfilter.nf_flowtable_tcp_timeout", 3600)


class Nftlb(Contestant):
    """nftlb in its snat mode, the VIP being the source."""

    name = "nftlb"

    def up(self, servers):
        farms = [{
            "name": f"bench-{proto}", "family": "ipv4", "virtual-addr": VIP, "virtual-ports": str(VPORT),
            "source-addr": VIP, "mode": "snat", "protocol": proto, "scheduler": "rr", "state": "up",
            "backends": [{"name": f"b{i}", "ip-addr": server(i), "port": str(BPORT), "weight": "1",
                          "priority": "1", "state": "up"} for i in range(servers)],
        } for proto in ("tcp", "udp")]
        with tempfile.NamedTemporaryFile("w") as file:
            json.dump({"farms": farms}, file)
            file.flush()
            call("nftlb", "-e", "-c", file.name)


DNL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib/dnl.py")


class DoubleNat(Contestant):
    """Ours, counting what each backend gets, as IPVS does."""

    name = "double-nat"
    helper = "double-nat"
    counted = True

    def load(self):
        call("modprobe", "nf_double_nat")

    def up(self, servers):
        self.load()
        nft(f"""
table inet bench {{
	ct helper dn-tcp {{
		type "{self.helper}" protocol tcp
		l3proto inet
	}}
	ct helper dn-udp {{
		type "{self.helper}" protocol udp
		l3proto inet
	}}
	chain pre {{
		type nat hook prerouting priority dstnat
		ip daddr {VIP} tcp dport {VPORT} ct helper set "dn-tcp" {choice(servers)}
		ip daddr {VIP} udp dport {VPORT} ct helper set "dn-udp" {choice(servers)}
	}}
}}
""")
        for l4proto in (6, 17) if self.counted else ():
            call(DNL, "name", f"VIP={VIP}", f"L4PROTO={l4proto}", f"SERVICE_PORT={VPORT}")

    def narrow(self, first, last):
        call(DNL, "set", f"PORT_MIN={first}", f"PORT_MAX={last}")

    def down(self):
        super().down()
        call("rmmod", "nf_double_nat")


class DoubleNatUncounted(DoubleNat):
    """What counting costs."""

    name = "double-nat-uncounted"
    counted = False


class DoubleNatSlow(DoubleNat):
    """The same with all packets left to nf_nat."""

    name = "double-nat-slow"
    helper = "doublenat-slow"


class Before(DoubleNat):
    """The module of another commit, which "tests/lab bench --before" has built."""

    name = "before"
    module = os.environ.get("BENCH_BEFORE")

    def load(self):
        call("insmod", self.module)


BEFORE = (Before,) if Before.module else ()
ALL = (Forward, Ipvs, IpvsSnat, Nft, NftFlowtable, Nftlb, *BEFORE, DoubleNat, DoubleNatUncounted,
       DoubleNatSlow)


def by_name(name):
    for contestant in ALL:
        if contestant.name == name:
            return contestant()
    raise ValueError(f"no contestant \"{name}\": " + ", ".join(c.name for c in ALL))
