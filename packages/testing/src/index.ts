export { filesWithBytes } from "./filesWithBytes.ts";
export { describeLoad, type Load, type LoadedOperation, quantile, startLoad } from "./load.ts";
export { createOutsiders, type Outsider, type Outsiders } from "./outsider.ts";
export { startRenumberingProxy } from "./renumberingProxy.ts";
export { type RpcCall, type RpcProxy, type RpcVerdict, startRpcProxy } from "./rpcProxy.ts";
export { type ProxyMode, startTcpProxy, type TcpProxy } from "./tcpProxy.ts";
