import { expect, onTestFinished, test } from "vitest";
import { whoChanged } from "../../domain/distinction/history.js";
import { imageType } from "../../domain/image/image-type.js";
import { openDistinction } from "../../src/composition/open-distinction.js";
import { createSqliteFile } from "../support/test-database.js";

test("services have units of work and the history through the same door", async () => {
  const file = await createSqliteFile();
  const { images, imageFactory, unitOfWork, history, close } = openDistinction({
    database: file.url,
    history: true,
    actor: () => "service",
  });
  onTestFinished(async () => {
    await close();
    await file.drop();
  });
  const image = imageFactory.newImage({ name: "old" });
  await images.add(image);
  await unitOfWork.run(
    async (tx) => {
      await tx.repository(images).update(image.id, (one) => void (one.name = "new"));
    },
    { actor: "ann" },
  );
  const entries = await history.historyOf(imageType, image.id);
  expect(whoChanged(entries, "name").map(({ entry }) => entry.actor)).toEqual(["ann", "service"]);
  expect((await history.changesSince(0, 10)).entries).toHaveLength(2);
});
