import { createConnection } from "mysql2/promise";
import { median } from "../estimate.js";
import { timed } from "../measure.js";

const TRIPS = 200;

/** Milliseconds of the smallest round trip to the server of `url`, one that asks it nothing: the median of 200 on one connection. */
export async function roundTripTime(url: string): Promise<number> {
  const connection = await createConnection({ uri: url });
  try {
    const times: number[] = [];
    for (let trip = 0; trip < TRIPS; trip++) times.push(await timed(() => connection.query("DO 0")));
    return median(times);
  } finally {
    await connection.end();
  }
}
