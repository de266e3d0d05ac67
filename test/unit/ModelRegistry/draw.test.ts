import { expect } from "chai";

import {
  deployRegistry,
  enrol,
  ethers,
  networkHelpers,
  registerModel,
  REGISTRY_PARAMS,
  registryFixture,
  seatedFixture,
  timeOf,
} from "../../helpers/deployPartial.js";
import type { ModelRegistry } from "../../../packages/sdk/src/typechain/index.js";

const { seatActivationDelay, seatExitDelay } = REGISTRY_PARAMS;
const { time } = networkHelpers;
const coder = ethers.AbiCoder.defaultAbiCoder();

interface Request {
  modelId: bigint;
  seed: string;
  firstTry: bigint;
  maxTries: bigint;
  wanted: bigint;
  seatsAtCommit: bigint;
  committedAt: bigint;
  excluded: string[];
}

interface Drawn {
  seats: bigint[];
  providers: string[];
  nextTry: bigint;
}

/** Seat that try `t` of a draw looks at. */
const seatOfTry = (seed: string, t: bigint, seatsAtCommit: bigint): bigint =>
  BigInt(ethers.keccak256(coder.encode(["bytes32", "uint256"], [seed, t]))) % seatsAtCommit;

const seedOf = (number: number): string => ethers.id(`seed ${number}`);

async function draw(registry: ModelRegistry, request: Request): Promise<Drawn> {
  const { seats, providers, nextTry } = await registry.draw(request);
  return { seats: [...seats], providers: [...providers], nextTry };
}

/** The draw as `IModelRegistry.DrawRequest` describes it, over what `seatOf` says. */
async function expectedDraw(registry: ModelRegistry, request: Request): Promise<Drawn> {
  const seats: bigint[] = [];
  const providers: string[] = [];
  let t = request.firstTry;
  for (; t < request.firstTry + request.maxTries && seats.length < Number(request.wanted); t += 1n) {
    const index = seatOfTry(request.seed, t, request.seatsAtCommit);
    const { provider, activatedAt, leavingSince } = await registry.seatOf(request.modelId, index);
    const eligible =
      activatedAt !== 0n &&
      activatedAt <= request.committedAt &&
      (leavingSince === 0n || leavingSince >= request.committedAt);
    if (!eligible || request.excluded.includes(provider) || providers.includes(provider)) continue;
    seats.push(index);
    providers.push(provider);
  }
  return { seats, providers, nextTry: t };
}

async function requestNow(overrides: Partial<Request> = {}): Promise<Request> {
  return {
    modelId: 1n,
    seed: seedOf(0),
    firstTry: 0n,
    maxTries: 64n,
    wanted: 3n,
    seatsAtCommit: 10n,
    committedAt: BigInt(await time.latest()),
    excluded: [],
    ...overrides,
  };
}

/** Who can be drawn at all: 512 tries over at most 20 seats miss nobody (0.95^512 < 10^-11). */
async function drawable(registry: ModelRegistry, overrides: Partial<Request>): Promise<string[]> {
  const { providers } = await draw(registry, await requestNow({ maxTries: 512n, wanted: 255n, ...overrides }));
  return providers;
}

describe("ModelRegistry", () => {
  describe("draw", () => {
    it("draws what its description says, for any seed and panel size", async () => {
      const { registry, providers } = await networkHelpers.loadFixture(seatedFixture);
      // Two seats of one provider, and one that waits: reasons for a redraw.
      await registry.connect(providers[0]).takeSeats(1, 2);
      await time.increase(seatActivationDelay);
      await registry.activateSeats(1, [10]);
      const excluded = [providers[2]!.address, providers[7]!.address];
      for (let number = 0; number < 25; number += 1) {
        const request = await requestNow({ seed: seedOf(number), seatsAtCommit: 12n, wanted: 7n, excluded });
        const drawn = await draw(registry, request);
        expect(drawn).to.deep.equal(await expectedDraw(registry, request));
        expect(new Set(drawn.providers).size).to.equal(7);
        for (const address of excluded) expect(drawn.providers).not.to.include(address);
      }
    });

    it("stops after the last one wanted, and at the last try of the call", async () => {
      const { registry } = await networkHelpers.loadFixture(seatedFixture);
      const one = await draw(registry, await requestNow({ wanted: 1n }));
      expect(one).to.deep.include({ nextTry: 1n, seats: [seatOfTry(seedOf(0), 0n, 10n)] });
      const few = await draw(registry, await requestNow({ wanted: 10n, maxTries: 5n, firstTry: 100n }));
      expect(few.nextTry).to.equal(105n);
      expect(few.seats.length).to.be.within(1, 5);
      expect(await draw(registry, await requestNow({ wanted: 0n, firstTry: 9n }))).to.deep.equal({
        seats: [],
        providers: [],
        nextTry: 9n,
      });
    });

    it("gives the same panel in one call and try by try", async () => {
      const { registry, providers } = await networkHelpers.loadFixture(seatedFixture);
      const excluded = [providers[0]!.address];
      const whole = await draw(registry, await requestNow({ wanted: 7n, excluded }));
      const seats: bigint[] = [];
      const members: string[] = [];
      let nextTry = 0n;
      while (seats.length < 7) {
        const next = await draw(
          registry,
          await requestNow({ wanted: 7n, firstTry: nextTry, maxTries: 1n, excluded: [...excluded, ...members] }),
        );
        expect(next.nextTry).to.equal(nextTry + 1n);
        seats.push(...next.seats);
        members.push(...next.providers);
        nextTry = next.nextTry;
      }
      expect({ seats, providers: members, nextTry }).to.deep.equal(whole);
    });

    it("draws every eligible provider sooner or later, evenly", async () => {
      const { registry } = await networkHelpers.loadFixture(seatedFixture);
      const hits = new Map<bigint, number>();
      for (let number = 0; number < 400; number += 1) {
        const { seats } = await draw(registry, await requestNow({ seed: seedOf(number), wanted: 1n }));
        hits.set(seats[0]!, (hits.get(seats[0]!) ?? 0) + 1);
      }
      expect(hits.size).to.equal(10);
      // Expected 40 each, standard deviation 6; the seeds are fixed, so this never flickers.
      for (const count of hits.values()) expect(count).to.be.within(20, 60);
    });

    it("finds fewer when there are fewer", async () => {
      const { registry, providers } = await networkHelpers.loadFixture(seatedFixture);
      const excluded = providers.slice(0, 8).map(({ address }) => address);
      const drawn = await draw(registry, await requestNow({ wanted: 7n, maxTries: 512n, excluded }));
      expect(drawn.nextTry).to.equal(512n);
      expect(drawn.providers.sort()).to.deep.equal([providers[8]!.address, providers[9]!.address].sort());
    });

    it("uses up its tries and finds nobody in an empty list", async () => {
      const { registry } = await networkHelpers.loadFixture(registryFixture);
      for (const seatsAtCommit of [0n, 10n]) {
        expect(await draw(registry, await requestNow({ seatsAtCommit, firstTry: 3n }))).to.deep.equal({
          seats: [],
          providers: [],
          nextTry: 67n,
        });
      }
    });

    it("reverts when the number of a try would not fit", async () => {
      const { registry } = await networkHelpers.loadFixture(seatedFixture);
      await expect(registry.draw(await requestNow({ firstTry: (1n << 32n) - 64n }))).to.be.revertedWithPanic(0x11);
    });

    describe("eligibility", () => {
      it("begins with the second of the activation", async () => {
        const { registry, providers } = await networkHelpers.loadFixture(registryFixture);
        await registry.connect(providers[0]).takeSeats(1, 1);
        expect(await drawable(registry, { seatsAtCommit: 1n })).to.deep.equal([]);
        await time.increase(seatActivationDelay);
        expect(await drawable(registry, { seatsAtCommit: 1n })).to.deep.equal([]);
        const activatedAt = await timeOf(await registry.activateSeats(1, [0]));
        const at = (committedAt: bigint) => drawable(registry, { seatsAtCommit: 1n, committedAt });
        expect(await at(activatedAt - 1n)).to.deep.equal([]);
        expect(await at(activatedAt)).to.deep.equal([providers[0]!.address]);
      });

      it("ends after the second in which the seat began to leave, not for earlier commits", async () => {
        const { registry, providers } = await networkHelpers.loadFixture(seatedFixture);
        const leftAt = await timeOf(await registry.connect(providers[4]).leaveSeats(1, [4]));
        const everybody = providers.map(({ address }) => address).sort();
        const others = everybody.filter((address) => address !== providers[4]!.address);
        const at = async (committedAt: bigint) => (await drawable(registry, { committedAt })).sort();
        expect(await at(leftAt - 1n)).to.deep.equal(everybody);
        expect(await at(leftAt)).to.deep.equal(everybody);
        expect(await at(leftAt + 1n)).to.deep.equal(others);
      });

      it("holds for a commit although penalties made the seat leave since", async () => {
        const { registry, court, providers } = await networkHelpers.loadFixture(seatedFixture);
        const committedAt = BigInt(await time.latest());
        const holder = providers[4]!;
        await registry.connect(court).penalise(1, 4, holder.address, REGISTRY_PARAMS.seatBond);
        expect(await drawable(registry, { committedAt })).to.include(holder.address);
        const later = BigInt(await time.increase(10));
        expect(await drawable(registry, { committedAt: later })).not.to.include(holder.address);
      });

      it("ends with the length at commit: later seats are not looked at", async () => {
        const { registry, providers } = await networkHelpers.loadFixture(seatedFixture);
        expect((await drawable(registry, { seatsAtCommit: 4n })).sort()).to.deep.equal(
          providers
            .slice(0, 4)
            .map(({ address }) => address)
            .sort(),
        );
      });

      it("passes over what was popped from the list since", async () => {
        const { registry, providers } = await networkHelpers.loadFixture(seatedFixture);
        const committedAt = BigInt(await time.latest());
        for (const index of [8, 9]) await registry.connect(providers[index]).leaveSeats(1, [index]);
        await time.increase(seatExitDelay);
        await registry.vacateSeats(1, [8, 9]);
        expect(await registry.seatCount(1)).to.equal(8n);
        expect(await drawable(registry, { committedAt })).to.have.length(8);
      });

      it("is denied to a seat taken after the commit, even in a reused vacancy and once active", async () => {
        const { registry, staking, asset, others, providers, ...rest } =
          await networkHelpers.loadFixture(seatedFixture);
        await registry.connect(providers[3]).leaveSeats(1, [3]);
        await time.increase(seatExitDelay);
        await registry.vacateSeats(1, [3]);
        const committedAt = BigInt(await time.latest());
        // The seed is public from here on. The latecomer takes the vacancy inside the range that is drawn from.
        const latecomer = others[10]!;
        await enrol({ registry, staking, asset, others, ...rest }, latecomer);
        await registry.connect(latecomer).takeSeats(1, 1);
        expect((await registry.seatOf(1, 3)).provider).to.equal(latecomer.address);
        expect(await drawable(registry, { committedAt }))
          .to.have.length(9)
          .and.not.include(latecomer.address);
        await time.increase(seatActivationDelay);
        await registry.activateSeats(1, [3]);
        expect(await drawable(registry, { committedAt }))
          .to.have.length(9)
          .and.not.include(latecomer.address);
        const now = BigInt(await time.latest());
        expect(await drawable(registry, { committedAt: now }))
          .to.have.length(10)
          .and.include(latecomer.address);
      });
    });

    describe("cost", () => {
      const LARGE = 10_000n;
      const [PROVIDERS_A_CALL, SEATS_A_CALL] = [10, 250];

      /** Model 1 with ten seats of ten providers, model 2 with 10,000 seats of 1,250 providers, all active. */
      async function largeFixture() {
        const deployment = await deployRegistry();
        const { registry, staking, asset } = deployment;
        for (let model = 0; model < 2; model += 1) await registerModel(deployment);
        const farm = await ethers.deployContract("SeatFarm", [
          await staking.getAddress(),
          await registry.getAddress(),
          await asset.getAddress(),
        ]);
        await farm.grow(1, 10, 1);
        for (let grown = 0; grown < 1_250; grown += PROVIDERS_A_CALL) await farm.grow(2, PROVIDERS_A_CALL, 8);
        await time.increase(seatActivationDelay);
        await registry.activateSeats(1, [...Array(10).keys()]);
        for (let first = 0; first < Number(LARGE); first += SEATS_A_CALL) {
          await registry.activateSeats(
            2,
            Array.from({ length: SEATS_A_CALL }, (_, index) => first + index),
          );
        }
        return { ...deployment, farm };
      }

      /** Gas of a draw without what every transaction costs, for a draw that needed no try more than `wanted`. */
      async function gasOf(registry: ModelRegistry, request: Request): Promise<bigint | undefined> {
        const { nextTry } = await draw(registry, request);
        if (nextTry !== request.wanted) return undefined;
        const [sender] = await ethers.getSigners();
        const call = await registry.draw.populateTransaction(request);
        const sent = await sender!.sendTransaction(call);
        const bytes = ethers.getBytes(call.data);
        const intrinsic = bytes.reduce((gas, byte) => gas + (byte === 0 ? 4n : 16n), 21_000n);
        return (await sent.wait())!.gasUsed - intrinsic;
      }

      it("is the same with ten seats and with ten thousand, within 2 %", async () => {
        const { registry } = await largeFixture();
        expect(await registry.activeCounts(1)).to.deep.equal([10n, 10n]);
        expect(await registry.activeCounts(2)).to.deep.equal([LARGE, 1_250n]);
        for (const wanted of [3n, 7n]) {
          const gas = { small: [] as bigint[], large: [] as bigint[] };
          for (let number = 0; number < 200; number += 1) {
            const seed = seedOf(number);
            const small = await gasOf(registry, await requestNow({ seed, wanted }));
            const large = await gasOf(registry, await requestNow({ seed, wanted, modelId: 2n, seatsAtCommit: LARGE }));
            if (small !== undefined && gas.small.length < 5) gas.small.push(small);
            if (large !== undefined && gas.large.length < 5) gas.large.push(large);
            if (gas.small.length === 5 && gas.large.length === 5) break;
          }
          for (const samples of [gas.small, gas.large]) expect(samples).to.have.length(5);
          const all = [...gas.small, ...gas.large].map(Number);
          expect(Math.max(...all) / Math.min(...all)).to.be.below(1.02);
        }
      });
    });
  });
});
