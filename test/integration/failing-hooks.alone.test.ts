import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { HookFailedWarning } from "../../domain/distinction/hooks.js";
import { SqlUnitOfWork } from "../../infrastructure/persistence/units/sql-unit-of-work.js";
import { openTestDatabase } from "../support/open-store.js";
import { environment, imagesIn, newImage, onSqlBackends } from "./backends.js";

const warnings: HookFailedWarning[] = [];
const keep = (warning: Error): void => void (warning instanceof HookFailedWarning && warnings.push(warning));
beforeAll(() => void process.on("warning", keep));
afterAll(() => void process.off("warning", keep));

const fail = (): never => {
  throw new Error("no disk");
};

onSqlBackends((place) => {
  test.each([
    ["throws", fail],
    ["rejects", (): void => Promise.reject(new Error("no disk")) as never],
  ])("an onStatement that %s changes nothing: not a COMMIT that was done, and no refusal", async (_, onStatement) => {
    const database = openTestDatabase(place().url, { onStatement });
    const plain = openTestDatabase(place().url);
    onTestFinished(async () => {
      await database.close();
      await plain.close();
    });
    const [images, others] = [imagesIn(database), imagesIn(plain)];

    const image = newImage({ tags: ["one"] });
    await images.add(image);
    image.name = "renamed"; // one statement
    await images.save(image);
    image.tags.add("two"); // a transaction
    await images.save(image);
    await new SqlUnitOfWork(database, environment).run((tx) =>
      tx.repository(images).update(image.id, (one) => void one.minDisk++),
    );
    const stored = await others.get(image.id);
    expect([stored.name, [...stored.tags], stored.minDisk]).toEqual(["renamed", ["one", "two"], 1]);
    await expect(images.add(newImage({ id: image.id }))).rejects.toMatchObject({ code: "RECORD_EXISTS" });
  });
});

test("it is told of once, for the process", async () => {
  await vi.waitFor(() => expect(warnings.map(({ hook }) => hook)).toEqual(["onStatement"]));
});
