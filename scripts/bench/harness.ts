import { readFile } from "node:fs/promises";
import type { LocalChain } from "@keyquorum/cluster";
import {
  dleqHints,
  encapsulate,
  encryptShare,
  G,
  type Point,
  proveDleq,
  provePossession,
  randomScalar,
  SecretScalar,
  tdh2Hints,
  toXY,
  vesHints,
} from "@keyquorum/threshold";
import { ContractFactory } from "ethers";
import type { Figure } from "./figures.ts";

const CONTEXT = new Uint8Array(32).fill(7);

/** Gas of each library's verification alone, as the harness of the contract tests measures it. */
export const harnessFigures = async (chain: LocalChain): Promise<readonly Figure[]> => {
  const artifact = JSON.parse(await readFile("artifacts/contracts/mocks/LibraryHarness.sol/LibraryHarness.json", "utf8")) as {
    readonly abi: string;
    readonly bytecode: string;
  };
  const harness = await new ContractFactory(artifact.abi, artifact.bytecode, chain.account(0)).deploy();
  await harness.waitForDeployment();
  const measure = async (method: string, statement: object): Promise<number> => {
    const [used, verified] = (await harness.getFunction(method).staticCall(statement)) as readonly [bigint, boolean | bigint];
    if (verified !== true && verified !== 1n) throw new Error(`${method}: the honest proof does not verify`);
    return Number(used);
  };
  const secret = SecretScalar.from(randomScalar());
  const s = G.multiply(secret.reveal());
  const [u, x]: readonly Point[] = [G.multiply(randomScalar()), G.multiply(randomScalar())];
  if (u === undefined || x === undefined) throw new Error("unreachable");
  const d = u.multiply(secret.reveal());
  const dleq = proveDleq({ secret, base: u, context: CONTEXT });
  const { ciphertext } = encapsulate({ publicKey: s, label: CONTEXT });
  const answer = encryptShare({ share: secret, u, readerKey: x, context: CONTEXT, nonceKey: new Uint8Array(32).fill(9) });
  const points = (hints: object): object =>
    Object.fromEntries(Object.entries(hints).map(([name, value]) => [name, typeof value === "bigint" ? value : toXY(value as Point)]));
  const ves = {
    s: toXY(s),
    u: toXY(u),
    x: toXY(x),
    context: CONTEXT,
    answer: points(answer),
    hints: points(vesHints({ u, readerKey: x }, answer)),
  };
  return [
    {
      name: "verify possession",
      value: await measure("schnorrGas", { publicKey: toXY(s), message: CONTEXT, proof: provePossession(secret, CONTEXT) }),
      unit: "gas",
    },
    {
      name: "verify DLEQ",
      value: await measure("dleqGas", {
        s: toXY(s),
        u: toXY(u),
        d: toXY(d),
        context: CONTEXT,
        proof: dleq,
        hints: points(dleqHints({ publicKey: s, base: u, image: d }, dleq)),
      }),
      unit: "gas",
      target: 15_000,
    },
    {
      name: "verify TDH2 header",
      value: await measure("tdh2Gas", {
        publicKey: toXY(s),
        label: CONTEXT,
        ciphertext: points(ciphertext),
        hints: points(tdh2Hints(ciphertext)),
      }),
      unit: "gas",
      target: 17_000,
    },
    { name: "verify VES answer", value: await measure("vesGas", ves), unit: "gas", target: 24_000 },
    { name: "judge VES answer", value: await measure("vesFraudGas", ves), unit: "gas", target: 25_000 },
  ];
};
