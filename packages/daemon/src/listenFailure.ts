import { OperatorError } from "./operatorError.ts";

/** What a server's failure to listen means to an operator; other errors pass. */
export const listenFailure = (
  cause: unknown,
  { host, port, whose }: { readonly host: string; readonly port: number; readonly whose: string },
): unknown => {
  const code = typeof cause === "object" && cause !== null && "code" in cause ? cause.code : undefined;
  if (code === "EADDRINUSE")
    return new OperatorError(
      "PORT_IN_USE",
      `Port ${port} at ${host} is in use. Stop the other program, or choose another [http] or [metrics] port.`,
      { host, port },
      { cause },
    );
  if (code === "EACCES" || code === "EADDRNOTAVAIL")
    return new OperatorError(
      "PORT_IN_USE",
      `The ${whose} cannot listen at ${host} port ${port}. Choose a host of this machine and a port above 1023.`,
      { host, port },
      { cause },
    );
  return cause;
};
