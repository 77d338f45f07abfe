import { describe, expect, test } from "vitest";
import { code } from "../support/repository-outcomes.js";
import { newImage, onEveryBackend } from "./backends.js";

describe("the races of image-style records: lists", () => {
  onEveryBackend((clients) => {
    test("race 21: a list that others change meanwhile shows no image twice, and loses none that stays", async () => {
      const { a, b } = clients();
      const owner = `owner ${Math.random()}`;
      const names = [null, "b", null, "a", "c", "b", null];
      const images = names.map((name) => newImage({ owner, name }));
      await a.addAll(images);
      const seen: string[] = [];
      let after: string | undefined;
      do {
        const page = await a.list({ where: { owner: { eq: owner } }, sort: [{ by: "name" }], limit: 2, after });
        seen.push(...page.records.map(({ id }) => id));
        after = page.next;
        await b.update(images[4]!.id, (image) => void (image.minRam += 1));
        await b.add(newImage({ owner, name: "0 comes before" }));
      } while (after !== undefined);
      expect(new Set(seen).size).toBe(seen.length);
      for (const { id } of images) expect(seen).toContain(id);
      const shown = seen
        .map((id) => images.find((image) => image.id === id)?.name)
        .filter((name) => name !== undefined);
      expect(shown).toEqual([null, null, null, "a", "b", "b", "c"]);
    });

    test("race 21: a marker that was deleted is told, and not taken for the end", async () => {
      const { a } = clients();
      const owner = `owner ${Math.random()}`;
      await a.addAll([newImage({ owner }), newImage({ owner }), newImage({ owner })]);
      const page = await a.list({ where: { owner: { eq: owner } }, limit: 1 });
      await a.remove(page.records[0]!);
      await expect(a.list({ where: { owner: { eq: owner } }, after: page.next })).rejects.toMatchObject(
        code("MARKER_NOT_FOUND"),
      );
    });
  });
});
