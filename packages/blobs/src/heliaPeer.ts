// A Helia store in a process of its own, for helia.test.ts: adds a blob, says where it is, and serves it until it is killed.
import { openHeliaBlobStore } from "./helia.ts";
import { inPieces, someBytes } from "./testBytes.ts";

const [directory = ""] = process.argv.slice(2);
const store = await openHeliaBlobStore({ directory, listen: ["/ip4/127.0.0.1/tcp/0"] });
process.send?.({ address: store.addresses()[0], cid: await store.add(inPieces(someBytes(3_000_000))) });
