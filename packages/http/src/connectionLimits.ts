import { isIPv6, type Server, type Socket } from "node:net";

/** Which requests a connection may carry. `health`: the server is full, or its address has too many; only health checks are answered on it. */
export type ConnectionKind = "ordinary" | "health";

type Peer = { readonly remoteAddress?: string | undefined; readonly remotePort?: number | undefined };

/** The connections of a server, bounded in all and for each address. */
export type ConnectionLimits = {
  /** Of a socket that the server accepted, or of the TLS socket over it. */
  readonly kindOf: (socket: Peer) => ConnectionKind;
  /** Ordinary connections now. */
  readonly count: () => number;
};

/** Connections for health checks beside the ordinary ones. When they are all taken the oldest gives way to the newest. */
const HEALTH_CONNECTIONS = 32;
/** A health check sends its request at once. */
const HEALTH_MILLISECONDS = 3_000;

/**
 * Bounds the connections of a server: `maxConnections` in all and `maxPerAddress` for each address (IPv6: each /64). A connection beyond them is
 * not refused, because it may be a health check: it is one of a few that carry nothing else, for a short time, the newest ones.
 * @param options.maxPerAddress undefined behind a proxy, whose address all connections have
 */
export const limitConnections = (
  server: Server,
  options: { readonly maxConnections: number; readonly maxPerAddress: number | undefined },
): ConnectionLimits => {
  const { maxConnections, maxPerAddress = Number.POSITIVE_INFINITY } = options;
  const perAddress = new Map<string, number>();
  const health = new Map<string, Socket>();
  let ordinary = 0;

  const addOrdinary = (socket: Socket, address: string): void => {
    ordinary += 1;
    perAddress.set(address, (perAddress.get(address) ?? 0) + 1);
    socket.once("close", () => {
      ordinary -= 1;
      const left = (perAddress.get(address) ?? 1) - 1;
      if (left === 0) perAddress.delete(address);
      else perAddress.set(address, left);
    });
  };

  const addHealth = (socket: Socket): void => {
    const peer = peerOf(socket);
    const [oldest] = health;
    if (oldest !== undefined && health.size >= HEALTH_CONNECTIONS) {
      health.delete(oldest[0]);
      oldest[1].destroy();
    }
    health.set(peer, socket);
    const timer = setTimeout(() => socket.destroy(), HEALTH_MILLISECONDS);
    socket.once("close", () => {
      clearTimeout(timer);
      if (health.get(peer) === socket) health.delete(peer);
    });
  };

  server.prependListener("connection", (socket: Socket) => {
    const address = addressGroupOf(socket.remoteAddress ?? "");
    if (ordinary < maxConnections && (perAddress.get(address) ?? 0) < maxPerAddress) addOrdinary(socket, address);
    else addHealth(socket);
  });
  return { kindOf: (socket) => (health.has(peerOf(socket)) ? "health" : "ordinary"), count: () => ordinary };
};

/** One name for a connection, whether it is seen below TLS or above it. */
const peerOf = ({ remoteAddress, remotePort }: Peer): string => `${remoteAddress} ${remotePort}`;

/** Who an address is: an IPv4 address, also in IPv6's clothes, or the /64 of an IPv6 address, which one customer has. */
export const addressGroupOf = (address: string): string => {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped?.[1] !== undefined) return mapped[1];
  if (!isIPv6(address)) return address;
  const [head = "", tail] = (address.split("%")[0] ?? "").split("::");
  const groups = head.split(":").filter((group) => group !== "");
  const after = (tail ?? "").split(":").filter((group) => group !== "");
  const zeros = tail === undefined ? [] : Array<string>(8 - groups.length - after.length).fill("0");
  return [...groups, ...zeros, ...after].slice(0, 4).join(":");
};
