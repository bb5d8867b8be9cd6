/** After the last file. */
export default async function close() {
  await /** @type {{ closeScreensHouse?: () => Promise<void> }} */ (globalThis).closeScreensHouse?.();
}
