import { describe, expect, inject, it } from "vitest";
import { urlSource } from "./url-source.js";

const find = (url: string, versionOf?: (url: string) => Promise<string>) =>
  urlSource({ DISTINCTION_TEST_DATABASE_URL: url }, versionOf).find();

describe("DISTINCTION_TEST_DATABASE_URL", () => {
  it("is passed over when it is not set", async () => {
    expect(await urlSource({}).find()).toBeUndefined();
    expect(await find("")).toBeUndefined();
  });

  it("names a server, without its database, and shows no password", async () => {
    const server = await find("mariadb://me:secret@db:3307/app", () => Promise.resolve("11.4"));
    expect(server?.url).toBe("mariadb://me:secret@db:3307/");
    expect(server?.name).toContain("11.4 at mariadb://me:***@db:3307/");
  });

  it("takes both schemes to a real server", async () => {
    for (const scheme of ["mysql:", "mariadb:"]) {
      const server = await find(inject("serverUrl").replace(/^\w+:/, scheme));
      expect(server?.name).toContain(inject("serverVersion"));
    }
  });

  it("fails instead of falling through when the server cannot be reached", async () => {
    await expect(find("mysql://me:secret@127.0.0.1:1/")).rejects.toThrow(
      /names mysql:\/\/me:\*\*\*@127\.0\.0\.1:1\/, which cannot be used: .*ECONNREFUSED/,
    );
  });

  it.each(["postgres://me:secret@db/", "me:secret@db", "sqlite:./a.db", "mysql:///", "mysql://"])(
    "refuses %s without repeating it",
    async (url) => {
      const failed = await find(url, () => Promise.resolve("8")).catch((error: unknown) => String(error));
      expect(failed).toContain("must be like mysql://user:password@host:3306/");
      expect(failed).not.toContain("secret");
    },
  );
});
