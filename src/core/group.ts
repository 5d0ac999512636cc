// Work that costs less together: what is asked for while one group is under way makes up the next, so nothing waits when there is
// little to do, and a busy hub pays once for many.

export interface Grouping<Item, Result> {
  /** Does a group, and gives one result for each item in its order. When it fails, each item's call fails. */
  readonly run: (items: readonly Item[]) => Promise<readonly Result[]>;
  /** What an item counts by; one larger than `most` makes up a group alone. */
  readonly sizeOf: (item: Item) => number;
  readonly most: number;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/** A function of one item whose calls are done in groups, one group at a time. */
export function createGroup<Item, Result>({
  run,
  sizeOf,
  most,
}: Grouping<Item, Result>): (item: Item) => Promise<Result> {
  let waiting: Waiting<Item, Result>[] = [];
  let isRunning = false;

  const takeGroup = (): readonly Waiting<Item, Result>[] => {
    let size = 0;
    const end = waiting.findIndex(({ item }, index) => {
      size += sizeOf(item);
      return index > 0 && size > most;
    });
    const group = end < 0 ? waiting : waiting.slice(0, end);
    waiting = end < 0 ? [] : waiting.slice(end);
    return group;
  };

  const runAll = async (): Promise<void> => {
    isRunning = true;
    while (waiting.length > 0) {
      const group = takeGroup();
      try {
        const results = await run(group.map(({ item }) => item));
        if (results.length !== group.length) throw new Error(`${results.length} results for ${group.length} items`);
        // oxlint-disable-next-line typescript/no-non-null-assertion -- as many as there are items
        group.forEach(({ resolve }, index) => resolve(results[index]!));
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    isRunning = false;
  };

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (!isRunning) void runAll();
    });
}

/** The same for items that only go together with their like: those of one key make up groups of their own. */
export function createGroups<Item, Result>({
  keyOf,
  ...grouping
}: Grouping<Item, Result> & { readonly keyOf: (item: Item) => string }): (item: Item) => Promise<Result> {
  const groups = new Map<string, { readonly add: (item: Item) => Promise<Result>; open: number }>();
  return async (item) => {
    const key = keyOf(item);
    const group = groups.get(key) ?? { add: createGroup(grouping), open: 0 };
    groups.set(key, group);
    group.open += 1;
    try {
      return await group.add(item);
    } finally {
      group.open -= 1;
      if (group.open === 0) groups.delete(key);
    }
  };
}
