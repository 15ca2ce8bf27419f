/** Lets work begin only while what is held in memory stays below a bound; in the order in which it was asked for. */
export function memoryRoom(boundBytes: number) {
  let held = 0;
  const waiting: { readonly sizeBytes: number; readonly begin: () => void }[] = [];
  const admit = (): void => {
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      // What is larger than all the room there is must go, too, alone.
      if (held > 0 && held + next.sizeBytes > boundBytes) return;
      held += next.sizeBytes;
      waiting.shift();
      next.begin();
    }
  };
  return async <Result>(sizeBytes: number, work: () => Promise<Result>): Promise<Result> => {
    await new Promise<void>((begin) => {
      waiting.push({ sizeBytes, begin });
      admit();
    });
    try {
      return await work();
    } finally {
      held -= sizeBytes;
      admit();
    }
  };
}
