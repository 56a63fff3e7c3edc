/** Dates and timestamps of any year as ISO 8601 text, from the numbers that DuckDB keeps. */

const MICROS_PER_DAY = 86_400_000_000n;
const INFINITE_MICROS = 9_223_372_036_854_775_807n;
const INFINITE_DAYS = 2_147_483_647;

/** `2024-02-29`; years before 1 count from 0 downwards (`-0043-03-15`), years after 9999 have five digits or more. */
export function dateText(days: number): string {
  if (days === INFINITE_DAYS) return "infinity";
  if (days === -INFINITE_DAYS) return "-infinity";
  // Days to a civil date in 400-year eras that begin on 1 March, as Howard Hinnant describes it:
  // JavaScript's own Date covers a small part of DuckDB's years.
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const sign = year < 0 ? "-" : "";
  return `${sign}${pad(Math.abs(year), 4)}-${pad(month, 2)}-${pad(day, 2)}`;
}

/** `2024-02-29T01:02:03.000004` and the zone; no fraction where it is zero. */
export function instantText(micros: bigint, zone: "" | "Z" = ""): string {
  if (micros === INFINITE_MICROS) return "infinity";
  if (micros === -INFINITE_MICROS) return "-infinity";
  const inDay = ((micros % MICROS_PER_DAY) + MICROS_PER_DAY) % MICROS_PER_DAY;
  const days = Number((micros - inDay) / MICROS_PER_DAY);
  const seconds = Number(inDay / 1_000_000n);
  const fraction = Number(inDay % 1_000_000n);
  const time = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
    .map((part) => pad(part, 2))
    .join(":");
  return `${dateText(days)}T${time}${fraction === 0 ? "" : `.${pad(fraction, 6)}`}${zone}`;
}

function pad(value: number, digits: number): string {
  return String(value).padStart(digits, "0");
}
