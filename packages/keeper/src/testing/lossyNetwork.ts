import { lossyTransport, type NetworkFaults } from "../peers/lossyTransport.ts";
import type { PeerTransport } from "../peers/peerTransport.ts";

/** What lies between keepers of a test: a bad network, by dice. `faults` may be changed while it is used. */
export const lossyNetwork =
  (faults: NetworkFaults, roll: () => number): ((inner: PeerTransport) => PeerTransport) =>
  (inner) =>
    lossyTransport(inner, faults, { roll, sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)) });
