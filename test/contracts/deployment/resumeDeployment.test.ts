import { connectContracts, decodeContractError } from "@keyquorum/bindings";
import {
  DEPLOY_STEPS,
  DeployError,
  type DeployJournal,
  type DeployOptions,
  type DeployPlan,
  type DeployRecord,
  deployContracts,
  estimateDeployment,
  type SendStep,
} from "@keyquorum/bindings/deploy";
import { expect } from "chai";
import type { Signer } from "ethers";
import { network } from "hardhat";

const windows = { deal: 30, dispute: 12, finalize: 30, ready: 30 };
const basic = { minEpochDelay: 0, windows, requestLifetime: 600 };

/** A chain of its own, with what is recorded kept as a file would keep it. */
const setUp = async () => {
  const { ethers, networkHelpers } = await network.create();
  const [deployer, alice] = (await ethers.getSigners()) as unknown as [Signer, Signer];
  const state = { text: undefined as string | undefined };
  const journal: DeployJournal = {
    load: async () => (state.text === undefined ? undefined : JSON.parse(state.text)),
    save: async (record) => {
      state.text = JSON.stringify(record);
    },
  };
  const record = (): DeployRecord => JSON.parse(state.text ?? "null") as DeployRecord; // what was saved
  const from = await deployer.getAddress();
  const nonce = () => ethers.provider.getTransactionCount(from);
  const deploy = (more: Partial<DeployOptions> = {}) => deployContracts(deployer, { ...basic, journal, ...more });
  const plain: SendStep = async ({ to, data, nonce: wanted, pending }, announce) => {
    const sent = pending ?? (await deployer.sendTransaction({ ...(to === null ? {} : { to }), data, nonce: wanted }));
    await announce(sent.hash);
    const receipt = await sent.wait();
    if (receipt === null) throw new Error("no receipt");
    return receipt;
  };
  /** Sends as usual, but what happens at one step is `fault`'s. */
  const failingAt =
    (contract: string, fault: SendStep): SendStep =>
    (request, announce) =>
      request.what.endsWith(` ${contract}`) ? fault(request, announce) : plain(request, announce);
  return { ethers, networkHelpers, deployer, alice, from, state, record, nonce, deploy, plain, failingAt, journal };
};

const errorOf = async (work: Promise<unknown>): Promise<Error> => {
  try {
    await work;
  } catch (error) {
    return error as Error; // what was thrown
  }
  throw new Error("It did not fail.");
};
const codeOf = async (work: Promise<unknown>): Promise<string> => {
  const error = await errorOf(work);
  return error instanceof DeployError ? error.code : `${error.name}: ${error.message}`;
};
const crash = new Error("crash");

describe("A deployment that is cut short", () => {
  /** What may go wrong at a step, and whether its transaction was mined by then. */
  const FAULTS: Readonly<Record<string, (chain: Awaited<ReturnType<typeof setUp>>) => SendStep>> = {
    "between recording and sending": () => async (_, announce) => {
      await announce(`0x${"ab".repeat(32)}`);
      throw crash;
    },
    "before its hash is known": () => async () => {
      throw crash;
    },
    "between sending and recording the hash": (chain) => async (request) => {
      await chain.plain(request, async () => undefined);
      throw crash;
    },
    "when its receipt is lost": (chain) => async (request, announce) => {
      await chain.plain(request, announce);
      throw crash;
    },
  };
  for (const [name, fault] of Object.entries(FAULTS))
    for (const contract of ["accessManager", "keyGeneration", "keyResharing", "readerSessions", "roles"])
      it(`${name}, at ${contract}, goes on by the same call, with 13 transactions in all`, async () => {
        const chain = await setUp();
        const before = await chain.nonce();
        expect(await errorOf(chain.deploy({ send: chain.failingAt(contract, fault(chain)) }))).to.equal(crash);
        const deployment = await chain.deploy();
        expect((await chain.nonce()) - before).to.equal(13);
        expect(chain.record().steps.map((step) => step.contract)).to.deep.equal(DEPLOY_STEPS);
        expect(chain.record().abandoned).to.deep.equal([]);
        const { keyGeneration, keyResharing } = deployment.contracts;
        const contracts = connectContracts(deployment, chain.deployer);
        expect((await contracts.keyGeneration.resharing()).toLowerCase()).to.equal(keyResharing);
        expect(await chain.ethers.provider.getCode(keyGeneration)).to.have.length.above(100);
      });

  it("has each transaction in its record before it is sent", async () => {
    const chain = await setUp();
    const seen: boolean[] = [];
    const send: SendStep = (request, announce) => {
      const last = chain.record().steps.at(-1);
      seen.push(last?.nonce === request.nonce && last.mined === undefined);
      return chain.plain(request, announce);
    };
    await chain.deploy({ send });
    expect(seen).to.deep.equal(DEPLOY_STEPS.map(() => true));
  });

  it("sends nothing where its record cannot be written", async () => {
    const chain = await setUp();
    const before = await chain.nonce();
    const full: DeployJournal = { load: async () => undefined, save: async () => Promise.reject(new Error("ENOSPC")) };
    expect((await errorOf(chain.deploy({ journal: full }))).message).to.equal("ENOSPC");
    expect(await chain.nonce()).to.equal(before);
  });

  it("stops after the transaction under way where it is told to, and sends nothing further", async () => {
    const chain = await setUp();
    const stop = new AbortController();
    const reason = new Error("Ctrl-C");
    const send = chain.failingAt("keyGeneration", (request, announce) => {
      stop.abort(reason);
      return chain.plain(request, announce);
    });
    expect(await errorOf(chain.deploy({ send, signal: stop.signal }))).to.equal(reason);
    expect(chain.record().steps.map(({ contract, mined }) => [contract, mined !== undefined])).to.deep.equal([
      ["accessManager", true],
      ["keeperRegistry", true],
      ["keyGeneration", true],
    ]);
  });

  it("sends nothing where its plan is declined, and leaves no record", async () => {
    const chain = await setUp();
    const before = await chain.nonce();
    const no = new Error("no");
    expect(await errorOf(chain.deploy({ onPlan: async () => Promise.reject(no) }))).to.equal(no);
    expect([await chain.nonce(), chain.state.text]).to.deep.equal([before, undefined]);
  });

  it("waits for a transaction that is on its way, and does not send it again", async () => {
    const chain = await setUp();
    const before = await chain.nonce();
    await chain.ethers.provider.send("evm_setAutomine", [false]);
    const accepting: SendStep = async ({ data, nonce }, announce) => {
      await announce((await chain.deployer.sendTransaction({ data, nonce })).hash);
      throw crash;
    };
    expect(await errorOf(chain.deploy({ send: accepting }))).to.equal(crash);
    const plans: DeployPlan[] = [];
    const pendingHash = chain.record().steps[0]?.hashes[0];
    const send: SendStep = async (request, announce) => {
      await chain.ethers.provider.send("evm_setAutomine", [true]);
      await chain.ethers.provider.send("evm_mine", []);
      return chain.plain(request, announce);
    };
    await chain.deploy({ send, onPlan: async (plan) => void plans.push(plan) });
    expect(plans[0]?.steps[0]?.pending?.hash).to.equal(pendingHash);
    expect((await chain.nonce()) - before).to.equal(13);
  });
});

describe("A deployment whose account sends something else meanwhile", () => {
  for (const [contract, lost] of [
    ["keyGeneration", ["keeperRegistry"]],
    ["keyResharing", ["keeperRegistry", "keyGeneration"]],
    ["shareRepairs", []],
  ] as const)
    it(`before ${contract} plans again what depends on lost addresses (${lost.length}), and says so first`, async () => {
      const chain = await setUp();
      expect(await errorOf(chain.deploy({ send: chain.failingAt(contract, () => Promise.reject(crash)) }))).to.equal(crash);
      await (await chain.deployer.sendTransaction({ to: await chain.alice.getAddress(), value: 1n })).wait();
      let plan: DeployPlan | undefined;
      const deployment = await chain.deploy({
        onPlan: async (told) => {
          plan = told;
        },
      });
      const abandoned = plan?.abandoned.filter(({ mined }) => mined !== undefined).map((step) => step.contract);
      expect(abandoned).to.deep.equal(lost);
      const { keyGeneration } = connectContracts(deployment, chain.deployer);
      expect((await keyGeneration.resharing()).toLowerCase()).to.equal(deployment.contracts.keyResharing);
    });

  for (const [last, lost] of [
    ["keeperRegistry", ["keeperRegistry"]],
    ["keyGeneration", ["keeperRegistry", "keyGeneration"]],
    ["keyResharing", []],
  ] as const)
    it(`after it was stopped at ${last} plans again what counted on the next nonce (${lost.length})`, async () => {
      const chain = await setUp();
      const stop = new AbortController();
      const send = chain.failingAt(last, (request, announce) => {
        stop.abort(crash);
        return chain.plain(request, announce);
      });
      expect(await errorOf(chain.deploy({ send, signal: stop.signal }))).to.equal(crash);
      await (await chain.deployer.sendTransaction({ to: await chain.alice.getAddress(), value: 1n })).wait();
      const deployment = await chain.deploy();
      expect(chain.record().abandoned.map((step) => step.contract)).to.deep.equal(lost);
      const { keyGeneration } = connectContracts(deployment, chain.deployer);
      expect((await keyGeneration.resharing()).toLowerCase()).to.equal(deployment.contracts.keyResharing);
    });

  it("in the same run stops there: nothing more is paid than was agreed to", async () => {
    const chain = await setUp();
    const send = chain.failingAt("keyGeneration", async (request, announce) => {
      await (await chain.deployer.sendTransaction({ to: chain.from, value: 0n })).wait();
      return chain.plain({ ...request, nonce: request.nonce + 1 }, announce);
    });
    expect(await codeOf(chain.deploy({ send }))).to.equal("NONCE_TAKEN");
    expect(chain.record().steps).to.have.length(3);
  });
});

describe("A deployment on a chain that is reorganised", () => {
  for (const contract of ["keeperRegistry", "keyResharing", "accessGrants"])
    it(`sends ${contract} again, to the same address, where the reorganisation took it`, async () => {
      const chain = await setUp();
      let snapshot: unknown;
      const next = DEPLOY_STEPS[DEPLOY_STEPS.indexOf(contract as "accessGrants") + 1] ?? "";
      const remember = chain.failingAt(contract, async (request, announce) => {
        snapshot = await chain.ethers.provider.send("evm_snapshot", []);
        return chain.plain(request, announce);
      });
      const send: SendStep = (request, announce) =>
        request.what.endsWith(` ${next}`) ? Promise.reject(crash) : remember(request, announce);
      expect(await errorOf(chain.deploy({ send }))).to.equal(crash);
      const address = chain.record().steps.find((step) => step.contract === contract)?.address;
      await chain.ethers.provider.send("evm_revert", [snapshot]);
      await chain.ethers.provider.send("evm_mine", []);
      const deployment = await chain.deploy();
      expect(deployment.contracts[contract as "accessGrants"]).to.equal(address);
      const registry = await chain.ethers.provider.getBlock(deployment.block);
      expect(deployment.blockHash).to.equal(registry?.hash);
      expect(await chain.nonce()).to.equal(13);
    });
});

describe("A deployment that runs out of money", () => {
  it("continues where it stopped once there is more", async () => {
    const chain = await setUp();
    const send = chain.failingAt("documentRegistry", async (request, announce) => {
      await chain.networkHelpers.setBalance(chain.from, 1_000n);
      return chain.plain(request, announce);
    });
    await errorOf(chain.deploy({ send }));
    expect(chain.record().steps.filter(({ mined }) => mined !== undefined)).to.have.length(5);
    await chain.networkHelpers.setBalance(chain.from, 10n ** 18n);
    await chain.deploy();
    expect(await chain.nonce()).to.equal(13);
  });

  it("is estimated before: within a fifth of what it takes, each contract that is left", async () => {
    const chain = await setUp();
    const { ethers } = chain;
    let estimated: Awaited<ReturnType<typeof estimateDeployment>> | undefined;
    await chain.deploy({
      onPlan: async (plan) => {
        estimated = await estimateDeployment(ethers.provider, plan);
      },
    });
    expect(estimated?.steps.map((step) => step.contract)).to.deep.equal(DEPLOY_STEPS);
    const used = chain.record().steps.map(({ mined }) => BigInt(mined?.gasUsed ?? 0));
    for (const [index, gas] of used.entries()) {
      const guess = estimated?.steps[index]?.gas ?? 0n;
      expect(guess * 10n >= gas * 9n && guess * 10n <= gas * 12n, `${DEPLOY_STEPS[index]}: ${guess} for ${gas}`).to.equal(true);
    }
    expect(estimated?.cost).to.equal((estimated?.gas ?? 0n) * (estimated?.gasPrice ?? 0n));
  });

  it("is refused by the estimate, with nothing sent, where a contract would refuse its settings", async () => {
    const chain = await setUp();
    const short = { ...basic, windows: { ...windows, dispute: 1 } };
    const onPlan = async (plan: DeployPlan) => void (await estimateDeployment(chain.ethers.provider, plan));
    const error = await errorOf(chain.deploy({ ...short, onPlan }));
    expect([decodeContractError(error)?.name, await chain.nonce()]).to.deep.equal(["KeyGenerationWindowTooShort", 0]);
  });
});

describe("The record of a deployment is refused, with nothing sent,", () => {
  const begun = async () => {
    const chain = await setUp();
    await errorOf(chain.deploy({ send: chain.failingAt("keyResharing", () => Promise.reject(crash)) }));
    return { ...chain, sent: await chain.nonce() };
  };
  const change = (chain: Awaited<ReturnType<typeof begun>>, by: (record: DeployRecord) => object): void => {
    chain.state.text = JSON.stringify({ ...chain.record(), ...by(chain.record()) });
  };

  it("with other options, which are named", async () => {
    const chain = await begun();
    const error = await errorOf(chain.deploy({ windows: { ...windows, finalize: 31 }, admin: await chain.alice.getAddress() }));
    expect(error).to.include({ code: "RECORD_OF_OTHER_OPTIONS" });
    expect(error.message).to.include("the finalize window is 30 in the record, and 31 now").and.to.include("the admin is the deployer");
    expect(await chain.nonce()).to.equal(chain.sent);
  });

  it("of another chain, of another genesis, and of another account", async () => {
    const chain = await begun();
    change(chain, () => ({ chainId: "1" }));
    expect(await codeOf(chain.deploy())).to.equal("RECORD_OF_ANOTHER_CHAIN");
    change(chain, () => ({ chainId: "31337", genesisHash: `0x${"12".repeat(32)}` }));
    expect(await codeOf(chain.deploy())).to.equal("RECORD_OF_ANOTHER_CHAIN");
    const other = await begun();
    expect(await codeOf(deployContracts(other.alice, { ...basic, journal: other.journal }))).to.equal("RECORD_OF_ANOTHER_ACCOUNT");
    expect(await other.nonce()).to.equal(other.sent);
  });

  it("cut short, of another version, with steps out of order or fields of other kinds", async () => {
    const chain = await begun();
    const whole = chain.state.text ?? "";
    for (const by of [
      () => ({ version: 2 }),
      () => ({ steps: undefined }),
      ({ steps }: DeployRecord) => ({ steps: steps.slice(1) }),
      ({ steps }: DeployRecord) => ({ steps: steps.map((step) => ({ ...step, nonce: -1 })) }),
      ({ settings }: DeployRecord) => ({ settings: { ...settings, admin: "0x12" } }),
    ]) {
      chain.state.text = whole;
      change(chain, by);
      expect(await codeOf(chain.deploy())).to.equal("RECORD_DAMAGED");
    }
    expect(await chain.nonce()).to.equal(chain.sent);
  });

  it("where a recorded transaction is another one on the chain", async () => {
    const chain = await begun();
    const [first, second] = chain.record().steps;
    change(chain, ({ steps }) => ({
      steps: steps.map((step) => (step.contract === "keeperRegistry" ? { ...second, hashes: first?.hashes, mined: first?.mined } : step)),
    }));
    expect(await codeOf(chain.deploy())).to.equal("RECORD_OF_OTHER_CONTRACTS");
    expect(await chain.nonce()).to.equal(chain.sent);
  });
});
