import { connect, createServer, type Socket } from "node:net";

/**
 * What the proxy does with traffic. `dribble` passes one byte of each answer per `milliseconds`. The one-way cuts: `swallowAnswers` lets requests
 * through, so that they take effect, and drops every answer; `swallowRequests` accepts requests and drops them, while answers would pass.
 */
export type ProxyMode =
  | { readonly kind: "pass" }
  | { readonly kind: "refuse" }
  | { readonly kind: "blackHole" }
  | { readonly kind: "swallowAnswers" }
  | { readonly kind: "swallowRequests" }
  | { readonly kind: "delay"; readonly milliseconds: number }
  | { readonly kind: "dribble"; readonly milliseconds: number };

/** A TCP proxy on 127.0.0.1 that a test puts before an RPC or keeper port to inject faults from outside. */
export type TcpProxy = {
  readonly port: number;
  readonly url: string;
  /** Changes the fault; connections that are open are cut, so that it acts at once. */
  readonly set: (mode: ProxyMode) => void;
  /** How many connections met each kind of fault: the control that proves it was injected. */
  readonly met: (kind: ProxyMode["kind"]) => number;
  readonly close: () => Promise<void>;
};

export const startTcpProxy = (targetPort: number): Promise<TcpProxy> => {
  let mode: ProxyMode = { kind: "pass" };
  const counts = new Map<ProxyMode["kind"], number>();
  const sockets = new Set<Socket>();
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const server = createServer((incoming) => {
    counts.set(mode.kind, (counts.get(mode.kind) ?? 0) + 1);
    const track = (socket: Socket): void => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
      socket.on("error", () => socket.destroy());
    };
    track(incoming);
    if (mode.kind === "refuse") return void incoming.destroy();
    if (mode.kind === "blackHole") return;
    const outgoing = connect(targetPort, "127.0.0.1");
    track(outgoing);
    incoming.on("close", () => outgoing.destroy());
    if (mode.kind === "swallowRequests") incoming.resume();
    else incoming.pipe(outgoing);
    if (mode.kind === "swallowAnswers") outgoing.resume();
    else forward(outgoing, incoming, mode);
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      if (address === null || typeof address === "string") return reject(new Error("no port"));
      resolve({
        port: address.port,
        url: `http://127.0.0.1:${address.port}`,
        set: (next) => {
          mode = next;
          cut();
        },
        met: (kind) => counts.get(kind) ?? 0,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            cut();
          }),
      });
    });
  });
};

const forward = (from: Socket, to: Socket, mode: ProxyMode): void => {
  if (mode.kind !== "delay" && mode.kind !== "dribble") return void from.pipe(to);
  // One queue per direction keeps the bytes in order.
  const queue: Buffer[] = [];
  let ended = false;
  const next = (): void => {
    const chunk = queue.shift();
    if (chunk === undefined) {
      if (ended) to.end();
      else setTimeout(next, mode.milliseconds);
      return;
    }
    const size = mode.kind === "dribble" ? 1 : chunk.length;
    if (chunk.length > size) queue.unshift(chunk.subarray(size));
    if (!to.destroyed) {
      to.write(chunk.subarray(0, size));
      setTimeout(next, mode.milliseconds);
    }
  };
  from.on("data", (chunk: Buffer) => queue.push(chunk));
  from.on("end", () => {
    ended = true;
  });
  setTimeout(next, mode.milliseconds);
};
