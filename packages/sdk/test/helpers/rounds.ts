import { BlsBn254 } from "@kevincharm/bls-bn254";
import { bn254 } from "@noble/curves/bn254.js";
import { concat, keccak256, toBeHex } from "ethers";

const DOMAIN = "BLS_SIG_BN254G1_XMD:KECCAK-256_SVDW_RO_NUL_";

/** A drand network of one member, for local chains: signs rounds as bls-bn254-unchained-on-g1 does. */
export class LocalRounds {
  private constructor(
    private readonly bls: BlsBn254,
    private readonly secret: bigint,
  ) {}

  static async create(secret: bigint): Promise<LocalRounds> {
    return new LocalRounds(await BlsBn254.create(), secret);
  }

  /** Group key as drand prints it. */
  get publicKey(): string {
    const { x, y } = bn254.G2.Point.BASE.multiply(this.secret).toAffine();
    return [x.c1, x.c0, y.c1, y.c0].map((word) => toBeHex(word, 32).slice(2)).join("");
  }

  sign(round: bigint): string {
    const message = keccak256(toBeHex(round, 8));
    const hash = this.bls.serialiseG1Point(
      this.bls.hashToPoint(new TextEncoder().encode(DOMAIN), Buffer.from(message.slice(2), "hex")),
    );
    const point = bn254.G1.Point.fromAffine({ x: hash[0], y: hash[1] }).multiply(this.secret).toAffine();
    return concat([toBeHex(point.x, 32), toBeHex(point.y, 32)]);
  }
}
