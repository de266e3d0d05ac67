/** Requests that are under way at once: more would look like an attack to a server. */
const LIMIT = 16;

/** Runs a task for each item, some at once, and gives their results in order. */
export async function inParallel<T, R>(items: readonly T[], task: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const work = async (): Promise<void> => {
    // All workers take from one iterator.
    for (const [index, item] of queue) results[index] = await task(item);
  };
  await Promise.all(Array.from({ length: Math.min(LIMIT, items.length) }, work));
  return results;
}
