/** What Millrace is held to beside other ways into a Delta table, in processor time. */

import { renderTable } from "../../scripts/table.ts";
import type { Usage } from "../measure/process.ts";
import type { Format } from "./order.ts";
import { PEERS, type PeerName } from "./peer.ts";
import { megabytes, type Verdict } from "./target.ts";

type Peers = Readonly<Record<PeerName, Usage>>;

/** At least so many times the processor time of Millrace with every check. */
const TIMES: Readonly<Partial<Record<PeerName, number>>> = { "delta-rs": 1, Spark: 8, dlt: 25 };

export function judgePeers(format: Format, ours: Usage, peers: Peers): Verdict[] {
  return entriesOf(peers).flatMap(([name, { cpuMs }]) => {
    const times = TIMES[name];
    if (times === undefined) return [];
    return {
      what: `${format}: ${PEERS[name].what}`,
      found: `${(cpuMs / ours.cpuMs).toFixed(1)} times Millrace's processor time`,
      target: `at least ${times} times`,
      met: cpuMs >= times * ours.cpuMs,
    };
  });
}

export function renderPeers(ours: Usage, peers: Peers): string {
  const line = (what: string, { wallMs, cpuMs, peakBytes }: Usage): string[] => [
    what,
    (wallMs / 1000).toFixed(1),
    (cpuMs / 1000).toFixed(1),
    (cpuMs / ours.cpuMs).toFixed(1),
    megabytes(peakBytes),
  ];
  return renderTable(
    ["", "wall s", "CPU s", "x Millrace", "peak MB"],
    [
      line("Millrace, every check", ours),
      ...entriesOf(peers).map(([name, usage]) => line(PEERS[name].what, usage)),
    ],
  );
}

function entriesOf(peers: Peers): [PeerName, Usage][] {
  return Object.entries(peers) as [PeerName, Usage][];
}
