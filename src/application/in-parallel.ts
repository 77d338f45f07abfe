/**
 * Maps items with at most `limit` calls at a time, answers in the order of the items. All calls have ended when it answers
 * or throws, and none is started after one has failed.
 */
export async function inParallel<T, R>(
  items: Iterable<T>,
  limit: number,
  call: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const queue = [...items].entries();
  const answers: R[] = [];
  const failures: unknown[] = [];
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) {
      try {
        answers[index] = await call(item);
      } catch (error) {
        failures.push(error);
      }
      if (failures.length > 0) return;
    }
  };
  await Promise.all(Array.from({ length: limit }, worker));
  if (failures.length > 0) throw failures[0];
  return answers;
}
