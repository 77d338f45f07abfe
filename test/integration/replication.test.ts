import "reflect-metadata";
import { DataSource } from "typeorm";
import { expect, onTestFinished, test } from "vitest";
import { distinct } from "../../src/composition/distinct.js";
import { joinTransaction, unitOfWork } from "../../src/composition/existing-data-source.js";
import { driverUrl } from "../support/server/server-version.js";
import { TcpProxy } from "../support/tcp-proxy.js";
import { onServer } from "./backends.js";
import { ENTITIES, openDataSource, Photo } from "./entity-fixtures.js";
import { labelled } from "./two-services.js";

onServer((place) => {
  test("of servers that replicate only the master is asked, and its loss is told by code", async () => {
    const plain = await openDataSource(place().url, { synchronize: true });
    onTestFinished(() => plain.destroy());
    const { hostname, port } = new URL(place().url);
    const [master, slave] = [await TcpProxy.to(hostname, Number(port)), await TcpProxy.to(hostname, Number(port))];
    onTestFinished(async () => void (await Promise.all([master.close(), slave.close()])));
    const replication = {
      master: { url: driverUrl(master.through(place().url)) },
      slaves: [{ url: driverUrl(slave.through(place().url)) }],
    };
    const dataSource = await new DataSource({ type: "mysql", entities: ENTITIES, replication }).initialize();
    onTestFinished(() => dataSource.destroy());
    slave.refuses = true;
    slave.cut();
    const photos = distinct(dataSource, Photo);
    const photo = photos.create({ title: "one" });
    await photos.add(photo);
    photo.labels.push(labelled("a"));
    await photos.save(photo);
    await unitOfWork(dataSource).run((tx) =>
      tx.repository(photos).update(photo.id, (one) => void (one.caption = "two")),
    );
    await dataSource.transaction(async (manager) => {
      await joinTransaction(manager).repository(photos).update(photo.id, (one) => void (one.views = 3)); // prettier-ignore
    });
    expect(await photos.get(photo.id)).toMatchObject({
      title: "one",
      caption: "two",
      views: 3,
      labels: [{ name: "a" }],
    });

    master.refuses = true;
    master.cut();
    // The driver gives up on a server after five errors: it is told in another way from then on.
    for (let call = 0; call < 8; call++) {
      await expect(photos.get(photo.id)).rejects.toMatchObject({ code: "DATABASE_UNAVAILABLE" });
      const unit = unitOfWork(dataSource).run((tx) => tx.repository(photos).get(photo.id));
      await expect(unit).rejects.toMatchObject({ code: "DATABASE_UNAVAILABLE" });
    }
  });
});
