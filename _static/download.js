// What the explorer and the charts give readers to take away: rows as CSV, and the saving of files.
globalThis.almanacDownload = (() => {
  const FORMULA = /^[=+\-@\t\r\n]/; // what a spreadsheet takes for one, at a text's start

  function cell(value) {
    if (value === null || value === undefined) return "";
    if (value instanceof Date) return value.toISOString();
    if (typeof value !== "string") return String(value);
    const safe = FORMULA.test(value) ? `'${value}` : value;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  }

  // Lines of values as RFC 4180 has them; no text of them is a formula.
  const csv = (lines) => new Blob(
    lines.map((line) => `${line.map(cell).join(",")}\r\n`),
    { type: "text/csv;charset=utf-8" },
  );

  function save(name, blob) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }

  return { csv, save };
})();
