import { expect } from "vitest";
import { ConflictError, DistinctionError, InvalidValueError } from "../../domain/distinction/errors.js";
import type { DistinctImageRepository } from "../../domain/image/distinct-image-repository.js";
import type { Image } from "../../domain/image/image-type.js";
import type { ImageMemberRepository } from "../../domain/image/member-repository.js";
import type { ImageMember, MemberStatus } from "../../domain/image/member-type.js";
import { code } from "../support/repository-outcomes.js";
import { change, type Action, type Edit, type Step } from "./image-script.js";
import { flat, ReferenceImage, type Asked, type Flat } from "./reference-image.js";

/** Whom the image is shared with: each write of a membership is one of its own, and so is each new one. */
interface Membership {
  readonly status: MemberStatus;
  readonly write: number;
}

/** A membership as a client has seen it. */
interface SeenMember {
  readonly member: ImageMember;
  base: Membership;
}

/** One image, those who work on it, and what is expected of it. */
export class Play {
  #reference!: ReferenceImage;
  #copies!: Image[];
  #bases!: Flat[];
  readonly #shared = new Map<string, Membership>();
  readonly #seen = new Map<string, SeenMember>();
  #writes = 0;
  #isRemoved = false;

  constructor(
    private readonly repositories: readonly DistinctImageRepository[],
    private readonly members: readonly ImageMemberRepository[],
    private readonly id: string,
  ) {}

  async begin(): Promise<void> {
    this.#copies = await Promise.all(this.repositories.map((repository) => repository.get(this.id)));
    this.#bases = this.#copies.map(flat);
    this.#reference = new ReferenceImage(this.#bases[0]!);
  }

  /** Answers whether the image is still there. */
  async take({ client, action }: Step): Promise<boolean> {
    switch (action.kind) {
      case "load":
        this.#copies[client] = await this.repositories[client]!.get(this.id);
        this.#bases[client] = flat(this.#copies[client]);
        break;
      case "save":
        await this.#save(client, action);
        break;
      case "together":
        await this.#saveTogether(action.clients);
        break;
      case "update":
        await this.#update(client, action.edit);
        break;
      case "remove":
        await this.#remove(client);
        break;
      case "atomic":
        await this.#atomic(client, action);
        break;
      case "member":
        await this.#share(client, action);
        break;
      default:
        change(this.#copies[client]!, action);
    }
    return !this.#isRemoved;
  }

  /** What is stored is what is expected; and whoever is not in another's way may save at once. */
  async end(rowsLeft: () => Promise<number>): Promise<void> {
    const [repository] = this.repositories;
    if (this.#isRemoved) {
      expect([await repository!.find(this.id), await rowsLeft()]).toEqual([undefined, 0]);
      const late = this.#copies.map(async (copy, client) => {
        copy.properties.set("late", "x");
        await expect(this.repositories[client]!.save(copy)).rejects.toHaveProperty(
          "code",
          expect.stringMatching(/^(RECORD_NOT_FOUND|RECORD_REMOVED|INVALID_VALUE)$/),
        );
      });
      return void (await Promise.all(late));
    }
    await this.#isAsExpected();
    const listed = await this.members[0]!.list(this.id);
    const stored = new Map(listed.map(({ memberId, status }) => [memberId, status]));
    expect(stored).toEqual(new Map([...this.#shared].map(([who, { status }]) => [who, status])));

    this.#copies = await Promise.all(this.repositories.map((one) => one.get(this.id)));
    this.#copies.forEach((copy, client) => {
      copy.properties.set(`of ${client}`, "x");
      copy.tags.add(`of ${client}`);
      const mine = new Map(this.#reference.now.cells)
        .set(`properties of ${client}`, "x")
        .set(`tags of ${client}`, "there");
      this.#reference.save(this.#reference.now, { ...this.#reference.now, cells: mine });
    });
    await Promise.all(this.#copies.map((copy, client) => this.repositories[client]!.save(copy)));
    await this.#isAsExpected();
  }

  async #isAsExpected(): Promise<void> {
    const now = await this.repositories[0]!.get(this.id);
    expect(flat(now)).toEqual(this.#reference.now);
    expect(this.repositories[0]!.versionOf(now)).toBe(this.#reference.version);
  }

  async #save(client: number, asked: Asked): Promise<void> {
    const mine = this.#copies[client]!;
    const before = flat(mine);
    const expected = this.#reference.save(this.#bases[client]!, before, asked);
    const options = { mode: asked.mode ?? "merge", ...(asked.force !== undefined && { force: [asked.force] }) };
    const saved = await goesThrough(this.repositories[client]!.save(mine, options));
    expect(saved).toBe(expected ?? true);
    if (!saved) expect(flat(mine)).toEqual(before);
    if (expected === undefined || !saved) return;
    this.#bases[client] = flat(mine);
    expect(flat(mine)).toEqual(this.#reference.now);
  }

  /** Several save at once: it is as if they had come one after another, in some order. */
  async #saveTogether(clients: readonly number[]): Promise<void> {
    const mine = new Map(clients.map((client) => [client, flat(this.#copies[client]!)]));
    const outcomes = new Map(
      await Promise.all(
        clients.map(async (client) => {
          return [client, await goesThrough(this.repositories[client]!.save(this.#copies[client]!))] as const;
        }),
      ),
    );
    const now = await this.repositories[0]!.get(this.id);
    const explained = orders(clients).find((order) => {
      const reference = this.#reference.copy();
      const told = order.map((client) => reference.save(this.#bases[client]!, mine.get(client)!) ?? true);
      const isSame = order.every((client, index) => outcomes.get(client) === told[index]);
      if (!isSame || !isEqual(reference.now, flat(now))) return false;
      if (reference.version !== this.repositories[0]!.versionOf(now)) return false;
      this.#reference = reference;
      return true;
    });
    expect(explained, `no order explains ${JSON.stringify([...outcomes])}`).toBeDefined();
    for (const [client, isSaved] of outcomes) if (isSaved) this.#bases[client] = flat(this.#copies[client]!);
  }

  async #update(client: number, edit: Edit): Promise<void> {
    let mine: Flat | undefined;
    const updated = await goesThrough(
      this.repositories[client]!.update(this.id, (image) => {
        change(image, edit);
        mine = flat(image);
      }),
    );
    expect(updated).toBe(this.#reference.save(this.#reference.now, mine!) ?? true);
  }

  async #remove(client: number): Promise<void> {
    const [repository, mine] = [this.repositories[client]!, this.#copies[client]!];
    const expected = this.#reference.mayRemove(this.#bases[client]!, repository.versionOf(mine));
    expect(await goesThrough(repository.remove(mine))).toBe(expected);
    this.#isRemoved = expected;
  }

  async #atomic(client: number, { key, value, present }: Extract<Action, { kind: "atomic" }>): Promise<void> {
    const repository = this.repositories[client]!;
    const expected = present
      ? this.#reference.setProperty(key, undefined, value)
      : this.#reference.setProperty(key, value, undefined);
    const done = present
      ? repository.setPropertyAtomic(this.id, key, value)
      : repository.deletePropertyAtomic(this.id, key, value);
    expect(await goesThrough(done)).toBe(expected);
  }

  async #share(client: number, { who, does }: Extract<Action, { kind: "member" }>): Promise<void> {
    const members = this.members[client]!;
    if (does === "add") return this.#add(members, who);
    const key = `${client} ${who}`;
    if (does === "see") {
      const member = await members.find(this.id, who);
      expect(member?.status).toBe(this.#shared.get(who)?.status);
      if (member === undefined) this.#seen.delete(key);
      else this.#seen.set(key, { member, base: this.#shared.get(who)! });
      return;
    }
    const seen = this.#seen.get(key);
    if (seen === undefined) return;
    const now = this.#shared.get(who);
    const isSame = now?.write === seen.base.write;
    if (does === "remove") {
      expect(await goesThrough(members.remove(seen.member))).toBe(isSame);
      this.#seen.delete(key);
      if (isSame) this.#shared.delete(who);
      return;
    }
    seen.member.status = does === "accept" ? "accepted" : "rejected";
    const { status } = seen.member;
    if (status === seen.base.status) {
      expect(await members.save(seen.member)).toMatchObject({ written: false });
      return;
    }
    const isStored = now !== undefined && (isSame || now.status === seen.base.status || now.status === status);
    expect(await goesThrough(members.save(seen.member))).toBe(isStored);
    if (!isStored) return void this.#seen.delete(key);
    if (now.status !== status) this.#shared.set(who, { status, write: ++this.#writes });
    seen.base = this.#shared.get(who)!;
  }

  async #add(members: ImageMemberRepository, who: string): Promise<void> {
    const added = members.add(this.id, who);
    if (this.#reference.now.cells.get("visibility") !== "shared") {
      await expect(added).rejects.toHaveProperty("code", expect.stringMatching(/^(INVALID_VALUE|RECORD_EXISTS)$/));
    } else if (this.#shared.has(who)) await expect(added).rejects.toMatchObject(code("RECORD_EXISTS"));
    else {
      await added;
      this.#shared.set(who, { status: "pending", write: ++this.#writes });
    }
  }
}

/** Whether it is done; `false` for the refusals that scripts may meet. */
async function goesThrough(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    const isGone = error instanceof DistinctionError && error.code === "RECORD_NOT_FOUND"; // of a member, say
    if (!isGone && !(error instanceof ConflictError) && !(error instanceof InvalidValueError)) throw error;
    return false;
  }
}

function orders(clients: readonly number[]): readonly (readonly number[])[] {
  if (clients.length < 2) return [clients];
  return clients.flatMap((first) => orders(clients.filter((one) => one !== first)).map((rest) => [first, ...rest]));
}

function isEqual(left: Flat, right: Flat): boolean {
  const plain = ({ cells, order }: Flat): string => JSON.stringify([[...cells].sort(), order]);
  return plain(left) === plain(right);
}
