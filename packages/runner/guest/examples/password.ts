// Says whether standard input is the secret PASSWORD. Exit code 0: right, 1: wrong, 2: no secret.
import { readSecret, secretError, wipe } from "@keyquorum/runner/guest/assembly";

function main(): i32 {
  const given = new ArrayBuffer(1024);
  const length = process.stdin.read(given);
  const password = readSecret("PASSWORD");
  if (password === null) {
    process.stderr.write("no secret: " + secretError().toString() + "\n");
    return 2;
  }
  // Every byte is looked at: time says nothing about where the first difference is.
  const bytes = Uint8Array.wrap(given);
  let difference = length ^ password.length;
  for (let at = 0; at < length && at < password.length; at++) difference |= bytes[at] ^ password[at];
  wipe(password);
  process.stdout.write(difference == 0 ? "right\n" : "wrong\n");
  return difference == 0 ? 0 : 1;
}

process.exit(main());
