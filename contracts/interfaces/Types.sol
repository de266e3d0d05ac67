// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @title Types that several contracts share
/// @notice Terms that never change live in these structs; the contracts store only their hashes and one packed slot of
/// mutable state. Callers pass the struct back, the contract hashes it again (see `ReceiptLib`).
/// Amounts are in smallest units of the settlement asset, times are Unix seconds, `Bps` are 1/10,000, WAD is 1e18.

/// @notice How a job is served.
/// `OneShot`: one batch, requests and price fixed when the job is opened.
/// `Session`: many batches of requests that are served off-chain and countersigned by the requester.
enum JobKind {
    OneShot,
    Session
}

/// @notice How a batch (or a job that never got one) ended.
/// `Paid`: not drawn, or drawn and accepted. `Rejected`: proven wrong or not opened in time, the collateral is slashed.
/// `Void`: undecidable, fees back to the requester and the collateral released. `Undelivered`: no commit in time.
enum Outcome {
    Paid,
    Rejected,
    Void,
    Undelivered
}

/// @notice The terms of a job. `jobId` is its EIP-712 digest in the escrow's domain, so it holds on one chain and in one
/// escrow only; the operator's signature over that digest is the provider's quote.
/// @param requester who pays; its account in the escrow is debited by `budget`
/// @param nonce the requester's account nonce at opening: no id can ever repeat, no quote can be used twice
/// @param provider owner address of the provider that serves; zero: any with an active seat of the model may accept
/// @param kind see `JobKind`
/// @param modelId token id in `ModelRegistry`
/// @param version version number of the model, from 1
/// @param units one-shot: number of receipts of its only batch, ≥ 1; session: 0
/// @param requestHash one-shot of one unit: keccak256 of the request's bytes; of several units: root of a `MerkleSumTree`
/// whose leaf i is (keccak256 of request i, its fee) with the budget as total; session: 0
/// @param budget most that the job may cost; a one-shot job costs exactly this
/// @param inputPrice session: asset per 1,000,000 input units; one-shot: 0
/// @param outputPrice session: asset per 1,000,000 output units; one-shot: 0
/// @param creditLine session: most that may be served and not yet countersigned; one-shot: 0
/// @param valueAtRisk what a forged answer could be worth to somebody beyond its price
/// @param collateralBps least collateral of a batch, in bps of its total (2.5× = 25,000)
/// @param royaltyBps the model's royalty rate at opening
/// @param verifierFee fixed part of a panelist's fee per sample, copied from the model version
/// @param samplePoints k, sample points of an audit, copied from the model version
/// @param detection d as a WAD, chance that one bad sampled unit is recognised, copied from the model version
/// @param disputeWindow seconds between commit and payment of a batch that is not drawn
/// @param acceptBy last second in which the provider can be bound (quote used or job accepted)
/// @param commitBy last second in which a batch can be committed
/// @param callback one-shot: contract that is told how the job ended, or zero; session: zero
struct Job {
    address requester;
    uint64 nonce;
    address provider;
    JobKind kind;
    uint256 modelId;
    uint32 version;
    uint32 units;
    bytes32 requestHash;
    uint96 budget;
    uint96 inputPrice;
    uint96 outputPrice;
    uint96 creditLine;
    uint96 valueAtRisk;
    uint32 collateralBps;
    uint16 royaltyBps;
    uint96 verifierFee;
    uint16 samplePoints;
    uint64 detection;
    uint32 disputeWindow;
    uint64 acceptBy;
    uint64 commitBy;
    address callback;
}

/// @notice What a provider commits: the receipts it will be judged by. Everything but the randomness is fixed here.
/// @param root root of the Merkle-sum tree over the receipts
/// @param total sum of all fees of the tree, V
/// @param collateral locked for this batch, L; at least `collateralBps` of the total, more lowers p
/// @param count number of leaves
/// @param maxLeafFee largest fee of a leaf; a sampled leaf above it cannot be opened, which fails the audit
struct Commitment {
    bytes32 root;
    uint96 total;
    uint96 collateral;
    uint32 count;
    uint96 maxLeafFee;
}

/// @notice State of a session's receipt tree, signed by its requester (EIP-712, the escrow's domain). A batch is exactly the
/// last one that the provider was given.
/// @param jobId digest of the job
/// @param firstNonce nonce of the receipt in leaf 0: the session's receipt counter
/// @param count number of leaves
/// @param total sum of their fees
/// @param root root of their Merkle-sum tree
struct Voucher {
    bytes32 jobId;
    uint64 firstNonce;
    uint32 count;
    uint96 total;
    bytes32 root;
}

/// @notice A committed batch. `batchId = keccak256(abi.encode(batch))`; `jobId` carries chain and escrow.
/// @param jobId digest of the job
/// @param root see `Commitment`
/// @param total see `Commitment`
/// @param collateral see `Commitment`
/// @param firstNonce nonce of the receipt in leaf 0; leaf i carries firstNonce + i. One-shot: 0
/// @param count see `Commitment`
/// @param maxLeafFee see `Commitment`
/// @param targetRound beacon round that decides
/// @param seatsAtCommit length of the model's seat list at commit: draws index below it
/// @param eligibleProviders providers with an active seat at commit, without the committing one
/// @param p probability of an audit, WAD, 1e18 = always
/// @param committedAt block time of the commit
struct Batch {
    bytes32 jobId;
    bytes32 root;
    uint96 total;
    uint96 collateral;
    uint64 firstNonce;
    uint32 count;
    uint96 maxLeafFee;
    uint64 targetRound;
    uint32 seatsAtCommit;
    uint16 eligibleProviders;
    uint64 p;
    uint64 committedAt;
}

/// @notice One served inference. Its EIP-712 struct hash is the hash in a leaf of the batch's tree.
/// @param provider owner address of the provider
/// @param jobId the job it belongs to
/// @param nonce receipt number within the job: batch.firstNonce + leaf index
/// @param modelId model that answered
/// @param version its version
/// @param policyId hash of the version's policy: what "the same computation" means
/// @param requestHash keccak256 of the request's canonical JSON
/// @param responseRoot Exact mode: keccak256(abi.encode(salt, digest)), see `ReceiptLib`
/// @param seed `uint64(uint256(keccak256(abi.encode(jobId, nonce))))`
/// @param inputUnits units of input (tokens or bytes, as the policy says)
/// @param outputUnits units of output
/// @param fee price of this inference, equal to the fee in its leaf
/// @param startedAt seconds
/// @param finishedAt seconds, not before startedAt
struct Receipt {
    address provider;
    bytes32 jobId;
    uint64 nonce;
    uint256 modelId;
    uint32 version;
    bytes32 policyId;
    bytes32 requestHash;
    bytes32 responseRoot;
    uint64 seed;
    uint64 inputUnits;
    uint64 outputUnits;
    uint96 fee;
    uint64 startedAt;
    uint64 finishedAt;
}

/// @notice Credit of a slash or of an audit pool to one account.
struct Payment {
    address to;
    uint96 amount;
}
