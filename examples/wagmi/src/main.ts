import { createGatewayBlobStore, createMemoryBlobStore, createTieredBlobStore } from "@keyquorum/blobs";
import { createClient, type KeyquorumClient, parseDeployment } from "@keyquorum/client";
import { connect, createConfig, getPublicClient, getWalletClient, http, injected } from "@wagmi/core";
import { hardhat } from "@wagmi/core/chains";

/** The element of the page with this id. */
const element = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T; // index.html has them all

const config = createConfig({ chains: [hardhat], connectors: [injected()], transports: { [hardhat.id]: http("http://127.0.0.1:8545") } });
const deployment = parseDeployment(await (await fetch("deployment.json")).json());
const blobs = createTieredBlobStore(createMemoryBlobStore(), [createGatewayBlobStore({ urls: ["http://127.0.0.1:8080"] })]);

/** A client of the connected account: wagmi's public client reads the chain, its wallet client signs. After a switch of account or chain, make another. */
const client = async (): Promise<KeyquorumClient> =>
  createClient({ provider: getPublicClient(config), signer: await getWalletClient(config), deployment, blobs });

/** What a button does; a failure has a code that stays the same, and a sentence that says what to do. */
const onClick = (button: string, work: () => Promise<string>): void => {
  element(button).onclick = () => {
    work()
      .catch((error: { readonly code?: string; readonly message: string }) => `${error.code}: ${error.message}`)
      .then((text) => {
        element("log").textContent = text;
      });
  };
};
const textOf = (input: string): string => element<HTMLInputElement>(input).value;

onClick("connect", async () => `Connected: ${(await connect(config, { connector: injected() })).accounts[0]}`);

onClick("read", async () => {
  const read = await (await client()).requestOffChain(textOf("document"));
  element("content").textContent = await read.text(); // as text: what was read may come from anybody
  return `Read: keepers at slots ${read.report.used.join(", ")} answered, without gas`;
});

onClick("grant", async () => {
  const { blockNumber } = await (await client()).grant(textOf("document"), textOf("reader"));
  return `${textOf("reader")} may read from block ${blockNumber} on`;
});
