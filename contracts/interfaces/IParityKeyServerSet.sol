// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// Who the key servers are, as Parity's service contracts ask it. Any contract with these functions will do: Parity's own set contract, too.
interface IParityKeyServers {
  /// @return change a number that is another one whenever the key servers or their places change
  function getCurrentLastChange() external view returns (uint256 change);

  /// Reverts where the account is no key server.
  /// @return index its place, from 0
  function getCurrentKeyServerIndex(address keyServer) external view returns (uint8 index);

  /// @return count how many there are
  function getCurrentKeyServersCount() external view returns (uint8 count);

  /// @return keyServers their accounts, by place
  function getCurrentKeyServers() external view returns (address[] memory keyServers);
}

/// Parity's key server set with migration, shown by KeeperRegistry's epochs: nobody else adds or removes a key server.
///
/// The *current* set are the members of one epoch that are not absent; a removed keeper, or one whose account was revoked as stolen, is none from that
/// block on. The *new* set are those of the newest open epoch. Where the epochs differ, a member of either starts a *migration*; each of its members
/// confirms it once its keeper holds a share of every server key in the new epoch; with the last one the new set is the current one. A migration that
/// cannot end is aborted by a member of either set.
interface IParityKeyServerSet is IParityKeyServers {
  /// A migration was completed, and this account is a key server since. @custom:duty none
  /// @param keyServer the account of its keeper
  event KeyServerAdded(address keyServer);

  /// A migration was completed, and this account is no key server any more. @custom:duty none
  /// @param keyServer the account of its keeper
  event KeyServerRemoved(address keyServer);

  /// A migration was started. @custom:duty none
  event MigrationStarted();

  /// The last member confirmed: the migration's set is the current one. @custom:duty none
  event MigrationCompleted();

  /// A migration was given up; the current set stays. @custom:duty none
  /// @param id the migration's id
  event MigrationAborted(bytes32 id);

  /// `account` is no key server of this set; take an operator of an epoch's member that is not absent.
  /// @param account the account
  error ParityKeyServerSetStranger(address account);

  /// A migration is under way, or the id is zero, or the newest epoch is the current set's already; look at both sets first.
  error ParityKeyServerSetNoStart();

  /// No migration of id `id` is under way; look at the id of the one that is.
  /// @param id the id given
  error ParityKeyServerSetNoMigration(bytes32 id);

  /// `account` has confirmed this migration; nothing is left to do.
  /// @param account the account
  error ParityKeyServerSetConfirmed(address account);

  /// The migration may still end: its epoch is the newest, none of its members went absent, and it is not older than `until` (a block); wait for it.
  /// @param until the last block in which it cannot be aborted
  error ParityKeyServerSetNoAbort(uint256 until);

  /// Starts a migration to the newest open epoch. A member of the current or the new set only.
  /// @param id its name, not zero
  function startMigration(bytes32 id) external;

  /// Says that the caller holds its share of every server key in the migration's epoch. Its members only, each once.
  function confirmMigration(bytes32 id) external;

  /// Gives a migration up: when a newer epoch is open, a member of it went absent, or it is older than `MIGRATION_BLOCKS`. A member of the current or the
  /// new set only.
  function abortMigration(bytes32 id) external;

  /// @return keyServer the account at a place of the current set
  function getCurrentKeyServer(uint8 index) external view returns (address keyServer);

  /// @return publicKey the identity key of a keeper in the current set: 64 bytes. Its account is the operator's, not this key's.
  function getCurrentKeyServerPublic(address keyServer) external view returns (bytes memory publicKey);

  /// @return endpoint where a keeper of the current set is reached by HTTP
  function getCurrentKeyServerAddress(address keyServer) external view returns (string memory endpoint);

  /// @return keyServers the accounts of the migration's set; none while there is no migration
  function getMigrationKeyServers() external view returns (address[] memory keyServers);

  /// @return publicKey as `getCurrentKeyServerPublic`, of the migration's set
  function getMigrationKeyServerPublic(address keyServer) external view returns (bytes memory publicKey);

  /// @return endpoint as `getCurrentKeyServerAddress`, of the migration's set
  function getMigrationKeyServerAddress(address keyServer) external view returns (string memory endpoint);

  /// @return keyServers the accounts of the newest open epoch
  function getNewKeyServers() external view returns (address[] memory keyServers);

  /// @return publicKey as `getCurrentKeyServerPublic`, of the new set
  function getNewKeyServerPublic(address keyServer) external view returns (bytes memory publicKey);

  /// @return endpoint as `getCurrentKeyServerAddress`, of the new set
  function getNewKeyServerAddress(address keyServer) external view returns (string memory endpoint);

  /// @return id the id of the migration that is under way; reverts while there is none
  function getMigrationId() external view returns (bytes32 id);

  /// @return master who started it; zero while there is none
  function getMigrationMaster() external view returns (address master);

  /// @return hopeless whether a migration is under way that may be aborted at once: a newer epoch is open, or a member of it went absent
  function isMigrationHopeless() external view returns (bool hopeless);

  /// @return confirmed whether a member of the migration has confirmed it
  function isMigrationConfirmed(address keyServer) external view returns (bool confirmed);

  /// @return epoch whose members the current set are; 0: none was open yet
  function currentEpoch() external view returns (uint32 epoch);

  /// @return epoch whose members are migrated to; 0 while there is no migration
  function migrationEpoch() external view returns (uint32 epoch);
}
