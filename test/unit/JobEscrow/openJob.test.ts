import { hashJob, type Job, jobId, JOB_TYPES, JobStatus } from "@assay/sdk";
import { expect } from "chai";
import { AbiCoder, concat, dataSlice, id, toBeHex, ZeroAddress, ZeroHash } from "ethers";

import { domainOf, jobOf, quoteOf, SESSION } from "../../helpers/escrow/jobs.js";
import { expectMoves } from "../../helpers/escrow/ledger.js";
import { bytes32, DAY, ethers, MODEL, networkHelpers, standardSystem, usd } from "../../helpers/escrow/system.js";

const SPAN = 365n * BigInt(DAY);

describe("JobEscrow", () => {
  describe("openJob", () => {
    it("takes the budget and binds the provider that quoted it", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, requester, provider } = system;
      const job = await jobOf(system);
      const expectedId = jobId(job, await domainOf(system));
      const quote = await quoteOf(system, job);
      expect(await escrow.connect(requester).openJob.staticCall(job, quote)).to.equal(expectedId);
      const sent = await expectMoves(system, () => escrow.connect(requester).openJob(job, quote), {
        "requester.balance": -usd(2),
        "provider.locked": usd("0.2"),
      });
      await expect(sent)
        .to.emit(escrow, "JobOpened")
        .withArgs(expectedId, requester.address, provider.address, Object.values(job));
      await expect(sent).to.emit(escrow, "JobAccepted").withArgs(expectedId, provider.address);
      expect(await escrow.jobStateOf(expectedId)).to.deep.equal([JobStatus.Active, ZeroHash]);
      expect(await escrow.accountOf(requester.address)).to.deep.equal([usd(9_998), 1n]);
    });

    it("leaves a job without a quote open, and locks nothing", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, requester } = system;
      const job = await jobOf(system);
      const sent = await expectMoves(system, () => escrow.connect(requester).openJob(job, "0x"), {
        "requester.balance": -usd(2),
      });
      await expect(sent).not.to.emit(escrow, "JobAccepted");
      expect(await escrow.jobStateOf(await escrow.jobIdOf(job))).to.deep.equal([JobStatus.Open, ZeroHash]);
    });

    it("locks the least collateral where that is below a tenth of the budget", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, requester } = system;
      const job = await jobOf(system, { budget: 1_001n, collateralBps: 999n });
      const quote = await quoteOf(system, job);
      await expectMoves(system, () => escrow.connect(requester).openJob(job, quote), {
        "requester.balance": -1_001n,
        // ⌈1001 · 999 / 10,000⌉ = 100 = ⌊1001 / 10⌋
        "provider.locked": 100n,
      });
      const lower = await jobOf(system, { budget: 1_001n, collateralBps: 100n });
      const lowerQuote = await quoteOf(system, lower);
      await expectMoves(system, () => escrow.connect(requester).openJob(lower, lowerQuote), {
        "requester.balance": -1_001n,
        "provider.locked": 11n,
      });
    });

    it("locks nothing for a budget whose tenth is nothing", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const job = await jobOf(system, { budget: 9n });
      const quote = await quoteOf(system, job);
      await expectMoves(system, () => system.escrow.connect(system.requester).openJob(job, quote), {
        "requester.balance": -9n,
      });
    });

    it("takes a provider that is its own requester", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { asset, escrow, provider } = system;
      await asset.mint(provider.address, usd(2));
      await asset.connect(provider).approve(escrow, usd(2));
      await escrow.connect(provider).deposit(provider.address, usd(2));
      const job = await jobOf(system, { requester: provider.address });
      const quote = await quoteOf(system, job);
      await expectMoves(system, () => escrow.connect(provider).openJob(job, quote), {
        "provider.balance": -usd(2),
        "provider.locked": usd("0.2"),
      });
    });

    it("is for the requester only", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, requester, stranger } = system;
      const job = await jobOf(system);
      await expect(escrow.connect(stranger).openJob(job, await quoteOf(system, job)))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_NotRequester")
        .withArgs(stranger.address, requester.address);
    });

    const invalid: [field: keyof Job, terms: Partial<Job>, actual: bigint, limit: bigint][] = [
      ["kind", { kind: 2n }, 2n, 1n],
      ["units", { units: 0n }, 0n, 1n],
      ["units", { units: (1n << 20n) + 1n }, (1n << 20n) + 1n, 1n << 20n],
      ["requestHash", { requestHash: ZeroHash }, 0n, 1n],
      ["budget", { budget: 0n }, 0n, 1n],
      ["inputPrice", { inputPrice: 3n }, 3n, 0n],
      ["outputPrice", { outputPrice: 4n }, 4n, 0n],
      ["creditLine", { creditLine: 5n }, 5n, 0n],
      ["collateralBps", { collateralBps: 0n }, 0n, 1n],
      ["disputeWindow", { disputeWindow: BigInt(DAY) + 1n }, BigInt(DAY) + 1n, BigInt(DAY)],
    ];
    for (const [field, terms, actual, limit] of invalid) {
      it(`refuses ${field} = ${String(actual)}`, async () => {
        const system = await networkHelpers.loadFixture(standardSystem);
        const job = await jobOf(system, terms);
        await expect(system.escrow.connect(system.requester).openJob(job, await quoteOf(system, job)))
          .to.be.revertedWithCustomError(system.escrow, "JobEscrow_InvalidTerm")
          .withArgs(bytes32(field), actual, limit);
      });
    }

    it("refuses times that are over, crossed, or those of a typing error", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, requester } = system;
      const now = BigInt(await networkHelpers.time.latest()) + 10n;
      const limits: [keyof Job, Partial<Job>, bigint, bigint][] = [
        ["acceptBy", { acceptBy: now - 1n }, now - 1n, now],
        ["commitBy", { acceptBy: now, commitBy: now }, now, now + 1n],
        ["commitBy", { commitBy: now + SPAN + 1n }, now + SPAN + 1n, now + SPAN],
        ["commitBy", { acceptBy: now * 1_000n, commitBy: now * 1_000n + 1n }, now * 1_000n + 1n, now + SPAN],
      ];
      for (const [field, terms, actual, limit] of limits) {
        const job = await jobOf(system, terms);
        await networkHelpers.time.setNextBlockTimestamp(now);
        await expect(escrow.connect(requester).openJob.staticCall(job, "0x", { blockTag: "pending" }))
          .to.be.revertedWithCustomError(escrow, "JobEscrow_InvalidTerm")
          .withArgs(bytes32(field), actual, limit);
      }
      const latest = await jobOf(system, { acceptBy: now, commitBy: now + SPAN });
      await networkHelpers.time.setNextBlockTimestamp(now);
      await escrow.connect(requester).openJob(latest, "0x");
    });

    const invalidSession: [field: keyof Job, terms: Partial<Job>, actual: bigint][] = [
      ["units", { units: 1n }, 1n],
      ["requestHash", { requestHash: toBeHex(7n, 32) }, 7n],
      ["callback", { callback: toBeHex(9n, 20) }, 9n],
    ];
    for (const [field, terms, actual] of invalidSession) {
      it(`refuses a session with ${field}`, async () => {
        const system = await networkHelpers.loadFixture(standardSystem);
        const job = await jobOf(system, { ...SESSION, ...terms });
        await expect(system.escrow.connect(system.requester).openJob(job, await quoteOf(system, job)))
          .to.be.revertedWithCustomError(system.escrow, "JobEscrow_InvalidTerm")
          .withArgs(bytes32(field), actual, 0n);
      });
    }

    it("opens a session, which binds no stake", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, requester, provider } = system;
      const job = await jobOf(system, SESSION);
      const id = jobId(job, await domainOf(system));
      const quote = await quoteOf(system, job);
      const sent = await expectMoves(system, () => escrow.connect(requester).openJob(job, quote), {
        "requester.balance": -usd(100),
      });
      await expect(sent).to.emit(escrow, "JobAccepted").withArgs(id, provider.address);
      expect(await escrow.jobStateOf(id)).to.deep.equal([JobStatus.Active, ZeroHash]);
      expect(await escrow.sessionOf(id)).to.deep.equal([JobStatus.Active, usd(100), 0n, 0n]);
    });

    it("has nobody to quote for a job that is open to any provider", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const job = await jobOf(system, { provider: ZeroAddress });
      await expect(system.escrow.connect(system.requester).openJob(job, await quoteOf(system, job)))
        .to.be.revertedWithCustomError(system.escrow, "JobEscrow_InvalidQuote")
        .withArgs(jobId(job, await domainOf(system)), ZeroAddress);
    });

    const mismatches: [keyof Job, bigint][] = [
      ["royaltyBps", 499n],
      ["verifierFee", usd("0.02") + 1n],
      ["samplePoints", 7n],
      ["detection", 10n ** 18n - 1n],
    ];
    for (const [field, actual] of mismatches) {
      it(`refuses a ${field} that is not the registry's`, async () => {
        const system = await networkHelpers.loadFixture(standardSystem);
        const expected = (await jobOf(system))[field] as bigint;
        const job = await jobOf(system, { [field]: actual });
        await expect(system.escrow.connect(system.requester).openJob(job, await quoteOf(system, job)))
          .to.be.revertedWithCustomError(system.escrow, "JobEscrow_TermMismatch")
          .withArgs(bytes32(field), actual, expected);
      });
    }

    it("refuses an unknown model or version", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, registry, requester } = system;
      await expect(escrow.connect(requester).openJob(await jobOf(system, { modelId: 2n }), "0x"))
        .to.be.revertedWithCustomError(registry, "ModelRegistry_UnknownModel")
        .withArgs(2n);
      await expect(escrow.connect(requester).openJob(await jobOf(system, { version: 2n }), "0x"))
        .to.be.revertedWithCustomError(registry, "ModelRegistry_UnknownVersion")
        .withArgs(MODEL, 2n, 1n);
    });

    it("refuses any nonce but the account's", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, requester } = system;
      const first = await jobOf(system);
      for (const nonce of [1n, (1n << 64n) - 1n]) {
        await expect(escrow.connect(requester).openJob({ ...first, nonce }, "0x"))
          .to.be.revertedWithCustomError(escrow, "JobEscrow_InvalidNonce")
          .withArgs(nonce, 0n);
      }
      await escrow.connect(requester).openJob(first, "0x");
      await expect(escrow.connect(requester).openJob(first, "0x"))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_InvalidNonce")
        .withArgs(0n, 1n);
    });

    it("refuses a budget above the balance", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const job = await jobOf(system, { budget: usd(10_000) + 1n });
      await expect(system.escrow.connect(system.requester).openJob(job, "0x"))
        .to.be.revertedWithCustomError(system.escrow, "JobEscrow_InsufficientBalance")
        .withArgs(system.requester.address, usd(10_000) + 1n, usd(10_000));
    });

    it("refuses a quote that the provider's free stake does not cover", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, staking, requester, provider } = system;
      await staking.connect(provider).withdraw(provider.address, usd("9999.9"));
      const job = await jobOf(system);
      await expect(escrow.connect(requester).openJob(job, await quoteOf(system, job)))
        .to.be.revertedWithCustomError(staking, "ProviderStaking_InsufficientFreeStake")
        .withArgs(provider.address, usd("0.2"), usd("0.1"));
    });

    // Where the width of a field ends, the compiler's own code or a comparison refuses what is above it.
    const widths: [keyof Job, number][] = [
      ["requester", 160],
      ["nonce", 64],
      ["provider", 160],
      ["kind", 8],
      ["version", 32],
      ["units", 32],
      ["budget", 96],
      ["inputPrice", 96],
      ["outputPrice", 96],
      ["creditLine", 96],
      ["valueAtRisk", 96],
      ["collateralBps", 32],
      ["royaltyBps", 16],
      ["verifierFee", 96],
      ["samplePoints", 16],
      ["detection", 64],
      ["disputeWindow", 32],
      ["acceptBy", 64],
      ["commitBy", 64],
      ["callback", 160],
    ];
    const everyWidth = [{}, SESSION].flatMap((terms) => widths.map((width) => [terms, ...width] as const));
    for (const [terms, field, width] of everyWidth) {
      it(`refuses dirty bits above ${field} of a ${terms === SESSION ? "session" : "one-shot job"}`, async () => {
        const system = await networkHelpers.loadFixture(standardSystem);
        const { escrow, requester } = system;
        const job = await jobOf(system, terms);
        const clean = escrow.interface.encodeFunctionData("openJob", [job, "0x"]);
        const position = 4 + 32 * Object.keys(job).indexOf(field);
        const word = BigInt(dataSlice(clean, position, position + 32)) | (1n << BigInt(width));
        const data = concat([dataSlice(clean, 0, position), toBeHex(word, 32), dataSlice(clean, position + 32)]);
        const refused = requester.call({ to: escrow, data }).then(
          () => false,
          () => true,
        );
        expect(await refused, field).to.equal(true);
        await requester.call({ to: escrow, data: clean });
      });
    }
  });

  describe("openJob with a quote", () => {
    it("takes the owner's signature as the operator's", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const job = await jobOf(system);
      await system.escrow.connect(system.requester).openJob(job, await quoteOf(system, job, system.provider));
      expect((await system.escrow.jobStateOf(await system.escrow.jobIdOf(job))).status).to.equal(JobStatus.Active);
    });

    it("takes what an operator or an owner that is a contract signs (ERC-1271)", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { asset, escrow, staking, requester, provider, stranger } = system;
      const wallet = await ethers.deployContract("ContractWallet", [stranger.address]);
      await staking.connect(provider).setOperator(wallet);
      const byOperator = await jobOf(system);
      await escrow.connect(requester).openJob(byOperator, await quoteOf(system, byOperator, stranger));

      const owner = await ethers.deployContract("ContractWallet", [stranger.address]);
      const execute = (data: string) => owner.connect(stranger).execute(staking, data);
      const operator = ethers.Wallet.createRandom().address;
      await execute(staking.interface.encodeFunctionData("register", [operator, ""]));
      await asset.mint(stranger.address, usd(1));
      await asset.connect(stranger).approve(staking, usd(1));
      await staking.connect(stranger).deposit(owner, usd(1));
      const byOwner = await jobOf(system, { provider: await owner.getAddress() });
      // Longer than a key's signature: only the wallet can say what it means.
      const quote = concat([await quoteOf(system, byOwner, stranger), "0x1234"]);
      await escrow.connect(requester).openJob(byOwner, quote);
      for (const job of [byOperator, byOwner]) {
        expect((await escrow.jobStateOf(await escrow.jobIdOf(job))).status).to.equal(JobStatus.Active);
      }
    });

    const refused = async (
      prepare: (system: Awaited<ReturnType<typeof standardSystem>>, job: Job) => Promise<string>,
    ) => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, requester } = system;
      const job = await jobOf(system);
      const quote = await prepare(system, job);
      await expect(escrow.connect(requester).openJob(job, quote))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_InvalidQuote")
        .withArgs(jobId(job, await domainOf(system)), job.provider);
    };

    it("refuses somebody else's signature", () => refused((system, job) => quoteOf(system, job, system.stranger)));

    it("refuses the signature of an operator that was replaced", () =>
      refused(async (system, job) => {
        await system.staking.connect(system.provider).setOperator(system.stranger.address);
        return quoteOf(system, job);
      }));

    it("refuses a contract that does not say yes", () =>
      refused(async (system, job) => {
        const wallet = await ethers.deployContract("ContractWallet", [system.stranger.address]);
        await system.staking.connect(system.provider).setOperator(wallet);
        return quoteOf(system, job);
      }));

    it("refuses bytes that are no signature", () => refused(() => Promise.resolve("0x1234")));

    it("refuses the malleable twin of a signature", () =>
      refused(async (system, job) => {
        const { r, s, v } = ethers.Signature.from(await quoteOf(system, job));
        const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
        return concat([r, toBeHex(order - BigInt(s), 32), v === 27 ? "0x1c" : "0x1b"]);
      }));

    it("refuses a provider that is not registered", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, requester, stranger } = system;
      const job = await jobOf(system, { provider: stranger.address });
      await expect(escrow.connect(requester).openJob(job, await quoteOf(system, job, stranger)))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_InvalidQuote")
        .withArgs(jobId(job, await domainOf(system)), stranger.address);
    });

    // Adversary 23: a quote moved to another place.
    it("refuses a quote for other terms", () =>
      refused((system, job) => quoteOf(system, { ...job, budget: job.budget + 1n })));

    it("refuses a quote for another nonce", () =>
      refused((system, job) => quoteOf(system, { ...job, nonce: job.nonce + 1n })));

    it("refuses a quote for another chain", () =>
      refused(async (system, job) => {
        const domain = { ...(await domainOf(system)), chainId: 1n };
        return system.operator.signTypedData({ ...domain }, JOB_TYPES, job);
      }));

    it("refuses a quote for another escrow", () =>
      refused(async (system, job) => {
        const domain = { ...(await domainOf(system)), verifyingContract: system.stranger.address };
        return system.operator.signTypedData({ ...domain }, JOB_TYPES, job);
      }));

    it("takes a quote once: the same job cannot be opened twice", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, requester } = system;
      const job = await jobOf(system);
      const quote = await quoteOf(system, job);
      await escrow.connect(requester).openJob(job, quote);
      await expect(escrow.connect(requester).openJob(job, quote))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_InvalidNonce")
        .withArgs(0n, 1n);
      const again = { ...job, nonce: 1n };
      await expect(escrow.connect(requester).openJob(again, quote))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_InvalidQuote")
        .withArgs(jobId(again, await domainOf(system)), job.provider);
    });
  });

  describe("jobIdOf", () => {
    it("is the EIP-712 digest of the job, as wallets compute it", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const job = await jobOf(system, { valueAtRisk: 7n, callback: system.stranger.address });
      const domain = await domainOf(system);
      expect(await system.escrow.jobIdOf(job)).to.equal(ethers.TypedDataEncoder.hash({ ...domain }, JOB_TYPES, job));
      const words = AbiCoder.defaultAbiCoder().encode(
        ["bytes32", "bytes32", "bytes32", "uint256", "address"],
        [
          id("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
          id("Assay"),
          id("1"),
          domain.chainId,
          domain.verifyingContract,
        ],
      );
      const separator = ethers.keccak256(words);
      expect(await system.escrow.domainSeparator()).to.equal(separator);
      expect(ethers.keccak256(concat(["0x1901", separator, hashJob(job)]))).to.equal(await system.escrow.jobIdOf(job));
    });
  });
});
