// Secrets of a run, for modules in AssemblyScript: docs/MODULES.md. AssemblyScript has no exceptions, so what was not given is null, and a number says why.

@external("keyquorum", "secret_open")
declare function secret_open(name: usize, nameLength: u32, handleOut: usize, sizeOut: usize): i32;
@external("keyquorum", "secret_read")
declare function secret_read(handle: u32, into: usize, length: u32, readOut: usize): i32;
@external("keyquorum", "secret_close")
declare function secret_close(handle: u32): i32;

/** Why a secret was not given. */
export enum SecretError {
  None = 0,
  InvalidHandle = 1,
  Memory = 2,
  /** The run's manifest does not name it with `as = "open"`. */
  NotGranted = 3,
  /** A secret is given once in a run. */
  OpenedBefore = 4,
  /** The keepers refused: nobody granted it to this runner for this module, or no longer. */
  Denied = 5,
  /** It is granted, in a block that is not final yet. */
  NotFinal = 6,
  /** Too few keepers answered. */
  Unavailable = 7,
  Failed = 8,
}

/** Two numbers that the host writes. */
const written = memory.data(8, 4);

let last: i32 = SecretError.None;

/** Why the last `readSecret` gave null. */
export function secretError(): SecretError {
  return <SecretError>last;
}

/** Asks the keepers for a secret, and waits. Null where it was not given. Once in a run: keep the value as long as you need it, then `wipe` it. */
export function readSecret(name: string): Uint8Array | null {
  const encoded = String.UTF8.encode(name);
  last = secret_open(changetype<usize>(encoded), encoded.byteLength, written, written + 4);
  if (last != SecretError.None) return null;
  const handle = load<u32>(written);
  const value = new Uint8Array(load<u32>(written, 4));
  for (let at = 0; at < value.length; at += load<u32>(written)) {
    last = secret_read(handle, value.dataStart + at, value.length - at, written);
    if (last == SecretError.None && load<u32>(written) == 0) last = SecretError.Failed;
    if (last != SecretError.None) {
      secret_close(handle);
      wipe(value);
      return null;
    }
  }
  secret_close(handle);
  return value;
}

/** The same as a text. A text cannot be wiped. */
export function readSecretText(name: string): string | null {
  const value = readSecret(name);
  if (value === null) return null;
  const text = String.UTF8.decodeUnsafe(value.dataStart, value.byteLength);
  wipe(value);
  return text;
}

/** Overwrites a value that is not needed any more. */
export function wipe(value: Uint8Array): void {
  memory.fill(value.dataStart, 0, value.byteLength);
}
