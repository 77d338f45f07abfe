/** A port of which some methods are others. */
export function overridden<T extends object>(port: T, methods: Partial<T>): T {
  return new Proxy(port, {
    get: (target, member): unknown => {
      const method: unknown = Reflect.get(member in methods ? methods : target, member);
      return typeof method === "function" && !(member in methods) ? method.bind(target) : method;
    },
  });
}
