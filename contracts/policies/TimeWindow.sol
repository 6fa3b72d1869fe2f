// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDocumentRegistry} from "../interfaces/IDocumentRegistry.sol";
import {IPermissions} from "../interfaces/IPermissions.sol";
import {ITimeWindow} from "../interfaces/ITimeWindow.sol";
import {DocumentOwned} from "./DocumentOwned.sol";

/// Permits everybody from a time until a time, per document. The manual is ITimeWindow.
contract TimeWindow is ITimeWindow, DocumentOwned {
  mapping(bytes32 document => Window) private _windows;

  constructor(IDocumentRegistry documents) DocumentOwned(documents) {}

  /// @inheritdoc ITimeWindow
  function setWindow(bytes32 document, uint64 from, uint64 until) external onlyDocumentOwner(document) {
    uint64 end = until == 0 ? type(uint64).max : until;
    if (end <= from || end <= block.timestamp) revert TimeWindowEmpty(from, until, block.timestamp);

    _windows[document] = Window({from: from, until: end});
    emit WindowSet(document, from, end);
  }

  /// @inheritdoc ITimeWindow
  function closeWindow(bytes32 document) external onlyDocumentOwner(document) {
    delete _windows[document];
    emit WindowSet(document, 0, 0);
  }

  /// @inheritdoc ITimeWindow
  function windowOf(bytes32 document) external view returns (Window memory) {
    return _windows[document];
  }

  /// @inheritdoc IPermissions
  function checkPermissions(address, bytes32 document) external view returns (bool permitted) {
    Window memory window = _windows[document];
    return window.from <= block.timestamp && block.timestamp < window.until;
  }
}
