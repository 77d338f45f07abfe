class Given {
  constructor(object: object) {
    return object;
  }
}

/**
 * What several owners remember about objects of the caller's: a `WeakMap` for each of them in effect, kept in a private
 * field of the object instead. Nobody can see it, and neither copies nor frozen objects are in its way; a `WeakMap` with
 * many short-lived keys costs the garbage collector a third of the time of loading a record.
 */
class Memory extends Given {
  #first: Note | undefined;

  static find(owner: object, object: object): Note | undefined {
    if (!(#first in object)) return undefined;
    let note = object.#first;
    while (note !== undefined && note.owner !== owner) note = note.next;
    return note;
  }

  static add(note: Note, object: object): void {
    const memory = #first in object ? object : new Memory(object);
    note.next = memory.#first;
    memory.#first = note;
  }
}

/** The same object, still empty, with room for what is remembered of it: to make room later may cost it its compact form. */
export function objectToRemember(object: object = {}): object {
  return new Memory(object);
}

interface Note {
  readonly owner: object;
  value: unknown;
  next: Note | undefined;
}

/** Remembers one value beside each of many objects, as long as the object lives. */
export class ObjectMemory<V> {
  /** Nothing is remembered about what is no object. */
  get(object: unknown): V | undefined {
    if (typeof object !== "object" || object === null) return undefined;
    return Memory.find(this, object)?.value as V | undefined;
  }

  set(object: object, value: V): void {
    const note = Memory.find(this, object);
    if (note === undefined) Memory.add({ owner: this, value, next: undefined }, object);
    else note.value = value;
  }
}
