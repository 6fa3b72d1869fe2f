import { ERRNO, Refusal } from "./errno.ts";
import { GuestExit, GuestStop, type HostFunction, type HostFunctions } from "./guest.ts";

/** Host functions that answer with a number whatever happens inside: a refusal with its errno, anything unforeseen with `unforeseen`. */
export const guarded = (functions: HostFunctions, unforeseen: number = ERRNO.io): HostFunctions =>
  Object.fromEntries(
    Object.entries(functions).map(([name, run]): [string, HostFunction] => [
      name,
      (...values) => {
        try {
          return run(...values);
        } catch (error) {
          if (error instanceof GuestExit || error instanceof GuestStop) throw error;
          return error instanceof Refusal ? error.errno : unforeseen;
        }
      },
    ]),
  );
