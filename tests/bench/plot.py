#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Draw what figures.py or smp.py has measured: plot.py REPORT.json DIRECTORY

One SVG file a picture, by gnuplot. The names of the files are printed.
"""

import json
import subprocess
import sys

# The colours of Okabe and Ito, which people who see few colours can tell apart, and dashes for
# those who see none.
STYLES = {
    "double-nat": ("#0072B2", 1, "Double-NAT"),
    "ipvs-nat": ("#D55E00", 2, "IPVS NAT"),
    "nft": ("#009E73", 4, "nft dnat + snat"),
    "forward": ("#000000", 3, "plain forwarding"),
    "ipvs-snat": ("#CC79A7", 5, "IPVS NAT + conntrack + snat"),
    "nft-flowtable": ("#E69F00", 3, "nft dnat + snat + flowtable"),
    "nftlb": ("#56B4E9", 5, "nftlb"),
    "double-nat-slow": ("#999999", 2, "Double-NAT, slow way"),
}

HEAD = """
set terminal svg size 900,540 dynamic font "sans-serif,15" background "white"
set output "{path}"
set title "{title}\\n{{/*0.8 {subtitle}}}\\n{{/*0.8 {machine}}}"
set xlabel "{x}" offset 0,0.4
set ylabel "{y}"
set key below Left reverse spacing 1.2 samplen 3
set grid back linecolor "#dddddd" linetype 1
set border 3
set tics nomirror
set yrange [0:*]
set format y "%.0f"
"""


def label(name, note=""):
    return STYLES[name][2] + note


def gnuplot(script):
    done = subprocess.run(("gnuplot",), input=script, text=True, capture_output=True)
    if done.returncode or done.stderr:
        raise RuntimeError(f"gnuplot: {done.stderr.strip() or done.returncode}")


def draw(path, lines, extra="", **head):
    """Lines: of (contestant, its name in the key, points)."""
    plots = []
    data = ""
    for name, title, points in lines:
        colour, dash, _ = STYLES[name]
        plots.append(f"'-' with lines linewidth 2.5 dashtype {dash} linecolor rgb '{colour}' title \"{title}\"")
        data += "".join(f"{x} {y}\n" for x, y in points) + "e\n"
    gnuplot(HEAD.format(path=path, **head) + extra + "plot " + ", ".join(plots) + "\n" + data)
    print(path)


BUSY = "seconds of the balancer's processor"


def counted(number, what):
    return f"{number} {what}" + ("s" if number != 1 else "")


def machine(report):
    return (f"Linux {report['kernel']} in User-Mode Linux, one processor, the clients' and servers' work not "
            f"counted; median of {counted(report['rounds'], 'turn')}")


def connections(report, directory):
    draw(f"{directory}/connections.svg",
         [(name, label(name), [(one["seconds"], one["rate"] / 1e3) for one in slices])
          for name, slices in report["connections"].items()],
         title="Short connections a second, over time (the paper's figures 8 and 11)",
         subtitle=f"8 packets each, one connection after the other, {counted(report['servers'], 'backend')}",
         machine=machine(report),
         x=BUSY, y="thousand connections a second")


def held(report, number, directory):
    room = report["held"][number]["room"]
    lines = []
    for name, slices in report["held"][number]["contestants"].items():
        early = max((one["failed"] for one in slices if one["open"] + one["failed"] <= room), default=0)
        most = max(one["open"] for one in slices)
        note = f": {most:,.0f}, {early:,.0f} refused while ports were free"
        lines.append((name, label(name, ": has no limit of ports" if name == "ipvs-nat" else note),
                      [(one["seconds"], one["open"] / 1e3) for one in slices]))
    draw(f"{directory}/held-{number}.svg", lines,
         extra=f"set arrow from graph 0, first {room / 1e3} to graph 1, first {room / 1e3} nohead linecolor '#666666' dashtype 3\n"
               f"set label \"{number} × 64,512 = {room:,}\" at graph 0.99, first {room / 1e3} right offset 0,0.6 "
               "textcolor '#666666'\n",
         title=f"Connections held, over time, with {counted(int(number), 'backend')} (the paper's figures 9 and 12)",
         subtitle="opened one after the other, a tenth more than there are ports",
         machine=machine(report),
         x=BUSY, y="thousand connections held")


def packets(report, directory):
    draw(f"{directory}/packets.svg",
         [(name, label(name), [(one["seconds"], one["rate"] / 1e6) for one in slices])
          for name, slices in report["packets"].items()],
         title="Packets forwarded a second, over time (the paper's figures 10 and 13)",
         subtitle="168 bytes each, of 1,000 open connections, both ways",
         machine=machine(report),
         x=BUSY, y="million packets a second")


def bits(report, directory):
    draw(f"{directory}/bits.svg",
         [(name, label(name), [(one["size"], one["rate"] / 1e9) for one in sizes])
          for name, sizes in report["bits"].items()],
         extra="set xrange [0:1500]\n",
         title="Throughput, by the size of the packets (the paper's figures 10 and 13)",
         subtitle="of 1,000 open connections, both ways, without a network card",
         machine=machine(report),
         x="bytes of an IP packet", y="Gbit/s")


def processors(report, directory):
    """Bars: one processor's work, and that of two, as multiples of the one's."""
    count = report["cpus"]
    rows = ""
    for name, one in report["contestants"].items():
        connections, packets = (one["ratio"][what]["alone"]["best"] for what in ("connections", "packets"))
        rows += f"\"{label(name)}\" {connections} {packets}\n"
    where = "emulated processors, so only the ratio tells" if report["emulated"] else "real processors"
    path = f"{directory}/processors.svg"
    gnuplot(HEAD.format(path=path, title=f"What {count} processors do, against one",
                        subtitle="each with clients of its own, all with the same backends",
                        machine=f"Linux {report['kernel']}, {where}; the best of {counted(report['rounds'], 'turn')}",
                        x="", y="times as much as one processor") + f"""
set format y "%.1f"
set style data histogram
set style histogram clustered gap 1
set style fill solid 0.9
set arrow from graph 0, first {count} to graph 1, first {count} nohead linecolor "#666666" dashtype 3
$rows << EOT
{rows}EOT
plot $rows using 2:xtic(1) linecolor rgb "#0072B2" title "short connections", \\
	$rows using 3 linecolor rgb "#E69F00" title "packets of open connections", \\
	$rows using ($0-0.17):2:(sprintf("%.2f", $2)) with labels offset 0,0.6 notitle, \\
	$rows using ($0+0.17):3:(sprintf("%.2f", $3)) with labels offset 0,0.6 notitle
""")
    print(path)


def main():
    with open(sys.argv[1]) as file:
        report = json.load(file)
    if "cpus" in report:
        processors(report, sys.argv[2])
        return
    connections(report, sys.argv[2])
    for number in report["held"]:
        held(report, number, sys.argv[2])
    packets(report, sys.argv[2])
    bits(report, sys.argv[2])


if __name__ == "__main__":
    main()
