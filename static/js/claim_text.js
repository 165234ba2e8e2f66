/**
 * What a freelancer said about himself, as people read it: countries and languages by name, dates in words. One rule: a value that is no
 * code is shown as it was written. The server does the same for what it prints (verifier/wording/claims.py).
 */

/**
 * @param {string} field of an identity claim, or "language"
 * @param {string | null} value
 * @param {string} language BCP 47, of the page
 * @returns {string} "" when nothing was claimed
 */
export function claimText(field, value, language) {
  if (value === null) return "";
  switch (field) {
    case "country":
      return /^[a-z]{2}$/i.test(value) ? nameOf("region", value.toUpperCase(), language) : value;
    case "date_of_birth":
      return longDate(value, language);
    case "language":
      return /^[a-z]{2,3}(-[a-z0-9]+)*$/i.test(value) ? nameOf("language", value, language) : value;
    default:
      return value;
  }
}

/** The claim that an item of the checklist is about. @param {{key: string, claim: string | null}} item @param {string} language */
export function itemClaimText({ key, claim }, language) {
  const [kind, field] = key.split(".");
  return claimText(kind === "identity" ? (field ?? "") : "", claim, language);
}

/** @param {"region" | "language"} type @param {string} code @param {string} language */
function nameOf(type, code, language) {
  try {
    return new Intl.DisplayNames(language, { type, fallback: "code" }).of(code) ?? code;
  } catch {
    return code; // well formed, but nothing that exists
  }
}

/** @param {string} text ISO 8601 @param {string} language */
function longDate(text, language) {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : NaN;
  return Number.isNaN(at) ? text : new Intl.DateTimeFormat(language, { dateStyle: "long", timeZone: "UTC" }).format(at);
}
