import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Deployment, encodeDeployment, parseDeployment } from "@keyquorum/bindings";
import { writeAtomically } from "@keyquorum/chain/node";
import { KeyquorumError } from "@keyquorum/wire";

/** Where a chain's deployment is recorded: `deployments/<chainId>.json`. D48. */
export const deploymentPath = (chainId: bigint, directory = "deployments"): string => join(directory, `${chainId}.json`);

/** Reads the deployment that is recorded for a chain. Throws as `readDeploymentFile`. */
export const readDeployment = (chainId: bigint, directory?: string): Promise<Deployment> =>
  readDeploymentFile(deploymentPath(chainId, directory));

/** Reads a recorded deployment. Throws INVALID_VALUE when there is no such file or it is not JSON, DeploymentError when it is no deployment. */
export const readDeploymentFile = async (path: string): Promise<Deployment> => {
  const text = await readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw new KeyquorumError("INVALID_VALUE", `The deployment ${path} cannot be read (${cause.code ?? cause.message}).`, {
      details: { path },
      cause,
    });
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new KeyquorumError("INVALID_VALUE", `The deployment ${path} is not JSON.`, { details: { path }, cause });
  }
  return parseDeployment(value);
};

/** Records a deployment, whole or not at all. Replaces what is there. */
export const writeDeploymentFile = async (path: string, deployment: Deployment): Promise<void> => {
  const text = `${JSON.stringify(encodeDeployment(deployment), null, 2)}\n`;
  await writeAtomically(path, new TextEncoder().encode(text), { replace: true, mode: 0o644 });
};
