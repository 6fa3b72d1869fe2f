import { type BaseContract, type ContractTransactionResponse, hexlify, id, randomBytes, ZeroAddress, ZeroHash } from "ethers";
import { network } from "hardhat";
import { deployGrants } from "../../test/contracts/AccessGrants/grantsFixture.ts";
import { answer, COST, deployAgreement, FEE, open, QUORUM } from "../../test/contracts/policies/agreementFixture.ts";
import { leafOf, treeOf } from "../../test/contracts/policies/allowList.ts";
import { deployPublished } from "../../test/contracts/policies/policyFixture.ts";
import { newReader } from "../../test/contracts/ShareRequests/requestFixture.ts";
import type { Figure } from "./figures.ts";

const CONTEXT = id("module and runner");
const DAY = 86_400n;
/** A third of PERMISSION_GAS: a rule that stays below leaves room for others beside it. */
const QUESTION_GAS = 100_000;
const TERMS = { token: ZeroAddress, price: 1_000n, period: DAY };

type Ethers = Awaited<ReturnType<typeof network.create>>["ethers"];
type Bench = {
  readonly figures: readonly Figure[];
  /** What the question costs its contract: the call alone, nothing warm but the contract that asks. Throws when the answer is not yes. */
  readonly question: (name: string, permissions: BaseContract, user: string, document: string, contextHash?: string) => Promise<void>;
  readonly transaction: (name: string, sent: Promise<ContractTransactionResponse>) => Promise<void>;
  readonly deployment: (name: string, made: BaseContract) => Promise<void>;
};

const createBench = async (ethers: Ethers): Promise<Bench> => {
  const figures: Figure[] = [];
  const asker = await ethers.deployContract("PermissionAsker");
  const add = (name: string, gas: bigint | undefined, target?: number): void => {
    if (gas === undefined) throw new Error(`${name}: no receipt`);
    figures.push({ name, value: Number(gas), unit: "gas", ...(target === undefined ? {} : { target }) });
  };
  return {
    figures,
    question: async (name, permissions, user, document, contextHash) => {
      const data =
        contextHash === undefined
          ? permissions.interface.encodeFunctionData("checkPermissions", [user, document])
          : permissions.interface.encodeFunctionData("checkPermissionsFor", [user, document, contextHash]);
      const { used, answer: said } = await asker.gasOf(permissions, data);
      if (BigInt(said) !== 1n) throw new Error(`${name}: the answer is ${said}`);
      add(`question: ${name}`, used, QUESTION_GAS);
    },
    transaction: async (name, sent) => add(`transaction: ${name}`, (await (await sent).wait())?.gasUsed),
    deployment: async (name, made) => add(`deployment: ${name}`, (await made.deploymentTransaction()?.wait())?.gasUsed),
  };
};

/** Gas of each kind of permissions contract: its question, its main transactions, and its deployment where a rule is a deployment. */
export const permissionFigures = async (): Promise<readonly Figure[]> => {
  const { ethers } = await network.create();
  const bench = await createBench(ethers);
  await measureGrants(ethers, bench);
  await measureRules(ethers, bench);
  await measureLists(ethers, bench);
  await measureSales(ethers, bench);
  const kinds = ["question", "transaction", "deployment"];
  return kinds.flatMap((kind) => bench.figures.filter(({ name }) => name.startsWith(kind)));
};

const measureGrants = async (ethers: Ethers, { question, transaction }: Bench): Promise<void> => {
  const { grants: any_, alice, bob, mallory, carol, document } = await deployGrants(ethers);
  const [grants, readers] = [any_.connect(alice), Array.from({ length: 10 }, () => hexlify(randomBytes(20)))];
  await transaction("AccessGrants.grant", grants.grant(document, bob, 0));
  await transaction(
    "AccessGrants.grantMany, 10 readers",
    grants.grantMany(
      document,
      readers.map((reader) => ({ reader, until: 0 })),
    ),
  );
  await transaction("AccessGrants.delegate", grants.connect(bob).delegate(document, mallory, 0));
  await question("AccessGrants, owner", grants, alice.address, document);
  await question("AccessGrants, grant", grants, bob.address, document);
  await question("AccessGrants, delegation", grants, mallory.address, document);
  await transaction("AccessGrants.appoint", grants.appoint(document, carol));
  await transaction("AccessGrants.revoke", grants.revoke(document, bob));
};

const measureRules = async (ethers: Ethers, { question, transaction, deployment }: Bench): Promise<void> => {
  const { alice, bob, document, registryAddress } = await deployPublished(ethers);
  const grants = await ethers.deployContract("AccessGrants", [registryAddress]);
  await grants.connect(alice).grant(document, bob, 0);
  const [coin, piece, multi] = [
    await ethers.deployContract("MintableERC20"),
    await ethers.deployContract("MintableERC721"),
    await ethers.deployContract("MintableERC1155"),
  ];
  for (const minted of [coin.mint(bob, 1), piece.mint(bob, 1), multi.mint(bob, 1, 1)]) await minted;
  const holders = await ethers.deployContract("TokenHolders20", [coin, 1]);
  await deployment("TokenHolders20", holders);
  await question("TokenHolders20", holders, bob.address, document);
  await question("TokenHolders721", await ethers.deployContract("TokenHolders721", [piece, 1]), bob.address, document);
  await question("TokenHolders1155", await ethers.deployContract("TokenHolders1155", [multi, 1, 1]), bob.address, document);
  const window = await ethers.deployContract("TimeWindow", [registryAddress]);
  await transaction("TimeWindow.setWindow", window.connect(alice).setWindow(document, 0, 0));
  await question("TimeWindow", window, bob.address, document);
  const [parts, none] = [
    [await grants.getAddress(), await window.getAddress()],
    await ethers.deployContract("TimeWindow", [registryAddress]),
  ];
  const all = await ethers.deployContract("AllOf", [parts]);
  await deployment("AllOf, 2 parts", all);
  await question("AllOf, AccessGrants and TimeWindow", all, bob.address, document);
  await question("AnyOf, AccessGrants first", await ethers.deployContract("AnyOf", [parts]), bob.address, document);
  await question("Not, TimeWindow", await ethers.deployContract("Not", [none]), bob.address, document);
};

const measureLists = async (ethers: Ethers, { question, transaction }: Bench): Promise<void> => {
  const { alice, bob, document, registryAddress } = await deployPublished(ethers);
  const list = await ethers.deployContract("MerkleAllowList", [registryAddress]);
  const readers = [bob.address, ...Array.from({ length: 999 }, () => hexlify(randomBytes(20)))];
  const { root, proofs } = treeOf(readers.map((reader) => leafOf(document, reader)));
  await transaction("MerkleAllowList.setRoot", list.connect(alice).setRoot(document, root));
  await transaction("MerkleAllowList.enroll, 1000 readers", list.enroll(document, bob, [...(proofs[0] ?? [])]));
  await question("MerkleAllowList", list, bob.address, document);
  const contexts = await ethers.deployContract("ContextGrants", [registryAddress]);
  await transaction("ContextGrants.grant", contexts.connect(alice).grant(document, bob, CONTEXT));
  await question("ContextGrants", contexts, bob.address, document, CONTEXT);
  const modules = await ethers.deployContract("ModuleGrants", [registryAddress]);
  const [module, next, until] = [ethers.id("module"), ethers.id("its next build"), 2n ** 40n];
  await transaction("ModuleGrants.grant, first", modules.connect(alice).grant([document], [{ module, runner: bob.address, until }]));
  await question("ModuleGrants", modules, bob.address, document, ethers.keccak256(await modules.contextOf(module, bob)));
  await transaction("ModuleGrants.moveToModule, one runner", modules.connect(alice).moveToModule([document], module, next));
};

const measureSales = async (ethers: Ethers, { question, transaction }: Bench): Promise<void> => {
  const { alice, bob, document, otherDocument, registryAddress } = await deployPublished(ethers);
  const sale = await ethers.deployContract("Subscription", [registryAddress]);
  await transaction("Subscription.setTerms", sale.connect(alice).setTerms(document, TERMS));
  const subscribe = () => sale.connect(bob).subscribe(document, bob, 1, TERMS, { value: TERMS.price });
  await transaction("Subscription.subscribe, coin, first", subscribe());
  await transaction("Subscription.subscribe, coin, renewal", subscribe());
  const coin = await ethers.deployContract("MintableERC20");
  const inToken = { ...TERMS, token: await coin.getAddress() };
  await coin.mint(bob, TERMS.price);
  await coin.connect(bob).approve(sale, TERMS.price);
  await sale.connect(alice).setTerms(otherDocument, inToken);
  await transaction("Subscription.subscribe, ERC-20, first", sale.connect(bob).subscribe(otherDocument, bob, 1, inToken));
  await transaction("Subscription.withdraw, coin", sale.connect(alice).withdraw(ZeroAddress, alice));
  await question("Subscription", sale, bob.address, document);

  const base = await deployAgreement(ethers);
  const { agreement } = base;
  const made = await open(base);
  await question("ServiceAgreement", agreement, base.agreementAddress, base.document);
  await answer(base, made);
  await transaction("ServiceAgreement.release", agreement.release(made.requestId));
  const late = await open(base);
  await transaction(
    "ServiceAgreement.open, ShareRequests.request in it",
    agreement.connect(base.bob).open(base.document, base.sealed.headerHash, newReader().point, { value: COST }),
  );
  await transaction(
    "ShareRequests.request, AccessGrants",
    base.requests
      .connect(base.bob)
      .request(base.grantsDocument.document, base.grantsDocument.headerHash, newReader().point, ZeroHash, { value: QUORUM * FEE }),
  );
  await ethers.provider.send("evm_increaseTime", [601]);
  await ethers.provider.send("evm_mine", []);
  await transaction("ServiceAgreement.refund, ShareRequests.refund in it", agreement.refund(late.requestId, late.statement));
};
