const MINUTE = 60n;
const HOUR = 60n * MINUTE;
export const DAY = 24n * HOUR;

const UNITS = [
  [DAY, "d"],
  [HOUR, "h"],
  [MINUTE, "min"],
  [1n, "s"],
] as const;

/** A span of seconds by its two largest units: "3 d 4 h", "12 s". */
export function formatDuration(seconds: bigint): string {
  const start = UNITS.findIndex(([size]) => seconds >= size);
  if (start === -1) return "0 s";
  const parts: string[] = [];
  let left = seconds;
  for (const [size, name] of UNITS.slice(start, start + 2)) {
    if (left >= size) parts.push(`${left / size} ${name}`);
    left %= size;
  }
  return parts.join(" ");
}

const date = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });
const day = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium" });
const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });

const toDate = (time: bigint): Date => new Date(Number(time) * 1_000);

/** A moment in the reader's time zone. */
export const formatTime = (time: bigint): string => date.format(toDate(time));
export const formatDay = (time: bigint): string => day.format(toDate(time));
export const formatClock = (time: bigint): string => clock.format(toDate(time));

/** For `datetime` attributes. */
export const isoTime = (time: bigint): string => toDate(time).toISOString();
