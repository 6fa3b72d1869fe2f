// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Point} from "./Point.sol";

/// Knowledge of p with P = pG. PROTOCOL section 2.1.
struct SchnorrProof {
  uint256 c;
  uint256 z;
}

/// The same s in S = sG and D = sU. PROTOCOL section 2.2.
struct DleqProof {
  uint256 c;
  uint256 z;
}

/// What the prover computes so that the chain need not: all of it is checked.
/// `inverse` is (cD.x - zU.x)^-1 mod p.
struct DleqHints {
  Point zU;
  Point cD;
  uint256 inverse;
}

/// The TDH2 part of a document's header. PROTOCOL section 4.2.
struct Tdh2Ciphertext {
  Point u;
  Point uBar;
  uint256 e;
  uint256 f;
}

/// `inverse` is (eUBar.x - fGBar.x)^-1 mod p.
struct Tdh2Hints {
  Point fGBar;
  Point eUBar;
  uint256 inverse;
}

/// A verifiable encrypted share: K = kG, V = sU + kX, with its proof. PROTOCOL section 5.2.
struct VesAnswer {
  Point k;
  Point v;
  uint256 c;
  uint256 zs;
  uint256 zk;
}

/// `inverse1` is (zkX.x - zsU.x)^-1 mod p; `inverse2` is (cV.x - T.x)^-1 mod p where T = zsU + zkX.
struct VesHints {
  Point zsU;
  Point zkX;
  Point cV;
  uint256 inverse1;
  uint256 inverse2;
}
