// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccount, PackedUserOperation} from "@openzeppelin/contracts/interfaces/IERC4337.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

/// As much of an ERC-4337 entry point (version 0.8) as an account sees: it hashes operations as the real one does, counts their nonces, asks the account
/// and calls it. No gas, no paymasters. `npm run test:interop` runs the same tests with the real one.
contract MockEntryPoint is EIP712 {
  bytes32 private constant _OPERATION = keccak256(
    "PackedUserOperation(address sender,uint256 nonce,bytes initCode,bytes callData,bytes32 accountGasLimits,uint256 preVerificationGas,bytes32 gasFees,bytes paymasterAndData)"
  );

  mapping(address account => mapping(uint192 key => uint64)) private _sequences;
  mapping(address account => uint256 wei_) public balanceOf;

  error FailedOp(uint256 opIndex, string reason);

  event UserOperationEvent(
    bytes32 indexed userOpHash,
    address indexed sender,
    address indexed paymaster,
    uint256 nonce,
    bool success,
    uint256 actualGasCost,
    uint256 actualGasUsed
  );

  constructor() EIP712("ERC4337", "1") {}

  function depositTo(address account) external payable {
    balanceOf[account] += msg.value;
  }

  function handleOps(PackedUserOperation[] calldata ops, address payable) external {
    for (uint256 i = 0; i < ops.length; ++i) {
      PackedUserOperation calldata op = ops[i];
      bytes32 hash = getUserOpHash(op);
      if (op.initCode.length != 0 && op.sender.code.length == 0) {
        (bool isMade, ) = address(bytes20(op.initCode[:20])).call(op.initCode[20:]);
        if (!isMade || op.sender.code.length == 0) revert FailedOp(i, "AA13 initCode failed or OOG");
      }
      uint192 key = uint192(op.nonce >> 64);
      if (_sequences[op.sender][key]++ != uint64(op.nonce)) revert FailedOp(i, "AA25 invalid account nonce");
      if (IAccount(op.sender).validateUserOp(op, hash, 0) != 0) revert FailedOp(i, "AA24 signature error");
      (bool success, ) = op.sender.call(op.callData);
      emit UserOperationEvent(hash, op.sender, address(0), op.nonce, success, 0, 0);
    }
  }

  function getNonce(address account, uint192 key) external view returns (uint256) {
    return (uint256(key) << 64) | _sequences[account][key];
  }

  function getUserOpHash(PackedUserOperation calldata op) public view returns (bytes32) {
    bytes memory names = abi.encode(_OPERATION, op.sender, op.nonce, keccak256(op.initCode), keccak256(op.callData));
    bytes memory prices = abi.encode(op.accountGasLimits, op.preVerificationGas, op.gasFees, keccak256(op.paymasterAndData));
    return _hashTypedDataV4(keccak256(bytes.concat(names, prices)));
  }
}
