import "reflect-metadata";
import { EntitySchema } from "typeorm";
import { expect, onTestFinished, test } from "vitest";
import { distinct } from "../../src/composition/distinct.js";
import { unitOfWork } from "../../src/composition/existing-data-source.js";
import { onServer } from "./backends.js";
import { openDataSource } from "./entity-fixtures.js";

interface Sign {
  id: string;
  text: string;
  note: string;
  version: number;
}

onServer((place) => {
  test.each([
    ["latin1", "é", "日"],
    ["utf8mb3", "日", "\u{1f600}"],
  ])("text that a %s column lacks is refused by record and attribute", async (charset, fits, lacks) => {
    const entity = new EntitySchema<Sign>({
      name: "Sign",
      tableName: `sign_${charset}`,
      columns: {
        id: { type: String, primary: true, length: 36 },
        text: { type: String, length: 40, charset },
        note: { type: String, length: 40, charset: "utf8mb4", default: "" },
        version: { type: Number, version: true },
      },
    });
    const dataSource = await openDataSource(place().url, { entities: [entity], synchronize: true });
    onTestFinished(() => dataSource.destroy());
    const signs = distinct(dataSource, entity);
    const [one, two] = ["1", "2"].map((id) => signs.create({ id, text: fits })) as [Sign, Sign];
    await signs.addAll([one, two]);
    const refusal = {
      code: "DATABASE_ERROR",
      message: expect.stringMatching(/Sign .*: text, declared as well-formed text/) as string,
    };
    one.text = two.text = lacks;
    await expect(signs.save(one)).rejects.toMatchObject(refusal);
    await expect(signs.saveAll([one, two])).rejects.toMatchObject({ code: "DATABASE_ERROR", message: expect.stringMatching(/^one of Sign 1, 2: /) as string }); // prettier-ignore
    await expect(signs.add(signs.create({ id: "3", text: lacks }))).rejects.toMatchObject(refusal);
    const listed = { where: { text: { in: [fits, lacks] } } };
    for (const list of [
      () => signs.list(listed),
      () => unitOfWork(dataSource).run((tx) => tx.repository(signs).list(listed)),
    ]) {
      await expect(list()).rejects.toMatchObject({
        code: "INVALID_VALUE",
        record: "Sign",
        faults: [{ path: "text.in", reason: "text in characters of its column's character set, got string" }],
      });
    }
    // Whichever of them it is, the database does not tell.
    const both = signs.list({ where: { note: { eq: lacks }, text: { eq: lacks } } });
    await expect(both).rejects.toMatchObject({ code: "INVALID_VALUE", faults: [{ path: "where", reason: "text in characters of its column's character set, got string in at least one of these: note.eq, text.eq" }] }); // prettier-ignore
    expect((await signs.list({ where: { text: { eq: fits } } })).records).toHaveLength(2);
    expect((await signs.getMany(["1", "2"])).map(({ text }) => text)).toEqual([fits, fits]);
  });
});
