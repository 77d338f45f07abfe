import { runAsChild } from "./child-side.js";

export interface Order {
  readonly what: "sum" | "fail" | "write" | "exit" | "race" | "hang";
  readonly numbers: readonly number[];
}

await runAsChild<Order, unknown>(async (order, parent) => {
  switch (order.what) {
    case "sum":
      return order.numbers.reduce((sum, one) => sum + one, 0);
    case "fail":
      throw new Error("no numbers today");
    case "write":
      console.log("out");
      console.error("err");
      return null;
    case "exit":
      console.error("last words");
      process.exit(7);
    case "race": {
      const ready = Date.now();
      await parent.ready();
      return { ready, go: Date.now() };
    }
    case "hang":
      await parent.send("hanging");
      return new Promise(() => setInterval(() => undefined, 1_000));
  }
});
