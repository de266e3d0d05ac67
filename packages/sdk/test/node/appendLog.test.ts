import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect } from "chai";

import { AppendLog } from "../../src/node/index.js";
import { expectRejection } from "../helpers/expectAssayError.js";
import { Random } from "../protocol/fixtures.js";

const WRITER = fileURLToPath(new URL("logWriter.ts", import.meta.url));
const HEADER = 12;

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const plain = (record: Uint8Array): string => Buffer.from(record).toString("latin1");

describe("AppendLog", () => {
  let folder: string;
  let file: string;
  const open: AppendLog[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "assay-log-"));
    file = join(folder, "records.log");
  });

  afterEach(async () => {
    await Promise.all(open.splice(0).map((log) => log.close()));
    await rm(folder, { recursive: true });
  });

  interface Opened {
    readonly log: AppendLog;
    readonly records: string[];
    readonly offsets: number[];
  }

  async function openLog(path = file): Promise<Opened> {
    const records: string[] = [];
    const offsets: number[] = [];
    const log = await AppendLog.open({
      file: path,
      onRecord: (record, offset) => {
        records.push(plain(record));
        offsets.push(offset);
      },
    });
    open.push(log);
    return { log, records, offsets };
  }

  async function write(...records: string[]): Promise<number[]> {
    const { log } = await openLog();
    const offsets: number[] = [];
    for (const record of records) offsets.push(await log.append(text(record)));
    await log.close();
    return offsets;
  }

  describe("append", () => {
    it("keeps records of every length in the order of the calls", async () => {
      const random = new Random(1n);
      const lengths = [0, 1, 11, 12, 13, 4083, 4084, 4085, 2 ** 20 - 24, 2 ** 20, 3 * 2 ** 20, 5 * 2 ** 20, 0, 7];
      const expected = lengths.map((length) => Buffer.alloc(length, random.bytes(37)));
      const first = await openLog();
      expect(first.log.size).to.equal(0);
      const offsets = await Promise.all(expected.map((record) => first.log.append(record)));
      for (const [index, offset] of offsets.entries()) {
        expect(Buffer.from(await first.log.read(offset)).equals(expected[index]!)).to.equal(true);
      }
      await first.log.close();

      const second = await openLog();
      expect(second.offsets).to.deep.equal(offsets);
      expect(second.records).to.deep.equal(expected.map(plain));
      expect(second.log.size).to.equal(first.log.size);
    });

    it("goes on after what was there", async () => {
      await write("one", "two");
      await write("three");
      expect((await openLog()).records).to.deep.equal(["one", "two", "three"]);
    });

    it("gives offsets from 0 on, each at the end of the record before", async () => {
      const offsets = await write("abc", "", "defgh");
      expect(offsets).to.deep.equal([0, 15, 27]);
      expect((await openLog()).log.size).to.equal(44);
    });

    it("reads records while others are appended", async () => {
      const { log } = await openLog();
      const offsets: number[] = [];
      await Promise.all(
        Array.from({ length: 200 }, async (_, index) => {
          const offset = await log.append(text(`record ${index}`));
          offsets.push(offset);
          expect(plain(await log.read(offset))).to.equal(`record ${index}`);
        }),
      );
      expect(offsets).to.deep.equal(offsets.toSorted((a, b) => a - b));
    });

    it("refuses a record above its limit and goes on", async () => {
      const { log } = await openLog();
      await expectRejection(log.append(new Uint8Array(64 * 2 ** 20 + 1)), "LOG_RECORD_TOO_LARGE");
      expect(await log.append(text("next"))).to.equal(0);
    });

    it("makes the folder", async () => {
      const path = join(folder, "a", "b", "records.log");
      const { log } = await openLog(path);
      await log.append(text("deep"));
      await log.close();
      expect((await openLog(path)).records).to.deep.equal(["deep"]);
    });
  });

  describe("read", () => {
    it("refuses offsets where no record begins", async () => {
      const { log } = await openLog();
      await log.append(text("a record"));
      for (const offset of [-1, 0.5, log.size, log.size + 100, 2 ** 60]) {
        await expectRejection(log.read(offset), "LOG_OFFSET_INVALID");
      }
    });

    it("notices that a record changed on the disk", async () => {
      const [, offset = 0] = await write("first", "second", "third");
      const { log } = await openLog();
      const bytes = await readFile(file);
      bytes[HEADER + offset + 14]! ^= 1;
      await writeFile(file, bytes);
      await expectRejection(log.read(offset), "LOG_CORRUPT");
    });
  });

  describe("truncate", () => {
    it("drops a record and all after it, for good", async () => {
      const [, second = 0] = await write("one", "two", "three");
      const { log } = await openLog();
      await log.truncate(second);
      expect(log.size).to.equal(second);
      await expectRejection(log.read(second), "LOG_OFFSET_INVALID");
      expect(await log.append(text("other"))).to.equal(second);
      await log.close();
      expect((await openLog()).records).to.deep.equal(["one", "other"]);
    });

    it("drops everything, or nothing", async () => {
      await write("one", "two");
      const { log } = await openLog();
      await log.truncate(log.size);
      expect(log.size).to.equal(30);
      await log.truncate(0);
      expect(log.size).to.equal(0);
      await log.truncate(0);
      await log.close();
      expect((await openLog()).records).to.deep.equal([]);
    });

    it("comes after the appends that were called earlier and before the later ones", async () => {
      const { log } = await openLog();
      await log.append(text("kept"));
      const results = await Promise.all([
        log.append(text("dropped")),
        log.append(text("dropped too")),
        log.truncate(16),
        log.append(text("last")),
      ]);
      expect(results).to.deep.equal([16, 35, undefined, 16]);
      await log.close();
      expect((await openLog()).records).to.deep.equal(["kept", "last"]);
    });

    it("refuses offsets where no record begins and changes nothing", async () => {
      await write("one", "two");
      const { log } = await openLog();
      for (const offset of [-1, 1, 14, 16, 31, 0.5, 2 ** 60]) {
        await expectRejection(log.truncate(offset), "LOG_OFFSET_INVALID");
      }
      await log.append(text("three"));
      await log.close();
      expect((await openLog()).records).to.deep.equal(["one", "two", "three"]);
    });
  });

  describe("close", () => {
    it("waits for what is under way and refuses what comes later", async () => {
      const { log } = await openLog();
      const appended = log.append(text("in time"));
      const closed = log.close();
      await expectRejection(log.append(text("late")), "LOG_CLOSED");
      await expectRejection(log.truncate(0), "LOG_CLOSED");
      await expectRejection(log.read(0), "LOG_CLOSED");
      expect(await appended).to.equal(0);
      await closed;
      await log.close();
      expect((await openLog()).records).to.deep.equal(["in time"]);
    });
  });

  describe("open", () => {
    it("cuts off a last write that is not whole, wherever it ends", async () => {
      const offsets = await write("one", "two", "the last record");
      const whole = await readFile(file);
      const start = HEADER + offsets[2]!;
      for (let end = start; end < whole.length; end += 1) {
        await writeFile(file, whole.subarray(0, end));
        const { log, records } = await openLog();
        expect(records).to.deep.equal(["one", "two"]);
        expect(await log.append(text("new"))).to.equal(offsets[2]);
        await log.close();
        expect((await openLog()).records).to.deep.equal(["one", "two", "new"]);
      }
    });

    it("cuts off what the disk left behind the end: zeros, or anything", async () => {
      await write("one", "two");
      const whole = await readFile(file);
      const random = new Random(2n);
      for (const tail of [Buffer.alloc(1), Buffer.alloc(5000), Buffer.from(random.bytes(999).slice(2), "hex")]) {
        await writeFile(file, Buffer.concat([whole, tail]));
        const { log, records } = await openLog();
        expect(records).to.deep.equal(["one", "two"]);
        await log.close();
        expect(await readFile(file)).to.deep.equal(whole);
      }
    });

    it("cuts off the rest of a write of which only later parts reached the disk", async () => {
      const { log } = await openLog();
      await log.append(text("before"));
      const offsets = await Promise.all(["one", "two", "three"].map((record) => log.append(text(record))));
      await log.close();
      const bytes = await readFile(file);
      bytes.fill(0, HEADER + offsets[1]!, HEADER + offsets[2]!);
      await writeFile(file, bytes);
      expect((await openLog()).records).to.deep.equal(["before", "one"]);
    });

    it("does not take records inside a payload, or of another log, for its own", async () => {
      const other = join(folder, "other.log");
      const { log } = await openLog(other);
      for (const record of ["a", "b", "c"]) await log.append(text(record));
      await log.close();
      const image = await readFile(other);

      const { log: own } = await openLog();
      await own.append(text("first"));
      const offset = await own.append(image.subarray(HEADER));
      await own.close();
      const bytes = await readFile(file);
      bytes[HEADER + offset + 9]! ^= 1;
      await writeFile(file, bytes);
      expect((await openLog()).records).to.deep.equal(["first"]);
    });

    it("refuses a file with damage before a later write, and leaves it as it is", async () => {
      const offsets = await write("one", "two", "three", "four");
      const whole = await readFile(file);
      for (let at = HEADER + offsets[1]!; at < HEADER + offsets[2]!; at += 1) {
        const bytes = Buffer.from(whole);
        bytes[at]! ^= 0x40;
        await writeFile(file, bytes);
        const error = await expectRejection(openLog(), "LOG_CORRUPT");
        expect(error.details).to.deep.equal({ file, offset: offsets[1] });
        expect(await readFile(file)).to.deep.equal(bytes);
      }
    });

    it("finds a later write that lies far behind the damage", async () => {
      const filling = "x".repeat(2 ** 20 + 77);
      const offsets = await write("one", "two", filling, filling, "last");
      const bytes = await readFile(file);
      bytes.fill(0, HEADER + offsets[1]!, HEADER + offsets[4]!);
      await writeFile(file, bytes);
      await expectRejection(openLog(), "LOG_CORRUPT");
    });

    it("refuses what is no log", async () => {
      for (const content of ["", "hello", "ASSAYLOG", `ASSAYLOG${"\0".repeat(4)}`, "x".repeat(5000)]) {
        await writeFile(file, content);
        await expectRejection(openLog(), "LOG_UNUSABLE");
        expect(await readFile(file, "utf8")).to.equal(content);
      }
      await rm(file);
      await mkdir(file);
      await expectRejection(openLog(), "LOG_UNUSABLE");
      await writeFile(join(folder, "plain"), "");
      await expectRejection(openLog(join(folder, "plain", "records.log")), "LOG_UNUSABLE");
    });

    it("begins anew where a crash left a file that was never put in place", async () => {
      await writeFile(`${file}.new`, "ASS");
      await write("one");
      expect((await openLog()).records).to.deep.equal(["one"]);
    });

    it("throws what onRecord throws", async () => {
      await write("one");
      const onRecord = (): never => {
        throw new RangeError("mine");
      };
      const error: unknown = await AppendLog.open({ file, onRecord }).catch((cause: unknown) => cause);
      expect(error).to.be.instanceOf(RangeError);
    });
  });

  describe("in another process", () => {
    /** Runs the writer, until it ends or has acknowledged `count` records, and gives what it wrote. */
    async function runWriter(count: number, command: readonly string[] = []): Promise<string[]> {
      const [program, ...args] = [...command, process.execPath, "--import", "tsx", WRITER, file] as const;
      const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
      const ended = once(child, "close");
      let output = "";
      child.stdout.setEncoding("utf8").on("data", (data: string) => {
        output += data;
        if (output.split("\n").length > count) child.kill("SIGKILL");
      });
      await ended;
      return output.split("\n").slice(0, -1);
    }

    it("keeps every acknowledged record, in order and whole, when it is killed again and again", async () => {
      let known = 0;
      for (const count of [1, 40, 300, 777, 20]) {
        const lines = await runWriter(count);
        const { log, records, offsets } = await openLog();
        for (const [number, record] of records.entries()) {
          const bytes = Buffer.from(record, "latin1");
          expect(bytes.readUInt32BE()).to.equal(number);
          expect(bytes.subarray(4).equals(Buffer.alloc((number * 7919) % 6000, number % 251))).to.equal(true);
        }
        for (const line of lines) {
          const [number = -1, offset] = line.split(" ").map(Number);
          expect(offsets[number]).to.equal(offset);
        }
        expect(records.length).to.be.at.least(known + lines.length);
        known = records.length;
        await log.close();
      }
      expect(known).to.be.greaterThan(1000);
    });

    it("acknowledges nothing after a write that the disk refused, and keeps what it had acknowledged", async function () {
      if (process.platform === "win32") this.skip();
      // A limit on the file's size, in KiB: the write at the limit comes back short, the next one with an error.
      const lines = await runWriter(Infinity, ["bash", "-c", 'ulimit -f 300 && exec "$0" "$@"']);
      expect(lines.slice(-2)).to.deep.equal(["refused LOG_FAILED", "then LOG_FAILED"]);
      const acknowledged = lines.slice(0, -2).length;
      expect(acknowledged).to.be.greaterThan(30);

      expect((await stat(file)).size).to.equal(300 * 1024);
      const { log, records, offsets } = await openLog();
      expect(records.length).to.be.at.least(acknowledged);
      for (const line of lines.slice(0, -2)) {
        const [number = -1, offset] = line.split(" ").map(Number);
        expect(offsets[number]).to.equal(offset);
      }
      await log.append(text("there is room again"));
      await log.close();
      expect((await openLog()).records.at(-1)).to.equal("there is room again");
    });
  });
});
