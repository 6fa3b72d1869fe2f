import { createMemoryBlobStore } from "@keyquorum/blobs";
import { createClient, discoverWallets, type KeyquorumClient, parseDeployment, signerFromProvider } from "@keyquorum/client";
import type { Eip1193Provider } from "ethers";

/** The element of the page with this id. */
const element = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T; // index.html has them all

/** Runs a step of the page; what happened goes to its list, as text. */
const step = async (name: string, work: () => Promise<string>): Promise<void> => {
  const line = element("log").appendChild(document.createElement("li"));
  line.textContent = `${name} ...`;
  try {
    line.textContent = `${name}: ${await work()}`;
  } catch (error) {
    // Every error of the client has a code that stays the same, and a sentence that says what to do.
    const { code, message } = error as { readonly code?: string; readonly message: string };
    line.textContent = `${name} failed: ${code}: ${message}`;
  }
};

// Where the contracts are. Ciphertexts stay in this page's memory: put createKuboBlobStore or another store in its place to share them.
const deployment = parseDeployment(await (await fetch("deployment.json")).json());
const blobs = createMemoryBlobStore();

// Wallets announce themselves (EIP-6963); an older one only injects itself (EIP-1193).
const wallets = new Map<string, Eip1193Provider>();
for (const { id, name, rdns, hasTwin, isDisputed, provider } of await discoverWallets({ onDropped: console.warn }))
  wallets.set(hasTwin || isDisputed ? `${name} (${rdns}, ${id})` : name, provider);
const { ethereum } = globalThis as { readonly ethereum?: Eip1193Provider };
if (ethereum !== undefined) wallets.set("Injected wallet", ethereum);
for (const name of wallets.keys()) element("wallet").append(new Option(name));

/** A client for the wallet that is chosen now. The wallet asks its user to connect, the first time. */
const client = async (): Promise<KeyquorumClient> => {
  const wallet = wallets.get(element<HTMLSelectElement>("wallet").value);
  if (wallet === undefined) throw new Error("No wallet was found in this browser.");
  return createClient({ signer: await signerFromProvider(wallet), deployment, blobs });
};
const chosenDocument = (): string => element<HTMLInputElement>("document").value;

element("publish").onclick = () =>
  step("Publish", async () => {
    const alice = await client();
    const encrypted = await alice.encryptDocument(element<HTMLTextAreaElement>("text").value);
    const { document, cid } = await alice.publish(encrypted);
    element<HTMLInputElement>("document").value = document;
    return `${document}, its ciphertext is ${cid}`;
  });

element("grant").onclick = () =>
  step("Grant", async () => {
    const reader = element<HTMLInputElement>("reader").value;
    const { blockNumber } = await (await client()).grant(chosenDocument(), reader);
    return `${reader} may read from block ${blockNumber} on`;
  });

element("read").onclick = () =>
  step("Read by HTTP", async () => {
    const read = await (await client()).requestOffChain(chosenDocument());
    element("content").textContent = await read.text();
    return `keepers at slots ${read.report.used.join(", ")} answered, without gas`;
  });

element("readOnChain").onclick = () =>
  step("Read on chain", async () => {
    const read = await (await client()).requestOnChain(chosenDocument());
    element("content").textContent = await read.text();
    return `request ${read.report.requestId}`;
  });
