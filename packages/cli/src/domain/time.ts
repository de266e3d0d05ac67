import { usage } from "./errors.js";

const UNITS = { w: 604_800n, d: 86_400n, h: 3_600n, m: 60n, s: 1n } as const;
/** Last second that a date can show: the end of the year 9999. */
const LAST_SECOND = 253_402_300_799n;

/** Seconds of a duration like `90s`, `30m`, `12h`, `7d`, `2w`, or several of them: `1d12h`. */
export function parseDuration(name: string, text: string): bigint {
  const parts = [...text.trim().matchAll(/(\d{1,9})([wdhms])/g)];
  if (parts.length > 0 && parts.map(([part]) => part).join("") === text.trim()) {
    return parts.reduce((sum, [, count, unit]) => sum + BigInt(count ?? 0) * UNITS[unit as keyof typeof UNITS], 0n);
  }
  throw usage(`${name} is a duration like 30m, 12h, 7d or 1d12h, not "${text}".`);
}

/** Unix seconds of a moment: an ISO date, in UTC unless it says otherwise, or seconds since 1970. */
export function parseMoment(name: string, text: string): bigint {
  if (/^\d{9,12}$/.test(text)) return BigInt(text);
  const iso = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)\s*(Z|UTC|[+-]\d\d:\d\d)?)?$/.exec(text.trim());
  if (iso !== null) {
    const [, date = "", time = "00:00", zone = "Z"] = iso;
    const milliseconds = Date.parse(`${date}T${time}${zone === "UTC" ? "Z" : zone}`);
    if (!Number.isNaN(milliseconds)) return BigInt(Math.floor(milliseconds / 1_000));
  }
  throw usage(`${name} is a moment like 2027-03-01T12:00Z or Unix seconds, not "${text}".`);
}

/** A moment in UTC: `2027-03-01 12:00 UTC`; with seconds unless it is a full minute. */
export function momentText(seconds: bigint): string {
  if (seconds > LAST_SECOND) return `second ${seconds}`;
  const iso = new Date(Number(seconds) * 1_000).toISOString();
  return `${iso.slice(0, 10)} ${iso.slice(11, seconds % 60n === 0n ? 16 : 19)} UTC`;
}

/** A duration in its two largest units: `6 d 3 h`. */
export function durationText(seconds: bigint): string {
  const parts: string[] = [];
  let rest = seconds;
  for (const unit of ["d", "h", "m", "s"] as const) {
    const count = rest / UNITS[unit];
    rest -= count * UNITS[unit];
    if (count > 0n) parts.push(`${count} ${unit === "m" ? "min" : unit}`);
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.length === 0 ? "0 s" : parts.join(" ");
}

/** A moment, absolute and as seen from now: `2027-03-01 12:00 UTC (in 6 d 3 h)`. */
export function whenText(seconds: bigint, now: bigint): string {
  return `${momentText(seconds)} (${agoText(seconds, now)})`;
}

export function agoText(seconds: bigint, now: bigint): string {
  if (seconds === now) return "now";
  return seconds > now ? `in ${durationText(seconds - now)}` : `${durationText(now - seconds)} ago`;
}
