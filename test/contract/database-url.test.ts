import { describe, expect, test } from "vitest";
import { describeAddress, parseDatabaseUrl } from "../../infrastructure/persistence/connection/database-url.js";
import { openTestDatabase } from "../support/open-store.js";

const server = {
  kind: "server",
  scheme: "mysql",
  host: "db.example",
  port: 3306,
  username: "root",
  password: "",
  database: "images",
};

describe("a database URL", () => {
  test.each([
    ["mysql://db.example/images", server],
    ["mariadb://db.example/images", { ...server, scheme: "mariadb" }],
    ["mysql://db.example:3307/images", { ...server, port: 3307 }],
    ["mysql://ann:secret@db.example/images", { ...server, username: "ann", password: "secret" }],
    ["mysql://ann@db.example/images", { ...server, username: "ann" }],
    [
      "mysql://a%40b:p%40ss%2Fw%3Ard%23%3F@db.example/im%20ages", // escapes are read everywhere
      { ...server, username: "a@b", password: "p@ss/w:rd#?", database: "im ages" },
    ],
    ["mysql://[::1]:3306/images", { ...server, host: "::1" }],
    ["sqlite:data/file.db", { kind: "file", path: "data/file.db" }],
    ["sqlite:./data/file.db", { kind: "file", path: "./data/file.db" }],
    ["sqlite:/var/data/file.db", { kind: "file", path: "/var/data/file.db" }],
    ["sqlite:///var/data/file.db", { kind: "file", path: "/var/data/file.db" }],
    ["sqlite:file with spaces & 100%.db", { kind: "file", path: "file with spaces & 100%.db" }],
    ["sqlite::memory:", { kind: "file", path: ":memory:" }],
  ])("%s is understood", (url, address) => {
    expect(parseDatabaseUrl(url)).toEqual(address);
  });

  test.each([
    ["", "it is no URL"],
    ["images", "it is no URL"],
    ["localhost:3306/images", "unknown scheme"],
    ["mysql:", "the host is missing"],
    ["mysql:///images", "the host is missing"],
    ["mysql://", "the host is missing"],
    ["mysql://s3cret@/images", "it is no URL"],
    ["mysql://db.example", "the database name is missing"],
    ["mysql://db.example/", "the database name is missing"],
    ["mysql://db.example/one/two", "the database name is missing"],
    ["mysql://ann:s3cret@db.example:port/images", "it is no URL"],
    ["mysql://ann:s3cret@db.example:99999/images", "it is no URL"],
    ["mysql://ann:s3cret%zz@db.example/images", "a broken %-escape"],
    ["mysql://ann:s3cret@db.example/images?ssl=true", "nothing may follow the database name"],
    ["mysql://ann:s3cret@db.example/images#part", "nothing may follow the database name"],
    ["postgres://ann:s3cret@db.example/images", 'unknown scheme "postgres"'],
    ["http://ann:s3cret@db.example/images", 'unknown scheme "http"'],
    ["file:///var/data/file.db", 'unknown scheme "file"'],
    ["sqlite:", "the path is missing"],
    ["sqlite://", "the path is missing"],
    ["sqlite:///", "the path is missing"],
    ["sqlite:file\0.db", "NUL"],
    ["sqlite://data/file.db", "sqlite:relative/path or sqlite:///absolute/path"],
  ])("%j is refused before anything is opened, with the reason and without the password", (url, reason) => {
    expect(() => openTestDatabase(url)).toThrow(
      expect.objectContaining({ code: "INVALID_DATABASE_URL", message: expect.stringContaining(reason) }),
    );
    expect(() => openTestDatabase(url)).not.toThrow(/s3cret/);
  });

  test("is shown without user and password", () => {
    expect(describeAddress(parseDatabaseUrl("mysql://ann:s3cret@db.example/images"))).toBe(
      "mysql://db.example:3306/images",
    );
    expect(describeAddress(parseDatabaseUrl("sqlite:data/file.db"))).toBe("sqlite:data/file.db");
  });
});
