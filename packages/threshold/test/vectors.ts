// Published vectors, with their sources. Values only.

/** RFC 9380, appendix J.8.1: secp256k1_XMD:SHA-256_SSWU_RO_. */
export const HASH_TO_CURVE = {
  dst: "QUUX-V01-CS02-with-secp256k1_XMD:SHA-256_SSWU_RO_",
  cases: [
    {
      message: "",
      x: 0xc1cae290e291aee617ebaef1be6d73861479c48b841eaba9b7b5852ddfeb1346n,
      y: 0x64fa678e07ae116126f08b022a94af6de15985c996c3a91b64c406a960e51067n,
    },
    {
      message: "abc",
      x: 0x3377e01eab42db296b512293120c6cee72b6ecf9f9205760bd9ff11fb3cb2c4bn,
      y: 0x7f95890f33efebd1044d382a01b1bee0900fb6116f94688d487c6c7b9c8371f6n,
    },
    {
      message: "abcdef0123456789",
      x: 0xbac54083f293f1fe08e4a70137260aa90783a5cb84d3f35848b324d0674b0e3an,
      y: 0x4436476085d4c3c4508b60fcf4389c40176adce756b398bdee27bca19758d828n,
    },
    {
      message: `q128_${"q".repeat(128)}`,
      x: 0xe2167bc785333a37aa562f021f1e881defb853839babf52a7f72b102e41890e9n,
      y: 0xf2401dd95cc35867ffed4f367cd564763719fbc6a53e969fb8496a1e6685d873n,
    },
    {
      message: `a512_${"a".repeat(512)}`,
      x: 0xe3c8d35aaaf0b9b647e88a0a0a7ee5d5bed5ad38238152e4e6fd8c1f8cb7c998n,
      y: 0x8446eeb6181bf12f56a9d24e262221cc2f0c4725c7e3803024b5888ee5823aa6n,
    },
  ],
} as const;

/** RFC 9591 appendix E.5: the shares of a 2-of-3 secp256k1 key. */
export const FROST_SHARES = {
  secret: 0x0d004150d27c3bf2a42f312683d35fac7394b1e9e318249c1bfe7f0795a83114n,
  coefficient: 0xfbf85eadae3058ea14f19148bb72b45e4399c0b16028acaf0395c9b03c823579n,
  publicKey: "02f37c34b66ced1fb51c34a90bdae006901f10625cc06c4f64663b0eae87d87b4f",
  shares: [
    0x08f89ffe80ac94dcb920c26f3f46140bfc7f95b493f8310f5fc1ea2b01f4254cn,
    0x04f0feac2edcedc6ce1253b7fab8c86b856a797f44d83d82a385554e6e401984n,
    0x00e95d59dd0d46b0e303e500b62b7ccb0e555d49f5b849f5e748c071da8c0dbcn,
  ],
} as const;

/** ZcashFoundation/frost, frost-secp256k1-evm/tests/helpers/vectors_dkg.json at 1713197d: a 2-of-3 key generation. */
export const FROST_DKG = {
  publicKey: "035ed583db6013bff14065122688559f1d5d9c72c8bcbdb880e03e78006e20bbb7",
  dealers: [
    {
      constant: 0xeba6c6fb966a5a2caf58ebbb1ce6fc26f42f2c2285a23fee8746ad889aef156an,
      coefficient: 0x94fb0e0645dda7a5ff53ffcd85f258fd8a657ea4d55169481ca4f7fd9d422a24n,
      commitments: [
        "02355eedcbb159977fa7f08b97d32ba7e413345ff9f3bb6ff9d48a857bcd429d52",
        "0377a9020a7600ebc7036bb38423a8a873bacb757b3040410b0ab3e24ac119b840",
      ],
      sharesReceived: {
        2: 0xa6acb7bc7143f6278cf3482c7c2dbe74543f47085824b78caa03d831c0009329n,
        3: 0x3625aea55b1a90e5cd52b4e19e48f93590a39b2c8afe6a01492f5971b76858can,
      },
      verifyingShare: "0270d1370032f6bf55be309e8e1af7cb488fe0c09dea60f6a1f63194ad79745bea",
      share: 0x5d743b63a8a688e008f2e896bd500cd0ee19d32edf858a4d177a1a100f2da8ffn,
    },
    {
      constant: 0x19253bf86863f58ec764540d0fb8f4e27eaf32e226673a369c99d34fc15ee3a4n,
      coefficient: 0x8d877bc408e00098c58ef41f6c74c991d590142631bd7d560d6a04e1fea1af85n,
      commitments: [
        "0379bb458500d419a5e2ac1bbb03a736ecfefa94deb545cdf68831e7319ea88479",
        "026b1fe439e95a299430410b115b7f984c39e5c7c8ce46bb82e7685f9780941a5c",
      ],
      sharesReceived: {
        1: 0x159ce3082225a978ae00eb5628cbae24939c6f9ed1b3d20740ebe06a3506e730n,
        3: 0xa8b4f11026bb7c72d0e2d40d44dd6d5e40cb213f6e6b925e8a15accc41f11c31n,
      },
      verifyingShare: "03670de4fe945ea4a5ea3c7490497b9f3c1ba3ee5ec2bae59457edf3c09fcc28ab",
      share: 0xf2860798c3051cabd165fbaf564ba38a43880f261ab8f90cc29d0bbd656404cen,
    },
    {
      constant: 0xc3966c3a8f79a558c9c295b5f7b4850b9b2af20056d9e1dfc81b64a3fd15d6a4n,
      coefficient: 0x728f426acba0eb8d03901f2ba6947428b0278612e36d285d40e6535a8a88c367n,
      commitments: [
        "03dff1a7e3cdfb2c07abb9b6a2e77a57aba046ff9c83cfb1fa428376c1ccdcc594",
        "03e65bef0a7d98d5f54650538037fdcb04c6cb573fb14a6198d5da930ff71a49e1",
      ],
      sharesReceived: {
        1: 0xaa97f10e6803511ead54eb23aebe07221e01ee43a7053b4f5d90d867d2491154n,
        2: 0xc1bbaf448303f7591811306b5517519944b0926e0c5711fd05058368ed0db0f2n,
      },
      verifyingShare: "03fffac01c3fb5079eb60992154f6424f02cf97f566442619cfd514bc09f9efb63",
      share: 0x8797d3cddd63b07799d90ec7ef473a44de476e36a6a3c790aded9eddeb641f5cn,
    },
  ],
} as const;

/** C2SP/wycheproof, testvectors_v1/ecdh_secp256k1_test.json at 66c86e9b: uncompressed public key without 04, private key, x of the product. */
export const WYCHEPROOF_ECDH = [
  {
    id: 1,
    publicKey:
      "d8096af8a11e0b80037e1ee68246b5dcbb0aeb1cf1244fd767db80f3fa27da2b396812ea1686e7472e9692eaf3e958e50e9500d3b4c77243db1f2acd67ba9cc4",
    secret: 0xf4b7ff7cccc98813a69fae3df222bfe3f4e28f764bf91b4a10d8096ce446b254n,
    x: 0x544dfae22af6af939042b1d85b71a1e49e9a5614123c4d6ad0c8af65baf87d65n,
  },
  {
    id: 3,
    publicKey:
      "965ff42d654e058ee7317cced7caf093fbb180d8d3a74b0dcd9d8cd47a39d5cb9c2aa4daac01a4be37c20467ede964662f12983e0b5272a47a5f2785685d8087",
    secret: 0xa2b6442a37f8a3764aeff4011a4c422b389a1e509669c43f279c8b7e32d80c3an,
    x: 1n,
  },
  {
    id: 4,
    publicKey:
      "06c4b87ba76c6dcb101f54a050a086aa2cb0722f03137df5a922472f1bdc11b982e3c735c4b6c481d09269559f080ad08632f370a054af12c1fd1eced2ea9211",
    secret: 0xa2b6442a37f8a3764aeff4011a4c422b389a1e509669c43f279c8b7e32d80c3an,
    x: 2n,
  },
  {
    id: 8,
    publicKey:
      "166aed3bc281705444f933913f670957a118f8da2c71bd301a90929743e2ca583514a7972e33d6fea1e377ef4184937f67b37e41ef3099c228a88f5bfb67e5b9",
    secret: 0xa2b6442a37f8a3764aeff4011a4c422b389a1e509669c43f279c8b7e32d80c3an,
    x: 0xffffffffffffffffffffffffffffffffn,
  },
] as const;
